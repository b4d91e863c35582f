"""Several people press at once: one wins, one entry is written, the others are told; nothing is torn."""

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from app import access, clock
from app.db import open_session
from app.models import Application, Entry, Registration
from app.process import Missing
from app.states import ApplicationState as A
from app.states import RegistrationState
from app.workflow import APPLICATION, REGISTRATION, Refused, perform
from tests.cast import TODAY, get

PEOPLE = 8


def at_once(app, *presses: Callable[[], object]) -> list:
    """Let each press run in a thread of its own, all released together; gives what came of each."""
    gate, answers = threading.Barrier(len(presses)), [None] * len(presses)

    def run(number: int, press: Callable[[], object]) -> None:
        with app.app_context(), clock.fixed(TODAY):
            gate.wait()
            try:
                answers[number] = press()
            except (Refused, Missing) as refused:
                answers[number] = refused

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(presses)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def won(answers) -> int:
    return sum(1 for answer in answers if getattr(answer, "done", None))


@pytest.mark.parametrize("_round", range(5))
def test_one_of_eight_wins_the_same_step(app, cast, _round):
    case, actor = cast.case(cast.doctor, A.PENDING_UNIT), cast.clerk.actor
    version = get(Application, case).version

    def press():
        return perform(APPLICATION["unit_pass"], [case], actor, seen={case: version})

    answers = at_once(app, *[press] * PEOPLE)

    assert won(answers) == 1
    assert all(answer.skipped[0].stale or answer.skipped[0].why for answer in answers if not answer.done)
    row = get(Application, case)
    with open_session() as session:
        written = session.scalar(select(func.count()).select_from(Entry).where(Entry.case_id == case))
    assert (row.state, row.version, written) == (A.UNIT_PASSED, version + 1, 1)


@pytest.mark.parametrize("_round", range(5))
def test_recommend_against_withdraw_has_one_winner(app, cast, _round):
    case = cast.case(cast.doctor, A.PUBLICITY_PASSED)
    clerk, doctor, version = cast.clerk.actor, cast.doctor.actor, get(Application, case).version

    answers = at_once(
        app,
        *[lambda: perform(APPLICATION["recommend"], [case], clerk, seen={case: version})] * 3,
        *[lambda: perform(APPLICATION["withdraw"], [case], doctor, seen={case: version})] * 3,
    )

    assert won(answers) == 1
    assert get(Application, case).state in {A.PENDING_SUPERIOR, A.WITHDRAWN}


def test_eight_registrations_of_one_code_leave_one_pending(app, cast):
    first = cast.registration()
    code = get(Registration, first).credit_code
    drafts = [first, *(cast.registration(credit_code=code) for _number in range(PEOPLE - 1))]

    def press(number):
        actor = access.Actor(name="刘经办", registration_id=number)
        return lambda: perform(REGISTRATION["register"], [number], actor)

    answers = at_once(app, *map(press, drafts))

    assert won(answers) == 1
    with open_session() as session:
        states = session.scalars(select(Registration.state).where(Registration.credit_code == code)).all()
    assert sorted(states) == sorted(
        [RegistrationState.DRAFT] * (PEOPLE - 1) + [RegistrationState.PENDING_AGENCY]
    )


def test_two_submissions_of_one_year_leave_one(app, cast):
    cases = [cast.case(cast.doctor), cast.case(cast.doctor, plan_id=cast.strict_plan_id)]
    actor = cast.doctor.actor

    answers = at_once(
        app, *[lambda case=case: perform(APPLICATION["submit"], [case], actor) for case in cases]
    )

    assert won(answers) == 1
    assert sorted(get(Application, case).state for case in cases) == [A.DRAFT, A.PENDING_UNIT]


def test_numbers_taken_at_once_are_all_different(app, cast):
    cases = [cast.case(person, A.FORMAL_PASSED) for person in (cast.doctor, cast.nurse)]
    actor = cast.office.actor

    at_once(
        app, *[lambda case=case: perform(APPLICATION["committee_accept"], [case], actor) for case in cases]
    )

    numbers = {get(Application, case).accept_no for case in cases}
    assert len(numbers - {None}) == 2
