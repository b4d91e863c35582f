"""Who reviews a registration, and the way an application climbs (seed 002; product 4, route)."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import Committee, Plan, Region, Registration, Relation, Unit, UnitFunction, plan_region
from app.states import Business, Function, RegistrationState, RelationState, Reviewer, Stage


@dataclass(frozen=True)
class Reviewing:
    """Who reviews a registration: the unit, the bureau's line (none for a superior), and the state it waits in."""

    unit_id: int
    unit_name: str
    business: Business | None
    state: RegistrationState


@dataclass(frozen=True)
class Hop:
    """One stop of the way: the unit and what it does there."""

    unit_id: int
    stage: Stage


def bureaus_up(session: Session, region_code: str) -> list[tuple[int, str, str]]:
    """Active bureaus (id, name, region code) of a region and those above it, the nearest first."""
    path = session.scalar(select(Region.path).where(Region.code == region_code)) or ""
    codes = path.strip("/").split("/")
    rows = session.execute(
        select(Unit.id, Unit.name, Unit.region_code)
        .join(UnitFunction, UnitFunction.unit_id == Unit.id)
        .where(UnitFunction.function == Function.BUREAU, Unit.region_code.in_(codes), Unit.active)
    ).all()
    return [tuple(row) for row in sorted(rows, key=lambda row: codes.index(row[2]), reverse=True)]


def reviewing(session: Session, registration: Registration) -> Reviewing | None:
    """Say who reviews a registration, by R5 and R6 of the guides; none where no bureau is active.

    Ticking the HR market always sends it to the bureau, whatever reviewer was asked for, "because the HR market has
    no superior" (seed 002, question 二).
    """
    if registration.reviewer == Reviewer.SUPERIOR and not registration.hr_market:
        name = session.scalar(select(Unit.name).where(Unit.id == registration.requested_superior_id))
        return Reviewing(
            registration.requested_superior_id, name or "", None, RegistrationState.PENDING_SUPERIOR
        )
    bureaus = bureaus_up(session, registration.region_code)
    if not bureaus:
        return None
    business = Business.HR_MARKET if registration.hr_market else Business.TITLES
    return Reviewing(bureaus[0][0], bureaus[0][1], business, RegistrationState.PENDING_AGENCY)


def superiors(session: Session, unit_id: int) -> list[int]:
    """Active ancestors of a unit, the nearest first."""
    path = session.scalar(select(Unit.path).where(Unit.id == unit_id)) or ""
    above = [int(part) for part in path.strip("/").split("/") if part][:-1]
    active = set(session.scalars(select(Unit.id).where(Unit.id.in_(above), Unit.active)))
    return [unit for unit in reversed(above) if unit in active]


def way_up(session: Session, unit_id: int, plan_id: int) -> list[Hop]:
    """The stops after 推荐上报: ancestors, then bureaus up to the plan's region, then the committee's office.

    A bureau that is also an ancestor reviews once in each capacity; no stop is skipped.
    """
    region = session.scalar(select(Unit.region_code).where(Unit.id == unit_id))
    tops = set(session.scalars(select(plan_region.c.region_code).where(plan_region.c.plan_id == plan_id)))
    hops = [Hop(unit, Stage.SUPERIOR) for unit in superiors(session, unit_id)]
    for bureau, _name, code in bureaus_up(session, region):
        hops.append(Hop(bureau, Stage.FORMAL))
        if code in tops:
            break
    office = session.scalar(select(Committee.office_id).join(Plan).where(Plan.id == plan_id))
    return [*hops, Hop(office, Stage.OFFICE)]


def parent_of(session: Session, unit_id: int) -> int | None:
    """The active superior of a unit."""
    return session.scalar(
        select(Relation.parent_id).where(Relation.child_id == unit_id, Relation.state == RelationState.ACTIVE)
    )
