"""The processes, each one readable table of steps: read from top to bottom, it is how the house works.

A step names the states it starts from, where it leads, whose turn it is, when it is possible, whether an opinion is
asked for, and what follows. Everything else comes from these tables: buttons, permissions, the confirm page, queues,
the menu, the tests' matrix and `docs/process.md`. Sources: domain 7.1 to 7.6.
"""

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app import clock, rules, settings, who
from app.effects import applications, meetings, publicities, registrations, relations
from app.models import Applicant, Application, Meeting, Plan, Publicity, Registration, Relation
from app.process import Missing, Note, Performed, Process, Queue, Refused, Step, foresee, offers, perform
from app.states import ApplicationState as A
from app.states import MeetingState as M
from app.states import PlanState as P
from app.states import PublicityState as U
from app.states import RegistrationState as R
from app.states import RelationState as L
from app.words import N_

__all__ = [
    "APPLICATION",
    "MEETING",
    "PLAN",
    "PROCESSES",
    "PUBLICITY",
    "QUEUES",
    "REGISTRATION",
    "RELATION",
    "Missing",
    "Performed",
    "Refused",
    "foresee",
    "offers",
    "perform",
]

# fmt: off

# ---- 单位注册申请 ---------------------------------------------------------------------------------------------------

REGISTRATION = Process(
    "registration", N_("单位注册申请"), Registration, R,
    holder=lambda row: row.routed_to_id if row.state in (R.PENDING_AGENCY, R.PENDING_SUPERIOR) else None,
    clash=N_("这个统一社会信用代码已有一件申请在审核，请到“审核信息查询”查看。"),
    steps=(
        Step(name="register", title=N_("注册"), frm=(R.DRAFT,), to=registrations.to_reviewer, by=who.registrant,
             when=(rules.commitment_accepted, rules.both_annexes, rules.nothing_pending, rules.wait_is_over,
                   rules.superior_can_review, rules.somebody_reviews), tone="primary"),
        Step(name="approve", title=N_("审核通过"), frm=(R.PENDING_AGENCY, R.PENDING_SUPERIOR), to=R.APPROVED,
             by=who.registration_reviewer, asks="assign", sets=registrations.unit_of, effect=registrations.open_account,
             tone="primary"),
        Step(name="reject", title=N_("审核不通过"), frm=(R.PENDING_AGENCY, R.PENDING_SUPERIOR), to=R.REJECTED,
             by=who.registration_reviewer, note=Note.REQUIRED, sets=registrations.refused_with_reason, tone="danger"),
        Step(name="withdraw", title=N_("注册撤回"), frm=(R.PENDING_AGENCY, R.PENDING_SUPERIOR), to=R.WITHDRAWN,
             by=who.registrant, when=(rules.sent_to_superior,), sets=registrations.decided, tone="danger"),
    ),
)

# ---- 上下级关系 -----------------------------------------------------------------------------------------------------

RELATION = Process(
    "relation", N_("上下级关系"), Relation, L,
    holder=lambda row: row.parent_id if row.state == L.REQUESTED else None,
    clash=N_("下级单位已有生效的主管单位。"),
    steps=(
        Step(name="accept", title=N_("确认"), frm=(L.REQUESTED,), to=L.ACTIVE, by=who.relation_superior,
             effect=relations.hang_under, tone="primary"),
        Step(name="refuse", title=N_("拒绝"), frm=(L.REQUESTED,), to=L.REFUSED, by=who.relation_superior,
             note=Note.REQUIRED, tone="danger"),
        Step(name="end", title=N_("解除关系"), frm=(L.ACTIVE,), to=L.ENDED, by=who.relation_superior,
             note=Note.REQUIRED, sets=relations.ended, effect=relations.hang_alone, tone="danger"),
    ),
)

# ---- 年度评审工作计划 ------------------------------------------------------------------------------------------------

PLAN = Process(
    "plan", N_("年度评审工作计划"), Plan, P, settles=meetings.since_now,
    load=(selectinload(Plan.committee),),
    steps=(
        Step(name="submit", title=N_("提交备案"), frm=(P.DRAFT, P.RETURNED), to=P.SUBMITTED, by=who.plan_office,
             when=(rules.committee_in_force, rules.filing_covers_review, rules.within_committee), tone="primary"),
        Step(name="recall", title=N_("撤回"), frm=(P.SUBMITTED,), to=P.DRAFT, by=who.plan_office),
        Step(name="approve", title=N_("同意备案"), frm=(P.SUBMITTED,), to=P.APPROVED, by=who.plan_bureau,
             when=(rules.committee_in_force, rules.filing_covers_review, rules.within_committee), tone="primary"),
        Step(name="return", title=N_("退回修改"), frm=(P.SUBMITTED,), to=P.RETURNED, by=who.plan_bureau,
             note=Note.REQUIRED),
        Step(name="reject", title=N_("不予备案"), frm=(P.SUBMITTED,), to=P.REJECTED, by=who.plan_bureau,
             note=Note.REQUIRED, tone="danger"),
        Step(name="publish", title=N_("发布"), frm=(P.APPROVED,), to=P.PUBLISHED, by=who.plan_office,
             when=(rules.committee_in_force,), tone="primary"),
        Step(name="close", title=N_("受理截止"), frm=(P.PUBLISHED,), to=P.CLOSED),
        Step(name="start_review", title=N_("开始评审"), frm=(P.PUBLISHED, P.CLOSED), to=P.IN_REVIEW),
        Step(name="complete", title=N_("完成"), frm=(P.IN_REVIEW,), to=P.COMPLETED, by=who.plan_office,
             when=(rules.all_meetings_archived,), tone="primary"),
        Step(name="cancel", title=N_("取消计划"), frm=(P.DRAFT, P.RETURNED, P.APPROVED, P.PUBLISHED), to=P.CANCELLED,
             by=who.plan_office, when=(rules.nobody_accepted,), note=Note.REQUIRED, tone="danger"),
    ),
)

# ---- 职称申报 -------------------------------------------------------------------------------------------------------

APPLICATION = Process(
    "application", N_("职称申报"), Application, A, settles=applications.settle,
    load=(selectinload(Application.plan),),
    owners=lambda session, rows: dict(
        session.execute(
            select(Application.id, Applicant.user_id)
            .join(Applicant, Applicant.id == Application.applicant_id)
            .where(Application.id.in_([row.id for row in rows]))
        ).all()
    ),
    holder=lambda row: row.holder_unit_id,
    clash=N_("同一年度只能有一件申报，没有办理。"),
    steps=(
        # 本人
        Step(name="submit", title=N_("提交"), frm=(A.DRAFT, A.RETURNED), to=applications.to_first_or_back, by=who.applicant,
             when=(rules.in_window, rules.unit_ready, rules.fits_plan, rules.complete, rules.one_a_year,
                   rules.seen_offline_before_submit), sets=applications.frozen, tone="primary"),
        Step(name="withdraw", title=N_("撤回"), to=applications.to_draft_or_withdrawn, by=who.applicant, tone="danger",
             frm=(A.PENDING_UNIT, A.RETURNED, A.UNIT_PASSED, A.PUBLICITY_PASSED, A.PENDING_SUPERIOR)),
        # 所在单位：初审、公示、推荐上报
        Step(name="unit_pass", title=N_("审核通过"), frm=(A.PENDING_UNIT,), to=A.UNIT_PASSED, by=who.unit_clerk,
             note=Note.OPTIONAL, tone="primary", tells=N_("所在单位初审通过，等待公示。")),
        Step(name="unit_return", title=N_("退回"), frm=(A.PENDING_UNIT,), to=applications.back_to_person, by=who.unit_clerk,
             when=(rules.before_correction_deadline,), note=Note.REQUIRED, asks="correction",
             tells=N_("所在单位退回了您的申报，请按意见补正。")),
        Step(name="unit_reject", title=N_("审核不通过"), frm=(A.PENDING_UNIT,), to=A.UNIT_REJECTED, by=who.unit_clerk,
             note=Note.REQUIRED, tone="danger", tells=N_("所在单位初审不通过。")),
        Step(name="start_publicity", title=N_("新增公示"), frm=(A.UNIT_PASSED,), to=A.IN_PUBLICITY, by=who.unit_clerk,
             asks="publicity", sets=publicities.unit_dates, effect=publicities.open_unit_publicity, tone="primary",
             tells=N_("所在单位开始公示您的申报。")),
        Step(name="publicity_pass", title=N_("公示通过"), frm=(A.IN_PUBLICITY,), to=A.PUBLICITY_PASSED,
             tells=N_("单位公示通过，等待推荐上报。")),
        Step(name="publicity_fail", title=N_("公示不通过"), frm=(A.IN_PUBLICITY,), to=A.PUBLICITY_FAILED,
             tells=N_("单位公示不通过。")),
        Step(name="publicity_cancelled", title=N_("公示撤销"), frm=(A.IN_PUBLICITY,), to=A.UNIT_PASSED,
             sets=publicities.no_dates, tells=N_("单位撤销了公示，将重新公示。")),
        Step(name="recommend", title=N_("推荐上报"), frm=(A.PUBLICITY_PASSED,), to=applications.to_first_hop, by=who.unit_clerk,
             when=(rules.before_unit_deadline,), note=Note.OPTIONAL, effect=applications.lay_way, tone="primary",
             tells=N_("所在单位已推荐上报。")),
        # 上级单位
        Step(name="superior_pass", title=N_("审核通过"), frm=(A.PENDING_SUPERIOR,), to=applications.to_next_hop,
             by=who.superior_reviewer, note=Note.OPTIONAL, tone="primary", tells=N_("上级单位审核通过。")),
        Step(name="superior_return", title=N_("退回"), frm=(A.PENDING_SUPERIOR,), to=applications.back_to_person,
             by=who.superior_reviewer, when=(rules.before_correction_deadline,), note=Note.REQUIRED,
             asks="correction", tells=N_("上级单位退回了您的申报，请按意见补正。")),
        Step(name="superior_reject", title=N_("审核不通过"), frm=(A.PENDING_SUPERIOR,), to=A.SUPERIOR_REJECTED,
             by=who.superior_reviewer, note=Note.REQUIRED, tone="danger", tells=N_("上级单位审核不通过。")),
        # 形式审查
        Step(name="formal_pass", title=N_("形式审查通过"), frm=(A.PENDING_FORMAL,), to=applications.to_next_hop,
             by=who.form_reviewer, when=(rules.offline_passed,), note=Note.OPTIONAL, tone="primary",
             tells=N_("形式审查通过。")),
        Step(name="formal_return", title=N_("退回补正"), frm=(A.PENDING_FORMAL,), to=applications.back_to_person,
             by=who.form_reviewer, when=(rules.before_correction_deadline,), note=Note.REQUIRED, asks="correction",
             tells=N_("形式审查退回了您的申报，请按意见补正。")),
        Step(name="formal_reject", title=N_("不予通过"), frm=(A.PENDING_FORMAL,), to=A.FORMAL_REJECTED,
             by=who.form_reviewer, note=Note.REQUIRED, tone="danger", tells=N_("形式审查不通过。")),
        # 评委会办公室：资格复核
        Step(name="paper_received", title=N_("纸质材料已收"), frm=(A.FORMAL_PASSED, A.ACCEPTED), to=applications.paper_received,
             by=who.committee_office, when=(rules.not_received_yet,), tells=N_("评委会办公室已收到您的纸质材料。")),
        Step(name="committee_accept", title=N_("受理"), frm=(A.FORMAL_PASSED,), to=A.ACCEPTED, by=who.committee_office,
             when=(rules.fits_plan, rules.committee_in_force), note=Note.OPTIONAL, sets=applications.with_number, tone="primary",
             tells=N_("资格复核通过，已受理。")),
        Step(name="committee_return", title=N_("退回补正"), frm=(A.FORMAL_PASSED,), to=applications.back_to_person,
             by=who.committee_office, when=(rules.before_correction_deadline,), note=Note.REQUIRED,
             asks="correction", tells=N_("评委会办公室退回了您的申报，请按意见补正。")),
        Step(name="committee_reject", title=N_("复核不通过"), frm=(A.FORMAL_PASSED,), to=A.COMMITTEE_REJECTED,
             by=who.committee_office, note=Note.REQUIRED, tone="danger",
             tells=N_("资格复核不通过，终止当年参评。")),
        # 评审：会议，或考核认定
        Step(name="open_review", title=N_("进入评审"), frm=(A.ACCEPTED,), to=A.IN_REVIEW, tells=N_("您的申报进入评审。")),
        Step(name="review_void", title=N_("会议作废"), frm=(A.IN_REVIEW,), to=A.ACCEPTED),
        Step(name="decide", title=N_("宣布结果"), frm=(A.IN_REVIEW,), to=meetings.to_result, tells=N_("评审结果已宣布。")),
        Step(name="recognise_pass", title=N_("认定通过"), frm=(A.ACCEPTED,), to=A.REVIEW_PASSED,
             by=who.committee_office, when=(rules.by_recognition,), note=Note.REQUIRED,
             tells=N_("考核认定通过。")),
        Step(name="recognise_fail", title=N_("认定不通过"), frm=(A.ACCEPTED,), to=A.REVIEW_FAILED,
             by=who.committee_office, when=(rules.by_recognition,), note=Note.REQUIRED, tone="danger",
             tells=N_("考核认定不通过。")),
        # 结果公示、上报、确认备案
        Step(name="start_result_publicity", title=N_("结果公示"), frm=(A.REVIEW_PASSED,), to=A.RESULT_PUBLICITY,
             by=who.committee_office, when=(rules.by_recognition,), asks="publicity", sets=publicities.result_dates,
             effect=publicities.open_result_publicity, tone="primary", tells=N_("评审结果开始公示。")),
        Step(name="result_cancelled", title=N_("结果公示撤销"), frm=(A.RESULT_PUBLICITY,), to=A.REVIEW_PASSED,
             sets=publicities.no_result_dates),
        Step(name="result_fail", title=N_("结果公示不通过"), frm=(A.RESULT_PUBLICITY,), to=A.PUBLICITY_FAILED,
             tells=N_("评审结果公示不通过。")),
        Step(name="report", title=N_("结果上报"), frm=(A.RESULT_PUBLICITY,), to=publicities.to_bureau,
             tells=N_("评审结果公示通过，已上报备案。")),
        Step(name="confirm", title=N_("确认备案"), frm=(A.RESULT_PUBLICITY,), to=A.CONFIRMED, by=who.recognition_filer,
             asks="filing", sets=publicities.filed, tone="primary",
             tells=N_("评审结果已确认备案。")),
        # 时间
        Step(name="expire", title=N_("逾期视为放弃"), frm=(A.RETURNED,), to=A.ABANDONED,
             tells=N_("逾期未补正，视为放弃本年度申报。")),
    ),
)

# ---- 公示 -----------------------------------------------------------------------------------------------------------

PUBLICITY = Process(
    "publicity", N_("公示"), Publicity, U,
    steps=(
        Step(name="save_result", title=N_("公示结果保存"), frm=(U.ACTIVE,), to=publicities.to_passed_or_failed,
             by=who.publicity_owner, when=(rules.publicity_over, rules.calendar_published, rules.no_open_objection),
             note=Note.OPTIONAL, asks="results", effect=publicities.save_results, tone="primary"),
        Step(name="object", title=N_("登记异议"), frm=(U.ACTIVE,), to=U.ACTIVE, by=who.publicity_owner,
             note=Note.REQUIRED, asks="person", effect=publicities.note_objection),
        Step(name="settle_objection", title=N_("异议核查了结"), frm=(U.ACTIVE,), to=U.ACTIVE, by=who.publicity_owner,
             when=(rules.some_objection,), note=Note.REQUIRED, asks="person", effect=publicities.settle_objection),
        Step(name="cancel", title=N_("撤销公示"), frm=(U.ACTIVE,), to=U.CANCELLED, by=who.publicity_owner,
             when=(rules.publicity_running,), note=Note.REQUIRED, effect=publicities.cancel_publicity, tone="danger"),
    ),
)

# ---- 评审会议 -------------------------------------------------------------------------------------------------------

MEETING = Process(
    "meeting", N_("评审会议"), Meeting, M, settles=meetings.since_now, load=(selectinload(Meeting.plan),),
    steps=(
        Step(name="open", title=N_("开始会议"), frm=(M.DRAFT,), to=M.IN_SESSION, by=who.meeting_office,
             when=(rules.after_closing, rules.committee_in_force, rules.quorum_present), asks="attendance",
             sets=meetings.attendance, effect=meetings.open_session, tone="primary"),
        Step(name="record_votes", title=N_("录入票数"), frm=(M.IN_SESSION,), to=M.VOTED, by=who.meeting_office,
             asks="tallies", effect=meetings.record_tallies, tone="primary"),
        Step(name="correct", title=N_("更正票数"), frm=(M.VOTED,), to=M.IN_SESSION, by=who.meeting_office,
             note=Note.REQUIRED, effect=meetings.clear_tallies),
        Step(name="announce", title=N_("宣布结果"), frm=(M.VOTED,), to=M.ANNOUNCED, by=who.meeting_office,
             asks="announcer", sets=meetings.announced, effect=meetings.decide, tone="primary"),
        Step(name="start_publicity", title=N_("结果公示"), frm=(M.ANNOUNCED,), to=M.PUBLICITY, by=who.meeting_office,
             when=(rules.somebody_passed,), asks="publicity", effect=meetings.publicise_results, tone="primary"),
        Step(name="publicity_over", title=N_("公示结束，结果上报"), frm=(M.PUBLICITY,), to=M.REPORTED),
        Step(name="publicity_cancelled", title=N_("公示撤销"), frm=(M.PUBLICITY,), to=M.ANNOUNCED),
        Step(name="report", title=N_("结果上报"), frm=(M.ANNOUNCED,), to=M.REPORTED, by=who.meeting_office,
             when=(rules.nobody_passed,), tone="primary"),
        Step(name="file", title=N_("结果备案"), frm=(M.REPORTED,), to=M.FILED, by=who.meeting_bureau, asks="filing",
             sets=meetings.with_filing_number, effect=meetings.file_results, tone="primary"),
        Step(name="archive", title=N_("归档"), frm=(M.FILED,), to=M.ARCHIVED, by=who.meeting_office, tone="primary"),
        Step(name="void", title=N_("作废"), frm=(M.DRAFT, M.IN_SESSION, M.VOTED), to=M.VOID, by=who.meeting_office,
             note=Note.REQUIRED, effect=meetings.void_meeting, tone="danger"),
    ),
)

PROCESSES = {process.name: process for process in (REGISTRATION, RELATION, PLAN, APPLICATION, PUBLICITY, MEETING)}

# ---- queues: what waits for whom, in the order of work --------------------------------------------------------------

QUEUES = {
    queue.name: queue
    for queue in (
        Queue("registrations", N_("账号注册审核"), REGISTRATION, (R.PENDING_AGENCY, R.PENDING_SUPERIOR),
              who.registration_reviewer, settings.REGISTRATION_DAYS),
        Queue("relations", N_("上下级关系确认"), RELATION, (L.REQUESTED,), who.relation_superior),
        Queue("unit_review", N_("所在单位初审"), APPLICATION, (A.PENDING_UNIT,), who.unit_clerk),
        Queue("unit_publicity", N_("所在单位申报公示"), APPLICATION, (A.UNIT_PASSED,), who.unit_clerk),
        Queue("publicity_results", N_("公示结果保存"), PUBLICITY, (U.ACTIVE,), who.publicity_owner,
              only=lambda: Publicity.ends_on < clock.today()),
        Queue("recommendation", N_("单位推荐上报"), APPLICATION, (A.PUBLICITY_PASSED,), who.unit_clerk),
        Queue("superior_review", N_("上级单位审核"), APPLICATION, (A.PENDING_SUPERIOR,), who.superior_reviewer,
              settings.SUPERIOR_DAYS),
        Queue("plan_filing", N_("评审计划备案"), PLAN, (P.SUBMITTED,), who.plan_bureau),
        Queue("formal_review", N_("网上形式审查"), APPLICATION, (A.PENDING_FORMAL,), who.form_reviewer,
              settings.FORMAL_DAYS),
        Queue("result_filing", N_("评审结果备案"), MEETING, (M.REPORTED,), who.meeting_bureau),
        Queue("recognition_filing", N_("认定结果备案"), APPLICATION, (A.RESULT_PUBLICITY,), who.recognition_filer),
        Queue("qualification", N_("资格复核"), APPLICATION, (A.FORMAL_PASSED,), who.committee_office),
        Queue("review", N_("待评审"), APPLICATION, (A.ACCEPTED,), who.committee_office),
        Queue("recognised", N_("待结果公示"), APPLICATION, (A.REVIEW_PASSED,), who.committee_office),
    )
}
# fmt: on
