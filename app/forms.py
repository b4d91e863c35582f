"""What a step asks on its confirm page: one small form per name in `Step.asks` (`app.workflow`).

`form_for(step, cases)` gives a form that knows the cases; `answers()` gives what `perform` takes. A form of several
cases holds for all of them. Wrong input is answered in Chinese, beside the field, with everything typed kept.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, ClassVar

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from sqlalchemy import select
from wtforms import BooleanField, Field, RadioField, StringField
from wtforms.fields import SearchField, TelField
from wtforms.validators import Length, Optional, StopValidation

from app import ballots, clock, identity, settings, workdays
from app.access import current_actor
from app.console.fields import Day, ManyField, MomentField, Needed, WholeNumber
from app.console.ground import policy, shown_day, shown_moment
from app.db import db, open_session
from app.models import Application, Outcome, PublicityEntry, Registration, Unit
from app.process import Step
from app.rules import can_review

DAYS = (5, 365)
LONG = 50
MOST_VOTES = 999


class StepForm(FlaskForm):
    """What a step asks. `one` says that it is asked for a single case alone."""

    one: ClassVar[bool] = False
    template: ClassVar[str] = ""

    def prepare(self, step: Step, cases: Sequence[Any]) -> None:
        """Get to know the cases: choices, defaults, hints."""

    def answers(self) -> dict[str, Any]:
        """What `perform` takes."""
        return {}


class CorrectionForm(StepForm):
    """By when the applicant must correct."""

    deadline = MomentField(_l("补正截止"), validators=[Needed(_l("请填写补正截止时间。"))])

    def prepare(self, step: Step, cases: Sequence[Application]) -> None:  # noqa: ARG002
        latest = min((case.plan.correction_deadline for case in cases), default=None)
        if latest and not self.is_submitted_now():
            self.deadline.data = latest
        if latest:
            self.deadline.description = _(
                "不晚于计划的退回补正截止 %(when)s。到时未补正，系统记为“视为放弃”。",
                when=shown_moment(latest),
            )

    def is_submitted_now(self) -> bool:
        """Whether the field came with the request."""
        return bool(self.deadline.raw_data)

    def answers(self) -> dict[str, Any]:
        return {"deadline": self.deadline.data}


class AssignForm(StepForm):
    """On the bureau's route: who is the superior of the new unit, or 直报. A superior is asked nothing."""

    one = True
    template = "appbuilder/ask/assign.html"

    find = SearchField(_l("查找主管单位"), validators=[Optional(), Length(max=60)])
    superior_id = RadioField(_l("主管单位"), coerce=int, validators=[Optional()], validate_choice=False)
    direct = BooleanField(_l("无主管单位，直报"))

    asked = True
    more = False

    def prepare(self, step: Step, cases: Sequence[Registration]) -> None:  # noqa: ARG002
        case = cases[0] if cases else None
        self.asked = case is not None and case.routed_business is not None
        if not self.asked:
            return
        wanted = (self.find.data or "").strip()
        statement = select(Unit.id, Unit.name).where(can_review(), Unit.credit_code != case.credit_code)
        nearest = statement.where(Unit.region_code == case.region_code)
        with open_session() as session:
            if wanted:
                found = session.execute(
                    statement.where(Unit.name.contains(wanted, autoescape=True)).order_by(Unit.name).limit(51)
                ).all()
            else:
                found = session.execute(nearest.order_by(Unit.name).limit(51)).all()
            self.allowed = self._chosen(session)
        self.more = len(found) > 50  # noqa: PLR2004 - as many as one can look through
        choices = dict([*self.allowed, *map(tuple, found[:50])])
        self.superior_id.choices = list(choices.items())

    def _chosen(self, session: Any) -> list[tuple[int, str]]:
        """The unit that was chosen, if it can review: what was chosen stays in the list whatever is searched for."""
        chosen = self.superior_id.data
        if not chosen or chosen >= 2**31:
            return []
        row = session.execute(select(Unit.id, Unit.name).where(can_review(), Unit.id == chosen)).one_or_none()
        return [tuple(row)] if row else []

    def validate(self, extra_validators: Any = None) -> bool:
        if not self.asked:
            return True
        good = super().validate(extra_validators)
        if self.superior_id.data and self.direct.data:
            self.direct.errors = [_("选了主管单位，就不能再勾选直报。")]
            return False
        if self.superior_id.data and not self.allowed:
            self.superior_id.errors = [_("所选单位现在不能审核，请改选其他单位。")]
            return False
        if not self.superior_id.data and not self.direct.data:
            self.superior_id.errors = [_("请选择主管单位，或者勾选“无主管单位，直报”。")]
            return False
        return good

    def answers(self) -> dict[str, Any]:
        if not self.asked:
            return {}
        return {"superior_id": self.superior_id.data or None, "direct": bool(self.direct.data)}


class PublicityForm(StepForm):
    """Contact, telephone, first day and number of working days of a publicity."""

    contact = StringField(
        _l("单位联系人"),
        validators=[Needed(_l("请填写单位联系人。")), Length(max=LONG, message=_l("不超过 50 个字。"))],
    )
    telephone = TelField(_l("单位联系电话"), validators=[Needed(_l("请填写单位联系电话。"))])
    starts_on = Day(_l("公示开始日期"), validators=[Needed(_l("请填写公示开始日期。"))])
    days = WholeNumber(_l("公示（工作日）天数"), validators=[Needed(_l("请填写公示天数。"))])

    def prepare(self, step: Step, cases: Sequence[Any]) -> None:  # noqa: ARG002
        least = max(DAYS[0], policy(settings.PUBLICITY_DAYS))
        if not self.starts_on.raw_data:
            actor = current_actor()
            self.starts_on.data, self.days.data = clock.today(), least
            self.contact.data = self.contact.data or (actor.name if actor else "")
        self.days.description = _("不少于 %(least)s 个工作日，开始日是工作日的从当天算起。", least=least)
        soon = self.starts_on.data and self.starts_on.data <= clock.today() + timedelta(days=DAYS[1])
        if soon and self.days.data and DAYS[0] <= self.days.data <= DAYS[1]:
            ends, estimated = workdays.current().estimate_end_of(self.starts_on.data, self.days.data)
            words = _("截止到 %(day)s 24:00", day=shown_day(ends))
            self.starts_on.description = words + (_("（估算：当年放假安排尚未公布）") if estimated else "")

    def validate_telephone(self, field: Field) -> None:
        """The number as people dial it."""
        try:
            field.data = identity.telephone(field.data)
        except ValueError as wrong:
            raise StopValidation(str(wrong)) from wrong

    def validate_starts_on(self, field: Field) -> None:
        """Not in the past, and not so far ahead that nobody knows the calendar."""
        if field.data < clock.today():
            raise StopValidation(_("公示开始日期不能早于今天。"))
        if field.data > clock.today() + timedelta(days=DAYS[1]):
            raise StopValidation(_("公示开始日期不能晚于一年以后。"))

    def validate_days(self, field: Field) -> None:
        """At least five working days (order no. 40, art. 16)."""
        least = max(DAYS[0], policy(settings.PUBLICITY_DAYS))
        if not least <= field.data <= DAYS[1]:
            raise StopValidation(
                _("公示不少于 %(least)s 个、不多于 %(most)s 个工作日。", least=least, most=DAYS[1])
            )

    def answers(self) -> dict[str, Any]:
        names = ("contact", "telephone", "starts_on", "days")
        return {name: self[name].data for name in names}


def _people(publicity_id: int, *, objected: bool | None = None) -> list[tuple[int, str]]:
    statement = (
        select(Application.id, Application.applicant_name, Application.id_number_mask)
        .join(PublicityEntry, PublicityEntry.application_id == Application.id)
        .where(PublicityEntry.publicity_id == publicity_id, PublicityEntry.open)
        .order_by(Application.id)
    )
    if objected is not None:
        has = PublicityEntry.objection.is_not(None)
        statement = statement.where(has if objected else ~has)
    return [(pk, f"{name} {mask}") for pk, name, mask in db.session.execute(statement)]


class ResultsForm(StepForm):
    """Who did not pass the publicity; everybody else passes."""

    one = True
    failed = ManyField(
        _l("公示不通过的人"),
        coerce=int,
        description=_l("只勾选不通过的人，其余的人公示通过。有人不通过时，请在意见里写明原因。"),
    )

    def prepare(self, step: Step, cases: Sequence[Any]) -> None:  # noqa: ARG002
        self.failed.choices = _people(cases[0].id) if cases else []

    def validate_failed(self, field: Field) -> None:
        """People of this publicity alone."""
        if set(field.data or ()) - {pk for pk, _name in field.choices}:
            raise StopValidation(_("请选择这份公示中的人。"))

    def answers(self) -> dict[str, Any]:
        return {"failed": list(self.failed.data or ())}


class PersonForm(StepForm):
    """The one person an objection is about."""

    one = True
    application_id = RadioField(
        _l("涉及的人"), coerce=int, validate_choice=False, validators=[Needed(_l("请选择这份公示中的人。"))]
    )

    def prepare(self, step: Step, cases: Sequence[Any]) -> None:
        objected = {"object": False, "settle_objection": True}.get(step.name)
        self.application_id.choices = _people(cases[0].id, objected=objected) if cases else []

    def validate_application_id(self, field: Field) -> None:
        """One of this publicity."""
        if field.data not in {pk for pk, _name in field.choices}:
            raise StopValidation(_("请选择这份公示中的人。"))

    def answers(self) -> dict[str, Any]:
        return {"application_id": self.application_id.data}


class AttendanceForm(StepForm):
    """How many members are present."""

    one = True
    present = WholeNumber(_l("出席人数"), validators=[Needed(_l("请填写出席人数。"))])
    members: int | None = None

    def prepare(self, step: Step, cases: Sequence[Any]) -> None:  # noqa: ARG002
        if cases:
            self.members = cases[0].members
            least = ballots.needed(self.members)
            self.present.description = _(
                "组成人数 %(members)s 人，出席不少于三分之二，即 %(least)s 人。",
                members=self.members,
                least=least,
            )

    def validate_present(self, field: Field) -> None:
        """Two thirds, and not more than there are (order no. 40, art. 19)."""
        if self.members is None:
            return
        if not 0 < field.data <= self.members:
            raise StopValidation(_("出席人数应在 1 至 %(members)s 之间。", members=self.members))
        if not ballots.quorum(field.data, self.members):
            raise StopValidation(
                _("出席不足三分之二：至少 %(least)s 人。", least=ballots.needed(self.members))
            )

    def answers(self) -> dict[str, Any]:
        return {"present": self.present.data}


class TalliesForm(StepForm):
    """The tallies of everybody in a meeting: recused, yes, no, abstain. The result is computed, never typed."""

    one = True
    template = "appbuilder/ask/tallies.html"
    names: ClassVar[tuple[str, ...]] = ("recused", "yes", "no", "abstain")

    def prepare(self, step: Step, cases: Sequence[Any]) -> None:  # noqa: ARG002
        from flask import request  # noqa: PLC0415 - fields made of rows, not of classes

        self.meeting = cases[0] if cases else None
        self.rows: list[dict[str, Any]] = []
        if self.meeting is None:
            return
        for outcome in db.session.scalars(
            select(Outcome).where(Outcome.meeting_id == self.meeting.id).order_by(Outcome.id)
        ):
            typed = {name: request.form.get(f"{name}-{outcome.id}", "").strip() for name in self.names}
            typed["recused"] = typed["recused"] or "0"
            self.rows.append({"outcome": outcome, "typed": typed, "error": ""})

    def validate(self, extra_validators: Any = None) -> bool:
        good = super().validate(extra_validators)
        for row in self.rows:
            row["error"] = self._wrong(row["typed"])
            good = good and not row["error"]
        return good

    def _wrong(self, typed: dict[str, str]) -> str:
        if not all(
            text.isascii() and text.isdigit() and len(text) <= len(str(MOST_VOTES)) for text in typed.values()
        ):
            return _("请填写同意、反对、弃权票数，都是整数。")
        recused, yes, no, abstain = (int(typed[name]) for name in self.names)
        try:
            ballots.tally(yes, no, abstain, self.meeting.present - recused)
        except ValueError as wrong:
            return str(wrong)
        return ""

    def answers(self) -> dict[str, Any]:
        return {
            "votes": {
                row["outcome"].id: tuple(int(row["typed"][name]) for name in self.names) for row in self.rows
            }
        }


class AnnouncerForm(StepForm):
    """Who announces the result."""

    one = True
    announcer = StringField(
        _l("宣布人"),
        validators=[Needed(_l("请填写宣布人。")), Length(max=LONG, message=_l("不超过 50 个字。"))],
    )

    def answers(self) -> dict[str, Any]:
        return {"announcer": self.announcer.data.strip()}


class FilingForm(StepForm):
    """Under which number it is filed."""

    filing_no = StringField(
        _l("备案文号"),
        validators=[Needed(_l("请填写备案文号。")), Length(max=60, message=_l("不超过 60 个字。"))],
    )

    def answers(self) -> dict[str, Any]:
        return {"filing_no": self.filing_no.data.strip()}


FORMS: dict[str, type[StepForm]] = {
    "": StepForm,
    "correction": CorrectionForm,
    "assign": AssignForm,
    "publicity": PublicityForm,
    "results": ResultsForm,
    "person": PersonForm,
    "attendance": AttendanceForm,
    "tallies": TalliesForm,
    "announcer": AnnouncerForm,
    "filing": FilingForm,
}


def form_for(step: Step, cases: Sequence[Any]) -> StepForm:
    """Give the form of a step that knows its cases, filled from the request."""
    form = FORMS[step.asks]()
    form.prepare(step, cases)
    return form


def single(step: Step) -> bool:
    """Whether a step is asked for one case alone."""
    return FORMS[step.asks].one
