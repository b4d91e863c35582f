"""导出评审名单: what the office or the bureau may see from 受理号 onward, as CSV, written down before it leaves."""

from collections.abc import Iterator
from urllib.parse import quote

from flask import Response
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from sqlalchemy import Select, select
from sqlalchemy.orm import Session
from wtforms import SelectField

from app import clock, exports
from app.access import Actor, current_actor, is_office
from app.console import frame
from app.db import db, open_session
from app.models import Committee, Plan


class ExportForm(FlaskForm):
    """Which part of the list."""

    committee = SelectField(_l("评委会"), validate_choice=False)
    year = SelectField(_l("年度"), validate_choice=False)

    def prepare(self, actor: Actor) -> None:
        """Offer the committees and years the person can see; an office its own."""
        found = select(Committee.id, Committee.name).order_by(Committee.name)
        years = select(Plan.year).distinct().order_by(Plan.year.desc())
        if is_office(actor):
            found = found.where(Committee.office_id == actor.unit_id)
        committees = [(str(pk), name) for pk, name in db.session.execute(found)]
        self.committee.choices = [("", _("全部评委会")), *committees]
        self.year.choices = [("", _("全部年度")), *((str(it), str(it)) for it in db.session.scalars(years))]

    def validate(self, extra_validators: object = None) -> bool:
        good = super().validate(extra_validators)
        for field in (self.committee, self.year):
            field.data = field.data or ""
            if field.data not in {value for value, _label in field.choices}:
                field.errors = [_("请从列表中选择。")]
                good = False
        return good

    @property
    def wanted(self) -> dict[str, int | None]:
        """The year and the committee, or none of them."""
        names = {"year": self.year.data, "committee_id": self.committee.data}
        return {name: int(text) if text else None for name, text in names.items()}

    @property
    def committee_name(self) -> str | None:
        """The committee in words, for the name of the file."""
        return dict(self.committee.choices)[self.committee.data] if self.committee.data else None


class ReviewListView(BaseView):
    """The review list as a file."""

    route_base = "/applications"
    default_view = "export"

    @expose("/export", methods=["GET", "POST"])
    @has_access
    @permission_name("export")
    def export(self) -> Response | tuple[str, int]:
        """Ask which part; give it, block by block."""
        actor, form = current_actor(), ExportForm()
        form.prepare(actor)
        if not form.is_submitted():
            return self._page(form, 200)
        if not form.validate():
            return self._page(form, 422)
        wanted = form.wanted
        statement = exports.review_list(actor, **wanted)
        with open_session() as session:
            exports.note_export(session, actor, exports.count(session, statement), format="csv", **wanted)
            session.commit()
        name = exports.file_name(form.committee_name, wanted["year"], clock.today())
        answer = Response(_blocks(open_session(), statement), mimetype="text/csv")
        answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
        return answer

    def _page(self, form: ExportForm, status: int) -> tuple[str, int]:
        lead = _("导出您能看到的、已有受理号的申报，证件号码只有首尾几位。导出的条件和行数记入审计日志。")
        html = self.render_template(
            "form.html",
            title=_("导出评审名单"),
            lead=lead,
            form=form,
            button=_("导出 CSV"),
            back=frame.list_url("ApplicationView"),
        )
        return html, status


def _blocks(session: Session, statement: Select) -> Iterator[bytes]:
    """Read while the answer is sent: the session was made with the request, and ends with the last block."""
    with session:
        yield from exports.csv_blocks(session, statement)


VIEWS = (ReviewListView,)
