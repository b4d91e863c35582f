"""Workers killed at random while they work: what they acknowledged is there, nothing is torn (security R4).

Four processes submit and withdraw, hand in and recall, and upload, as fast as they can, some on the same case. One
after the other is killed and begun anew; from time to time all of them, and everything is looked at. `KILLS` sets how
many. An acknowledgement is a line appended to a file with one write, which a SIGKILL does not take back.
"""

import io
import os
import random
import time
from collections import Counter
from dataclasses import dataclass, field

import pytest
from sqlalchemy import func, select, text

from app import files, process, registrations
from app.db import db, open_session
from app.models import Application, Attachment, Audit, Entry, Plan
from app.process import Missing
from app.states import Material
from app.workflow import PROCESSES, Refused, perform
from tests import crash
from tests.cast import get
from tests.test_files import pdf
from tests.test_plans import draft

KILLS = int(os.environ.get("KILLS", "60"))
#: After so many kills all workers are killed, and everything is looked at.
LOOK = 10
MODELS = {"application": Application, "plan": Plan}


@dataclass
class Work:
    """What the workers do, and where they say so."""

    log: str
    toggles: list
    registration: int
    start: dict = field(default_factory=dict)

    def say(self, *words):
        handle = os.open(self.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(handle, (" ".join(map(str, words)) + "\n").encode())
        os.close(handle)

    def said(self):
        if not os.path.exists(self.log):  # noqa: PTH110 - as it was written
            return []
        with open(self.log) as lines:  # noqa: PTH123 - as it was written
            return [line.split() for line in lines]

    def toggle(self, name, case, actor, there, back):
        """Take a step and the one that undoes it, again and again; another worker may be faster."""
        number = 0
        while True:
            step = PROCESSES[name][(there, back)[number % 2]]
            number += 1
            try:
                performed = perform(step, [case], actor, note="意见")
            except (Refused, Missing):
                continue
            for row in performed.done:
                self.say("done", name, case, row.version, step.name)

    def upload(self):
        """Put one file after the other into the same slot."""
        while True:
            stored = files.save(io.BytesIO(pdf(os.urandom(20_000))), "附件.pdf")
            self.say("tried", stored.key)
            registrations.attach(self.registration, Material.CERTIFICATE, stored)
            self.say("kept", stored.key)

    def worker(self, place):
        """Give what the worker with this number does in its process."""
        if place == len(self.toggles):
            return lambda _pipe: self.upload()
        return lambda _pipe: self.toggle(*self.toggles[place])


@pytest.fixture
def work(app, cast, tmp_path):
    shared, own, plan = cast.case(cast.doctor), cast.case(cast.nurse), draft(cast)
    doctor = ("application", shared, cast.doctor.actor, "submit", "withdraw")
    toggles = [doctor, doctor, ("application", own, cast.nurse.actor, "submit", "withdraw")]
    toggles.append(("plan", plan, cast.office.actor, "submit", "recall"))
    found = Work(str(tmp_path / "said.txt"), toggles, cast.registration())
    found.start = {(name, case): get(MODELS[name], case).version for name, case, *_more in toggles}
    return found


def settled():
    """Wait until PostgreSQL has noticed that its clients are gone."""
    if db.engine.dialect.name != "postgresql":
        return
    others = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    for _try in range(200):
        with db.engine.connect() as connection:
            if not connection.scalar(others):
                return
        time.sleep(0.05)
    raise AssertionError("connections of the dead are still open")


def faults(work):
    """Say what is broken or lost."""
    settled()
    found, said = crash.unsound(), work.said()
    done = [words[1:] for words in said if words[0] == "done"]
    with open_session() as session:
        for (name, case), version in work.start.items():
            row = session.get(MODELS[name], case)
            steps = session.scalars(
                select(Entry.step).where(Entry.process == name, Entry.case_id == case).order_by(Entry.id)
            ).all()
            audited = session.scalar(
                select(func.count()).select_from(Audit).where(Audit.subject == f"{name}:{case}")
            )
            if not row.version - version == len(steps) == audited:
                found.append(
                    f"torn: {name} {case}: version {row.version}, {len(steps)} entries, {audited} audited"
                )
            lost = [
                words
                for words in done
                if words[:2] == [name, str(case)]
                and (number := int(words[2]) - version) > 0
                and steps[number - 1 : number] != [words[3]]
            ]
            found += [f"lost: {words}" for words in lost]
        key = session.scalar(
            select(Attachment.key).where(
                Attachment.registration_id == work.registration, Attachment.material == Material.CERTIFICATE
            )
        )
    uploads = [words for words in said if words[0] in ("tried", "kept")]
    last = max((place for place, words in enumerate(uploads) if words[0] == "kept"), default=None)
    if last is not None and key not in {words[1] for words in uploads[last:]}:
        found.append(f"lost: the file {uploads[last][1]}")
    return found


def hammer(work, kills, plant=None):
    """Kill workers at random, and look at everything every so often; gives what was found."""
    began, found, seconds = time.monotonic(), [], random.Random(7)  # noqa: S311 - no secret

    def spawn(place):
        def begin(pipe):
            if plant:
                plant()
            work.worker(place)(pipe)

        return crash.spawn(begin)

    def kill(one):
        child, pipe = one
        os.kill(child, crash.signal.SIGKILL)
        os.waitpid(child, 0)
        with os.fdopen(pipe) as said:
            words = said.read()
        found.extend([words[-1500:]] if words else [])

    done = 0
    while done < kills and not (plant and found):
        workers = [spawn(place) for place in range(len(work.toggles) + 1)]
        while done % LOOK < LOOK - len(workers):
            time.sleep(seconds.uniform(0.05, 0.7))
            place = seconds.randrange(len(workers))
            kill(workers[place])
            workers[place] = spawn(place)
            done += 1
        time.sleep(seconds.uniform(0.05, 0.7))
        for worker in workers:
            kill(worker)
            done += 1
        found += faults(work)
    counts = Counter(words[0] for words in work.said())
    print(  # noqa: T201 - the counts are the result
        f"\n{db.engine.dialect.name}: {done} kills, {counts['done']} steps and {counts['kept']} uploads acknowledged,"
        f" {len(found)} faults, {time.monotonic() - began:.0f} s"
    )
    return found


@pytest.mark.long
def test_workers_killed_at_random_lose_nothing(work):
    assert hammer(work, KILLS) == []
    assert len(work.said()) > KILLS


def two_commits():
    """The state is committed before the rest is written."""
    real = process._finish

    def late(act):
        act.session.commit()
        real(act)

    process._finish = late


@pytest.mark.long
def test_two_commits_are_found_by_random_kills(work):
    assert any("torn" in fault for fault in hammer(work, KILLS, two_commits))
