"""The home page: what waits for me, in the order of work."""

from dataclasses import dataclass
from typing import Any

from flask import Flask, redirect
from flask_appbuilder import IndexView, expose
from flask_babel import gettext as _
from sqlalchemy import func, literal, select
from werkzeug import Response

from app import clock, workdays
from app.access import Actor, current_actor
from app.console import frame
from app.console.columns import Cell
from app.console.frame import Figure
from app.console.ground import limit_of, shown_day, weekday
from app.console.steps import view_of
from app.db import db, open_session
from app.models import (
    Account,
    Applicant,
    Application,
    Committee,
    Handler,
    Notice,
    Plan,
    Publicity,
    Registration,
    Unit,
)
from app.process import Queue
from app.roles import Role
from app.states import ANNOUNCED, PublicityState
from app.views.account import said
from app.workflow import QUEUES

FIRST = 5
NEWS = 4


@dataclass(frozen=True)
class Tile:
    """One queue on the home page."""

    label: str
    url: str
    figure: Figure
    limit: int | None


@dataclass(frozen=True)
class Todo:
    """One case that should be done first."""

    name: str
    small: str
    url: str
    row: Any
    days: object
    since: Any


class HomeView(IndexView):
    """What waits for me, in the order of work."""

    index_template = "home.html"

    @expose("/")
    def index(self) -> str | Response:
        """Lead each to where their work is."""
        actor = current_actor()
        if actor is None:
            return redirect("/login/")
        if actor.may(Role.APPLICANT):
            return redirect("/me/")
        queues, figures = frame.queues(actor), frame.figures()
        tiles = [
            Tile(queue.label, frame.queue_url(queue), figures[queue.name], limit_of(queue.days))
            for queue in queues
        ]
        overdue = sum(tile.figure.overdue for tile in tiles)
        waiting = sum(tile.figure.count for tile in tiles)
        return self.render_template(
            self.index_template,
            title=_("首页"),
            heading=_heading(actor, waiting, overdue, bool(tiles)),
            lead=_lead(),
            tiles=tiles,
            first=_first(queues, actor),
            notices=_notices(),
            counts=_counts() if actor.may(Role.ADMIN) else [],
            audit_url=frame.list_url("AuditView") if actor.may(Role.AUDITOR) else "",
        )


def _heading(actor: Actor, waiting: int, overdue: int, reviews: bool) -> str:  # noqa: FBT001
    if overdue:
        return _("%(name)s，今天先办 %(n)s 件超期的", name=actor.name, n=overdue)
    if waiting:
        return _("%(name)s，有 %(n)s 件等您办理", name=actor.name, n=waiting)
    return _("%(name)s，没有等您办理的", name=actor.name) if reviews else actor.name


def _lead() -> str:
    """Today, and the next working day where it is not tomorrow."""
    today = clock.today()
    words = _("%(day)s %(weekday)s。", day=today, weekday=weekday(today))
    following = workdays.current().next_workday(today)
    if (following - today).days > 1:
        words += _("下一个工作日是 %(day)s %(weekday)s。", day=following, weekday=weekday(following))
    return words


def _first(queues: list[Queue], actor: Actor) -> list[Todo]:
    """The cases that waited longest, over all queues: found in one statement, read in one for each kind of case."""
    figures, waiting = frame.figures(), []
    for queue in (queue for queue in queues if figures[queue.name].count):
        since = frame.since_column(queue.process)
        part = select(
            literal(queue.name).label("queue"), queue.process.model.id.label("id"), since.label("since")
        )
        waiting.append(part.where(queue.clause(actor)))
    if not waiting:
        return []
    found = waiting[0].union_all(*waiting[1:]).subquery()
    oldest = db.session.execute(select(found).order_by(found.c.since, found.c.id).limit(FIRST)).all()
    rows = {}
    for process in {QUEUES[name].process for name, _id, _since in oldest}:
        view, ids = view_of(process), [pk for name, pk, _since in oldest if QUEUES[name].process is process]
        statement = select(process.model).where(process.model.id.in_(ids)).options(*view.load)
        rows |= {(process.name, row.id): row for row in db.session.scalars(statement).unique()}
    return [_todo(QUEUES[name], rows[QUEUES[name].process.name, pk], since) for name, pk, since in oldest]


def _todo(queue: Queue, row: Any, since: Any) -> Todo:
    url = frame.case_url(queue.process, row.id, queue=queue.name)
    return Todo(view_of(queue.process).heading(row), queue.label, url, row, queue.days, since)


def _notices() -> list[dict[str, object]]:
    mine = Notice.user_id == current_actor().user_id
    return [
        said(row)
        for row in db.session.scalars(select(Notice).where(mine).order_by(Notice.id.desc()).limit(FIRST))
    ]


def _counts() -> list[tuple[str, Cell]]:
    """What the system administrator sees of the business: counts alone (product 3)."""
    parts = (
        (_("账号"), Account.id),
        (_("单位"), Unit.id),
        (_("经办人"), Handler.id),
        (_("申报人"), Applicant.id),
        (_("评委会"), Committee.id),
        (_("年度评审工作计划"), Plan.id),
        (_("单位注册申请"), Registration.id),
        (_("职称申报"), Application.id),
    )
    with open_session() as session:
        row = session.execute(
            select(*(select(func.count(column)).scalar_subquery() for _words, column in parts))
        ).one()
    return [(words, Cell(str(count), num=True)) for (words, _column), count in zip(parts, row, strict=True)]


def public_news() -> dict[str, list[dict[str, str]]]:
    """Plans and publicities that are open now, for the sign-in page: narrow selects outside the row rule."""
    now, today = clock.now(), clock.today()
    plans = (
        select(Plan.id, Plan.name, Plan.closes_at)
        .where(Plan.state.in_(ANNOUNCED), Plan.opens_at <= now, Plan.closes_at > now)
        .order_by(Plan.closes_at)
        .limit(NEWS)
    )
    publicities = (
        select(Publicity.id, Unit.name, Publicity.kind, Publicity.ends_on)
        .join(Unit, Unit.id == Publicity.unit_id)
        .where(
            Publicity.state == PublicityState.ACTIVE, Publicity.starts_on <= today, Publicity.ends_on >= today
        )
        .order_by(Publicity.ends_on)
        .limit(NEWS)
    )
    with open_session() as session:
        return {
            "plans": [
                {"name": name, "day": shown_day(closes)[5:], "url": f"/plans/{pk}"}
                for pk, name, closes in session.execute(plans)
            ],
            "publicities": [
                {
                    "name": _("%(unit)s：%(kind)s", unit=unit, kind=kind.label),
                    "day": shown_day(ends)[5:],
                    "url": f"/publicity/{pk}",
                }
                for pk, unit, kind, ends in session.execute(publicities)
            ],
        }


def install(app: Flask) -> None:
    """Give the sign-in page its news."""
    app.jinja_env.globals["public_news"] = public_news
