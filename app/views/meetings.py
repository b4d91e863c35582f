"""评审会议: arranged by the office, with tallies per person; the bureau files what came of it (domain 7.6)."""

from dataclasses import dataclass
from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_appbuilder import expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from sqlalchemy import case, func, select
from sqlalchemy.orm import joinedload, lazyload
from werkzeug import Response
from wtforms import Field, RadioField, StringField
from wtforms.validators import Length, StopValidation

from app import ballots, clock, meetings, workflow
from app.access import current_actor
from app.console import frame, lists
from app.console.cases import CaseView
from app.console.columns import Cell, Column
from app.console.fields import ManyField, MomentField, Needed, WholeNumber
from app.console.ground import shown_moment
from app.console.guarded import NoForm, Rows
from app.db import db
from app.forms import TalliesForm
from app.models import Application, Committee, Meeting, Outcome, Plan
from app.process import Forbidden, Offer, Queue, Refused, Step
from app.states import HostRole, Verdict
from app.states import MeetingState as M
from app.views.register_forms import stripped
from app.words import N_

MEMBERS, YEARS = 999, (2000, 2100)


class MeetingForm(FlaskForm):
    """What the office writes of a meeting."""

    name = StringField(
        _l("会议名称"),
        [Needed(_l("请填写会议名称。")), Length(max=120, message=_l("不超过 %(max)d 个字。"))],
        filters=[stripped],
    )
    held_at = MomentField(
        _l("时间"), [Needed(_l("请填写会议时间。"))], description=_l("受理截止以后才能开会评审。")
    )
    place = StringField(
        _l("地点"),
        [Needed(_l("请填写会议地点。")), Length(max=120, message=_l("不超过 %(max)d 个字。"))],
        filters=[stripped],
    )
    host = StringField(
        _l("主持人"),
        [Needed(_l("请填写主持人。")), Length(max=50, message=_l("不超过 %(max)d 个字。"))],
        filters=[stripped],
    )
    host_role = RadioField(_l("主持人职务"), [Needed(_l("请选择主持人职务。"))], validate_choice=False)
    members = WholeNumber(_l("组成人数"), [Needed(_l("请填写组成人数。"))])
    recorder = StringField(
        _l("记录人"), [Length(max=50, message=_l("不超过 %(max)d 个字。"))], filters=[stripped]
    )
    row = ManyField(
        _l("评审对象"), [Needed(_l("请至少勾选一人。"))], coerce=int, validate_choice=False, choices=[]
    )

    def prepare(self, members: int) -> None:
        """Offer the roles of a host; the committee's own number of members is the usual one."""
        self.host_role.choices = [(role.value, role.label) for role in HostRole]
        self.members.description = _("须为单数。评委会备案的组成人数是 %(n)s 人。", n=members)

    def validate_held_at(self, field: Field) -> None:
        """A time that can be meant."""
        if not YEARS[0] < clock.local(field.data).year < YEARS[1]:
            raise StopValidation(_("请填写 2001 至 2099 年之间的时间。"))

    def validate_host_role(self, field: Field) -> None:
        """The chairman or a deputy (order no. 40, art. 19)."""
        if field.data not in {role.value for role in HostRole}:
            raise StopValidation(_("主持人须是主任委员或副主任委员。"))

    def validate_members(self, field: Field) -> None:
        """Odd, so that a vote can decide (order no. 40)."""
        if not 0 < field.data <= MEMBERS or field.data % 2 == 0:
            raise StopValidation(_("组成人数须为 1 至 999 之间的单数。"))

    def fields(self) -> meetings.Fields:
        """What was written."""
        texts = {name: (self[name].data or "").strip() for name in ("name", "place", "host", "recorder")}
        role = HostRole(self.host_role.data)
        return meetings.Fields(held_at=self.held_at.data, host_role=role, members=self.members.data, **texts)


@dataclass(frozen=True)
class Vote:
    """One person's votes as they stand: what is typed or kept, what is needed, and what comes of it."""

    outcome: Outcome
    typed: dict[str, Any]
    present: int = 0
    need: int = 0
    passed: bool | None = None
    error: str = ""

    @property
    def person(self) -> Application:
        """Whom it is about."""
        return self.outcome.application

    @property
    def bar(self) -> dict[str, int] | None:
        """The figures of the drawing; nothing where they do not add up."""
        if self.passed is None:
            return None
        yes, no, abstain = (int(self.typed[name]) for name in ("yes", "no", "abstain"))
        return {"yes": yes, "no": no, "abstain": abstain, "present": self.present, "need": self.need}

    @property
    def missing(self) -> int:
        """How many votes are missing to pass."""
        return max(0, self.need - int(self.typed["yes"])) if self.passed is False else 0


def kept_vote(outcome: Outcome, present: int | None) -> Vote:
    """The votes of a person as they are kept."""
    typed = {name: getattr(outcome, name) for name in TalliesForm.names}
    if outcome.result is None:
        there = (present or 0) - outcome.recused
        return Vote(outcome, typed, there, ballots.needed(there) if there > 0 else 0)
    return Vote(
        outcome, typed, outcome.present, ballots.needed(outcome.present), outcome.result == Verdict.PASS
    )


def typed_vote(row: dict[str, Any], present: int) -> Vote:
    """The votes of a person as they are typed, counted by `app.ballots`."""
    typed, error = row["typed"], row["error"]
    figures = {name: int(text) for name, text in typed.items() if _is_count(text)}
    there = max(present - figures.get("recused", 0), 0)
    need = ballots.needed(there) if there else 0
    passed = None
    if not error and len(figures) == len(typed) and figures["yes"] <= there and there:
        passed = ballots.passes(figures["yes"], there)
    return Vote(row["outcome"], typed, there, need, passed, error)


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= len(str(MEMBERS))


# ---- the view -----------------------------------------------------------------------------------------------------


def _counted(ids: list[int]) -> dict[int, tuple[int, int]]:
    passed = func.sum(case((Outcome.result == Verdict.PASS, 1), else_=0))
    found = db.session.execute(
        select(Outcome.meeting_id, func.count(), passed)
        .where(Outcome.meeting_id.in_(ids))
        .group_by(Outcome.meeting_id)
    )
    return {pk: (count, good) for pk, count, good in found}


def _people(row: Meeting) -> tuple[str, str]:
    count, passed = row.__dict__.get("counted") or _counted([row.id]).get(row.id, (0, 0))
    voted = row.state not in (M.DRAFT, M.IN_SESSION, M.VOID)
    return _("%(n)s 人", n=count), _("通过 %(n)s 人", n=passed) if voted else ""


def _present(row: Meeting) -> tuple[str, str]:
    least = _("至少 %(n)s 人（三分之二）", n=ballots.needed(row.members))
    if row.present is None:
        return _("组成 %(members)s 人", members=row.members), least
    return _("%(present)s 人，组成 %(members)s 人", present=row.present, members=row.members), least


class MeetingView(CaseView):
    """Meetings of the own committees; for the bureau, those of the committees below."""

    route_base = "/meetings"
    include_route_methods = {"list", "show", "add", "tallies"}
    datamodel = Rows(Meeting)
    process = workflow.MEETING
    unit = N_("场")
    list_title = N_("评审会议")
    search_columns = ["name"]
    order_columns = ["held_at", "name"]
    find_words = N_("会议名称")
    case_template = "meetings/show.html"
    add_form = NoForm
    load = (
        joinedload(Meeting.plan).options(
            lazyload(Plan.regions),
            joinedload(Plan.committee).options(
                joinedload(Committee.office),
                joinedload(Committee.bureau),
                lazyload(Committee.series),
                lazyload(Committee.regions),
                lazyload(Committee.specialties),
            ),
        ),
    )
    columns = (
        Column(N_("会议"), lambda row: Cell(row.name, row.plan.name), sort="name"),
        Column(N_("时间和地点"), lambda row: (shown_moment(row.held_at), row.place), sort="held_at"),
        Column(N_("评审对象"), _people),
    )
    cards = (
        (
            N_("会议"),
            (
                Column(N_("评审计划"), lambda row: (row.plan.name, row.plan.committee.name)),
                Column(N_("时间和地点"), lambda row: (shown_moment(row.held_at), row.place)),
                Column(N_("主持人"), lambda row: (row.host, row.host_role)),
                Column(N_("出席"), _present),
                Column(N_("记录人"), lambda row: row.recorder),
                Column(N_("宣布人"), lambda row: row.announcer),
                Column(N_("备案文号"), lambda row: row.filing_no),
            ),
        ),
    )
    way = (
        (N_("安排"), (M.DRAFT,)),
        (N_("会议"), (M.IN_SESSION,)),
        (N_("投票"), (M.VOTED,)),
        (N_("宣布"), (M.ANNOUNCED,)),
        (N_("结果公示"), (M.PUBLICITY,)),
        (N_("上报备案"), (M.REPORTED,)),
        (N_("备案"), (M.FILED,)),
        (N_("归档"), (M.ARCHIVED,)),
    )

    def rows(self, statement: Any, page: int) -> list[Meeting]:
        """The page, with its people counted in one statement."""
        found = super().rows(statement, page)
        counted = _counted([row.id for row in found])
        for row in found:
            row.__dict__["counted"] = counted.get(row.id, (0, 0))
        return found

    def holder_name(self, row: Meeting) -> str:
        committee = row.plan.committee
        if row.state == M.REPORTED:
            return str(committee.bureau or "")
        return "" if row.state in (M.ARCHIVED, M.VOID) else str(committee.office or "")

    def where(self, row: Meeting, offers: list[Offer]) -> list[tuple[str, Any, str]]:
        rows = super().where(row, offers)
        return [
            *rows[:1],
            (
                _("会议"),
                shown_moment(row.held_at),
                _("主持：%(role)s %(name)s", role=row.host_role.label, name=row.host),
            ),
            (_("出席"), *_present(row)),
            *rows[2:3],
        ]

    def step_url(self, step: Step, row: Meeting, queue: Queue | None) -> str:
        """The votes have a page of their own."""
        if step.asks == "tallies":
            return url_for("MeetingView.tallies", pk=row.id)
        return super().step_url(step, row, queue)

    def more(self, row: Meeting) -> dict[str, Any]:
        return {"votes": [kept_vote(outcome, row.present) for outcome in row.outcomes]}

    # ---- 新建会议

    @expose("/new", methods=["GET", "POST"])
    @has_access
    def add(self) -> str | Response | tuple[str, int]:
        """Which plan, and then who is reviewed, when and where."""
        wanted = lists.wanted_id("plan")
        if wanted is None:
            return self.render_template(
                "meetings/choose.html", title=_("新建评审会议"), plans=meetings.plans(current_actor())
            )
        plan = self._plan(wanted)
        people = self._waiting(plan)
        form = MeetingForm()
        form.row.choices = [(person.id, person.applicant_name) for person in people]
        form.prepare(plan.committee.member_count)
        if request.method != "POST":
            form.members.data = plan.committee.member_count
            form.name.data = _("%(plan)s评审会议", plan=plan.name)
            form.held_at.data = clock.at(plan.review_from, 9)
            form.row.data = [person.id for person in people]
            return self._form(form, plan, people)
        if not form.validate():
            return self._form(form, plan, people, 422)
        try:
            made = meetings.arrange(current_actor(), plan.id, form.row.data, form.fields())
        except meetings.Wrong as refused:
            form[refused.field].errors = [*form[refused.field].errors, str(refused)]
            return self._form(form, plan, people, 422)
        flash(_("会议已安排，评审对象 %(n)s 人。", n=len(set(form.row.data))), "success")
        return redirect(url_for("MeetingView.show", pk=made))

    @staticmethod
    def _plan(pk: int) -> Plan:
        """A plan of the own office that is being carried out, or 404."""
        found = select(Plan).join(Committee, Committee.id == Plan.committee_id)
        return db.session.scalar(found.where(Plan.id == pk, *meetings.own_plan(current_actor()))) or abort(
            404
        )

    @staticmethod
    def _waiting(plan: Plan) -> list[Application]:
        """People of the plan who wait for a meeting, by 受理号."""
        found = (
            select(Application)
            .where(Application.plan_id == plan.id, *meetings.waiting(current_actor()))
            .order_by(Application.accept_no)
        )
        return list(db.session.scalars(found.limit(meetings.MOST)))

    def _form(
        self, form: MeetingForm, plan: Plan, people: list[Application], status: int = 200
    ) -> tuple[str, int]:
        chosen = set(form.row.data or ())
        html = self.render_template(
            "meetings/new.html", title=_("新建评审会议"), form=form, plan=plan, people=people, chosen=chosen
        )
        return html, status

    # ---- 录入票数

    @expose("/<int:pk>/tallies", methods=["GET", "POST"])
    @has_access
    @permission_name("show")
    def tallies(self, pk: int) -> str | Response | tuple[str, int]:
        """One row per person; 核对 counts without writing, 保存 takes the step."""
        row = self.found(pk)
        step = self.process["record_votes"]
        if not step.permits(current_actor()):
            raise Forbidden(step.name)
        form = TalliesForm()
        form.prepare(step, [row])
        if request.method != "POST":
            if row.state != M.IN_SESSION:
                flash(_("会议现在是“%(state)s”，不能录入票数。", state=row.state.label), "warning")
                return redirect(url_for("MeetingView.show", pk=pk))
            return self._votes(row, form)
        if row.state != M.IN_SESSION:
            words = _("会议现在是“%(state)s”，没有保存。您填的票数还在下面。", state=row.state.label)
            return self._votes(row, form, words, 409)
        good = form.validate()
        if request.form.get("check"):
            return self._votes(row, form)
        if not good:
            return self._votes(row, form, _("有人的票数不对，没有保存。请按计票单核对。"), 422)
        return self._record(row, step, form)

    def _record(self, row: Meeting, step: Step, form: TalliesForm) -> Response | tuple[str, int]:
        pk = row.id
        text = request.form.get("seen", "")
        seen = {pk: int(text)} if text.isascii() and text.isdigit() and len(text) < 10 else None  # noqa: PLR2004
        try:
            done = workflow.perform(step, [pk], current_actor(), answers=form.answers(), seen=seen)
        except Refused as refused:
            db.session.rollback()
            return self._votes(self.found(pk), form, str(refused), 422)
        db.session.rollback()
        if not done.done:
            why = done.skipped[0]
            words = _("没有保存。%(why)s", why=why.why)
            return self._votes(self.found(pk), form, words, 409 if why.stale else 422)
        flash(_("票数已保存。请主持人宣布结果。"), "success")
        return redirect(url_for("MeetingView.show", pk=pk))

    def _votes(self, row: Meeting, form: TalliesForm, error: str = "", status: int = 200) -> tuple[str, int]:
        votes = [typed_vote(one, row.present or 0) for one in form.rows]
        html = self.render_template(
            "meetings/tallies.html",
            title=_("录入票数：%(name)s", name=row.name),
            row=row,
            votes=votes,
            error=error,
            passed=sum(vote.passed is True for vote in votes),
            failed=sum(vote.passed is False for vote in votes),
            where=self.where(row, workflow.offers(self.process, row.id, current_actor())[1]),
            list_address=frame.list_url("MeetingView"),
        )
        return html, status


VIEWS = (MeetingView,)
