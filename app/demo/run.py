"""The order in which a demonstration is made: units, registrations, plans, applications, the cast's own things."""

from collections.abc import Callable
from datetime import date
from random import Random

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import clock
from app.demo import files, mix
from app.demo.maker import Maker
from app.demo.plans import Plans, Scheme
from app.demo.registrations import Registrations
from app.demo.stories import Story
from app.demo.telling import Telling, applicant
from app.demo.world import World
from app.models import Application, Registration, Unit
from app.roles import Role
from app.states import Function

STEP = 500


def tell(
    session: Session,
    amounts: tuple[int, int],
    today: date,
    random: Random,
    password: str,
    progress: Callable[[int], object],
) -> dict[str, int]:
    """Make `amounts` of units and applications and give the numbers of what was made; the caller commits."""
    units, applications = amounts
    maker = Maker(session, today, random, password)
    world, registrations = _units(maker, units, progress)
    maker.login("shenji", "审计员", [Role.AUDITOR])
    wanted = mix.counts(max(applications - 1, 0))
    plans = Plans(maker, world)
    plans.make(wanted)
    maker.rows.flush()
    telling = Telling(maker, world)
    for phase in mix.PHASES:
        schemes = plans.schemes[phase]
        for place, scheme in enumerate(schemes):
            part = {
                key: mix.share(count, len(schemes), place)
                for key, count in wanted.items()
                if key.phase == phase
            }
            for count in telling.plan(scheme, part):
                progress(count)
    draft = _doctor(maker, world, plans.schemes[mix.OPEN][0])
    progress(1)
    telling.write()
    maker.rows.finish()
    attached = files.attach(maker, world, registrations.pending[:6], draft)
    return {
        "units": session.scalar(select(func.count()).select_from(Unit)),
        "registrations": session.scalar(select(func.count()).select_from(Registration)),
        "applications": session.scalar(select(func.count()).select_from(Application)),
        "attachments": attached,
    }


def _units(maker: Maker, units: int, progress: Callable[[int], object]) -> tuple[World, Registrations]:
    """Make the units, each employer with the registration it came in by, and what waits on the desks."""
    world = World(maker)
    world.open_cast()
    progress(len(world.places))
    for count in world.grow(units):
        progress(1)
        if count % STEP == 0:
            maker.rows.flush()
    registrations = Registrations(maker, world)
    for count, place in enumerate(world.places, start=1):
        if Function.EMPLOYER in place.functions:
            registrations.approved(place)
        if count % STEP == 0:
            maker.rows.flush()
    registrations.desks(units)
    maker.rows.flush()
    return world, registrations


def _doctor(maker: Maker, world: World, scheme: Scheme) -> int:
    """Open the account of the doctor README names, with a draft that is ready to be handed in."""
    title = next(found for found in maker.titles["04", 2] if found[1] == "医")
    hospital = world.cast["yiyuan"]
    who = applicant(maker, hospital, "yisheng", "04", (title[0], "医", 2), "陈雅琴")
    number = maker.rows.new_id(Application)
    story = Story(maker, scheme, hospital, who, number, title[0], "心血管内科", [])
    story.columns["committed_at"] = clock.at(maker.days(-1), 16)
    story.write()
    return number
