"""What a press would lead to: states, places and people, found out without doing it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from app import clock
from app.access import Actor
from app.db import open_session
from app.models import Unit
from app.process import Act, Refused, Step
from app.states import State


@dataclass(frozen=True)
class Ahead:
    """Where some of the cases go: the state, the unit that gets them (if it is another), and how many."""

    state: State
    place: str
    count: int


def ahead(
    step: Step, cases: Sequence[Any], actor: Actor, answers: Mapping[str, Any] | None = None
) -> list[Ahead]:
    """Say where the cases would go. The functions of the table only read; one that needs an answer is passed over."""
    if isinstance(step.to, State):
        return [Ahead(step.to, "", len(cases))] if cases else []
    found: Counter[tuple[State, int | None]] = Counter()
    with open_session() as session:
        act = Act(session, step, actor, clock.now(), answers=answers or {}, cases=list(cases))
        for row in cases:
            try:
                values = step.to(act, row)
            except (Refused, KeyError, TypeError, AttributeError):
                continue
            found[values["state"], values.get("holder_unit_id") or values.get("routed_to_id")] += 1
        ids = {unit for _state, unit in found if unit and unit != actor.unit_id}
        names = dict(session.execute(select(Unit.id, Unit.name).where(Unit.id.in_(ids))).all()) if ids else {}
    return [Ahead(state, names.get(unit, ""), count) for (state, unit), count in found.items()]
