"""Synthetic data of any size, for trying, measuring and testing (product 5): nobody and nothing in it is real.

The same number of units and applications, seed and day give the same data, ciphertexts and random file names apart.
Rows are made batch by batch and written in bulk, in one transaction: a run that is cut short leaves nothing behind.
"""

import sys
from datetime import date
from random import Random

from flask import current_app
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from tqdm import tqdm

from app import accounts, audit, clock
from app.db import open_session
from app.models import Region, Unit
from app.words import N_

PASSWORD = "Zhiping-2026"  # noqa: S105 - the password all synthetic people share; refused in production
#: Who README names: username, and who that is. All of them have `PASSWORD`.
CAST = (
    ("sheng", N_("省人社厅：注册审核、形式审查、评委会备案")),
    ("shi", N_("长沙市人社局：注册审核、形式审查")),
    ("ningxiang", N_("宁乡市人社局：账号注册审核（专技和人力资源）、形式审查")),
    ("wjj", N_("宁乡市卫生健康局：主管单位，审核下属单位的注册和申报")),
    ("yiyuan", N_("宁乡市沩江医院：单位经办人，初审、公示、推荐上报")),
    ("pingwei", N_("省卫生系列高级评委会办公室：计划、资格复核、会议、名单导出")),
    ("yisheng", N_("沩江医院的申报人，有一份可以提交的草稿")),
    ("shenji", N_("审计员：只看审计记录")),
)


class NotPossible(Exception):
    """Demo data cannot be made here; the sentence is shown."""


def make(units: int, applications: int, seed: int, today: date, *, quiet: bool = False) -> dict[str, int]:
    """Fill an empty, initialised database and set the demo clock to nine o'clock of `today`; give the counts.

    A progress bar is shown on standard error unless `quiet`. Raises `NotPossible` with a sentence in production, on a
    database that `init` has not seen, and where units exist.
    """
    from app.demo.run import tell  # noqa: PLC0415 - CAST and PASSWORD need none of it

    if not current_app.extensions["zhiping"].demo:
        raise NotPossible("生产环境不能生成演示数据。")
    with clock.fixed(today), open_session() as session:
        _check(session)
        bar = tqdm(total=units + applications, unit="", file=sys.stderr, disable=quiet)
        with bar:
            random = Random(seed)  # noqa: S311 - repeatable chance, no secret
            done = tell(session, (units, applications), today, random, accounts.hashed(PASSWORD), bar.update)
        audit.record(session, "命令行", "demo", {"seed": seed, "today": today.isoformat(), **done})
        session.commit()
    current_app.extensions["zhiping"].move_clock(clock.at(today, 9))
    return done


def _check(session: Session) -> None:
    """Refuse a database that is not ready, or not empty."""
    if not session.scalar(select(func.count()).select_from(Region)):
        raise NotPossible("数据库尚未初始化，请先运行 flask --app run init。")
    if session.scalar(select(Unit.id).limit(1)):
        raise NotPossible("数据库中已有单位，演示数据只能写入空的数据库。")
