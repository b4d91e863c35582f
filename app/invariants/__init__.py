"""不变量: what is always true of the tables; `flask --app run check` asks all of it (product 5).

Most of it the database cannot refuse by itself, because a CHECK sees one row; some of it, it does refuse, and asking
again costs little and tells when a restored or patched database has lost a constraint.
"""

from typing import Any

from sqlalchemy.orm import Session

from app.invariants.applications import PLACE, RESULT, SCOPE
from app.invariants.kind import Invariant
from app.invariants.records import MEETINGS, PUBLICITIES, TIMELINES
from app.invariants.units import PLANS, REGISTRATIONS, UNITS

__all__ = ["ALL", "Invariant", "run"]

ALL: tuple[Invariant, ...] = (
    *UNITS,
    *REGISTRATIONS,
    *PLANS,
    *SCOPE,
    *PLACE,
    *RESULT,
    *PUBLICITIES,
    *MEETINGS,
    *TIMELINES,
)


def run(session: Session) -> list[tuple[str, str, list[tuple[Any, ...]]]]:
    """Ask every invariant and give those that are broken: name, sentence, and the first rows that belie it.

    The session must stand outside the row rule (`app.db.open_session`), or it would miss what it may not see.
    """
    asked = ((invariant, invariant.rows(session)) for invariant in ALL)
    return [(invariant.name, invariant.sentence, rows) for invariant, rows in asked if rows]
