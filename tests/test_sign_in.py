"""Coming in, staying in, and being put out."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from app import accounts, clock
from app.db import open_session
from app.models import Account
from app.states import RegistrationState
from tests.cast import PASSWORD, get, token


def sign_in(app, username, password=PASSWORD, where="/login/"):
    client = app.test_client()
    answer = client.post(
        where, data={"username": username, "password": password, "csrf_token": token(client, "/login/")}
    )
    return client, answer


def inside(client):
    """Whether a page of people opens."""
    return client.get("/").status_code == 200 or "/me/" in client.get("/").headers.get("Location", "")


def test_a_handler_comes_in(app, cast):
    client, answer = sign_in(app, "YiYuan")

    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    assert inside(client)


@pytest.mark.parametrize("typed", ["id_number", "phone", "username"])
def test_an_applicant_comes_in_by_number(app, cast, typed):
    client, answer = sign_in(app, getattr(cast.doctor, typed))

    assert answer.status_code == 302
    assert inside(client)


def test_known_and_unknown_get_one_sentence(app, cast):
    _client, known = sign_in(app, "yiyuan", "wrong")
    _client, unknown = sign_in(app, "nobody", "wrong")

    sentence = "用户名或密码不对，或者账号已停用、被锁定。"
    assert sentence in known.text
    assert sentence in unknown.text


def test_five_wrong_passwords_lock_for_a_quarter_of_an_hour(app, cast):
    for _try in range(5):
        sign_in(app, "yiyuan", "wrong")

    _client, locked = sign_in(app, "yiyuan")
    with clock.fixed(clock.now() + timedelta(minutes=16)):
        _client, later = sign_in(app, "yiyuan")

    assert (locked.status_code, later.status_code) == (200, 302)


def test_signing_out_ends_this_session_and_no_other(app, cast):
    first, second = cast.clerk.client(), cast.clerk.client()
    kept = first.get_cookie("zhiping").value

    first.post("/logout/", data={"csrf_token": token(first, "/password/")})
    first.set_cookie("zhiping", kept)

    assert not inside(first)
    assert inside(second)


def test_a_cookie_from_before_the_change_of_password_is_worthless(app, cast):
    client = cast.clerk.client()
    with open_session() as session:
        session.get(Account, cast.clerk.user_id).password = accounts.hashed("another-password")
        session.commit()

    assert not inside(client)


def test_a_disabled_account_is_out_at_once(app, cast):
    client = cast.clerk.client()
    with open_session() as session:
        session.get(Account, cast.clerk.user_id).active = False
        session.commit()

    assert not inside(client)


def test_the_right_password_of_a_pending_registration_is_told_so(app, cast):
    registration = get_registration(cast)

    _client, right = sign_in(app, registration.username)
    _client, wrong = sign_in(app, registration.username, "wrong")

    assert "账号审核中" in right.text
    assert "账号审核中" not in wrong.text


def get_registration(cast):
    from app.models import Registration

    return get(Registration, cast.registration(RegistrationState.PENDING_AGENCY))


def test_signing_in_does_not_lead_to_another_host(app, cast):
    _client, answer = sign_in(app, "yiyuan", where="/login/?next=https://evil.example/x")

    assert answer.headers["Location"] == "/"


def test_a_handed_over_password_must_be_changed_first(app, cast):
    with open_session() as session:
        session.get(Account, cast.clerk.user_id).must_change_password = True
        session.commit()
    client, _answer = sign_in(app, "yiyuan")

    assert client.get("/").headers["Location"] == "/password/"
    assert client.get("/password/").status_code == 200


def test_a_username_is_taken_whatever_its_case(cast):
    with open_session() as session:
        assert accounts.taken(session, "YIYUAN")
        assert not accounts.taken(session, "yiyuan2")


def test_a_get_does_not_sign_out(app, cast):
    client = cast.clerk.client()

    assert client.get("/logout/").status_code == 405
    assert inside(client)


def test_no_number_reaches_the_log(app, cast, caplog):
    sign_in(app, cast.doctor.id_number, "wrong")
    sign_in(app, "430124198503019999", "wrong")

    assert cast.doctor.id_number not in caplog.text
    assert "430124198503019999" not in caplog.text
    with open_session() as session:
        assert session.scalar(select(Account.fail_login_count).where(Account.id == cast.doctor.user_id)) == 1
