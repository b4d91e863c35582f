"""年度评审工作计划: the office writes it, the bureau files it, everybody below reads what was announced (domain 7.5)."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from sqlalchemy import ColumnElement
from sqlalchemy.orm import joinedload, lazyload
from werkzeug import Response

from app import clock, plans, workflow
from app.access import current_actor, is_office
from app.console import lists
from app.console.cases import CaseView
from app.console.columns import Cell, Column
from app.console.ground import shown_day, shown_moment
from app.console.guarded import NoForm, Rows
from app.console.lists import Link
from app.db import db
from app.models import Committee, Plan
from app.process import Offer
from app.states import ANNOUNCED
from app.states import PlanState as P
from app.views.plan_forms import SECTIONS, WIDE, PlanForm
from app.words import N_

# ---- the chart of the times ---------------------------------------------------------------------------------------

LEFT, WIDTH, ROW, LONGEST_SPAN, LABELS = 76, 220, 29, 1100, 4


@dataclass(frozen=True)
class Bar:
    """One stretch of time: word, tone, place and length in the units of the drawing."""

    word: str
    css: str
    x: float
    width: float
    words: str


@dataclass(frozen=True)
class Chart:
    """The times of a plan as a drawing."""

    bars: list[Bar]
    months: list[tuple[float, str]]

    @property
    def words(self) -> str:
        """The same in words, for those who do not see it."""
        return "；".join(bar.words for bar in self.bars)

    @property
    def height(self) -> int:
        """Height of the drawing."""
        return 30 + ROW * len(self.bars)


def chart(plan: Plan | plans.Written) -> Chart | None:
    """Draw the times, one bar each; nothing where they make no sense."""
    spans = [span for span in _spans(plan) if span[2] and span[3] and span[2] <= span[3]]
    if not spans:
        return None
    first = min(span[2] for span in spans).replace(day=1)
    last = max(span[3] for span in spans)
    last = (last.replace(day=1) + timedelta(days=32)).replace(day=1)
    days = (last - first).days
    if days > LONGEST_SPAN:
        return None
    scale = WIDTH / days
    bars = [
        Bar(
            word,
            css,
            round(LEFT + (a - first).days * scale, 1),
            round(max(((b - a).days + 1) * scale, 2), 1),
            _("%(word)s %(first)s 至 %(last)s", word=word, first=a, last=b),
        )
        for word, css, a, b in spans
    ]
    return Chart(bars, _months(first, last, scale))


def _spans(plan: Plan | plans.Written) -> list[tuple[str, str, date | None, date | None]]:
    opens, closes, units, corrections = (
        clock.local(moment).date() if moment else None
        for moment in (plan.opens_at, plan.closes_at, plan.unit_deadline, plan.correction_deadline)
    )
    early = plan.closes_at and plan.unit_deadline and plan.unit_deadline < plan.closes_at
    ends = plans.result_publicity_ends(plan.review_to) if plan.review_to else None
    after = plan.review_to + timedelta(days=1) if plan.review_to else None
    return [
        (_("受理"), "in", opens, closes),
        (_("单位上报"), "warn" if early else "in", opens, units),
        (_("补正"), "soft2", opens, corrections),
        (_("评审"), "out", plan.review_from, plan.review_to),
        (_("结果公示"), "in", after, ends),
    ]


def _months(first: date, last: date, scale: float) -> list[tuple[float, str]]:
    starts, day = [], first
    while day < last:
        starts.append(day)
        day = (day + timedelta(days=32)).replace(day=1)
    each = -(-len(starts) // LABELS)
    return [
        (round(LEFT + (day - first).days * scale, 1), _("%(n)s 月", n=day.month)) for day in starts[::each]
    ]


# ---- the view -----------------------------------------------------------------------------------------------------


def _window(row: Plan) -> tuple[str, str]:
    words = _("%(first)s 至 %(last)s", first=shown_day(row.opens_at), last=shown_day(row.closes_at))
    return words, _("单位上报截止 %(day)s", day=shown_day(row.unit_deadline))


class PlanView(CaseView):
    """Plans: the office's own, those to be filed, and those that were announced."""

    route_base = "/plans"
    include_route_methods = {"list", "show", "add", "edit"}
    datamodel = Rows(Plan)
    process = workflow.PLAN
    unit = N_("份")
    list_title = N_("年度评审工作计划")
    search_columns = ["name"]
    order_columns = ["name", "closes_at", "held_since"]
    find_words = N_("计划名称")
    case_template = "plans/show.html"
    add_form = edit_form = NoForm
    load = (
        joinedload(Plan.committee).options(
            joinedload(Committee.office),
            joinedload(Committee.bureau),
            lazyload(Committee.series),
            lazyload(Committee.regions),
            lazyload(Committee.specialties),
        ),
        lazyload(Plan.regions),
    )
    columns = (
        Column(
            N_("计划"),
            lambda row: Cell(row.name, _("%(year)s 年度第 %(batch)s 批", year=row.year, batch=row.batch)),
            sort="name",
        ),
        Column(N_("评委会"), lambda row: (row.committee.name, str(row.committee.office or ""))),
        Column(N_("受理"), _window, sort="closes_at"),
    )
    cards = (
        (
            N_("计划"),
            (
                Column(N_("评委会"), lambda row: (row.committee.name, row.committee.filing_no)),
                Column(
                    N_("年度和批次"),
                    lambda row: _("%(year)s 年度第 %(batch)s 批", year=row.year, batch=row.batch),
                ),
                Column(N_("评审级别"), lambda row: "、".join(level.label for level in sorted(row.level_set))),
                Column(N_("评审范围"), lambda row: "、".join(region.name for region in row.regions)),
                Column(N_("拟抽取专家数"), lambda row: row.expert_count),
                Column(N_("线下形式审查"), lambda row: row.offline),
                Column(N_("申报要求和政策依据"), lambda row: row.requirements),
                Column(N_("联系人"), lambda row: (row.contact, row.telephone)),
            ),
        ),
    )
    way = (
        (N_("填写"), (P.DRAFT, P.RETURNED)),
        (N_("备案"), (P.SUBMITTED,)),
        (N_("发布"), (P.APPROVED,)),
        (N_("受理"), (P.PUBLISHED,)),
        (N_("受理截止"), (P.CLOSED,)),
        (N_("评审"), (P.IN_REVIEW,)),
        (N_("完成"), (P.COMPLETED,)),
    )

    # ---- the list

    def wants_own(self) -> bool:
        """An office looks at its own plans unless it asks for all."""
        asked = request.args.get("tab", "") == "all" or request.args.get("queue")
        return is_office(current_actor()) and not asked

    def narrowed(self) -> bool:
        return self.wants_own()

    def clauses(self) -> list[ColumnElement[bool]]:
        own = Plan.committee.has(Committee.office_id == current_actor().unit_id)
        return [*super().clauses(), *([own] if self.wants_own() else [])]

    def tabs(self) -> list[Link]:
        if not is_office(current_actor()):
            return super().tabs()
        here, own = url_for("PlanView.list"), self.wants_own()
        queues = super().tabs()[:-1]
        return [
            Link(_("本单位的计划"), here, own),
            *queues,
            Link(_("全部"), url_for("PlanView.list", tab="all"), request.args.get("tab") == "all"),
        ]

    # ---- the page of a plan

    def holder_name(self, row: Plan) -> str:
        if row.state == P.SUBMITTED:
            return str(row.committee.bureau or "")
        return "" if row.state in (P.COMPLETED, P.REJECTED, P.CANCELLED) else str(row.committee.office or "")

    def deadline(self, row: Plan) -> tuple[str, str, str] | None:
        if row.state in (*plans.EDITABLE, P.SUBMITTED, P.APPROVED):
            return _("最晚发布"), shown_moment(row.opens_at), _("受理开始前")
        if row.state == P.PUBLISHED:
            return _("受理截止"), shown_moment(row.closes_at), ""
        return (
            (_("评审结束"), row.review_to.isoformat(), "") if row.state in (P.CLOSED, P.IN_REVIEW) else None
        )

    def where(self, row: Plan, offers: list[Offer]) -> list[tuple[str, Any, str]]:
        """Before the window opens, an announced plan says so."""
        rows = super().where(row, offers)
        if row.state == P.PUBLISHED and clock.now() < row.opens_at:
            rows[0] = (
                rows[0][0],
                rows[0][1],
                _("已发布，%(when)s 起受理", when=shown_moment(row.opens_at)),
            )
        return rows

    def own(self, row: Plan) -> bool:
        """Whether the plan is of a committee of the person's office."""
        actor = current_actor()
        return is_office(actor) and row.committee.office_id == actor.unit_id

    def links(self, row: Plan) -> list[tuple[str, str]]:
        found = []
        if self.own(row) and self.may("can_edit") and row.state in plans.EDITABLE:
            found.append((_("修改"), url_for("PlanView.edit", pk=row.id)))
        meets = row.state in (P.PUBLISHED, P.CLOSED, P.IN_REVIEW)
        if self.own(row) and meets and self.appbuilder.sm.has_access("can_add", "MeetingView"):
            found.append((_("安排评审会议"), url_for("MeetingView.add", plan=row.id)))
        if row.state in ANNOUNCED:
            found.append((_("公开页面"), url_for("PublicPlanView.show", pk=row.id)))
        return found

    def more(self, row: Plan) -> dict[str, Any]:
        return {"checks": plans.checks(row.committee, row), "chart": chart(row)}

    # ---- writing

    @expose("/add", methods=["GET", "POST"])
    @has_access
    def add(self) -> str | Response | tuple[str, int]:
        """A new plan of one of the own committees; with several, the first question is which."""
        found = {committee.id: committee for committee in plans.committees(current_actor())}
        wanted = lists.wanted_id("committee")
        if wanted is not None and wanted not in found:
            abort(404)
        if wanted is None and len(found) != 1:
            return self.render_template(
                "plans/choose.html", title=_("新建评审工作计划"), committees=list(found.values())
            )
        committee = found[wanted] if wanted is not None else next(iter(found.values()))
        form = PlanForm()
        if request.method != "POST":
            form.contact.data, form.telephone.data = committee.contact, committee.telephone
            form.year.data, form.batch.data = clock.today().year, 1
            form.expert_count.data = committee.member_count
            form.regions.data = [region.code for region in committee.regions]
        form.prepare(committee)
        if request.method != "POST" or not form.holds(committee):
            return self._form(form, committee, None, 422 if request.method == "POST" else 200)
        try:
            made = plans.create(current_actor(), committee.id, form.written())
        except plans.Wrong as refused:
            form.add(refused.fields)
            return self._form(form, committee, None, 422)
        return self._saved(made)

    @expose("/edit/<int:pk>", methods=["GET", "POST"])
    @has_access
    def edit(self, pk: int) -> str | Response | tuple[str, int]:
        """Write over a plan that lies with the office; another version in between is answered with what was typed."""
        row = self.found(pk)
        if not self.own(row):
            abort(404)
        if request.method != "POST" and row.state not in plans.EDITABLE:
            flash(_("计划现在是“%(state)s”，不能修改。", state=row.state.label), "warning")
            return redirect(url_for("PlanView.show", pk=pk))
        form = PlanForm()
        if request.method != "POST":
            form.fill(row)
        form.prepare(row.committee)
        if request.method != "POST" or not form.holds(row.committee):
            return self._form(form, row.committee, row, 422 if request.method == "POST" else 200)
        try:
            plans.save(current_actor(), pk, _number(form.seen.data), form.written())
        except plans.Wrong as refused:
            form.add(refused.fields)
            return self._form(form, row.committee, row, 422)
        except plans.Stale as stale:
            return self._stale(form, pk, str(stale))
        return self._saved(pk)

    def _stale(self, form: PlanForm, pk: int, sentence: str) -> tuple[str, int]:
        """Show what was typed over the newer version, so that a second press is a decision."""
        db.session.rollback()
        row = self.found(pk)
        form.seen.data = row.version
        form.seen.raw_data = None
        return self._form(form, row.committee, row, 409, sentence)

    def _form(
        self, form: PlanForm, committee: Committee, row: Plan | None, status: int, stale: str = ""
    ) -> tuple[str, int]:
        shown = form.typed() if form.is_submitted() else row
        html = self.render_template(
            "plans/edit.html",
            title=row.name if row else _("新建评审工作计划"),
            form=form,
            sections=SECTIONS,
            wide=WIDE,
            committee=committee,
            row=row,
            stale=stale,
            where=self.where(row, workflow.offers(self.process, row.id, current_actor())[1]) if row else [],
            checks=plans.checks(committee, shown) if shown else [],
            chart=chart(shown) if shown else None,
        )
        return html, status

    def _saved(self, pk: int) -> Response:
        flash(_("计划已保存，还没有提交备案。"), "success")
        if request.form.get("then") == "submit":
            return redirect(url_for("StepView.take", process="plan", step="submit", row=pk))
        return redirect(url_for("PlanView.show", pk=pk))


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else 0  # noqa: PLR2004


VIEWS = (PlanView,)
