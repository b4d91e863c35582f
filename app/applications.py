"""申报人: the verbs of the person themselves, from the account to a complete application (seed 001, 三; seed 003).

What they write, they own: every UPDATE names the applicant and the states in which the application lies with them.
States are not written here: 提交 and 撤回 are steps (`app.workflow`).
"""

import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Row, delete, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, defaultload, lazyload

from app import accounts, clock, commitment, files, people, rules
from app.access import Actor
from app.db import open_session
from app.effects.applications import archive
from app.models import Applicant, Application, Attachment, Committee, Plan, Region, Title, Unit, UnitFunction
from app.process import Act, Missing, Refused
from app.roles import Role
from app.states import ANNOUNCED, ApplicationState, Education, Function, Material, Way
from app.workflow import APPLICATION

#: The states in which the application lies with the person, who may write and add to it.
MINE = (ApplicationState.DRAFT, ApplicationState.RETURNED)
MOST_FILES = 60
SHORTEST_SEARCH = 2


#: What no page of an applicant asks of a committee.
UNASKED = (Committee.office, Committee.bureau, Committee.regions)


class Stale(Refused):
    """The application was changed elsewhere since the page was opened."""


# ---- the account --------------------------------------------------------------------------------------------------


def find_employers(typed: str) -> list[Row]:
    """Active units that people can belong to, by the beginning of the name or the whole credit code; at most twenty."""
    text = " ".join(typed.split())
    if len(text) < SHORTEST_SEARCH:
        return []
    begins = re.sub(r"([\\%_])", r"\\\1", text) + "%"
    with open_session() as session:
        return session.execute(
            select(Unit.id, Unit.name, Region.shown.label("region"))
            .join(Region, Region.code == Unit.region_code)
            .where(or_(Unit.name.like(begins, escape="\\"), Unit.credit_code == text.upper()), *_employs())
            .order_by(Unit.name)
            .limit(20)
        ).all()


def employer(unit_id: int | None) -> str | None:
    """Give the name of an active unit that people can belong to."""
    with open_session() as session:
        return session.scalar(select(Unit.name).where(Unit.id == unit_id, *_employs())) if unit_id else None


def _employs() -> tuple:
    employs = select(UnitFunction.unit_id).where(UnitFunction.function == Function.EMPLOYER)
    return Unit.active, Unit.id.in_(employs)


def open_account(name: str, id_number: str, phone: str, password: str, unit_id: int) -> None:
    """Open a personal account; one per ID number and phone, and one sentence whichever of them is there already."""
    kept, values = accounts.hashed(password), people.applicant(name, id_number, phone)
    there = or_(
        Applicant.id_number_index == values["id_number_index"], Applicant.phone_index == values["phone_index"]
    )
    with open_session() as session:
        if session.scalar(select(Applicant.id).where(there).limit(1)):
            raise Refused(_taken())
        try:
            login = accounts.login_values(f"p{secrets.token_hex(8)}", name, kept)
            user_id = accounts.make_login(session, login, [Role.APPLICANT])
            agreed = {"agreed_at": clock.now(), "agreed_version": commitment.AGREED}
            session.execute(insert(Applicant).values(user_id=user_id, unit_id=unit_id, **agreed, **values))
            session.commit()
        except IntegrityError as clash:
            session.rollback()
            raise Refused(_taken()) from clash


def _taken() -> str:
    return _("不能用这些信息注册。可能已有账号：请直接用身份证号码或手机号码登录，或者核对填写的信息。")


@dataclass(frozen=True)
class Archive:
    """What a person keeps in their archive themselves."""

    unit_id: int
    department: str
    education: Education | None
    current_title: str
    current_title_on: date | None


def save_archive(actor: Actor, kept: Archive) -> None:
    """Write the archive; drafts follow to the new unit, what was handed in stays where it is."""
    with open_session() as session:
        unit_name = session.scalar(select(Unit.name).where(Unit.id == kept.unit_id, *_employs()))
        before = session.scalar(select(Applicant.unit_id).where(Applicant.id == actor.applicant_id))
        if unit_name is None and kept.unit_id != before:
            raise Refused(_("这个单位现在不能选，请重新查找。"))
        session.execute(update(Applicant).where(Applicant.id == actor.applicant_id).values(vars(kept)))
        if kept.unit_id != before:
            session.execute(
                update(Application)
                .where(
                    Application.applicant_id == actor.applicant_id,
                    Application.state == ApplicationState.DRAFT,
                )
                .values(unit_id=kept.unit_id, unit_name=unit_name, version=Application.version + 1)
            )
        session.commit()


# ---- plans --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Opening:
    """A plan that takes applications or soon will, with the sentence why this person cannot apply."""

    plan: Plan
    why_not: str = ""


def openings(actor: Actor) -> list[Opening]:
    """Plans that have not closed, those that fit first; with the reason where one does not."""
    with open_session() as session:
        plans = session.scalars(
            select(Plan)
            .where(Plan.state.in_(ANNOUNCED), Plan.closes_at >= clock.now())
            .options(*(defaultload(Plan.committee).lazyload(it) for it in UNASKED))
            .order_by(Plan.closes_at)
        ).all()
        person = session.get(Applicant, actor.applicant_id, options=[lazyload(Applicant.user)])
        act = Act(session, APPLICATION["submit"], actor, clock.now())
        found = [Opening(plan, _why_not(act, person, plan)) for plan in plans]
    return sorted(found, key=lambda opening: bool(opening.why_not))


def _why_not(act: Act, person: Applicant, plan: Plan) -> str:
    """Ask the guards of 提交 that can be answered before there is an application."""
    if person.unit_id is None:
        return _("请先在“我的档案”选择工作单位。")
    asked = Application(
        applicant_id=person.id, unit_id=person.unit_id, year=plan.year, state=ApplicationState.DRAFT
    )
    asked.plan = plan
    unit = act.memo("unit", lambda: rules.unit_ready(act, asked))
    year = act.memo(f"year {plan.year}", lambda: rules.one_a_year(act, asked))
    return unit or year or _outside(act, person, plan) or rules.in_window(act, asked) or ""


def _outside(act: Act, person: Applicant, plan: Plan) -> str | None:
    """Whether the unit's 统筹区 lies outside the plan's."""
    where = select(Region.path).join(Unit, Unit.region_code == Region.code).where(Unit.id == person.unit_id)
    path = act.memo("path", lambda: act.session.scalar(where))
    inside = any(path.startswith(region.path) for region in plan.regions)
    return None if inside else _("您单位所在的统筹区不在这个评审计划的范围内。")


def titles(plan: Plan) -> list[Title]:
    """Titles that may be applied for under a plan, the highest first."""
    with open_session() as session:
        return list(
            session.scalars(
                select(Title)
                .where(Title.series_code == plan.committee.series_code, Title.level.in_(plan.level_set))
                .order_by(Title.level, Title.branch, Title.name)
            )
        )


def plan_facts(plan_ids: set[int]) -> dict[int, Row]:
    """Give name and times of plans, whatever became of them: an application outlives the announcement of its plan."""
    columns = (
        Plan.id,
        Plan.name,
        Plan.closes_at,
        Plan.unit_deadline,
        Plan.correction_deadline,
        Plan.review_to,
    )
    with open_session() as session:
        return {row.id: row for row in session.execute(select(*columns).where(Plan.id.in_(plan_ids)))}


def plan_of(plan_id: int) -> Plan:
    """Give a whole plan, whatever became of it."""
    with open_session() as session:
        plan = session.get(Plan, plan_id)
    if plan is None:
        raise Missing(plan_id)
    return plan


# ---- the application ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Answers:
    """What the person writes on the page of an application."""

    title_id: int
    specialty: str
    way: Way
    summary: str
    committed: bool


def start(actor: Actor, plan_id: int, answers: Answers) -> int:
    """Save a first draft under a plan that fits, and give its id; the same press sent twice gives the same draft."""
    opening = next((it for it in openings(actor) if it.plan.id == plan_id), None)
    if opening is None:
        raise Missing(plan_id)
    if opening.why_not:
        raise Refused(opening.why_not)
    with open_session() as session:
        there = _same_draft(session, actor, plan_id, answers)
        if there:
            return there
        person = session.get(Applicant, actor.applicant_id)
        unit_name = session.scalar(select(Unit.name).where(Unit.id == person.unit_id))
        values = {
            **archive(person),
            **_columns(answers, None),
            "applicant_id": person.id,
            "plan_id": plan_id,
            "year": opening.plan.year,
            "unit_id": person.unit_id,
            "unit_name": unit_name,
            "state": ApplicationState.DRAFT,
            "held_since": clock.now(),
            "created_at": clock.now(),
        }
        made = session.execute(insert(Application).values(values).returning(Application.id)).scalar_one()
        session.commit()
        return made


def _same_draft(session: Session, actor: Actor, plan_id: int, answers: Answers) -> int | None:
    """Find the draft that says the same, made by a press sent twice; the person's row is held until the commit."""
    held = update(Applicant).where(Applicant.id == actor.applicant_id).values(unit_id=Applicant.unit_id)
    session.execute(held.execution_options(synchronize_session=False))
    written = {name: getattr(answers, name) for name in ("title_id", "specialty", "way", "summary")}
    return session.scalar(
        select(Application.id)
        .filter_by(applicant_id=actor.applicant_id, plan_id=plan_id, state=ApplicationState.DRAFT, **written)
        .order_by(Application.id)
        .limit(1)
    )


def save(actor: Actor, application_id: int, seen: int, answers: Answers) -> None:
    """暂存申报: write over the version the person was looking at; `Stale` where there is a newer one.

    Once it was publicised, title, specialty and way stay as people have seen them.
    """
    with open_session() as session:
        row = _own(session, actor, application_id)
        values = _columns(answers, row.committed_at)
        if row.publicity_to is not None:
            values = {name: values[name] for name in ("summary", "committed_at")}
        written = session.execute(
            update(Application)
            .where(*_lies_with(actor, application_id), Application.version == seen)
            .values(**values, version=Application.version + 1)
        )
        if written.rowcount != 1:
            raise Stale(
                _("这件申报刚刚在别的窗口改过，没有保存。请核对下面您填的内容，确定以此为准再保存一次。")
            )
        session.commit()


def _columns(answers: Answers, committed_at: object) -> dict[str, Any]:
    values = {name: getattr(answers, name) for name in ("title_id", "specialty", "way", "summary")}
    values["committed_at"] = (committed_at or clock.now()) if answers.committed else None
    return values


def _lies_with(actor: Actor, application_id: int) -> tuple:
    """Whether the application is the person's and lies with them."""
    return (
        Application.id == application_id,
        Application.applicant_id == actor.applicant_id,
        Application.state.in_(MINE),
    )


def _own(session: Session, actor: Actor, application_id: int) -> Application:
    row = session.scalar(select(Application).where(*_lies_with(actor, application_id)))
    if row is None:
        raise Missing(application_id)
    return row


def checklist(actor: Actor, application_id: int) -> list[tuple[str, bool]]:
    """Say each required part and whether it is there."""
    with open_session() as session:
        row = session.scalar(
            select(Application)
            .where(Application.id == application_id, Application.applicant_id == actor.applicant_id)
            .options(*APPLICATION.load)
        )
        if row is None:
            raise Missing(application_id)
        return rules.missing_parts(Act(session, APPLICATION["submit"], actor, clock.now(), cases=[row]), row)


# ---- materials ----------------------------------------------------------------------------------------------------


def attach(
    actor: Actor, application_id: int, material: Material, stored: Iterable[files.Stored], *, replace: bool
) -> None:
    """Add stored files to a category, in place of those there where the person says so."""
    new = list(stored)
    try:
        with open_session() as session:
            _hold(session, actor, application_id)
            category = Attachment.application_id == application_id, Attachment.material == material
            old = session.scalars(select(Attachment.key).where(*category)).all() if replace else []
            session.execute(delete(Attachment).where(Attachment.key.in_(old)))
            _check_room(session, application_id, len(new))
            values = {"application_id": application_id, "material": material, "created_at": clock.now()}
            session.execute(insert(Attachment), [{**values, **vars(one)} for one in new])
            session.commit()
    except (Missing, Refused, IntegrityError):
        _discard(one.key for one in new)
        raise
    _discard(old)


def _check_room(session: Session, application_id: int, more: int) -> None:
    there = session.scalar(select(func.count()).where(Attachment.application_id == application_id))
    if there + more > MOST_FILES:
        raise Refused(_("一件申报最多 %(n)s 个文件，请合并成 pdf 后再传。", n=MOST_FILES))


def detach(actor: Actor, application_id: int, attachment_id: int) -> None:
    """Take one file away."""
    with open_session() as session:
        _hold(session, actor, application_id)
        row = session.get(Attachment, attachment_id)
        if row is None or row.application_id != application_id:
            raise Missing(attachment_id)
        session.delete(row)
        session.commit()
    _discard([row.key])


def _hold(session: Session, actor: Actor, application_id: int) -> None:
    """Hold the row for the transaction, so that nothing is added to what has just been handed in."""
    held = session.execute(
        update(Application).where(*_lies_with(actor, application_id)).values(version=Application.version)
    )
    if held.rowcount != 1:
        raise Missing(application_id)


def _discard(keys: Iterable[str]) -> None:
    for key in keys:
        files.remove(key)


def specialties(plan: Plan) -> list[str]:
    """Specialties the committee reviews; with none named, any may be written."""
    committee: Committee = plan.committee
    return sorted(row.name for row in committee.specialties)
