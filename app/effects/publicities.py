"""What follows from the steps of a publicity: dates, results per person, and the steps of their applications.

Each function belongs to steps of `app.workflow`, runs inside their transaction, and may refuse with a sentence, which
undoes everything.
"""

from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import insert, select, update

from app import clock, settings, workdays
from app.models import (
    Application,
    Committee,
    Entry,
    Plan,
    Publicity,
    PublicityEntry,
)
from app.process import Act, Refused
from app.states import (
    ApplicationState,
    PublicityKind,
    PublicityState,
    Verdict,
)


def span(act: Act) -> tuple[date, date, bool]:
    """Start and end of a publicity from what was answered, and whether the end is an estimate."""

    def work_out() -> tuple[date, date, bool]:
        starts, days = act.answers.get("starts_on"), act.answers.get("days") or 0
        least = max(5, settings.get(act.session, settings.PUBLICITY_DAYS))
        if not starts or starts < clock.local(act.now).date():
            raise Refused(_("公示开始日期不能早于今天。"))
        if days < least:
            raise Refused(_("公示不少于 %(least)s 个工作日。", least=least))
        ends, estimated = workdays.current().estimate_end_of(starts, days)
        return starts, ends, estimated

    return act.memo("span", work_out)


def unit_dates(act: Act, row: Application) -> dict[str, Any]:
    """Dates of the unit's publicity, kept on the case for lists and exports."""
    starts, ends, _estimated = span(act)
    return {"publicity_from": starts, "publicity_to": ends}


def result_dates(act: Act, row: Application) -> dict[str, Any]:
    """Dates of the result's publicity."""
    starts, ends, _estimated = span(act)
    return {"result_from": starts, "result_to": ends}


def open_unit_publicity(act: Act) -> None:
    """One publicity of the unit for the people chosen, per year."""
    for year in {row.year for row in act.cases}:
        rows = [row for row in act.cases if row.year == year]
        _open_publicity(act, PublicityKind.UNIT, rows, unit_id=act.cases[0].unit_id, year=year)


def open_result_publicity(act: Act) -> None:
    """One publicity of the result per plan; it belongs to the meeting that decided, where there was one."""
    for plan_id in {row.plan_id for row in act.cases}:
        rows = [row for row in act.cases if row.plan_id == plan_id]
        _open_publicity(
            act,
            PublicityKind.RESULT,
            rows,
            unit_id=rows[0].holder_unit_id,
            year=rows[0].year,
            plan_id=plan_id,
            meeting_id=act.answers.get("meeting_id"),
        )


def _open_publicity(act: Act, kind: PublicityKind, rows: list[Application], **more: Any) -> None:
    starts, ends, estimated = span(act)
    publicity_id = act.session.execute(
        insert(Publicity)
        .values(
            kind=kind,
            contact=act.answers["contact"],
            telephone=act.answers["telephone"],
            starts_on=starts,
            days=act.answers["days"],
            ends_on=ends,
            estimated=estimated,
            state=PublicityState.ACTIVE,
            version=1,
            created_at=act.now,
            **more,
        )
        .returning(Publicity.id)
    ).scalar_one()
    act.session.execute(
        insert(PublicityEntry),
        [{"publicity_id": publicity_id, "application_id": row.id, "open": True} for row in rows],
    )
    act.session.execute(
        insert(Entry).values(
            process="publicity",
            case_id=publicity_id,
            at=act.now,
            actor_id=act.actor.user_id,
            actor_name=act.actor.name,
            unit_id=act.actor.unit_id,
            unit_name=act.actor.unit_name,
            step="open",
            from_state="",
            to_state=str(PublicityState.ACTIVE),
            reason="",
            details={"people": len(rows), "ends_on": ends.isoformat()},
        )
    )
    act.details.setdefault("publicities", []).append(publicity_id)


def to_passed_or_failed(act: Act, row: Publicity) -> dict[str, Any]:
    """A publicity fails as a whole only when nobody passes."""
    everybody, failed = _people(act, row.id)
    return {"state": PublicityState.FAILED if failed == everybody else PublicityState.PASSED}


def _people(act: Act, publicity_id: int) -> tuple[set[int], set[int]]:
    """Everybody of a publicity still open, and those among them who were answered to have failed."""

    def load() -> set[int]:
        return set(
            act.session.scalars(
                select(PublicityEntry.application_id).where(
                    PublicityEntry.publicity_id == publicity_id, PublicityEntry.open
                )
            )
        )

    everybody = act.memo(f"people{publicity_id}", load)
    return everybody, everybody & set(act.answers.get("failed") or ())


def save_results(act: Act) -> None:
    """公示结果保存: a result per person, and the step that follows on each application."""
    for row in act.cases:
        everybody, failed = _people(act, row.id)
        passed = everybody - failed
        if failed and not act.note:
            raise Refused(_("有人不通过时，请写明原因。"))
        for people_, result in ((passed, Verdict.PASS), (failed, Verdict.FAIL)):
            act.session.execute(
                update(PublicityEntry)
                .where(PublicityEntry.publicity_id == row.id, PublicityEntry.application_id.in_(people_))
                .values(result=result, open=False)
            )
        if row.kind == PublicityKind.UNIT:
            act.cascade("application", "publicity_pass", passed)
            act.cascade("application", "publicity_fail", failed)
        else:
            act.cascade("application", "report", passed)
            act.cascade("application", "result_fail", failed)
            if row.meeting_id:
                act.cascade("meeting", "publicity_over", [row.meeting_id])


def cancel_publicity(act: Act) -> None:
    """People go back to where they were before the publicity."""
    for row in act.cases:
        everybody, _failed = _people(act, row.id)
        act.session.execute(
            update(PublicityEntry).where(PublicityEntry.publicity_id == row.id).values(open=False)
        )
        back = "publicity_cancelled" if row.kind == PublicityKind.UNIT else "result_cancelled"
        act.cascade("application", back, everybody)
        if row.meeting_id:
            act.cascade("meeting", "publicity_cancelled", [row.meeting_id])


def note_objection(act: Act) -> None:
    """An objection is noted with the person it is about; that person waits, the others do not."""
    _set_objection(act, act.note)


def settle_objection(act: Act) -> None:
    """The inquiry is over; the result is recorded when the publicity ends."""
    _set_objection(act, None)


def _set_objection(act: Act, text: str | None) -> None:
    for row in act.cases:
        everybody, _failed = _people(act, row.id)
        person = act.answers.get("application_id")
        if person not in everybody:
            raise Refused(_("请选择这份公示中的人。"))
        act.session.execute(
            update(PublicityEntry)
            .where(PublicityEntry.publicity_id == row.id, PublicityEntry.application_id == person)
            .values(objection=text)
        )
        act.details["application_id"] = person


def no_dates(act: Act, row: Application) -> dict[str, Any]:
    """A cancelled unit publicity leaves no dates behind."""
    return {"publicity_from": None, "publicity_to": None}


def no_result_dates(act: Act, row: Application) -> dict[str, Any]:
    """A cancelled result publicity leaves no dates behind."""
    return {"result_from": None, "result_to": None}


def to_bureau(act: Act, row: Application) -> dict[str, Any]:
    """结果上报: the bureau that filed the committee holds it now, and confirms."""
    return {"state": ApplicationState.RESULT_PUBLICITY, "holder_unit_id": _bureaus(act)[row.plan_id]}


def _bureaus(act: Act) -> dict[int, int]:
    plans = {row.plan_id for row in act.cases}
    statement = select(Plan.id, Committee.bureau_id).join(Committee).where(Plan.id.in_(plans))
    return act.memo("bureaus", lambda: dict(act.session.execute(statement).all()))


def filed(act: Act, row: Application) -> dict[str, Any]:
    """确认备案: when, and under which number."""
    return {"filed_at": act.now, "filing_no": act.answers.get("filing_no") or ""}
