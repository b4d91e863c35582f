"""单位注册: the wizard, 审核信息查询, 注册撤回 and registering again, for people who have no account yet (seeds 000 to 002).

Between pages the session holds the id of one registration and nothing else. Looking up is a POST, so that no code
and no number stands in an address.
"""

from flask import Flask, abort, flash, redirect, request, session
from flask_appbuilder import BaseView, expose
from flask_babel import gettext as _
from werkzeug import Response

from app import commitment, files, identity, registrations, settings, workflow
from app.db import open_session
from app.extension import limiter
from app.models import Attachment, Registration
from app.process import Missing, Offer, Refused
from app.states import REGISTRATION_MATERIALS, Material, RegistrationState, Reviewer
from app.views.attachments import accept_uploads, answer
from app.views.register_forms import BusinessForm, CodeForm, SecretForm, UnitForm

KEY = "registration"
PENDING, ENDED = registrations.PENDING, registrations.ENDED
#: The steps as people see them, with the page of each.
STEPS = ("index", "business", "unit", "files", "check")


def in_hand() -> Registration:
    """Give the draft this browser works on; without one the wizard begins anew."""
    try:
        return registrations.draft(session.get(KEY))
    except Missing:
        session.pop(KEY, None)
        flash(_("请先填写单位信息；已经填过的，凭受理编号和密码继续。"), "warning")
        abort(redirect("/register/resume"))


def take_in_hand(registration_id: int) -> None:
    """Let this browser work on a registration: the session keeps its id."""
    session[KEY] = registration_id
    session.permanent = True


class RegisterView(BaseView):
    """The wizard, page by page, as in the guides."""

    route_base = "/register"

    def page(self, name: str, *, code: int = 200, **values: object) -> tuple[str, int]:
        """Render a page of the wizard with the line of its steps; a form that was refused answers 422."""
        words = (_("选择注册类型"), _("选择业务"), _("单位信息与经办人"), _("上传附件"), _("核对并注册"))
        at = STEPS.index(name) if name in STEPS else None
        form = values.get("form")
        code = 422 if form is not None and form.errors and request.method == "POST" else code
        return self.render_template(f"register/{name}.html", steps=words, at=at, **values), code

    @expose("/")
    def index(self) -> tuple[str, int]:
        """第一步、第二步: the kind of account; beside it the ways back in."""
        return self.page("index")

    @expose("/business")
    def business(self) -> Response | tuple[str, int]:
        """第三步: the line of business, which decides the reviewer and nothing else (R7)."""
        form = BusinessForm(request.args)
        chosen = [name for name in ("titles", "hr_market") if form[name].data]
        if "next" in request.args and chosen:
            return redirect("/register/unit?" + "&".join(f"{name}=y" for name in chosen))
        if "next" in request.args:
            form.titles.errors = [_("请至少勾选一项业务类别。")]
        return self.page("business", form=form)

    @expose("/unit", methods=["GET", "POST"])
    @limiter.limit("20 per minute", methods=["POST"])
    def unit(self) -> Response | tuple[str, int]:
        """第四步: 单位信息与经办人; saving makes the draft."""
        row = in_hand() if session.get(KEY) else None
        form = UnitForm(**_prefilled(row), has_password=row is not None)
        if form.validate_on_submit():
            try:
                filled = form.filled()
                saved = registrations.fill(filled, row.id if row else None, self._verify)
            except Refused as refused:
                weak = isinstance(refused, registrations.WeakPassword)
                form["password" if weak else "username"].errors = [str(refused)]
            else:
                take_in_hand(saved)
                for warning in [
                    *identity.credit_code_warnings(filled.credit_code, filled.unit_kind),
                    *identity.id_number_warnings(filled.id_number),
                ]:
                    flash(warning, "warning")
                return redirect("/register/files")
        missing = registrations.missing(row) if row else []
        return self.page("unit", form=form, row=row, names=registrations.superior_names(), missing=missing)

    def _verify(self, username: str, password: str) -> bool:
        """Check the password of an account that exists, with the lock of the sign-in page."""
        return self.appbuilder.sm.auth_user_db(username, password) is not None

    @expose("/files", methods=["GET", "POST"])
    @limiter.limit("30 per minute", methods=["POST"])
    def files(self) -> Response | tuple[str, int]:
        """第五步: both annexes; saved is not registered, and the page says so (R14)."""
        row = in_hand()
        wrong = {}
        if request.method == "POST":
            wrong = _save_annexes(row)
            if not wrong:
                return redirect("/register/check" if not _missing_annexes(row) else "/register/files")
        has = {found.material: found for found in registrations.annexes(row.id)}
        slots = [(kind, has.get(kind), wrong.get(kind, "")) for kind in REGISTRATION_MATERIALS]
        return self.page(
            "files", code=422 if wrong else 200, row=row, slots=slots, missing=registrations.missing(row)
        )

    @expose("/files/<string:name>/remove", methods=["POST"])
    def remove(self, name: str) -> Response:
        """Take an annex out again."""
        row = in_hand()
        if name not in {kind.value for kind in REGISTRATION_MATERIALS}:
            abort(404)
        registrations.detach(row.id, Material(name))
        flash(_("附件已删除。"), "success")
        return redirect("/register/files")

    @expose("/files/<int:pk>")
    def file(self, pk: int) -> Response:
        """Show an annex of the draft in hand."""
        row = in_hand()
        with open_session() as reading:
            found = reading.get(Attachment, pk)
        return answer(found if found and found.registration_id == row.id else None)

    @expose("/commitment")
    def commitment(self) -> str:
        """《用户告知承诺书》 to read, print, fill in and seal (附件 1)."""
        try:
            row = registrations.draft(session.get(KEY))
        except Missing:
            row = None
        return self.render_template("register/commitment.html", row=row, text=commitment)

    @expose("/check", methods=["GET", "POST"])
    @limiter.limit("20 per minute", methods=["POST"])
    def check(self) -> Response | tuple[str, int]:
        """第六步: everything once more, who will review it and why; here stands 注册."""
        row = in_hand()
        refusal = ""
        if request.method == "POST":
            try:
                if request.form.get("accepted"):
                    registrations.accept_commitment(row.id)
                registrations.register(row.id)
            except Refused as refused:
                refusal = str(refused)
                row = in_hand()
            else:
                return redirect("/register/done")
        shown = {
            "has": registrations.annexes(row.id),
            "missing": registrations.missing(row),
            "text": commitment,
        }
        reviewing = registrations.reviewing(row)
        shown |= {"reviewing": reviewing, "why": _why(row, reviewing)}
        return self.page("check", code=422 if refusal else 200, row=row, refusal=refusal, **shown)

    @expose("/done")
    def done(self) -> Response | tuple[str, int]:
        """注册申请已提交: with the receipt number, and what comes next."""
        with open_session() as reading:
            row = reading.get(Registration, session.get(KEY) or 0)
        if row is None or row.state not in PENDING:
            return redirect("/register/status")
        return self.page("done", row=row)

    @expose("/leave", methods=["POST"])
    def leave(self) -> Response:
        """Put the draft down, for the next person at this machine."""
        session.pop(KEY, None)
        flash(_("已离开。凭受理编号和密码可以继续。"), "success")
        return redirect("/register/")

    # ---- coming back ------------------------------------------------------------------------------------------

    @expose("/resume", methods=["GET", "POST"])
    @limiter.limit("10 per minute", methods=["POST"])
    def resume(self) -> Response | tuple[str, int]:
        """继续注册: with receipt number and password, to the draft or to what became of it."""
        form = SecretForm()
        row = _found(form)
        if row is not None:
            take_in_hand(row.id)
            return redirect("/register/files" if row.state == RegistrationState.DRAFT else "/register/mine")
        return self.page("resume", form=form)

    @expose("/mine")
    def mine(self) -> Response | tuple[str, int]:
        """What became of a registration, for the one who holds its password: the reason, and what can be done."""
        row = _mine()
        return self.page("mine", row=row, offer=_withdrawal(row), ended=row.state in ENDED)

    @expose("/withdraw", methods=["GET", "POST"])
    @limiter.limit("10 per minute", methods=["POST"])
    def withdraw(self) -> Response | tuple[str, int]:
        """注册撤回: code or receipt with the password; then the page that asks once more."""
        form = SecretForm()
        row = _found(form)
        if row is not None:
            take_in_hand(row.id)
            return redirect("/register/mine")
        return self.page("withdraw", form=form)

    @expose("/withdraw/confirm", methods=["POST"])
    @limiter.limit("10 per minute")
    def withdraw_now(self) -> Response:
        """Withdraw the registration in hand; the guard's sentence where that cannot be."""
        row = _mine()
        try:
            registrations.withdraw(row.id)
            flash(_("注册申请已撤回。需要时可以重新注册，原来填的内容会带出来。"), "success")
        except Refused as refused:
            flash(str(refused), "danger")
        return redirect("/register/mine")

    @expose("/again", methods=["POST"])
    @limiter.limit("10 per minute")
    def again(self) -> Response:
        """重新注册: a new draft with what was typed before."""
        take_in_hand(registrations.register_again(_mine().id))
        flash(_("原来填的内容已带出，请核对修改；附件要重新上传。"), "success")
        return redirect("/register/unit")

    @expose("/status", methods=["GET", "POST"])
    @limiter.limit("10 per minute", methods=["POST"])
    def status(self) -> tuple[str, int]:
        """审核信息查询 by credit code: where it is, since when, what to do; nothing of persons (T8)."""
        form = CodeForm()
        tries = registrations.tries(form.code.data) if form.validate_on_submit() else None
        with open_session() as reading:
            self_service = settings.get(reading, settings.WITHDRAW_FROM_BUREAU)
            days = settings.get(reading, settings.REGISTRATION_DAYS)
        return self.page("status", form=form, tries=tries, self_service=self_service, days=days)


# ---- what the pages ask -------------------------------------------------------------------------------------------


def _prefilled(row: Registration | None) -> dict[str, object]:
    """Values for the first showing of the page: the draft, or the ticks of the page before."""
    if row is None:
        return {name: request.args.get(name) == "y" for name in ("titles", "hr_market")}
    filled = registrations.filled_of(row)
    superior = row.requested_superior.name if row.requested_superior else ""
    values = {**vars(filled), "superior": superior, "superior_id": str(filled.requested_superior_id or "")}
    values.pop("password")
    return values


def _save_annexes(row: Registration) -> dict[Material, str]:
    """Store what was chosen; give the sentences for what was not accepted."""
    wrong = {}
    chosen = {kind: request.files.get(kind.value) for kind in REGISTRATION_MATERIALS}
    for kind, upload in chosen.items():
        if upload is None or not upload.filename:
            continue
        try:
            registrations.attach(row.id, kind, files.save(upload.stream, upload.filename))
        except files.NotAccepted as refused:
            wrong[kind] = str(refused)
        except OSError:
            wrong[kind] = _("暂时不能保存文件，请稍后再试。")
        else:
            flash(_("附件已保存，尚未提交注册。请点“注册”。"), "warning")
    if not wrong and not any(upload and upload.filename for upload in chosen.values()):
        wrong[REGISTRATION_MATERIALS[0]] = _("请选择文件。")
    return wrong


def _missing_annexes(row: Registration) -> bool:
    return len({found.material for found in registrations.annexes(row.id)}) < len(REGISTRATION_MATERIALS)


def _why(row: Registration, reviewing: registrations.Reviewing | None) -> list[str]:
    """Say why this unit reviews it (R5, R6), how long it takes and whether one can change one's mind (R11)."""
    if reviewing is None:
        return []
    if reviewing.business is None:
        return [
            _("您选了“主管单位”，且没有勾选“人力资源（市场）申报”。"),
            _("审核之前可以在“注册撤回”自行撤回。"),
        ]
    if row.hr_market and row.reviewer == Reviewer.SUPERIOR:
        first = _("您勾选了“人力资源（市场）申报”，按规定由主管机构审核，不经主管单位。")
    else:
        first = _("您选了“主管机构”，由统筹区“%(region)s”的主管机构审核。", region=row.region.shown)
    return [first, _("统筹区没有启用的主管机构时，由上一级审核。"), _("发给主管机构的不能自行撤回。")]


def _found(form: SecretForm) -> Registration | None:
    """Give the registration whose secret was typed; one sentence for every way of being wrong."""
    if not form.validate_on_submit():
        return None
    row = registrations.by_secret(form.code.data, form.password.data)
    if row is None:
        form.code.errors = [_("没有查到，或者密码不对。请核对受理编号、信用代码和密码。")]
    return row


def _mine() -> Registration:
    """Give the handed-in registration this browser has shown the password of."""
    with open_session() as reading:
        row = reading.get(Registration, session.get(KEY) or 0)
    if row is None or row.state == RegistrationState.DRAFT:
        abort(redirect("/register/resume"))
    return row


def _withdrawal(row: Registration) -> Offer | None:
    """Give the withdrawal as the engine offers it, or the reason why not."""
    _row, offers = workflow.offers(workflow.REGISTRATION, row.id, registrations.registrant(row))
    return next((offer for offer in offers if offer.step.name == "withdraw"), None)


def install(app: Flask) -> None:
    """Register the view; its upload page takes more than others."""
    accept_uploads(app, "RegisterView.files")
    app.appbuilder.add_view_no_menu(RegisterView)
