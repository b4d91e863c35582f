"""公示: the unit's before the review and the result's after it, from 新增公示 to 公示结果保存 (domain 7.4; seed 001)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import flash, redirect, request, url_for
from flask_appbuilder import expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import joinedload
from werkzeug import Response
from wtforms import Field
from wtforms.validators import StopValidation

from app import clock, workdays, workflow
from app.access import current_actor
from app.console import frame, lists
from app.console.calendars import Span
from app.console.cases import CaseView
from app.console.columns import Cell, Column
from app.console.fields import ManyField, Needed
from app.console.ground import weekday
from app.console.guarded import NoForm, Rows
from app.console.lists import Link
from app.db import db
from app.forms import DAYS, PublicityForm
from app.models import Application, Publicity, PublicityEntry, Unit
from app.process import Offer, Performed, Refused
from app.states import ApplicationState, PublicityKind
from app.states import PublicityState as U
from app.words import N_

OVER = "over"
#: So many people stand on one page; whoever has more opens several publicities.
MOST = 500
QUEUE = workflow.QUEUES["unit_publicity"]


class NewPublicityForm(PublicityForm):
    """The people and what is asked of every publicity."""

    row = ManyField(
        _l("公示人员"), [Needed(_l("请至少勾选一人。"))], coerce=int, validate_choice=False, choices=[]
    )

    def validate_row(self, field: Field) -> None:
        """People who wait for it."""
        if set(field.data) - {pk for pk, _name in field.choices}:
            raise StopValidation(_("勾选的人中有人已经不在待公示，请核对后再办。"))

    def forget_all_but_days(self) -> None:
        """Whoever asks for the end alone is not told what else is missing."""
        for field in self:
            if field.name not in ("starts_on", "days"):
                field.errors = ()

    def span(self) -> Span | None:
        """Start and end, where they can be worked out."""
        starts, days = self.starts_on.data, self.days.data
        if self.starts_on.errors or self.days.errors or not starts or not days or not days <= DAYS[1]:
            return None
        if not clock.today() <= starts <= clock.today() + timedelta(days=DAYS[1]):
            return None
        return Span(starts, *workdays.current().estimate_end_of(starts, days))


@dataclass(frozen=True)
class Sheet:
    """公示表: what is printed and put up. Names, places and titles alone."""

    kind: PublicityKind
    year: int
    unit: str
    about: str
    span: Span | None
    days: int
    contact: str
    telephone: str
    people: Sequence[Application]

    @property
    def of_result(self) -> bool:
        """Whether it shows a result."""
        return self.kind == PublicityKind.RESULT


def day_words(day: object) -> str:
    """Write a day with its weekday."""
    return _("%(day)s（%(weekday)s）", day=day.isoformat(), weekday=weekday(day))


def _dates(row: Publicity) -> tuple[str, str]:
    words = _("%(first)s 至 %(last)s", first=row.starts_on, last=row.ends_on)
    small = _("%(n)s 个工作日", n=row.days)
    return words, small + (_("，截止日期为估算") if row.estimated else "")


def _heading(row: Publicity) -> str:
    return _("%(year)s 年度%(kind)s", year=row.year, kind=row.kind.label)


def _people(row: Publicity) -> str:
    """The first name and how many; the list has read it for the whole page."""
    name, count = row.__dict__.get("counted") or _counted([row.id]).get(row.id, ("", 0))
    return _("%(name)s等 %(n)s 人", name=name, n=count) if count > 1 else name or _("0 人")


def _counted(ids: list[int]) -> dict[int, tuple[str, int]]:
    found = db.session.execute(
        select(PublicityEntry.publicity_id, func.min(Application.applicant_name), func.count())
        .join(Application, Application.id == PublicityEntry.application_id)
        .where(PublicityEntry.publicity_id.in_(ids))
        .group_by(PublicityEntry.publicity_id)
    )
    return {pk: (name, count) for pk, name, count in found}


class PublicityView(CaseView):
    """Publicities of the own unit, and those one reviews."""

    route_base = "/publicities"
    include_route_methods = {"list", "show", "add", "sheet"}
    datamodel = Rows(Publicity)
    process = workflow.PUBLICITY
    unit = N_("份")
    list_title = N_("公示")
    search_columns = ["contact"]
    order_columns = ["starts_on", "ends_on"]
    find_words = N_("姓名或公示单位")
    case_template = "publicities/show.html"
    add_form = NoForm
    load = (joinedload(Publicity.unit),)
    columns = (
        Column(N_("公示"), lambda row: Cell(_heading(row), str(row.unit))),
        Column(N_("人员"), _people),
        Column(N_("起止"), _dates, sort="starts_on"),
    )
    cards = (
        (
            N_("公示"),
            (
                Column(N_("公示种类"), lambda row: row.kind),
                Column(N_("公示单位"), lambda row: str(row.unit)),
                Column(N_("起止"), _dates),
                Column(N_("联系人"), lambda row: (row.contact, row.telephone)),
            ),
        ),
    )
    way = (
        (N_("新增公示"), ()),
        (N_("公示中"), (U.ACTIVE,)),
        (N_("公示结果保存"), (U.PASSED, U.FAILED)),
    )

    # ---- the list

    def wants_over(self) -> bool:
        """Whether those are asked for whose days are over and whose result is not there."""
        return request.args.get("tab", "") == OVER

    def narrowed(self) -> bool:
        return self.wants_over()

    def clauses(self) -> list[ColumnElement[bool]]:
        over = [Publicity.state == U.ACTIVE, Publicity.ends_on < clock.today()]
        return [*super().clauses(), *(over if self.wants_over() else [])]

    def more_chips(self) -> list[Link]:
        on = self.wants_over()
        return [Link(U.EXPIRED.label, lists.here(tab=None if on else OVER, page=None), on)]

    def keyword(self, text: str) -> ColumnElement[bool]:
        named = (
            select(PublicityEntry.publicity_id)
            .join(Application, Application.id == PublicityEntry.application_id)
            .where(Application.applicant_name.contains(text, autoescape=True))
        )
        units = select(Unit.id).where(Unit.name.contains(text, autoescape=True))
        return Publicity.id.in_(named) | Publicity.unit_id.in_(units)

    def rows(self, statement: Any, page: int) -> list[Publicity]:
        """The page, with its people counted in one statement."""
        found = super().rows(statement, page)
        counted = _counted([row.id for row in found])
        for row in found:
            row.__dict__["counted"] = counted.get(row.id, ("", 0))
        return found

    # ---- the page of a publicity

    def heading(self, row: Publicity) -> str:
        return _heading(row)

    def holder_name(self, row: Publicity) -> str:
        return str(row.unit) if row.state == U.ACTIVE else ""

    def deadline(self, row: Publicity) -> tuple[str, str, str] | None:
        if row.state != U.ACTIVE:
            return None
        return _("公示到"), _("%(day)s 24:00", day=row.ends_on), _("估算") if row.estimated else ""

    def where(self, row: Publicity, offers: list[Offer]) -> list[tuple[str, Any, str]]:
        """While it runs nobody's turn it is: the days must pass."""
        rows = super().where(row, offers)
        rows[1] = (_("公示开始"), row.starts_on.isoformat(), _("共 %(n)s 个工作日", n=row.days))
        if row.shown == U.ACTIVE:
            started = row.starts_on <= clock.today()
            small = _("期满后由公示单位保存结果")
            rows[2] = (rows[2][0], _("等公示期满") if started else _("等公示开始"), small)
        elif row.shown == U.EXPIRED:
            rows[2] = (rows[2][0], rows[2][1], _("保存公示结果"))
        return rows

    def links(self, row: Publicity) -> list[tuple[str, str]]:
        found = [(_("公示表"), url_for("PublicityView.sheet", pk=row.id))]
        meeting = frame.case_url("meeting", row.meeting_id)
        return [*found, (_("评审会议"), meeting)] if meeting else found

    def more(self, row: Publicity) -> dict[str, Any]:
        return {
            "span": Span(row.starts_on, row.ends_on, row.estimated),
            "entries": row.entries,
            "day_words": day_words,
        }

    @expose("/<int:pk>/sheet")
    @has_access
    @permission_name("show")
    def sheet(self, pk: int) -> str:
        """公示表, to print and put up."""
        row = self.found(pk)
        plan = row.plan_id and db.session.scalar(
            select(Application).where(Application.plan_id == row.plan_id).limit(1)
        )
        sheet = Sheet(
            row.kind,
            row.year,
            str(row.unit),
            plan.plan.name if plan else "",
            Span(row.starts_on, row.ends_on, row.estimated),
            row.days,
            row.contact,
            row.telephone,
            [entry.application for entry in row.entries],
        )
        return self.render_template(
            "publicities/sheet.html", title=_("公示表"), heading=_heading(row), row=row, sheet=sheet
        )

    # ---- 新增公示

    @expose("/new", methods=["GET", "POST"])
    @has_access
    def add(self) -> str | Response | tuple[str, int]:
        """Tick people, choose the days, see the end, and begin."""
        people = self._waiting()
        form = NewPublicityForm()
        form.row.choices = [(person.id, person.applicant_name) for person in people]
        if request.method != "POST":
            self._first(form)
        form.prepare(workflow.APPLICATION["start_publicity"], people)
        if request.method != "POST":
            return self._page(form, people)
        good = form.validate()
        if not request.form.get("confirm"):
            form.forget_all_but_days()
            return self._page(form, people)
        if not good:
            return self._page(form, people, status=422)
        return self._begin(form, people)

    def _begin(self, form: NewPublicityForm, people: list[Application]) -> Response | tuple[str, int]:
        step, seen = workflow.APPLICATION["start_publicity"], _seen()
        try:
            done = workflow.perform(step, form.row.data, current_actor(), answers=form.answers(), seen=seen)
        except Refused as refused:
            db.session.rollback()
            return self._page(form, people, str(refused), 422)
        db.session.rollback()
        if not done.done:
            why = " ".join(f"{it.case.applicant_name}：{it.why}" for it in done.skipped[:5])
            return self._page(form, self._waiting(), _("没有开始公示。%(why)s", why=why), 422)
        return self._begun(done)

    @staticmethod
    def _begun(done: Performed) -> Response:
        flash(_("已开始公示 %(n)s 人。请打印公示表，盖章后张贴。", n=len(done.done)), "success")
        for it in done.skipped:
            flash(_("跳过 %(name)s：%(why)s", name=it.case.applicant_name, why=it.why), "warning")
        made = db.session.scalars(
            select(PublicityEntry.publicity_id)
            .where(PublicityEntry.application_id.in_([row.id for row in done.done]), PublicityEntry.open)
            .distinct()
        ).all()
        if len(made) == 1:
            return redirect(url_for("PublicityView.show", pk=made[0]))
        return redirect(url_for("PublicityView.list"))

    @staticmethod
    def _waiting() -> list[Application]:
        """The unit's people whose first review passed, those who wait longest first."""
        found = select(Application).where(QUEUE.clause(current_actor()))
        return list(db.session.scalars(found.order_by(Application.held_since, Application.id).limit(MOST)))

    @staticmethod
    def _first(form: NewPublicityForm) -> None:
        """What the form starts with: those ticked in the list before, and the unit's own telephone."""
        ticked = [int(text) for text in request.args.getlist("row") if text.isascii() and text.isdigit()]
        form.row.data = ticked[:MOST]
        unit = db.session.get(Unit, current_actor().unit_id)
        if unit is not None:
            form.contact.data, form.telephone.data = unit.contact, unit.telephone

    def _page(
        self, form: NewPublicityForm, people: list[Application], error: str = "", status: int = 200
    ) -> tuple[str, int]:
        chosen = set(form.row.data or ())
        shown = [person for person in people if person.id in chosen]
        span = form.span()
        year = shown[0].year if shown else people[0].year if people else clock.today().year
        sheet = Sheet(
            PublicityKind.UNIT,
            year,
            current_actor().unit_name,
            "",
            span,
            form.days.data or 0,
            form.contact.data or "",
            form.telephone.data or "",
            shown,
        )
        html = self.render_template(
            "publicities/new.html",
            title=_("新增公示"),
            form=form,
            people=people,
            chosen=chosen,
            span=span,
            sheet=sheet,
            error=error,
            day_words=day_words,
            queue_address=frame.queue_url(QUEUE),
            waiting=ApplicationState.UNIT_PASSED,
            after=workdays.current().next_workday(span.ends) if span else None,
        )
        return html, status


def _seen() -> dict[int, int]:
    """The versions of the people as they stood on the page."""
    pairs = [text.split(":") for text in request.form.getlist("seen")]
    good = [
        pair
        for pair in pairs
        if len(pair) == 2 and all(it.isascii() and it.isdigit() for it in pair)  # noqa: PLR2004
    ]
    return {int(pk): int(version) for pk, version in good}


VIEWS = (PublicityView,)
