"""个人注册: an account for whoever applies, with name, ID number, phone, unit and both agreements (seed 001, 附件II).

The outside real-name check of the source (智慧人社 APP) is not there yet; sign-in is one place, and so is this.
"""

from flask import Flask, flash, redirect, request
from flask_appbuilder import BaseView, expose
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug import Response
from wtforms import BooleanField, Field, PasswordField, StringField
from wtforms.validators import DataRequired, EqualTo, Length, ValidationError

from app import applications, commitment, identity, passwords
from app.extension import limiter
from app.process import Refused
from app.views.register_forms import LONGEST_CODE, NEEDED, checked, filled

AGREE = _l("请阅读并同意。")


class SignUpForm(FlaskForm):
    """姓名、身份证号码、手机号码、密码 and the two agreements."""

    name = StringField(
        _l("姓名"), filled(60, checked(identity.person_name)), description=_l("与身份证一致。")
    )
    id_number = StringField(_l("身份证号码"), filled(LONGEST_CODE, checked(identity.id_number)))
    phone = StringField(
        _l("手机号码"), filled(LONGEST_CODE, checked(identity.phone)), description=_l("可以用来登录。")
    )
    password = PasswordField(
        _l("密码"),
        [DataRequired(NEEDED), Length(max=128)],
        description=_l("至少 10 个字符，不要用号码或姓名。"),
    )
    again = PasswordField(
        _l("再输一次密码"), [DataRequired(NEEDED), EqualTo("password", message=_l("两次输入的密码不一样。"))]
    )
    service = BooleanField(_l("我已阅读并同意《用户服务协议》"), [DataRequired(AGREE)])
    privacy = BooleanField(_l("我已阅读并同意《隐私协议》"), [DataRequired(AGREE)])

    def validate_password(self, field: Field) -> None:
        """Long enough, and none of the other words typed."""
        weak = passwords.weak(
            field.data, self.name.data or "", self.id_number.data or "", self.phone.data or ""
        )
        if weak:
            raise ValidationError(weak)


class SignUpView(BaseView):
    """First the unit, then the person."""

    route_base = "/signup"

    @expose("/")
    @limiter.limit("60 per minute")
    def unit(self) -> str:
        """Find the unit one works for; units are public, people are not."""
        typed = request.args.get("q", "")[:60]
        return self.render_template("signup/unit.html", typed=typed, found=applications.find_employers(typed))

    @expose("/person", methods=["GET", "POST"])
    @limiter.limit("10 per minute", methods=["POST"])
    def person(self) -> Response | tuple[str, int]:
        """Fill in who one is, and open the account."""
        unit_id = request.args.get("unit", type=int)
        unit = applications.employer(unit_id if unit_id and unit_id < 2**31 else None)
        if unit is None:
            flash(_("请先选择工作单位。"), "warning")
            return redirect("/signup/")
        form = SignUpForm()
        if form.validate_on_submit():
            try:
                applications.open_account(
                    form.name.data, form.id_number.data, form.phone.data, form.password.data, unit_id
                )
            except Refused as refused:
                form.id_number.errors = [str(refused)]
            else:
                flash(_("注册成功。请用身份证号码或手机号码登录。"), "success")
                return redirect("/login/")
        html = self.render_template("signup/person.html", form=form, unit=unit, unit_id=unit_id)
        return html, 422 if form.is_submitted() else 200

    @expose("/agreements")
    def agreements(self) -> str:
        """Both agreements, to read and print."""
        return self.render_template("signup/agreements.html", text=commitment)


def install(app: Flask) -> None:
    """Register the view."""
    app.appbuilder.add_view_no_menu(SignUpView)
