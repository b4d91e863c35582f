"""A thousand rounds of eight: one winner a round, one entry, one row in the audit, and the losers are told (security R2).

The same eight threads and their connections serve all rounds; the cases are inserted in bulk. `RACES` sets the rounds.
"""

import os
import random
import threading
import time
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import func, insert, select, text

from app import accounts, audit, clock, identity, invariants, people, process
from app.db import db, open_session
from app.models import Account, Applicant, Application, Audit, Entry, Routing
from app.process import Missing
from app.states import ApplicationState as A
from app.workflow import APPLICATION, Refused, perform
from tests.cast import TODAY, get

ROUNDS = int(os.environ.get("RACES", "200"))
PEOPLE = 8
#: Seconds that one round may take before the test gives up.
PATIENCE = 60
HEAD_START = 0.03


def _columns(row):
    return {column.name: getattr(row, column.key) for column in type(row).__table__.columns}


def _numbers(n):
    """An ID number and a phone of nobody; a thousand people are born on a day."""
    born = date(1984, 3, 1) + timedelta(days=n // 1000)
    return identity.make_id_number("430124", born, n % 1000), f"139{n:08d}"


def many(cast, state, number):
    """Applications in `state`, of as many new people; gives ids, versions and actors of the persons."""
    like = get(Application, cast.case(cast.doctor, state))
    person = get(Applicant, cast.doctor.applicant_id)
    numbers = [_numbers(n) for n in range(number)]
    logins = [accounts.login_values(f"many{n}", "陈雅琴", cast._hash) for n in range(number)]
    with open_session() as session:
        session.execute(insert(Account), logins)
        found = select(Account.id).where(Account.username.like("many%")).order_by(Account.id)
        users = session.scalars(found).all()
        rows = [
            _columns(person) | people.applicant("陈雅琴", *pair) | {"user_id": user}
            for user, pair in zip(users, numbers, strict=True)
        ]
        for row in rows:
            del row["id"]
        session.execute(insert(Applicant), rows)
        mine = session.execute(
            select(Applicant.id, Applicant.id_number_index, Applicant.id_number_mask, Applicant.phone_mask)
            .where(Applicant.user_id.in_(users))
            .order_by(Applicant.user_id)
        ).all()
        cases = []
        for who in mine:
            row = _columns(like) | who._asdict() | {"applicant_id": who.id}
            del row["id"]
            cases.append(row)
        session.execute(insert(Application), cases)
        ids = session.scalars(
            select(Application.id)
            .join(Applicant, Applicant.id == Application.applicant_id)
            .where(Applicant.user_id.in_(users))
            .order_by(Applicant.user_id)
        ).all()
        routed = [
            {"process": "application", "case_id": case, "unit_id": cast.hospital, "since": clock.now()}
            for case in ids
        ]
        session.execute(insert(Routing), routed)
        session.commit()
    of = cast.doctor.actor
    actors = [
        replace(of, user_id=user, applicant_id=who.id, id_number_index=who.id_number_index)
        for user, who in zip(users, mine, strict=True)
    ]
    return ids, like.version, actors


def race(app, presses, rounds):
    """Let each of the presses, called with the number of the round, run in its thread, all released together."""
    gate = threading.Barrier(len(presses))
    answers = [[None] * len(presses) for _round in range(rounds)]

    def run(place, press):
        with app.app_context(), clock.fixed(TODAY):
            for number in range(rounds):
                gate.wait(PATIENCE)
                try:
                    answers[number][place] = press(number)
                except (Refused, Missing) as refused:
                    answers[number][place] = refused
                except Exception as error:  # noqa: BLE001 - counted, and the next round goes on
                    answers[number][place] = error

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(presses)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def counted(answers, ids, version):
    """Count what came of the rounds; anything but winners and people who were told is a fault."""
    found = Counter()
    for answer in (answer for answers_of_round in answers for answer in answers_of_round):
        if isinstance(answer, (Refused, Missing)):
            found[type(answer).__name__.lower()] += 1
        elif isinstance(answer, BaseException) or answer is None:
            found[f"error {answer!r:.120}"] += 1
        elif answer.done:
            found[f"won {answer.step.name}"] += 1
        else:
            found["told" if answer.skipped[0].why else "left without a word"] += 1
    winners = [sum(1 for it in row if getattr(it, "done", None)) for row in answers]
    found["rounds with one winner"] = winners.count(1)
    with open_session() as session:
        versions = session.scalars(select(Application.version).where(Application.id.in_(ids))).all()
        written = session.execute(
            select(Entry.case_id, func.count())
            .where(Entry.process == "application", Entry.case_id.in_(ids))
            .group_by(Entry.case_id)
        ).all()
        found["one version more"] = versions.count(version + 1)
        found["one entry"] = sum(1 for _case, entries in written if entries == 1)
        found["rows in the audit"] = session.scalar(
            select(func.count()).where(
                Audit.act.like("application.%"), Audit.subject.in_([f"application:{it}" for it in ids])
            )
        )
        found["broken invariants"] = len(invariants.run(session))
        found["broken audit"] = int(audit.verify(session).broken_id is not None)
    return found


RACES = {
    "unit_pass": (A.PENDING_UNIT, ("unit_pass",)),
    "recommend against withdraw": (A.PUBLICITY_PASSED, ("recommend", "withdraw")),
    "unit_pass against withdraw": (A.PENDING_UNIT, ("unit_pass", "withdraw")),
}


def run_race(app, cast, name, rounds):
    state, steps = RACES[name]
    ids, version, actors = many(cast, state, rounds)
    clerk, began = cast.clerk.actor, time.monotonic()

    def press(place):
        step = steps[place % len(steps)]

        def taken(number):
            if (
                step == "withdraw"
            ):  # judged faster than what it races: a head start for the others, or it always wins
                time.sleep(random.uniform(0, HEAD_START))  # noqa: S311 - no secret
            actor = actors[number] if step == "withdraw" else clerk
            return perform(APPLICATION[step], [ids[number]], actor, seen={ids[number]: version})

        return taken

    answers = race(app, [press(place) for place in range(PEOPLE)], rounds)
    seconds, found = time.monotonic() - began, counted(answers, ids, version)
    print(f"\n{db.engine.dialect.name}, {name}: {rounds} rounds, {seconds:.0f} s, {dict(found)}")  # noqa: T201 - the counts are the result
    return found


def without_faults(found, rounds):
    winners = sum(count for name, count in found.items() if name.startswith("won "))
    losers = sum(found[name] for name in ("told", "refused", "missing"))
    of_each = [
        found[name]
        for name in ("rounds with one winner", "one version more", "one entry", "rows in the audit")
    ]
    broken = found["broken invariants"], found["broken audit"]
    return [winners, losers, *of_each, *broken] == [rounds, rounds * (PEOPLE - 1), *[rounds] * 4, 0, 0]


@pytest.mark.long
@pytest.mark.parametrize("name", RACES)
def test_each_of_a_thousand_rounds_has_one_winner(app, cast, name):
    found = run_race(app, cast, name, ROUNDS)

    assert without_faults(found, ROUNDS), found


@pytest.mark.long
def test_a_step_that_does_not_compare_is_found(app, cast, monkeypatch):
    """The fault: what was read a moment ago is written over, whatever it is by now."""

    def write(act, fit):
        act.cases, before = fit, act.memo("before", dict)
        for row in fit:
            before[row.id] = row.state
            act.session.expunge(row)
            values = process._changes(act, row)
            change = text("UPDATE application SET state = :state, version = version + 1 WHERE id = :id")
            act.session.execute(change, {"state": values["state"].value, "id": row.id})
            row.state = values["state"]
        return fit

    monkeypatch.setattr(process, "_write", write)
    rounds = 30

    found = run_race(app, cast, "unit_pass", rounds)

    assert not without_faults(found, rounds)
    assert found["won unit_pass"] > rounds
