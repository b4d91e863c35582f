"""The way of a case, past and ahead: the track with one point per stage, and the timeline from the entries."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from app import clock
from app.console.ground import shown_moment
from app.db import db
from app.models import Entry
from app.process import Process
from app.states import State
from app.words import N_

Way = Sequence[tuple[str, tuple[State, ...]]]

#: Entries written without a step of the table: the opening of a publicity, and what a command loaded.
OTHER_STEPS = {"open": N_("新增公示"), "create": N_("新建"), "edit": N_("修改"), "arrange": N_("安排会议")}
TONES = {"bad": "is-bad", "alert": "is-bad", "off": "is-bad", "back": "is-back"}


@dataclass(frozen=True)
class Point:
    """One line of the timeline."""

    title: str
    css: str = "is-ok"
    who: str = ""
    at: str = ""
    moment: str = ""
    reason: str = ""
    more: str = ""


def entries(process: Process, case_id: int) -> list[Entry]:
    """Read the timeline of a case, oldest first."""
    found = select(Entry).where(Entry.process == process.name, Entry.case_id == case_id).order_by(Entry.id)
    return list(db.session.scalars(found))


def is_open(process: Process, state: State) -> bool:
    """Whether anything can still happen to a case in this state."""
    return any(state in step.frm for step in process.steps)


def step_label(process: Process, name: str) -> str:
    """What a step is called."""
    step = process.get(name)
    return step.label if step else _(OTHER_STEPS.get(name, name))


def state_of(process: Process, value: str) -> State | None:
    """The state an entry names."""
    return next((state for state in process.states if state.value == value), None)


def shown(process: Process, row: Any, found: list[Entry], holder: str) -> list[Point]:
    """Write the timeline, the present first."""
    points = []
    if is_open(process, row.state):
        then = row.state.then_label or row.state.label
        since = getattr(row, "held_since", None)
        more = "，".join(
            part for part in (holder, _("自 %(when)s", when=shown_moment(since)) if since else "") if part
        )
        points.append(Point(_("等待：%(what)s", what=then), css="is-now", more=more))
    for entry in reversed(found):
        state = state_of(process, entry.to_state)
        points.append(
            Point(
                title=step_label(process, entry.step),
                css=TONES.get(state.tone if state else "", "is-ok"),
                who="，".join(part for part in (entry.actor_name, entry.unit_name) if part),
                at=shown_moment(entry.at),
                moment=clock.local(entry.at).isoformat(timespec="minutes"),
                reason=entry.reason,
                more=f"→ {state.label}" if state and entry.to_state != entry.from_state else "",
            )
        )
    return points


def track(way: Way, process: Process, row: Any, found: list[Entry]) -> list[tuple[str, str, str]]:
    """Give the stages with their date and class: done, now, refused, ahead."""
    if not way:
        return []
    now = getattr(row, "resume_state", None) or row.state
    place = _stage(way, now)
    ended = place is None
    if ended:
        place = next(
            (
                found_at
                for entry in reversed(found)
                if (found_at := _stage(way, entry.from_state)) is not None
            ),
            0,
        )
    finished = not ended and not is_open(process, row.state)
    dates = _dates(way, found)
    return [
        (_(title), *_point(index, place, dates.get(index, ""), ended, finished))
        for index, (title, _states) in enumerate(way)
    ]


def _point(index: int, place: int, date: str, ended: bool, finished: bool) -> tuple[str, str]:  # noqa: FBT001
    if index < place or (index == place and finished):
        return date, "is-done"
    if index == place:
        return (_("到此为止"), "is-bad") if ended else (_("办理中"), "is-now")
    return "", ""


def _stage(way: Way, state: str) -> int | None:
    return next((index for index, (_title, states) in enumerate(way) if state in states), None)


def _dates(way: Way, found: list[Entry]) -> dict[int, str]:
    """The day on which each stage was left, or the last one reached."""
    dates: dict[int, str] = {}
    for entry in found:
        left, to = _stage(way, entry.from_state), _stage(way, entry.to_state)
        day = clock.local(entry.at).strftime("%m-%d")
        if left is not None and (to is None or to > left):
            dates[left] = day
        if to == len(way) - 1:
            dates[to] = day
    return dates
