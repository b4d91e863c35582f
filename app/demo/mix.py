"""How many applications lie in which state: a fixed mix, so that any number of them shows every state.

Six in ten and more have a 受理号 (product 5), because last year's are all decided and this year's first batch is in
review. States that no step of the process reaches yet (`objection`, `certified`, `revoked`) do not occur.
"""

from typing import NamedTuple

from app.states import NUMBERED
from app.states import ApplicationState as A


class Key(NamedTuple):
    """Where a plan stands in its year, the state of an application, and which kind of it."""

    phase: str
    state: A
    variant: str = ""


#: Phases of a plan: last year's, in review, window just closed, window long open, window opened five days ago.
DONE, REVIEW, CLOSED, LONG, OPEN = "done", "review", "closed", "long", "open"
PHASES = (DONE, REVIEW, CLOSED, LONG, OPEN)

#: So many of a kind lie on the cast's desks before others get one.
FIRST = 3

WEIGHTS: dict[Key, int] = {
    Key(DONE, A.CONFIRMED, "archived"): 52,
    Key(DONE, A.CONFIRMED, "recognised"): 3,
    Key(DONE, A.REVIEW_FAILED): 12,
    Key(DONE, A.UNIT_REJECTED): 1,
    Key(DONE, A.PUBLICITY_FAILED): 1,
    Key(DONE, A.SUPERIOR_REJECTED): 1,
    Key(DONE, A.FORMAL_REJECTED): 1,
    Key(DONE, A.COMMITTEE_REJECTED): 1,
    Key(DONE, A.ABANDONED): 1,
    Key(REVIEW, A.ACCEPTED): 3,
    Key(REVIEW, A.ACCEPTED, "draft"): 3,
    Key(REVIEW, A.ACCEPTED, "void"): 1,
    Key(REVIEW, A.IN_REVIEW, "in_session"): 2,
    Key(REVIEW, A.IN_REVIEW, "voted"): 2,
    Key(REVIEW, A.REVIEW_PASSED, "announced"): 2,
    Key(REVIEW, A.REVIEW_PASSED, "recognised"): 1,
    Key(REVIEW, A.REVIEW_FAILED): 4,
    Key(REVIEW, A.RESULT_PUBLICITY, "publicity"): 4,
    Key(REVIEW, A.RESULT_PUBLICITY, "reported"): 4,
    Key(REVIEW, A.RESULT_PUBLICITY, "recognised"): 1,
    Key(REVIEW, A.CONFIRMED, "filed"): 2,
    Key(REVIEW, A.CONFIRMED, "archived"): 6,
    Key(REVIEW, A.COMMITTEE_REJECTED): 1,
    Key(CLOSED, A.PENDING_UNIT): 1,
    Key(CLOSED, A.UNIT_PASSED): 1,
    Key(CLOSED, A.IN_PUBLICITY): 2,
    Key(CLOSED, A.PUBLICITY_PASSED): 2,
    Key(CLOSED, A.PENDING_SUPERIOR): 3,
    Key(CLOSED, A.PENDING_FORMAL): 5,
    Key(CLOSED, A.FORMAL_PASSED): 3,
    Key(CLOSED, A.ACCEPTED): 3,
    Key(CLOSED, A.RETURNED, "superior"): 1,
    Key(CLOSED, A.RETURNED, "formal"): 1,
    Key(CLOSED, A.RETURNED, "committee"): 1,
    Key(CLOSED, A.FORMAL_REJECTED): 1,
    Key(LONG, A.PENDING_UNIT): 1,
    Key(LONG, A.UNIT_PASSED): 1,
    Key(LONG, A.IN_PUBLICITY): 1,
    Key(LONG, A.PUBLICITY_PASSED): 1,
    Key(LONG, A.PENDING_SUPERIOR): 1,
    Key(LONG, A.PENDING_FORMAL): 1,
    Key(LONG, A.FORMAL_PASSED): 1,
    Key(LONG, A.ACCEPTED): 2,
    Key(LONG, A.WITHDRAWN): 1,
    Key(OPEN, A.DRAFT): 2,
    Key(OPEN, A.PENDING_UNIT): 4,
    Key(OPEN, A.UNIT_PASSED): 2,
    Key(OPEN, A.IN_PUBLICITY): 2,
    Key(OPEN, A.RETURNED, "unit"): 1,
    Key(OPEN, A.UNIT_REJECTED): 1,
}


def _sequence() -> list[Key]:
    """Give every key as often as it weighs, spread so that each beginning has the mix of the whole.

    Those with a 受理号 and the others are spread apart and then woven, the former never behind their share.
    """
    numbered, others = _spread(numbered=True), _spread(numbered=False)
    whole, woven = len(numbered) + len(others), []
    taken = 0
    for place in range(1, whole + 1):
        if taken * whole < place * len(numbered):
            woven.append(numbered[taken])
            taken += 1
        else:
            woven.append(others[place - 1 - taken])
    return woven


def _spread(*, numbered: bool) -> list[Key]:
    order = {key: place for place, key in enumerate(WEIGHTS) if (key.state in NUMBERED) is numbered}
    turns = [
        ((turn + 0.5) / WEIGHTS[key], place, key)
        for key, place in order.items()
        for turn in range(WEIGHTS[key])
    ]
    return [key for _when, _place, key in sorted(turns)]


def counts(applications: int) -> dict[Key, int]:
    """Say how many applications of each kind there are among so many."""
    sequence = _sequence()
    whole, rest = divmod(applications, len(sequence))
    found = {key: weight * whole for key, weight in WEIGHTS.items()}
    for key in sequence[:rest]:
        found[key] += 1
    return found


def share(count: int, plans: int, place: int) -> int:
    """Give the part of `count` that falls to the plan at `place` among `plans`.

    The first, which is the cast's, gets its fill before the others; what is left over goes to those in front.
    """
    first = max(-(-count // plans), min(count, FIRST))
    if place == 0:
        return first
    rest = count - first
    return rest // (plans - 1) + (place - 1 < rest % (plans - 1))
