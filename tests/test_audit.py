"""One row per act, none changed, none lost: the audit and its chain."""

import hashlib
import threading
from datetime import timedelta

import pytest
from flask_migrate import upgrade
from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from app import audit, clock, create_app, settings
from app.db import db, open_session
from app.models import Audit, Publicity, audit_head
from app.states import ApplicationState as A
from app.workflow import APPLICATION, perform
from tests.cast import PASSWORD, TODAY, token
from tests.conftest import FAST


def rows(act: str | None = None) -> list[Audit]:
    with open_session() as session:
        wanted = select(Audit).order_by(Audit.id)
        return list(session.scalars(wanted.where(Audit.act == act) if act else wanted))


def verified() -> audit.Verified:
    with open_session() as session:
        return audit.verify(session)


def write(number: int = 1) -> None:
    with open_session() as session:
        audit.record(session, "甲", "test", {"number": number})
        session.commit()


@pytest.fixture
def unguarded(app):
    """A chain of six rows from which the triggers have been taken."""
    for number in range(6):
        write(number)
    sqlite = db.engine.dialect.name == "sqlite"
    with db.engine.connect() as connection:
        for name in ("audit_no_update", "audit_no_delete") if sqlite else ("audit_no_change ON audit",):
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
        connection.commit()
        yield connection


# ---- what is written ----------------------------------------------------------------------------------------------


def test_a_step_on_one_case_is_one_row(cast):
    case = cast.case(cast.doctor, A.PENDING_UNIT)

    cast.clerk.does("application", "unit_pass", case)

    (row,) = rows("application.unit_pass")
    assert (row.actor_id, row.actor_name) == (cast.clerk.user_id, "谭素芬")
    assert row.subject == f"application:{case}"
    assert row.details == {"count": 1, "ids": [case]}
    assert verified().broken_id is None


def test_a_batch_is_one_row(cast):
    cases = [cast.case(person, A.PENDING_UNIT) for person in (cast.doctor, cast.nurse)]

    cast.clerk.does("application", "unit_pass", *cases)

    (row,) = rows("application.unit_pass")
    assert (row.subject, row.details) == ("application", {"count": 2, "ids": sorted(cases)})


def test_of_many_cases_the_digest_of_the_ids_is_kept():
    numbers = list(range(1000, 0, -1))

    written = audit.ids(numbers)

    said = ",".join(map(str, sorted(numbers)))
    assert written == {"count": 1000, "ids_sha256": hashlib.sha256(said.encode()).hexdigest()}


def test_what_follows_a_step_stands_in_its_row(cast):
    case = cast.case(cast.doctor, A.UNIT_PASSED)
    sheet = {"starts_on": TODAY, "days": 5, "contact": "谭素芬", "telephone": "0731-87880000"}
    cast.clerk.does("application", "start_publicity", case, **sheet)
    with open_session() as session:
        publicity = session.scalar(select(Publicity.id))
    before = len(rows())

    with clock.fixed(clock.now() + timedelta(days=14)):
        cast.clerk.does("publicity", "save_result", publicity)

    (row,) = rows()[before:]
    assert row.act == "publicity.save_result"
    assert row.details["followed"] == [{"act": "application.publicity_pass", "count": 1, "ids": [case]}]


def test_a_refused_step_writes_nothing_and_leaves_no_gap(cast):
    case = cast.case(cast.doctor, A.PENDING_UNIT)
    before = len(rows())

    assert perform(APPLICATION["unit_pass"], [case], cast.clerk.actor, seen={case: 99}).skipped

    assert len(rows()) == before


def test_a_row_that_is_rolled_back_leaves_no_gap(app):
    with open_session() as session:
        audit.record(session, "甲", "test", {})
        session.rollback()
    write()

    assert [row.id for row in rows()] == list(range(1, len(rows()) + 1))
    assert verified().broken_id is None


def test_sign_in_failure_lock_and_sign_out_are_written_without_what_was_typed(app, cast):
    start = len(rows())

    def try_(username, password):
        client = app.test_client()
        client.post(
            "/login/",
            data={"username": username, "password": password, "csrf_token": token(client, "/login/")},
        )
        return client

    client = try_("yiyuan", PASSWORD)
    client.post("/logout/", data={"csrf_token": token(client, "/password/")})
    try_(cast.doctor.id_number, "wrong-one")
    try_("430124198503019999", "wrong-one")
    for _time in range(5):
        try_("wjj", "wrong-one")

    written = [(row.act, row.actor_id) for row in rows()[start:]]
    assert written[:4] == [
        ("sign_in", cast.clerk.user_id),
        ("sign_out", cast.clerk.user_id),
        ("sign_in_failed", cast.doctor.user_id),
        ("sign_in_failed", None),
    ]
    assert sorted(written[4:]) == sorted(
        [("sign_in_failed", cast.superior.user_id)] * 5 + [("sign_in_locked", cast.superior.user_id)]
    )
    said = str([(row.details, row.actor_name, row.subject) for row in rows()])
    assert not [
        typed for typed in (cast.doctor.id_number, "430124198503019999", "wrong-one") if typed in said
    ]


def test_a_changed_setting_is_written_whoever_changes_it(app):
    for value in (30, 30, 45):
        with open_session() as session:
            settings.put(session, settings.WAIT_MINUTES, value)
            session.commit()

    assert [row.details for row in rows("setting")] == [
        {"registration.wait_minutes": "30"},
        {"registration.wait_minutes": "45"},
    ]


def test_a_setting_that_is_rolled_back_is_not_written(app):
    with open_session() as session:
        settings.put(session, settings.WAIT_MINUTES, 30)
        session.flush()
        session.rollback()
        settings.get(session, settings.WAIT_MINUTES)
        session.commit()

    assert rows("setting") == []


# ---- append-only --------------------------------------------------------------------------------------------------

CHANGES = {
    "update": "UPDATE audit SET act = 'nothing' WHERE id = 1",
    "delete": "DELETE FROM audit WHERE id = 1",
    "truncate": "TRUNCATE audit",
    "replace": (
        "INSERT OR REPLACE INTO audit (id, at, actor_name, act, subject, details, previous, digest)"
        " SELECT id, at, 'x', act, subject, details, previous, digest FROM audit WHERE id = 1"
    ),
    "upsert": (
        "INSERT INTO audit (id, at, actor_name, act, subject, details, previous, digest)"
        " SELECT id, at, 'x', act, subject, details, previous, digest FROM audit WHERE id = 1"
        " ON CONFLICT (id) DO UPDATE SET actor_name = excluded.actor_name"
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_is_written_is_not_changed(app, change):
    dialect = db.engine.dialect.name
    if (change, dialect) in {("truncate", "sqlite"), ("replace", "postgresql")}:
        pytest.skip("the database has no such statement")
    write()
    before = verified()

    with pytest.raises(DBAPIError), db.engine.begin() as connection:
        connection.execute(text(CHANGES[change]))

    assert verified() == before


def test_initialising_again_puts_lost_triggers_back(unguarded):
    unguarded.commit()
    from app import setup

    setup.initialise()

    with pytest.raises(DBAPIError), db.engine.begin() as connection:
        connection.execute(text(CHANGES["delete"]))


# ---- the chain ----------------------------------------------------------------------------------------------------


def test_an_untouched_chain_is_whole(unguarded):
    unguarded.commit()

    found = verified()

    assert (found.rows, found.broken_id) == (len(rows()), None)
    assert found.digest == rows()[-1].digest


@pytest.mark.parametrize(
    "column", ["at", "actor_name", "actor_id", "act", "subject", "details", "previous", "digest"]
)
def test_an_altered_row_is_named(unguarded, cast, column):
    other = {
        "at": clock.at(TODAY, 8),
        "actor_id": cast.clerk.user_id,
        "details": {"number": 77},
        "previous": "f" * 64,
        "digest": "e" * 64,
    }
    unguarded.execute(update(Audit).where(Audit.id == 3).values({column: other.get(column, "其他")}))
    unguarded.commit()

    assert verified().broken_id == 3


def test_a_deleted_row_is_missed(unguarded):
    unguarded.execute(delete(Audit).where(Audit.id == 3))
    unguarded.commit()

    found = verified()

    assert (found.broken_id, found.why) == (4, "第 3 行到第 3 行不见了")


def test_the_last_row_is_missed_too(unguarded):
    last = len(rows())
    unguarded.execute(delete(Audit).where(Audit.id == last))
    unguarded.commit()

    found = verified()

    assert (found.broken_id, found.why) == (last, f"第 {last} 行到第 {last} 行不见了")


def test_two_rows_in_each_others_place_are_found(unguarded):
    for old, new in ((3, 1003), (4, 3), (1003, 4)):
        unguarded.execute(update(Audit).where(Audit.id == old).values(id=new))
    unguarded.commit()

    assert verified().broken_id == 3


def test_a_row_slipped_in_is_found(unguarded):
    values = {
        "at": clock.now(),
        "actor_id": None,
        "actor_name": "甲",
        "act": "test",
        "subject": "",
        "details": {},
    }
    row = values | {"id": len(rows()) + 1, "previous": rows()[-1].digest}
    unguarded.execute(insert(Audit).values(row | {"digest": audit.digest_of(row)}))
    unguarded.commit()

    assert verified().broken_id == len(rows())


def test_a_row_replaced_with_a_fitting_digest_breaks_the_next(unguarded):
    third = rows()[2]
    row = {name: getattr(third, name) for name in (*audit.FIELDS, "at")} | {"actor_name": "乙"}
    unguarded.execute(update(Audit).where(Audit.id == 3).values(actor_name="乙", digest=audit.digest_of(row)))
    unguarded.commit()

    assert verified().broken_id == 4


def test_a_chain_without_its_head_is_found(unguarded):
    unguarded.execute(delete(audit_head))
    unguarded.commit()

    assert verified().broken_id == len(rows()) + 1


PEOPLE, EACH = 8, 40


def test_many_at_once_do_not_fork_the_chain(app):
    before, gate, failed = len(rows()), threading.Barrier(PEOPLE), []

    def run(person: int) -> None:
        with app.app_context(), clock.fixed(TODAY):
            gate.wait()
            try:
                for number in range(EACH):
                    write(person * 100 + number)
            except Exception as error:  # noqa: BLE001 - a thread tells the test
                failed.append(error)

    threads = [threading.Thread(target=run, args=(person,)) for person in range(PEOPLE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failed == []
    written = rows()
    forks = len(written) - len({row.previous for row in written})
    assert (len(written) - before, forks, verified().broken_id) == (PEOPLE * EACH, 0, None)


# ---- the command --------------------------------------------------------------------------------------------------


def test_the_command_says_that_all_is_well(app):
    write()

    done = app.test_cli_runner().invoke(args=["audit", "verify"])

    assert done.exit_code == 0, done.output
    assert f"共 {len(rows())} 行" in done.output
    assert rows()[-1].digest in done.output


def test_the_command_names_the_first_broken_row(app, unguarded):
    unguarded.execute(update(Audit).where(Audit.id.in_((3, 5))).values(act="other"))
    unguarded.commit()

    done = app.test_cli_runner().invoke(args=["audit", "verify"])

    assert done.exit_code == 1
    assert "第 3 行" in done.output


def test_rows_from_before_the_chain_are_taken_over(world, request, tmp_path):
    url = f"sqlite:///{tmp_path / 'old.sqlite'}"
    if db_is_postgresql(world):
        url = request.getfixturevalue("server").fresh()
    old = create_app(FAST | {"DATABASE_URL": url})
    with old.app_context(), clock.fixed(TODAY):
        upgrade(revision="0001")
        old_row = text(
            "INSERT INTO audit (id, at, actor_name, act, details)"
            " VALUES (:id, '2026-09-07 01:00:00.000000', '甲', 'export_reviews', :details)"
        )
        with db.engine.begin() as connection:
            connection.execute(old_row, [{"id": id_, "details": f'{{"rows": {id_}}}'} for id_ in (2, 5)])
        upgrade()

        assert [(row.id, row.details) for row in rows()] == [(1, {"rows": 2}), (2, {"rows": 5})]
        write()
        assert verified().rows == 3
        assert verified().broken_id is None
        db.session.remove()
        db.engine.dispose()


def db_is_postgresql(world) -> bool:
    return not world.app.config["SQLALCHEMY_DATABASE_URI"].startswith("sqlite")
