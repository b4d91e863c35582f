"""The same press sent eight times at once, by an impatient finger or a browser that tries again: one effect (T31).

Whoever was too late gets a page that says so: never an error, never an empty answer.
"""

import threading

import pytest
from sqlalchemy import func, select, text

from app import clock, process
from app.db import db, open_session
from app.models import Application, Audit, Entry, Meeting, Notice, Plan, Publicity
from app.states import ApplicationState as A
from tests import test_meetings, test_plans, test_publicities
from tests.cast import TODAY, get, token
from tests.test_console_steps import fields

TIMES = 8


def eight_times(client, page, data):
    """Post the same form eight times, all released together, as one browser; gives the answers."""
    app, gate, answers = client.application, threading.Barrier(TIMES), [None] * TIMES
    name = app.config["SESSION_COOKIE_NAME"]
    cookie = client.get_cookie(name).value

    def run(place):
        with app.app_context(), clock.fixed(TODAY):
            again = app.test_client()
            again.set_cookie(name, cookie)
            gate.wait(60)
            answers[place] = again.post(page, data=data)

    threads = [threading.Thread(target=run, args=[place]) for place in range(TIMES)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def sensible(answers, done=1):
    """Whether so many were sent on, and every other one was told in a page what became of it."""
    sent_on = [answer for answer in answers if answer.status_code == 302]
    told = [answer for answer in answers if answer.status_code in (409, 422)]
    assert len(sent_on) == done, [answer.status for answer in answers]
    assert len(sent_on) + len(told) == TIMES, [answer.status for answer in answers]
    assert all("</html>" in answer.text for answer in told)
    return told


def count(model, *where):
    with open_session() as session:
        return session.scalar(select(func.count()).select_from(model).where(*where))


def confirm(client, step, case):
    """What the confirm page of an application's step sends when its button is pressed."""
    page = f"/do/application/{step}"
    return page, fields(client.get(f"{page}?row={case}").text) | {"row": case, "confirm": "1", "note": "意见"}


@pytest.mark.parametrize(
    ("who", "step", "start", "ends"),
    [
        ("doctor", "submit", A.DRAFT, A.PENDING_UNIT),
        ("clerk", "unit_pass", A.PENDING_UNIT, A.UNIT_PASSED),
        ("clerk", "recommend", A.PUBLICITY_PASSED, A.PENDING_SUPERIOR),
        ("office", "committee_accept", A.FORMAL_PASSED, A.ACCEPTED),
    ],
)
def test_one_confirmation_sent_eight_times_is_one_step(cast, who, step, start, ends):
    case, client = cast.case(cast.doctor, start), getattr(cast, who).client()
    version, numbered = get(Application, case).version, get(Plan, cast.plan_id).numbered

    told = sensible(eight_times(client, *confirm(client, step, case)))

    row = get(Application, case)
    assert (row.state, row.version) == (ends, version + 1)
    assert count(Entry, Entry.case_id == case) == 1
    assert count(Audit, Audit.act == f"application.{step}") == 1
    with open_session() as session:
        told_of = session.scalars(select(Notice.user_id).where(Notice.case_id == case)).all()
    assert len(told_of) == len(set(told_of))
    assert get(Plan, cast.plan_id).numbered == numbered + (step == "committee_accept")
    assert all("已于" in answer.text or "现在是" in answer.text or "轮到您" in answer.text for answer in told)


def test_a_publicity_begun_eight_times_is_one(cast):
    client, case = cast.clerk.client(), cast.case(cast.doctor, A.UNIT_PASSED)
    typed = test_publicities.FIELDS | {
        "row": [case],
        "confirm": "1",
        "csrf_token": token(client, test_publicities.NEW),
    }

    sensible(eight_times(client, test_publicities.NEW, typed))

    assert (count(Publicity), get(Application, case).state) == (1, A.IN_PUBLICITY)


def test_a_meeting_arranged_eight_times_is_one(cast):
    client, case = cast.office.client(), cast.case(cast.doctor, A.ACCEPTED)
    page = test_meetings.new(cast)
    typed = test_meetings.FIELDS | {"row": [case], "csrf_token": token(client, page)}

    sensible(eight_times(client, page, typed))

    assert count(Meeting) == 1


def test_a_plan_written_eight_times_is_one(cast):
    client, before = cast.office.client(), count(Plan)
    typed = test_plans.FIELDS | {"csrf_token": token(client, "/plans/add")}

    sensible(eight_times(client, "/plans/add", typed))

    assert count(Plan) == before + 1


def test_a_draft_saved_eight_times_is_one(cast):
    client = cast.doctor.client()
    page = f"/me/new/{cast.plan_id}"
    typed = {
        "title_id": str(cast.title_id),
        "specialty": "心血管内科",
        "way": "normal",
        "summary": "课题两项。",
    }
    typed |= {"committed": "y", "csrf_token": token(client, page)}

    answers = eight_times(client, page, typed)

    assert {answer.location for answer in answers} == {answers[0].location}
    assert count(Application) == 1


def test_a_step_that_takes_every_press_is_found(cast, monkeypatch):
    """The fault: neither the version is compared nor the state."""

    def write(act, fit):
        act.cases, before = fit, act.memo("before", dict)
        for row in fit:
            before[row.id] = row.state
            act.session.expunge(row)
            act.session.execute(
                text("UPDATE application SET state = 'unit_passed', version = version + 1 WHERE id = :id"),
                {"id": row.id},
            )
            row.state = A.UNIT_PASSED
        return fit

    monkeypatch.setattr(process, "_write", write)
    case, client = cast.case(cast.doctor, A.PENDING_UNIT), cast.clerk.client()

    answers = eight_times(client, *confirm(client, "unit_pass", case))

    assert sum(answer.status_code == 302 for answer in answers) > 1
    assert count(Entry, Entry.case_id == case) > 1
    db.session.remove()
