"""通知: who is told what after a step, in the transaction of the step (product 4).

The person a case is about hears what happened (`Step.tells`); those whose turn it is now hear how many came to them.
A sentence is stored as its message id with what goes into it, and put into words where it is read.
"""

from collections import Counter
from typing import TYPE_CHECKING

from sqlalchemy import insert, select

from app.models import Handler, Notice
from app.words import N_

if TYPE_CHECKING:
    from app.process import Act

ARRIVED = N_("%(sender)s 转来 %(count)s 件，等您办理：%(what)s。")


def tell(act: "Act") -> None:
    """Write the notices of a step."""
    rows = [*_to_owners(act), *_to_holders(act)]
    if rows:
        act.session.execute(insert(Notice), rows)


def _row(act: "Act", user_id: int, case_id: int | None, text: str, params: dict) -> dict:
    return {
        "user_id": user_id,
        "process": act.step.process.name,
        "case_id": case_id,
        "text": text,
        "params": params,
        "created_at": act.now,
    }


def _to_owners(act: "Act") -> list[dict]:
    if not act.step.tells or not act.step.process.owners:
        return []
    owners = act.step.process.owners(act.session, act.cases)
    return [
        _row(act, owners[row.id], row.id, act.step.tells, {})
        for row in act.cases
        if row.id in owners and owners[row.id] != act.actor.user_id
    ]


def _to_holders(act: "Act") -> list[dict]:
    process = act.step.process
    if not process.holder:
        return []
    units = Counter(unit for row in act.cases if (unit := process.holder(row)) and unit != act.actor.unit_id)
    if not units:
        return []
    first = {process.holder(row): row for row in act.cases}
    people = act.session.execute(
        select(Handler.user_id, Handler.unit_id).where(Handler.unit_id.in_(units), Handler.active)
    )
    return [
        _row(
            act,
            user_id,
            first[unit_id].id if units[unit_id] == 1 else None,
            ARRIVED,
            {
                "sender": act.actor.unit_name or act.actor.name,
                "count": units[unit_id],
                "what": first[unit_id].state.title,
            },
        )
        for user_id, unit_id in people
    ]
