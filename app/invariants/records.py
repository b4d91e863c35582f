"""Invariants of what is written about cases: publicities, tallies, timelines, routings, notices."""

from typing import Any

from sqlalchemy import and_, exists, func, not_, or_, select
from sqlalchemy.orm import Session

from app import workdays
from app.access import CASES
from app.exports import day_in_shanghai, day_of
from app.invariants.kind import Invariant
from app.models import Account, Entry, Meeting, Notice, Outcome, Publicity, PublicityEntry, Routing
from app.states import MeetingState, PublicityState, Verdict
from app.steps import Note
from app.words import N_
from app.workflow import PROCESSES

LEAST = 5
#: Lines of timelines that are no step: what is made and edited on pages, and a publicity opened with its people.
BESIDES = ("arrange", "create", "edit", "open")


def publicity_days(session: Session) -> list[tuple[Any, ...]]:
    """Find publicities shorter than five working days, or running with another last day than the calendar's.

    A publicity that touches a year without a notice is an estimate and cannot be judged (domain 4).
    """
    calendar, found = workdays.current(), []
    rows = session.execute(
        select(Publicity.id, Publicity.starts_on, Publicity.ends_on, Publicity.days, Publicity.state)
        .where(Publicity.state != PublicityState.CANCELLED)
        .execution_options(yield_per=1000)
    )
    for number, starts, ends, days, state in rows:
        last, estimated = calendar.estimate_end_of(starts, LEAST)
        running = state == PublicityState.ACTIVE
        due, _guess = calendar.estimate_end_of(starts, days)
        if (running and ends != due) or (not estimated and ends < last):
            found.append((number, starts, ends, days))
    return found


def _last_entries(process: str) -> Any:
    return select(func.max(Entry.id)).where(Entry.process == process).group_by(Entry.case_id)


def _states(process: str, model: type) -> Invariant:
    return Invariant(
        f"{process}_state",
        N_("状态等于审核记录最后一行办理后的状态"),
        select(model.id, model.state, Entry.to_state)
        .join(Entry, and_(Entry.process == process, Entry.case_id == model.id))
        .where(Entry.id.in_(_last_entries(process)), Entry.to_state != model.state),
    )


def _chain() -> Any:
    """Lines of a timeline that do not start where the one before ended."""
    before = func.lag(Entry.to_state).over(partition_by=(Entry.process, Entry.case_id), order_by=Entry.id)
    lines = select(
        Entry.id, Entry.process, Entry.case_id, Entry.from_state, before.label("before")
    ).subquery()
    return select(lines.c.id, lines.c.process, lines.c.case_id).where(lines.c.from_state != lines.c.before)


def _unknown_steps() -> Any:
    """Lines that name a step which their process does not have."""
    return or_(
        Entry.process.not_in(list(PROCESSES)),
        *(
            and_(
                Entry.process == name,
                Entry.step.not_in([*(step.name for step in process.steps), *BESIDES]),
            )
            for name, process in PROCESSES.items()
        ),
    )


def _without_reason() -> Any:
    """Lines of steps that ask for an opinion and have none."""
    return or_(
        *(
            and_(
                Entry.process == name,
                Entry.step.in_([step.name for step in process.steps if step.note is Note.REQUIRED]),
                Entry.reason == "",
            )
            for name, process in PROCESSES.items()
        )
    )


def _caseless(model: type[Routing | Notice]) -> Any:
    """Rows about a case that is not there."""
    return or_(
        *(
            and_(
                model.process == name,
                model.case_id.is_not(None),
                not_(exists().where(case.id == model.case_id)),
            )
            for name, case in CASES.items()
        )
    )


PUBLICITIES = (
    Invariant(
        "publicity_days",
        N_("公示不少于 5 个工作日，截止日期与放假安排一致（不一致时运行 tick）"),
        publicity_days,
    ),
    Invariant(
        "publicity_has_people",
        N_("正在进行的公示有尚无结果的人员"),
        select(Publicity.id).where(
            Publicity.state == PublicityState.ACTIVE,
            not_(exists().where(PublicityEntry.publicity_id == Publicity.id, PublicityEntry.open)),
        ),
    ),
    Invariant(
        "publicity_results",
        N_("已有结果的公示，每人都有结果；正在进行的公示，无人有结果"),
        select(PublicityEntry.publicity_id, PublicityEntry.application_id)
        .join(Publicity, Publicity.id == PublicityEntry.publicity_id)
        .where(
            or_(
                and_(
                    Publicity.state.in_((PublicityState.PASSED, PublicityState.FAILED)),
                    PublicityEntry.result.is_(None),
                ),
                and_(Publicity.state == PublicityState.ACTIVE, PublicityEntry.result.is_not(None)),
            )
        ),
    ),
    Invariant(
        "publicity_saved_early",
        N_("公示结果在截止日 24:00 以后录入"),
        select(Publicity.id, Entry.id)
        .join(Entry, and_(Entry.process == "publicity", Entry.case_id == Publicity.id))
        .where(Entry.step == "save_result", day_in_shanghai(Entry.at) <= day_of(Publicity.ends_on)),
    ),
)

MEETINGS = (
    Invariant(
        "outcome_two_thirds",
        N_("同意票达到出席人数三分之二的通过，其他的不通过，票数合计等于出席人数"),
        select(Outcome.id).where(
            Outcome.result.is_not(None),
            or_(
                (Outcome.result == Verdict.PASS) != (3 * Outcome.yes >= 2 * Outcome.present),
                Outcome.yes + Outcome.no + Outcome.abstain != Outcome.present,
            ),
        ),
    ),
    Invariant(
        "outcome_attendance",
        N_("每人的出席人数等于会议出席人数减回避人数，会议出席达到三分之二"),
        select(Outcome.id, Meeting.id)
        .join(Meeting, Meeting.id == Outcome.meeting_id)
        .where(
            Outcome.result.is_not(None),
            or_(
                Outcome.present != Meeting.present - Outcome.recused,
                3 * Meeting.present < 2 * Meeting.members,
            ),
        ),
    ),
    Invariant(
        "meeting_counted",
        N_("已投票的会议每人都有票数，尚未投票和作废的会议无人有票数"),
        select(Outcome.id, Meeting.id)
        .join(Meeting, Meeting.id == Outcome.meeting_id)
        .where(
            Meeting.state.in_((MeetingState.DRAFT, MeetingState.IN_SESSION, MeetingState.VOID))
            != Outcome.result.is_(None)
        ),
    ),
)

TIMELINES = (
    *(_states(process, model) for process, model in CASES.items()),
    Invariant("entry_chain", N_("审核记录每一行从上一行办理后的状态开始"), _chain()),
    Invariant(
        "entry_step",
        N_("审核记录的步骤都在流程表中"),
        select(Entry.id, Entry.process, Entry.step).where(_unknown_steps()),
    ),
    Invariant(
        "entry_reason",
        N_("须写明意见的步骤都有意见"),
        select(Entry.id, Entry.process, Entry.step).where(_without_reason()),
    ),
    Invariant(
        "routing_case",
        N_("到过的单位都指向存在的事项"),
        select(Routing.process, Routing.case_id, Routing.unit_id).where(_caseless(Routing)),
    ),
    Invariant(
        "notice_case",
        N_("通知都指向存在的事项"),
        select(Notice.id, Notice.process, Notice.case_id).where(_caseless(Notice)),
    ),
    Invariant(
        "notice_user",
        N_("通知都发给存在的账号"),
        select(Notice.id, Notice.user_id).where(not_(exists().where(Account.id == Notice.user_id))),
    ),
)
