"""Every invariant holds for demo data, and every one is broken by a fault planted for it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app import clock, demo, invariants
from app.db import db, open_session
from tests import fresh
from tests.cast import TODAY
from tests.conftest import DATABASES


@dataclass(frozen=True)
class Fault:
    """SQL that makes one invariant false, and what must be lifted for it: indexes, checks, keys (table, name)."""

    sql: str
    indexes: tuple[str, ...] = ()
    checks: tuple[tuple[str, str], ...] = ()
    keys: tuple[tuple[str, str], ...] = ()


def entry_fault(process: str) -> Fault:
    return Fault(f"UPDATE entry SET to_state = 'zzz' WHERE process = '{process}'")  # noqa: S608 - one of six names


FAULTS = {
    "unit_path": Fault("UPDATE unit SET path = '/1/999/' WHERE id = (SELECT max(id) FROM unit)"),
    "relation_acyclic": Fault(
        "INSERT INTO relation (child_id, parent_id, state, version, created_at)"
        " SELECT parent_id, child_id, 'active', 1, created_at FROM relation WHERE state = 'active'"
        " AND parent_id NOT IN (SELECT child_id FROM relation WHERE state = 'active') LIMIT 1"
    ),
    "relation_depth": Fault(
        "WITH free AS (SELECT id, row_number() OVER (ORDER BY id) AS n FROM unit"
        " WHERE id NOT IN (SELECT child_id FROM relation WHERE state = 'active'))"
        " INSERT INTO relation (child_id, parent_id, state, version, created_at)"
        " SELECT a.id, b.id, 'active', 1, '2026-01-01' FROM free a JOIN free b ON b.n = a.n + 1 WHERE a.n <= 9"
    ),
    "relation_one_superior": Fault(
        "INSERT INTO relation (child_id, parent_id, state, version, created_at)"
        " SELECT child_id, 1, 'active', 1, created_at FROM relation WHERE state = 'active' AND parent_id <> 1",
        indexes=("uq_relation_active_child",),
    ),
    "relation_superior_function": Fault("DELETE FROM unit_function WHERE function = 'superior'"),
    "unit_reporting": Fault("UPDATE unit SET reporting = 'direct' WHERE reporting = 'superior'"),
    "bureau_one_per_region": Fault(
        "UPDATE unit SET region_code = '430000'"
        " WHERE id = (SELECT max(unit_id) FROM unit_function WHERE function = 'bureau')"
    ),
    "handler_both_businesses": Fault("DELETE FROM handler_business WHERE business = 'titles'"),
    "login_one_owner": Fault(
        "UPDATE applicant SET user_id = (SELECT min(user_id) FROM handler)"
        " WHERE id = (SELECT min(id) FROM applicant)"
    ),
    "registration_one_pending": Fault(
        "UPDATE registration SET credit_code = (SELECT min(credit_code) FROM registration WHERE state = 'pending_agency')"
        " WHERE state = 'pending_agency'",
        indexes=("uq_registration_pending",),
    ),
    "registration_handler": Fault("UPDATE handler SET active = false"),
    "registration_market": Fault(
        "UPDATE registration SET routed_business = 'titles' WHERE hr_market AND state = 'pending_agency'"
    ),
    "registration_reviewer": Fault(
        "UPDATE registration SET routed_to_id = (SELECT min(unit_id) FROM unit_function WHERE function = 'employer')"
        " WHERE state = 'pending_agency'"
    ),
    "registration_routing": Fault("DELETE FROM routing WHERE process = 'registration'"),
    "committee_functions": Fault("DELETE FROM unit_function WHERE function = 'committee_office'"),
    "plan_levels": Fault(
        "UPDATE plan SET levels = '2,3'"
        " WHERE committee_id = (SELECT min(id) FROM committee WHERE level = 'intermediate')"
    ),
    "plan_regions": Fault(
        "UPDATE plan_region SET region_code = '430200' WHERE plan_id IN (SELECT plan.id FROM plan"
        " JOIN committee_region r ON r.committee_id = plan.committee_id WHERE r.region_code = '430100')"
    ),
    "plan_validity": Fault("UPDATE committee SET valid_to = valid_from"),
    "plan_order": Fault("UPDATE plan SET review_from = '2020-01-01'"),
    "application_year": Fault(
        "UPDATE application SET year = 2001 WHERE id = (SELECT min(id) FROM application)"
    ),
    "application_one_a_year": Fault(
        "UPDATE application SET applicant_id = (SELECT min(applicant_id) FROM application WHERE state = 'confirmed')"
        " WHERE state = 'confirmed'",
        indexes=("uq_application_person_year",),
    ),
    "application_title": Fault(
        "UPDATE application SET title_id = (SELECT min(id) FROM title WHERE series_code = '27') WHERE state = 'accepted'"
    ),
    "application_region": Fault(
        "UPDATE unit SET region_code = '430600' WHERE substr(region_code, 1, 4) = '4301'"
    ),
    "application_frozen": Fault("UPDATE application SET unit_name = '' WHERE state = 'accepted'"),
    "accept_no_unique": Fault(
        "UPDATE application SET accept_no = '1' WHERE state = 'accepted'",
        keys=(("application", "application_accept_no_key"),),
    ),
    "plan_numbered": Fault("UPDATE plan SET numbered = 0"),
    "offline_before_submit": Fault("DELETE FROM offline_check"),
    "offline_before_formal": Fault("UPDATE offline_check SET result = 'fail'"),
    "application_not_own": Fault(
        "UPDATE handler SET id_number_index = (SELECT min(id_number_index) FROM application WHERE state = 'accepted')"
    ),
    "application_with_unit": Fault("UPDATE application SET holder_unit_id = 1 WHERE state = 'pending_unit'"),
    "application_at_stop": Fault("UPDATE application SET hop = 99 WHERE state = 'pending_formal'"),
    "application_at_office": Fault(
        "UPDATE application SET holder_unit_id = unit_id WHERE state = 'accepted'"
    ),
    "application_at_bureau": Fault(
        "UPDATE application SET holder_unit_id = unit_id WHERE state = 'result_publicity'"
    ),
    "application_routing": Fault("DELETE FROM routing WHERE process = 'application'"),
    "application_way": Fault("DELETE FROM route_hop WHERE stage = 'office'"),
    "application_resume": Fault("UPDATE application SET resume_state = 'accepted' WHERE state = 'returned'"),
    "application_shown": Fault("DELETE FROM publicity_entry"),
    "result_shown": Fault("UPDATE publicity_entry SET open = false"),
    "publicity_entry_open": Fault(
        "UPDATE application SET state = 'publicity_passed' WHERE state = 'in_publicity'"
    ),
    "outcome_person": Fault(
        "UPDATE application SET outcome_id = (SELECT min(id) FROM outcome WHERE result = 'fail')"
        " WHERE state = 'confirmed'"
    ),
    "outcome_there": Fault("UPDATE application SET outcome_id = NULL"),
    "in_review_in_session": Fault("UPDATE application SET state = 'in_review' WHERE state = 'accepted'"),
    "session_in_review": Fault("UPDATE application SET state = 'accepted' WHERE state = 'in_review'"),
    "publicity_days": Fault("UPDATE publicity SET ends_on = starts_on"),
    "publicity_has_people": Fault("UPDATE publicity_entry SET open = false"),
    "publicity_results": Fault("UPDATE publicity_entry SET result = NULL"),
    "publicity_saved_early": Fault("UPDATE publicity SET ends_on = '2030-01-01'"),
    "outcome_two_thirds": Fault(
        "UPDATE outcome SET result = 'fail' WHERE result = 'pass'",
        checks=(("outcome", "ck_outcome_two_thirds"),),
    ),
    "outcome_attendance": Fault("UPDATE outcome SET recused = recused + 1"),
    "meeting_counted": Fault("UPDATE meeting SET state = 'voted' WHERE state = 'in_session'"),
    "registration_state": entry_fault("registration"),
    "relation_state": entry_fault("relation"),
    "plan_state": entry_fault("plan"),
    "application_state": entry_fault("application"),
    "publicity_state": entry_fault("publicity"),
    "meeting_state": entry_fault("meeting"),
    "entry_chain": Fault("UPDATE entry SET from_state = 'zzz' WHERE step = 'unit_pass'"),
    "entry_step": Fault("UPDATE entry SET step = 'zzz' WHERE step = 'unit_pass'"),
    "entry_reason": Fault("UPDATE entry SET reason = '' WHERE step = 'unit_reject'"),
    "routing_case": Fault("UPDATE routing SET case_id = case_id + 999999 WHERE process = 'application'"),
    "notice_case": Fault("UPDATE notice SET case_id = 999999"),
    "notice_user": Fault("UPDATE notice SET user_id = 999999", keys=(("notice", "notice_user_id_fkey"),)),
}


@pytest.fixture(scope="module", params=DATABASES)
def filled(request, tmp_path_factory) -> Iterator[object]:
    """An application with demo data, in its context."""
    folder = tmp_path_factory.mktemp("invariants")
    how = fresh.sqlite(folder) if request.param == "sqlite" else None
    how = how or fresh.postgresql(folder, request.getfixturevalue("server"))
    with how as make:
        app = make()
        with app.app_context(), clock.fixed(TODAY):
            demo.make(60, 420, 3, TODAY, quiet=True)
            yield app
            fresh.release()


@pytest.fixture
def session(filled) -> Iterator[Session]:
    """A session whose transaction ends as if nothing had happened."""
    with open_session() as session:
        connection = session.connection()
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN")
        yield session
        session.rollback()
        if connection.dialect.name == "sqlite":
            with db.engine.connect() as again:
                again.exec_driver_sql("PRAGMA ignore_check_constraints = OFF")


def lift(connection: Connection, fault: Fault) -> None:
    """Take away what would refuse the fault."""
    sqlite = connection.dialect.name == "sqlite"
    for index in fault.indexes:
        connection.exec_driver_sql(f"DROP INDEX {index}")
    if sqlite:
        connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        connection.exec_driver_sql(f"PRAGMA ignore_check_constraints = {'ON' if fault.checks else 'OFF'}")
        return
    for table, name in (*fault.checks, *fault.keys):
        connection.exec_driver_sql(f"ALTER TABLE {table} DROP CONSTRAINT {name}")


def test_every_invariant_has_a_fault_and_a_sentence():
    assert sorted(FAULTS) == sorted(invariant.name for invariant in invariants.ALL)
    assert len({invariant.name for invariant in invariants.ALL}) == len(invariants.ALL)
    assert all(invariant.sentence for invariant in invariants.ALL)


def test_demo_data_break_none(filled):
    with open_session() as session:
        assert invariants.run(session) == []


@pytest.mark.parametrize("invariant", invariants.ALL, ids=lambda invariant: invariant.name)
def test_a_planted_fault_is_found(session, invariant):
    fault, connection = FAULTS[invariant.name], session.connection()
    lift(connection, fault)
    if invariant.name == "accept_no_unique" and connection.dialect.name == "sqlite":
        # The constraint is part of the table and cannot be lifted; the fault cannot be planted either.
        with pytest.raises(IntegrityError):
            connection.exec_driver_sql(fault.sql)
        return

    planted = connection.exec_driver_sql(fault.sql).rowcount

    assert planted != 0
    assert 0 < len(invariant.rows(session)) <= 20


def test_the_command_says_that_all_hold(filled):
    answer = filled.test_cli_runner().invoke(args=["check"])

    assert (answer.exit_code, answer.output) == (0, f"{len(invariants.ALL)} 条不变量全部成立。\n")


def test_the_command_names_what_is_broken(filled):
    with open_session() as session:
        session.connection().exec_driver_sql("UPDATE plan SET numbered = -numbered - 1")
        session.commit()

    answer = filled.test_cli_runner().invoke(args=["check"])

    with open_session() as session:
        session.connection().exec_driver_sql("UPDATE plan SET numbered = -numbered - 1")
        session.commit()
    lines = answer.output.splitlines()
    assert answer.exit_code == 1
    assert lines[0] == "不成立：评审计划记下的受理号个数不少于已分配的（plan_numbered）"
    assert lines[-1] == f"{len(invariants.ALL)} 条不变量中有 1 条不成立。"


def test_an_estimate_is_not_judged(session):
    connection = session.connection()
    connection.exec_driver_sql(
        "UPDATE publicity SET starts_on = '2031-01-06', ends_on = '2031-01-07' WHERE state = 'passed'"
    )

    assert {row[1].year for row in invariants.records.publicity_days(session)} <= {date(2026, 1, 1).year}
