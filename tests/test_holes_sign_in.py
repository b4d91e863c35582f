"""What stock Flask-AppBuilder leaves open around signing in (security 2.3): one test per hole, named after it."""

import io
import logging
import runpy
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from flask_wtf import csrf
from itsdangerous import TimestampSigner
from sqlalchemy import event, func, insert, select, text, update
from sqlalchemy.exc import IntegrityError, OperationalError

import config
from app import accounts, clock, create_app, passwords
from app.console import security
from app.db import db, open_session
from app.extension import limiter
from app.models import Account
from app.states import RegistrationState
from tests.cast import PASSWORD, get, token
from tests.conftest import FAST, FreshClient
from tests.test_races import at_once

NEW = "门前大桥下游过一群鸭子"


def attempt(app, username, password="wrong", **more):  # noqa: S107 - of nobody
    """Try to sign in from a fresh browser."""
    client = app.test_client()
    data = {"username": username, "password": password, "csrf_token": token(client, "/login/")}
    return client, client.post("/login/", data=data, **more)


def set_on(person, **values):
    with open_session() as session:
        session.execute(update(Account).where(Account.id == person.user_id).values(values))
        session.commit()


def inside(client):
    return client.get("/notices/").status_code == 200


@pytest.fixture
def limited(app):
    """The same database behind the limits per address, which other tests do without."""
    url = app.config["SQLALCHEMY_DATABASE_URI"]
    made = create_app(FAST | {"DATABASE_URL": url, "RATELIMIT_ENABLED": True})
    made.test_client_class = FreshClient
    limiter.reset()
    yield made
    limiter.enabled = False
    with made.app_context():
        db.session.remove()
        db.engine.dispose()


# ---- interfaces and limits ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address", ["security/login", "security/refresh", "security/users/", "menu/", "_openapi", "chart/get/x"]
)
def test_a11_there_is_no_interface_to_guess_passwords_at(app, cast, address):
    client = app.test_client()

    assert client.get(f"/api/v1/{address}").status_code == 404
    answer = client.post(f"/api/v1/{address}", json={"username": "yiyuan", "password": PASSWORD})
    assert answer.status_code in (400, 404)
    assert not [rule for rule in app.url_map.iter_rules() if str(rule).startswith("/api")]


@pytest.mark.parametrize(
    ("address", "form"),
    [("/login/", "/login/"), ("/signup/person", "/login/"), ("/register/status", "/login/")],
)
def test_a12_an_address_that_tries_too_often_is_told_to_wait(limited, cast, address, form):
    client = limited.test_client()
    data = {"username": "x", "password": "x", "code": "x", "csrf_token": token(client, form)}

    codes = [client.post(address, data=data).status_code for _number in range(31)]
    elsewhere = client.post(address, data=data, environ_base={"REMOTE_ADDR": "192.0.2.9"})

    assert codes[-1] == 429
    assert elsewhere.status_code != 429


def test_a12_eight_wrong_passwords_at_once_are_all_counted(app, cast):
    sm = app.appbuilder.sm

    def press():
        with app.test_request_context():
            return sm.auth_user_db("yiyuan", "wrong")

    at_once(app, *[press] * 5)

    row = get(Account, cast.clerk.user_id)
    assert (row.fail_login_count, row.locked_until is not None) == (5, True)
    with app.test_request_context():
        assert sm.auth_user_db("yiyuan", PASSWORD) is None


def test_a12_of_guesses_at_once_none_gets_in_after_the_fifth(app, cast, monkeypatch):
    """The right password, checked before the lock and written after it, opens nothing."""
    check = security.check_password_hash

    def slow(kept, password):
        right = check(kept, password)
        set_on(cast.clerk, locked_until=clock.wall() + timedelta(minutes=15))
        return right

    monkeypatch.setattr(security, "check_password_hash", slow)
    with app.test_request_context():
        assert app.appbuilder.sm.auth_user_db("yiyuan", PASSWORD) is None


def test_a12_a_lock_is_not_made_longer_by_trying_on(app, cast):
    for _number in range(7):
        attempt(app, "yiyuan")
    row = get(Account, cast.clerk.user_id)

    assert (row.fail_login_count, row.locked_until) == (5, clock.wall() + timedelta(minutes=15))


def test_a12_known_unknown_locked_disabled_pending_cost_the_same(app, cast, monkeypatch):
    """Statements and hashes are counted: what they cost follows, whatever the machine does meanwhile."""
    set_on(cast.superior, locked_until=clock.wall() + timedelta(minutes=5))
    set_on(cast.office, active=False)
    set_on(cast.bureau, password="")
    pending = get_registration(cast).username
    names = {
        "known": "yiyuan",
        "unknown": "nobody",
        "locked": "wjj",
        "disabled": "pingwei",
        "bare": "ningxiang",
    }
    costs, shapes = {}, {}
    check = security.check_password_hash
    for kind, name in (names | {"pending": pending}).items():
        counted = Counter()

        def count(_connection, _cursor, statement, *_more, counted=counted):
            counted[statement.split("FROM")[0].split("SET")[0]] += 1

        def hash_(kept, password, counted=counted):
            counted["hash of " + kept.split("$")[0]] += 1
            return check(kept, password)

        client = app.test_client()
        data = {"username": name, "password": "wrong", "csrf_token": token(client, "/login/")}
        monkeypatch.setattr(security, "check_password_hash", hash_)
        event.listen(db.engine, "before_cursor_execute", count)
        answer = client.post("/login/", data=data)
        event.remove(db.engine, "before_cursor_execute", count)
        costs[kind], shapes[kind] = (
            counted,
            (answer.status_code, answer.text.count("<"), "用户名或密码不对" in answer.text),
        )

    assert len({frozenset(cost.items()) for cost in costs.values()}) == 1, costs
    assert costs["unknown"]["hash of pbkdf2:sha256:1"] == 2
    assert set(shapes.values()) == {(200, shapes["unknown"][1], True)}


def get_registration(cast):
    from app.models import Registration

    return get(Registration, cast.registration(RegistrationState.PENDING_AGENCY))


# ---- sessions -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["logout", "password", "deactivation"])
def test_a13_a_cookie_from_before_is_worthless(app, cast, what):
    client = cast.clerk.client()
    kept, press = client.get_cookie("zhiping").value, {"csrf_token": token(client, "/password/")}
    if what == "logout":
        client.post("/logout/", data=press)
    elif what == "password":
        client.post("/password/", data=press | {"old": PASSWORD, "new": NEW, "again": NEW})
    else:
        set_on(cast.clerk, active=False)

    replay = app.test_client()
    replay.set_cookie("zhiping", kept)

    assert not inside(replay)


def test_a14_the_cookie_is_short_and_says_nothing_of_the_person(app, cast):
    client = app.test_client()
    login = {"username": cast.doctor.id_number, "password": PASSWORD, "csrf_token": token(client, "/login/")}
    header = client.post("/login/", data=login).headers["Set-Cookie"]
    for page in ("/me/", "/plans/", "/notices/") * 3:
        client.get(page)

    assert ("HttpOnly" in header, "SameSite=Lax" in header) == (True, True)
    assert len(client.get_cookie("zhiping").value) < 400
    with client.session_transaction() as cookie:
        assert set(cookie) <= {"_permanent", "_user_id", "_fresh", "_id", "csrf_token", "_flashes", "locale"}
        assert cast.doctor.id_number not in str(dict(cookie))
    assert app.config["PERMANENT_SESSION_LIFETIME"] == timedelta(minutes=30)


def test_a14_in_production_the_cookie_is_of_this_host_and_goes_over_tls_alone():
    keys = "k1:" + "A" * 43 + "="
    values = config.settings({}, {"ZHIPING_MODE": "production", "SECRET_KEY": "x", "ZHIPING_KEYS": keys})

    names = (
        "SESSION_COOKIE_NAME",
        "SESSION_COOKIE_SECURE",
        "SESSION_COOKIE_HTTPONLY",
        "SESSION_COOKIE_SAMESITE",
    )
    assert [values[name] for name in names] == ["__Host-zhiping", True, True, "Lax"]


@pytest.mark.parametrize("address", ["/login/", "/notices/", "/nowhere", "/healthz"])
def test_a15_every_answer_tells_the_browser_what_it_may_do(app, cast, address):
    answers = [cast.clerk.client().get(address, base_url="https://localhost") for _number in range(2)]

    headers = answers[0].headers
    policy = headers["Content-Security-Policy"]
    assert policy != answers[1].headers["Content-Security-Policy"]
    assert "script-src 'self' 'nonce-" in policy
    for part in (
        "default-src 'none'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors",
    ):
        assert part in policy
    assert "unsafe-inline" not in policy
    named = ("X-Content-Type-Options", "X-Frame-Options", "Referrer-Policy", "Cache-Control")
    assert [headers[name] for name in named] == ["nosniff", "SAMEORIGIN", "same-origin", "no-store"]
    assert headers["Strict-Transport-Security"].startswith("max-age=31536000")


# ---- names and passwords ------------------------------------------------------------------------------------------


def test_a16_two_names_cannot_differ_in_case_alone(app, cast):
    values = accounts.login_values("yiyuan", "另一人", "x") | {"username": "YIYUAN"}

    with open_session() as session, pytest.raises(IntegrityError):
        session.execute(insert(Account).values(values))


def test_a16_the_look_up_by_name_is_served_by_the_index(app, cast):
    statement = "SELECT id FROM ab_user WHERE lower(username) = 'yiyuan'"
    explain = "EXPLAIN QUERY PLAN " if db.engine.dialect.name == "sqlite" else "EXPLAIN "
    with db.engine.connect() as connection:
        if db.engine.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL enable_seqscan = off"))
        plan = str(connection.execute(text(explain + statement)).all())

    assert "uq_ab_user_username_lower" in plan


def test_a17_an_e_mail_address_opens_nothing(app, cast):
    set_on(cast.far_clerk, email="yiyuan")
    set_on(cast.office, email="office@example.org")

    _client, by_name = attempt(app, "yiyuan", PASSWORD)
    _client, by_mail = attempt(app, "office@example.org", PASSWORD)

    assert (by_name.status_code, by_mail.status_code) == (302, 200)


def test_a17_a_username_holds_no_at_sign():
    from app.registrations import USERNAME

    assert not USERNAME.fullmatch("yi@yuan")


def test_a19_the_own_password_asks_for_the_old_one(app, cast):
    client = cast.clerk.client()
    press = {"csrf_token": token(client, "/password/"), "new": NEW, "again": NEW}

    answers = [
        client.post("/password/", data=press | old).status_code for old in ({}, {"old": ""}, {"old": "x"})
    ]

    assert answers == [422, 422, 422]
    assert get(Account, cast.clerk.user_id).password == get(Account, cast.far_clerk.user_id).password


@pytest.mark.parametrize(
    "address",
    ["/resetpassword/form?pk=1", "/resetmypassword/form", "/users/list/", "/users/userinfo/", "/roles/list/"],
)
def test_a19_nobody_resets_the_password_of_another(app, cast, address):
    for person in (cast.admin, cast.clerk):
        assert person.client().get(address).status_code in (400, 404)


@pytest.mark.parametrize(
    "which", ["short", "1234567890", "yiyuan-2026", "id", "phone", "Password!2026", "aaaaaaaaaaa"]
)
def test_a19_a_new_password_is_none_that_others_guess(app, cast, which):
    new = {"id": f"wo{cast.clerk.id_number[6:14]}de", "phone": f"dh{cast.clerk.phone}"}.get(which, which)
    client = cast.clerk.client()
    press = {"csrf_token": token(client, "/password/"), "old": PASSWORD, "new": new, "again": new}

    assert client.post("/password/", data=press).status_code == 422


def test_a19_the_list_of_common_passwords_is_there():
    assert len(passwords.common()) > 1000
    assert all(passwords.plain(word) == word for word in passwords.common())


def test_a19_a_handed_over_password_opens_one_page_alone(app, cast):
    set_on(cast.clerk, must_change_password=True)
    client = cast.clerk.client()

    assert {client.get(page).location for page in ("/", "/notices/", "/sessions/", "/units/list/")} == {
        "/password/"
    }
    client.post("/password/", data={"new": NEW, "again": NEW, "csrf_token": token(client, "/password/")})
    assert inside(client)


# ---- bodies and bytes ---------------------------------------------------------------------------------------------


def parts(content, **fields):
    """A form with a file, written by hand: the test client would leave a temporary file open."""
    lines = [
        f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    file = '--b\r\nContent-Disposition: form-data; name="files"; filename="x.pdf"\r\n\r\n'
    body = "".join([*lines, file]).encode() + content + b"\r\n--b--\r\n"
    return {"data": body, "content_type": "multipart/form-data; boundary=b"}


@pytest.mark.parametrize("kind", ["urlencoded", "multipart", "chunked"])
@pytest.mark.parametrize("address", ["/login/", "/signup/person", "/register/status", "/demo/clock"])
def test_a22_a_form_is_bounded(app, cast, address, kind):
    client = app.test_client()
    large, plain = b"username=" + b"x" * (2 << 20), "application/x-www-form-urlencoded"
    if kind == "multipart":
        answer = client.post(address, **parts(large))
    elif kind == "urlencoded":
        answer = client.post(address, data=large, content_type=plain)
    else:
        said = {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
        answer = client.post(
            address, input_stream=io.BytesIO(large), content_type=plain, environ_overrides=said
        )

    # Werkzeug cuts a body without a length at the limit, and what is left holds no token.
    assert answer.status_code == (400 if kind == "chunked" else 413)
    assert "没有办理" in answer.text or "提交的内容太大" in answer.text


@pytest.mark.parametrize(("megabytes", "taken"), [(9, True), (13, False)])
def test_a22_an_upload_is_bounded_too(app, cast, megabytes, taken):
    client, case = cast.doctor.client(), cast.case(cast.doctor)
    page = f"/me/applications/{case}/files"
    pdf = b"%PDF-1.4\n" + b" " * (megabytes << 20) + b"\nstartxref\n0\n%%EOF\n"

    client.post(page, **parts(pdf, csrf_token=token(client, page), material="education"))

    assert ("上传成功" in client.get(page).text) is taken


@pytest.mark.parametrize("field", ["username", "password"])
def test_a24_a_nul_byte_is_refused_before_anybody_reads_it(app, cast, field):
    client = app.test_client()
    data = {"username": "yiyuan", "password": "x", "csrf_token": token(client, "/login/")}

    answer = client.post("/login/", data=data | {field: "yi\0yuan"})
    address = client.get("/plans/?q=%00")

    assert (answer.status_code, address.status_code) == (400, 400)


def test_a25_a_change_that_was_not_kept_is_not_said_to_be(app, cast, monkeypatch):
    client = cast.clerk.client()
    press = {"csrf_token": token(client, "/password/"), "old": PASSWORD, "new": NEW, "again": NEW}
    before = get(Account, cast.clerk.user_id).password

    def fails(*_arguments):
        raise OperationalError("", {}, Exception("server closed the connection"))

    with monkeypatch.context() as patched:
        patched.setattr("app.views.account.security.begin", fails)
        answer = client.post("/password/", data=press)

    assert answer.status_code == 503
    assert get(Account, cast.clerk.user_id).password == before
    assert inside(client)
    assert "密码已修改" not in client.get("/notices/").text


def test_a26_no_chart_of_people_and_nothing_from_elsewhere(app, cast):
    addresses = [str(rule) for rule in app.url_map.iter_rules()]
    page = cast.admin.client().get("/")

    assert not [address for address in addresses if "chart" in address or "stats" in address]
    assert "https://" not in page.text
    assert "http" not in page.headers["Content-Security-Policy"]


def test_a28_a_form_may_take_longer_than_an_hour(app, cast):
    client = cast.clerk.client()
    client.get("/password/")
    with client.session_transaction() as cookie:
        inner = cookie["csrf_token"]
    now = TimestampSigner.get_timestamp
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(TimestampSigner, "get_timestamp", lambda self: now(self) - 3 * 3600)
        old = csrf.URLSafeTimedSerializer(app.secret_key, salt="wtf-csrf-token").dumps(inner)

    assert client.post("/notices/read", data={"csrf_token": old}).status_code == 302
    assert client.post("/notices/read", data={"csrf_token": old[:-3]}).status_code == 400


# ---- serving ------------------------------------------------------------------------------------------------------


def test_a23_making_the_application_writes_nothing(app, cast):
    """The long proof with workers is in test_serve.py."""
    with open_session() as session:
        before = session.scalar(select(func.count()).select_from(text("ab_permission_view")))
    again = create_app(FAST | {"DATABASE_URL": app.config["SQLALCHEMY_DATABASE_URI"]})
    with again.app_context():
        db.engine.dispose()

    assert (again.config["FAB_CREATE_DB"], again.config["FAB_UPDATE_PERMS"]) == (False, False)
    with open_session() as session:
        assert session.scalar(select(func.count()).select_from(text("ab_permission_view"))) == before


def test_a29_gunicorn_opens_no_control_socket_and_believes_nobody():
    values = runpy.run_path(str(Path(config.__file__).parent / "gunicorn.conf.py"))

    names = ("control_socket_disable", "preload_app", "forwarded_allow_ips", "timeout")
    assert [values[name] for name in names] == [True, False, "", 30]
    assert values["bind"].startswith("127.0.0.1:")


def served(tmp_path, **given):
    made = create_app(FAST | {"DATABASE_URL": f"sqlite:///{tmp_path / 'x.sqlite'}"} | given)
    return made.test_client()


def test_t36_an_address_is_believed_from_our_own_proxies_alone(tmp_path):
    said = {"X-Forwarded-For": "198.51.100.7, 192.0.2.1"}

    alone, behind_one = (served(tmp_path, ZHIPING_PROXIES=hops) for hops in (0, 1))

    assert sender(alone, said) == "127.0.0.1"
    assert sender(behind_one, said) == "192.0.2.1"


def sender(client, headers):
    seen = []
    client.application.before_request_funcs.setdefault(None, []).insert(
        0, lambda: seen.append(security.request.remote_addr)
    )
    client.get("/healthz", headers=headers)
    return seen[0]


def test_t36_another_host_is_refused(app, tmp_path):
    named = config.settings({"ZHIPING_HOSTS": "zhiping.example,localhost"}, {"SECRET_KEY": "x"})
    here = {"DATABASE_URL": app.config["SQLALCHEMY_DATABASE_URI"], "TRUSTED_HOSTS": named["TRUSTED_HOSTS"]}
    client = served(tmp_path, **here)

    evil = client.get("/healthz", headers={"Host": "evil.example"})

    assert evil.status_code == 400
    assert "evil.example" not in evil.text
    assert client.get("/healthz", headers={"Host": "zhiping.example"}).status_code == 200
    with client.application.app_context():
        db.engine.dispose()


def test_t37_what_was_typed_at_sign_in_reaches_no_log(app, cast, caplog):
    caplog.set_level(logging.DEBUG)
    attempt(app, cast.doctor.id_number, "my-secret-password")
    attempt(app, cast.doctor.phone, PASSWORD)

    for word in (cast.doctor.id_number, cast.doctor.phone, "my-secret-password", PASSWORD):
        assert word not in caplog.text
