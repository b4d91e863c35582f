"""办理经过: entries written where no step of a process table writes them, such as the making of a plan or a meeting."""

from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from app import clock
from app.access import Actor
from app.models import Entry
from app.states import State


def write(
    session: Session,
    actor: Actor,
    place: tuple[str, int],
    step: str,
    states: tuple[State | str, State],
    **details: Any,
) -> None:
    """Write one row of the timeline of `place` (process, case id), in the transaction of the verb that did it.

    `states` are before and after; a case that was just made comes from nowhere, written "".
    """
    before, after = states
    session.execute(
        insert(Entry).values(
            process=place[0],
            case_id=place[1],
            at=clock.now(),
            actor_id=actor.user_id,
            actor_name=actor.name,
            unit_id=actor.unit_id,
            unit_name=actor.unit_name,
            step=step,
            from_state=str(before),
            to_state=str(after),
            reason="",
            details=details,
        )
    )
