"""年度评审工作计划: its rules as sentences, and the verbs of the office that writes it (domain 7.5, order no. 40).

The rules give a sentence per field, so that the page can put each beside its field; the verbs ask them again. States
are not written here but once: a new plan is a draft. Everything after that is a step (`app.workflow`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app import clock, entries, workdays
from app.access import Actor, is_office
from app.db import open_session
from app.models import Committee, Plan, Region, plan_region
from app.process import Missing, Refused
from app.states import Level, OfflinePolicy, PlanState

#: The states in which the plan lies with the office, which may write it.
EDITABLE = (PlanState.DRAFT, PlanState.RETURNED)
#: Working days of a publicity, of the unit and of the result alike (order no. 40, arts. 16 and 26).
PUBLICITY = 5


class Stale(Refused):
    """The plan was changed or handed in elsewhere since the page was opened."""


class Wrong(Refused):
    """The plan breaks rules: a sentence per field."""

    def __init__(self, fields: dict[str, str]) -> None:
        super().__init__(next(iter(fields.values())))
        self.fields = fields


@dataclass(frozen=True)
class Written:
    """What the office writes; a field that could not be read is None, and rules about it are passed over."""

    name: str
    year: int | None
    batch: int | None
    regions: tuple[str, ...]
    levels: tuple[Level, ...]
    opens_at: datetime | None
    closes_at: datetime | None
    unit_deadline: datetime | None
    correction_deadline: datetime | None
    review_from: date | None
    review_to: date | None
    expert_count: int | None
    offline: OfflinePolicy
    requirements: str
    contact: str
    telephone: str


@dataclass(frozen=True)
class Check:
    """One line of 时间检查: kept or not; None where it cannot be said."""

    words: str
    good: bool | None = None


# ---- rules --------------------------------------------------------------------------------------------------------


def wrong(committee: Committee, plan: Written) -> dict[str, str]:
    """Say what is wrong, field by field (domain 7.5: the order of the times, validity, odd number of experts)."""
    rules = (
        ("closes_at", _closes_after_opening),
        ("unit_deadline", _units_after_closing),
        ("correction_deadline", _correction_after_closing),
        ("review_from", _review_after_units),
        ("review_to", lambda it: _review_ends(committee, it)),
        ("expert_count", _odd),
        ("levels", lambda it: _levels_within(committee, it)),
    )
    found = {field: rule(plan) for field, rule in rules}
    return {field: sentence for field, sentence in found.items() if sentence}


def _closes_after_opening(plan: Written) -> str:
    late = plan.opens_at and plan.closes_at and plan.closes_at <= plan.opens_at
    return _("要晚于受理开始。") if late else ""


def _units_after_closing(plan: Written) -> str:
    if not (plan.closes_at and plan.unit_deadline) or plan.unit_deadline >= plan.closes_at:
        return ""
    hint = _suggestion(plan.closes_at)
    return _("早于受理截止。") + (
        _(
            "最后一天提交的人要公示 %(n)s 个工作日，建议 %(day)s 17:00 或以后。",
            n=PUBLICITY,
            day=hint,
        )
        if hint
        else ""
    )


def _correction_after_closing(plan: Written) -> str:
    early = plan.closes_at and plan.correction_deadline and plan.correction_deadline < plan.closes_at
    return _("早于受理截止。截止那天提交的人也要有时间补正。") if early else ""


def _review_after_units(plan: Written) -> str:
    if not (plan.unit_deadline and plan.review_from):
        return ""
    last = clock.local(plan.unit_deadline).date()
    return _("早于单位上报截止（%(day)s）。", day=last) if plan.review_from < last else ""


def _review_ends(committee: Committee, plan: Written) -> str:
    if plan.review_to and plan.review_from and plan.review_to < plan.review_from:
        return _("早于评审开始。")
    if plan.review_to and not committee.valid_from <= plan.review_to <= committee.valid_to:
        return _(
            "超出评委会备案有效期（%(first)s 至 %(last)s）。",
            first=committee.valid_from,
            last=committee.valid_to,
        )
    return ""


def _odd(plan: Written) -> str:
    even = plan.expert_count is not None and plan.expert_count % 2 == 0
    return _("须为单数。") if even else ""


def _levels_within(committee: Committee, plan: Written) -> str:
    above = [level.label for level in plan.levels if level < committee.level.highest]
    return _("超出评委会的级别：%(levels)s。", levels="、".join(above)) if above else ""


def _suggestion(closes_at: datetime) -> date | None:
    """The first day on which a unit can report who handed in on the last: publicity, then the day after it."""
    try:
        return workdays.after(clock.local(closes_at).date(), PUBLICITY + 1)
    except ValueError:
        return None


def result_publicity_ends(review_to: date) -> date | None:
    """Give the day on which the result's publicity ends at the earliest; nothing in a year without a calendar.

    The day of the vote does not count (Hunan: 投票表决日加 5 个公示工作日, domain 1.2).
    """
    try:
        return workdays.after(review_to, PUBLICITY)
    except ValueError:
        return None


def checks(committee: Committee, plan: Written | Plan) -> list[Check]:
    """Say about the times what a bureau would look at; warnings, which do not keep anybody from saving."""
    found = []
    if plan.opens_at and plan.closes_at and plan.opens_at < plan.closes_at:
        first, last = clock.local(plan.opens_at).date(), clock.local(plan.closes_at).date()
        days = workdays.current().count(first - timedelta(days=1), last)
        found.append(Check(_("受理 %(n)s 个工作日", n=days), good=days >= PUBLICITY))
    if plan.closes_at and plan.unit_deadline:
        found.append(_time_to_publicise(plan.closes_at, plan.unit_deadline))
    if plan.review_to:
        inside = committee.valid_from <= plan.review_to <= committee.valid_to
        found.append(Check(_("评审在备案有效期内") if inside else _("评审超出备案有效期"), good=inside))
        found.append(_within_the_year(plan.review_to))
    if plan.expert_count:
        found.append(_enough_experts(plan.expert_count, committee.member_count))
    return found


def _enough_experts(drawn: int, members: int) -> Check:
    if drawn >= members:
        return Check(_("拟抽取专家数不少于组成人数 %(n)s 人", n=members), good=True)
    return Check(_("拟抽取专家数少于组成人数 %(n)s 人", n=members), good=False)


def _time_to_publicise(closes_at: datetime, unit_deadline: datetime) -> Check:
    day = _suggestion(closes_at)
    if day is None:
        return Check(_("受理截止后的放假安排尚未公布，算不出公示期"))
    if clock.local(unit_deadline).date() >= day:
        return Check(_("受理截止后来得及公示 %(n)s 个工作日再上报", n=PUBLICITY), good=True)
    words = _(
        "受理截止当天提交的人来不及公示 %(n)s 个工作日，单位上报截止建议 %(day)s 以后", n=PUBLICITY, day=day
    )
    return Check(words, good=False)


def _within_the_year(review_to: date) -> Check:
    ends = result_publicity_ends(review_to)
    if ends is None:
        return Check(_("放假安排尚未公布，请留意结果公示 %(n)s 个工作日是否跨年", n=PUBLICITY))
    if ends.year > review_to.year:
        return Check(_("结果公示 %(n)s 个工作日到 %(day)s，跨年", n=PUBLICITY, day=ends), good=False)
    return Check(_("结果公示 %(n)s 个工作日到 %(day)s，不跨年", n=PUBLICITY, day=ends), good=True)


# ---- what an office may choose from -------------------------------------------------------------------------------


def committees(actor: Actor) -> list[Committee]:
    """Committees whose daily work the actor's unit does."""
    with open_session() as session:
        return list(session.scalars(select(Committee).where(*_own(actor)).order_by(Committee.name)))


def _own(actor: Actor) -> tuple:
    return (Committee.office_id == actor.unit_id, is_office(actor))


def regions(committee: Committee, chosen: Sequence[str] = ()) -> list[tuple[str, str]]:
    """Regions a plan can be for: those of the committee, those one level below, and whatever is chosen already."""
    tops = [region.code for region in committee.regions]
    wanted = Region.code.in_([*tops, *chosen]) | Region.parent_code.in_(tops)
    with open_session() as session:
        rows = session.scalars(select(Region).where(wanted).order_by(Region.path)).all()
        below = set(session.scalars(select(Region.parent_code).distinct()))
    return [
        (row.code, _("%(name)s（含下级）", name=row.name) if row.code in below else row.name) for row in rows
    ]


def levels(committee: Committee) -> list[Level]:
    """Levels the committee may review."""
    return [level for level in Level if level >= committee.level.highest]


# ---- verbs --------------------------------------------------------------------------------------------------------


def create(actor: Actor, committee_id: int, plan: Written) -> int:
    """Save a new plan as a draft of the own committee, and give its id."""
    with open_session() as session:
        committee = session.scalar(select(Committee).where(Committee.id == committee_id, *_own(actor)))
        if committee is None:
            raise Missing(committee_id)
        values = _checked(session, committee, plan) | {"committee_id": committee_id, "version": 1}
        values |= {"state": PlanState.DRAFT, "held_since": clock.now()}
        _refuse_twin(session, committee_id, plan, None)
        try:
            made = session.execute(insert(Plan).values(values).returning(Plan.id)).scalar_one()
            _set_regions(session, made, plan.regions)
            entries.write(session, actor, ("plan", made), "create", ("", PlanState.DRAFT))
            session.commit()
        except IntegrityError as clash:
            session.rollback()
            raise Wrong({"batch": _twin(plan)}) from clash
        return made


def save(actor: Actor, plan_id: int, seen: int, plan: Written) -> None:
    """Write over the version the person was looking at; `Stale` where there is a newer one, or it is handed in."""
    with open_session() as session:
        row = session.scalar(select(Plan).join(Committee).where(Plan.id == plan_id, *_own(actor)))
        if row is None:
            raise Missing(plan_id)
        state = row.state
        if state not in EDITABLE:
            raise Stale(_("计划现在是“%(state)s”，不能修改，没有保存。", state=state.label))
        values = _checked(session, row.committee, plan)
        _refuse_twin(session, row.committee_id, plan, plan_id)
        try:
            done = session.execute(
                update(Plan)
                .where(Plan.id == plan_id, Plan.version == seen, Plan.state.in_(EDITABLE))
                .values(**values, version=Plan.version + 1)
                .execution_options(synchronize_session=False)
            )
            if done.rowcount != 1:
                raise Stale(
                    _("这个计划刚刚在别的窗口改过，没有保存。请核对下面您填的内容，确定以此为准再保存一次。")
                )
            _set_regions(session, plan_id, plan.regions)
            entries.write(session, actor, ("plan", plan_id), "edit", (state, state))
            session.commit()
        except IntegrityError as clash:
            session.rollback()
            raise Wrong({"batch": _twin(plan)}) from clash


def _checked(session: Session, committee: Committee, plan: Written) -> dict[str, Any]:
    """Refuse what breaks a rule, and give the columns."""
    found = wrong(committee, plan) or _regions_within(session, committee, plan)
    if found:
        raise Wrong(found)
    values = {name: value for name, value in vars(plan).items() if name != "regions"}
    return values | {"levels": ",".join(str(int(level)) for level in sorted(plan.levels))}


def _regions_within(session: Session, committee: Committee, plan: Written) -> dict[str, str]:
    tops = [region.path for region in committee.regions]
    rows = session.execute(select(Region.code, Region.path, Region.name).where(Region.code.in_(plan.regions)))
    found = {code: (path, name) for code, path, name in rows}
    outside = [name for path, name in found.values() if not any(path.startswith(top) for top in tops)]
    if outside or len(found) != len(set(plan.regions)) or not found:
        names = "、".join(outside) or _("没有选择")
        return {"regions": _("评审范围应在评委会的统筹区以内：%(names)s。", names=names)}
    return {}


def _refuse_twin(session: Session, committee_id: int, plan: Written, mine: int | None) -> None:
    """One plan per committee, year and batch."""
    other = session.scalar(
        select(Plan.id).where(
            Plan.committee_id == committee_id, Plan.year == plan.year, Plan.batch == plan.batch
        )
    )
    if other is not None and other != mine:
        raise Wrong({"batch": _twin(plan)})


def _twin(plan: Written) -> str:
    return _(
        "%(year)s 年度第 %(batch)s 批已有计划，请改批次，或者去修改那一份。",
        year=plan.year,
        batch=plan.batch,
    )


def _set_regions(session: Session, plan_id: int, codes: Sequence[str]) -> None:
    session.execute(delete(plan_region).where(plan_region.c.plan_id == plan_id))
    rows = [{"plan_id": plan_id, "region_code": code} for code in dict.fromkeys(codes)]
    session.execute(insert(plan_region), rows)
