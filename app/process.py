"""The one function that performs a step, and what a process and a step are (product 4).

`perform` is the only writer of states. It takes any number of cases and does, in one transaction: read them through
the row rule, judge each, one compare-and-set UPDATE … RETURNING for those that pass, then effects, entries, routings
and notices in bulk, one commit. The answer says row by row what was done and what was skipped, and why.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask_babel import gettext
from sqlalchemy import ColumnElement, and_, case, false, insert, literal, or_, select, true, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app import audit, clock
from app.access import SYSTEM, Actor, rule
from app.db import open_session
from app.models import Entry, Model, Routing
from app.notices import tell
from app.steps import REGISTRY, Forbidden, Missing, Note, Process, Queue, Refused, Step, Who

__all__ = [
    "Act",
    "Forbidden",
    "Missing",
    "Note",
    "Offer",
    "Performed",
    "Process",
    "Queue",
    "Refused",
    "Skipped",
    "Step",
    "Who",
    "foresee",
    "insert_missing",
    "offers",
    "perform",
    "route",
]

#: At most so many cases in one press; a longer list is done in several.
MOST = 2000


@dataclass
class Act:
    """One performance of a step: who, when, on which cases, with what was written."""

    session: Session
    step: Step
    actor: Actor
    now: datetime
    note: str = ""
    answers: Mapping[str, Any] = field(default_factory=dict)
    cases: list[Any] = field(default_factory=list)
    details: dict[str, Any] = field(default_factory=dict)
    followed: list[dict[str, Any]] = field(default_factory=list)
    _memo: dict[str, Any] = field(default_factory=dict)

    def memo(self, name: str, load: Callable[[], Any]) -> Any:
        """Read something once for all cases of the act."""
        if name not in self._memo:
            self._memo[name] = load()
        return self._memo[name]

    @property
    def ids(self) -> list[int]:
        """Ids of the cases at work."""
        return [row.id for row in self.cases]

    def cascade(self, process: str, name: str, ids: Iterable[int], **answers: Any) -> list[Any]:
        """Take a step on other cases in the same transaction; all of them must be able to take it."""
        step, wanted = REGISTRY[process][name], list(ids)
        if not wanted:
            return []
        inner = Act(self.session, step, self.actor, self.now, self.note, answers or self.answers)
        inner.cases = list(
            self.session.scalars(select(step.process.model).where(step.process.model.id.in_(wanted)))
        )
        won = _write(inner, [row for row in inner.cases if row.state in step.frm])
        if len(won) != len(set(wanted)):
            raise Refused(gettext("其中有人的申报刚刚变动，没有办理。请刷新后再试。"))
        _finish(inner)
        self.followed += [{"act": f"{process}.{name}", **audit.ids(inner.ids)}, *inner.followed]
        return inner.cases


@dataclass(frozen=True)
class Skipped:
    """A case that was left as it is, with the sentence that says why."""

    case: Any
    why: str
    stale: bool = False


@dataclass(frozen=True)
class Performed:
    """What came of a press, row by row."""

    step: Step
    done: list[Any]
    skipped: list[Skipped]


@dataclass(frozen=True)
class Offer:
    """A step on a case's page: possible, or the reason why not."""

    step: Step
    why_not: str = ""


# ---- judging ------------------------------------------------------------------------------------------------------


def _judge(act: Act, row: Any, *, mine: bool) -> str | None:
    """Say why the step cannot be taken on this case, or nothing."""
    step = act.step
    if row.state not in step.frm:
        return gettext("现在是“%(state)s”，不能%(step)s。", state=row.state.label, step=step.label)
    if not mine:
        return gettext("现在没有轮到您办理这一件。")
    if (
        step.by
        and not step.by.own
        and act.actor.id_number_index
        and act.actor.id_number_index == _person(row)
    ):
        return gettext("这是您本人的，须由其他人办理。")
    for guard in step.when:
        why = guard(act, row)
        if why:
            return why
    return None


def _person(row: Any) -> str:
    return getattr(row, "id_number_index", "")


def _turn(step: Step, actor: Actor) -> ColumnElement[bool]:
    return step.by.turn(actor) if step.by else false()


def _load(
    session: Session, process: Process, ids: list[int], actor: Actor, *turns: ColumnElement[bool]
) -> list:
    statement = (
        select(process.model, *turns)
        .where(process.model.id.in_(ids), true() if actor is SYSTEM else rule(process.model, actor))
        .options(*process.load)
        .order_by(process.model.id)
    )
    return list(session.execute(statement))


def _begin(session: Session, step: Step, actor: Actor, note: str, answers: Mapping[str, Any] | None) -> Act:
    return Act(session, step, actor, clock.now(), note.strip(), answers or {})


def offers(process: Process, case_id: int, actor: Actor) -> tuple[Any, list[Offer]]:
    """Give a case as the engine sees it, with the steps this person could take now and why others cannot be taken."""
    steps = [step for step in process.steps if step.permits(actor)]
    with open_session() as session:
        rows = _load(
            session, process, [case_id], actor, *(_turn(step, actor).label(step.name) for step in steps)
        )
        if not rows:
            raise Missing(case_id)
        row = rows[0][0]
        found = []
        for step, mine in zip(steps, rows[0][1:], strict=True):
            if row.state in step.frm and mine:
                act = _begin(session, step, actor, "", None)
                act.cases = [row]
                found.append(Offer(step, _judge(act, row, mine=True) or ""))
        return row, found


def foresee(step: Step, ids: Iterable[int], actor: Actor) -> Performed:
    """Say what a press would do, without doing it: the confirm page lists it before it happens."""
    with open_session() as session:
        act = _begin(session, step, actor, "", None)
        fit, skipped = _sort(act, list(ids), None)
        return Performed(step, fit, skipped)


def _sort(act: Act, ids: list[int], seen: Mapping[int, int] | None) -> tuple[list[Any], list[Skipped]]:
    """Part the cases into those that can take the step and those that cannot, with reasons."""
    step, wanted = act.step, set(ids)
    if len(wanted) > MOST:
        raise Refused(gettext("一次最多办理 %(most)s 件，请分批办理。", most=MOST))
    if act.actor is not SYSTEM and not step.permits(act.actor):
        raise Forbidden(step.name)
    turn = true() if act.actor is SYSTEM else _turn(step, act.actor)
    rows = _load(act.session, step.process, sorted(wanted), act.actor, turn)
    if len(rows) != len(wanted):
        raise Missing(wanted - {row[0].id for row in rows})
    act.cases = [row for row, _mine in rows]
    fit, skipped = [], []
    for row, mine in rows:
        if seen is not None and seen.get(row.id, row.version) != row.version:
            skipped.append(Skipped(row, _who_was_faster(act.session, step.process, row.id), stale=True))
            continue
        why = _judge(act, row, mine=bool(mine))
        if why:
            skipped.append(Skipped(row, why))
        else:
            fit.append(row)
    return fit, skipped


def _who_was_faster(session: Session, process: Process, case_id: int) -> str:
    last = session.execute(
        select(Entry)
        .where(Entry.process == process.name, Entry.case_id == case_id)
        .order_by(Entry.id.desc())
        .limit(1)
    ).scalar_one_or_none()
    if last is None:
        return gettext("这一件刚刚有变动，请刷新后再办。")
    step = process.get(last.step)
    return gettext(
        "%(who)s 已于 %(at)s 办理“%(step)s”。",
        who=last.actor_name,
        at=clock.local(last.at).strftime("%m-%d %H:%M"),
        step=step.label if step else last.step,
    )


# ---- writing ------------------------------------------------------------------------------------------------------


def _changes(act: Act, row: Any) -> dict[str, Any]:
    """The columns one case gets: state, what the step sets, and what the process settles for every step."""
    target = act.step.to
    values = dict(target(act, row)) if callable(target) else {"state": target}
    if act.step.sets:
        values |= act.step.sets(act, row)
    if act.step.process.settles:
        values = {**act.step.process.settles(act, row, values["state"]), **values}
    return values


def _assign(model: type[Model], changes: dict[int, dict[str, Any]]) -> dict[str, Any]:
    """Make one SET clause for all cases: a constant where they agree, a CASE by id where they differ."""
    names = {name for values in changes.values() for name in values}
    clause: dict[str, Any] = {}
    for name in names:
        column = getattr(model, name)
        values = {key: given[name] for key, given in changes.items() if name in given}
        if len(values) == len(changes) and len(set(values.values())) == 1:
            clause[name] = next(iter(values.values()))
        else:
            pairs = {key: literal(value, column.type) for key, value in values.items()}
            clause[name] = case(pairs, value=model.id, else_=column)
    return clause


def _by_version(rows: list[Any]) -> Iterable[tuple[int, list[int]]]:
    """Ids by the version that was read: a batch has few versions, and a list of ids is quicker than one of pairs."""
    groups: dict[int, list[int]] = {}
    for row in rows:
        groups.setdefault(row.version, []).append(row.id)
    return groups.items()


def _write(act: Act, fit: list[Any]) -> list[Any]:
    """Compare and set: the cases that were still as read get their new state; the others are left alone."""
    if not fit:
        act.cases = []
        return []
    model = act.step.process.model
    act.cases = fit
    changes = {row.id: _changes(act, row) for row in fit}
    statement = (
        update(model)
        .where(
            or_(*(and_(model.version == version, model.id.in_(ids)) for version, ids in _by_version(fit))),
            model.state.in_(act.step.frm),
        )
        .values({**_assign(model, changes), "version": model.version + 1})
        .returning(model.id)
        .execution_options(synchronize_session=False)
    )
    won = set(act.session.scalars(statement))
    act.cases = [row for row in fit if row.id in won]
    act.memo("before", dict)
    for row in act.cases:
        act.memo("before", dict)[row.id] = row.state
        act.session.expunge(row)
        for name, value in changes[row.id].items():
            setattr(row, name, value)
        row.version += 1
    return act.cases


def _finish(act: Act) -> None:
    """Effects, entries, routings and notices for the cases that were won."""
    if not act.cases:
        return
    if act.step.effect:
        act.step.effect(act)
    process, before = act.step.process, act.memo("before", dict)
    act.session.execute(
        insert(Entry),
        [
            {
                "process": process.name,
                "case_id": row.id,
                "at": act.now,
                "actor_id": act.actor.user_id,
                "actor_name": act.actor.name,
                "unit_id": act.actor.unit_id,
                "unit_name": act.actor.unit_name,
                "step": act.step.name,
                "from_state": str(before[row.id]),
                "to_state": str(row.state),
                "reason": act.note,
                "details": act.details,
            }
            for row in act.cases
        ],
    )
    route(act.session, process, act.cases, act.now)
    tell(act)


def _write_down(act: Act) -> None:
    """Put one row into the audit for all cases of the act and what followed from it; last, as it holds others back."""
    if not act.cases:
        return
    case_id = f":{act.cases[0].id}" if len(act.cases) == 1 else ""
    details = audit.ids(act.ids) | ({"followed": act.followed} if act.followed else {})
    audit.record(
        act.session,
        act.actor.name,
        f"{act.step.process.name}.{act.step.name}",
        details,
        actor_id=act.actor.user_id,
        subject=f"{act.step.process.name}{case_id}",
    )


def route(session: Session, process: Process, cases: Iterable[Any], now: datetime) -> None:
    """Note which unit each case has come to; a unit that saw it before keeps its first date."""
    if not process.holder:
        return
    rows = [
        {"process": process.name, "case_id": row.id, "unit_id": unit, "since": now}
        for row in cases
        if (unit := process.holder(row))
    ]
    if rows:
        insert_missing(session, Routing, rows)


def insert_missing(session: Session, model: type[Model], rows: list[dict[str, Any]]) -> None:
    """Insert the rows that are not there yet, in bulk, on either database."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    session.execute(dialect.insert(model).on_conflict_do_nothing(), rows)


def perform(
    step: Step,
    cases: Iterable[int],
    actor: Actor,
    *,
    note: str = "",
    answers: Mapping[str, Any] | None = None,
    seen: Mapping[int, int] | None = None,
) -> Performed:
    """Take `step` on the cases with these ids, as `actor`; the only writer of states.

    `seen` holds the versions the person was looking at: what changed since is skipped and named. Raises `Missing`
    for a case the actor may not see, `Forbidden` for a step that is not theirs, `Refused` with a sentence where
    nothing at all could be done.
    """
    if step.note is Note.REQUIRED and not note.strip():
        raise Refused(gettext("请写明意见，申报人和下一级都会看到。"))
    with open_session() as session:
        act = _begin(session, step, actor, note, answers)
        fit, skipped = _sort(act, list(cases), seen)
        try:
            won = {row.id for row in _write(act, fit)}
            _finish(act)
            _write_down(act)
            if not act.cases:  # what was taken for the losers on the way, such as numbers, goes back
                session.expunge_all()
                session.rollback()
            session.commit()
        except IntegrityError as clash:
            session.rollback()
            raise Refused(gettext(step.process.clash)) from clash
        lost = [row for row in fit if row.id not in won]
        skipped += [Skipped(row, _who_was_faster(session, step.process, row.id), stale=True) for row in lost]
        return Performed(step, act.cases, skipped)
