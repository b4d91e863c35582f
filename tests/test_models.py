"""The database refuses nonsense: one attempt for each constraint, on both databases."""

from datetime import date

import pytest
from sqlalchemy import CheckConstraint, Enum, UniqueConstraint, insert, inspect, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError

from app import clock
from app.db import open_session
from app.models import (
    Applicant,
    Application,
    Attachment,
    Audit,
    Committee,
    Meeting,
    Model,
    OfflineCheck,
    Outcome,
    Plan,
    Publicity,
    PublicityEntry,
    Registration,
    Relation,
    RouteHop,
    SignIn,
    Title,
    Unit,
    audit_head,
)
from app.states import ApplicationState as A
from app.states import (
    HostRole,
    Material,
    MeetingState,
    PublicityKind,
    PublicityState,
    RegistrationState,
    RelationState,
    Stage,
    Verdict,
)
from tests.cast import later

DAY = date(2026, 9, 7)


def meeting(cast, **more):
    values = {"plan_id": cast.plan_id, "name": "会议", "held_at": clock.now(), "place": "长沙", "host": "罗"}
    values |= {"host_role": HostRole.CHAIR, "members": 15, "recorder": "", "announcer": "", "filing_no": ""}
    values |= {"state": MeetingState.DRAFT, "version": 1, "created_at": clock.now()}
    return values | more


def publicity(cast, **more):
    values = {
        "kind": PublicityKind.UNIT,
        "unit_id": cast.hospital,
        "year": 2026,
        "contact": "谭",
        "telephone": "1",
    }
    values |= {
        "starts_on": DAY,
        "days": 5,
        "ends_on": DAY,
        "estimated": False,
        "state": PublicityState.ACTIVE,
    }
    return values | {"version": 1, "created_at": clock.now()} | more


def new(session, model, values):
    """Insert a row and give its id."""
    return session.execute(insert(model).values(values).returning(model.id)).scalar_one()


def change(session, model, key, **values):
    session.execute(update(model).where(model.id == key).values(values))


def outcome(session, cast, **values):
    case = cast.case(cast.doctor, A.IN_REVIEW)
    made = new(session, Meeting, meeting(cast))
    session.execute(insert(Outcome).values(meeting_id=made, application_id=case, opinion="", **values))


def attach(session, **values):
    about = {"material": Material.OTHER, "filename": "a.pdf", "key": "k", "mime": "application/pdf"}
    about |= {"size": 1, "sha256": "0" * 64, "created_at": clock.now()}
    session.execute(insert(Attachment).values(about | values))


def signed_in(session, cast, **values):
    now = clock.now()
    about = {"token_hash": "0" * 64, "user_id": cast.clerk.user_id, "password_tag": "x", "created_at": now}
    session.execute(insert(SignIn).values(about | {"seen_at": now, "address": "", "browser": ""} | values))


def twice(session, model, row):
    """Insert a copy of a row under another primary key."""
    values = {
        column.key: getattr(row, column.key) for column in inspect(model).column_attrs if column.key != "id"
    }
    session.execute(insert(model).values(values))


def two_people_in_a_sheet(session, cast):
    case = cast.case(cast.doctor, A.IN_PUBLICITY)
    for _number in range(2):
        sheet = new(session, Publicity, publicity(cast))
        session.execute(insert(PublicityEntry).values(publicity_id=sheet, application_id=case, open=True))


def an_entry(session, cast, **values):
    case = cast.case(cast.doctor, A.IN_PUBLICITY)
    sheet = new(session, Publicity, publicity(cast))
    session.execute(insert(PublicityEntry).values(publicity_id=sheet, application_id=case, **values))


def same_person_twice_in_a_meeting(session, cast):
    case = cast.case(cast.doctor, A.IN_REVIEW)
    made = new(session, Meeting, meeting(cast))
    for _number in range(2):
        session.execute(insert(Outcome).values(meeting_id=made, application_id=case, recused=0, opinion=""))


def two_active_superiors(session, cast):
    for parent in (cast.health, cast.far_health):
        values = {"child_id": cast.hospital, "parent_id": parent, "state": RelationState.ACTIVE}
        session.execute(insert(Relation).values(version=1, created_at=clock.now(), **values))


def offline_twice(session, cast):
    for _number in range(2):
        values = {"plan_id": cast.plan_id, "id_number_index": "x", "id_number_mask": "x", "name": "陈"}
        values |= {"result": Verdict.PASS, "note": "", "unit_id": cast.town, "by_id": cast.bureau.user_id}
        session.execute(insert(OfflineCheck).values(at=clock.now(), **values))


def pending_twice(session, cast):
    first = session.get(Registration, cast.registration(RegistrationState.PENDING_AGENCY))
    second = cast.registration(RegistrationState.PENDING_AGENCY)
    change(session, Registration, second, credit_code=first.credit_code)


def registration(session, cast, start=RegistrationState.DRAFT, **values):
    change(session, Registration, cast.registration(start), **values)


def application(session, cast, state, **values):
    change(session, Application, cast.case(cast.doctor, state), **values)


ATTEMPTS = {
    "ck_title_level": lambda s, c: change(s, Title, c.title_id, level=6),
    "uq_title_series_branch_level": lambda s, c: twice(s, Title, s.get(Title, c.title_id)),
    "ck_sign_in_expires": lambda s, c: signed_in(s, c, expires_at=clock.now()),
    "ck_audit_digests": lambda s, c: s.execute(
        insert(Audit).values(
            id=99, at=clock.now(), actor_name="", act="x", details={}, previous="", digest=""
        )
    ),
    "ck_audit_head_one": lambda s, c: s.execute(insert(audit_head).values(id=2, last_id=0, digest="0" * 64)),
    "ck_relation_not_itself": lambda s, c: s.execute(update(Relation).values(parent_id=Relation.child_id)),
    "ck_relation_ended": lambda s, c: s.execute(update(Relation).values(ended_at=clock.now())),
    "uq_relation_active_child": two_active_superiors,
    "ck_registration_business": lambda s, c: registration(s, c, titles=False),
    "ck_registration_superior_named": lambda s, c: registration(s, c, requested_superior_id=c.health),
    "ck_registration_routed": lambda s, c: registration(s, c, state=RegistrationState.PENDING_AGENCY),
    "ck_registration_decided": lambda s, c: registration(s, c, decided_at=clock.now()),
    "ck_registration_unit": lambda s, c: registration(s, c, unit_id=c.hospital),
    "ck_registration_reason": lambda s, c: registration(
        s, c, state=RegistrationState.REJECTED, decided_at=clock.now()
    ),
    "ck_registration_committed": lambda s, c: registration(
        s, c, RegistrationState.PENDING_AGENCY, committed_at=None
    ),
    "uq_registration_pending": pending_twice,
    "uq_applicant_id_number": lambda s, c: change(
        s, Applicant, c.nurse.applicant_id, id_number_index=c.doctor.actor.id_number_index
    ),
    "uq_applicant_phone": lambda s, c: change(
        s, Applicant, c.nurse.applicant_id, phone_index=s.get(Applicant, c.doctor.applicant_id).phone_index
    ),
    "ck_committee_odd": lambda s, c: change(s, Committee, c.committee_id, member_count=14),
    "ck_committee_validity": lambda s, c: change(s, Committee, c.committee_id, valid_to=date(2025, 2, 1)),
    "ck_committee_three_years": lambda s, c: change(s, Committee, c.committee_id, valid_to=date(2028, 3, 2)),
    "uq_plan_committee_year_batch": lambda s, c: change(s, Plan, c.strict_plan_id, batch=1),
    "ck_plan_year": lambda s, c: change(s, Plan, c.plan_id, year=1999),
    "ck_plan_batch": lambda s, c: change(s, Plan, c.plan_id, batch=0),
    "ck_plan_deadlines": lambda s, c: change(s, Plan, c.plan_id, closes_at=later(days=-30)),
    "ck_plan_correction": lambda s, c: change(s, Plan, c.plan_id, correction_deadline=later(days=1)),
    "ck_plan_review": lambda s, c: change(s, Plan, c.plan_id, review_to=date(2026, 1, 1)),
    "ck_plan_odd": lambda s, c: change(s, Plan, c.plan_id, expert_count=0),
    "ck_plan_levels": lambda s, c: change(s, Plan, c.plan_id, levels=""),
    "uq_offline_check_person": offline_twice,
    "ck_application_holder": lambda s, c: application(s, c, A.PENDING_UNIT, holder_unit_id=None),
    "ck_application_submitted": lambda s, c: application(s, c, A.UNIT_REJECTED, submitted_at=None),
    "ck_application_returned": lambda s, c: application(s, c, A.WITHDRAWN, resume_state=A.PENDING_UNIT),
    "ck_application_numbered": lambda s, c: application(s, c, A.ACCEPTED, accept_no=None),
    "ck_application_publicity_dates": lambda s, c: application(
        s, c, A.UNIT_PASSED, publicity_from=date(2026, 9, 8), publicity_to=DAY
    ),
    "ck_application_result_dates": lambda s, c: application(
        s, c, A.CONFIRMED, result_from=date(2026, 9, 8), result_to=DAY
    ),
    "ck_application_filed": lambda s, c: application(s, c, A.CONFIRMED, filed_at=None),
    "uq_application_person_year": lambda s, c: (
        c.case(c.doctor, A.PENDING_UNIT),
        c.case(c.doctor, A.UNIT_PASSED),
    ),
    "ck_route_hop_seq": lambda s, c: s.execute(
        insert(RouteHop).values(application_id=c.case(c.doctor), seq=0, unit_id=c.town, stage=Stage.FORMAL)
    ),
    "ck_attachment_one_owner": lambda s, c: attach(s),
    "ck_attachment_size": lambda s, c: attach(s, application_id=c.case(c.doctor), size=10 * 1024 * 1024 + 1),
    "ck_attachment_sha256": lambda s, c: attach(s, application_id=c.case(c.doctor), sha256="0"),
    "ck_publicity_five_days": lambda s, c: new(s, Publicity, publicity(c, days=4)),
    "ck_publicity_dates": lambda s, c: new(s, Publicity, publicity(c, ends_on=date(2026, 9, 1))),
    "ck_publicity_plan": lambda s, c: new(s, Publicity, publicity(c, plan_id=c.plan_id)),
    "ck_publicity_derived": lambda s, c: new(s, Publicity, publicity(c, state=PublicityState.EXPIRED)),
    "ck_publicity_entry_objection": lambda s, c: an_entry(s, c, open=True, objection=""),
    "uq_publicity_entry_open": two_people_in_a_sheet,
    "ck_meeting_odd": lambda s, c: new(s, Meeting, meeting(c, members=14)),
    "ck_meeting_present": lambda s, c: new(s, Meeting, meeting(c, present=16)),
    "ck_meeting_quorum": lambda s, c: new(s, Meeting, meeting(c, state=MeetingState.IN_SESSION, present=9)),
    "ck_meeting_filed": lambda s, c: new(s, Meeting, meeting(c, state=MeetingState.FILED, present=15)),
    "uq_outcome_person": same_person_twice_in_a_meeting,
    "ck_outcome_counts": lambda s, c: outcome(s, c, recused=-1),
    "ck_outcome_adds_up": lambda s, c: outcome(
        s, c, recused=0, present=13, yes=9, no=3, abstain=0, result=Verdict.PASS
    ),
    "ck_outcome_two_thirds": lambda s, c: outcome(
        s, c, recused=0, present=13, yes=8, no=5, abstain=0, result=Verdict.PASS
    ),
}


def named_constraints():
    """Names of all our checks and unique constraints, those of enums aside."""
    names = set()
    for table in Model.metadata.tables.values():
        if table.name.startswith("ab_"):
            continue
        enums = {column.type.name for column in table.columns if isinstance(column.type, Enum)}
        kinds = (CheckConstraint, UniqueConstraint)
        names |= {it.name for it in table.constraints if isinstance(it, kinds) and it.name} - enums
        names |= {index.name for index in table.indexes if index.unique and index.name.startswith("uq_")}
    return {str(name) for name in names}


def test_every_constraint_has_an_attempt():
    assert named_constraints() == set(ATTEMPTS)


@pytest.mark.parametrize("name", sorted(ATTEMPTS))
def test_the_database_refuses(name, cast):
    with open_session() as session, pytest.raises(IntegrityError) as refusal:
        ATTEMPTS[name](session, cast)
        session.commit()

    said = str(refusal.value.orig)
    assert name in said or "UNIQUE constraint failed" in said


def test_an_unknown_state_is_refused_by_the_database_itself(cast):
    case = cast.case(cast.doctor)
    table = Application.__table__.name
    with open_session() as session, pytest.raises(IntegrityError):
        session.connection().exec_driver_sql(f"UPDATE {table} SET state = 'nonsense' WHERE id = {int(case)}")  # noqa: S608


def test_a_unit_without_a_region_is_refused(cast):
    with open_session() as session, pytest.raises(IntegrityError):
        change(session, Unit, cast.hospital, region_code="999999")
        session.commit()


def test_a_naive_time_is_refused(cast):
    naive = clock.now().replace(tzinfo=None)
    with open_session() as session, pytest.raises((StatementError, DBAPIError), match="needs a time zone"):
        change(session, Application, cast.case(cast.doctor), held_since=naive)


def test_times_come_back_aware_in_utc(cast):
    with open_session() as session:
        held = session.scalar(select(Application.held_since).where(Application.id == cast.case(cast.doctor)))

    assert held == clock.now()
    assert held.utcoffset().total_seconds() == 0


def test_every_column_of_ours_says_what_it_is():
    silent = [
        f"{table.name}.{column.name}"
        for table in Model.metadata.tables.values()
        for column in table.columns
        if not table.name.startswith("ab_") and not column.comment and column.name != "id"
    ]

    assert silent == []
