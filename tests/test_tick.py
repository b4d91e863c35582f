"""What time does: once, and only when it is due."""

from datetime import date, timedelta

import pytest
from sqlalchemy import insert, select

from app import clock, reference, tick
from app.db import open_session
from app.models import Application, Audit, CalendarDay, Notice, Plan, Publicity
from app.states import ApplicationState as A
from app.states import PlanState
from tests.cast import TODAY, entries, get, later

NOTHING = {"expired": 0, "closed": 0, "recounted": 0, "told": 0}
ANSWERS = {"contact": "谭素芬", "telephone": "0731-87880000", "days": 5}


def returned(cast, deadline) -> int:
    return cast.case(
        cast.doctor,
        A.RETURNED,
        resume_state=A.PENDING_UNIT,
        resume_unit_id=cast.hospital,
        correction_deadline=deadline,
    )


def shown(cast, person, starts: date = TODAY) -> tuple[int, int]:
    """Start a publicity of the hospital, which on the tests' day ends on Friday; give case and publicity."""
    case = cast.case(person, A.UNIT_PASSED)
    cast.clerk.does("application", "start_publicity", case, starts_on=starts, **ANSWERS)
    with open_session() as session:
        return case, session.scalar(select(Publicity.id).order_by(Publicity.id.desc()))


def notices(user_id: int, text: str) -> list[dict]:
    with open_session() as session:
        return list(
            session.scalars(select(Notice.params).where(Notice.user_id == user_id, Notice.text == text))
        )


def test_nothing_is_due_on_an_ordinary_morning(cast):
    assert tick.tick() == NOTHING


def test_an_overdue_correction_counts_as_given_up(cast):
    case = returned(cast, later(minutes=-1))

    assert tick.tick() == NOTHING | {"expired": 1}

    row = get(Application, case)
    assert (row.state, row.holder_unit_id, row.correction_deadline) == (A.ABANDONED, None, None)
    assert entries("application", case) == [("expire", "returned", "abandoned")]
    assert notices(cast.doctor.user_id, "逾期未补正，视为放弃本年度申报。") == [{}]
    assert tick.tick() == NOTHING


def test_a_correction_still_in_time_is_left_alone(cast):
    case = returned(cast, later(minutes=1))

    assert tick.tick() == NOTHING
    assert get(Application, case).state == A.RETURNED


def test_a_plan_is_closed_when_its_window_has_ended(cast):
    with clock.fixed(clock.at(date(2026, 9, 18), 17)):
        at_the_last_moment = tick.tick()
    with clock.fixed(clock.at(date(2026, 9, 18), 17, 1)):
        afterwards = [tick.tick(), tick.tick()]

    assert at_the_last_moment == NOTHING
    assert afterwards == [NOTHING | {"closed": 2}, NOTHING]
    assert get(Plan, cast.plan_id).state == PlanState.CLOSED
    assert entries("plan", cast.plan_id) == [("close", "published", "closed")]


def test_a_changed_calendar_moves_the_last_day_of_open_publicities(cast):
    case, publicity = shown(cast, cast.doctor)
    before = get(Publicity, publicity)
    with open_session() as session:
        session.execute(insert(CalendarDay).values(day=date(2026, 9, 9), works=False, year=2026))
        session.commit()

    assert tick.tick() == NOTHING | {"recounted": 1}

    row = get(Publicity, publicity)
    assert (before.ends_on, row.ends_on) == (date(2026, 9, 11), date(2026, 9, 14))
    assert row.version == before.version + 1
    assert get(Application, case).publicity_to == date(2026, 9, 14)
    with open_session() as session:
        details = session.scalars(select(Audit.details).where(Audit.act == "recount_publicity")).all()
    assert details == [{"publicity": publicity, "from": "2026-09-11", "to": "2026-09-14"}]
    assert tick.tick() == NOTHING


def test_a_publicity_moved_by_somebody_else_meanwhile_is_left_alone(cast):
    _case, publicity = shown(cast, cast.doctor)
    with open_session() as session:
        row = session.get(Publicity, publicity)
        session.expunge(row)
        row.version -= 1
        assert tick._move(session, row, {"ends_on": date(2026, 9, 14), "estimated": False}) == 0


def test_the_unit_is_told_once_that_its_publicity_is_over(cast):
    _case, publicity = shown(cast, cast.doctor)
    with clock.fixed(clock.end_of_day(date(2026, 9, 11)) - timedelta(seconds=1)):
        on_the_last_day = tick.tell_owners()
    with clock.fixed(clock.end_of_day(date(2026, 9, 11))):
        afterwards = [tick.tell_owners(), tick.tell_owners()]

    assert (on_the_last_day, afterwards) == (0, [1, 0])
    assert notices(cast.clerk.user_id, tick.OVER) == [{"people": 1, "day": "2026-09-11"}]
    assert notices(cast.far_clerk.user_id, tick.OVER) == []
    with open_session() as session:
        assert session.scalars(select(Notice.case_id).where(Notice.text == tick.OVER)).all() == [publicity]


def test_an_estimated_end_is_not_told(cast):
    _case, publicity = shown(cast, cast.doctor)
    with open_session() as session:
        session.get(Publicity, publicity).estimated = True
        session.commit()

    with clock.fixed(date(2026, 9, 14)):
        assert tick.tell_owners() == 0


def test_the_notice_of_the_new_year_ends_the_estimate(cast):
    with clock.fixed(date(2026, 12, 28)):
        _case, publicity = shown(cast, cast.doctor, date(2026, 12, 28))
        first = get(Publicity, publicity)
        with open_session() as session:
            reference.load_calendar(
                session, {"2027": {"papers": ["国办发明电"], "off": ["2027-01-01"], "work": []}}
            )
            session.commit()
        recounted = tick.recount()

    row = get(Publicity, publicity)
    assert (first.ends_on, first.estimated) == (date(2027, 1, 1), True)
    assert (recounted, row.ends_on, row.estimated) == (1, date(2027, 1, 4), False)


@pytest.mark.parametrize(("many", "parts"), [(0, []), (1, [1]), (2000, [2000]), (4001, [2000, 2000, 1])])
def test_many_cases_are_taken_in_the_engines_portions(many, parts):
    assert [len(part) for part in tick._parts(range(many))] == parts


def test_the_command_says_what_it_did(app, cast):
    returned(cast, later(minutes=-1))

    answer = app.test_cli_runner().invoke(args=["tick"])

    assert answer.exit_code == 0
    assert "逾期未补正视为放弃 1 件" in answer.output
