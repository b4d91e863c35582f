"""评审会议: the arranging of a meeting by the office, the one thing about it that is no step (domain 7.6).

A meeting is made as a draft with the people it will review; from then on everything is a step (`app.workflow`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Row, exists, func, insert, select, update
from sqlalchemy.orm import Session

from app import clock, entries
from app.access import Actor, is_office
from app.db import open_session
from app.models import Application, Committee, Meeting, Outcome, Plan
from app.process import Missing, Refused
from app.states import ApplicationState, HostRole, MeetingState, PlanState, Way

#: Plans under which a meeting can be arranged; when it may open is a guard of that step.
REVIEWING = (PlanState.PUBLISHED, PlanState.CLOSED, PlanState.IN_REVIEW)
#: Meetings that no longer hold anybody.
ENDED = (MeetingState.VOID, MeetingState.ARCHIVED)
#: At most so many people in one meeting.
MOST = 500


class Wrong(Refused):
    """One field is wrong, in the light of the plan."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


@dataclass(frozen=True)
class Fields:
    """What the office writes of a meeting."""

    name: str
    held_at: datetime
    place: str
    host: str
    host_role: HostRole
    members: int
    recorder: str


def own_plan(actor: Actor) -> tuple:
    """Whether a plan, joined with its committee, is of the actor's office and being carried out."""
    return (Committee.office_id == actor.unit_id, is_office(actor), Plan.state.in_(REVIEWING))


def waiting(actor: Actor) -> tuple[ColumnElement[bool], ...]:
    """Whether an application waits for a meeting: accepted, with the office, by vote, and in no open meeting."""
    taken = exists().where(
        Outcome.application_id == Application.id,
        Outcome.meeting_id == Meeting.id,
        Meeting.state.not_in(ENDED),
    )
    return (
        Application.state == ApplicationState.ACCEPTED,
        Application.holder_unit_id == actor.unit_id,
        Application.way != Way.RECOGNITION,
        ~taken,
    )


def plans(actor: Actor) -> list[Row]:
    """Plans of the own committees that have people who wait: id, name, closing, and how many."""
    with open_session() as session:
        return session.execute(
            select(Plan.id, Plan.name, Plan.closes_at, func.count(Application.id).label("people"))
            .join(Committee, Committee.id == Plan.committee_id)
            .join(Application, Application.plan_id == Plan.id)
            .where(*own_plan(actor), *waiting(actor))
            .group_by(Plan.id, Plan.name, Plan.closes_at)
            .order_by(Plan.closes_at, Plan.id)
        ).all()


def arrange(actor: Actor, plan_id: int, application_ids: Sequence[int], fields: Fields) -> int:
    """Make a meeting with its people, and give its id; all of it, or nothing."""
    wanted = set(application_ids)
    if not 0 < len(wanted) <= MOST:
        raise Wrong("row", _("请勾选 1 至 %(most)s 个评审对象。", most=MOST))
    with open_session() as session:
        closes_at = _hold(session, actor, plan_id)
        if fields.held_at < closes_at:
            when = clock.local(closes_at).strftime("%Y-%m-%d %H:%M")
            raise Wrong("held_at", _("受理 %(when)s 截止，此后才能开会评审。", when=when))
        fit = select(Application.id).where(
            Application.id.in_(wanted), Application.plan_id == plan_id, *waiting(actor)
        )
        found = sorted(session.scalars(fit))
        if len(found) != len(wanted):
            gone = len(wanted) - len(found)
            raise Wrong("row", _("勾选的人中有 %(n)s 人现在不能安排，请核对后再保存。", n=gone))
        made = session.execute(
            insert(Meeting)
            .values(
                plan_id=plan_id,
                state=MeetingState.DRAFT,
                version=1,
                created_at=clock.now(),
                announcer="",
                filing_no="",
                **vars(fields),
            )
            .returning(Meeting.id)
        ).scalar_one()
        people = [{"meeting_id": made, "application_id": pk, "recused": 0, "opinion": ""} for pk in found]
        session.execute(insert(Outcome), people)
        entries.write(
            session, actor, ("meeting", made), "arrange", ("", MeetingState.DRAFT), people=len(people)
        )
        session.commit()
        return made


def _hold(session: Session, actor: Actor, plan_id: int) -> datetime:
    """Hold the plan's row for the transaction, so that nobody is put into two meetings at once; give its closing."""
    own = select(Plan.id).join(Committee, Committee.id == Plan.committee_id).where(*own_plan(actor))
    closes_at = session.scalar(
        update(Plan)
        .where(Plan.id == plan_id, Plan.id.in_(own))
        .values(numbered=Plan.numbered)
        .returning(Plan.closes_at)
        .execution_options(synchronize_session=False)
    )
    if closes_at is None:
        raise Missing(plan_id)
    return closes_at
