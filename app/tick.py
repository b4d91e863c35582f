"""What time does (`flask --app run tick`): safe to run twice, and at any time; a timer runs it every few minutes.

Deadlines hold without it, because guards read the times themselves. What it adds is the step that nobody takes:
an overdue correction becomes 视为放弃, a plan whose window has ended is closed, open publicities get the last day that
the calendar in force gives them, and whoever owes the result of a publicity is told once that its days are over.
"""

from collections.abc import Iterator, Sequence

from sqlalchemy import Select, exists, insert, select, update
from sqlalchemy.orm import Session

from app import audit, clock, workdays
from app.access import SYSTEM
from app.db import open_session
from app.models import Application, Handler, Notice, Plan, Publicity, PublicityEntry
from app.process import MOST, perform
from app.states import ApplicationState, PlanState, PublicityKind, PublicityState
from app.steps import Step
from app.words import N_
from app.workflow import APPLICATION, PLAN

OVER = N_("%(people)s 人的公示已于 %(day)s 期满，请保存公示结果。")


def tick() -> dict[str, int]:
    """Do what is due at this moment and say how often: expired, closed, recounted, told."""
    now = clock.now()
    overdue = select(Application.id).where(
        Application.state == ApplicationState.RETURNED, Application.correction_deadline < now
    )
    ended = select(Plan.id).where(Plan.state == PlanState.PUBLISHED, Plan.closes_at < now)
    return {
        "expired": _perform(APPLICATION["expire"], overdue),
        "closed": _perform(PLAN["close"], ended),
        "recounted": recount(),
        "told": tell_owners(),
    }


def _perform(step: Step, due: Select[tuple[int]]) -> int:
    """Take a step on all cases that are due, as many at a time as one press takes; say how many it was taken on.

    A case that somebody else has moved in the meantime is left alone: the engine compares before it sets.
    """
    with open_session() as session:
        ids = list(session.scalars(due.order_by("id")))
    return sum(len(perform(step, part, SYSTEM).done) for part in _parts(ids))


def _parts(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), MOST):
        yield ids[start : start + MOST]


# ---- publicities --------------------------------------------------------------------------------------------------


def recount() -> int:
    """Give open publicities the last day of the calendar in force; each change is one row of the audit (domain 7.4).

    A notice may come out, or be corrected, while a publicity runs. Its people carry the dates as well.
    """
    calendar = workdays.current()
    with open_session() as session:
        changed = 0
        running = session.scalars(
            select(Publicity).where(Publicity.state == PublicityState.ACTIVE).order_by(Publicity.id)
        ).all()
        for row in running:
            ends, estimated = calendar.estimate_end_of(row.starts_on, row.days)
            if (ends, estimated) != (row.ends_on, row.estimated):
                changed += _move(session, row, {"ends_on": ends, "estimated": estimated})
        session.commit()
    return changed


def _move(session: Session, row: Publicity, values: dict) -> int:
    """Write a new last day, unless somebody was faster; a page opened before must be read again."""
    won = session.execute(
        update(Publicity)
        .where(
            Publicity.id == row.id,
            Publicity.version == row.version,
            Publicity.state == PublicityState.ACTIVE,
        )
        .values(**values, version=row.version + 1)
        .execution_options(synchronize_session=False)
    ).rowcount
    if not won:
        return 0
    unit = row.kind == PublicityKind.UNIT
    people = select(PublicityEntry.application_id).where(
        PublicityEntry.publicity_id == row.id, PublicityEntry.open
    )
    session.execute(
        update(Application)
        .where(Application.id.in_(people))
        .values({Application.publicity_to if unit else Application.result_to: values["ends_on"]})
        .execution_options(synchronize_session=False)
    )
    days = {"from": row.ends_on.isoformat(), "to": values["ends_on"].isoformat()}
    audit.record(session, SYSTEM.name, "recount_publicity", {"publicity": row.id, **days})
    return 1


def tell_owners() -> int:
    """Tell every active handler of its unit, once, that a publicity is over and its result is awaited.

    An estimated end is not told: it cannot be acted upon before the year's notice is out.
    """
    told = exists().where(
        Notice.user_id == Handler.user_id,
        Notice.process == "publicity",
        Notice.case_id == Publicity.id,
        Notice.text == OVER,
    )
    with open_session() as session:
        due = session.execute(
            select(Handler.user_id, Publicity.id, Publicity.ends_on)
            .join(Handler, Handler.unit_id == Publicity.unit_id)
            .where(
                Publicity.state == PublicityState.ACTIVE,
                Publicity.ends_on < clock.today(),
                Publicity.estimated.is_(False),
                Handler.active,
                ~told,
            )
            .order_by(Publicity.id, Handler.user_id)
        ).all()
        if due:
            session.execute(insert(Notice), _notices(session, due))
        session.commit()
    return len(due)


def _notices(session: Session, due: Sequence) -> list[dict]:
    people = {number: 0 for _user, number, _day in due}
    entries = select(PublicityEntry.publicity_id).where(
        PublicityEntry.publicity_id.in_(list(people)), PublicityEntry.open
    )
    for number in session.scalars(entries):
        people[number] += 1
    return [
        {
            "user_id": user,
            "process": "publicity",
            "case_id": number,
            "text": OVER,
            "params": {"people": people[number], "day": day.isoformat()},
            "created_at": clock.now(),
        }
        for user, number, day in due
    ]
