"""Working days: the published years, the counting convention, and what happens where nothing is published."""

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from app import workdays
from app.workdays import Calendar, UnknownYear, shipped

DAY = timedelta(days=1)
PUBLISHED = st.dates(date(2019, 1, 1), date(2026, 6, 30))
ANY_DAY = st.dates(date(2015, 1, 1), date(2035, 12, 31))
COUNTS = st.integers(1, 60)
NOTHING_PUBLISHED = Calendar(frozenset(), frozenset(), frozenset())


def naive_end_of(start: date, days: int) -> date:
    """Count one day after the other, the start included."""
    worked = [day for day in (start + n * DAY for n in range(2 * days + 30)) if shipped().is_workday(day)]
    return worked[days - 1]


@pytest.mark.parametrize(
    ("start", "counted", "not_counted"),
    [
        (date(2025, 7, 7), date(2025, 7, 11), date(2025, 7, 14)),
        (date(2026, 2, 12), date(2026, 2, 25), date(2026, 2, 26)),
        (date(2026, 9, 28), date(2026, 10, 9), date(2026, 10, 10)),
        (date(2026, 10, 1), date(2026, 10, 13), date(2026, 10, 13)),
        (date(2022, 12, 25), date(2022, 12, 30), date(2022, 12, 30)),
        (date(2022, 12, 26), date(2022, 12, 30), date(2023, 1, 3)),
    ],
)
def test_five_days_are_counted_as_in_practice(start, counted, not_counted):
    assert (workdays.end_of(start, 5), workdays.after(start, 5)) == (counted, not_counted)


@pytest.mark.parametrize("count", [workdays.end_of, workdays.after])
def test_five_days_from_28_december_2026_leave_the_published_years(count):
    with pytest.raises(UnknownYear) as unknown:
        count(date(2026, 12, 28), 5)

    assert (unknown.value.year, str(unknown.value)) == (
        2027,
        "2027年的放假安排尚未公布或录入，无法确定工作日。",
    )


def test_four_days_from_28_december_2026_stay_in_the_published_years():
    assert workdays.end_of(date(2026, 12, 28), 4) == date(2026, 12, 31)


def test_one_day_is_the_start_itself_or_the_next_working_day():
    assert workdays.end_of(date(2026, 10, 9), 1) == date(2026, 10, 9)
    assert workdays.end_of(date(2026, 10, 1), 1) == date(2026, 10, 8)
    assert workdays.after(date(2026, 9, 30), 1) == date(2026, 10, 8)


@pytest.mark.parametrize(
    ("day", "worked"),
    [
        (date(2026, 10, 10), True),
        (date(2026, 10, 11), False),
        (date(2026, 10, 1), False),
        (date(2026, 9, 30), True),
        (date(2022, 12, 31), False),
        (date(2019, 12, 31), True),
    ],
)
def test_is_workday_knows_holidays_and_make_up_days(day, worked):
    assert workdays.is_workday(day) is worked


@pytest.mark.parametrize("year", [2025, 2026])
def test_a_shipped_year_has_248_working_days(year):
    days = (
        date.fromordinal(n) for n in range(date(year, 1, 1).toordinal(), date(year + 1, 1, 1).toordinal())
    )

    assert sum(map(workdays.is_workday, days)) == 248


def test_shipped_years_are_those_that_name_a_paper():
    assert shipped().years == frozenset(range(2019, 2027))


@pytest.mark.parametrize("year", [2018, 2027])
def test_is_workday_does_not_guess_outside_the_published_years(year):
    with pytest.raises(UnknownYear, match=f"^{year}年"):
        workdays.is_workday(date(year, 12, 29))


def test_after_needs_nothing_known_about_the_day_of_the_event():
    assert workdays.after(date(2018, 12, 31), 1) == date(2019, 1, 2)


@pytest.mark.parametrize("days", [0, -1, 366, True, 5.0, "5"])
@pytest.mark.parametrize("count", [workdays.end_of, workdays.after, shipped().estimate_end_of])
def test_impossible_numbers_of_days_are_refused(count, days):
    with pytest.raises(ValueError, match=r"^工作日天数应为1至365之间的整数。$"):
        count(date(2026, 3, 2), days)


@pytest.mark.parametrize(
    "count",
    [
        workdays.is_workday,
        lambda moment: workdays.end_of(moment, 5),
        lambda moment: workdays.after(moment, 5),
        lambda moment: shipped().estimate_end_of(moment, 5),
        shipped().next_workday,
        lambda moment: shipped().count(moment, date(2026, 10, 9)),
        lambda moment: shipped().count(date(2026, 10, 9), moment),
    ],
)
def test_a_moment_does_not_pass_for_a_day(count):
    with pytest.raises(TypeError):
        count(datetime(2026, 10, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    "count",
    [
        lambda: NOTHING_PUBLISHED.estimate_end_of(date.max, 5),
        lambda: NOTHING_PUBLISHED.next_workday(date.max),
        lambda: workdays.after(date.max, 1),
    ],
)
def test_the_end_of_time_is_refused(count):
    with pytest.raises(ValueError, match=r"^日期超出可计算的范围。$"):
        count()


def test_a_calendar_that_contradicts_itself_is_refused():
    both = frozenset({date(2026, 10, 10)})

    with pytest.raises(ValueError, match=r"^2026-10-10不能既是休息日又是工作日。$"):
        Calendar(frozenset({2026}), both, both)


def test_estimate_guesses_weekdays_beyond_the_published_years():
    assert shipped().estimate_end_of(date(2026, 12, 28), 5) == (date(2027, 1, 1), True)
    assert shipped().estimate_end_of(date(2027, 1, 1), 2) == (date(2027, 1, 4), True)


def test_estimate_honours_days_already_known_of_an_unpublished_year():
    calendar = Calendar(frozenset({2026}), frozenset({date(2027, 1, 1)}), frozenset({date(2027, 1, 2)}))

    assert calendar.estimate_end_of(date(2026, 12, 31), 2) == (date(2027, 1, 2), True)


def test_a_gap_between_published_years_is_not_jumped():
    calendar = Calendar(frozenset({2026, 2028}), frozenset(), frozenset())

    with pytest.raises(UnknownYear) as unknown:
        calendar.end_of(date(2026, 12, 1), 300)

    assert unknown.value.year == 2027
    assert calendar.estimate_end_of(date(2026, 12, 1), 300)[1] is True


def test_next_workday_moves_over_a_holiday_and_into_unpublished_years():
    assert shipped().next_workday(date(2026, 9, 30)) == date(2026, 10, 8)
    assert shipped().next_workday(date(2026, 12, 31)) == date(2027, 1, 1)


@pytest.mark.parametrize(
    ("first", "last", "waited"),
    [
        (date(2026, 9, 30), date(2026, 9, 30), 0),
        (date(2026, 9, 30), date(2026, 10, 7), 0),
        (date(2026, 9, 30), date(2026, 10, 8), 1),
        (date(2026, 9, 30), date(2026, 10, 10), 3),
        (date(2026, 10, 8), date(2026, 9, 30), 0),
        (date(2026, 12, 31), date(2027, 1, 4), 2),
    ],
)
def test_count_gives_the_working_days_since(first, last, waited):
    assert shipped().count(first, last) == waited


def test_the_shipped_calendar_is_in_force_without_an_application():
    assert workdays.current() is shipped()


def test_the_shipped_calendar_is_in_force_in_an_application_without_the_extension():
    with Flask("bare").app_context():
        assert workdays.current() is shipped()


def test_the_calendar_of_the_application_is_in_force_in_its_context():
    app = Flask("edited")
    calendar = Calendar(frozenset({2027}), frozenset({date(2027, 3, 1)}), frozenset({date(2027, 3, 6)}))
    app.extensions["zhiping"] = SimpleNamespace(calendar=lambda: calendar)

    with app.app_context():
        answers = (
            workdays.is_workday(date(2027, 3, 1)),
            workdays.end_of(date(2027, 3, 1), 5),
            workdays.after(date(2027, 3, 2), 5),
        )

    assert answers == (False, date(2027, 3, 6), date(2027, 3, 8))


@given(PUBLISHED, COUNTS)
def test_end_of_equals_counting_one_day_after_the_other(start, days):
    assert workdays.end_of(start, days) == naive_end_of(start, days)


@given(PUBLISHED, COUNTS)
def test_end_of_grows_with_the_days_and_never_falls_with_the_start(start, days):
    assert workdays.end_of(start, days) < workdays.end_of(start, days + 1)
    assert workdays.end_of(start, days) <= workdays.end_of(start + DAY, days)


@given(PUBLISHED, COUNTS)
def test_after_is_end_of_counted_from_the_next_day(day, days):
    assert workdays.after(day, days) == workdays.end_of(day + DAY, days)
    assert shipped().count(day, workdays.after(day, days)) == days
    assert shipped().next_workday(day) == workdays.after(day, 1)


@given(PUBLISHED, COUNTS)
def test_estimate_is_exact_in_published_years(start, days):
    assert shipped().estimate_end_of(start, days) == (workdays.end_of(start, days), False)


@given(ANY_DAY, COUNTS)
def test_estimate_is_marked_exactly_where_end_of_refuses(start, days):
    try:
        expected = (workdays.end_of(start, days), False)
    except UnknownYear:
        expected = (shipped().estimate_end_of(start, days)[0], True)

    assert shipped().estimate_end_of(start, days) == expected
