"""Sign-in and permissions: Flask-AppBuilder's security manager, reduced to what is ours and closed where it is open.

None of the stock security views is registered: they let people promote themselves and reset anyone's password
(security A11, A19, A26). This is the only door: a password is checked in `Manager.auth_user_db`, a session begins in
`sign_in`. An applicant signs in by ID number or phone, found through the blind index; the number itself never reaches
the framework, which logs what it is given, and e-mail addresses open nothing (A17).
"""

from datetime import UTC, timedelta

from flask import Flask, current_app, flash, redirect, request, session
from flask_appbuilder import expose
from flask_appbuilder.security.forms import LoginForm_db
from flask_appbuilder.security.sqla.manager import SecurityManager
from flask_appbuilder.security.views import AuthDBView
from flask_appbuilder.utils.base import get_safe_redirect
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from flask_limiter import Limiter
from flask_login import current_user, login_user, logout_user
from sqlalchemy import case, func, or_, select, update
from sqlalchemy.orm import Session
from werkzeug import Response
from werkzeug.security import check_password_hash
from wtforms import PasswordField, StringField
from wtforms.validators import DataRequired, Length

from app import audit, clock, people, sessions
from app.access import current_actor
from app.db import open_session
from app.extension import limiter
from app.models import Account, Registration
from app.states import RegistrationState

#: Five wrong passwords lock an account for a quarter of an hour (domain 2.4).
TRIES, LOCK = 5, timedelta(minutes=15)
#: The id of no account: so that the unknown costs the same statement.
NOBODY = 0


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
                sign_in(account)
                following = request.args.get("next", "")
                return redirect((get_safe_redirect(following) if following else "") or "/")
            if _pending(form.username.data, form.password.data):
                flash(_("账号审核中。请到“审核信息查询”查看发给了谁、到了哪一步。"), "warning")
            else:
                flash(_("用户名或密码不对，或者账号已停用、被锁定。连续输错 5 次锁定 15 分钟。"), "danger")
        return self.render_template(self.login_template, title=_("登录"), form=form), 200

    @expose("/logout/", methods=["POST"])
    def logout(self) -> Response:
        """End the session of this browser; those of other browsers are ended at `/sessions/`."""
        if current_user.is_authenticated:
            with open_session() as writing:
                sessions.end(writing, current_user.id, only=current_user.sign_in.id)
                note(writing, "sign_out", current_user)
                writing.commit()
        logout_user()
        session.clear()
        return redirect("/login/")


def _pending(username: str, password: str) -> bool:
    """Whether this is the user name and password of a registration that waits for its review (seed 002, 八).

    One statement and one hash, whether there is such a registration or not.
    """
    waiting = (RegistrationState.PENDING_AGENCY, RegistrationState.PENDING_SUPERIOR)
    with open_session() as found:
        kept = found.scalar(
            select(Registration.password)
            .where(Registration.username == username.strip().lower(), Registration.state.in_(waiting))
            .order_by(Registration.id.desc())
            .limit(1)
        )
    return check_password_hash(kept or _fake(), password) and kept is not None


# ---- a session begins ---------------------------------------------------------------------------------------------


def sign_in(account: Account) -> None:
    """Begin a new session in this browser."""
    with open_session() as writing:
        begin(writing, account, "sign_in")
        writing.commit()
    keep(account)


def begin(writing: Session, account: Account, act: str) -> None:
    """Write the row of a new session and why it began; the caller commits, and then keeps it."""
    agent = request.user_agent.string
    account.token = sessions.begin(writing, account, request.remote_addr or "", agent)
    note(writing, act, account)


def keep(account: Account) -> None:
    """Put the token into the cookie: whatever the cookie held before is gone, the language alone stays (T17)."""
    locale = session.get("locale")
    session.clear()
    session.permanent = True
    if locale:
        session["locale"] = locale
    login_user(account, remember=False)


def note(writing: Session, act: str, account: Account | None, **details: int) -> None:
    """Write down an act of signing in or out, in its transaction; somebody unknown without what they typed."""
    name, user_id = (account.first_name or account.username, account.id) if account else ("", None)
    subject = f"account:{user_id}" if user_id else ""
    audit.record(writing, name, act, details, actor_id=user_id, subject=subject)


def _token(account: Account) -> str:
    """Give what Flask-Login keeps in the cookie."""
    return account.token


Account.get_id = _token


# ---- a password is checked ----------------------------------------------------------------------------------------


class Manager(SecurityManager):
    """Accounts with a lock, sessions that end, and the permission set of a person read once per request."""

    user_model = Account
    authdbview = SignInView
    userstatschartview = None

    def register_views(self) -> None:
        """Register sign-in alone."""
        self.auth_view = self.authdbview()
        self.appbuilder.add_view_no_menu(self.auth_view)

    def create_limiter(self, app: Flask) -> Limiter:  # noqa: ARG002 - the framework's signature
        """There is one limiter, that of `app.extension`."""
        return limiter

    def has_access(self, permission_name: str, view_name: str) -> bool:
        """Look into the permission set; nobody has access without signing in."""
        actor = current_actor()
        return actor is not None and (permission_name, view_name) in actor.permissions

    def load_user(self, token: str) -> Account | None:
        """Give the account of a session that still holds."""
        return sessions.account_of(str(token))

    def auth_user_db(self, username: str, password: str) -> Account | None:
        """Check a password. Known, unknown, locked and disabled cost the same statements and one hash (T18)."""
        with open_session() as found:
            user_id = people.account_of(found, username)
            name = func.lower(Account.username) == username.strip().lower()
            account = found.scalar(select(Account).where(Account.id == user_id if user_id else name))
        right = check_password_hash(_kept(account), password) and _open(account)
        with open_session() as writing:
            right = _came_in(writing, account) if right else _failed(writing, account)
            writing.commit()
        return account if right else None


def _fake() -> str:
    return current_app.config["AUTH_DB_FAKE_PASSWORD_HASH_CHECK"]


def _open(account: Account | None) -> bool:
    """Whether the account is there, not disabled and not locked."""
    if account is None or not account.active:
        return False
    return account.locked_until is None or account.locked_until <= clock.wall()


def _kept(account: Account | None) -> str:
    """Give the hash to compare with: one that fits nothing where there is none, as with accounts without a password."""
    kept = account.password if account else None
    return kept if kept and kept.count("$") > 1 else _fake()


def _unlocked(user_id: int) -> tuple:
    """Conditions under which a try counts; asked again as the row is written, so that a race gains nothing."""
    now = clock.wall()
    return (
        Account.id == user_id,
        Account.active,
        or_(Account.locked_until.is_(None), Account.locked_until <= now),
    )


def _came_in(writing: Session, account: Account) -> bool:
    """Begin counting anew, unless others locked the account a moment ago."""
    values = {
        "fail_login_count": 0,
        "locked_until": None,
        "login_count": func.coalesce(Account.login_count, 0) + 1,
        "last_login": clock.wall().astimezone(UTC).replace(tzinfo=None),
    }
    return writing.execute(update(Account).where(*_unlocked(account.id)).values(values)).rowcount == 1


def _failed(writing: Session, account: Account | None) -> bool:
    """Count in the database, where tries at once are not lost, and lock at every fifth."""
    count = func.coalesce(Account.fail_login_count, 0) + 1
    locked = case((count % TRIES == 0, clock.wall() + LOCK), else_=Account.locked_until)
    counted = (
        update(Account)
        .where(*_unlocked(account.id if account else NOBODY))
        .values(fail_login_count=count, locked_until=locked)
        .returning(Account.fail_login_count)
    )
    tries = writing.scalar(counted.execution_options(synchronize_session=False))
    note(writing, "sign_in_failed", account)
    if tries and tries % TRIES == 0:
        note(writing, "sign_in_locked", account)
    return False


# ---- the first sign-in --------------------------------------------------------------------------------------------


def must_change_password() -> Response | None:
    """Send whoever signed in with a handed-over password to the page where they choose their own."""
    allowed = {"PasswordView.edit", "SignInView.logout", "static", "LocaleView.index", "healthz"}
    if (
        request.endpoint not in allowed
        and current_user.is_authenticated
        and current_user.must_change_password
    ):
        flash(_("首次登录，请先设置自己的密码。"), "warning")
        return redirect("/password/")
    return None
