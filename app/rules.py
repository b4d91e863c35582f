"""When a step is possible: small guards, named as they are said.

A guard gives the sentence that says why not, or nothing; it may ask the
session of the act, which stands outside the row rule.
"""

from flask_babel import gettext as _
from sqlalchemy import and_, exists, select

from app import ballots, clock, routing, settings, workdays
from app.models import (
    Applicant,
    Application,
    Attachment,
    Handler,
    Meeting,
    OfflineCheck,
    Outcome,
    Plan,
    Publicity,
    PublicityEntry,
    Region,
    Registration,
    Title,
    Unit,
    UnitFunction,
    plan_region,
)
from app.process import Act
from app.states import (
    ANNOUNCED,
    NOT_COUNTED,
    REGISTRATION_MATERIALS,
    REQUIRED_MATERIALS,
    ApplicationState,
    CommitteeStatus,
    Function,
    Level,
    MeetingState,
    OfflinePolicy,
    RegistrationState,
    Reporting,
    Reviewer,
    Verdict,
    Way,
)


def moment(when: object) -> str:
    """Write a deadline as people read it: day and hour in Shanghai."""
    return clock.local(when).strftime("%Y-%m-%d %H:%M")


# ---- registration -------------------------------------------------------------------------------------------------


def both_annexes(act: Act, row: Registration) -> str | None:
    """附件1 and 附件2 are there (seed 000, fifth step)."""
    has = set(act.session.scalars(select(Attachment.material).where(Attachment.registration_id == row.id)))
    missing = [kind.label for kind in REGISTRATION_MATERIALS if kind not in has]
    return _("还缺附件：%(names)s。", names="、".join(missing)) if missing else None


def commitment_accepted(act: Act, row: Registration) -> str | None:
    """The 用户告知承诺书 is accepted."""
    return None if row.committed_at else _("还没有同意《用户告知承诺书》。")


def nothing_pending(act: Act, row: Registration) -> str | None:
    """At most one pending registration per credit code (product 2)."""
    pending = (RegistrationState.PENDING_AGENCY, RegistrationState.PENDING_SUPERIOR)
    other = act.session.scalar(
        select(Registration.receipt).where(
            Registration.credit_code == row.credit_code,
            Registration.state.in_(pending),
            Registration.id != row.id,
        )
    )
    return _("这个统一社会信用代码已有一件申请在审核，请到“审核信息查询”查看。") if other else None


def wait_is_over(act: Act, row: Registration) -> str | None:
    """After a refusal a setting may ask to wait (R11; 0 minutes by default)."""
    until = act.session.scalar(
        select(Registration.reregister_after)
        .where(Registration.credit_code == row.credit_code, Registration.reregister_after > act.now)
        .limit(1)
    )
    return _("%(when)s 以后可以重新注册。", when=moment(until)) if until else None


def superior_can_review(act: Act, row: Registration) -> str | None:
    """A superior that cannot review cannot be chosen (R9): a superior unit, active, somebody there, not itself."""
    if row.reviewer != Reviewer.SUPERIOR or row.hr_market:
        return None
    ok = act.session.scalar(
        select(Unit.id).where(
            Unit.id == row.requested_superior_id, can_review(), Unit.credit_code != row.credit_code
        )
    )
    return None if ok else _("所选主管单位现在不能审核，请改选其他主管单位，或改选“主管机构”。")


def can_review() -> object:
    """Units that are superiors, active, and have an active handler."""
    return and_(
        Unit.active,
        exists().where(UnitFunction.unit_id == Unit.id, UnitFunction.function == Function.SUPERIOR),
        exists().where(Handler.unit_id == Unit.id, Handler.active),
    )


def somebody_reviews(act: Act, row: Registration) -> str | None:
    """There is an active bureau for the region or above it."""
    found = routing.reviewing(act.session, row)
    return None if found else _("所选统筹区及其上级都没有已启用的主管机构，暂时不能注册。")


def sent_to_superior(act: Act, row: Registration) -> str | None:
    """Self-withdrawal only on the superior's route, unless the setting allows it (R11)."""
    if row.state == RegistrationState.PENDING_SUPERIOR or settings.get(
        act.session, settings.WITHDRAW_FROM_BUREAU
    ):
        return None
    name = act.session.scalar(select(Unit.name).where(Unit.id == row.routed_to_id))
    return _("申请发给了主管机构，不能自行撤回。请联系%(unit)s审核不通过后重新注册。", unit=name)


# ---- application: submission --------------------------------------------------------------------------------------


def in_window(act: Act, row: Application) -> str | None:
    """First time within the plan's window, after a return before the correction deadline (domain 7.3)."""
    if row.state == ApplicationState.RETURNED:
        late = act.now > row.correction_deadline
        return _("补正已于 %(when)s 截止。", when=moment(row.correction_deadline)) if late else None
    if row.plan.state not in ANNOUNCED or act.now < row.plan.opens_at:
        return _("评审计划尚未开始受理，%(when)s 起可以提交。", when=moment(row.plan.opens_at))
    late = act.now > row.plan.closes_at
    return _("受理已于 %(when)s 截止。", when=moment(row.plan.closes_at)) if late else None


def unit_ready(act: Act, row: Application) -> str | None:
    """Applying is open to units that are active and have a superior or report directly (seed 001, 二)."""
    unit = act.session.execute(
        select(Unit.active, Unit.reporting, Unit.name).where(Unit.id == row.unit_id)
    ).one()
    if not unit.active:
        return _("%(unit)s的账号已停用，请联系单位。", unit=unit.name)
    has_superior = unit.reporting == Reporting.SUPERIOR and routing.parent_of(act.session, row.unit_id)
    if unit.reporting == Reporting.DIRECT or has_superior:
        return None
    return _("%(unit)s还没有配置上下级关系，请单位联系统筹区的主管机构。", unit=unit.name)


def fits_plan(act: Act, row: Application) -> str | None:
    """Series, level and region of the application lie within the plan's (order no. 40)."""
    title = act.session.get(Title, row.title_id)
    if title.series_code != row.plan.committee.series_code or Level(title.level) not in row.plan.level_set:
        return _("申报职称“%(title)s”不在这个评审计划的范围内。", title=title.name)
    tops = act.session.scalars(
        select(Region.path)
        .join(plan_region, plan_region.c.region_code == Region.code)
        .where(plan_region.c.plan_id == row.plan_id)
    ).all()
    path = act.session.scalar(
        select(Region.path).join(Unit, Unit.region_code == Region.code).where(Unit.id == row.unit_id)
    )
    return (
        None
        if any(path.startswith(top) for top in tops)
        else _("您单位所在的统筹区不在这个评审计划的范围内。")
    )


def complete(act: Act, row: Application) -> str | None:
    """Required fields and materials are there (domain 2.6)."""
    missing = [word for word, there in missing_parts(act, row) if not there]
    return _("还缺：%(names)s。", names="、".join(missing)) if missing else None


def missing_parts(act: Act, row: Application) -> list[tuple[str, bool]]:
    """Give the checklist: each required part with whether it is there."""
    has = set(act.session.scalars(select(Attachment.material).where(Attachment.application_id == row.id)))
    person = act.session.get(Applicant, row.applicant_id)
    return [
        (_("申报专业"), bool(row.specialty)),
        (_("业绩成果摘要"), bool(row.summary)),
        (_("学历"), person.education is not None),
        *((kind.label, kind in has) for kind in REQUIRED_MATERIALS),
        (_("个人承诺"), row.committed_at is not None),
    ]


def one_a_year(act: Act, row: Application) -> str | None:
    """One application per person and year (domain 1.1 row 34)."""
    other = act.session.scalar(
        select(Application.id).where(
            Application.applicant_id == row.applicant_id,
            Application.year == row.year,
            Application.id != row.id,
            Application.state.not_in(NOT_COUNTED),
        )
    )
    return _("%(year)s 年度您已有一件申报，同一年度只能申报一次。", year=row.year) if other else None


def seen_offline_before_submit(act: Act, row: Application) -> str | None:
    """Where the plan wants the window's check before applying, it must have passed."""
    if row.plan.offline != OfflinePolicy.BEFORE_SUBMIT or passed_offline(act, row):
        return None
    return _("这个评审计划要求先通过线下形式审查，窗口登记通过后才能提交。")


def passed_offline(act: Act, row: Application) -> bool:
    """Whether the window has passed this person for this plan; read once for all cases of the act."""

    def load() -> set[tuple[int, str]]:
        rows = act.session.execute(
            select(OfflineCheck.plan_id, OfflineCheck.id_number_index).where(
                OfflineCheck.plan_id.in_({case.plan_id for case in act.cases}),
                OfflineCheck.id_number_index.in_({case.id_number_index for case in act.cases}),
                OfflineCheck.result == Verdict.PASS,
            )
        )
        return {tuple(found) for found in rows}

    return (row.plan_id, row.id_number_index) in act.memo("offline", load)


# ---- application: on its way --------------------------------------------------------------------------------------


def before_unit_deadline(act: Act, row: Application) -> str | None:
    """Recommendation ends with the plan's 单位上报截止."""
    late = act.now > row.plan.unit_deadline
    return _("单位上报已于 %(when)s 截止。", when=moment(row.plan.unit_deadline)) if late else None


def before_correction_deadline(act: Act, row: Application) -> str | None:
    """There must be time left to correct what is returned."""
    late = act.now >= row.plan.correction_deadline
    return (
        _("这个计划的退回补正已于 %(when)s 截止。", when=moment(row.plan.correction_deadline))
        if late
        else None
    )


def offline_passed(act: Act, row: Application) -> str | None:
    """Who did not pass offline cannot pass online, where the plan says so (seed 001, 四)."""
    if row.plan.offline == OfflinePolicy.NONE or passed_offline(act, row):
        return None
    return _("没有通过线下形式审查的记录，网上不予通过。请先在“线下形式审查”登记。")


def not_received_yet(act: Act, row: Application) -> str | None:
    """Paper is handed in once."""
    return (
        _("纸质材料已于 %(when)s 收到。", when=moment(row.paper_received_at))
        if row.paper_received_at
        else None
    )


def by_recognition(act: Act, row: Application) -> str | None:
    """考核认定 is decided by the office without a meeting (product 4)."""
    return None if row.way == Way.RECOGNITION else _("不是考核认定，须经评审会议投票。")


def committee_in_force(act: Act, row: Application | Meeting | Plan) -> str | None:
    """The committee is neither suspended nor revoked, and its filing covers today (order no. 40)."""
    committee = row.committee if isinstance(row, Plan) else row.plan.committee
    if committee.status != CommitteeStatus.ACTIVE:
        return _("评委会现在是“%(state)s”，不能办理。", state=committee.status.label)
    today = clock.local(act.now).date()
    inside = committee.valid_from <= today <= committee.valid_to
    return (
        None
        if inside
        else _("评委会备案有效期为 %(a)s 至 %(b)s。", a=committee.valid_from, b=committee.valid_to)
    )


# ---- plan ---------------------------------------------------------------------------------------------------------


def filing_covers_review(act: Act, row: Plan) -> str | None:
    """The committee's filing covers the end of the review (domain 7.5)."""
    covers = row.committee.valid_from <= row.review_to <= row.committee.valid_to
    return (
        None if covers else _("评审结束日期超出评委会备案有效期（至 %(day)s）。", day=row.committee.valid_to)
    )


def within_committee(act: Act, row: Plan) -> str | None:
    """Levels and regions of the plan lie within the committee's."""
    highest = row.committee.level.highest
    above = [level.label for level in row.level_set if level < highest]
    if above:
        return _("评审级别超出评委会的级别：%(levels)s。", levels="、".join(above))
    tops = [region.path for region in row.committee.regions]
    outside = [str(region) for region in row.regions if not any(region.path.startswith(top) for top in tops)]
    return (
        _("评审范围超出评委会的统筹区：%(regions)s。", regions="、".join(outside))
        if outside or not row.regions
        else None
    )


def nobody_accepted(act: Act, row: Plan) -> str | None:
    """A plan can be cancelled only before anybody was accepted."""
    found = act.session.scalar(
        select(Application.id)
        .where(Application.plan_id == row.id, Application.accept_no.is_not(None))
        .limit(1)
    )
    return _("已有受理的申报，计划不能取消。") if found else None


def all_meetings_archived(act: Act, row: Plan) -> str | None:
    """A plan is complete when every meeting is archived and nobody waits for one."""
    ended = (MeetingState.ARCHIVED, MeetingState.VOID)
    open_meeting = act.session.scalar(
        select(Meeting.id).where(Meeting.plan_id == row.id, Meeting.state.not_in(ended)).limit(1)
    )
    return _("还有会议没有归档。") if open_meeting else None


# ---- publicity ----------------------------------------------------------------------------------------------------


def publicity_over(act: Act, row: Publicity) -> str | None:
    """The result waits for the end of the last day, 24:00 in Shanghai (domain 7.4)."""
    if act.now >= clock.end_of_day(row.ends_on):
        return None
    return _("公示尚未期满，%(day)s 24:00 后可录入结果。", day=row.ends_on)


def publicity_running(act: Act, row: Publicity) -> str | None:
    """Only a running publicity can be cancelled."""
    return _("公示已经期满，请录入结果。") if act.now >= clock.end_of_day(row.ends_on) else None


def calendar_published(act: Act, row: Publicity) -> str | None:
    """A start or end in a year without a published calendar cannot be closed (product 4)."""
    years = workdays.current().years
    unknown = {row.starts_on.year, row.ends_on.year} - set(years)
    return (
        _("%(year)s 年放假安排尚未公布，公示截止日期为估算，不能录入结果。", year=min(unknown))
        if unknown
        else None
    )


def _objections(act: Act, row: Publicity) -> list[str]:
    """Names of the people an objection is open against."""
    statement = select(Application.applicant_name).join(
        PublicityEntry, PublicityEntry.application_id == Application.id
    )
    open_ones = (PublicityEntry.publicity_id == row.id, PublicityEntry.objection.is_not(None))
    return list(act.session.scalars(statement.where(*open_ones)))


def no_open_objection(act: Act, row: Publicity) -> str | None:
    """An open objection blocks 通过 for that person; the others need a result of their own."""
    names = "、".join(_objections(act, row))
    return _("%(names)s 有异议正在核查，核查了结后才能录入结果。", names=names) if names else None


def some_objection(act: Act, row: Publicity) -> str | None:
    """Only what was noted can be settled."""
    return None if _objections(act, row) else _("没有登记异议。")


# ---- meeting ------------------------------------------------------------------------------------------------------


def after_closing(act: Act, row: Meeting) -> str | None:
    """Guards read the plan's times: nobody is reviewed before the window has closed."""
    if act.now >= row.plan.closes_at:
        return None
    return _("受理 %(when)s 截止，此后才能开会评审。", when=moment(row.plan.closes_at))


def quorum_present(act: Act, row: Meeting) -> str | None:
    """出席人数 at least two thirds of the members (order no. 40, art. 19)."""
    present = act.answers.get("present")
    if present is None:
        return None
    if not 0 < present <= row.members:
        return _("出席人数应在 1 至 %(members)s 之间。", members=row.members)
    least = ballots.needed(row.members)
    return (
        None
        if ballots.quorum(present, row.members)
        else _("出席不足三分之二：至少 %(least)s 人。", least=least)
    )


def somebody_passed(act: Act, row: Meeting) -> str | None:
    """A result publicity needs somebody to show."""
    return None if _passed(act, row) else _("没有评审通过的人，不需要公示，可直接上报。")


def nobody_passed(act: Act, row: Meeting) -> str | None:
    """Without anybody who passed there is nothing to publicise."""
    return _("有评审通过的人，须先公示结果。") if _passed(act, row) else None


def _passed(act: Act, row: Meeting) -> int | None:
    return act.session.scalar(
        select(Outcome.id).where(Outcome.meeting_id == row.id, Outcome.result == Verdict.PASS).limit(1)
    )
