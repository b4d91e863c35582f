"""Opening a personal account."""

import logging
from datetime import date

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from app import applications, identity
from app.db import open_session
from app.models import Account, Applicant, Unit
from app.process import Refused
from app.roles import roles_of
from tests.cast import Cast
from tests.test_register import Visitor

SECRET = "职称申报2026年秋天"
NUMBER = identity.make_id_number("430122", date(1992, 2, 29), 18)
PHONE = "13733334444"


@pytest.fixture
def visitor(app: Flask) -> Visitor:
    return Visitor(app)


def typed(**changes: object) -> dict[str, object]:
    values: dict[str, object] = {
        "name": "古丽·阿依",
        "id_number": NUMBER,
        "phone": PHONE,
        "password": SECRET,
        "again": SECRET,
        "service": "y",
        "privacy": "y",
    }
    values.update(changes)
    return {name: value for name, value in values.items() if value is not None}


def page(cast: Cast) -> str:
    return f"/signup/person?unit={cast.hospital}"


def people_count() -> int:
    with open_session() as session:
        return session.scalar(select(func.count()).select_from(Applicant))


@pytest.mark.parametrize("by", ["id_number", "phone"])
def test_a_person_signs_up_and_comes_in(visitor: Visitor, cast: Cast, by):
    assert visitor.post(page(cast), typed(name="古丽•阿依", phone="137-3333-4444")).location == "/login/"

    with open_session() as session:
        person = session.scalar(select(Applicant).order_by(Applicant.id.desc()).limit(1))
        account = session.get(Account, person.user_id)
        assert roles_of(session, account.id) == {"申报人"}
    assert (person.name, person.unit_id, person.agreed_version) == (
        "古丽·阿依",
        cast.hospital,
        "S2026-01 P2026-01",
    )
    assert account.username.startswith("p")
    assert NUMBER not in account.username
    answer = visitor.post("/login/", {"username": typed()[by].lower(), "password": SECRET})
    assert answer.status_code == 302
    home = visitor.get("/me/").text
    assert "古丽·阿依" in home
    assert NUMBER not in home
    assert PHONE not in home


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("name", "", "请填写。"),
        ("name", "A1", "姓名应为"),
        ("id_number", NUMBER[:-1], "应为18位"),
        ("id_number", "430102199002290013", "出生日期不存在"),
        ("phone", "123", "11位数字"),
        ("password", "short", "密码至少 10 个字符。"),
        ("password", PHONE, "太容易猜到"),
        ("again", "另一个密码呀另一个", "两次输入的密码不一样。"),
        ("service", None, "请阅读并同意。"),
        ("privacy", None, "请阅读并同意。"),
    ],
)
def test_what_is_wrong_is_said_and_the_rest_stays(visitor: Visitor, cast: Cast, field, value, sentence):
    before = people_count()

    answer = visitor.post(page(cast), typed(**{field: value}))

    assert answer.status_code == 422
    assert sentence in answer.text
    if field != "name":
        assert "古丽·阿依" in answer.text
    assert SECRET not in answer.text
    assert people_count() == before


@pytest.mark.parametrize("same", ["id_number", "phone", "both"])
def test_one_account_per_number_and_one_sentence(visitor: Visitor, cast: Cast, same):
    there = {"id_number": cast.doctor.id_number, "phone": cast.doctor.phone}
    before = people_count()

    answer = visitor.post(page(cast), typed(**(there if same == "both" else {same: there[same]})))

    assert answer.status_code == 422
    assert "不能用这些信息注册。可能已有账号" in answer.text
    assert cast.doctor.username not in answer.text
    assert people_count() == before


def test_a_race_for_a_number_has_one_winner(app: Flask, cast: Cast, monkeypatch):
    applications.open_account("张三丰", NUMBER, PHONE, SECRET, cast.hospital)
    monkeypatch.setattr(
        applications, "or_", lambda *_clauses: Applicant.id < 0
    )  # both looked before either wrote

    with pytest.raises(Refused, match="可能已有账号"):
        applications.open_account("张三丰", NUMBER, PHONE, SECRET, cast.hospital)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("宁乡市沩江", ["宁乡市沩江医院"]),
        ("沩江医院", []),
        ("宁", []),
        ("%%", []),
        ("", []),
        ("长沙市职称", []),
        ("宁乡市人力", []),
    ],
)
def test_units_are_found_by_the_beginning_of_their_name(visitor: Visitor, cast: Cast, asked, found):
    assert [unit.name for unit in applications.find_employers(asked)] == found
    assert visitor.get("/signup/", query_string={"q": asked}).status_code == 200


def test_a_unit_is_found_by_its_whole_code(cast: Cast):
    with open_session() as session:
        code = session.get(Unit, cast.hospital).credit_code

    assert [unit.id for unit in applications.find_employers(code.lower())] == [cast.hospital]
    assert applications.find_employers(code[:17]) == []


def test_only_active_employers_can_be_chosen(visitor: Visitor, cast: Cast):
    with open_session() as session:
        session.execute(update(Unit).where(Unit.id == cast.hospital).values(active=False))
        session.commit()

    for unit in (cast.hospital, cast.town, 999999, 2**40, "x", ""):
        assert visitor.get(f"/signup/person?unit={unit}").location == "/signup/"


def test_both_agreements_are_read(visitor: Visitor):
    text = visitor.get("/signup/agreements").text

    assert "用户服务协议" in text
    assert "隐私协议" in text


def test_numbers_stay_out_of_logs_and_addresses(visitor: Visitor, cast: Cast, caplog):
    caplog.set_level(logging.DEBUG)

    answer = visitor.post(page(cast), typed())

    assert NUMBER not in caplog.text
    assert PHONE not in caplog.text
    assert NUMBER not in answer.location
