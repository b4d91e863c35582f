"""Sessions are rows: a cookie holds a random token, and what it is worth stands in the database (issue 3 part 2, T17).

A session ends when its person signs out, ends it from another browser or changes the password, when the account is
disabled, after half an hour without use, and after a working day whatever happens (ASVS 5.0, 7.3). Times are those of
`clock.wall`: moving the demo clock puts nobody out.
"""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, insert, select, text, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app import clock
from app.db import open_session
from app.models import Account, SignIn

IDLE, LONGEST = timedelta(minutes=30), timedelta(hours=8)
#: How exact `seen_at` is: more often it is not written, so that reading pages writes nothing.
NOTED_EVERY = timedelta(minutes=1)
#: So long the rows of ended sessions stay; the audit keeps the sign-in itself.
KEPT = timedelta(days=30)
#: Milliseconds that noting "still there" may wait for others who write.
PATIENCE = 100
LOCK_TIMEOUT = f"SET LOCAL lock_timeout = {PATIENCE}"

#: What a browser says of itself -> what people call it, the more special first.
BROWSERS = (
    ("MicroMessenger", "微信"),
    ("Edg", "Edge"),
    ("360SE", "360"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
SYSTEMS = (
    ("HarmonyOS", "HarmonyOS"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


def hashed(token: str) -> str:
    """What the table keeps of a token: whoever reads the table cannot sign in with it."""
    return hashlib.sha256(token.encode()).hexdigest()


def tag_of(account: Account) -> str:
    """A fingerprint of the password: whoever changes it, in whatever way, ends all sessions begun with the old one."""
    return hashlib.sha256(f"{account.id}:{account.password}".encode()).hexdigest()[:24]


def browser_words(agent: str) -> str:
    """Name browser and system, for people to recognise; the long line itself is not kept."""
    found = [next((words for sign, words in known if sign in agent), "") for known in (BROWSERS, SYSTEMS)]
    return " · ".join(filter(None, found))


# ---- beginning ----------------------------------------------------------------------------------------------------


def begin(session: Session, account: Account, address: str, agent: str) -> str:
    """Write the row of a new session and give the token for the cookie; the caller commits."""
    token, now = secrets.token_urlsafe(32), clock.wall()
    old = (SignIn.user_id == account.id, SignIn.expires_at < now - KEPT)
    session.execute(delete(SignIn).where(*old))
    row = {
        "token_hash": hashed(token),
        "user_id": account.id,
        "password_tag": tag_of(account),
        "created_at": now,
        "seen_at": now,
        "expires_at": now + LONGEST,
        "address": address[:45],
        "browser": browser_words(agent),
    }
    session.execute(insert(SignIn).values(row))
    return token


# ---- using --------------------------------------------------------------------------------------------------------


def account_of(token: str) -> Account | None:
    """Give the account of a session that still holds, in one statement; the row is its `sign_in`."""
    with open_session() as session:
        found = session.execute(
            select(Account, SignIn)
            .join(SignIn, SignIn.user_id == Account.id)
            .where(SignIn.token_hash == hashed(token))
        ).one_or_none()
        if found is None:
            return None
        account, row = found
        now = clock.wall()
        if not _holds(account, row, now):
            return None
    if row.seen_at <= now - NOTED_EVERY:
        _note_seen(row.id, now)
    account.sign_in = row
    return account


def _holds(account: Account, row: SignIn, now: datetime) -> bool:
    in_time = row.expires_at > now and row.seen_at > now - IDLE
    same = hmac.compare_digest(row.password_tag, tag_of(account))
    return bool(account.active) and row.ended_at is None and in_time and same


def _note_seen(row_id: int, now: datetime) -> None:
    """Note that somebody is still there; where another holds the database for long, reading goes on without it."""
    with open_session() as session:
        sqlite = session.get_bind().dialect.name == "sqlite"
        before = session.scalar(text("PRAGMA busy_timeout")) if sqlite else None
        seen = update(SignIn).where(SignIn.id == row_id, SignIn.seen_at < now).values(seen_at=now)
        try:
            session.execute(text(f"PRAGMA busy_timeout={PATIENCE}" if sqlite else LOCK_TIMEOUT))
            session.execute(seen)
            session.commit()
        except OperationalError:
            session.rollback()
        if sqlite:
            session.execute(text(f"PRAGMA busy_timeout={before}"))


# ---- ending -------------------------------------------------------------------------------------------------------


def running(user_id: int) -> tuple[ColumnElement[bool], ...]:
    """Conditions of the sessions of an account that still hold."""
    now = clock.wall()
    return (
        SignIn.user_id == user_id,
        SignIn.ended_at.is_(None),
        SignIn.expires_at > now,
        SignIn.seen_at > now - IDLE,
    )


def end(session: Session, user_id: int, *, only: int | None = None, but: int | None = None) -> int:
    """End sessions of an account: one, all but one, or all, as on disabling it; give how many. The caller commits."""
    conditions = [SignIn.user_id == user_id, SignIn.ended_at.is_(None)]
    if only is not None:
        conditions.append(SignIn.id == only)
    if but is not None:
        conditions.append(SignIn.id != but)
    return session.execute(update(SignIn).where(*conditions).values(ended_at=clock.wall())).rowcount
