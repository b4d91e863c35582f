"""The page on which the full numbers of an applicant are shown: a reason first, then once, and never in an address."""

from flask import abort
from flask_appbuilder import BaseView, expose, has_access, permission_name
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from sqlalchemy import select
from wtforms import TextAreaField
from wtforms.validators import DataRequired, Length

from app.access import current_actor
from app.console import frame
from app.db import db
from app.disclosure import LONGEST, Numbers, disclose
from app.models import Application
from app.steps import Refused


class ReasonForm(FlaskForm):
    """Why somebody needs to see the numbers."""

    reason = TextAreaField(
        lazy_gettext("为什么要看"),
        validators=[
            DataRequired(lazy_gettext("请写明为什么要看完整号码。")),
            Length(max=LONGEST, message=lazy_gettext("不超过 200 个字。")),
        ],
        description=lazy_gettext("例如：与窗口提交的身份证原件核对。会写入审计日志，其中不要写号码。"),
    )


class DisclosureView(BaseView):
    """显示完整号码（留痕）."""

    route_base = "/applications"
    default_view = "disclose"

    @expose("/<int:pk>/disclose", methods=["GET", "POST"])
    @has_access
    @permission_name("disclose")
    def disclose(self, pk: int) -> tuple[str, int]:
        """Ask for the reason; after a press, show the numbers."""
        row = db.session.scalars(select(Application).where(Application.id == pk)).one_or_none() or abort(404)
        form = ReasonForm()
        if not form.validate_on_submit():
            return self._page(row, form), 422 if form.is_submitted() else 200
        try:
            numbers = disclose(current_actor(), pk, form.reason.data)
        except Refused as refused:
            form.reason.errors = [str(refused)]
            return self._page(row, form), 422
        return self._page(row, form, numbers), 200

    def _page(self, row: Application, form: ReasonForm, numbers: Numbers | None = None) -> str:
        return self.render_template(
            "disclosure.html",
            title=_("显示完整号码：%(name)s", name=row.applicant_name),
            row=row,
            form=form,
            numbers=numbers,
            back=frame.case_url("application", row.id),
        )


VIEWS = (DisclosureView,)
