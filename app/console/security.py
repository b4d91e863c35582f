"""Sign-in and permissions: Flask-AppBuilder's security manager, reduced to what is ours and closed where it is open.

None of the stock security views is registered: they let people promote themselves and reset anyone's password
(security A11, A19, A26). An applicant signs in by ID number or phone, found through the blind index; the number
itself never reaches the manager, which logs what it is given.
"""

import hashlib
import hmac
from datetime import timedelta

from flask import flash, redirect, request, session
from flask_appbuilder import expose
from flask_appbuilder.security.forms import LoginForm_db
from flask_appbuilder.security.sqla.manager import SecurityManager
from flask_appbuilder.security.views import AuthDBView
from flask_appbuilder.utils.base import get_safe_redirect
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from flask_login import current_user, login_user, logout_user
from sqlalchemy import select, update
from werkzeug import Response
from werkzeug.security import check_password_hash
from wtforms import PasswordField, StringField
from wtforms.validators import DataRequired, Length

from app import clock, people
from app.access import current_actor
from app.db import open_session
from app.extension import limiter
from app.models import Account, Registration
from app.states import RegistrationState

#: Five wrong passwords lock an account for a quarter of an hour (domain 2.4).
TRIES, LOCK = 5, timedelta(minutes=15)
NOBODY = "\x01"


class SignInForm(LoginForm_db):
    """User name (or an applicant's ID number or phone) and password."""

    username = StringField(
        lazy_gettext("用户名、身份证号码或手机号码"), validators=[DataRequired(), Length(max=64)]
    )
    password = PasswordField(lazy_gettext("密码"), validators=[DataRequired(), Length(max=128)])


class SignInView(AuthDBView):
    """The one place where people come in."""

    login_template = "login.html"

    @expose("/login/", methods=["GET", "POST"])
    @limiter.limit("30 per minute", methods=["POST"])
    def login(self) -> str | Response:
        """Sign in; a pending registration is told so after the right password, everything else is one sentence."""
        if current_user.is_authenticated:
            return redirect("/")
        form = SignInForm()
        if form.validate_on_submit():
            account = self.appbuilder.sm.auth_user_db(form.username.data, form.password.data)
            if account:
                where = get_safe_redirect(request.args.get("next", "")) or "/"
                locale = session.get("locale")
                session.clear()
                session.permanent = True
                if locale:
                    session["locale"] = locale
                login_user(account, remember=False)
                return redirect(where)
            if _pending(form.username.data, form.password.data):
                flash(_("账号审核中。请到“审核信息查询”查看发给了谁、到了哪一步。"), "warning")
            else:
                flash(_("用户名或密码不对，或者账号已停用、被锁定。连续输错 5 次锁定 15 分钟。"), "danger")
        return self.render_template(self.login_template, title=_("登录"), form=form), 200

    @expose("/logout/", methods=["POST"])
    def logout(self) -> Response:
        """End every session of the account."""
        if current_user.is_authenticated:
            self.appbuilder.sm.end_sessions(current_user.id)
        logout_user()
        session.clear()
        return redirect("/login/")


def _pending(username: str, password: str) -> bool:
    """Whether this is the user name and password of a registration that waits for its review (seed 002, 八)."""
    waiting = (RegistrationState.PENDING_AGENCY, RegistrationState.PENDING_SUPERIOR)
    with open_session() as found:
        hashes = found.scalars(
            select(Registration.password).where(
                Registration.username == username.strip().lower(), Registration.state.in_(waiting)
            )
        ).all()
    return any(check_password_hash(kept, password) for kept in hashes)


class Manager(SecurityManager):
    """Accounts with a lock, sessions that end, and the permission set of a person read once per request."""

    user_model = Account
    authdbview = SignInView
    userstatschartview = None

    def register_views(self) -> None:
        """Register sign-in alone."""
        self.auth_view = self.authdbview()
        self.appbuilder.add_view_no_menu(self.auth_view)

    def has_access(self, permission_name: str, view_name: str) -> bool:
        """Look into the permission set; nobody has access without signing in."""
        actor = current_actor()
        return actor is not None and (permission_name, view_name) in actor.permissions

    def load_user(self, pk: str) -> Account | None:
        """Give the account of a session whose tag still fits: password and epoch are part of it."""
        user_id, _dot, tag = str(pk).partition(".")
        account = super().load_user(user_id) if user_id.isdigit() else None
        return account if account and hmac.compare_digest(tag, tag_of(account)) else None

    def auth_user_db(self, username: str, password: str) -> Account | None:
        """Check a password; a locked account gets the same work and the same answer."""
        with open_session() as found:
            user_id = people.account_of(found, username)
            account = found.get(Account, user_id) if user_id else None
            account = account or found.scalar(
                select(Account).where(Account.username == username.strip().lower())
            )
            locked = (
                account is not None
                and account.locked_until is not None
                and account.locked_until > clock.now()
            )
            name = account.username if account and not locked else NOBODY
        return super().auth_user_db(name, password)

    def on_user_login_failed(self, user: Account) -> None:
        """Lock after five failures in a row."""
        if user.fail_login_count % TRIES == 0:
            self._set(user.id, locked_until=clock.now() + LOCK)

    def end_sessions(self, user_id: int) -> None:
        """Make every session cookie of the account worthless."""
        self._set(user_id, epoch=Account.epoch + 1)

    def _set(self, user_id: int, **values: object) -> None:
        with open_session() as writing:
            writing.execute(update(Account).where(Account.id == user_id).values(values))
            writing.commit()


def tag_of(account: Account) -> str:
    """A fingerprint that changes with the password and with every sign-out."""
    text = f"{account.id}:{account.password}:{account.epoch}"
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def session_id(account: Account) -> str:
    """What the session cookie says of the account."""
    return f"{account.id}.{tag_of(account)}"


Account.get_id = session_id


def must_change_password() -> Response | None:
    """Send whoever signed in with a handed-over password to the page where they choose their own."""
    allowed = {"PasswordView.edit", "SignInView.logout", "static", "LocaleView.index"}
    if (
        current_user.is_authenticated
        and current_user.must_change_password
        and request.endpoint not in allowed
    ):
        flash(_("首次登录，请先设置自己的密码。"), "warning")
        return redirect("/password/")
    return None
