"""Sessions as rows: when they end, and who sees and ends them (issue 3 part 2; security T17, R10)."""

from datetime import timedelta

import pytest
from sqlalchemy import event, select

from app import accounts, clock, sessions
from app.db import db, open_session
from app.models import Account, SignIn
from tests.cast import PASSWORD, get, token

NEW = "门前大桥下游过一群鸭子"


def inside(client):
    """Whether a page of people opens."""
    return client.get("/notices/").status_code == 200


def rows(person):
    with open_session() as session:
        return session.scalars(
            select(SignIn).where(SignIn.user_id == person.user_id).order_by(SignIn.id)
        ).all()


def later(**delta):
    return clock.fixed(clock.now() + timedelta(**delta))


def set_on(person, **values):
    with open_session() as session:
        account = session.get(Account, person.user_id)
        for name, value in values.items():
            setattr(account, name, value)
        session.commit()


def test_the_cookie_holds_a_token_and_the_table_its_hash(app, cast):
    client = cast.clerk.client()

    with client.session_transaction() as cookie:
        kept = cookie["_user_id"]
    [row] = rows(cast.clerk)
    assert (row.token_hash, len(kept) > 40) == (sessions.hashed(kept), True)
    assert row.expires_at - row.created_at == timedelta(hours=8)


def test_signing_in_makes_a_new_session_and_empties_the_old_cookie(app, cast):
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie["registration"], cookie["locale"] = 7, "en"
        cookie["_user_id"] = "chosen-by-somebody-else"
    before = token(client, "/login/")

    client.post("/login/", data={"username": "yiyuan", "password": PASSWORD, "csrf_token": before})

    with client.session_transaction() as cookie:
        assert cookie["_user_id"] != "chosen-by-somebody-else"
        assert ("registration" in cookie, cookie["locale"]) == (False, "en")
    assert token(client, "/password/") != before


@pytest.mark.parametrize(("minutes", "holds"), [(29, True), (30, False), (31, False)])
def test_half_an_hour_without_use_ends_it(app, cast, minutes, holds):
    client = cast.clerk.client()

    with later(minutes=minutes):
        assert inside(client) is holds


def test_use_keeps_it_until_the_working_day_is_over(app, cast):
    client = cast.clerk.client()
    for minutes in range(20, 480, 20):
        with later(minutes=minutes):
            assert inside(client)

    with later(hours=8):
        assert not inside(client)


def test_reading_pages_writes_at_most_once_a_minute(app, cast):
    client = cast.clerk.client()
    written = []
    event.listen(
        db.engine,
        "before_cursor_execute",
        lambda _c, _k, statement, *_more: written.append(statement) if "UPDATE" in statement else None,
    )

    for seconds in (1, 30, 59, 61, 62, 119):
        with later(seconds=seconds):
            client.get("/notices/")

    assert len(written) == 1
    assert "sign_in" in written[0]


def test_a_request_reads_its_person_in_one_statement(app, cast):
    with app.test_request_context(), open_session() as session:
        value = sessions.begin(session, session.get(Account, cast.clerk.user_id), "", "")
        session.commit()
    read = []
    event.listen(db.engine, "before_cursor_execute", lambda _c, _k, statement, *_more: read.append(statement))

    account = sessions.account_of(value)

    assert (account.username, len(read)) == ("yiyuan", 1)


def test_a_new_password_ends_all_others_and_this_one_gets_a_new_token(app, cast):
    here, elsewhere = cast.clerk.client(), cast.clerk.client()
    old = here.get_cookie("zhiping").value

    here.post(
        "/password/",
        data={"old": PASSWORD, "new": NEW, "again": NEW, "csrf_token": token(here, "/password/")},
    )

    assert (inside(here), inside(elsewhere)) == (True, False)
    here.set_cookie("zhiping", old)
    assert not inside(here)


def test_a_password_set_by_others_ends_every_session(app, cast):
    client = cast.clerk.client()
    set_on(cast.clerk, password=accounts.hashed("another-password"))

    assert not inside(client)


def test_disabling_the_account_puts_out_at_once_and_for_good(app, cast):
    client = cast.clerk.client()
    set_on(cast.clerk, active=False)
    assert not inside(client)

    set_on(cast.clerk, active=True)
    with open_session() as session:
        sessions.end(session, cast.clerk.user_id)
        session.commit()

    assert not inside(client)


def test_a_role_taken_away_counts_at_the_next_request(app, cast):
    from flask_appbuilder.security.sqla.models import assoc_user_role
    from sqlalchemy import delete

    client = cast.clerk.client()
    assert client.get("/units/list/").status_code == 200
    with open_session() as session:
        session.execute(delete(assoc_user_role).where(assoc_user_role.c.user_id == cast.clerk.user_id))
        session.commit()

    assert client.get("/units/list/").status_code != 200


def test_a_person_sees_their_own_sessions_alone(app, cast):
    agent = (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0"
    )
    client = cast.clerk.client()
    cast.far_clerk.client()
    data = {"username": "yiyuan", "password": PASSWORD}
    other = app.test_client()
    other.post(
        "/login/",
        data=data | {"csrf_token": token(other, "/login/")},
        headers={"User-Agent": agent},
        environ_base={"REMOTE_ADDR": "192.0.2.7"},
    )

    page = client.get("/sessions/").text

    assert page.count("<li><span") == 2
    assert "Edge · Windows" in page
    assert "192.0.2.7" in page
    assert "本机" in page


def test_a_person_ends_one_of_their_own(app, cast):
    here, elsewhere = cast.clerk.client(), cast.clerk.client()
    [_mine, other] = rows(cast.clerk)

    answer = here.post(f"/sessions/{other.id}/end", data={"csrf_token": token(here, "/sessions/")})

    assert answer.location == "/sessions/"
    assert (inside(here), inside(elsewhere)) == (True, False)


def test_ending_ones_own_is_signing_out(app, cast):
    here = cast.clerk.client()
    [mine] = rows(cast.clerk)

    answer = here.post(f"/sessions/{mine.id}/end", data={"csrf_token": token(here, "/sessions/")})

    assert (answer.location, inside(here)) == ("/login/", False)


@pytest.mark.parametrize("which", ["foreign", "missing"])
def test_nobody_ends_the_session_of_another(app, cast, which):
    here, theirs = cast.clerk.client(), cast.far_clerk.client()
    [row] = rows(cast.far_clerk)
    pk = row.id if which == "foreign" else 99999

    answer = here.post(f"/sessions/{pk}/end", data={"csrf_token": token(here, "/sessions/")})

    assert (answer.status_code, inside(theirs)) == (404, True)
    assert get(SignIn, row.id).ended_at is None


def test_all_others_end_together(app, cast):
    here, *elsewhere = [cast.clerk.client() for _number in range(4)]
    stranger = cast.far_clerk.client()

    here.post("/sessions/others/end", data={"csrf_token": token(here, "/sessions/")})

    assert (inside(here), [inside(client) for client in elsewhere], inside(stranger)) == (
        True,
        [False] * 3,
        True,
    )


@pytest.mark.parametrize("address", ["/sessions/1/end", "/sessions/others/end"])
def test_ending_is_a_press_of_somebody_signed_in(app, cast, address):
    client = cast.clerk.client()
    anonymous = app.test_client()

    assert client.get(address).status_code == 405
    assert client.post(address).status_code == 400
    answer = anonymous.post(address, data={"csrf_token": token(anonymous, "/login/")})
    assert answer.location.startswith("/login/")


def test_the_demo_clock_puts_nobody_out(app, cast, monkeypatch):
    client = cast.clerk.client()
    monkeypatch.setattr("app.clock._offset", lambda: timedelta(days=3))

    assert inside(client)


def test_long_ended_rows_go_at_the_next_sign_in(app, cast):
    cast.clerk.client()
    with later(days=31):
        cast.clerk.client()

        assert len(rows(cast.clerk)) == 1


def test_a_database_held_by_a_writer_keeps_nobody_from_reading(app, cast):
    if db.engine.dialect.name != "sqlite":
        pytest.skip("readers and writers do not meet on PostgreSQL")
    client = cast.clerk.client()
    with db.engine.connect() as holder:
        holder.exec_driver_sql("BEGIN IMMEDIATE")
        with later(minutes=2):
            assert inside(client)

    with db.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() == 10000


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        ("", ""),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox · Linux"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1",
            "Safari · iPhone",
        ),
        ("curl/8", ""),
        ("<script>alert(1)</script>", ""),
    ],
)
def test_a_browser_is_named_as_people_call_it(agent, words):
    assert sessions.browser_words(agent) == words
