"""Days of a demonstration, counted in working days from its today."""

from bisect import bisect_left
from collections.abc import Callable
from datetime import date, datetime, timedelta

from app import clock
from app.workdays import Calendar

#: Furthest day before today that is asked for, in days, and furthest after it.
BACK, AHEAD = 560, 120

Day = Callable[[int], date]


class Days:
    """Working days by number: -1 is the last one before today, 1 the first one after, 0 today whatever it is."""

    def __init__(self, today: date, calendar: Calendar) -> None:
        """Count once; years without a notice are guessed, as an estimate is all a plan needs."""
        self.today, self.calendar = today, calendar
        listed, day = [], today - timedelta(BACK)
        while day < today + timedelta(AHEAD):
            day = calendar.next_workday(day)
            listed.append(day)
        at = bisect_left(listed, today)
        self._before, self._after = listed[:at], [day for day in listed[at:] if day > today]

    def __call__(self, number: int) -> date:
        """Give the working day with this number."""
        if number == 0:
            return self.today
        return self._before[number] if number < 0 else self._after[number - 1]

    def plain(self, number: int) -> date:
        """Give the calendar day with this number: people also write on Sundays."""
        return self.today + timedelta(number)

    def at(self, number: int, hour: int, minute: int = 0) -> datetime:
        """Give an hour of a working day."""
        return clock.at(self(number), hour, minute)

    def end_of(self, start: date, days: int) -> tuple[date, bool]:
        """Give the last day of a publicity and whether it is an estimate."""
        return self.calendar.estimate_end_of(start, days)
