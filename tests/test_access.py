"""One row rule: own, or subtree, or routed, or region, or own committee; it fails closed."""

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import aliased

from app import audit
from app.access import RULES, acting
from app.db import db, open_session
from app.models import (
    Applicant,
    Application,
    Attachment,
    Audit,
    Committee,
    Entry,
    Handler,
    Model,
    Notice,
    Plan,
    Publicity,
    Region,
    Registration,
    Relation,
    Routing,
    Series,
    Setting,
    Unit,
    UnitFunction,
    UnitName,
)
from app.states import ApplicationState as A
from app.states import PlanState, RegistrationState

#: Tables that everybody may read, or that only the framework reads; a new table must be put here or get a rule.
FREE = {
    "region",
    "series",
    "title",
    "calendar_year",
    "calendar_day",
    "setting",
    "unit_function",
    "committee_specialty",
    "committee_region",
    "plan_region",
    "audit_head",
}


def seen(person, model=Application):
    """Ids a person sees through the session of pages."""
    with acting(person.actor if person else None):
        ids = set(db.session.scalars(select(model.id)))
        db.session.remove()
    return ids


def test_every_table_has_a_rule_or_is_free():
    ruled = {model.__tablename__ for model in RULES}
    tables = {name for name in Model.metadata.tables if not name.startswith("ab_")}

    assert tables - ruled - FREE == set()


def test_without_an_actor_nothing_is_seen(cast):
    cast.case(cast.doctor, A.PENDING_UNIT)

    assert {model: seen(None, model) for model in (Application, Unit, Handler, Plan)} == {
        Application: set(),
        Unit: set(),
        Handler: set(),
        Plan: set(),
    }


def test_a_draft_is_its_owners_alone(cast):
    case = cast.case(cast.doctor)

    people = (cast.doctor, cast.nurse, cast.clerk, cast.superior, cast.bureau, cast.city_bureau, cast.office)
    assert [case in seen(person) for person in people] == [True, False, False, False, False, False, False]


@pytest.mark.parametrize(
    ("state", "who_sees"),
    [
        (A.PENDING_UNIT, {"doctor", "clerk", "superior", "bureau", "city_bureau", "province_bureau"}),
        (A.PENDING_FORMAL, {"doctor", "clerk", "superior", "bureau", "city_bureau", "province_bureau"}),
        (
            A.FORMAL_PASSED,
            {"doctor", "clerk", "superior", "bureau", "city_bureau", "province_bureau", "office"},
        ),
    ],
)
def test_an_application_is_seen_by_its_line_and_by_nobody_else(cast, state, who_sees):
    case = cast.case(cast.doctor, state)

    names = [
        "doctor",
        "nurse",
        "far_doctor",
        "clerk",
        "far_clerk",
        "superior",
        "far_superior",
        "bureau",
        "far_bureau",
        "city_bureau",
        "province_bureau",
        "office",
        "far_office",
        "admin",
        "auditor",
    ]
    assert {name for name in names if case in seen(getattr(cast, name))} == who_sees


def test_what_was_routed_stays_visible_after_the_relation_ended(cast):
    case = cast.case(cast.doctor, A.PENDING_SUPERIOR)
    other = cast.case(cast.nurse, A.PENDING_UNIT)
    with open_session() as session:
        relation = session.scalar(select(Relation.id).where(Relation.child_id == cast.hospital))

    cast.superior.does("relation", "end", relation)

    assert (case in seen(cast.superior), other in seen(cast.superior)) == (True, False)


def test_a_registration_is_seen_by_the_line_it_was_routed_to(cast):
    bureau = cast.registration(RegistrationState.PENDING_AGENCY)
    draft = cast.registration()

    assert seen(cast.bureau, Registration) == {bureau}
    assert seen(cast.city_bureau, Registration) == {bureau}
    assert seen(cast.far_bureau, Registration) == seen(cast.superior, Registration) == set()
    assert draft not in seen(cast.bureau, Registration)


def test_plans_are_everybodys_once_announced(cast):
    with open_session() as session:
        session.get(Plan, cast.strict_plan_id).state = PlanState.SUBMITTED
        session.commit()

    assert seen(cast.doctor, Plan) == {cast.plan_id}
    assert seen(cast.office, Plan) == seen(cast.city_bureau, Plan) == {cast.plan_id, cast.strict_plan_id}
    assert seen(cast.far_office, Plan) == seen(cast.bureau, Plan) == {cast.plan_id}


def test_units_are_own_subtree_or_region(cast):
    assert seen(cast.clerk, Unit) == {cast.hospital}
    assert seen(cast.superior, Unit) == {cast.health, cast.hospital}
    assert seen(cast.bureau, Unit) == {cast.town, cast.health, cast.hospital}
    assert seen(cast.doctor, Unit) == set()


def test_the_auditor_sees_the_log_alone_and_nobody_else_does(cast):
    with open_session() as session:
        audit.record(session, "系统", "export_reviews", {"rows": 1})
        session.commit()

    assert len(seen(cast.auditor, Audit)) == 1
    assert [seen(person, Audit) for person in (cast.admin, cast.bureau, cast.office)] == [set(), set(), set()]
    assert [seen(cast.auditor, model) for model in (Application, Unit, Plan, Handler)][:2] == [set(), set()]


def test_the_rule_holds_for_every_way_of_asking(cast):
    foreign = cast.case(cast.far_doctor, A.PENDING_UNIT)
    twin = aliased(Application)
    subquery = select(Application.id).where(Application.id == foreign).subquery()

    with acting(cast.clerk.actor):
        session = db.session
        found = [
            session.get(Application, foreign),
            session.scalar(select(func.count()).select_from(Application)),
            session.scalar(select(twin.id).where(twin.id == foreign)),
            session.scalar(select(subquery.c.id)),
            session.scalar(select(Application.applicant_name).where(Application.id == foreign)),
            session.query(Application).filter_by(id=foreign).first(),
            session.scalar(select(Unit.id).join(Application, Application.unit_id == Unit.id)),
        ]
        session.remove()

    assert found == [None, 0, None, None, None, None, None]


def test_a_case_shows_the_names_of_units_one_does_not_see(cast):
    case = cast.case(cast.doctor, A.PENDING_FORMAL)

    with acting(cast.doctor.actor):
        name = db.session.get(Application, case).holder.name
        db.session.remove()

    assert name == "宁乡市人力资源和社会保障局"


def test_notices_and_materials_follow_their_owner(cast):
    case = cast.case(cast.doctor)
    cast.doctor.does("application", "submit", case)

    assert len(seen(cast.clerk, Notice)) == 1
    assert seen(cast.nurse, Notice) == seen(cast.far_clerk, Notice) == set()
    assert len(seen(cast.clerk, Attachment)) == 3
    assert seen(cast.far_clerk, Attachment) == set()
    assert len(seen(cast.clerk, Entry)) == 1
    assert seen(cast.far_clerk, Entry) == set()


def test_a_disabled_handler_loses_the_unit(cast):
    case = cast.case(cast.doctor, A.PENDING_UNIT)
    with open_session() as session:
        session.scalar(select(Handler).where(Handler.user_id == cast.clerk.user_id)).active = False
        session.commit()

    assert case not in seen(cast.clerk)


def test_names_are_the_only_thing_of_a_unit_outside_the_rule():
    assert {column.key for column in UnitName.__mapper__.column_attrs} == {"id", "name"}


def test_imports_of_reference_tables_are_open(cast):
    with acting(cast.doctor.actor):
        counts = [db.session.scalar(select(func.count()).select_from(model)) for model in (Region, Series)]
        db.session.remove()

    assert counts == [137, 27]


def test_committees_applicants_and_publicities_stay_with_their_own(cast):
    assert seen(cast.far_clerk, Applicant) == {cast.far_doctor.applicant_id}
    assert seen(cast.clerk, Applicant) == {cast.doctor.applicant_id, cast.nurse.applicant_id}
    assert seen(cast.bureau, Applicant) == set()
    assert seen(cast.admin, Committee) == {cast.committee_id}
    assert seen(cast.clerk, Publicity) == set()
    with acting(cast.clerk.actor):
        assert db.session.scalars(select(Routing.unit_id)).all() == []
        assert cast.hospital in {row.unit_id for row in db.session.scalars(select(UnitFunction))}
        db.session.remove()


def test_only_what_is_read_is_narrowed(cast):
    """Nothing of ours writes through the page session; where a framework does, the rule is not in its way."""
    with acting(cast.doctor.actor):
        changed = db.session.execute(update(Setting).values(value="1")).rowcount
        db.session.remove()

    assert changed == 0
