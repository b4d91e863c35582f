"""What follows from the steps of an application: where it goes next, and what is frozen on it.

Each function belongs to steps of `app.workflow`, runs inside their transaction, and may refuse with a sentence, which
undoes everything.
"""

from collections import Counter
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import delete, insert, select, update

from app import clock, routing
from app.models import (
    Applicant,
    Application,
    Plan,
    RouteHop,
    Unit,
)
from app.process import Act, Refused
from app.states import (
    HELD,
    ApplicationState,
    Stage,
    State,
)


def settle(act: Act, row: Application, state: State) -> dict[str, Any]:
    """What every step of an application writes: since when, and nobody holds it where no unit does."""
    values: dict[str, Any] = {"held_since": act.now}
    if state not in HELD:
        values["holder_unit_id"] = None
    if state != ApplicationState.RETURNED:
        values |= {"resume_state": None, "resume_unit_id": None, "correction_deadline": None}
    return values


def to_first_or_back(act: Act, row: Application) -> dict[str, Any]:
    """First time to the own unit; after a return to the stage that returned it (domain 7.3)."""
    if row.state == ApplicationState.RETURNED:
        return {"state": row.resume_state, "holder_unit_id": row.resume_unit_id}
    return {"state": ApplicationState.PENDING_UNIT, "holder_unit_id": row.unit_id, "submitted_at": act.now}


def frozen(act: Act, row: Application) -> dict[str, Any]:
    """Freeze what reviewers read of the person: the archive as it is at submission."""
    person = act.session.get(Applicant, row.applicant_id)
    unit = act.session.scalar(select(Unit.name).where(Unit.id == row.unit_id))
    return {"unit_name": unit, **archive(person)}


def archive(person: Applicant) -> dict[str, Any]:
    """The columns of an application that come from the archive."""
    return {
        "applicant_name": person.name,
        "gender": person.gender,
        "id_number_index": person.id_number_index,
        "id_number_mask": person.id_number_mask,
        "phone_mask": person.phone_mask,
        "department": person.department,
        "education": person.education,
        "current_title": person.current_title,
        "current_title_on": person.current_title_on,
    }


def to_draft_or_withdrawn(act: Act, row: Application) -> dict[str, Any]:
    """Before the unit has read it, a withdrawal gives the draft back; later it ends the application."""
    if row.state == ApplicationState.PENDING_UNIT:
        return {"state": ApplicationState.DRAFT}
    return {"state": ApplicationState.WITHDRAWN}


def back_to_person(act: Act, row: Application) -> dict[str, Any]:
    """Return to the person with a deadline, remembering where it goes when corrected."""
    deadline = act.answers.get("deadline") or row.plan.correction_deadline
    if not act.now < deadline <= row.plan.correction_deadline:
        latest = clock.local(row.plan.correction_deadline).strftime("%Y-%m-%d %H:%M")
        raise Refused(_("补正截止要晚于现在，且不晚于计划的退回补正截止 %(when)s。", when=latest))
    return {
        "state": ApplicationState.RETURNED,
        "resume_state": row.state,
        "resume_unit_id": row.holder_unit_id,
        "correction_deadline": deadline,
    }


WAITING_AT = {
    Stage.SUPERIOR: ApplicationState.PENDING_SUPERIOR,
    Stage.FORMAL: ApplicationState.PENDING_FORMAL,
    Stage.OFFICE: ApplicationState.FORMAL_PASSED,
}


def _ways(act: Act) -> dict[tuple[int, int], list[routing.Hop]]:
    """The way up of each pair of unit and plan among the cases, computed once."""
    pairs = {(row.unit_id, row.plan_id) for row in act.cases}
    return act.memo("ways", lambda: {pair: routing.way_up(act.session, *pair) for pair in pairs})


def to_first_hop(act: Act, row: Application) -> dict[str, Any]:
    """推荐上报: to the first stop of the way."""
    way = _ways(act)[row.unit_id, row.plan_id]
    superior = way[0].unit_id if way[0].stage == Stage.SUPERIOR else None
    return {
        "state": WAITING_AT[way[0].stage],
        "holder_unit_id": way[0].unit_id,
        "hop": 1,
        "recommended_at": act.now,
        "superior_id": superior,
    }


def lay_way(act: Act) -> None:
    """Write the stops ahead; those of an earlier recommendation give way."""
    act.session.execute(delete(RouteHop).where(RouteHop.application_id.in_(act.ids)))
    ways = _ways(act)
    rows = [
        {"application_id": row.id, "seq": seq, "unit_id": hop.unit_id, "stage": hop.stage}
        for row in act.cases
        for seq, hop in enumerate(ways[row.unit_id, row.plan_id], start=1)
    ]
    act.session.execute(insert(RouteHop), rows)


def to_next_hop(act: Act, row: Application) -> dict[str, Any]:
    """To the next stop of the way; the last is the committee's office."""

    def load() -> dict[tuple[int, int], tuple[int, Stage]]:
        found = act.session.execute(
            select(RouteHop.application_id, RouteHop.seq, RouteHop.unit_id, RouteHop.stage).where(
                RouteHop.application_id.in_(act.ids)
            )
        )
        return {(application, seq): (unit, stage) for application, seq, unit, stage in found}

    unit, stage = act.memo("hops", load)[row.id, row.hop + 1]
    values = {"state": WAITING_AT[stage], "holder_unit_id": unit, "hop": row.hop + 1}
    if row.state == ApplicationState.PENDING_FORMAL:
        values["formal_passed_at"] = act.now
    return values


def paper_received(act: Act, row: Application) -> dict[str, Any]:
    """The state stays; the date is noted."""
    return {"state": row.state, "paper_received_at": act.now}


def with_number(act: Act, row: Application) -> dict[str, Any]:
    """受理号, unique in the plan: year, committee, batch, then a running number taken from the plan under its lock."""

    def take() -> dict[int, str]:
        numbers: dict[int, str] = {}
        for plan_id, count in Counter(found.plan_id for found in act.cases).items():
            last, year, committee, batch = act.session.execute(
                update(Plan)
                .where(Plan.id == plan_id)
                .values(numbered=Plan.numbered + count)
                .returning(Plan.numbered, Plan.year, Plan.committee_id, Plan.batch)
            ).one()
            cases = [found for found in act.cases if found.plan_id == plan_id]
            for number, found in enumerate(cases, start=last - count + 1):
                numbers[found.id] = f"{year}{committee:04d}{batch:02d}{number:05d}"
        return numbers

    number = row.accept_no or act.memo("numbers", take)[row.id]
    return {"accept_no": number}
