"""线下形式审查: what the window registers; the ID number goes in and never comes out."""

import pytest
from sqlalchemy import func, select

from app import identity
from app.db import open_session
from app.models import OfflineCheck
from app.states import ApplicationState as A
from app.states import Verdict
from tests.cast import token
from tests.test_plans import Queries, post

NEW = "/offline/new"


def fields(cast, person=None, **changed):
    person = person or cast.doctor
    return {
        "plan_id": str(cast.strict_plan_id),
        "name": person.name,
        "id_number": person.id_number,
        "result": "pass",
        "note": "",
    } | changed


def records():
    with open_session() as session:
        return session.scalars(select(OfflineCheck).order_by(OfflineCheck.id)).all()


def test_the_window_registers_and_the_online_review_may_pass(cast):
    case = cast.case(cast.doctor, A.PENDING_FORMAL, plan_id=cast.strict_plan_id)
    before = cast.bureau.tries("application", "formal_pass", case)
    client = cast.bureau.client()

    answer = post(
        client, NEW, **fields(cast, id_number=f" {cast.doctor.id_number[:6]} {cast.doctor.id_number[6:]} ")
    )
    listed = client.get(answer.location).text

    (row,) = records()
    assert before.startswith("没有通过线下形式审查的记录")
    assert (row.result, row.unit_id, row.by_id) == (Verdict.PASS, cast.town, cast.bureau.user_id)
    assert row.id_number_mask in listed
    assert "周文涛" in listed
    assert cast.doctor.id_number not in listed
    assert cast.bureau.tries("application", "formal_pass", case) == ""


def test_the_next_person_can_follow_at_once(cast):
    answer = post(cast.bureau.client(), NEW, **fields(cast), again="1")

    assert answer.location == NEW


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"plan_id": ""}, "请选择评审计划。"),
        ({"plan_id": "99999"}, "请从列表中选择。"),
        ({"name": ""}, "请填写姓名。"),
        ({"name": "陈1"}, "姓名应为"),
        ({"id_number": ""}, "请填写身份证号码。"),
        ({"id_number": "430124198503010011"}, "校验位不符"),
        ({"result": ""}, "请选择结果。"),
        ({"result": "maybe"}, "请从列表中选择。"),
        ({"result": "fail"}, "不通过时请写明原因。"),
        ({"note": "长" * 501}, "不超过 500 个字。"),
    ],
)
def test_wrong_input_is_a_sentence_and_stays_as_typed(cast, changed, sentence):
    answer = post(cast.bureau.client(), NEW, **fields(cast, **changed))

    assert answer.status_code == 422
    assert sentence in answer.text
    assert "name" in changed or 'value="陈雅琴"' in answer.text
    assert records() == []


def test_one_record_per_plan_and_person(cast):
    client = cast.bureau.client()
    post(client, NEW, **fields(cast, result="fail", note="缺学历证书原件"))

    again = post(client, NEW, **fields(cast))
    elsewhere = post(cast.city_bureau.client(), NEW, **fields(cast))

    assert again.status_code == elsewhere.status_code == 422
    assert "不能重复登记。（2026-09-07 登记，不通过）" in again.text
    assert "不能重复登记。" in elsewhere.text
    assert "登记，不通过" not in elsewhere.text
    assert len(records()) == 1


def test_only_plans_that_ask_for_it_can_be_chosen(cast):
    client = cast.bureau.client()

    text = client.get(NEW).text

    assert f'value="{cast.strict_plan_id}"' in text
    assert f'<option value="{cast.plan_id}"' not in text
    assert post(client, NEW, **fields(cast, plan_id=str(cast.plan_id))).status_code == 422


def test_nobody_registers_themselves(cast):
    answer = post(cast.bureau.client(), NEW, **fields(cast, cast.bureau))

    assert answer.status_code == 422
    assert "这是您本人的，须由其他人办理。" in answer.text


def test_records_are_those_of_the_own_window(cast):
    post(cast.bureau.client(), NEW, **fields(cast))

    assert "陈雅琴" in cast.bureau.client().get("/offline/list/").text
    for who in ("far_bureau", "city_bureau"):
        assert "陈雅琴" not in getattr(cast, who).client().get("/offline/list/").text


@pytest.mark.parametrize("who", ["clerk", "superior", "office", "doctor", "admin", "auditor"])
def test_only_a_bureau_registers(app, cast, who):
    client = getattr(cast, who).client()

    assert client.get("/offline/list/").status_code == client.get(NEW).status_code == 403
    assert (
        client.post(NEW, data={"csrf_token": token(client, "/password/"), **fields(cast)}).status_code == 403
    )
    assert records() == []
    assert "/login/" in app.test_client().get(NEW).location


def test_the_search_takes_names_and_the_last_four_digits(cast):
    client = cast.bureau.client()
    post(client, NEW, **fields(cast))

    for words, there in (("陈雅", 1), (cast.doctor.id_number[-4:], 1), ("肖", 0)):
        text = client.get("/offline/list/", query_string={"q": words}).text
        assert text.count('class="lead-cell"') == there, words


def test_the_list_costs_the_same_for_one_and_for_three_and_reading_never_writes(cast):
    client = cast.bureau.client()
    post(client, NEW, **fields(cast))
    client.get("/offline/list/")
    with Queries() as one:
        client.get("/offline/list/")
    for person in (cast.nurse, cast.far_doctor):
        post(client, NEW, **fields(cast, person))
    with Queries() as three:
        assert client.get("/offline/list/").text.count('class="lead-cell"') == 3
    with Queries() as read:
        for page in ("/offline/list/", NEW):
            assert client.get(page).status_code == client.head(page).status_code == 200

    assert len(one.texts) == len(three.texts) <= 10, "\n\n".join(three.texts)
    assert [text for text in read.texts if not text.lstrip().upper().startswith(("SELECT", "PRAGMA"))] == []
    assert identity.id_number(cast.doctor.id_number)
    with open_session() as session:
        assert session.scalar(select(func.count(OfflineCheck.id))) == 3
