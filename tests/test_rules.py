"""Every guard, by name: the sentence it gives, and that it lets pass what is right."""

from datetime import date, timedelta

import pytest
from sqlalchemy import delete, insert, select, update

from app import access, clock, settings
from app.db import open_session
from app.models import (
    Applicant,
    Application,
    Attachment,
    CalendarDay,
    CalendarYear,
    Committee,
    Handler,
    Meeting,
    OfflineCheck,
    Outcome,
    Plan,
    Publicity,
    Registration,
    Relation,
    Unit,
    UnitFunction,
)
from app.states import ApplicationState as A
from app.states import (
    CommitteeStatus,
    Function,
    MeetingState,
    OfflinePolicy,
    PlanState,
    RegistrationState,
    RelationState,
    Reporting,
    Reviewer,
    Verdict,
)
from app.workflow import REGISTRATION, Refused, perform
from tests.cast import get
from tests.test_chain import SHEET, arrange

SECOND = timedelta(seconds=1)


def put(model, key, **values):
    with open_session() as session:
        session.execute(update(model).where(model.id == key).values(**values))
        session.commit()


def press(registration_id, step, note="意见"):
    """The registrant takes a step; gives the refusal."""
    actor = access.Actor(name="刘经办", registration_id=registration_id)
    try:
        performed = perform(REGISTRATION[step], [registration_id], actor, note=note)
    except Refused as refused:
        return str(refused)
    return performed.skipped[0].why if performed.skipped else ""


# ---- registration -------------------------------------------------------------------------------------------------


def test_both_annexes_are_needed(cast):
    registration = cast.registration()
    with open_session() as session:
        session.execute(delete(Attachment).where(Attachment.registration_id == registration))
        session.commit()

    assert press(registration, "register") == "还缺附件：用户告知承诺书、单位登记证书。"


def test_the_commitment_must_be_accepted(cast):
    registration = cast.registration(committed_at=None)

    assert press(registration, "register") == "还没有同意《用户告知承诺书》。"


def test_nothing_else_of_the_credit_code_may_be_pending(cast):
    first = get(Registration, cast.registration(RegistrationState.PENDING_AGENCY))
    second = cast.registration(credit_code=first.credit_code)

    assert press(second, "register") == "这个统一社会信用代码已有一件申请在审核，请到“审核信息查询”查看。"


@pytest.mark.parametrize(("minutes", "refusal"), [(0, ""), (30, "2026-09-07 09:30 以后可以重新注册。")])
def test_after_a_refusal_a_setting_may_ask_to_wait(cast, minutes, refusal):
    with open_session() as session:
        settings.put(session, settings.WAIT_MINUTES, minutes)
        session.commit()
    first = cast.registration(RegistrationState.PENDING_AGENCY)
    cast.bureau.does("registration", "reject", first, note="证书没有盖章")
    again = cast.registration(credit_code=get(Registration, first).credit_code)

    assert press(again, "register") == refusal


@pytest.mark.parametrize("why", ["no superior", "nobody there", "inactive"])
def test_a_superior_that_cannot_review_cannot_be_chosen(cast, why):
    superior = cast.hospital if why == "no superior" else cast.health
    with open_session() as session:
        if why == "nobody there":
            session.execute(update(Handler).where(Handler.unit_id == superior).values(active=False))
        if why == "inactive":
            session.execute(update(Unit).where(Unit.id == superior).values(active=False))
        session.commit()
    registration = cast.registration(reviewer=Reviewer.SUPERIOR, requested_superior_id=superior)

    assert (
        press(registration, "register") == "所选主管单位现在不能审核，请改选其他主管单位，或改选“主管机构”。"
    )


def test_a_superior_that_can_review_gets_the_registration(cast):
    registration = cast.registration(reviewer=Reviewer.SUPERIOR, requested_superior_id=cast.health)

    assert press(registration, "register") == ""
    assert get(Registration, registration).state == RegistrationState.PENDING_SUPERIOR


def test_somebody_must_be_there_to_review(cast):
    with open_session() as session:
        session.execute(delete(UnitFunction).where(UnitFunction.function == Function.BUREAU))
        session.commit()

    refusal = press(cast.registration(), "register")

    assert refusal == "所选统筹区及其上级都没有已启用的主管机构，暂时不能注册。"


def test_withdrawing_is_for_the_superiors_route(cast):
    bureau = cast.registration(RegistrationState.PENDING_AGENCY)
    superior = cast.registration(
        RegistrationState.PENDING_SUPERIOR, reviewer=Reviewer.SUPERIOR, requested_superior_id=cast.health
    )

    assert press(bureau, "withdraw") == (
        "申请发给了主管机构，不能自行撤回。请联系宁乡市人力资源和社会保障局审核不通过后重新注册。"
    )
    assert press(superior, "withdraw") == ""


def test_a_setting_allows_withdrawing_from_the_bureau(cast):
    with open_session() as session:
        settings.put(session, settings.WITHDRAW_FROM_BUREAU, 1)
        session.commit()

    assert press(cast.registration(RegistrationState.PENDING_AGENCY), "withdraw") == ""


# ---- submission ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("column", "shift", "refusal"),
    [
        ("opens_at", -SECOND, "评审计划尚未开始受理，2026-08-31 09:00 起可以提交。"),
        ("opens_at", 0 * SECOND, ""),
        ("opens_at", SECOND, ""),
        ("closes_at", -SECOND, ""),
        ("closes_at", 0 * SECOND, ""),
        ("closes_at", SECOND, "受理已于 2026-09-18 17:00 截止。"),
    ],
)
def test_submission_is_within_the_window(cast, column, shift, refusal):
    case = cast.case(cast.doctor)

    with clock.fixed(getattr(get(Plan, cast.plan_id), column) + shift):
        assert cast.doctor.tries("application", "submit", case) == refusal


@pytest.mark.parametrize(
    ("shift", "refusal"), [(-SECOND, ""), (0 * SECOND, ""), (SECOND, "补正已于 2026-09-14 12:00 截止。")]
)
def test_a_correction_has_its_own_deadline(cast, shift, refusal):
    case = cast.case(cast.doctor, A.PENDING_UNIT)
    deadline = clock.at(date(2026, 9, 14), 12)
    cast.clerk.does("application", "unit_return", case, note="缺页", deadline=deadline)

    with clock.fixed(deadline + shift):
        assert cast.doctor.tries("application", "submit", case) == refusal


def test_an_unannounced_plan_takes_nobody(cast):
    case = cast.case(cast.doctor)
    put(Plan, cast.plan_id, state=PlanState.APPROVED)

    assert cast.doctor.tries("application", "submit", case).startswith("评审计划尚未开始受理")


def test_the_unit_must_report_somewhere(cast):
    case = cast.case(cast.doctor)
    with open_session() as session:
        session.execute(
            update(Relation)
            .where(Relation.child_id == cast.hospital)
            .values(state=RelationState.ENDED, ended_at=clock.now())
        )
        session.commit()
    without = cast.doctor.tries("application", "submit", case)
    put(Unit, cast.hospital, reporting=Reporting.DIRECT)

    assert without == "宁乡市沩江医院还没有配置上下级关系，请单位联系统筹区的主管机构。"
    assert cast.doctor.tries("application", "submit", case) == ""


def test_a_disabled_unit_takes_no_applications(cast):
    case = cast.case(cast.doctor)
    put(Unit, cast.hospital, active=False)

    assert cast.doctor.tries("application", "submit", case) == "宁乡市沩江医院的账号已停用，请联系单位。"


def test_the_title_must_lie_within_the_plan(cast):
    case = cast.case(cast.doctor)
    put(Plan, cast.plan_id, levels="4")

    assert (
        cast.doctor.tries("application", "submit", case)
        == "申报职称“主治（主管）医师”不在这个评审计划的范围内。"
    )


def test_the_region_must_lie_within_the_plan(cast):
    case = cast.case(cast.doctor)
    put(Unit, cast.hospital, region_code="430600")

    assert cast.doctor.tries("application", "submit", case) == "您单位所在的统筹区不在这个评审计划的范围内。"


def test_what_is_missing_is_named(cast):
    case = cast.case(cast.doctor, specialty="", committed_at=None)
    put(Applicant, cast.doctor.applicant_id, education=None)
    with open_session() as session:
        session.execute(delete(Attachment).where(Attachment.application_id == case))
        session.commit()

    assert cast.doctor.tries("application", "submit", case) == (
        "还缺：申报专业、学历、学历学位证书、述职报告、评审表（个人承诺签名）、个人承诺。"
    )


def test_one_application_a_year(cast):
    cast.case(cast.doctor, A.PENDING_UNIT)
    second = cast.case(cast.doctor, plan_id=cast.strict_plan_id)

    assert (
        cast.doctor.tries("application", "submit", second)
        == "2026 年度您已有一件申报，同一年度只能申报一次。"
    )


def offline(cast, person, plan_id, result=Verdict.PASS):
    with open_session() as session:
        values = {"plan_id": plan_id, "id_number_index": person.actor.id_number_index, "id_number_mask": "x"}
        values |= {"name": person.name, "result": result, "note": "", "unit_id": cast.town, "at": clock.now()}
        session.execute(insert(OfflineCheck).values(by_id=cast.bureau.user_id, **values))
        session.commit()


def test_a_plan_may_want_the_window_before_applying(cast):
    put(Plan, cast.plan_id, offline=OfflinePolicy.BEFORE_SUBMIT)
    case = cast.case(cast.doctor)
    without = cast.doctor.tries("application", "submit", case)
    offline(cast, cast.doctor, cast.plan_id)

    assert without == "这个评审计划要求先通过线下形式审查，窗口登记通过后才能提交。"
    assert cast.doctor.tries("application", "submit", case) == ""


def test_who_did_not_pass_offline_cannot_pass_online(cast):
    case = cast.case(cast.doctor, A.PENDING_FORMAL, plan_id=cast.strict_plan_id)
    other = cast.case(cast.nurse, A.PENDING_FORMAL, plan_id=cast.strict_plan_id)
    offline(cast, cast.doctor, cast.strict_plan_id, Verdict.FAIL)
    offline(cast, cast.nurse, cast.strict_plan_id)

    assert cast.bureau.tries("application", "formal_pass", case).startswith("没有通过线下形式审查的记录")
    assert cast.bureau.tries("application", "formal_pass", other) == ""


# ---- on the way ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shift", "refusal"), [(-SECOND, ""), (0 * SECOND, ""), (SECOND, "单位上报已于 2026-09-30 17:00 截止。")]
)
def test_recommending_ends_with_the_plans_deadline(cast, shift, refusal):
    case = cast.case(cast.doctor, A.PUBLICITY_PASSED)

    with clock.fixed(get(Plan, cast.plan_id).unit_deadline + shift):
        assert cast.clerk.tries("application", "recommend", case) == refusal


def test_returning_needs_time_left_to_correct(cast):
    case = cast.case(cast.doctor, A.PENDING_UNIT)

    with clock.fixed(get(Plan, cast.plan_id).correction_deadline):
        assert (
            cast.clerk.tries("application", "unit_return", case)
            == "这个计划的退回补正已于 2026-10-16 17:00 截止。"
        )


def test_paper_is_received_once(cast):
    case = cast.case(cast.doctor, A.FORMAL_PASSED)
    cast.office.does("application", "paper_received", case)

    assert cast.office.tries("application", "paper_received", case) == "纸质材料已于 2026-09-07 09:00 收到。"


@pytest.mark.parametrize(
    ("values", "refusal"),
    [
        ({"status": CommitteeStatus.SUSPENDED}, "评委会现在是“暂停评审”，不能办理。"),
        ({"status": CommitteeStatus.REVOKED}, "评委会现在是“已收回”，不能办理。"),
        ({"valid_to": date(2026, 9, 6)}, "评委会备案有效期为 2025-03-01 至 2026-09-06。"),
        ({"valid_to": date(2026, 9, 7)}, ""),
    ],
)
def test_a_committee_must_be_in_force(cast, values, refusal):
    case = cast.case(cast.doctor, A.FORMAL_PASSED)
    put(Committee, cast.committee_id, **values)

    assert cast.office.tries("application", "committee_accept", case) == refusal


# ---- plan ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "refusal"),
    [
        ({}, ""),
        ({"review_to": date(2028, 3, 1)}, "评审结束日期超出评委会备案有效期（至 2028-02-29）。"),
        ({"levels": "2,3"}, "评审级别超出评委会的级别：副高级。"),
    ],
)
def test_a_plan_lies_within_its_committee(cast, values, refusal):
    put(Plan, cast.plan_id, state=PlanState.DRAFT, **values)

    assert cast.office.tries("plan", "submit", cast.plan_id) == refusal


def test_a_plan_stays_within_the_regions_of_its_committee(cast):
    from app.models import plan_region

    put(Plan, cast.plan_id, state=PlanState.DRAFT)
    with open_session() as session:
        session.execute(plan_region.update().values(region_code="430600"))
        session.commit()

    assert cast.office.tries("plan", "submit", cast.plan_id) == "评审范围超出评委会的统筹区：岳阳市本级。"


def test_a_plan_with_accepted_people_is_not_cancelled(cast):
    free = cast.office.tries("plan", "cancel", cast.strict_plan_id)
    cast.case(cast.doctor, A.ACCEPTED)

    assert free == ""
    assert cast.office.tries("plan", "cancel", cast.plan_id) == "已有受理的申报，计划不能取消。"


def test_a_plan_is_complete_when_its_meetings_are_archived(cast):
    meeting, _outcome = arrange(cast, cast.case(cast.doctor, A.ACCEPTED))
    put(Plan, cast.plan_id, state=PlanState.IN_REVIEW)
    waiting = cast.office.tries("plan", "complete", cast.plan_id)
    put(Meeting, meeting, state=MeetingState.VOID)

    assert waiting == "还有会议没有归档。"
    assert cast.office.tries("plan", "complete", cast.plan_id) == ""


# ---- publicity ----------------------------------------------------------------------------------------------------


def sheet(cast, **more):
    case = cast.case(cast.doctor, A.UNIT_PASSED)
    cast.clerk.does("application", "start_publicity", case, **(SHEET | more))
    with open_session() as session:
        return session.scalar(select(Publicity.id).order_by(Publicity.id.desc()))


@pytest.mark.parametrize(
    ("shift", "saves", "cancels"),
    [
        (-SECOND, "公示尚未期满，2026-09-11 24:00 后可录入结果。", ""),
        (0 * SECOND, "", "公示已经期满，请录入结果。"),
        (SECOND, "", "公示已经期满，请录入结果。"),
    ],
)
def test_the_result_waits_for_the_end_of_the_last_day(cast, shift, saves, cancels):
    first = sheet(cast)
    with clock.fixed(clock.end_of_day(date(2026, 9, 11)) + shift):
        cancelled = cast.clerk.tries("publicity", "cancel", first) if cancels else None
        assert cast.clerk.tries("publicity", "save_result", first) == saves

    assert cancelled is None or cancelled == cancels


def test_a_year_without_a_calendar_cannot_be_closed(cast):
    with clock.fixed(date(2026, 12, 28)):
        put(Plan, cast.plan_id, unit_deadline=clock.at(date(2027, 3, 1), 9))
        late = sheet(cast, starts_on=date(2026, 12, 28))
    estimate = get(Publicity, late)

    with clock.fixed(date(2027, 1, 20)):
        blocked = cast.clerk.tries("publicity", "save_result", late)
        with open_session() as session:
            session.add(CalendarYear(year=2027, papers="通知"))
            session.flush()
            session.add(CalendarDay(day=date(2027, 1, 1), works=False, year=2027))
            session.commit()
        opened = cast.clerk.tries("publicity", "save_result", late)

    assert (estimate.ends_on, estimate.estimated) == (date(2027, 1, 1), True)
    assert blocked == "2027 年放假安排尚未公布，公示截止日期为估算，不能录入结果。"
    assert opened == ""


@pytest.mark.parametrize(
    ("answers", "refusal"),
    [
        ({"starts_on": date(2026, 9, 6)}, "公示开始日期不能早于今天。"),
        ({"days": 4}, "公示不少于 5 个工作日。"),
        ({"starts_on": None}, "公示开始日期不能早于今天。"),
    ],
)
def test_a_publicity_starts_today_or_later_and_lasts_five_days(cast, answers, refusal):
    case = cast.case(cast.doctor, A.UNIT_PASSED)

    assert cast.clerk.tries("application", "start_publicity", case, **(SHEET | answers)) == refusal


# ---- meeting ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shift", "refusal"), [(-SECOND, "受理 2026-09-18 17:00 截止，此后才能开会评审。"), (0 * SECOND, "")]
)
def test_nobody_is_reviewed_before_the_window_has_closed(cast, shift, refusal):
    meeting, _outcome = arrange(cast, cast.case(cast.doctor, A.ACCEPTED))

    with clock.fixed(clock.at(date(2026, 9, 18), 17) + shift):
        assert cast.office.tries("meeting", "open", meeting, present=13) == refusal


@pytest.mark.parametrize(
    ("yes", "publicise", "report"),
    [(9, "", "有评审通过的人，须先公示结果。"), (0, "没有评审通过的人，不需要公示，可直接上报。", "")],
)
def test_only_those_who_passed_are_publicised(cast, yes, publicise, report):
    case = cast.case(cast.doctor, A.ACCEPTED)
    with clock.fixed(date(2026, 9, 21)):
        meeting, outcome = arrange(cast, case)
        cast.office.does("meeting", "open", meeting, present=13)
        cast.office.does("meeting", "record_votes", meeting, votes={outcome: (0, yes, 13 - yes, 0)})
        cast.office.does("meeting", "announce", meeting, announcer="罗正明")
        answers = SHEET | {"starts_on": date(2026, 9, 21)}
        reported = cast.office.tries("meeting", "report", meeting)

        assert (
            cast.office.tries("meeting", "start_publicity", meeting, **answers) if report else publicise
        ) == publicise
        assert reported == report

    assert get(Outcome, outcome).result == (Verdict.PASS if yes else Verdict.FAIL)
    assert get(Application, case).state == (A.RESULT_PUBLICITY if yes else A.REVIEW_FAILED)


@pytest.mark.parametrize(
    ("present", "refusal"),
    [
        (None, "请填写出席人数。"),
        (0, "出席人数应在 1 至 15 之间。"),
        (16, "出席人数应在 1 至 15 之间。"),
        (10, ""),
    ],
)
def test_attendance_is_asked_for_and_possible(cast, present, refusal):
    meeting, _outcome = arrange(cast, cast.case(cast.doctor, A.ACCEPTED))

    with clock.fixed(date(2026, 9, 21)):
        assert cast.office.tries("meeting", "open", meeting, present=present) == refusal


def test_a_meeting_without_people_does_not_open(cast):
    with open_session() as session:
        made = arrange_empty(session, cast)
        session.commit()

    with clock.fixed(date(2026, 9, 21)):
        assert cast.office.tries("meeting", "open", made, present=13) == "会议还没有评审对象。"


def arrange_empty(session, cast):
    from tests.test_models import meeting, new

    return new(session, Meeting, meeting(cast))


def test_filing_and_announcing_ask_for_what_is_written(cast):
    case = cast.case(cast.doctor, A.ACCEPTED)
    with clock.fixed(date(2026, 9, 21)):
        meeting, outcome = arrange(cast, case)
        cast.office.does("meeting", "open", meeting, present=13)
        empty = cast.office.tries("meeting", "record_votes", meeting, votes={})
        cast.office.does("meeting", "record_votes", meeting, votes={outcome: (0, 0, 13, 0)})
        cast.office.does("meeting", "correct", meeting, note="票数抄错")
        cleared = get(Outcome, outcome).yes
        cast.office.does("meeting", "record_votes", meeting, votes={outcome: (0, 0, 13, 0)})
        nobody = cast.office.tries("meeting", "announce", meeting)
        cast.office.does("meeting", "announce", meeting, announcer="罗正明")
        cast.office.does("meeting", "report", meeting)
        unnumbered = cast.city_bureau.tries("meeting", "file", meeting)

    assert (empty, cleared) == ("陈雅琴：请填写同意、反对、弃权票数。", None)
    assert (nobody, unnumbered) == ("请填写宣布人。", "请填写备案文号。")


def test_a_failed_person_needs_a_reason_and_an_objection_a_person(cast):
    first = sheet(cast)
    with open_session() as session:
        case = session.scalar(select(Application.id))
    stranger = cast.clerk.tries("publicity", "object", first, application_id=999)

    with clock.fixed(date(2026, 9, 14)):
        silent = cast.clerk.tries("publicity", "save_result", first, note="", failed=[case])

    assert (silent, stranger) == ("有人不通过时，请写明原因。", "请选择这份公示中的人。")


def test_an_ended_publicity_waits_for_its_unit(cast):
    from app.workflow import QUEUES

    first = sheet(cast)

    def waiting():
        with open_session() as session:
            clause = QUEUES["publicity_results"].clause(cast.clerk.actor)
            return session.scalars(select(Publicity.id).where(clause)).all()

    early = waiting()
    with clock.fixed(date(2026, 9, 12)):
        late = waiting()

    assert (early, late) == ([], [first])


def test_only_a_noted_objection_can_be_settled(cast):
    first = sheet(cast)
    with open_session() as session:
        case = session.scalar(select(Application.id))

    assert cast.clerk.tries("publicity", "settle_objection", first, application_id=case) == "没有登记异议。"


def test_a_cancelled_result_publicity_gives_the_meeting_back(cast):
    case = cast.case(cast.doctor, A.ACCEPTED)
    with clock.fixed(date(2026, 9, 21)):
        meeting, outcome = arrange(cast, case)
        cast.office.does("meeting", "open", meeting, present=13)
        cast.office.does("meeting", "record_votes", meeting, votes={outcome: (0, 13, 0, 0)})
        cast.office.does("meeting", "announce", meeting, announcer="罗正明")
        cast.office.does("meeting", "start_publicity", meeting, **(SHEET | {"starts_on": date(2026, 9, 21)}))
        with open_session() as session:
            public = session.scalar(select(Publicity.id).where(Publicity.meeting_id == meeting))
        cast.office.does("publicity", "cancel", public, note="名单有误")

    assert get(Meeting, meeting).state == MeetingState.ANNOUNCED
    row = get(Application, case)
    assert (row.state, row.result_from) == (A.REVIEW_PASSED, None)
