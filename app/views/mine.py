"""我的申报: the applicant's own pages, from a new application to how it stands (seed 001, 附件III).

Pages read through `db.session`, so that another person's application is not there; what is written goes through the
verbs of `app.applications`, which name the owner.
"""

from datetime import date

from flask import Flask, Response, abort, flash, redirect, request, url_for
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from sqlalchemy import select
from sqlalchemy.orm import defaultload, lazyload
from sqlalchemy.orm.attributes import set_committed_value
from werkzeug.datastructures import FileStorage
from wtforms import (
    BooleanField,
    DateField,
    Field,
    HiddenField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Optional, ValidationError

from app import applications, clock, commitment, files, workflow
from app.access import Actor, current_actor
from app.db import db
from app.effects.applications import archive
from app.models import Applicant, Application, Attachment, Entry, Notice, Plan, Title
from app.process import Refused
from app.states import APPLICATION_MATERIALS, REQUIRED_MATERIALS, Education, Material, Way
from app.views import journey
from app.views.attachments import accept_uploads
from app.views.register_forms import CHOOSE, one_of, stripped

LONGEST_SUMMARY = 3000
#: Of an id or a version, in digits: what the columns hold.
LONGEST_NUMBER = 10


class ApplicationForm(FlaskForm):
    """职称申报信息: what the person writes; 暂存 takes it unfinished."""

    title_id = SelectField(_l("申报职称"), [InputRequired(CHOOSE)], validate_choice=False)
    specialty = SelectField(_l("申报专业"), validate_choice=False)
    way = SelectField(_l("申报方式"), validate_choice=False)
    summary = TextAreaField(
        _l("业绩成果摘要"),
        [Length(max=LONGEST_SUMMARY, message=_l("最多 %(max)d 个字。"))],
        description=_l("任现职以来的主要业绩、成果和获奖，与所传材料一致。"),
    )
    committed = BooleanField(_l("个人承诺"), description=_l(commitment.PERSONAL))
    seen = HiddenField()

    def __init__(self, plan: Plan, *args: object, **kwargs: object) -> None:
        """Offer the titles and specialties of the plan."""
        super().__init__(*args, **kwargs)
        choose = SelectChoice("", _("请选择"))
        titles = applications.titles(plan)
        self.title_id.choices = [
            choose,
            *(
                SelectChoice(
                    str(it.id), f"{it.name}（{it.level_label}{'，' + it.branch if it.branch else ''}）"
                )
                for it in titles
            ),
        ]
        self.specialty.choices = [choose, *(SelectChoice(name) for name in applications.specialties(plan))]
        self.way.choices = [SelectChoice(way.value, way.label) for way in Way]
        self.way.data = self.way.data or Way.NORMAL

    def validate_title_id(self, field: Field) -> None:
        """Take a title of the plan."""
        one_of(field)

    def validate_specialty(self, field: Field) -> None:
        """Take a specialty of the committee, or leave it for later."""
        field.data = field.data or ""
        one_of(field)

    def validate_way(self, field: Field) -> None:
        """Take one of the ways."""
        one_of(field)

    def answers(self) -> applications.Answers:
        """Give what was written."""
        summary = (self.summary.data or "").strip()
        return applications.Answers(
            int(self.title_id.data), self.specialty.data, Way(self.way.data), summary, self.committed.data
        )


ARCHIVED = ("department", "education", "current_title", "current_title_on")


class ArchiveForm(FlaskForm):
    """我的档案: what applications are filled from."""

    unit_id = HiddenField()
    department = StringField(
        _l("所在部门"), [Length(max=60, message=_l("最多 %(max)d 个字。"))], filters=[stripped]
    )
    education = SelectField(_l("学历"), validate_choice=False)
    current_title = StringField(
        _l("现职称"), [Length(max=40, message=_l("最多 %(max)d 个字。"))], filters=[stripped]
    )
    current_title_on = DateField(_l("现职称取得时间"), [Optional()])

    def __init__(self, *args: object, **kwargs: object) -> None:
        """Offer the list of GB/T 4658."""
        super().__init__(*args, **kwargs)
        self.education.choices = [
            SelectChoice("", _("请选择")),
            *(SelectChoice(it.value, it.label) for it in Education),
        ]

    def validate_education(self, field: Field) -> None:
        """Take one of the list, or leave it for later."""
        field.data = field.data or ""
        one_of(field)

    def validate_current_title_on(self, field: Field) -> None:
        """A title is not obtained tomorrow."""
        if field.data and not date(1950, 1, 1) <= field.data <= clock.today():
            raise ValidationError(_("取得时间应在 1950 年以后，且不晚于今天。"))


class MyApplicationView(BaseView):
    """我的申报."""

    route_base = "/me"

    @expose("/")
    @has_access
    def list(self) -> str:
        """Home: what there is to do, how far it has come, what was told, and the archive."""
        narrow = defaultload(Application.title).lazyload(Title.series)
        rows = db.session.scalars(select(Application).options(narrow).order_by(Application.id.desc())).all()
        plans = applications.plan_facts({row.plan_id for row in rows})
        mine = [row for row in rows if row.state in applications.MINE]
        told = db.session.scalars(select(Notice).order_by(Notice.id.desc()).limit(5)).all()
        shown = {
            "rows": rows,
            "plans": plans,
            "mine": mine,
            "told": told,
            "person": _person(),
            "now": journey.now,
        }
        return self.render_template("mine/home.html", **shown)

    @expose("/applications/<int:pk>")
    @has_access
    def show(self, pk: int) -> str:
        """One application: where it is, whose turn, what was said, what can be done."""
        row = _application(pk)
        _row, offers = workflow.offers(workflow.APPLICATION, pk, current_actor())
        entries = (
            select(Entry).where(Entry.process == "application", Entry.case_id == pk).order_by(Entry.id.desc())
        )
        shown = {
            "row": row,
            "plan": applications.plan_facts({row.plan_id})[row.plan_id],
            "offers": offers,
            "entries": [journey.line(entry) for entry in db.session.scalars(entries)],
            "editable": row.state in applications.MINE,
            "checks": _checks(row) if row.state in applications.MINE else [],
        }
        return self.render_template("mine/case.html", journey=journey, **shown)

    @expose("/applications/<int:pk>/form")
    @has_access
    @permission_name("show")
    def form(self, pk: int) -> str:
        """《专业技术职称评审表》 to print and sign (seed 001, 三)."""
        row = _application(pk)
        plan = applications.plan_facts({row.plan_id})[row.plan_id]
        shown = {"row": row, "plan": plan, "promise": commitment.PERSONAL}
        return self.render_template("mine/form.html", **shown)

    @expose("/new")
    @has_access
    @permission_name("add")
    def plans(self) -> str:
        """Choose a plan; those that do not fit say why."""
        return self.render_template("mine/plans.html", openings=applications.openings(current_actor()))

    @expose("/new/<int:pk>", methods=["GET", "POST"])
    @has_access
    def add(self, pk: int) -> Response | tuple[str, int]:
        """职称申报: the first 暂存 makes the draft."""
        plan = next(
            (it.plan for it in applications.openings(current_actor()) if it.plan.id == pk), None
        ) or abort(404)
        form = ApplicationForm(plan)
        if form.validate_on_submit():
            try:
                made = applications.start(current_actor(), pk, form.answers())
            except Refused as refused:
                form.title_id.errors = [str(refused)]
            else:
                flash(_("已暂存，尚未提交。接下来上传材料。"), "warning")
                return redirect(url_for("MyApplicationView.upload", pk=made))
        html = self.render_template("mine/edit.html", form=form, plan=plan, row=None, fixed=False)
        return html, 422 if form.is_submitted() else 200

    @expose("/applications/<int:pk>/edit", methods=["GET", "POST"])
    @has_access
    def edit(self, pk: int) -> Response | tuple[str, int]:
        """暂存申报 at any time while it lies with the person; two windows do not overwrite one another."""
        row, code = _editable(pk), 422 if request.method == "POST" else 200
        plan = applications.plan_of(row.plan_id)
        form = ApplicationForm(plan, **_written(row))
        if form.validate_on_submit():
            seen = small_number(form.seen.data)
            try:
                applications.save(current_actor(), pk, seen, form.answers())
            except applications.Stale as stale:
                db.session.refresh(row)
                form.seen.data, code = str(row.version), 409
                flash(str(stale), "danger")
            else:
                flash(_("已暂存，尚未提交。"), "warning")
                return redirect(
                    url_for("MyApplicationView.upload" if request.form.get("upload") else ".show", pk=pk)
                )
        fixed = row.publicity_to is not None
        return self.render_template("mine/edit.html", form=form, plan=plan, row=row, fixed=fixed), code

    @expose("/applications/<int:pk>/files", methods=["GET", "POST"])
    @has_access
    def upload(self, pk: int) -> str | Response:
        """去上传: materials by category, several files each."""
        row = _editable(pk)
        if request.method == "POST":
            taken = _take_files(current_actor(), pk)
            anchor = request.form["material"] if taken else None  # what was refused is said at the top
            return redirect(url_for("MyApplicationView.upload", pk=pk, _anchor=anchor))
        found = db.session.scalars(
            select(Attachment).where(Attachment.application_id == pk).order_by(Attachment.id)
        ).all()
        slots = [
            (kind, kind in REQUIRED_MATERIALS, [it for it in found if it.material == kind])
            for kind in APPLICATION_MATERIALS
        ]
        slots.sort(key=lambda slot: not slot[1])
        return self.render_template("mine/files.html", row=row, slots=slots, checks=_checks(row))

    @expose("/applications/<int:pk>/files/<int:file>/remove", methods=["POST"])
    @has_access
    @permission_name("upload")
    def remove(self, pk: int, file: int) -> Response:
        """Take one file away again."""
        applications.detach(current_actor(), pk, file)
        flash(_("文件已删除。"), "success")
        return redirect(url_for("MyApplicationView.upload", pk=pk))


class MyArchiveView(BaseView):
    """我的档案."""

    route_base = "/me/archive"

    @expose("/")
    @has_access
    def show(self) -> str:
        """Who I am to the system."""
        return self.render_template("mine/archive.html", person=_person())

    @expose("/edit", methods=["GET", "POST"])
    @has_access
    def edit(self) -> Response | tuple[str, int]:
        """Change what is mine to change; a new unit is found by its name."""
        person = _person()
        form = ArchiveForm(**{name: getattr(person, name) for name in ARCHIVED})
        typed = (request.form.get("q") or "")[:60]
        found = applications.find_employers(typed) if typed else []
        if request.method == "POST" and "find" not in request.form and form.validate():
            try:
                applications.save_archive(current_actor(), _archived(form, person))
            except Refused as refused:
                form.department.errors = [str(refused)]
            else:
                flash(_("档案已保存。"), "success")
                return redirect(url_for("MyArchiveView.show"))
        shown = {"form": form, "person": person, "typed": typed, "found": found}
        return self.render_template("mine/archive_edit.html", **shown), 422 if form.errors else 200


# ---- what the pages ask -------------------------------------------------------------------------------------------


def _person() -> Applicant:
    own = (
        select(Applicant)
        .where(Applicant.id == current_actor().applicant_id)
        .options(lazyload(Applicant.user))
    )
    return db.session.scalars(own).one_or_none() or abort(404)


def _application(pk: int) -> Application:
    """Give one's own application; until it is submitted it shows the archive as it is now, then what was frozen."""
    row = db.session.get(Application, pk) or abort(404)
    if row.state in applications.MINE:
        person = db.session.get(Applicant, row.applicant_id)
        for name, value in archive(person).items():
            set_committed_value(row, name, value)  # shown, not written
    return row


def _editable(pk: int) -> Application:
    """Give an application that lies with the person; of one that does not, the page says so."""
    row = _application(pk)
    if row.state not in applications.MINE:
        flash(_("现在是“%(state)s”，不能修改。", state=row.state.applicant_label), "warning")
        abort(redirect(url_for("MyApplicationView.show", pk=pk)))
    return row


def _written(row: Application) -> dict[str, object]:
    """Give what was saved, as the form shows it."""
    names = ("title_id", "specialty", "way", "summary")
    return {name: getattr(row, name) for name in names} | {
        "committed": bool(row.committed_at),
        "seen": str(row.version),
    }


def _checks(row: Application) -> list[tuple[str, bool, str]]:
    """Give the checklist with the page where each part is put right."""
    parts = applications.checklist(current_actor(), row.id)
    edit, upload = (url_for(f"MyApplicationView.{name}", pk=row.id) for name in ("edit", "upload"))
    archive = url_for("MyArchiveView.edit")
    pages = [edit, edit, archive, *(f"{upload}#{kind.value}" for kind in REQUIRED_MATERIALS), edit]
    return [(words, there, page) for (words, there), page in zip(parts, pages, strict=True)]


def _archived(form: ArchiveForm, person: Applicant) -> applications.Archive:
    return applications.Archive(
        small_number(form.unit_id.data) or person.unit_id,
        form.department.data,
        Education(form.education.data) if form.education.data else None,
        form.current_title.data,
        form.current_title_on.data,
    )


def small_number(text: str | None) -> int:
    """Read an id or a version; zero, which is neither, for anything else."""
    return int(text) if text and text.isdecimal() and len(text) < LONGEST_NUMBER else 0


def _take_files(actor: Actor, pk: int) -> bool:
    """Store what was chosen for one category; what is not accepted is named with its reason, the rest is kept.

    Says whether all of it was taken.
    """
    name = request.form.get("material", "")
    if name not in {kind.value for kind in APPLICATION_MATERIALS}:
        abort(400)
    chosen = [upload for upload in request.files.getlist("files") if upload.filename]
    if not chosen:
        flash(_("请选择文件。"), "danger")
        return False
    stored = [one for upload in chosen if (one := _stored(upload)) is not None]
    if not stored:
        return False
    try:
        applications.attach(actor, pk, Material(name), stored, replace="replace" in request.form)
        flash(_("上传成功 %(n)s 个文件。材料齐了还要“提交”，申报才会发出。", n=len(stored)), "success")
    except Refused as refused:
        flash(str(refused), "danger")
        return False
    return len(stored) == len(chosen)


def _stored(upload: FileStorage) -> files.Stored | None:
    try:
        return files.save(upload.stream, upload.filename or "")
    except files.NotAccepted as refused:
        flash(str(refused), "danger")
    except OSError:
        flash(_("暂时不能保存文件，请稍后再试。"), "danger")
    return None


def install(app: Flask) -> None:
    """Register the views; the upload page takes more than others."""
    accept_uploads(app, "MyApplicationView.upload")
    for view in (MyApplicationView, MyArchiveView):
        app.appbuilder.add_view_no_menu(view)
