"""The whole chain through the engine, by every role, from a unit's registration to 已确认备案."""

from datetime import date

from sqlalchemy import delete, select

from app import access, clock, people
from app.db import open_session
from app.models import (
    Account,
    Application,
    Handler,
    HandlerBusiness,
    Meeting,
    Outcome,
    Publicity,
    PublicityEntry,
    Registration,
    RouteHop,
    Unit,
)
from app.states import ApplicationState as A
from app.states import (
    Business,
    Function,
    HostRole,
    MeetingState,
    PublicityState,
    RegistrationState,
    Reporting,
    Stage,
    Verdict,
)
from app.workflow import REGISTRATION, perform
from tests.cast import entries, get

SHEET = {"contact": "谭素芬", "telephone": "0731-88000016", "starts_on": date(2026, 9, 7), "days": 5}


def registrant(registration_id):
    return access.Actor(name="刘经办", registration_id=registration_id)


def test_the_bureau_approves_a_registration_and_names_the_superior(cast):
    registration = cast.registration()
    perform(REGISTRATION["register"], [registration], registrant(registration))
    routed = get(Registration, registration)

    cast.bureau.does("registration", "approve", registration, superior_id=cast.health)

    approved = get(Registration, registration)
    unit = get(Unit, approved.unit_id)
    with open_session() as session:
        account = session.scalar(select(Account).where(Account.username == approved.username))
        handler = session.scalar(select(Handler).where(Handler.unit_id == unit.id))
        functions = {row.function for row in session.get(Unit, unit.id).functions}
        businesses = len(session.get(Handler, handler.id).businesses)
    assert (routed.state, routed.routed_to_id) == (RegistrationState.PENDING_AGENCY, cast.town)
    assert (unit.reporting, unit.path) == (Reporting.SUPERIOR, f"/{cast.health}/{unit.id}/")
    assert (functions, businesses, handler.user_id) == ({Function.EMPLOYER}, 2, account.id)
    assert [row[0] for row in entries("registration", registration)] == ["register", "approve"]


def test_on_the_bureaus_route_the_superior_or_direct_reporting_must_be_named(cast):
    registration = cast.registration(RegistrationState.PENDING_AGENCY)

    assert cast.bureau.tries("registration", "approve", registration) == (
        "请选择主管单位，或者勾选“无主管单位，直报”。"
    )
    assert get(Registration, registration).state == RegistrationState.PENDING_AGENCY

    cast.bureau.does("registration", "approve", registration, direct=True)

    assert get(Unit, get(Registration, registration).unit_id).reporting == Reporting.DIRECT


def test_an_application_climbs_every_stop_and_is_confirmed(cast):
    case = cast.case(cast.doctor)
    cast.doctor.does("application", "submit", case)
    cast.clerk.does("application", "unit_pass", case)
    cast.clerk.does("application", "start_publicity", case, **SHEET)
    with open_session() as session:
        sheet = session.scalar(select(Publicity))
    assert (sheet.ends_on, sheet.estimated) == (date(2026, 9, 11), False)
    assert (
        cast.clerk.tries("publicity", "save_result", sheet.id)
        == "公示尚未期满，2026-09-11 24:00 后可录入结果。"
    )

    with clock.fixed(date(2026, 9, 14)):
        cast.clerk.does("publicity", "save_result", sheet.id)
        cast.clerk.does("application", "recommend", case)
        with open_session() as session:
            way = session.execute(select(RouteHop.unit_id, RouteHop.stage).order_by(RouteHop.seq)).all()
        cast.superior.does("application", "superior_pass", case)
        cast.bureau.does("application", "formal_pass", case)
        cast.city_bureau.does("application", "formal_pass", case)
        cast.office.does("application", "committee_accept", case)
    assert [tuple(stop) for stop in way] == [
        (cast.health, Stage.SUPERIOR),
        (cast.town, Stage.FORMAL),
        (cast.city, Stage.FORMAL),
        (cast.office_unit, Stage.OFFICE),
    ]

    with clock.fixed(date(2026, 9, 21)):
        meeting, outcome = arrange(cast, case)
        cast.office.does("meeting", "open", meeting, present=13)
        cast.office.does("meeting", "record_votes", meeting, votes={outcome: (1, 8, 3, 1)})
        cast.office.does("meeting", "announce", meeting, announcer="罗正明")
        sheet = SHEET | {"starts_on": date(2026, 9, 21)}
        cast.office.does("meeting", "start_publicity", meeting, **sheet)
    with open_session() as session:
        result = session.scalar(select(Publicity).where(Publicity.meeting_id == meeting))
    with clock.fixed(date(2026, 9, 29)):
        cast.office.does("publicity", "save_result", result.id)
        cast.city_bureau.does("meeting", "file", meeting, filing_no="长人社备〔2026〕12 号")
        cast.office.does("meeting", "archive", meeting)

    row = get(Application, case)
    assert (row.state, row.filing_no, row.holder_unit_id) == (A.CONFIRMED, "长人社备〔2026〕12 号", None)
    assert get(Outcome, row.outcome_id).result == Verdict.PASS
    assert get(Meeting, meeting).state == MeetingState.ARCHIVED
    assert [step for step, _from, _to in entries("application", case)] == [
        "submit",
        "unit_pass",
        "start_publicity",
        "publicity_pass",
        "recommend",
        "superior_pass",
        "formal_pass",
        "formal_pass",
        "committee_accept",
        "open_review",
        "decide",
        "start_result_publicity",
        "report",
        "confirm",
    ]


def arrange(cast, *cases):
    """A meeting with these applications, and the id of the first outcome."""
    with open_session() as session:
        meeting = Meeting(
            plan_id=cast.plan_id,
            name="2026 年度第 1 次评审会议",
            held_at=clock.now(),
            place="长沙",
            host="罗正明",
            host_role=HostRole.DEPUTY,
            members=15,
            outcomes=[Outcome(application_id=case) for case in cases],
        )
        session.add(meeting)
        session.commit()
        return meeting.id, meeting.outcomes[0].id


def test_a_result_per_person_and_the_rest_of_the_sheet_goes_on(cast):
    good, bad = cast.case(cast.doctor, A.UNIT_PASSED), cast.case(cast.nurse, A.UNIT_PASSED)
    cast.clerk.does("application", "start_publicity", good, bad, **SHEET)
    with open_session() as session:
        sheet = session.scalar(select(Publicity.id))

    with clock.fixed(date(2026, 9, 14)):
        cast.clerk.does("publicity", "save_result", sheet, note="材料不实", failed=[bad])

    assert (get(Application, good).state, get(Application, bad).state) == (
        A.PUBLICITY_PASSED,
        A.PUBLICITY_FAILED,
    )
    assert get(Publicity, sheet).state == PublicityState.PASSED
    assert get(PublicityEntry, (sheet, bad)).result == Verdict.FAIL


def test_cancelling_a_publicity_returns_its_people(cast):
    case = cast.case(cast.doctor, A.UNIT_PASSED)
    cast.clerk.does("application", "start_publicity", case, **SHEET)
    with open_session() as session:
        sheet = session.scalar(select(Publicity.id))

    cast.clerk.does("publicity", "cancel", sheet, note="日期填错")

    row = get(Application, case)
    assert (row.state, row.publicity_from, row.holder_unit_id) == (A.UNIT_PASSED, None, cast.hospital)


def test_an_open_objection_blocks_the_result(cast):
    case = cast.case(cast.doctor, A.UNIT_PASSED)
    cast.clerk.does("application", "start_publicity", case, **SHEET)
    with open_session() as session:
        sheet = session.scalar(select(Publicity.id))
    cast.clerk.does("publicity", "object", sheet, note="论文署名有争议", application_id=case)

    with clock.fixed(date(2026, 9, 14)):
        blocked = cast.clerk.tries("publicity", "save_result", sheet)
        cast.clerk.does("publicity", "settle_objection", sheet, note="查无实据", application_id=case)
        cast.clerk.does("publicity", "save_result", sheet)

    assert blocked == "陈雅琴 有异议正在核查，核查了结后才能录入结果。"
    assert get(Application, case).state == A.PUBLICITY_PASSED


def test_tallies_must_add_up_to_those_present(cast):
    case = cast.case(cast.doctor, A.ACCEPTED)
    with clock.fixed(date(2026, 9, 21)):
        meeting, outcome = arrange(cast, case)
        cast.office.does("meeting", "open", meeting, present=13)

        refused = cast.office.tries("meeting", "record_votes", meeting, votes={outcome: (0, 8, 3, 1)})

    assert refused.startswith("陈雅琴：")
    assert get(Meeting, meeting).state == MeetingState.IN_SESSION
    assert get(Outcome, outcome).yes is None


def test_without_a_quorum_no_session_opens(cast):
    case = cast.case(cast.doctor, A.ACCEPTED)
    with clock.fixed(date(2026, 9, 21)):
        meeting, _outcome = arrange(cast, case)

        assert cast.office.tries("meeting", "open", meeting, present=9) == "出席不足三分之二：至少 10 人。"

    assert get(Application, case).state == A.ACCEPTED


def test_recognition_is_decided_by_the_office_without_a_meeting(cast):
    from app.states import Way

    case = cast.case(cast.doctor, A.ACCEPTED, way=Way.RECOGNITION)
    ordinary = cast.case(cast.nurse, A.ACCEPTED)

    cast.office.does("application", "recognise_pass", case, note="符合认定条件")
    cast.office.does("application", "start_result_publicity", case, **SHEET)

    assert get(Application, case).state == A.RESULT_PUBLICITY
    assert cast.office.tries("application", "recognise_pass", ordinary) == "不是考核认定，须经评审会议投票。"


def test_a_void_meeting_gives_its_people_back(cast):
    case = cast.case(cast.doctor, A.ACCEPTED)
    with clock.fixed(date(2026, 9, 21)):
        meeting, _outcome = arrange(cast, case)
        cast.office.does("meeting", "open", meeting, present=13)

        cast.office.does("meeting", "void", meeting, note="程序有误")

    assert get(Application, case).state == A.ACCEPTED


def test_an_existing_account_gains_the_business_and_keeps_the_rest(cast):
    with open_session() as session:
        handler = session.scalar(select(Handler).where(Handler.user_id == cast.clerk.user_id))
        session.execute(delete(HandlerBusiness).where(HandlerBusiness.handler_id == handler.id))
        session.commit()
        old = session.get(Account, cast.clerk.user_id).password
        code = session.get(Unit, cast.hospital).credit_code
    same = people.personal("谭素芬", cast.clerk.id_number, cast.clerk.phone)
    registration = cast.registration(
        RegistrationState.PENDING_AGENCY, credit_code=code, username="yiyuan", **same
    )

    cast.bureau.does("registration", "approve", registration)

    with open_session() as session:
        account = session.get(Account, cast.clerk.user_id)
        businesses = session.get(Handler, handler.id).businesses
    assert (get(Registration, registration).unit_id, account.password) == (cast.hospital, old)
    assert {row.business for row in businesses} == set(Business)


def test_a_username_of_somebody_else_is_refused_at_approval(cast):
    taken = cast.registration(RegistrationState.PENDING_AGENCY, username="yiyuan")
    unowned = cast.registration(RegistrationState.PENDING_AGENCY, username="shenji")

    sentence = "用户名已由别人使用，请审核不通过并请单位更换用户名。"
    assert cast.bureau.tries("registration", "approve", taken, direct=True) == sentence
    assert cast.bureau.tries("registration", "approve", unowned, direct=True) == sentence


def test_a_superior_who_approves_becomes_the_superior(cast):
    from app.states import Reviewer

    registration = cast.registration(
        RegistrationState.PENDING_SUPERIOR, reviewer=Reviewer.SUPERIOR, requested_superior_id=cast.health
    )

    cast.superior.does("registration", "approve", registration)

    assert get(Unit, get(Registration, registration).unit_id).path.startswith(f"/{cast.health}/")
