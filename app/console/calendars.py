"""Month calendars of a publicity: which days count, which are holidays, which are worked although it is a weekend.

Made on the server, so that it needs no script; the macro `month` of `_macros.html` draws what `months` gives.
"""

import calendar
from dataclasses import dataclass
from datetime import date, timedelta

from flask_babel import gettext as _

from app import clock, workdays
from app.workdays import Calendar

#: A publicity of 365 days would fill a year of calendars; nobody needs more than the first months and the last.
MOST = 4
HEADS = "一二三四五六日"


@dataclass(frozen=True)
class Day:
    """One cell: its number, its classes, the small word under it, and the same in words."""

    number: int
    css: str
    note: str
    words: str


@dataclass(frozen=True)
class Month:
    """One calendar: weeks from Monday, with nothing where the month has no day."""

    title: str
    heads: str
    weeks: list[list[Day | None]]


@dataclass(frozen=True)
class Span:
    """A publicity in days: where it starts and ends, and how it is counted."""

    starts: date
    ends: date
    estimated: bool

    @property
    def natural(self) -> int:
        """How many natural days it takes."""
        return (self.ends - self.starts).days + 1

    @property
    def holidays(self) -> int:
        """How many days off by notice lie within."""
        off = workdays.current().off
        return sum(self.starts <= day <= self.ends for day in off)

    def months(self) -> list[Month]:
        """The months it runs through; of a long one the first and the last."""
        return months(self.starts, self.ends)


def months(starts: date, ends: date) -> list[Month]:
    """Draw the months from `starts` to `ends`, marking the working days between them."""
    wanted, day = [], starts.replace(day=1)
    while day <= ends:
        wanted.append(day)
        day = (day + timedelta(days=32)).replace(day=1)
    if len(wanted) > MOST:
        wanted = [*wanted[: MOST - 1], wanted[-1]]
    known = workdays.current()
    return [_month(first, starts, ends, known) for first in wanted]


def _month(first: date, starts: date, ends: date, known: Calendar) -> Month:
    weeks = [
        [_day(day, starts, ends, known) if day.month == first.month else None for day in week]
        for week in calendar.Calendar().monthdatescalendar(first.year, first.month)
    ]
    return Month(_("%(year)s 年 %(month)s 月", year=first.year, month=first.month), HEADS, weeks)


def _day(day: date, starts: date, ends: date, known: Calendar) -> Day:
    kind, note = _kind(day, known)
    classes = [kind]
    if starts <= day <= ends and kind in ("", "is-shift"):
        classes.append("is-in")
        note = note or (_("起") if day == starts else _("止") if day == ends else "")
    if day == clock.today():
        classes.append("is-today")
    return Day(day.day, " ".join(filter(None, classes)), note, day.isoformat())


def _kind(day: date, known: Calendar) -> tuple[str, str]:
    """Whether a day is off or worked by notice, a plain weekend, or a working day like any other."""
    if day in known.off:
        return "is-rest", _("休")
    if day in known.work:
        return "is-shift", _("班")
    return ("is-off", "") if day.weekday() >= workdays.SATURDAY else ("", "")
