"""Who reviews a registration, and the way an application climbs."""

import pytest
from sqlalchemy import update

from app import accounts, clock, routing
from app.db import open_session
from app.models import Registration, Relation, Unit, UnitFunction, plan_region
from app.roles import Role
from app.routing import Hop
from app.states import Business, Function, RegistrationState, Reviewer, Stage
from tests.cast import get


def reviewing(registration_id):
    with open_session() as session:
        return routing.reviewing(session, session.get(Registration, registration_id))


def way(unit_id, plan_id):
    with open_session() as session:
        return routing.way_up(session, unit_id, plan_id)


def set_unit(unit_id, **values):
    with open_session() as session:
        session.execute(update(Unit).where(Unit.id == unit_id).values(**values))
        session.commit()


@pytest.mark.parametrize(
    ("market", "reviewer", "unit", "business", "state"),
    [
        (False, Reviewer.AGENCY, "town", Business.TITLES, RegistrationState.PENDING_AGENCY),
        (True, Reviewer.AGENCY, "town", Business.HR_MARKET, RegistrationState.PENDING_AGENCY),
        (False, Reviewer.SUPERIOR, "health", None, RegistrationState.PENDING_SUPERIOR),
        (True, Reviewer.SUPERIOR, "town", Business.HR_MARKET, RegistrationState.PENDING_AGENCY),
    ],
)
def test_r5_r6_who_reviews(cast, market, reviewer, unit, business, state):
    superior = cast.health if reviewer == Reviewer.SUPERIOR else None
    registration = cast.registration(hr_market=market, reviewer=reviewer, requested_superior_id=superior)

    found = reviewing(registration)

    assert (found.unit_id, found.business, found.state) == (getattr(cast, unit), business, state)


def test_where_no_bureau_is_active_the_next_region_up_takes_it(cast):
    set_unit(cast.town, active=False)

    assert reviewing(cast.registration()).unit_id == cast.city


def test_the_way_is_ancestors_then_bureaus_then_the_office(cast):
    assert way(cast.hospital, cast.plan_id) == [
        Hop(cast.health, Stage.SUPERIOR),
        Hop(cast.town, Stage.FORMAL),
        Hop(cast.city, Stage.FORMAL),
        Hop(cast.office_unit, Stage.OFFICE),
    ]


def test_the_way_of_a_provincial_plan_passes_the_province(cast):
    with open_session() as session:
        session.execute(plan_region.update().values(region_code="430000"))
        session.commit()

    assert [hop.unit_id for hop in way(cast.hospital, cast.plan_id)] == [
        cast.health,
        cast.town,
        cast.city,
        cast.province,
        cast.office_unit,
    ]


def test_a_plan_whose_region_has_no_bureau_ends_at_the_last_one_below(cast):
    set_unit(cast.city, active=False)

    assert [hop.unit_id for hop in way(cast.hospital, cast.plan_id)] == [
        cast.health,
        cast.town,
        cast.province,
        cast.office_unit,
    ]


def test_a_unit_reporting_directly_starts_at_the_bureau(cast):
    assert way(cast.office_unit, cast.plan_id) == [
        Hop(cast.city, Stage.FORMAL),
        Hop(cast.office_unit, Stage.OFFICE),
    ]


def test_an_inactive_superior_is_no_stop(cast):
    set_unit(cast.health, active=False)

    assert way(cast.hospital, cast.plan_id)[0] == Hop(cast.town, Stage.FORMAL)


def test_moving_a_unit_writes_the_paths_below_it(cast):
    with open_session() as session:
        relation = Relation(child_id=cast.health, parent_id=cast.far_health, created_at=clock.now())
        session.add(relation)
        session.commit()
        relation_id = relation.id

    cast.far_superior.does("relation", "accept", relation_id)

    assert get(Unit, cast.hospital).path == f"/{cast.far_health}/{cast.health}/{cast.hospital}/"


def test_a_circle_is_refused(cast):
    with open_session() as session:
        relation = Relation(child_id=cast.health, parent_id=cast.hospital, created_at=clock.now())
        session.add_all([relation, UnitFunction(unit_id=cast.hospital, function=Function.SUPERIOR)])
        accounts.grant(session, cast.clerk.user_id, [Role.SUPERIOR], accounts.role_ids(session))
        session.commit()
        relation_id = relation.id

    assert (
        cast.clerk.tries("relation", "accept", relation_id) == "主管单位不能是本单位，也不能是本单位的下级。"
    )


def test_more_than_eight_levels_are_refused(cast):
    set_unit(cast.far_health, path="".join(f"/{n}" for n in range(901, 908)) + f"/{cast.far_health}/")
    with open_session() as session:
        relation = Relation(child_id=cast.health, parent_id=cast.far_health, created_at=clock.now())
        session.add(relation)
        session.commit()
        relation_id = relation.id

    assert cast.far_superior.tries("relation", "accept", relation_id) == "上下级关系最多 8 级。"
