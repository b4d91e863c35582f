"""线下形式审查: what the window registers, and the list of it; the ID number goes in and is never shown again."""

from flask import flash, redirect, request, url_for
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import joinedload, lazyload
from werkzeug import Response
from wtforms import Field, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import Length, StopValidation

from app import identity, offline
from app.access import current_actor
from app.console import lists
from app.console.columns import Column, person
from app.console.fields import Needed
from app.console.guarded import GuardedView, NoForm, Rows
from app.db import db
from app.models import Account, OfflineCheck, Plan
from app.states import Verdict
from app.views.register_forms import stripped
from app.words import N_

LAST_FOUR = 4


class OfflineForm(FlaskForm):
    """What the window writes."""

    plan_id = SelectField(
        _l("评审计划"),
        [Needed(_l("请选择评审计划。"))],
        validate_choice=False,
        description=_l("只列出要求线下形式审查的计划。"),
    )
    name = StringField(_l("姓名"), [Needed(_l("请填写姓名。"))], filters=[stripped])
    id_number = StringField(
        _l("身份证号码"),
        [Needed(_l("请填写身份证号码。"))],
        description=_l("只用于核对是不是同一个人，保存后只显示首尾几位。"),
        render_kw={"autocomplete": "off", "spellcheck": "false", "maxlength": 24},
        filters=[stripped],
    )
    result = RadioField(_l("结果"), [Needed(_l("请选择结果。"))], validate_choice=False)
    note = TextAreaField(
        _l("说明"),
        [Length(max=500, message=_l("不超过 %(max)d 个字。"))],
        description=_l("不通过的请写明缺什么。不要写身份证号、电话等个人信息。"),
    )

    def prepare(self) -> None:
        """Offer the plans that ask for it."""
        plans = offline.plans(current_actor())
        self.plan_id.choices = [("", _("请选择")), *((str(pk), name) for pk, name in plans)]
        self.result.choices = [(verdict.value, verdict.label) for verdict in Verdict]

    def validate_plan_id(self, field: Field) -> None:
        """One of the list."""
        if field.data not in {value for value, _label in field.choices}:
            raise StopValidation(_("请从列表中选择。"))

    def validate_name(self, field: Field) -> None:
        """A name as people have them."""
        _tidy(field, identity.person_name)

    def validate_id_number(self, field: Field) -> None:
        """A number with its check digit."""
        _tidy(field, identity.id_number)

    def validate_result(self, field: Field) -> None:
        """Passed or not."""
        if field.data not in {verdict.value for verdict in Verdict}:
            raise StopValidation(_("请从列表中选择。"))

    def validate_note(self, field: Field) -> None:
        """Who is refused must learn why."""
        if self.result.data == Verdict.FAIL.value and not (field.data or "").strip():
            raise StopValidation(_("不通过时请写明原因。"))

    def finding(self) -> offline.Finding:
        """What was written."""
        note = (self.note.data or "").strip()
        return offline.Finding(
            int(self.plan_id.data), self.name.data, self.id_number.data, Verdict(self.result.data), note
        )


def _tidy(field: Field, parse: object) -> None:
    try:
        field.data = parse(field.data)
    except ValueError as bad:
        raise StopValidation(str(bad)) from bad


class OfflineCheckView(GuardedView):
    """The records of the own window, the newest first."""

    route_base = "/offline"
    include_route_methods = {"list", "add"}
    datamodel = Rows(OfflineCheck)
    list_title = N_("线下形式审查")
    search_columns = ["name"]
    order_columns = ["at", "name"]
    base_order = ("at", "desc")
    find_words = N_("姓名或证件号后四位")
    empty_words = (N_("还没有线下形式审查记录"), N_("窗口审查以后在这里登记，网上形式审查时系统自动核对。"))
    add_form = NoForm
    load = (joinedload(OfflineCheck.plan).options(lazyload(Plan.committee), lazyload(Plan.regions)),)
    columns = (
        Column(N_("姓名"), lambda row: person(row.name, row), sort="name"),
        Column(N_("评审计划"), lambda row: row.plan.name if row.plan else ""),
        Column(N_("结果"), lambda row: (row.result.label, row.note)),
        Column(N_("登记时间"), lambda row: (row.at, row.__dict__.get("by_name", "")), sort="at", half=True),
    )

    def keyword(self, text: str) -> ColumnElement[bool]:
        """Names, and the last four digits: a whole number does not belong in an address."""
        found = lists.contains([OfflineCheck.name], text)
        if len(text) == LAST_FOUR:
            found |= OfflineCheck.id_number_mask.endswith(text.upper(), autoescape=True)
        return found

    def rows(self, statement: Select, page: int) -> list[OfflineCheck]:
        """The page, with the names of those who registered."""
        found = super().rows(statement, page)
        names = select(Account.id, Account.first_name).where(Account.id.in_({row.by_id for row in found}))
        by_id = dict(db.session.execute(names).all())
        for row in found:
            row.__dict__["by_name"] = by_id.get(row.by_id, "")
        return found

    @expose("/new", methods=["GET", "POST"])
    @has_access
    def add(self) -> str | Response | tuple[str, int]:
        """Register what the window found."""
        form = OfflineForm()
        form.prepare()
        if request.method != "POST":
            return self._form(form)
        if not form.validate():
            return self._form(form, 422)
        try:
            offline.record(current_actor(), form.finding())
        except offline.Wrong as refused:
            form[refused.field].errors = [str(refused)]
            return self._form(form, 422)
        flash(_("%(name)s：已登记线下形式审查。", name=form.name.data), "success")
        again = request.form.get("again")
        return redirect(url_for("OfflineCheckView.add" if again else "OfflineCheckView.list"))

    def _form(self, form: OfflineForm, status: int = 200) -> tuple[str, int]:
        return self.render_template(
            "offline/new.html", title=_("登记线下形式审查"), form=form, wide=("plan_id", "result", "note")
        ), status


VIEWS = (OfflineCheckView,)
