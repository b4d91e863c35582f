"""What a step does besides writing the state: where a case goes, which columns it gets, which rows follow from it.

Each function belongs to one step of `app.workflow`. They run inside the transaction of the step and may refuse with a
sentence, which undoes everything.
"""

from collections import Counter
from datetime import date, timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import case, delete, insert, select, update
from sqlalchemy.orm import Session

from app import accounts, ballots, clock, people, routing, settings, workdays
from app.models import (
    Account,
    Applicant,
    Application,
    Committee,
    Handler,
    HandlerBusiness,
    Meeting,
    Outcome,
    Plan,
    Publicity,
    PublicityEntry,
    Registration,
    Relation,
    RouteHop,
    Unit,
    UnitFunction,
)
from app.process import Act, Refused
from app.states import (
    HELD,
    ApplicationState,
    Business,
    Function,
    PublicityKind,
    PublicityState,
    RelationState,
    Reporting,
    Stage,
    State,
    Verdict,
)

# ---- registration -------------------------------------------------------------------------------------------------


def to_reviewer(act: Act, row: Registration) -> dict[str, Any]:
    """Route it, once, at 注册; what was asked for stays beside it (R5 to R8)."""
    found = routing.reviewing(act.session, row)
    return {
        "state": found.state,
        "routed_to_id": found.unit_id,
        "routed_business": found.business,
        "submitted_at": act.now,
        "held_since": act.now,
    }


def decided(act: Act, row: Registration) -> dict[str, Any]:
    """Note when it was decided."""
    return {"decided_at": act.now}


def refused_with_reason(act: Act, row: Registration) -> dict[str, Any]:
    """Keep the reason, and from when on registering again is possible (R11)."""
    wait = timedelta(minutes=settings.get(act.session, settings.WAIT_MINUTES))
    return {"decided_at": act.now, "reason": act.note, "reregister_after": act.now + wait}


def unit_of(act: Act, row: Registration) -> dict[str, Any]:
    """Make the unit, or find the one with this credit code, so that the approved registration names it."""
    session = act.session
    unit_id = session.scalar(select(Unit.id).where(Unit.credit_code == row.credit_code))
    if unit_id is None:
        unit_id = session.execute(
            insert(Unit)
            .values(
                credit_code=row.credit_code,
                name=row.unit_name,
                kind=row.unit_kind,
                region_code=row.region_code,
                reporting=Reporting.UNDETERMINED,
                path="",
                contact=row.name,
                telephone="",
                active=True,
                created_at=act.now,
            )
            .returning(Unit.id)
        ).scalar_one()
        session.execute(update(Unit).where(Unit.id == unit_id).values(path=f"/{unit_id}/"))
    return {"decided_at": act.now, "unit_id": unit_id}


def open_account(act: Act) -> None:
    """On approval: the unit is an employer, the handler gets login and both permissions (R7), the superior is set."""
    for row in act.cases:
        _grant_function(act.session, row.unit_id, Function.EMPLOYER)
        _handler(act, row)
        _report_to(act, row)


def _grant_function(session: Session, unit_id: int, function: Function) -> None:
    if session.get(UnitFunction, (unit_id, function)) is None:
        session.execute(insert(UnitFunction).values(unit_id=unit_id, function=function))


def _handler(act: Act, row: Registration) -> None:
    """Extend the account the handler has, or open one; nothing of an existing account is overwritten."""
    session = act.session
    roles = accounts.roles_for({Function.EMPLOYER})
    existing = session.execute(
        select(Handler.id, Handler.user_id, Handler.id_number_index)
        .join(Account, Account.id == Handler.user_id)
        .where(Account.username == row.username.lower())
    ).one_or_none()
    if existing and existing.id_number_index != row.id_number_index:
        raise Refused(_("用户名已由别人使用，请审核不通过并请单位更换用户名。"))
    if existing:
        handler_id = existing.id
        accounts.grant(session, existing.user_id, roles, accounts.role_ids(session))
    else:
        if accounts.taken(session, row.username):
            raise Refused(_("用户名已由别人使用，请审核不通过并请单位更换用户名。"))
        login = accounts.login_values(row.username, row.name, row.password)
        user_id = accounts.make_login(session, login, roles)
        values = people.personal(row.name, people.id_number(row), people.phone(row))
        handler_id = session.execute(
            insert(Handler)
            .values(unit_id=row.unit_id, user_id=user_id, active=True, **values)
            .returning(Handler.id)
        ).scalar_one()
    has = set(
        session.scalars(select(HandlerBusiness.business).where(HandlerBusiness.handler_id == handler_id))
    )
    missing = [
        {"handler_id": handler_id, "business": business} for business in Business if business not in has
    ]
    if missing:
        session.execute(insert(HandlerBusiness), missing)


def _report_to(act: Act, row: Registration) -> None:
    """The superior who approved becomes the superior; on the bureau's route the bureau names it, or confirms 直报."""
    superior = act.answers.get("superior_id")
    if row.routed_business is None:
        superior = row.routed_to_id
    elif not superior and not act.answers.get("direct"):
        if routing.parent_of(act.session, row.unit_id) is None:
            raise Refused(_("请选择主管单位，或者勾选“无主管单位，直报”。"))
        return
    if superior:
        attach(act, row.unit_id, superior)
    else:
        act.session.execute(update(Unit).where(Unit.id == row.unit_id).values(reporting=Reporting.DIRECT))


# ---- relations ----------------------------------------------------------------------------------------------------

DEPTH = 8


def attach(act: Act, child_id: int, parent_id: int) -> None:
    """Put a unit under a superior: end the old relation, start the new one, write the paths below."""
    session = act.session
    if routing.parent_of(session, child_id) == parent_id:
        return
    detach(act, child_id)
    relation_id = session.execute(
        insert(Relation)
        .values(
            child_id=child_id, parent_id=parent_id, state=RelationState.ACTIVE, version=1, created_at=act.now
        )
        .returning(Relation.id)
    ).scalar_one()
    act.details.setdefault("relations", []).append(relation_id)
    hang(session, child_id, parent_id)


def detach(act: Act, child_id: int) -> None:
    """End the active relation of a unit, if there is one."""
    act.session.execute(
        update(Relation)
        .where(Relation.child_id == child_id, Relation.state == RelationState.ACTIVE)
        .values(state=RelationState.ENDED, ended_at=act.now, version=Relation.version + 1)
    )


def hang(session: Session, child_id: int, parent_id: int | None) -> None:
    """Write the path of a unit and of all below it; refuse circles and more than eight levels (domain 7.2)."""
    paths = dict(
        session.execute(
            select(Unit.id, Unit.path).where(Unit.id.in_([child_id, parent_id or child_id]))
        ).all()
    )
    old = paths[child_id] or f"/{child_id}/"
    above = paths[parent_id] if parent_id else "/"
    if f"/{child_id}/" in above:
        raise Refused(_("主管单位不能是本单位，也不能是本单位的下级。"))
    new = f"{above}{child_id}/"
    rows = session.execute(select(Unit.id, Unit.path).where(Unit.path.startswith(old))).all() or [
        (child_id, old)
    ]
    moved = {unit: new + path[len(old) :] for unit, path in rows}
    if max(path.count("/") - 1 for path in moved.values()) > DEPTH:
        raise Refused(_("上下级关系最多 %(depth)s 级。", depth=DEPTH))
    session.execute(update(Unit).where(Unit.id.in_(moved)).values(path=case(moved, value=Unit.id)))
    reporting = Reporting.SUPERIOR if parent_id else Reporting.UNDETERMINED
    session.execute(update(Unit).where(Unit.id == child_id).values(reporting=reporting))


def hang_under(act: Act) -> None:
    """A confirmed relation: the old superior of the unit ends, the paths follow."""
    for row in act.cases:
        act.session.execute(
            update(Relation)
            .where(
                Relation.child_id == row.child_id,
                Relation.state == RelationState.ACTIVE,
                Relation.id != row.id,
            )
            .values(state=RelationState.ENDED, ended_at=act.now, version=Relation.version + 1)
        )
        hang(act.session, row.child_id, row.parent_id)


def hang_alone(act: Act) -> None:
    """An ended relation: the unit stands alone again."""
    for row in act.cases:
        hang(act.session, row.child_id, None)


def ended(act: Act, row: Relation) -> dict[str, Any]:
    """Note when the relation ended."""
    return {"ended_at": act.now}


# ---- application: submission --------------------------------------------------------------------------------------


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


# ---- application: on its way --------------------------------------------------------------------------------------

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


# ---- publicity ----------------------------------------------------------------------------------------------------


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


def _open_publicity(act: Act, kind: PublicityKind, rows: list[Application], **more: Any) -> None:  # noqa: ANN401
    from app.models import Entry  # noqa: PLC0415

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
    from app.workflow import APPLICATION, MEETING  # noqa: PLC0415

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
            act.cascade(APPLICATION["publicity_pass"], passed)
            act.cascade(APPLICATION["publicity_fail"], failed)
        else:
            act.cascade(APPLICATION["report"], passed)
            act.cascade(APPLICATION["result_fail"], failed)
            if row.meeting_id:
                act.cascade(MEETING["publicity_over"], [row.meeting_id])


def cancel_publicity(act: Act) -> None:
    """People go back to where they were before the publicity."""
    from app.workflow import APPLICATION, MEETING  # noqa: PLC0415

    for row in act.cases:
        everybody, _failed = _people(act, row.id)
        act.session.execute(
            update(PublicityEntry).where(PublicityEntry.publicity_id == row.id).values(open=False)
        )
        back = "publicity_cancelled" if row.kind == PublicityKind.UNIT else "result_cancelled"
        act.cascade(APPLICATION[back], everybody)
        if row.meeting_id:
            act.cascade(MEETING["publicity_cancelled"], [row.meeting_id])


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


# ---- plan and meeting ---------------------------------------------------------------------------------------------


def since_now(act: Act, row: Plan, state: State) -> dict[str, Any]:
    """Since when the plan lies where it lies."""
    return {"held_since": act.now}


def attendance(act: Act, row: Meeting) -> dict[str, Any]:
    """出席人数 is noted as the session opens."""
    if not act.answers.get("present"):
        raise Refused(_("请填写出席人数。"))
    return {"present": act.answers["present"]}


def open_session(act: Act) -> None:
    """The people of the meeting are in review now, and so is the plan."""
    from app.workflow import APPLICATION, PLAN  # noqa: PLC0415

    for row in act.cases:
        people_ = act.session.scalars(
            select(Outcome.application_id).where(Outcome.meeting_id == row.id)
        ).all()
        if not people_:
            raise Refused(_("会议还没有评审对象。"))
        act.cascade(APPLICATION["open_review"], people_)
        if row.plan.state in PLAN["start_review"].frm:
            act.cascade(PLAN["start_review"], [row.plan_id])


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
    from app.workflow import APPLICATION  # noqa: PLC0415

    for row in act.cases:
        people_ = act.session.scalars(
            select(Outcome.application_id).where(Outcome.meeting_id == row.id)
        ).all()
        act.cascade(APPLICATION["decide"], people_, meeting_id=row.id)


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
    from app.workflow import APPLICATION  # noqa: PLC0415

    for row in act.cases:
        passed = act.session.scalars(
            select(Outcome.application_id).where(Outcome.meeting_id == row.id, Outcome.result == Verdict.PASS)
        ).all()
        act.cascade(APPLICATION["start_result_publicity"], passed, **act.answers, meeting_id=row.id)


def file_results(act: Act) -> None:
    """备案: everybody of the meeting whose result publicity passed is confirmed under the filing number."""
    from app.workflow import APPLICATION  # noqa: PLC0415

    for row in act.cases:
        waiting = act.session.scalars(
            select(Application.id)
            .join(Outcome, Outcome.id == Application.outcome_id)
            .where(Outcome.meeting_id == row.id, Application.state == ApplicationState.RESULT_PUBLICITY)
        ).all()
        act.cascade(APPLICATION["confirm"], waiting, filing_no=act.answers["filing_no"])


def with_filing_number(act: Act, row: Meeting) -> dict[str, Any]:
    """备案文号 is asked for."""
    if not act.answers.get("filing_no"):
        raise Refused(_("请填写备案文号。"))
    return {"filing_no": act.answers["filing_no"]}


def void_meeting(act: Act) -> None:
    """A void meeting gives its people back to the office."""
    from app.workflow import APPLICATION  # noqa: PLC0415

    clear_tallies(act)
    for row in act.cases:
        people_ = act.session.scalars(
            select(Application.id)
            .join(Outcome, Outcome.application_id == Application.id)
            .where(Outcome.meeting_id == row.id, Application.state == ApplicationState.IN_REVIEW)
        ).all()
        act.cascade(APPLICATION["review_void"], people_)
