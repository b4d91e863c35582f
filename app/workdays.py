"""Working days of mainland China: weekends, the State Council's holidays and the make-up days (调休).

Counting follows domain.md 4. Day 1 of a publicity is its start date if that is a working day (`end_of`); the
day of an event such as a vote does not count (`after`; Civil Code art. 201). A year whose holidays are not
published is never guessed silently: `UnknownYear` is raised, and only what says "estimate" in its name or
docstring falls back on Monday to Friday.

A notice for year N may change December of year N-1 (2018-12-29 became a working day), so days are kept in one
set for all years, and "published" is kept apart from them.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path

from flask import current_app, has_app_context

from app.clock import plain_day

SHIPPED = Path(__file__).parent / "data" / "cn_workdays_2019_2026.json"
MAX_DAYS = 365
SATURDAY = 5


class UnknownYear(ValueError):
    """The State Council has not published the holidays of `year`, or nobody has entered them yet."""

    def __init__(self, year: int) -> None:
        """Keep the year, so that a page can say which calendar to enter."""
        super().__init__(f"{year}年的放假安排尚未公布或录入，无法确定工作日。")
        self.year = year


@dataclass(frozen=True)
class Calendar:
    """What is known about working days, as a value without a database.

    `years` are the published years; `off` the days off by notice; `work` the weekend days worked by notice. A
    day that is in neither set is a working day from Monday to Friday.
    """

    years: frozenset[int]
    off: frozenset[date]
    work: frozenset[date]

    def __post_init__(self) -> None:
        """Refuse a calendar that contradicts itself."""
        if contradictory := self.off & self.work:
            raise ValueError(f"{min(contradictory)}不能既是休息日又是工作日。")

    def is_workday(self, day: date) -> bool:
        """Say whether people work on `day`; raises UnknownYear outside the published years."""
        if plain_day(day).year not in self.years:
            raise UnknownYear(day.year)
        return self._likely(day)

    def end_of(self, start: date, days: int) -> date:
        """Return the last of `days` working days, where `start` counts if it is one (publicity, domain.md 4).

        Raises UnknownYear as soon as a day of an unpublished year would have to be judged, ValueError unless
        `days` is a whole number from 1 to 365.
        """
        return _nth(start, days, self.is_workday)

    def after(self, day: date, days: int) -> date:
        """Return the working day `days` after an event on `day`, which itself does not count (vote + 5)."""
        return self.end_of(_following(day), days)

    def estimate_end_of(self, start: date, days: int) -> tuple[date, bool]:
        """Return the end as `end_of` does, and whether it is an estimate.

        Days of unpublished years are guessed to be Monday to Friday. An estimate may be shown (估算) but must
        not be used to close a publicity.
        """
        end = _nth(start, days, self._likely)
        return end, not self.years.issuperset(range(start.year, end.year + 1))

    def next_workday(self, day: date) -> date:
        """Return the first working day after `day`: an estimate in an unpublished year, never an error.

        Meant for moving the demo clock and for hints; a rule uses `after(day, 1)`.
        """
        return _nth(_following(day), 1, self._likely)

    def count(self, first: date, last: date) -> int:
        """Return how many working days have passed since `first`: those after it, up to and with `last`.

        For "已等 n 个工作日": 0 on the first day itself, and 0 if `last` is earlier. An estimate in
        unpublished years, since an age must be shown in any year.
        """
        elapsed = range(plain_day(first).toordinal() + 1, plain_day(last).toordinal() + 1)
        return sum(self._likely(date.fromordinal(number)) for number in elapsed)

    def _likely(self, day: date) -> bool:
        return day in self.work or (day.weekday() < SATURDAY and day not in self.off)


@cache
def shipped() -> Calendar:
    """Return the calendar that comes with the program: 2019 to 2026 (NateScarlet/holiday-cn, MIT).

    A year counts as published if it names a State Council paper; the file has an empty entry for 2027.
    """
    years = json.loads(SHIPPED.read_text("utf-8"))
    return Calendar(
        years=frozenset(int(year) for year, notice in years.items() if notice["papers"]),
        off=frozenset(date.fromisoformat(day) for notice in years.values() for day in notice["off"]),
        work=frozenset(date.fromisoformat(day) for notice in years.values() for day in notice["work"]),
    )


def current() -> Calendar:
    """Return the calendar in force: the application's, which the bureau edits, else the shipped one."""
    zhiping = current_app.extensions.get("zhiping") if has_app_context() else None
    return zhiping.calendar() if zhiping else shipped()


def is_workday(day: date) -> bool:
    """Say whether `day` is a working day in the calendar in force; see `Calendar.is_workday`."""
    return current().is_workday(day)


def end_of(start: date, days: int) -> date:
    """Return the last of `days` working days, `start` counting if it is one; see `Calendar.end_of`."""
    return current().end_of(start, days)


def after(day: date, days: int) -> date:
    """Return the working day `days` after `day`, which does not count; see `Calendar.after`."""
    return current().after(day, days)


def _nth(start: date, days: int, counts: Callable[[date], bool]) -> date:
    if type(days) is not int or not 1 <= days <= MAX_DAYS:
        raise ValueError(f"工作日天数应为1至{MAX_DAYS}之间的整数。")
    day = plain_day(start)
    left = days - counts(day)
    while left:
        day = _following(day)
        left -= counts(day)
    return day


def _following(day: date) -> date:
    if day == date.max:
        raise ValueError("日期超出可计算的范围。")
    return day + timedelta(days=1)
