"""评审会议: arranged by the office of the plan, tallied person by person, filed by the bureau."""

import re
from datetime import date

import pytest
from sqlalchemy import func, select, update

from app import clock
from app.db import open_session
from app.models import Application, Meeting, Outcome, Plan
from app.states import ApplicationState as A
from app.states import HostRole, Verdict, Way
from app.states import MeetingState as M
from app.states import PlanState as P
from tests.cast import entries, get, token
from tests.test_plans import Queries, post

FIELDS = {
    "name": "2026 年度第 1 次评审会议",
    "held_at": "2026-10-20T09:00",
    "place": "长沙市政务中心 3 楼",
    "host": "罗正明",
    "host_role": "deputy",
    "members": "15",
    "recorder": "汤丽",
}
LATER = date(2026, 9, 21)


def new(cast):
    return f"/meetings/new?plan={cast.plan_id}"


def arrange(cast, *cases, **changed):
    """A meeting with these people, made through the page; gives its id."""
    answer = post(cast.office.client(), new(cast), row=list(cases), **(FIELDS | changed))
    assert answer.status_code == 302, answer.text
    return int(re.search(r"/meetings/show/(\d+)", answer.location)[1])


def count(model):
    with open_session() as session:
        return session.scalar(select(func.count()).select_from(model))


def outcomes(meeting):
    """Ids of the outcomes by the name of the person."""
    with open_session() as session:
        rows = session.execute(
            select(Application.applicant_name, Outcome.id)
            .join(Outcome, Outcome.application_id == Application.id)
            .where(Outcome.meeting_id == meeting)
        )
        return dict(rows.all())


def votes(outcome, recused=0, yes=0, no=0, abstain=0):
    figures = {"recused": recused, "yes": yes, "no": no, "abstain": abstain}
    return {f"{name}-{outcome}": str(value) for name, value in figures.items()}


def in_session(cast, *people, present=13):
    cases = [cast.case(person, A.ACCEPTED) for person in people]
    meeting = arrange(cast, *cases)
    cast.office.does("meeting", "open", meeting, present=present)
    return meeting, cases


def test_the_office_arranges_a_meeting_with_those_who_wait(cast):
    doctor, nurse = (cast.case(person, A.ACCEPTED) for person in (cast.doctor, cast.nurse))
    recognised = cast.case(cast.far_doctor, A.ACCEPTED, way=Way.RECOGNITION)
    client = cast.office.client()

    choose = client.get("/meetings/new").text
    page = client.get(new(cast)).text
    made = arrange(cast, doctor)

    row = get(Meeting, made)
    assert "2 人待评审" in choose
    assert re.findall(r'name="row" value="(\d+)"', page) == [str(doctor), str(nurse)]
    assert str(recognised) not in re.findall(r'name="row" value="(\d+)"', page)
    assert (row.plan_id, row.members, row.host_role, row.state) == (
        cast.plan_id,
        15,
        HostRole.DEPUTY,
        M.DRAFT,
    )
    assert row.held_at == clock.at(date(2026, 10, 20), 9)
    assert list(outcomes(made)) == ["陈雅琴"]
    assert entries("meeting", made) == [("arrange", "", "draft")]
    assert get(Application, doctor).state == A.ACCEPTED
    text = client.get(f"/meetings/show/{made}").text
    assert "安排会议" in text
    assert "至少 10 人（三分之二）" in text
    assert "现在不能：开始会议。" in text


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"name": ""}, "请填写会议名称。"),
        ({"held_at": "下周"}, "时间应写成 2026-09-07 17:00 这样。"),
        ({"held_at": "1990-01-01T00:00"}, "请填写 2001 至 2099 年之间的时间。"),
        ({"held_at": "2026-09-18T16:59"}, "受理 2026-09-18 17:00 截止，此后才能开会评审。"),
        ({"place": " "}, "请填写会议地点。"),
        ({"host": ""}, "请填写主持人。"),
        ({"host_role": "guest"}, "主持人须是主任委员或副主任委员。"),
        ({"host_role": ""}, "请选择主持人职务。"),
        ({"members": "14"}, "组成人数须为 1 至 999 之间的单数。"),
        ({"members": "十五"}, "请填写整数。"),
        ({"recorder": "长" * 51}, "不超过 50 个字。"),
        ({"row": []}, "请至少勾选一人。"),
        ({"row": ["99999"]}, "勾选的人中有 1 人现在不能安排，请核对后再保存。"),
    ],
)
def test_wrong_input_is_a_sentence_and_stays_as_typed(cast, changed, sentence):
    case = cast.case(cast.doctor, A.ACCEPTED)
    typed = FIELDS | {"row": [case], "place": "留着这个地点"} | changed

    answer = post(cast.office.client(), new(cast), **typed)

    assert answer.status_code == 422
    assert sentence in answer.text
    assert "place" in changed or "留着这个地点" in answer.text
    assert count(Meeting) == 0


def test_nobody_sits_in_two_open_meetings(cast):
    case, recognised = (
        cast.case(cast.doctor, A.ACCEPTED),
        cast.case(cast.nurse, A.ACCEPTED, way=Way.RECOGNITION),
    )
    first = arrange(cast, case)
    client = cast.office.client()

    for pk in (case, recognised):
        again = post(client, "/meetings/new?plan=" + str(cast.plan_id), row=[pk], **FIELDS)
        assert again.status_code == 422
        assert "现在不能安排" in again.text
    assert "这个计划没有待评审的人" in client.get(new(cast)).text

    cast.office.does("meeting", "void", first, note="另行召开")
    assert arrange(cast, case) != first


def test_a_meeting_is_of_a_plan_of_the_own_office_that_is_carried_out(cast):
    case = cast.case(cast.doctor, A.ACCEPTED)
    far, own = cast.far_office.client(), cast.office.client()

    assert far.get(new(cast)).status_code == 404
    csrf = token(far, "/password/")
    refused = far.post(new(cast), data={"csrf_token": csrf, "row": case, **FIELDS})
    assert refused.status_code == 404
    assert own.get("/meetings/new?plan=99999").status_code == 404
    assert own.get("/meetings/new?plan=x").status_code == 200
    with open_session() as session:
        session.execute(update(Plan).where(Plan.id == cast.plan_id).values(state=P.COMPLETED))
        session.commit()
    assert own.get(new(cast)).status_code == 404
    assert count(Meeting) == 0


@pytest.mark.parametrize("who", ["city_bureau", "clerk", "superior", "doctor", "admin"])
def test_only_the_office_arranges_meetings(cast, who):
    client = getattr(cast, who).client()

    assert client.get("/meetings/new").status_code == 403
    assert client.post(new(cast), data={"csrf_token": token(client, "/password/")}).status_code == 403


def test_a_meeting_is_seen_by_its_office_and_the_bureau_of_the_committee(app, cast):
    made = arrange(cast, cast.case(cast.doctor, A.ACCEPTED))

    assert cast.office.client().get(f"/meetings/show/{made}").status_code == 200
    assert cast.city_bureau.client().get(f"/meetings/show/{made}").status_code == 200
    for who in ("far_office", "bureau", "far_bureau"):
        client = getattr(cast, who).client()
        assert client.get(f"/meetings/show/{made}").status_code == 404, who
        assert client.get(f"/meetings/{made}/tallies").status_code == 404, who
    assert cast.city_bureau.client().get(f"/meetings/{made}/tallies").status_code == 403
    assert cast.clerk.client().get(f"/meetings/show/{made}").status_code == 403
    assert "/login/" in app.test_client().get(f"/meetings/{made}/tallies").location


def test_tallies_are_typed_and_the_result_is_computed(cast):
    with clock.fixed(LATER):
        meeting, cases = in_session(cast, cast.doctor, cast.nurse)
        ids, page = outcomes(meeting), f"/meetings/{meeting}/tallies"
        client = cast.office.client()
        step = client.get(f"/meetings/show/{meeting}").text
        typed = {**votes(ids["陈雅琴"], 1, 8, 3, 1), **votes(ids["肖慧玲"], 0, 8, 4, 1)}

        checked = post(client, page, **typed, check="1")
        before = get(Outcome, ids["陈雅琴"]).yes
        saved = post(client, page, **typed, confirm="1", seen="2")
        shown = client.get(f"/meetings/show/{meeting}").text

    assert f'href="{page}"' in step
    assert checked.status_code == 200
    assert "评审通过" in checked.text
    assert "评审未通过" in checked.text
    assert "差 1 票" in checked.text
    assert before is None
    assert saved.location == f"/meetings/show/{meeting}"
    assert get(Meeting, meeting).state == M.VOTED
    passed, failed = get(Outcome, ids["陈雅琴"]), get(Outcome, ids["肖慧玲"])
    assert (passed.present, passed.result) == (12, Verdict.PASS)
    assert (failed.present, failed.result) == (13, Verdict.FAIL)
    assert 'aria-label="同意 8，反对 3，弃权 1，需要 8"' in shown
    assert "1 人回避" in shown
    assert [get(Application, case).state for case in cases] == [A.IN_REVIEW, A.IN_REVIEW]


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"yes": "9"}, "同意、反对、弃权合计14票，与出席人数13不符。"),
        ({"yes": ""}, "请填写同意、反对、弃权票数，都是整数。"),
        ({"yes": "八"}, "请填写同意、反对、弃权票数，都是整数。"),
        ({"yes": "-8"}, "请填写同意、反对、弃权票数，都是整数。"),
        ({"recused": "13"}, "出席人数不能为零。"),
        ({"recused": "99"}, "出席人数不能为负数。"),
        ({"yes": "9" * 5000}, "请填写同意、反对、弃权票数，都是整数。"),
        ({"yes": "0" * 5000}, "请填写同意、反对、弃权票数，都是整数。"),
    ],
)
def test_one_wrong_row_keeps_all_that_was_typed_and_saves_nothing(cast, wrong, sentence):
    with clock.fixed(LATER):
        meeting, _cases = in_session(cast, cast.doctor, cast.nurse)
        ids, client = outcomes(meeting), cast.office.client()
        good = votes(ids["陈雅琴"], 2, 7, 3, 1)
        bad = votes(ids["肖慧玲"], 0, 8, 4, 1)
        bad |= {f"{name}-{ids['肖慧玲']}": value for name, value in wrong.items()}

        answer = post(client, f"/meetings/{meeting}/tallies", **good, **bad, confirm="1")

    assert answer.status_code == 422
    assert sentence in answer.text
    assert "有人的票数不对，没有保存。" in answer.text
    for name, value in {**good, **bad}.items():
        assert re.search(rf'name="{name}" value="{value[:40]}', answer.text), name
    assert get(Meeting, meeting).state == M.IN_SESSION
    assert get(Outcome, ids["陈雅琴"]).yes is None


def test_tallies_at_the_wrong_time_are_not_taken(cast):
    with clock.fixed(LATER):
        case = cast.case(cast.doctor, A.ACCEPTED)
        meeting = arrange(cast, case)
        outcome, client = outcomes(meeting)["陈雅琴"], cast.office.client()
        page = f"/meetings/{meeting}/tallies"
        early = client.get(page)
        csrf = token(client, "/password/")
        refused = client.post(page, data={"csrf_token": csrf, "confirm": "1", **votes(outcome, 0, 9, 3, 1)})

        cast.office.does("meeting", "open", meeting, present=13)
        cast.office.does("meeting", "record_votes", meeting, votes={outcome: (0, 9, 3, 1)})
        cast.office.does("meeting", "correct", meeting, note="计票有误")
        stale = post(client, page, **votes(outcome, 0, 8, 4, 1), confirm="1", seen="2")

    assert early.location == f"/meetings/show/{meeting}"
    assert refused.status_code == 409
    assert "会议现在是“草稿”，没有保存。您填的票数还在下面。" in refused.text
    assert f'name="yes-{outcome}" value="9"' in refused.text
    assert stale.status_code == 409
    assert "没有保存。贺敏 已于" in stale.text
    assert f'name="yes-{outcome}" value="8"' in stale.text
    assert get(Outcome, outcome).yes is None


def test_the_bureau_files_the_result_from_its_queue(cast):
    with clock.fixed(LATER):
        meeting, _cases = in_session(cast, cast.doctor)
        outcome = outcomes(meeting)["陈雅琴"]
        cast.office.does("meeting", "record_votes", meeting, votes={outcome: (0, 1, 11, 1)})
        cast.office.does("meeting", "announce", meeting, announcer="罗正明")
        cast.office.does("meeting", "report", meeting)
        client = cast.city_bureau.client()
        queue = client.get("/meetings/list/?queue=result_filing").text
        page = client.get(f"/meetings/show/{meeting}?queue=result_filing").text

    assert f"/meetings/show/{meeting}?queue=result_filing" in queue
    assert "评审未通过" in page
    assert f"/do/meeting/file?row={meeting}&amp;queue=result_filing" in page


def test_the_list_costs_the_same_for_one_and_for_three_and_reading_never_writes(cast):
    with clock.fixed(LATER):
        meeting, _cases = in_session(cast, cast.doctor)
        client = cast.office.client()
        client.get("/meetings/list/")
        with Queries() as one:
            client.get("/meetings/list/")
        for person, year in ((cast.nurse, 2026), (cast.nurse, 2025)):
            arrange(cast, cast.case(person, A.ACCEPTED, year=year))
        with Queries() as three:
            assert client.get("/meetings/list/").text.count('class="lead-cell"') == 3
        pages = (
            "/meetings/list/",
            "/meetings/new",
            new(cast),
            f"/meetings/show/{meeting}",
            f"/meetings/{meeting}/tallies",
        )
        with Queries() as read:
            for page in pages:
                assert client.get(page).status_code == client.head(page).status_code == 200, page

    assert len(one.texts) == len(three.texts) <= 10, "\n\n".join(three.texts)
    assert [text for text in read.texts if not text.lstrip().upper().startswith(("SELECT", "PRAGMA"))] == []
