"""What follows from the steps of a relation; the only writer of `Unit.path`.

Each function belongs to steps of `app.workflow`, runs inside their transaction, and may refuse with a sentence, which
undoes everything.
"""

from typing import Any

from flask_babel import gettext as _
from sqlalchemy import case, insert, select, update
from sqlalchemy.orm import Session

from app import routing
from app.models import (
    Relation,
    Unit,
)
from app.process import Act, Refused
from app.states import (
    RelationState,
    Reporting,
)

DEPTH = 8


def attach(act: Act, child_id: int, parent_id: int) -> None:
    """Put a unit under a superior: end the old relation, start the new one, write the paths below."""
    session = act.session
    if routing.parent_of(session, child_id) == parent_id:
        return
    detach(act, child_id)
    relation_id = session.execute(
        insert(Relation)
        .values(
            child_id=child_id, parent_id=parent_id, state=RelationState.ACTIVE, version=1, created_at=act.now
        )
        .returning(Relation.id)
    ).scalar_one()
    act.details.setdefault("relations", []).append(relation_id)
    hang(session, child_id, parent_id)


def detach(act: Act, child_id: int) -> None:
    """End the active relation of a unit, if there is one."""
    act.session.execute(
        update(Relation)
        .where(Relation.child_id == child_id, Relation.state == RelationState.ACTIVE)
        .values(state=RelationState.ENDED, ended_at=act.now, version=Relation.version + 1)
    )


def hang(session: Session, child_id: int, parent_id: int | None) -> None:
    """Write the path of a unit and of all below it; refuse circles and more than eight levels (domain 7.2)."""
    paths = dict(
        session.execute(
            select(Unit.id, Unit.path).where(Unit.id.in_([child_id, parent_id or child_id]))
        ).all()
    )
    old = paths[child_id] or f"/{child_id}/"
    above = paths[parent_id] if parent_id else "/"
    if f"/{child_id}/" in above:
        raise Refused(_("主管单位不能是本单位，也不能是本单位的下级。"))
    new = f"{above}{child_id}/"
    rows = session.execute(select(Unit.id, Unit.path).where(Unit.path.startswith(old))).all() or [
        (child_id, old)
    ]
    moved = {unit: new + path[len(old) :] for unit, path in rows}
    if max(path.count("/") - 1 for path in moved.values()) > DEPTH:
        raise Refused(_("上下级关系最多 %(depth)s 级。", depth=DEPTH))
    session.execute(update(Unit).where(Unit.id.in_(moved)).values(path=case(moved, value=Unit.id)))
    reporting = Reporting.SUPERIOR if parent_id else Reporting.UNDETERMINED
    session.execute(update(Unit).where(Unit.id == child_id).values(reporting=reporting))


def hang_under(act: Act) -> None:
    """A confirmed relation: the old superior of the unit ends, the paths follow."""
    for row in act.cases:
        act.session.execute(
            update(Relation)
            .where(
                Relation.child_id == row.child_id,
                Relation.state == RelationState.ACTIVE,
                Relation.id != row.id,
            )
            .values(state=RelationState.ENDED, ended_at=act.now, version=Relation.version + 1)
        )
        hang(act.session, row.child_id, row.parent_id)


def hang_alone(act: Act) -> None:
    """An ended relation: the unit stands alone again."""
    for row in act.cases:
        hang(act.session, row.child_id, None)


def ended(act: Act, row: Relation) -> dict[str, Any]:
    """Note when the relation ended."""
    return {"ended_at": act.now}
