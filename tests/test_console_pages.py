"""Lists, case pages and the frame, as people of the cast see them."""

import re
from typing import Self

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event

from app.console.guarded import GuardedView
from app.db import db
from app.states import ApplicationState as A
from app.states import RegistrationState as R

LISTS = {
    "bureau": (
        "/registrations/",
        "/units/",
        "/handlers/",
        "/relations/",
        "/committees/",
        "/applications/",
        "/entries/",
    ),
    "clerk": ("/units/", "/handlers/", "/applicants/", "/relations/", "/applications/", "/entries/"),
    "superior": ("/registrations/", "/units/", "/handlers/", "/relations/", "/applications/", "/entries/"),
    "office": ("/units/", "/committees/", "/applications/", "/entries/"),
    "admin": ("/units/", "/handlers/", "/committees/"),
    "auditor": ("/audit/",),
}
PAGES = [(who, f"{page}list/") for who, pages in LISTS.items() for page in pages]
JUNK = (
    "?page=abc",
    "?page=-1",
    "?page=99999999999999999999",
    "?sort=password",
    "?sort=-",
    "?state=nowhere",
    "?queue=nobody",
    "?queue=mine",
    "?tab=%00x",
    "?tab=all",
    "?q=%25_%5C'%22",
    "?q=" + "长" * 300,
    "?_flt_0_id=1",
    "?_oc_UnitView=password",
    "?psize_UnitView=99999",
    "?endpoint=static",
    "?row=1&row=x",
)


class Queries:
    """Statements that reached the database."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def __enter__(self) -> Self:
        event.listen(db.engine, "before_cursor_execute", self._note)
        return self

    def __exit__(self, *_error: object) -> None:
        event.remove(db.engine, "before_cursor_execute", self._note)

    def _note(self, _connection, _cursor, text, *_more) -> None:
        self.texts.append(text)


def signed_in(cast, who: str) -> FlaskClient:
    return getattr(cast, who).client()


@pytest.mark.parametrize(("who", "page"), PAGES)
def test_a_list_opens_for_those_who_may_read_it(cast, who, page):
    client = signed_in(cast, who)

    answer = client.get(page)

    assert answer.status_code == 200
    assert len(answer.data) < 40 * 1024


def test_a_list_costs_the_same_for_one_row_and_for_three(cast):
    client = signed_in(cast, "clerk")
    cast.case(cast.doctor, A.PENDING_UNIT)
    address = "/applications/list/?queue=unit_review"
    client.get(address)

    with Queries() as one:
        assert client.get(address).text.count('name="row"') == 1
    cast.case(cast.nurse, A.PENDING_UNIT)
    cast.case(cast.nurse, A.PENDING_UNIT, year=2025)
    with Queries() as three:
        assert client.get(address).text.count('name="row"') == 3

    assert len(one.texts) == len(three.texts) <= 10, "\n\n".join(three.texts)


@pytest.mark.parametrize(
    "page",
    ["/", "/applications/list/", "/registrations/list/", "/units/list/", "/handlers/list/", "/entries/list/"],
)
def test_no_page_takes_more_than_ten_statements(cast, page):
    client = signed_in(cast, "bureau")
    for person in (cast.doctor, cast.nurse):
        cast.case(person, A.PENDING_FORMAL)
    cast.registration(R.PENDING_AGENCY)
    client.get(page)

    with Queries() as used:
        assert client.get(page).status_code == 200

    assert len(used.texts) <= (12 if page == "/" else 10), "\n\n".join(used.texts)


@pytest.mark.parametrize(
    "page", ["/applications/list/", "/units/list/", "/registrations/list/", "/notices/", "/"]
)
@pytest.mark.parametrize("junk", JUNK)
def test_odd_query_strings_are_answered_and_never_break(cast, page, junk):
    answer = signed_in(cast, "bureau").get(page + junk)

    assert answer.status_code in (200, 400)


def test_rows_of_others_are_not_there(cast):
    case = cast.case(cast.doctor, A.PENDING_UNIT)
    registration = cast.registration(R.PENDING_AGENCY)
    outsider, far_bureau = signed_in(cast, "far_clerk"), signed_in(cast, "far_bureau")

    assert outsider.get(f"/applications/show/{case}").status_code == 404
    assert outsider.get(f"/do/application/unit_pass?row={case}").status_code == 404
    assert far_bureau.get(f"/registrations/show/{registration}").status_code == 404
    assert far_bureau.get(f"/do/registration/approve?row={registration}").status_code == 404
    assert outsider.get(f"/units/show/{cast.hospital}").status_code == 404
    assert "陈雅琴</a>" not in outsider.get("/applications/list/?q=陈雅琴").text


@pytest.mark.parametrize("pk", ["0", "99999999", str(2**31), str(2**80), "abc", "-1"])
def test_a_row_that_cannot_be_is_not_there(cast, pk):
    client = signed_in(cast, "bureau")

    assert client.get(f"/applications/show/{pk}").status_code == 404
    assert client.get(f"/units/show/{pk}").status_code == 404
    assert client.get(f"/do/application/formal_pass?row={pk}").status_code == 404


def test_a_case_page_answers_where_since_when_and_whose_turn(cast):
    case = cast.case(cast.doctor, A.PENDING_UNIT)
    client = signed_in(cast, "clerk")

    text = client.get(f"/applications/show/{case}?queue=unit_review").text

    assert "宁乡市沩江医院" in text
    assert "轮到您" in text
    assert "2026-09-07 09:00" in text
    assert f"/do/application/unit_pass?row={case}&amp;queue=unit_review" in text
    assert "第 1 件，共 1 件" in text


def test_what_cannot_be_done_stands_there_with_its_reason(cast):
    case = cast.case(cast.doctor, A.PENDING_FORMAL, plan_id=cast.strict_plan_id, holder_unit_id=cast.town)

    text = signed_in(cast, "bureau").get(f"/applications/show/{case}").text

    assert "现在不能：形式审查通过。" in text
    assert "没有通过线下形式审查的记录" in text


def test_queues_of_the_menu_lead_to_as_many_rows_as_they_say(cast):
    for person in (cast.doctor, cast.nurse):
        cast.case(person, A.PENDING_UNIT)
    client = signed_in(cast, "clerk")

    text = client.get("/").text
    count = int(re.search(r'queue=unit_review"[^>]*>所在单位初审<span class="badge[^"]*">(\d+)', text)[1])

    assert count == client.get("/applications/list/?queue=unit_review").text.count('name="row"') == 2


def test_the_search_finds_names_units_and_the_last_four_digits(cast):
    cast.case(cast.doctor, A.PENDING_UNIT)
    cast.case(cast.nurse, A.PENDING_UNIT)
    client = signed_in(cast, "clerk")

    for text in ("陈雅", cast.doctor.id_number[-4:]):
        found = client.get("/applications/list/", query_string={"q": text}).text
        assert "陈雅琴</a>" in found
        assert "肖慧玲</a>" not in found


def test_a_whole_number_is_not_searched_for_and_not_sent(cast):
    cast.case(cast.doctor, A.PENDING_UNIT)
    client = signed_in(cast, "clerk")

    found = client.get("/applications/list/", query_string={"q": cast.doctor.id_number}).text

    assert "陈雅琴</a>" not in found
    assert found.count('pattern="(?!.*[0-9]{17}[0-9Xx])(?!1[3-9][0-9]{9}$).*"') == 2


def test_reading_never_writes(cast):
    case = cast.case(cast.doctor, A.PENDING_UNIT)
    client = signed_in(cast, "clerk")
    pages = (
        "/",
        "/applications/list/",
        f"/applications/show/{case}",
        f"/do/application/unit_pass?row={case}",
        "/notices/",
        "/password/",
    )

    with Queries() as used:
        for page in pages:
            assert client.get(page).status_code == 200
            assert client.head(page).status_code == 200

    assert [text for text in used.texts if not text.lstrip().upper().startswith(("SELECT", "PRAGMA"))] == []
    assert client.get("/demo/clock").status_code == 405
    assert client.get("/logout/").status_code == 405
    assert client.get("/notices/read").status_code == 405


def test_pages_carry_a_strict_policy_and_no_inline_script_or_style(cast):
    case = cast.case(cast.doctor, A.PENDING_UNIT)
    client = signed_in(cast, "clerk")

    for page in (
        "/",
        "/applications/list/?queue=unit_review",
        f"/applications/show/{case}",
        f"/do/application/unit_pass?row={case}",
        "/password/",
        "/nowhere",
    ):
        answer = client.get(page)
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert "style=" not in answer.text
        assert "<style" not in answer.text
        assert not re.search(r"<script(?![^>]*\bsrc=)", answer.text)
        assert not re.search(r"\son[a-z]+=", answer.text)
        assert not re.search(r"(?:src|href|action)=\"(?:https?:)?//", answer.text)
        assert '<html lang="zh-Hans"' in answer.text


def test_every_view_names_what_can_be_searched(app):
    views = [view for view in app.appbuilder.baseviews if isinstance(view, GuardedView)]

    assert len(views) >= 8
    for view in views:
        assert type(view).search_columns, view
        assert "download" not in view.include_route_methods
        assert "delete" not in view.include_route_methods


def test_nobody_downloads_by_file_name(cast):
    client = signed_in(cast, "bureau")

    assert client.get("/applications/download/x").status_code == 404
    assert client.get("/units/action/delete/1").status_code == 404
    assert client.post("/units/delete/1").status_code in (400, 404)


def test_large_text_and_theme_come_from_cookies_of_known_value(cast):
    client = signed_in(cast, "clerk")
    client.set_cookie("zp_text", "large")
    client.set_cookie("zp_theme", '"><script>')

    text = client.get("/").text

    assert '<html lang="zh-Hans" data-text="large">' in text


def test_the_session_keeps_no_addresses(cast):
    client = signed_in(cast, "clerk")
    for number in range(8):
        client.get(f"/applications/list/?q={number}{'长' * 40}")

    with client.session_transaction() as session:
        assert "page_history" not in session


def test_an_applicant_is_led_to_their_own_page_and_a_stranger_to_the_sign_in(app, cast):
    assert signed_in(cast, "doctor").get("/").location == "/me/"
    assert app.test_client().get("/").location == "/login/"
    assert "/login/" in app.test_client().get("/applications/list/").location
    assert "/login/" in app.test_client().get("/do/application/unit_pass?row=1").location
    assert app.test_client().get("/login/").status_code == 200


@pytest.mark.parametrize(
    ("who", "page"),
    [
        ("clerk", "/registrations/list/"),
        ("doctor", "/applications/list/"),
        ("clerk", "/audit/list/"),
        ("office", "/handlers/list/"),
    ],
)
def test_a_page_of_others_is_refused(cast, who, page):
    answer = signed_in(cast, who).get(page)

    assert answer.status_code == 403
    assert "您的账号不能办这件事" in answer.text
