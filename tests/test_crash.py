"""SIGKILL at every event of every kind of step and of uploads: as before or as after, and nothing acknowledged lost.

`make test` kills two acts on SQLite, `make test-long` all of them on both databases. The faults planted below are
what such a test is for, and each is found.
"""

import io
from datetime import date

import pytest
from sqlalchemy import insert, select

from app import access, applications, clock, files, process, registrations
from app.db import db, open_session
from app.models import Attachment, Publicity, Relation
from app.states import ApplicationState as A
from app.states import Material, PlanState, RelationState
from app.workflow import PROCESSES, perform
from tests import crash
from tests.cast import TODAY
from tests.test_chain import SHEET, arrange
from tests.test_files import pdf
from tests.test_plans import draft

AFTER_PUBLICITY, AFTER_CLOSING, AFTER_RESULT = date(2026, 9, 14), date(2026, 9, 21), date(2026, 9, 29)


def press(who, process, step, case, day=TODAY, **answers):
    """A press of one person, judged beforehand to be who they are, so that the child does the step and nothing else."""
    actor = who if isinstance(who, access.Actor) else who.actor

    def done():
        with clock.fixed(day):
            performed = perform(PROCESSES[process][step], [case], actor, note="意见", answers=answers)
        assert not performed.skipped, performed.skipped[0].why

    return done


def sheet():
    with open_session() as session:
        return session.scalar(select(Publicity.id).order_by(Publicity.id.desc()))


def register(cast):
    number = cast.registration()
    return press(access.Actor(name="刘经办", registration_id=number), "registration", "register", number)


def approve(cast):
    number = cast.registration()
    registrant = access.Actor(name="刘经办", registration_id=number)
    press(registrant, "registration", "register", number)()
    return press(cast.bureau, "registration", "approve", number, superior_id=cast.health)


def accept_relation(cast):
    with open_session() as session:
        made = insert(Relation).values(
            child_id=cast.hospital,
            parent_id=cast.far_health,
            state=RelationState.REQUESTED,
            version=1,
            created_at=clock.now(),
        )
        asked = session.execute(made.returning(Relation.id)).scalar_one()
        old = session.scalar(select(Relation.id).where(Relation.child_id == cast.hospital))
        session.commit()
    cast.superior.does("relation", "end", old)
    return press(cast.far_superior, "relation", "accept", asked)


def submit_plan(cast):
    return press(cast.office, "plan", "submit", draft(cast))


def publish_plan(cast):
    return press(cast.office, "plan", "publish", draft(cast, PlanState.APPROVED))


def application(who, step, state, **answers):
    """An act on the application of the doctor, by somebody of the cast."""
    return lambda cast: press(
        getattr(cast, who), "application", step, cast.case(cast.doctor, state), **answers
    )


def publicised(cast):
    """A publicity of two, both of whom the result moves."""
    both = [cast.case(person, A.UNIT_PASSED) for person in (cast.doctor, cast.nurse)]
    cast.clerk.does("application", "start_publicity", *both, **SHEET)
    return sheet(), both


def save_result(cast):
    number, both = publicised(cast)
    return press(cast.clerk, "publicity", "save_result", number, AFTER_PUBLICITY, failed=both[:1])


def cancel_publicity(cast):
    number, _both = publicised(cast)
    return press(cast.clerk, "publicity", "cancel", number)


#: A meeting as its office takes it on; `meeting(n)` stands before the n-th.
MEETING = ("open", "record_votes", "announce", "start_publicity")


def meeting(step):
    def prepare(cast):
        with clock.fixed(AFTER_CLOSING):
            number, outcome = arrange(cast, cast.case(cast.doctor, A.ACCEPTED))
            answers = {
                "open": {"present": 13},
                "record_votes": {"votes": {outcome: (1, 8, 3, 1)}},
                "announce": {"announcer": "罗正明"},
                "start_publicity": SHEET | {"starts_on": AFTER_CLOSING},
            }
            for earlier in MEETING[: MEETING.index(step) if step in MEETING else None]:
                cast.office.does("meeting", earlier, number, **answers[earlier])
        if step in MEETING:
            return press(cast.office, "meeting", step, number, AFTER_CLOSING, **answers[step])
        saved = press(cast.office, "publicity", "save_result", sheet(), AFTER_RESULT)
        if step == "save_result":
            return saved
        saved()
        return press(
            cast.city_bureau, "meeting", "file", number, AFTER_RESULT, filing_no="长人社备〔2026〕12 号"
        )

    return prepare


def upload(cast, number=1):
    return [files.save(io.BytesIO(pdf(b"%% number %d\n" % number)), f"{number}.pdf")]


def replace_material(cast):
    """An upload in the place of another one, whose file is taken away in the end."""
    case, actor = cast.case(cast.doctor), cast.doctor.actor
    applications.attach(actor, case, Material.OTHER, upload(cast), replace=True)
    return lambda: applications.attach(actor, case, Material.OTHER, upload(cast, 2), replace=True)


def replace_annex(cast):
    number = cast.registration()
    registrations.attach(number, Material.CERTIFICATE, *upload(cast))
    return lambda: registrations.attach(number, Material.CERTIFICATE, *upload(cast, 2))


def detach_material(cast):
    case, actor = cast.case(cast.doctor), cast.doctor.actor
    applications.attach(actor, case, Material.OTHER, upload(cast), replace=False)
    with open_session() as session:
        number = session.scalar(select(Attachment.id).order_by(Attachment.id.desc()))
    return lambda: applications.detach(actor, case, number)


ACTS = {
    "register": register,
    "approve": approve,
    "accept_relation": accept_relation,
    "submit_plan": submit_plan,
    "publish_plan": publish_plan,
    "submit": application("doctor", "submit", A.DRAFT),
    "withdraw": application("doctor", "withdraw", A.PENDING_UNIT),
    "unit_pass": application("clerk", "unit_pass", A.PENDING_UNIT),
    "unit_return": application("clerk", "unit_return", A.PENDING_UNIT),
    "start_publicity": application("clerk", "start_publicity", A.UNIT_PASSED, **SHEET),
    "save_result": save_result,
    "cancel_publicity": cancel_publicity,
    "recommend": application("clerk", "recommend", A.PUBLICITY_PASSED),
    "superior_pass": application("superior", "superior_pass", A.PENDING_SUPERIOR),
    "formal_pass": application("bureau", "formal_pass", A.PENDING_FORMAL),
    "committee_accept": application("office", "committee_accept", A.FORMAL_PASSED),
    "meeting_open": meeting("open"),
    "meeting_record_votes": meeting("record_votes"),
    "meeting_announce": meeting("announce"),
    "meeting_start_publicity": meeting("start_publicity"),
    "meeting_save_result": meeting("save_result"),
    "meeting_file": meeting("file"),
    "replace_material": replace_material,
    "replace_annex": replace_annex,
    "detach_material": detach_material,
}
SOON = ("recommend", "replace_material")


def is_whole(world, name):
    found = crash.every_point(world, name, ACTS[name])
    print(f"\n{db.engine.dialect.name} {found}")  # noqa: T201 - the counts are the result
    assert found.faults == []
    assert found.before > found.after >= 1


@pytest.mark.parametrize("world", ["sqlite"], indirect=True)
@pytest.mark.parametrize("name", SOON)
def test_killed_at_each_event_it_is_as_before_or_as_after(world, app, name):
    is_whole(world, name)


@pytest.mark.long
@pytest.mark.parametrize("name", ACTS)
def test_killed_at_each_event_on_both_databases(world, app, name):
    is_whole(world, name)


# ---- faults that must be found ------------------------------------------------------------------------------------


def two_commits():
    """The state is committed before the rest is written."""
    real = process._finish

    def late(act):
        act.session.commit()
        real(act)

    process._finish = late


def without_a_commit():
    """What was done is told and never kept."""
    process.Session.commit = process.open_session().__class__.commit = lambda self: self.flush()


def audit_apart():
    """The audit is written in a transaction of its own, afterwards."""
    real = process._write_down

    def apart(act):
        act.session.commit()
        real(act)

    process._write_down = apart


def row_first():
    """The row is committed before the file is written."""
    kept, write, attach = [], files._write, applications.attach
    files._write = lambda key, content: kept.append((key, content))

    def attached(*args, **kwargs):
        attach(*args, **kwargs)
        write(*kept.pop())

    applications.attach = attached


def old_file_first():
    """The file that gives way is taken away before the commit."""
    real = applications._check_room

    def early(session, application_id, more):
        with open_session() as other:
            rows = other.scalars(select(Attachment.key).where(Attachment.application_id == application_id))
            for key in rows.all():
                if files.KEY.fullmatch(key):
                    files.remove(key)
        real(session, application_id, more)

    applications._check_room = early


def planted(fault, name, *words, long=True):
    return pytest.param(fault, name, words, marks=[pytest.mark.long] if long else [], id=fault.__name__)


@pytest.mark.parametrize("world", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("plant", "name", "words"),
    [
        planted(two_commits, "unit_pass", "application as after", "entry as before", long=False),
        planted(audit_apart, "unit_pass", "application as after", "audit as before"),
        planted(without_a_commit, "unit_pass", "lost after it was acknowledged"),
        planted(row_first, "replace_material", "a row without a file", long=False),
        planted(old_file_first, "replace_material", "a row without a file"),
    ],
)
def test_a_planted_fault_is_found(world, app, plant, name, words):
    found = crash.every_point(world, name, ACTS[name], plant)

    print(f"\n{plant.__name__}: {found}: {found.faults[:1]}")  # noqa: T201 - as above
    assert any(all(word in fault for word in words) for fault in found.faults), found.faults
