"""Invariants of applications: where each lies, what it has gone through, what it may not be."""

from sqlalchemy import String, and_, cast, exists, func, literal, not_, or_, select
from sqlalchemy.orm import aliased

from app.invariants.kind import Invariant
from app.invariants.units import inside
from app.models import (
    Applicant,
    Application,
    Committee,
    Entry,
    Handler,
    Meeting,
    OfflineCheck,
    Outcome,
    Plan,
    Publicity,
    PublicityEntry,
    Region,
    RouteHop,
    Routing,
    Title,
    Unit,
    plan_region,
)
from app.states import (
    HELD,
    NOT_COUNTED,
    MeetingState,
    OfflinePolicy,
    PublicityKind,
    PublicityState,
    Stage,
    Verdict,
    Way,
)
from app.states import ApplicationState as A
from app.words import N_

top = aliased(Region)
WITH_UNIT = (A.PENDING_UNIT, A.UNIT_PASSED, A.IN_PUBLICITY, A.PUBLICITY_PASSED)
AT_STOP = {Stage.SUPERIOR: A.PENDING_SUPERIOR, Stage.FORMAL: A.PENDING_FORMAL, Stage.OFFICE: A.FORMAL_PASSED}
AT_OFFICE = (A.ACCEPTED, A.IN_REVIEW, A.REVIEW_PASSED)
PASSED = (A.REVIEW_PASSED, A.RESULT_PUBLICITY, A.OBJECTION, A.CONFIRMED, A.CERTIFIED, A.REVOKED)
SITTING = (MeetingState.IN_SESSION, MeetingState.VOTED)
SHOWN = {PublicityKind.UNIT: A.IN_PUBLICITY, PublicityKind.RESULT: A.RESULT_PUBLICITY}
HANDED_IN = Application.state != A.DRAFT

#: The committee of an application's plan.
to_committee = (
    select(Application.id)
    .join(Plan, Plan.id == Application.plan_id)
    .join(Committee, Committee.id == Plan.committee_id)
)


def open_entry(kind: PublicityKind) -> object:
    """Say that an application is being shown."""
    return exists().where(
        PublicityEntry.application_id == Application.id,
        PublicityEntry.open,
        PublicityEntry.publicity_id == Publicity.id,
        Publicity.kind == kind,
    )


def checked(result: Verdict) -> object:
    """Say that the window has seen the person for the plan."""
    return exists().where(
        OfflineCheck.plan_id == Application.plan_id,
        OfflineCheck.id_number_index == Application.id_number_index,
        OfflineCheck.result == result,
    )


SCOPE = (
    Invariant(
        "application_year",
        N_("申报的年度是评审计划的年度"),
        select(Application.id, Application.year).join(Plan).where(Application.year != Plan.year),
    ),
    Invariant(
        "application_one_a_year",
        N_("一人一个年度只有一件申报（暂存、撤回、放弃的不算）"),
        select(Application.applicant_id, Application.year)
        .where(Application.state.not_in(NOT_COUNTED))
        .group_by(Application.applicant_id, Application.year)
        .having(func.count() > 1),
    ),
    Invariant(
        "application_title",
        N_("申报职称的系列和级别在评审计划的范围内"),
        to_committee.add_columns(Title.name)
        .join(Title, Title.id == Application.title_id)
        .where(
            HANDED_IN,
            or_(
                Title.series_code != Committee.series_code,
                not_(
                    (literal(",") + Plan.levels + ",").contains(
                        literal(",") + cast(Title.level, String) + ","
                    )
                ),
            ),
        ),
    ),
    Invariant(
        "application_region",
        N_("申报单位的统筹区在评审计划的范围内"),
        select(Application.id, Unit.region_code)
        .join(Unit, Unit.id == Application.unit_id)
        .join(Region, Region.code == Unit.region_code)
        .where(
            HANDED_IN,
            not_(
                exists().where(
                    plan_region.c.plan_id == Application.plan_id,
                    plan_region.c.region_code == top.code,
                    inside(Region.path, top.path),
                )
            ),
        ),
    ),
    Invariant(
        "application_frozen",
        N_("提交后的申报带有本人和单位的名称，证件号码与申报人一致"),
        select(Application.id)
        .join(Applicant, Applicant.id == Application.applicant_id)
        .where(
            HANDED_IN,
            or_(
                Application.applicant_name == "",
                Application.unit_name == "",
                Application.id_number_index != Applicant.id_number_index,
                Application.id_number_mask != Applicant.id_number_mask,
            ),
        ),
    ),
    Invariant(
        "accept_no_unique",
        N_("受理号不重复"),
        select(Application.accept_no, func.count())
        .where(Application.accept_no.is_not(None))
        .group_by(Application.accept_no)
        .having(func.count() > 1),
    ),
    Invariant(
        "plan_numbered",
        N_("评审计划记下的受理号个数不少于已分配的"),
        select(Plan.id, Plan.numbered, func.count(Application.accept_no))
        .join(Application, Application.plan_id == Plan.id)
        .group_by(Plan.id, Plan.numbered)
        .having(func.count(Application.accept_no) > Plan.numbered),
    ),
    Invariant(
        "offline_before_submit",
        N_("要求先线下形式审查的计划，没有通过的人没有提交"),
        select(Application.id)
        .join(Plan)
        .where(HANDED_IN, Plan.offline == OfflinePolicy.BEFORE_SUBMIT, not_(checked(Verdict.PASS))),
    ),
    Invariant(
        "offline_before_formal",
        N_("线下形式审查没有通过的人，网上形式审查没有通过"),
        select(Application.id)
        .join(Plan)
        .where(
            Application.formal_passed_at.is_not(None),
            Plan.offline != OfflinePolicy.NONE,
            not_(checked(Verdict.PASS)),
        ),
    ),
    Invariant(
        "application_not_own",
        N_("没有人办理过自己的申报"),
        select(Entry.id, Application.id)
        .join(Application, and_(Entry.process == "application", Entry.case_id == Application.id))
        .join(Handler, Handler.user_id == Entry.actor_id)
        .where(Handler.id_number_index == Application.id_number_index),
    ),
)

PLACE = (
    Invariant(
        "application_with_unit",
        N_("待单位初审、待公示、公示中、待上报的申报在申报单位"),
        select(Application.id, Application.holder_unit_id).where(
            Application.state.in_(WITH_UNIT), Application.holder_unit_id != Application.unit_id
        ),
    ),
    Invariant(
        "application_at_stop",
        N_("逐级审核中的申报在上报路径的当前一站"),
        select(Application.id, Application.holder_unit_id, Application.hop)
        .outerjoin(RouteHop, and_(RouteHop.application_id == Application.id, RouteHop.seq == Application.hop))
        .where(
            or_(
                *(
                    and_(
                        Application.state == state,
                        or_(
                            RouteHop.unit_id.is_(None),
                            RouteHop.unit_id != Application.holder_unit_id,
                            RouteHop.stage != stage,
                        ),
                    )
                    for stage, state in AT_STOP.items()
                )
            )
        ),
    ),
    Invariant(
        "application_at_office",
        N_("已受理、评审中、评审通过的申报在评委会办公室"),
        to_committee.where(
            Application.state.in_(AT_OFFICE), Application.holder_unit_id != Committee.office_id
        ),
    ),
    Invariant(
        "application_at_bureau",
        N_("结果公示中的申报在评委会办公室，上报后在核准备案的主管机构"),
        to_committee.where(
            Application.state == A.RESULT_PUBLICITY,
            Application.holder_unit_id.not_in((Committee.office_id, Committee.bureau_id)),
        ),
    ),
    Invariant(
        "application_routing",
        N_("在某单位办理的申报，该单位记在到过的单位中"),
        select(Application.id, Application.holder_unit_id).where(
            Application.state.in_(HELD),
            not_(
                exists().where(
                    Routing.process == "application",
                    Routing.case_id == Application.id,
                    Routing.unit_id == Application.holder_unit_id,
                )
            ),
        ),
    ),
    Invariant(
        "application_way",
        N_("上报路径从第 1 站起不缺站，最后一站是评委会办公室"),
        select(RouteHop.application_id)
        .group_by(RouteHop.application_id)
        .having(
            or_(
                func.min(RouteHop.seq) != 1,
                func.max(RouteHop.seq) != func.count(),
                func.max(RouteHop.seq)
                .filter(RouteHop.stage == Stage.OFFICE)
                .is_distinct_from(func.max(RouteHop.seq)),
            )
        ),
    ),
    Invariant(
        "application_resume",
        N_("退回的申报补正后回到退回它的一站"),
        select(Application.id, Application.resume_state).where(
            Application.state == A.RETURNED,
            Application.resume_state.not_in((A.PENDING_UNIT, *AT_STOP.values())),
        ),
    ),
)

RESULT = (
    Invariant(
        "application_shown",
        N_("单位公示中的申报在一份尚无结果的单位公示里"),
        select(Application.id).where(
            Application.state == A.IN_PUBLICITY, not_(open_entry(PublicityKind.UNIT))
        ),
    ),
    Invariant(
        "result_shown",
        N_("未上报的结果公示中的申报在一份尚无结果的结果公示里"),
        to_committee.where(
            Application.state == A.RESULT_PUBLICITY,
            Application.holder_unit_id == Committee.office_id,
            Committee.office_id != Committee.bureau_id,
            not_(open_entry(PublicityKind.RESULT)),
        ),
    ),
    Invariant(
        "publicity_entry_open",
        N_("尚无结果的公示人员，公示正在进行，申报也在公示中"),
        select(PublicityEntry.publicity_id, PublicityEntry.application_id)
        .join(Publicity, Publicity.id == PublicityEntry.publicity_id)
        .join(Application, Application.id == PublicityEntry.application_id)
        .where(
            PublicityEntry.open,
            or_(
                Publicity.state != PublicityState.ACTIVE,
                *(and_(Publicity.kind == kind, Application.state != state) for kind, state in SHOWN.items()),
            ),
        ),
    ),
    Invariant(
        "outcome_person",
        N_("申报的评审结果是本人在会议上的结果，与状态一致"),
        select(Application.id, Outcome.id)
        .join(Outcome, Outcome.id == Application.outcome_id)
        .where(
            or_(
                Outcome.application_id != Application.id,
                and_(Application.state.in_(PASSED), Outcome.result.is_distinct_from(Verdict.PASS)),
                and_(Application.state == A.REVIEW_FAILED, Outcome.result.is_distinct_from(Verdict.FAIL)),
            )
        ),
    ),
    Invariant(
        "outcome_there",
        N_("评审过的申报有评审结果，考核认定的除外"),
        select(Application.id, Application.state).where(
            Application.state.in_((*PASSED, A.REVIEW_FAILED)),
            Application.way != Way.RECOGNITION,
            Application.outcome_id.is_(None),
        ),
    ),
    Invariant(
        "in_review_in_session",
        N_("评审中的申报在一个正在进行的会议上"),
        select(Application.id).where(
            Application.state == A.IN_REVIEW,
            not_(
                exists().where(
                    Outcome.application_id == Application.id,
                    Outcome.meeting_id == Meeting.id,
                    Meeting.state.in_(SITTING),
                )
            ),
        ),
    ),
    Invariant(
        "session_in_review",
        N_("正在进行的会议上的申报都在评审中"),
        select(Meeting.id, Application.id)
        .join(Outcome, Outcome.meeting_id == Meeting.id)
        .join(Application, Application.id == Outcome.application_id)
        .where(Meeting.state.in_(SITTING), Application.state != A.IN_REVIEW),
    ),
)
