"""The form of a 年度评审工作计划, in the sections of the page; what must hold between its fields is in `app.plans`."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import Field, HiddenField, RadioField, StringField, TextAreaField
from wtforms.fields import TelField
from wtforms.validators import Length, StopValidation

from app import clock, identity, plans
from app.console.fields import Day, ManyField, MomentField, Needed, WholeNumber
from app.models import Committee, Plan
from app.states import Level, OfflinePolicy
from app.views.register_forms import stripped
from app.words import N_

YEARS, BATCHES, EXPERTS = (2000, 2100), (1, 99), 999
LONGEST = 5000
SECTIONS = (
    (N_("计划"), "", ("name", "year", "batch", "levels", "regions")),
    (
        N_("时间"),
        N_("精确到时刻，过点系统自动停止"),
        ("opens_at", "closes_at", "unit_deadline", "correction_deadline", "review_from", "review_to"),
    ),
    (N_("评审"), "", ("expert_count", "offline", "requirements")),
    (N_("联系人"), N_("申报人和单位都会看到"), ("contact", "telephone")),
)
WIDE = ("name", "levels", "regions", "offline", "requirements")


class PlanMoment(MomentField):
    """A moment in the years a plan can be of."""

    def pre_validate(self, form: FlaskForm) -> None:  # noqa: ARG002
        if self.data and not YEARS[0] < clock.local(self.data).year < YEARS[1]:
            self.data = None
            raise StopValidation(_("请填写 2001 至 2099 年之间的时间。"))


class PlanDay(Day):
    """A day in the years a plan can be of."""

    def pre_validate(self, form: FlaskForm) -> None:  # noqa: ARG002
        if self.data and not YEARS[0] < self.data.year < YEARS[1]:
            self.data = None
            raise StopValidation(_("请填写 2001 至 2099 年之间的日期。"))


class PlanForm(FlaskForm):
    """What the office writes; the rules between the fields are those of `app.plans`."""

    name = StringField(
        _l("计划名称"),
        [Needed(_l("请填写计划名称。")), Length(max=120, message=_l("不超过 120 个字。"))],
        filters=[stripped],
    )
    year = WholeNumber(
        _l("评审年度"), [Needed(_l("请填写评审年度。"))], description=_l("可以与日历年度不同。")
    )
    batch = WholeNumber(_l("批次"), [Needed(_l("请填写批次。"))])
    levels = ManyField(_l("评审级别"), [Needed(_l("请至少选择一个级别。"))], validate_choice=False)
    regions = ManyField(_l("评审范围"), [Needed(_l("请至少选择一个统筹区。"))], validate_choice=False)
    opens_at = PlanMoment(_l("受理开始"), [Needed(_l("请填写受理开始时间。"))])
    closes_at = PlanMoment(_l("受理截止"), [Needed(_l("请填写受理截止时间。"))])
    unit_deadline = PlanMoment(
        _l("单位上报截止"),
        [Needed(_l("请填写单位上报截止时间。"))],
        description=_l("不早于受理截止，给单位公示留出 5 个工作日。"),
    )
    correction_deadline = PlanMoment(
        _l("退回补正截止"),
        [Needed(_l("请填写退回补正截止时间。"))],
        description=_l("到时未补正，系统记为“视为放弃”。"),
    )
    review_from = PlanDay(_l("评审开始"), [Needed(_l("请填写评审开始日期。"))])
    review_to = PlanDay(_l("评审结束"), [Needed(_l("请填写评审结束日期。"))])
    expert_count = WholeNumber(
        _l("拟抽取专家数"),
        [Needed(_l("请填写拟抽取专家数。"))],
        description=_l("单数，一般与评委会的组成人数相同。"),
    )
    offline = RadioField(
        _l("线下形式审查"),
        validate_choice=False,
        description=_l("线下没有通过的人，网上不能通过。"),
    )
    requirements = TextAreaField(
        _l("申报要求和政策依据"), [Length(max=LONGEST, message=_l("不超过 %(max)d 个字。"))]
    )
    contact = StringField(
        _l("联系人"),
        [Needed(_l("请填写联系人。")), Length(max=50, message=_l("不超过 50 个字。"))],
        filters=[stripped],
    )
    telephone = TelField(_l("联系电话"), [Needed(_l("请填写联系电话。"))])
    seen = HiddenField()

    def prepare(self, committee: Committee) -> None:
        """Offer what the committee may review."""
        self.levels.choices = [(str(int(level)), level.label) for level in plans.levels(committee)]
        self.regions.choices = plans.regions(committee, self.regions.data or ())
        self.offline.choices = [(policy.value, policy.label) for policy in OfflinePolicy]
        self.offline.data = self.offline.data or OfflinePolicy.BEFORE_FORMAL.value

    def fill(self, row: Plan) -> None:
        """Show what is there."""
        for name in plans.Written.__dataclass_fields__:
            self[name].data = getattr(row, name)
        self.levels.data = [str(int(level)) for level in sorted(row.level_set)]
        self.regions.data = [region.code for region in row.regions]
        self.offline.data = row.offline.value
        self.seen.data = row.version

    def validate_year(self, field: Field) -> None:
        """A year the table takes."""
        if not YEARS[0] <= field.data <= YEARS[1]:
            raise StopValidation(_("年度应在 2000 至 2100 之间。"))

    def validate_batch(self, field: Field) -> None:
        """Counted from one."""
        if not BATCHES[0] <= field.data <= BATCHES[1]:
            raise StopValidation(_("批次应在 1 至 99 之间。"))

    def validate_expert_count(self, field: Field) -> None:
        """Somebody reviews."""
        if not 0 < field.data <= EXPERTS:
            raise StopValidation(_("拟抽取专家数应在 1 至 999 之间。"))

    def validate_levels(self, field: Field) -> None:
        """Levels there are."""
        if not set(field.data) <= {str(int(level)) for level in Level}:
            raise StopValidation(_("请从列表中选择。"))

    def validate_offline(self, field: Field) -> None:
        """One of the three."""
        if field.data not in {policy.value for policy in OfflinePolicy}:
            raise StopValidation(_("请从列表中选择。"))

    def validate_telephone(self, field: Field) -> None:
        """The number as people dial it."""
        try:
            field.data = identity.telephone(field.data)
        except ValueError as bad:
            raise StopValidation(str(bad)) from bad

    def typed(self) -> plans.Written:
        """Give what was typed, as far as it can be read: for the drawing and the checks beside the form."""
        return self._taken(tuple(plans.Written.__dataclass_fields__))

    def written(self) -> plans.Written:
        """Give what was written; a field that was refused is left out."""
        return self._taken(
            tuple(name for name in plans.Written.__dataclass_fields__ if not self[name].errors)
        )

    def _taken(self, names: tuple[str, ...]) -> plans.Written:
        kept = {
            name: self[name].data if name in names else None for name in plans.Written.__dataclass_fields__
        }
        for name in ("name", "requirements", "contact", "telephone"):
            kept[name] = (kept[name] or "").strip()
        known = {str(int(level)): level for level in Level}
        kept["levels"] = tuple(known[text] for text in kept["levels"] or () if text in known)
        kept["regions"] = tuple(kept["regions"] or ())
        policies = {policy.value: policy for policy in OfflinePolicy}
        kept["offline"] = policies.get(kept["offline"], OfflinePolicy.BEFORE_FORMAL)
        return plans.Written(**kept)

    def holds(self, committee: Committee) -> bool:
        """Check every field, and then what must hold between them, all in one go."""
        good = self.validate()
        return not self.add(plans.wrong(committee, self.written())) and good

    def add(self, found: dict[str, str]) -> bool:
        """Put sentences beside their fields; say whether there were any."""
        for name, sentence in found.items():
            self[name].errors = [*self[name].errors, sentence]
        return bool(found)
