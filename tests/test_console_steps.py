"""The confirm page: nothing happens before it was shown, what was typed is kept, and who was slower is told."""

import re
from datetime import date

import pytest
from sqlalchemy import func, select

from app import clock
from app.db import open_session
from app.models import Application, Entry, Publicity, Registration, Unit
from app.states import ApplicationState as A
from app.states import RegistrationState as R
from app.states import Reporting
from app.workflow import PROCESSES
from tests.cast import PASSWORD, entries, get, token


def press(client, address: str, ids: list[int], **more: object):
    """Open the confirm page and press its button with what the page itself sends."""
    process, step = address.split("/")
    page = client.get(
        f"/do/{process}/{step}", query_string={"row": ids} | {k: v for k, v in more.items() if k == "queue"}
    )
    return client.post(f"/do/{process}/{step}", data=fields(page.text) | {"row": ids, "confirm": "1"} | more)


def fields(text: str) -> dict[str, list[str]]:
    """Hidden fields of a page and values of its inputs."""
    form = text[text.index('action="/do/') :]
    found: dict[str, list[str]] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and not re.search(r'type="(checkbox|radio|search)"', tag):
            found.setdefault(name[1], []).append(value[1] if value else "")
    return found


def test_the_page_shows_who_goes_who_is_skipped_and_why(cast):
    ready = cast.case(cast.doctor, A.PENDING_FORMAL, holder_unit_id=cast.town)
    strict = cast.case(cast.nurse, A.PENDING_FORMAL, plan_id=cast.strict_plan_id, holder_unit_id=cast.town)

    text = cast.bureau.client().get(f"/do/application/formal_pass?row={ready}&row={strict}").text

    assert "形式审查通过 1 人，跳过 1 人" in text
    assert "没有通过线下形式审查的记录" in text
    assert "形式审查通过 1 人</button>" in text
    assert get(Application, ready).state == A.PENDING_FORMAL


def test_a_press_does_it_and_opens_the_next_case_of_the_queue(cast):
    first, second = cast.case(cast.doctor, A.PENDING_UNIT), cast.case(cast.nurse, A.PENDING_UNIT)
    client = cast.clerk.client()

    answer = press(client, "application/unit_pass", [first], queue="unit_review")

    assert answer.location == f"/applications/show/{second}?queue=unit_review"
    assert get(Application, first).state == A.UNIT_PASSED
    assert "：已办理“审核通过”。" in client.get(answer.location).text


def test_a_batch_says_how_many_and_returns_to_the_queue(cast):
    ready = cast.case(cast.doctor, A.PENDING_FORMAL, holder_unit_id=cast.town, hop=2)
    strict = cast.case(
        cast.nurse, A.PENDING_FORMAL, plan_id=cast.strict_plan_id, holder_unit_id=cast.town, hop=2
    )
    client = cast.bureau.client()

    answer = press(client, "application/formal_pass", [ready, strict], queue="formal_review")

    assert answer.location == "/applications/list/?queue=formal_review"
    text = client.get(answer.location).text
    assert "形式审查通过 1 人，跳过 1 人。" in text
    assert re.search("肖慧玲 申报[^：]+：没有通过线下形式审查的记录", text)
    assert get(Application, strict).state == A.PENDING_FORMAL


def test_a_return_asks_for_an_opinion_and_keeps_the_deadline_that_was_typed(cast):
    case = cast.case(cast.doctor, A.PENDING_UNIT)
    client = cast.clerk.client()

    answer = press(client, "application/unit_return", [case], note=" ", deadline="2026-09-21T17:00")

    assert answer.status_code == 422
    assert "请写明意见" in answer.text
    assert 'value="2026-09-21T17:00"' in answer.text
    assert entries("application", case) == []


@pytest.mark.parametrize(
    ("deadline", "words"),
    [
        ("2026-09-01T17:00", "补正截止要晚于现在"),
        ("2027-01-01T00:00", "补正截止要晚于现在"),
        ("", "请填写补正截止时间。"),
        ("tomorrow", "时间应写成"),
    ],
)
def test_a_wrong_deadline_is_refused_with_a_sentence_and_the_opinion_kept(cast, deadline, words):
    case = cast.case(cast.doctor, A.PENDING_UNIT)

    answer = press(
        cast.clerk.client(), "application/unit_return", [case], note="聘任证明缺一页", deadline=deadline
    )

    assert answer.status_code == 422
    assert words in answer.text
    assert "聘任证明缺一页</textarea>" in answer.text
    assert get(Application, case).state == A.PENDING_UNIT


def test_a_return_with_a_deadline_sends_it_back(cast):
    case = cast.case(cast.doctor, A.PENDING_UNIT)

    answer = press(
        cast.clerk.client(), "application/unit_return", [case], note="缺一页", deadline="2026-09-21T17:00"
    )

    assert answer.status_code == 302
    assert get(Application, case).state == A.RETURNED
    assert get(Application, case).correction_deadline == clock.at(date(2026, 9, 21), 17)


def test_who_was_slower_is_told_and_keeps_the_opinion(cast):
    case = cast.case(cast.doctor, A.PENDING_UNIT)
    client = cast.clerk.client()
    seen = fields(client.get(f"/do/application/unit_reject?row={case}").text)
    cast.clerk.does("application", "unit_pass", case)

    answer = client.post(
        "/do/application/unit_reject", data=seen | {"confirm": "1", "note": "业绩不足，写了很久的意见"}
    )

    assert answer.status_code == 409
    assert "谭素芬 已于 09-07 09:00 办理“审核通过”" in answer.text
    assert "业绩不足，写了很久的意见</textarea>" in answer.text
    assert get(Application, case).state == A.UNIT_PASSED


@pytest.mark.parametrize(
    "step", ["application/nothing", "nothing/approve", "application/publicity_pass", "plan/close"]
)
def test_a_step_nobody_takes_by_hand_has_no_page(cast, step):
    assert cast.clerk.client().get(f"/do/{step}?row=1").status_code == 404


@pytest.mark.parametrize(
    "rows", ["row=x", "row=-1", "row=99999999999999999999", "row=1%00", "row=١", "row=2147483648"]
)
def test_odd_rows_are_answered_and_never_break(cast, rows):
    assert cast.clerk.client().get(f"/do/application/unit_pass?{rows}").status_code in (400, 404)


def test_without_rows_one_is_led_back_to_the_queue(cast):
    client = cast.clerk.client()

    answer = client.get("/do/application/unit_pass?queue=unit_review")

    assert answer.location == "/applications/list/?queue=unit_review"
    assert "请先勾选" in client.get(answer.location).text


@pytest.mark.parametrize("who", ["doctor", "bureau", "office", "auditor", "admin"])
def test_a_step_of_others_is_refused(cast, who):
    case = cast.case(cast.doctor, A.PENDING_UNIT)
    client = getattr(cast, who).client()

    assert client.get(f"/do/application/unit_pass?row={case}").status_code == 403
    assert (
        client.post(
            "/do/application/unit_pass",
            data={"row": case, "confirm": "1", "csrf_token": token(client, "/password/")},
        ).status_code
        == 403
    )
    assert get(Application, case).state == A.PENDING_UNIT


def test_without_a_token_nothing_happens(cast):
    case = cast.case(cast.doctor, A.PENDING_UNIT)

    answer = cast.clerk.client().post("/do/application/unit_pass", data={"row": case, "confirm": "1"})

    assert answer.status_code == 400
    assert "这个页面已经过期" in answer.text
    assert get(Application, case).state == A.PENDING_UNIT


def test_publicity_asks_who_answers_and_opens_one_for_all(cast):
    people = [cast.case(cast.doctor, A.UNIT_PASSED), cast.case(cast.nurse, A.UNIT_PASSED)]
    client = cast.clerk.client()

    wrong = press(
        client,
        "application/start_publicity",
        people,
        contact="谭素芬",
        telephone="123",
        starts_on="2026-09-01",
        days="4",
    )
    right = press(
        client,
        "application/start_publicity",
        people,
        contact="谭素芬",
        telephone="0731-88000031",
        starts_on="2026-09-08",
        days="5",
    )

    assert wrong.status_code == 422
    for words in ("联系电话应为", "公示开始日期不能早于今天", "公示不少于 5 个"):
        assert words in wrong.text
    assert right.status_code == 302
    with open_session() as session:
        assert session.scalars(select(Publicity.ends_on)).all() == [date(2026, 9, 14)]
    assert {get(Application, pk).state for pk in people} == {A.IN_PUBLICITY}


def test_the_bureau_names_the_superior_or_confirms_that_there_is_none(cast):
    case = cast.registration(R.PENDING_AGENCY)
    client = cast.bureau.client()

    page = client.get(f"/do/registration/approve?row={case}").text
    neither = press(client, "registration/approve", [case])
    both = press(client, "registration/approve", [case], superior_id=cast.health, direct="y")
    foreign = press(client, "registration/approve", [case], superior_id=cast.hospital)
    done = press(client, "registration/approve", [case], superior_id=cast.health)

    assert "宁乡市卫生健康局" in page
    assert "浏阳市卫生健康局" not in page
    assert "请选择主管单位，或者勾选" in neither.text
    assert "就不能再勾选直报" in both.text
    assert "现在不能审核" in foreign.text
    assert done.status_code == 302
    unit = get(Unit, get(Registration, case).unit_id)
    assert (unit.reporting, unit.path) == (Reporting.SUPERIOR, f"/{cast.health}/{unit.id}/")


def test_a_superior_of_another_region_is_found_by_name(cast):
    case = cast.registration(R.PENDING_AGENCY)
    client = cast.bureau.client()
    seen = fields(client.get(f"/do/registration/approve?row={case}").text)

    text = client.post("/do/registration/approve", data=seen | {"find": "浏阳", "search": "1"}).text

    assert "浏阳市卫生健康局" in text
    assert get(Registration, case).state == R.PENDING_AGENCY


def test_what_a_press_writes_is_one_entry(cast):
    case = cast.case(cast.doctor, A.PENDING_UNIT)
    client = cast.clerk.client()
    press(client, "application/unit_pass", [case], note="同意")

    again = press(client, "application/unit_pass", [case])

    assert again.status_code in (409, 422)
    with open_session() as session:
        assert session.scalar(select(func.count()).select_from(Entry)) == 1


def test_every_step_by_hand_has_a_page_for_its_post(cast):
    from app.forms import FORMS

    asked = {step.asks for process in PROCESSES.values() for step in process.steps}

    assert asked <= set(FORMS)


def test_a_new_password_ends_other_sessions_and_keeps_this_one(cast):
    here, elsewhere = cast.clerk.client(), cast.clerk.client()
    send = {"csrf_token": token(here, "/password/"), "old": PASSWORD}

    for new, words in (
        ("short", "10 至 128"),
        ("Zhiping-2026", "太容易"),
        ("1234567890", "太容易"),
        ("yiyuan-yiyuan", "太容易"),
    ):
        answer = here.post("/password/", data=send | {"new": new, "again": new})
        assert (answer.status_code, words in answer.text) == (422, True)
    assert (
        "不一致"
        in here.post(
            "/password/", data=send | {"new": "门前大桥下游过一群鸭子", "again": "门前大桥下游过一群鸡"}
        ).text
    )
    assert (
        "现在的密码不对"
        in here.post(
            "/password/",
            data=send | {"old": "x", "new": "门前大桥下游过一群鸭子", "again": "门前大桥下游过一群鸭子"},
        ).text
    )
    done = here.post(
        "/password/", data=send | {"new": "门前大桥下游过一群鸭子", "again": "门前大桥下游过一群鸭子"}
    )

    assert done.status_code == 302
    assert here.get("/").status_code == 200
    assert elsewhere.get("/").location == "/login/"


def test_the_demo_clock_moves_to_the_next_working_day(cast, monkeypatch):
    client = cast.clerk.client()
    moved = []
    monkeypatch.setattr("app.extension.Zhiping.move_clock", lambda _self, to: moved.append(to))

    answer = client.post("/demo/clock", data={"csrf_token": token(client, "/"), "next": "/units/list/"})

    assert answer.location == "/units/list/"
    assert moved == [clock.at(date(2026, 9, 8), 9)]


def test_the_clock_of_a_production_system_cannot_be_moved(app, cast, monkeypatch):
    client = cast.clerk.client()
    send = {"csrf_token": token(client, "/password/")}
    monkeypatch.setattr(app.extensions["zhiping"], "mode", "production")

    assert client.post("/demo/clock", data=send).status_code == 404
    assert "演示时间" not in client.get("/").text


def test_notices_are_read_once(cast):
    case = cast.case(cast.doctor, A.PENDING_UNIT)
    cast.clerk.does("application", "unit_return", case)
    client = cast.doctor.client()

    before = client.get("/notices/").text
    client.post("/notices/read", data={"csrf_token": token(client, "/notices/")})

    assert "所在单位退回了您的申报，请按意见补正。" in before
    assert "未读</span>" in before
    assert "未读</span>" not in client.get("/notices/").text
