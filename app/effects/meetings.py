"""What follows from the steps of a plan and a meeting: tallies, results, and the steps of the applications.

Each function belongs to steps of `app.workflow`, runs inside their transaction, and may refuse with a sentence, which
undoes everything.
"""

from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select, update

from app import ballots
from app.models import (
    Application,
    Meeting,
    Outcome,
    Plan,
)
from app.process import Act, Refused
from app.states import (
    ApplicationState,
    PlanState,
    State,
    Verdict,
)


def since_now(act: Act, row: Plan | Meeting, state: State) -> dict[str, Any]:
    """Since when the plan or the meeting lies where it lies."""
    return {"held_since": act.now}


def attendance(act: Act, row: Meeting) -> dict[str, Any]:
    """出席人数 is noted as the session opens."""
    if not act.answers.get("present"):
        raise Refused(_("请填写出席人数。"))
    return {"present": act.answers["present"]}


def open_session(act: Act) -> None:
    """The people of the meeting are in review now, and so is the plan."""
    for row in act.cases:
        people_ = act.session.scalars(
            select(Outcome.application_id).where(Outcome.meeting_id == row.id)
        ).all()
        if not people_:
            raise Refused(_("会议还没有评审对象。"))
        act.cascade("application", "open_review", people_)
        if row.plan.state in (PlanState.PUBLISHED, PlanState.CLOSED):
            act.cascade("plan", "start_review", [row.plan_id])


def record_tallies(act: Act) -> None:
    """Write the tallies; the result is computed from them and never typed (order no. 40, art. 20)."""
    meeting = act.cases[0]
    votes = act.answers.get("votes") or {}
    rows = act.session.execute(
        select(Outcome.id, Application.applicant_name)
        .join(Application, Application.id == Outcome.application_id)
        .where(Outcome.meeting_id == meeting.id)
    )
    values = []
    for outcome_id, name in rows:
        recused, yes, no, abstain = votes.get(outcome_id) or (0, None, None, None)
        if None in (recused, yes, no, abstain):
            raise Refused(_("%(name)s：请填写同意、反对、弃权票数。", name=name))
        present = meeting.present - recused
        try:
            passed = ballots.tally(yes, no, abstain, present)
        except ValueError as wrong:
            raise Refused(_("%(name)s：%(why)s", name=name, why=str(wrong))) from wrong
        result = Verdict.PASS if passed else Verdict.FAIL
        values.append(
            {
                "id": outcome_id,
                "recused": recused,
                "present": present,
                "yes": yes,
                "no": no,
                "abstain": abstain,
                "result": result,
            }
        )
    act.session.execute(update(Outcome), values)


def clear_tallies(act: Act) -> None:
    """Before the announcement a correction starts from empty tallies."""
    nothing = {"present": None, "yes": None, "no": None, "abstain": None, "result": None}
    act.session.execute(update(Outcome).where(Outcome.meeting_id.in_(act.ids)).values(nothing))


def announced(act: Act, row: Meeting) -> dict[str, Any]:
    """Who announced."""
    if not act.answers.get("announcer"):
        raise Refused(_("请填写宣布人。"))
    return {"announcer": act.answers["announcer"]}


def decide(act: Act) -> None:
    """宣布: each person's application is decided by its tallies."""
    for row in act.cases:
        people_ = act.session.scalars(
            select(Outcome.application_id).where(Outcome.meeting_id == row.id)
        ).all()
        act.cascade("application", "decide", people_, meeting_id=row.id)


def to_result(act: Act, row: Application) -> dict[str, Any]:
    """Passed or not, by the outcome of the meeting that is being announced."""

    def load() -> dict[int, tuple[int, Verdict]]:
        found = act.session.execute(
            select(Outcome.application_id, Outcome.id, Outcome.result).where(
                Outcome.meeting_id == act.answers["meeting_id"]
            )
        )
        return {application: (outcome, result) for application, outcome, result in found}

    outcome_id, result = act.memo("results", load)[row.id]
    passed = result == Verdict.PASS
    state = ApplicationState.REVIEW_PASSED if passed else ApplicationState.REVIEW_FAILED
    return {"state": state, "outcome_id": outcome_id}


def publicise_results(act: Act) -> None:
    """Those who passed are shown to the public."""
    for row in act.cases:
        passed = act.session.scalars(
            select(Outcome.application_id).where(Outcome.meeting_id == row.id, Outcome.result == Verdict.PASS)
        ).all()
        act.cascade("application", "start_result_publicity", passed, **act.answers, meeting_id=row.id)


def file_results(act: Act) -> None:
    """备案: everybody of the meeting whose result publicity passed is confirmed under the filing number."""
    for row in act.cases:
        waiting = act.session.scalars(
            select(Application.id)
            .join(Outcome, Outcome.id == Application.outcome_id)
            .where(Outcome.meeting_id == row.id, Application.state == ApplicationState.RESULT_PUBLICITY)
        ).all()
        act.cascade("application", "confirm", waiting, filing_no=act.answers["filing_no"])


def with_filing_number(act: Act, row: Meeting) -> dict[str, Any]:
    """备案文号 is asked for."""
    if not act.answers.get("filing_no"):
        raise Refused(_("请填写备案文号。"))
    return {"filing_no": act.answers["filing_no"]}


def void_meeting(act: Act) -> None:
    """A void meeting gives its people back to the office."""
    clear_tallies(act)
    for row in act.cases:
        people_ = act.session.scalars(
            select(Application.id)
            .join(Outcome, Outcome.application_id == Application.id)
            .where(Outcome.meeting_id == row.id, Application.state == ApplicationState.IN_REVIEW)
        ).all()
        act.cascade("application", "review_void", people_)
