"""The engine: one winner, one entry, a reason for what was left."""

from datetime import date

import pytest
from sqlalchemy import select, update

from app import clock
from app.access import SYSTEM
from app.db import open_session
from app.models import Application, Notice, Plan, Publicity, Routing
from app.process import Forbidden, Missing
from app.states import ApplicationState as A
from app.states import PublicityState
from app.workflow import APPLICATION, Refused, foresee, offers, perform
from tests.cast import entries, get
from tests.test_chain import SHEET


def test_a_step_writes_state_entry_routing_and_notice(cast):
    case = cast.case(cast.doctor)

    cast.doctor.does("application", "submit", case)

    row = get(Application, case)
    assert (row.state, row.holder_unit_id, row.version) == (A.PENDING_UNIT, cast.hospital, 2)
    assert entries("application", case) == [("submit", "draft", "pending_unit")]
    with open_session() as session:
        assert session.scalars(select(Routing.unit_id).where(Routing.case_id == case)).all() == [
            cast.hospital
        ]
        told = session.execute(select(Notice.user_id, Notice.params)).all()
    assert [(user, params["count"]) for user, params in told] == [(cast.clerk.user_id, 1)]


def test_a_batch_answers_row_by_row(cast):
    ready, not_yet = cast.case(cast.doctor, A.PENDING_UNIT), cast.case(cast.nurse, A.UNIT_PASSED)

    performed = perform(APPLICATION["unit_pass"], [ready, not_yet], cast.clerk.actor)

    assert [row.id for row in performed.done] == [ready]
    assert [(it.case.id, it.why) for it in performed.skipped] == [
        (not_yet, "现在是“初审通过待公示”，不能审核通过。")
    ]


def test_a_required_opinion_is_asked_for(cast):
    case = cast.case(cast.doctor, A.PENDING_UNIT)

    assert (
        cast.clerk.tries("application", "unit_reject", case, note="  ")
        == "请写明意见，申报人和下一级都会看到。"
    )
    assert entries("application", case) == []


def test_a_foreign_case_is_missing_even_in_a_batch(cast):
    own, foreign = cast.case(cast.doctor, A.PENDING_UNIT), cast.case(cast.far_doctor, A.PENDING_UNIT)

    with pytest.raises(Missing):
        perform(APPLICATION["unit_pass"], [own, foreign], cast.clerk.actor)

    assert get(Application, own).state == A.PENDING_UNIT


def test_a_step_of_another_role_is_forbidden(cast):
    case = cast.case(cast.doctor, A.PENDING_FORMAL)

    with pytest.raises(Forbidden):
        perform(APPLICATION["formal_pass"], [case], cast.clerk.actor)


def test_who_sees_a_case_may_still_have_to_wait_for_the_turn(cast):
    case = cast.case(cast.doctor, A.PENDING_SUPERIOR)

    assert (
        cast.bureau.tries("application", "formal_pass", case) == "现在是“待上级单位审核”，不能形式审查通过。"
    )
    assert cast.city_bureau.tries("application", "formal_pass", cast.case(cast.nurse, A.PENDING_FORMAL)) == (
        "现在没有轮到您办理这一件。"
    )


def test_nobody_acts_on_their_own_case(cast):
    case = cast.case(cast.doctor, A.PENDING_UNIT)
    with open_session() as session:
        session.get(Application, case).id_number_index = cast.clerk.actor.id_number_index
        session.commit()

    assert cast.clerk.tries("application", "unit_pass", case) == "这是您本人的，须由其他人办理。"


def test_the_slower_of_two_is_told_who_was_faster(cast):
    case = cast.case(cast.doctor, A.PENDING_UNIT)
    seen = {case: get(Application, case).version}
    cast.clerk.does("application", "unit_pass", case)

    performed = perform(APPLICATION["unit_reject"], [case], cast.clerk.actor, note="不符合", seen=seen)

    assert performed.done == []
    assert [(it.stale, it.why) for it in performed.skipped] == [
        (True, "谭素芬 已于 09-07 09:00 办理“审核通过”。")
    ]


def test_offers_name_what_is_possible_and_why_the_rest_is_not(cast):
    case = cast.case(cast.doctor, A.PENDING_FORMAL, plan_id=cast.strict_plan_id)

    _row, found = offers(APPLICATION, case, cast.bureau.actor)

    assert [(offer.step.name, offer.why_not) for offer in found] == [
        ("formal_pass", "没有通过线下形式审查的记录，网上不予通过。请先在“线下形式审查”登记。"),
        ("formal_return", ""),
        ("formal_reject", ""),
    ]


def test_foreseeing_does_nothing(cast):
    case = cast.case(cast.doctor, A.PENDING_UNIT)

    seen = foresee(APPLICATION["unit_pass"], [case], cast.clerk.actor)

    assert [row.id for row in seen.done] == [case]
    assert entries("application", case) == []


def test_acceptance_numbers_run_on_within_the_plan(cast):
    first, second = cast.case(cast.doctor, A.FORMAL_PASSED), cast.case(cast.nurse, A.FORMAL_PASSED)

    cast.office.does("application", "committee_accept", first, second)

    numbers = sorted([get(Application, first).accept_no, get(Application, second).accept_no])
    stem = f"2026{cast.committee_id:04d}01"
    assert numbers == [stem + "00001", stem + "00002"]
    assert get(Plan, cast.plan_id).numbered == 2


def test_more_than_two_thousand_at_once_are_refused(cast):
    with pytest.raises(Refused, match="一次最多办理 2000 件"):
        perform(APPLICATION["unit_pass"], range(1, 2002), cast.clerk.actor)


def test_withdrawing_before_the_unit_has_read_gives_the_draft_back(cast):
    early, late = cast.case(cast.doctor, A.PENDING_UNIT), cast.case(cast.nurse, A.UNIT_PASSED)

    cast.doctor.does("application", "withdraw", early)
    cast.nurse.does("application", "withdraw", late)

    assert (get(Application, early).state, get(Application, late).state) == (A.DRAFT, A.WITHDRAWN)


def test_a_returned_case_goes_back_to_the_stage_that_returned_it(cast):
    case = cast.case(cast.doctor, A.PENDING_SUPERIOR)

    cast.superior.does("application", "superior_return", case, note="缺聘任证明")
    returned = get(Application, case)
    cast.doctor.does("application", "submit", case)

    back = get(Application, case)
    assert (returned.state, returned.holder_unit_id, returned.resume_state) == (
        A.RETURNED,
        None,
        A.PENDING_SUPERIOR,
    )
    assert (back.state, back.holder_unit_id, back.resume_state) == (A.PENDING_SUPERIOR, cast.health, None)


def test_a_deadline_beyond_the_plans_is_refused(cast):
    case = cast.case(cast.doctor, A.PENDING_UNIT)
    late = clock.at(clock.today().replace(month=12), 9)

    assert cast.clerk.tries("application", "unit_return", case, deadline=late) == (
        "补正截止要晚于现在，且不晚于计划的退回补正截止 2026-10-16 17:00。"
    )


def test_a_cascade_that_finds_somebody_moved_undoes_everything(cast):
    case = cast.case(cast.doctor, A.UNIT_PASSED)
    cast.clerk.does("application", "start_publicity", case, **SHEET)
    with open_session() as session:
        sheet = session.scalar(select(Publicity.id))
        session.execute(update(Application).where(Application.id == case).values(state=A.UNIT_PASSED))
        session.commit()

    with clock.fixed(date(2026, 9, 14)):
        refusal = cast.clerk.tries("publicity", "save_result", sheet)

    assert refusal == "其中有人的申报刚刚变动，没有办理。请刷新后再试。"
    assert get(Publicity, sheet).state == PublicityState.ACTIVE


def test_a_foreign_case_offers_nothing(cast):
    with pytest.raises(Missing):
        offers(APPLICATION, cast.case(cast.far_doctor, A.PENDING_UNIT), cast.clerk.actor)


def test_a_change_outside_the_processes_is_named_too(cast):
    case = cast.case(cast.doctor, A.PENDING_UNIT)

    performed = perform(APPLICATION["unit_pass"], [case], cast.clerk.actor, seen={case: 99})

    assert [it.why for it in performed.skipped] == ["这一件刚刚有变动，请刷新后再办。"]


def test_a_step_is_found_by_name_or_not_at_all():
    assert APPLICATION.get("submit") is APPLICATION["submit"]
    assert APPLICATION.get("nonsense") is None


def test_time_takes_its_steps_without_a_person(cast):
    case = cast.case(cast.doctor, A.PENDING_UNIT)
    cast.clerk.does("application", "unit_return", case, note="缺页")

    performed = perform(APPLICATION["expire"], [case], SYSTEM)

    assert [row.state for row in performed.done] == [A.ABANDONED]
    with pytest.raises(Forbidden):
        perform(APPLICATION["expire"], [case], cast.clerk.actor)
