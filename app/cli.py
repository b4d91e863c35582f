"""Commands (`flask --app run <command>`): each says in Chinese what it did, and by its exit code whether it did.

They work outside the row rule, through sessions of their own, as the machine's administrator sees everything anyway;
what leaves the system or makes up data is written to the audit.
"""

from datetime import datetime
from pathlib import Path

import click
from flask import Flask
from flask.cli import AppGroup, with_appcontext

from app import clock, keeping
from app.access import SYSTEM, Actor, acting
from app.db import open_session
from app.models import Committee

#: Who stands in the audit for what was done by command.
COMMAND_LINE = Actor(name="命令行")


def install(app: Flask) -> None:
    """Give the application its commands."""
    for command in (init, demo, export, tick, check, *keeping.COMMANDS):
        app.cli.add_command(command)


@click.command(help="建表，写入角色和基础数据，建立第一个系统管理员；可以重复运行。")
@with_appcontext
def init() -> None:
    """Make the database ready; the first administrator's code is shown this once."""
    from app.setup import initialise  # noqa: PLC0415 - loads the migrations

    with acting(SYSTEM):
        code = initialise()
    click.echo("数据库已就绪。")
    if code:
        click.echo(f"系统管理员 admin 的一次性激活码：{code}（首次登录须改密码，只显示这一次）")


@click.command(help="写入任意数量的演示数据，并把演示时间设为当天 9 点；只用于没有单位的非生产环境。")
@click.option("--units", type=click.IntRange(1), default=30, show_default=True, help="单位个数")
@click.option("--applications", type=click.IntRange(1), default=120, show_default=True, help="申报件数")
@click.option("--seed", type=int, default=7, show_default=True, help="随机种子：参数相同，数据相同")
@click.option("--today", type=click.DateTime(["%Y-%m-%d"]), help="演示的今天，默认为真实的今天")
@with_appcontext
def demo(units: int, applications: int, seed: int, today: datetime | None) -> None:
    """Fill an empty database; refused, with exit code 1, in production and where units exist."""
    from app import demo as synthetic  # noqa: PLC0415 - of use to this command alone

    try:
        done = synthetic.make(units, applications, seed, today.date() if today else clock.today())
    except synthetic.NotPossible as refused:
        raise click.ClickException(str(refused)) from refused
    click.echo(
        f"已写入 {done['units']} 个单位、{done['registrations']} 件注册申请、{done['applications']} 件职称申报。"
    )


export = AppGroup("export", help="导出。")


@export.command("reviews", help="评审名单：有受理号的全部申报，证件号码为掩码；写入审计记录。")
@click.option("--year", type=int, help="评审年度")
@click.option("--committee", "committee_id", type=int, help="评委会编号")
@click.option("--format", "form", type=click.Choice(["csv", "xlsx"]), default="csv", show_default=True)
@click.option("--out", type=click.Path(dir_okay=False, writable=True, path_type=Path), required=True)
@with_appcontext
def reviews(year: int | None, committee_id: int | None, form: str, out: Path) -> None:
    """Write the review list beside its place first: a file under the given name is whole and was audited."""
    from app import exports  # noqa: PLC0415 - of use to this command alone

    part = out.with_name(out.name + ".part")
    try:
        with open_session() as session:
            if committee_id is not None and session.get(Committee, committee_id) is None:
                raise click.ClickException(f"没有编号为 {committee_id} 的评委会。")
            statement = exports.review_list(SYSTEM, year, committee_id)
            rows = exports.count(session, statement)
            if form == "xlsx":
                exports.write_xlsx(part, session, statement)
            else:
                with part.open("wb") as file:
                    file.writelines(exports.csv_blocks(session, statement))
        with open_session() as session:
            conditions = {"year": year, "committee": committee_id, "format": form}
            exports.note_export(session, COMMAND_LINE, rows, **conditions)
            session.commit()
        part.replace(out)
    except OSError as error:
        raise click.ClickException(f"不能写入 {out}：{error.strerror}。") from error
    finally:
        part.unlink(missing_ok=True)
    click.echo(f"已导出 {rows} 件到 {out}。")


@click.command(help="到时间该办的事：逾期未补正视为放弃、计划受理截止、公示期满提醒；可以重复运行。")
@with_appcontext
def tick() -> None:
    """Do what is due and say how often."""
    from app.tick import tick as work  # noqa: PLC0415 - of use to this command alone

    done = work()
    click.echo(
        f"逾期未补正视为放弃 {done['expired']} 件；计划受理截止 {done['closed']} 个；"
        f"重算公示截止日期 {done['recounted']} 份；公示期满提醒 {done['told']} 人次。"
    )


@click.command(help="核对不变量：逐条列出不成立的，有一条不成立则退出码为 1。")
@click.pass_context
@with_appcontext
def check(context: click.Context) -> None:
    """Ask every invariant; exit code 1 where one is broken."""
    from app import invariants  # noqa: PLC0415 - of use to this command alone

    with open_session() as session:
        broken = invariants.run(session)
    for name, sentence, rows in broken:
        click.echo(f"不成立：{sentence}（{name}）")
        for row in rows:
            click.echo("    " + " ".join(str(value) for value in row))
    if broken:
        click.echo(f"{len(invariants.ALL)} 条不变量中有 {len(broken)} 条不成立。")
        context.exit(1)
    click.echo(f"{len(invariants.ALL)} 条不变量全部成立。")
