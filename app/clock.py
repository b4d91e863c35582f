"""The one clock: moments are stored in UTC, days are decided in Asia/Shanghai.

Everything that asks for the time asks here, so that a test can stand on a fixed day and a demonstration can
move on (product.md 4, "Clock"). A naive datetime is refused everywhere, because reading it as the machine's
local time would move a deadline by hours without a sound.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from flask import current_app, has_app_context

SHANGHAI = ZoneInfo("Asia/Shanghai")

_fixed: ContextVar[datetime | None] = ContextVar("zhiping_fixed_time", default=None)


def now() -> datetime:
    """Return the present moment in UTC: the fixed one, else the real one moved by the demo offset."""
    return _fixed.get() or datetime.now(UTC) + _offset()


def wall() -> datetime:
    """Return the present moment in UTC without the demo offset, for what no demonstration moves on: sessions, locks."""
    return _fixed.get() or datetime.now(UTC)


def today() -> date:
    """Return the present day in Asia/Shanghai, whatever the zone of the server."""
    return local(now()).date()


@contextmanager
def fixed(when: date | datetime) -> Iterator[datetime]:
    """Make the clock stand still inside the block, for this context (thread, task) alone; blocks nest.

    `when` is an aware datetime, or a date, which means 09:00 in Shanghai: an office just opened. Yields the
    moment in UTC. The demo offset is not added to it.
    """
    moment = _aware(when).astimezone(UTC) if isinstance(when, datetime) else at(when, 9)
    token = _fixed.set(moment)
    try:
        yield moment
    finally:
        _fixed.reset(token)


def local(moment: datetime) -> datetime:
    """Return an aware moment as the wall clock in Shanghai shows it."""
    return _aware(moment).astimezone(SHANGHAI)


def at(day: date, hour: int, minute: int = 0) -> datetime:
    """Return hour:minute of a Shanghai day, in UTC. For 24:00 use `end_of_day`."""
    return datetime.combine(plain_day(day), time(hour, minute), SHANGHAI).astimezone(UTC)


def end_of_day(day: date) -> datetime:
    """Return the first instant, in UTC, that is no longer part of the Shanghai day.

    A deadline "24:00" is kept by whatever happens strictly before it: `now() < end_of_day(day)`.
    """
    return at(plain_day(day) + timedelta(days=1), 0)


def plain_day(day: date) -> date:
    """Return `day`, or raise TypeError for a datetime.

    A datetime passes for a date in Python, but its date is that of its own zone and it never equals a date in
    a set: a UTC evening would count as the day before in Shanghai, and a holiday as a working day.
    """
    if isinstance(day, datetime) or not isinstance(day, date):
        raise TypeError(f"应传入日期（date），而不是{type(day).__name__}。")
    return day


def _aware(moment: datetime) -> datetime:
    if moment.utcoffset() is None:
        raise ValueError("时间缺少时区。")
    return moment


def _offset() -> timedelta:
    zhiping = current_app.extensions.get("zhiping") if has_app_context() else None
    return zhiping.clock_offset() if zhiping else timedelta()
