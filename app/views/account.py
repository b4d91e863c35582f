"""One's own account: notices, password; and the demo clock."""

from flask import abort, current_app, flash, redirect, request
from flask_appbuilder import BaseView, expose, has_access, permission_name
from flask_appbuilder.utils.base import get_safe_redirect
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from flask_wtf import FlaskForm
from sqlalchemy import select, update
from werkzeug import Response
from werkzeug.security import check_password_hash
from wtforms import Field, PasswordField
from wtforms.validators import Length, StopValidation

from app import accounts, clock, passwords, people, sessions, workdays, workflow
from app.access import current_actor
from app.console import frame, lists, security
from app.console.ground import shown_moment
from app.db import db, open_session
from app.extension import limiter
from app.forms import Needed
from app.models import Account, Applicant, Handler, Notice
from app.process import Refused

PAGE = 30


class PasswordForm(FlaskForm):
    """The old password, and the new one twice. Whoever must change it has just typed the old one."""

    old = PasswordField(_l("现在的密码"), render_kw={"autocomplete": "current-password"})
    new = PasswordField(
        _l("新密码"),
        description=_l("至少 10 位，可以用一句话。不要用常见密码或自己的用户名。"),
        validators=[
            Needed(_l("请填写新密码。")),
            Length(passwords.SHORTEST, passwords.LONGEST, message=_l("新密码须为 10 至 128 位。")),
        ],
        render_kw={"autocomplete": "new-password"},
    )
    again = PasswordField(
        _l("再输入一次"),
        validators=[Needed(_l("请再输入一次新密码。"))],
        render_kw={"autocomplete": "new-password"},
    )

    def validate_old(self, field: Field) -> None:
        """The old password, unless it was handed over and must be changed."""
        if current_user.must_change_password:
            return
        if not check_password_hash(current_user.password, field.data or ""):
            raise StopValidation(_("现在的密码不对。"))

    def validate_new(self, field: Field) -> None:
        """Neither common, nor made of one's own name and numbers, nor the one that is."""
        wrong = passwords.weak(field.data, *known_of(current_user))
        if wrong:
            raise StopValidation(wrong)
        if check_password_hash(current_user.password, field.data):
            raise StopValidation(_("新密码不能与现在的密码相同。"))

    def validate_again(self, field: Field) -> None:
        """Typed twice alike."""
        if field.data != self.new.data:
            raise StopValidation(_("两次输入的新密码不一致。"))


def known_of(account: Account) -> list[str]:
    """What others may know of the person, opened to be compared with and not shown: names and numbers."""
    with open_session() as reading:
        rows = [
            reading.scalar(select(model).where(model.user_id == account.id)) for model in (Handler, Applicant)
        ]
    numbers = [number(row) for row in rows if row for number in (people.id_number, people.phone)]
    return [account.username, account.first_name, *numbers]


class PasswordView(BaseView):
    """One's own password."""

    route_base = "/password"
    default_view = "edit"

    @expose("/", methods=["GET", "POST"])
    @limiter.limit("10 per minute", methods=["POST"])
    @has_access
    def edit(self) -> str | Response | tuple[str, int]:
        """Change it: every other session ends, this one goes on."""
        form = PasswordForm()
        if not form.validate_on_submit():
            html = self.render_template(
                "password.html",
                title=_("修改密码"),
                form=form,
                asks_old=not current_user.must_change_password,
            )
            return html, 422 if form.is_submitted() else 200
        change_password(current_user._get_current_object(), form.new.data)  # noqa: SLF001 - the way to the account itself
        flash(_("密码已修改。其他设备上的登录已退出。"), "success")
        return redirect(frame.frame().home)


def change_password(account: Account, password: str) -> None:
    """Write a new password, end every session and begin one for this browser, in one transaction."""
    kept = accounts.hashed(password)
    with open_session() as writing:
        now = update(Account).where(Account.id == account.id, Account.password == account.password)
        values = {"password": kept, "must_change_password": False}
        if writing.execute(now.values(values)).rowcount != 1:
            raise Refused(_("密码刚刚在别处改过，请用新密码重新登录。"))
        sessions.end(writing, account.id)
        account.password, account.must_change_password = kept, False
        security.begin(writing, account, "password")
        writing.commit()
    security.keep(account)


class NoticeView(BaseView):
    """通知: what the system told this person."""

    route_base = "/notices"
    default_view = "list"

    @expose("/")
    @has_access
    def list(self) -> str:
        """The newest first."""
        page = lists.wanted_page()
        statement = select(Notice).where(Notice.user_id == current_actor().user_id)
        count = lists.capped(statement.with_only_columns(Notice.id))
        last = max(0, (min(count, lists.CAP) - 1) // PAGE)
        page = min(page, last)
        rows = db.session.scalars(statement.order_by(Notice.id.desc()).limit(PAGE).offset(page * PAGE))
        return self.render_template(
            "notices.html",
            title=_("通知"),
            notices=[said(row) for row in rows],
            page=page,
            pages=last + 1,
            count=count,
            page_url=lambda number: lists.here(page=number or None),
        )

    @expose("/read", methods=["POST"])
    @has_access
    @permission_name("list")
    def read(self) -> Response:
        """Mark all as read."""
        with open_session() as writing:
            mine = (Notice.user_id == current_actor().user_id, Notice.read_at.is_(None))
            writing.execute(update(Notice).where(*mine).values(read_at=clock.now()))
            writing.commit()
        return redirect(frame.list_url("NoticeView"))


def said(row: Notice) -> dict[str, object]:
    """Put a notice into the reader's words."""
    params = {
        key: _(value) if isinstance(value, str) and key == "what" else value
        for key, value in (row.params or {}).items()
    }
    process = workflow.PROCESSES.get(row.process)
    url = (
        frame.case_url(row.process, row.case_id)
        if row.case_id
        else frame.list_url(frame.view_of(row.process))
        if process
        else ""
    )
    return {
        "text": _(row.text, **params),
        "at": shown_moment(row.created_at),
        "url": url,
        "unread": row.read_at is None,
    }


class DemoClockView(BaseView):
    """The demo clock: on to the next working day. There is none in production."""

    route_base = "/demo"
    default_view = "edit"

    @expose("/clock", methods=["POST"])
    @has_access
    def edit(self) -> Response:
        """Move on to nine o'clock of the next working day."""
        zhiping = current_app.extensions["zhiping"]
        if not zhiping.demo:
            abort(404)
        day = workdays.current().next_workday(clock.today())
        zhiping.move_clock(clock.at(day, 9))
        flash(_("演示时间已到 %(day)s 09:00。", day=day), "success")
        following = request.form.get("next", "")
        return redirect((get_safe_redirect(following) if following else "") or "/")


VIEWS = (PasswordView, NoticeView, DemoClockView)
