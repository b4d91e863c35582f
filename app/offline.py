"""线下形式审查: what the window found, before anything is examined online (seed 001, 四).

A record knows a plan and a person, through the blind index and the mask; the number itself is not kept.
"""

from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, exists, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app import clock, secret
from app.access import Actor, below, is_titles_bureau
from app.db import open_session
from app.models import OfflineCheck, Plan, Region, plan_region
from app.process import Refused
from app.states import ANNOUNCED, OfflinePolicy, Verdict


class Wrong(Refused):
    """One field is wrong, in the light of what is there."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


@dataclass(frozen=True)
class Finding:
    """What the window writes; the ID number is normalised (`app.identity`)."""

    plan_id: int
    name: str
    id_number: str
    result: Verdict
    note: str


def plans(actor: Actor) -> list[tuple[int, str]]:
    """Announced plans that ask for the window's check, in whose 统筹区 the bureau is, or which lie in the bureau's."""
    with open_session() as session:
        found = session.execute(
            select(Plan.id, Plan.name)
            .where(Plan.state.in_(ANNOUNCED), Plan.offline != OfflinePolicy.NONE, _touches(actor))
            .order_by(Plan.closes_at.desc(), Plan.id)
        )
        return [tuple(row) for row in found]


def _touches(actor: Actor) -> ColumnElement[bool]:
    codes = actor.region_path.strip("/").split("/")
    inside = Region.code.in_(codes) | below(Region.path, actor.region_path)
    return exists().where(plan_region.c.plan_id == Plan.id, plan_region.c.region_code == Region.code, inside)


def record(actor: Actor, found: Finding) -> None:
    """Write down what the window found; one record per plan and person."""
    if not is_titles_bureau(actor):
        raise Refused(_("只有主管机构的专技审核员可以登记。"))
    if found.plan_id not in {pk for pk, _name in plans(actor)}:
        raise Wrong("plan_id", _("请选择要求线下形式审查的评审计划。"))
    index = secret.current().index("id_number", found.id_number)
    if index == actor.id_number_index:
        raise Wrong("id_number", _("这是您本人的，须由其他人办理。"))
    values = {
        "plan_id": found.plan_id,
        "name": found.name,
        "id_number_index": index,
        "id_number_mask": secret.mask_id_number(found.id_number),
        "result": found.result,
        "note": found.note,
        "unit_id": actor.unit_id,
        "by_id": actor.user_id,
        "at": clock.now(),
    }
    with open_session() as session:
        _refuse_twin(session, actor, found.plan_id, index)
        try:
            session.execute(insert(OfflineCheck).values(values))
            session.commit()
        except IntegrityError as clash:
            session.rollback()
            raise Wrong("id_number", _twin()) from clash


def _refuse_twin(session: Session, actor: Actor, plan_id: int, index: str) -> None:
    """Say more of a record of the own unit than of another's."""
    row = session.scalar(
        select(OfflineCheck).where(OfflineCheck.plan_id == plan_id, OfflineCheck.id_number_index == index)
    )
    if row is None:
        return
    own = ""
    if row.unit_id == actor.unit_id:
        day = clock.local(row.at).date()
        own = _("（%(day)s 登记，%(result)s）", day=day, result=row.result.label)
    raise Wrong("id_number", _twin() + own)


def _twin() -> str:
    return _("这个人在这个评审计划中已有线下形式审查记录，不能重复登记。")
