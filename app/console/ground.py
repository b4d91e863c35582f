"""What nearly every page stands on, read in one statement per request: policies, demo clock, holidays."""

import secrets
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from flask import current_app, g, request
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import String, case, cast, literal, select
from sqlalchemy.exc import SQLAlchemyError

from app import clock, settings, workdays
from app.db import open_session
from app.faults import is_fault
from app.models import CalendarDay, CalendarYear, Setting
from app.settings import Policy
from app.words import N_
from app.workdays import Calendar

#: Endpoints that stand on nothing: files, and the address a watchdog asks (`app.views.health`).
BARE = {"static", "healthz"}
WEEKDAYS = (N_("星期一"), N_("星期二"), N_("星期三"), N_("星期四"), N_("星期五"), N_("星期六"), N_("星期日"))

#: From so many working days before the limit on, an age is shown as near.
NEAR = 2


def weekday(day: date) -> str:
    """The day of the week in the language of the reader."""
    return _(WEEKDAYS[day.weekday()])


class Age(NamedTuple):
    """How long a case has waited: the words, and the class that gives them their tone."""

    text: str
    css: str


def read() -> None:
    """Read settings and calendar once, where the clock and the calendar look for them (`app.extension`)."""
    if request.endpoint in BARE:
        return
    statement = select(literal("s"), Setting.key, Setting.value).union_all(
        select(literal("y"), cast(CalendarYear.year, String), literal("")),
        select(literal("d"), cast(CalendarDay.day, String), case((CalendarDay.works, "1"), else_="0")),
    )
    try:
        with open_session() as session:
            rows = session.execute(statement).all()
    except SQLAlchemyError as wrong:
        if is_fault(wrong):
            raise
        rows = []
    g.policies = {key: value for kind, key, value in rows if kind == "s"}
    years = frozenset(int(key) for kind, key, _value in rows if kind == "y")
    days = [(date.fromisoformat(key), value == "1") for kind, key, value in rows if kind == "d"]
    work = frozenset(day for day, works in days if works)
    off = frozenset(day for day, works in days if not works)
    g.calendar = Calendar(years, off, work) if years else workdays.shipped()
    offset = policy(settings.CLOCK_OFFSET) if current_app.extensions["zhiping"].demo else 0
    g.clock_offset = timedelta(seconds=offset)


def meet() -> None:
    """Read the account first, while nobody is at work: the row rule would ask for it in the midst of reading it."""
    if request.endpoint not in BARE:
        g.actor = None
        bool(current_user)
        del g.actor


def policy(wanted: Policy) -> int:
    """Give a policy in force, from what was read for this request."""
    if "policies" not in g:
        with open_session() as session:
            g.policies = {row.key: row.value for row in session.scalars(select(Setting))}
    return int(g.policies.get(wanted.key, wanted.default))


def limit_of(days: Policy | int | None) -> int | None:
    """Give a limit in working days, whether it is a figure, a policy, or there is none."""
    return policy(days) if isinstance(days, Policy) else days


def age_of(since: datetime | date, days: Policy | int | None = None) -> Age:
    """Say how long something has waited, in working days, and whether a limit is near or passed."""
    day = clock.local(since).date() if isinstance(since, datetime) else since
    waited, limit = workdays.current().count(day, clock.today()), limit_of(days)
    left = limit - waited if limit else None
    if left is None or left > NEAR:
        return Age(_("已等 %(n)s 个工作日", n=waited) if waited else _("今天到达"), "")
    if left > 0:
        return Age(_("剩 %(n)s 个工作日", n=left), "is-near")
    if left == 0:
        return Age(_("今天到期"), "is-near")
    return Age(_("超期 %(n)s 个工作日", n=-left), "is-due")


def overdue_before(days: Policy | int | None) -> datetime | None:
    """Give the moment before which whatever came is overdue; nothing without a limit."""
    limit = limit_of(days)
    if not limit:
        return None
    calendar, day, left = workdays.current(), clock.today(), limit + 1
    while left:
        left -= calendar.count(day - timedelta(days=1), day)
        day -= timedelta(days=1)
    return clock.end_of_day(day)


def shown_moment(when: datetime | None) -> str:
    """Write a moment as people read it: day, hour and minute in Shanghai."""
    return clock.local(when).strftime("%Y-%m-%d %H:%M") if when else ""


def shown_day(when: datetime | date | None) -> str:
    """Write a day as people read it."""
    if isinstance(when, datetime):
        when = clock.local(when).date()
    return when.isoformat() if when else ""


def demo_words() -> str:
    """Say what time the demo clock shows; nothing in production."""
    if not current_app.extensions["zhiping"].demo:
        return ""
    now = clock.local(clock.now())
    return _(
        "演示时间 %(day)s %(weekday)s %(time)s",
        day=now.date(),
        weekday=weekday(now),
        time=f"{now:%H:%M}",
    )


def request_number() -> str:
    """Give the number of this request, which error pages show and the log keeps."""
    if "request_number" not in g:
        g.request_number = (
            f"{datetime.now(UTC).astimezone(clock.SHANGHAI):%Y%m%d-%H%M}-{secrets.token_hex(2).upper()}"
        )
    return g.request_number
