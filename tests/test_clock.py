"""The one clock: fixed moments, the demo offset, days of Shanghai."""

from datetime import UTC, date, datetime, timedelta, timezone
from types import SimpleNamespace

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from app import clock

DAYS = st.dates(date(1992, 1, 1), date(2100, 12, 30))


def test_now_is_the_real_time_in_utc_without_an_application():
    before = datetime.now(UTC)

    moment = clock.now()

    assert before <= moment <= datetime.now(UTC)
    assert moment.tzinfo is UTC


def test_now_is_the_real_time_in_an_application_without_the_extension():
    before = datetime.now(UTC)

    with Flask("bare").app_context():
        moment = clock.now()

    assert before <= moment <= datetime.now(UTC)


def test_now_is_moved_by_the_demo_offset():
    app = Flask("demo")
    app.extensions["zhiping"] = SimpleNamespace(clock_offset=lambda: timedelta(days=3))
    before = datetime.now(UTC)

    with app.app_context():
        moment = clock.now()

    assert before + timedelta(days=3) <= moment <= datetime.now(UTC) + timedelta(days=3)


def test_fixed_day_means_nine_in_the_morning_in_shanghai():
    with clock.fixed(date(2026, 10, 9)) as moment:
        shown = (moment, clock.now(), clock.today())

    opened = datetime(2026, 10, 9, 1, tzinfo=UTC)
    assert shown == (opened, opened, date(2026, 10, 9))


def test_fixed_moment_is_kept_in_utc_and_not_moved_by_the_offset():
    app = Flask("demo")
    app.extensions["zhiping"] = SimpleNamespace(clock_offset=lambda: timedelta(days=3))

    with app.app_context(), clock.fixed(datetime(2026, 1, 1, 0, 30, tzinfo=clock.SHANGHAI)):
        moment = clock.now()

    assert (moment, moment.tzinfo) == (datetime(2025, 12, 31, 16, 30, tzinfo=UTC), UTC)


def test_fixed_blocks_nest_and_end():
    with clock.fixed(date(2026, 3, 2)):
        with clock.fixed(date(2026, 3, 3)):
            inner = clock.today()
        outer = clock.today()

    assert (inner, outer) == (date(2026, 3, 3), date(2026, 3, 2))
    assert clock.now() - datetime.now(UTC) < timedelta(seconds=5)


def test_fixed_block_ends_after_an_error():
    with pytest.raises(KeyError), clock.fixed(date(2000, 3, 3)):
        raise KeyError

    assert clock.now() > datetime(2025, 1, 1, tzinfo=UTC)


def test_today_is_the_day_in_shanghai_not_in_utc():
    with clock.fixed(datetime(2026, 10, 8, 15, 59, 59, tzinfo=UTC)):
        before_midnight = clock.today()
    with clock.fixed(datetime(2026, 10, 8, 16, tzinfo=UTC)):
        after_midnight = clock.today()

    assert (before_midnight, after_midnight) == (date(2026, 10, 8), date(2026, 10, 9))


def test_end_of_day_is_the_first_instant_that_is_too_late():
    deadline = clock.end_of_day(date(2026, 10, 9))

    assert (deadline, deadline.tzinfo) == (datetime(2026, 10, 9, 16, tzinfo=UTC), UTC)
    assert clock.local(deadline - timedelta(microseconds=1)).date() == date(2026, 10, 9)
    assert clock.local(deadline).date() == date(2026, 10, 10)


def test_at_gives_a_wall_clock_time_of_shanghai_in_utc():
    moment = clock.at(date(2026, 3, 20), 17, 30)

    assert (moment, moment.tzinfo) == (datetime(2026, 3, 20, 9, 30, tzinfo=UTC), UTC)


def test_local_shows_the_wall_clock_of_shanghai():
    moment = clock.local(datetime(2026, 2, 28, 12, tzinfo=timezone(timedelta(hours=-8))))

    assert moment.isoformat() == "2026-03-01T04:00:00+08:00"


@pytest.mark.parametrize("use", [clock.local, lambda moment: clock.fixed(moment).__enter__()])
def test_a_naive_moment_is_refused(use):
    naive = datetime(2026, 10, 9, 12)  # noqa: DTZ001

    with pytest.raises(ValueError, match=r"^时间缺少时区。$"):
        use(naive)


@pytest.mark.parametrize("moment", [datetime(2026, 10, 9, 20, tzinfo=UTC), "2026-10-09"])
@pytest.mark.parametrize("use", [clock.plain_day, clock.end_of_day, lambda moment: clock.at(moment, 9)])
def test_a_moment_or_a_text_does_not_pass_for_a_day(use, moment):
    with pytest.raises(TypeError) as refused:
        use(moment)

    assert str(refused.value) == f"应传入日期（date），而不是{type(moment).__name__}。"


@given(DAYS)
def test_days_follow_each_other_without_gap_or_overlap(day):
    assert clock.end_of_day(day) == clock.at(day + timedelta(days=1), 0)
    assert clock.end_of_day(day) - clock.at(day, 0) == timedelta(days=1)


@given(DAYS, st.integers(0, 23), st.integers(0, 59))
def test_at_and_local_are_inverse(day, hour, minute):
    shown = clock.local(clock.at(day, hour, minute))

    assert (shown.date(), shown.hour, shown.minute) == (day, hour, minute)
