"""Forms of the registration wizard; every error is a sentence beside its field, and what was typed stays."""

from collections.abc import Callable

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from sqlalchemy import select
from wtforms import BooleanField, Field, PasswordField, RadioField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length, ValidationError

from app import identity, registrations
from app.db import open_session
from app.models import Region
from app.states import Reviewer, UnitKind

NEEDED = _l("请填写。")
CHOOSE = _l("请选择。")
#: Of a code that leaves room for the spaces people paste along.
LONGEST_CODE = 40


def checked(parse: Callable[[str], str]) -> Callable[[FlaskForm, Field], None]:
    """Make a validator that puts a value into its normal form, or says what is wrong with it."""

    def check(_form: FlaskForm, field: Field) -> None:
        try:
            field.data = parse(field.data)
        except ValueError as wrong:
            raise ValidationError(str(wrong)) from None

    return check


def filled(longest: int, *more: Callable) -> list:
    """Validators of a text that must be there; spaces around it do not count."""
    return [DataRequired(NEEDED), Length(max=longest, message=_l("最多 %(max)d 个字。")), *more]


def stripped(text: str | None) -> str:
    """Take out the spaces around and the doubled ones within."""
    return " ".join((text or "").split())


def regions() -> list[SelectChoice]:
    """统筹区 by prefecture, each beginning with its 本级."""
    with open_session() as session:
        rows = session.execute(
            select(Region.code, Region.shown, Region.name, Region.path).order_by(Region.path)
        ).all()
    names = {row.code: row.name for row in rows}
    choices = [SelectChoice("", _("请选择"))]
    for row in rows:
        above = row.path.strip("/").split("/")
        group = names[above[1]] if len(above) > 1 else row.name
        choices.append(SelectChoice(row.code, row.shown, optgroup=group))
    return choices


class BusinessForm(FlaskForm):
    """选择注册类型 and 业务 (first to third step of the guides)."""

    class Meta:
        csrf = False  # a GET form: it chooses, and writes nothing

    titles = BooleanField(_l("专家项目、职称、继续教育申报"))
    hr_market = BooleanField(_l("人力资源（市场）申报"))


class UnitForm(FlaskForm):
    """单位信息与经办人 (fourth step)."""

    credit_code = StringField(
        _l("统一社会信用代码"),
        filled(LONGEST_CODE, checked(identity.credit_code)),
        description=_l("18 位，照登记证书或营业执照填写。"),
    )
    unit_name = StringField(
        _l("单位名称（全称）"),
        filled(120),
        filters=[stripped],
        description=_l("与登记证书完全一致，不要用简称。"),
    )
    unit_kind = SelectField(
        _l("单位类型"),
        [InputRequired(CHOOSE)],
        validate_choice=False,
        description=_l("教育、卫生系统的事业单位由主管单位审核；其他单位和企业由主管机构审核。"),
    )
    region_code = SelectField(
        _l("统筹区"),
        [InputRequired(CHOOSE)],
        validate_choice=False,
        description=_l(
            "单位所在区县；市直单位选“某某市本级”。企业选登记机关所在区县，在省、市登记的选住所所在区县。"
        ),
    )
    titles = BooleanField(_l("专家项目、职称、继续教育申报"))
    hr_market = BooleanField(_l("人力资源（市场）申报"))
    reviewer = RadioField(_l("审核单位"), [InputRequired(CHOOSE)], validate_choice=False)
    superior = StringField(
        _l("主管单位名称"),
        [Length(max=120, message=_l("最多 %(max)d 个字。"))],
        filters=[stripped],
        description=_l("选“主管单位”时填写：全称、其中几个字或者信用代码。只能选已有账号、能审核的单位。"),
    )
    superior_id = RadioField(_l("找到这些单位，请选择"), validate_choice=False)
    username = StringField(
        _l("用户名"),
        filled(40),
        filters=[lambda text: (text or "").strip().lower()],
        description=_l("4 至 20 位小写字母、数字或下划线，以字母开头，登录时使用。"),
    )
    password = PasswordField(
        _l("密码"), [Length(max=128)], description=_l("至少 10 个字符。继续填写、撤回和以后登录都用它。")
    )
    name = StringField(_l("经办人姓名"), filled(60, checked(identity.person_name)))
    id_number = StringField(_l("身份证号码"), filled(LONGEST_CODE, checked(identity.id_number)))
    phone = StringField(_l("手机号码"), filled(LONGEST_CODE, checked(identity.phone)))

    def __init__(self, *args: object, has_password: bool = False, **kwargs: object) -> None:
        """Load the choices; with a password set before, the field may stay empty."""
        super().__init__(*args, **kwargs)
        self.has_password = has_password
        self.password.flags.required = not has_password
        first = [SelectChoice("", _("请选择"))]
        self.unit_kind.choices = first + [SelectChoice(kind.value, kind.label) for kind in UnitKind]
        self.region_code.choices = regions()
        self.reviewer.choices = [SelectChoice(who.value, who.label) for who in Reviewer]
        self.superior_id.choices = []

    def validate_unit_kind(self, field: Field) -> None:
        """Take a kind of the list."""
        one_of(field)

    def validate_region_code(self, field: Field) -> None:
        """Take a region of the list."""
        one_of(field)

    def validate_reviewer(self, field: Field) -> None:
        """Take one of the two."""
        one_of(field)

    def validate_titles(self, field: Field) -> None:
        """At least one line of business is ticked."""
        if not (field.data or self.hr_market.data):
            raise ValidationError(_("请至少勾选一项业务类别。"))

    def validate_username(self, field: Field) -> None:
        """Letters, digits and underscores, a letter first."""
        if not registrations.USERNAME.fullmatch(field.data):
            raise ValidationError(_("用户名应为 4 至 20 位小写字母、数字或下划线，以字母开头。"))

    def validate_password(self, field: Field) -> None:
        """The password stays as it was only where there is one; whether it is good enough depends on the account."""
        if not field.data and not self.has_password:
            raise ValidationError(_("请填写密码。"))

    def validate_superior(self, field: Field) -> None:
        """Find the superior that is meant; several are offered, none is said why (R9)."""
        if self.reviewer.data != Reviewer.SUPERIOR:
            return
        if not field.data:
            raise ValidationError(_("请填写主管单位名称，或者改选“主管机构”。"))
        found = registrations.find_superiors(field.data, self.credit_code.data or "")
        meant = [row for row in found if row.exact or str(row.id) == self.superior_id.data]
        if len(meant) == 1 or (len(found) == 1):
            self.superior_id.data = str((meant or found)[0].id)
            field.data = (meant or found)[0].name
            return
        self.superior_id.choices = [SelectChoice(str(row.id), row.name) for row in found]
        self.superior_id.data = None
        if found:
            raise ValidationError(_("找到 %(n)s 个单位，请在下面选择一个。", n=len(found)))
        raise ValidationError(
            _(
                "没有找到能审核的主管单位：须是已有账号的主管单位，不能是本单位，也不能是人社部门。请改填，或者改选“主管机构”。"
            )
        )

    def filled(self) -> registrations.Filled:
        """Give what was typed, in its normal form."""
        asks_superior = self.reviewer.data == Reviewer.SUPERIOR
        return registrations.Filled(
            self.credit_code.data,
            self.unit_name.data,
            UnitKind(self.unit_kind.data),
            self.region_code.data,
            self.titles.data,
            self.hr_market.data,
            Reviewer(self.reviewer.data),
            int(self.superior_id.data) if asks_superior else None,
            self.username.data,
            self.name.data,
            self.id_number.data,
            self.phone.data,
            self.password.data or "",
        )


def one_of(field: SelectField) -> None:
    """Refuse what is not among the choices, with a sentence of ours."""
    if field.data not in {choice.value for choice in field.choices}:
        raise ValidationError(_("请从列表中选择。"))


class SecretForm(FlaskForm):
    """受理编号或信用代码, and the wizard's password."""

    code = StringField(
        _l("受理编号或统一社会信用代码"),
        filled(LONGEST_CODE),
        description=_l("受理编号以 ZC 开头，保存第三步时给出。没有点过“注册”的，只能用受理编号。"),
    )
    password = PasswordField(
        _l("密码"), [DataRequired(NEEDED), Length(max=128)], description=_l("填写注册信息时设的密码。")
    )


class CodeForm(FlaskForm):
    """统一社会信用代码 alone (审核信息查询)."""

    code = StringField(_l("统一社会信用代码"), filled(LONGEST_CODE, checked(identity.credit_code)))
