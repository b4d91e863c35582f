"""Backups made while people work, restored elsewhere, and refused when they are not whole."""

import dataclasses
import hashlib
import io
import os
import tarfile
import threading
from contextlib import contextmanager
from itertools import count

import pytest
from sqlalchemy import create_engine, func, make_url, select, text
from sqlalchemy.pool import NullPool

from app import archive, audit, backup, clock, create_app, files, invariants, restore
from app.archive import NotPossible
from app.db import db, open_session
from app.models import Applicant, Attachment, Audit
from app.states import Material
from app.states import RegistrationState as R
from tests.cast import PASSWORD, TODAY
from tests.conftest import FAST
from tests.test_files import pdf

#: Backups made under load; `make test-long` makes fifty, or `BACKUPS`.
FEW, MANY = 3, int(os.environ.get("BACKUPS", "10"))


@contextmanager
def elsewhere(world, tmp_path, name="elsewhere"):
    """Another application on an empty database and an empty store."""
    main = make_url(world.app.config["SQLALCHEMY_DATABASE_URI"])
    if main.drivername.startswith("sqlite"):
        url, server = f"sqlite:///{tmp_path / name}.sqlite", None
    else:
        fresh = main.set(database=f"{main.database}_{name}")
        url, server = fresh.render_as_string(hide_password=False), world.server
        with server.connect() as connection:
            connection.execute(text(f'DROP DATABASE IF EXISTS "{fresh.database}" WITH (FORCE)'))
            connection.execute(text(f'CREATE DATABASE "{fresh.database}"'))
    other = create_app(FAST | {"DATABASE_URL": url, "ZHIPING_FILES": str(tmp_path / f"{name}-files")})
    with other.app_context(), clock.fixed(TODAY):
        try:
            yield other
        finally:
            db.session.remove()
            db.engine.dispose()
    if server:
        with server.connect() as connection:
            connection.execute(text(f'DROP DATABASE "{fresh.database}" WITH (FORCE)'))


@pytest.fixture
def store(app, tmp_path, monkeypatch):
    """A store of this test's own, in which nothing is missing."""
    monkeypatch.setattr(app.extensions["zhiping"], "files_url", str(tmp_path / "files"))


def upload(registration: int, number: int) -> str:
    """Put a file into the store and its row into the database, as an upload does; what comes back is acknowledged."""
    stored = files.save(io.BytesIO(pdf(b"%% number %d\n" % number)), "附件.pdf")
    with open_session() as session:
        about = {
            "filename": stored.filename,
            "mime": stored.mime,
            "size": stored.size,
            "sha256": stored.sha256,
        }
        session.add(
            Attachment(registration_id=registration, material=Material.OTHER, key=stored.key, **about)
        )
        audit.record(session, "甲", "test_upload", {"number": number})
        session.commit()
    return stored.key


def rows_are_here(acknowledged: set[str]) -> None:
    """What was acknowledged before the backup began is there, whole, and nothing is broken."""
    with open_session() as session:
        kept = dict(session.execute(select(Attachment.key, Attachment.sha256)).all())
        assert acknowledged <= set(kept)
        assert invariants.run(session) == []
        assert audit.verify(session).broken_id is None
    for key in acknowledged:
        with files.open(key) as file:
            assert hashlib.sha256(file.read()).hexdigest() == kept[key]


@pytest.fixture
def registration(cast, store) -> int:
    """A registration whose annexes lie in the store, not only in rows."""
    number = cast.registration(R.DRAFT)
    with open_session() as session:
        session.execute(text("DELETE FROM attachment"))
        session.commit()
    return number


@pytest.mark.parametrize("backups", [FEW, pytest.param(MANY, marks=pytest.mark.long)])
def test_backups_made_while_people_work_are_whole(app, world, registration, tmp_path, backups):
    acknowledged, numbers, stop, failed = set(), count(), threading.Event(), []
    began = threading.Barrier(3)

    def work() -> None:
        with app.app_context(), clock.fixed(TODAY):
            began.wait()
            try:
                while not stop.is_set():
                    acknowledged.add(upload(registration, next(numbers)))
            except Exception as error:  # noqa: BLE001 - a thread tells the test
                failed.append(error)

    threads = [threading.Thread(target=work) for _number in range(2)]
    for thread in threads:
        thread.start()
    began.wait()
    made = []
    try:
        for number in range(backups):
            before = set(acknowledged)
            file = tmp_path / f"{number}.tar"
            made.append((file, before, backup.backup(file)))
    finally:
        stop.set()
        for thread in threads:
            thread.join()

    assert failed == []
    for number, (file, before, manifest) in enumerate(made):
        assert manifest.missing == []
        with elsewhere(world, tmp_path, f"restored{number}"):
            found = restore.restore(file)

            assert found.sound, found
            rows_are_here(before)
    assert made[-1][1]


def test_what_is_restored_is_what_was_saved(app, world, cast, registration, tmp_path):
    key = upload(registration, 1)
    done = app.test_cli_runner().invoke(args=["backup", str(tmp_path / "one.tar")])
    assert done.exit_code == 0, done.output

    with elsewhere(world, tmp_path) as other:
        done = other.test_cli_runner().invoke(args=["restore", str(tmp_path / "one.tar")])

        assert done.exit_code == 0, done.output
        assert "核对无误" in done.output
        rows_are_here({key})
        with open_session() as session:
            assert session.scalar(select(func.count()).select_from(Applicant)) == 3
            assert session.scalars(select(Audit.act).order_by(Audit.id.desc()).limit(1)).one() == "restore"
        client = other.test_client()
        page = client.get("/login/").text
        token = page.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
        signed = {"username": cast.doctor.id_number, "password": PASSWORD, "csrf_token": token}
        assert client.post("/login/", data=signed).status_code == 302


def test_a_backup_is_its_owners_alone_and_is_not_written_over(app, store, tmp_path):
    file = tmp_path / "one.tar"
    backup.backup(file)

    assert file.stat().st_mode & 0o777 == 0o600
    with pytest.raises(NotPossible, match="已经存在"):
        backup.backup(file)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.tar"]


def test_no_number_is_in_a_backup(app, cast, store, tmp_path):
    backup.backup(tmp_path / "one.tar")

    content = (tmp_path / "one.tar").read_bytes()

    assert cast.doctor.id_number.encode() not in content
    assert cast.doctor.phone.encode() not in content


def test_what_is_there_is_not_written_over_unasked(app, world, store, tmp_path):
    backup.backup(tmp_path / "one.tar")
    with open_session() as session:
        before = session.scalar(select(func.count()).select_from(Audit))

    done = app.test_cli_runner().invoke(args=["restore", str(tmp_path / "one.tar")])

    assert done.exit_code == 1
    assert "数据库不是空的" in done.output
    with open_session() as session:
        assert session.scalar(select(func.count()).select_from(Audit)) == before


def test_a_store_that_is_not_empty_is_refused_too(world, app, store, tmp_path):
    backup.backup(tmp_path / "one.tar")

    with elsewhere(world, tmp_path):
        files.save(io.BytesIO(pdf()), "a.pdf")
        with pytest.raises(NotPossible, match="文件目录不是空的"):
            restore.restore(tmp_path / "one.tar")


def test_replacing_brings_back_what_was_and_sweeps_what_came_after(app, world, registration, tmp_path):
    early = upload(registration, 1)
    backup.backup(tmp_path / "one.tar")
    late = upload(registration, 2)
    with db.engine.begin() as connection:
        connection.execute(text("CREATE TABLE of_a_later_version (id INTEGER PRIMARY KEY)"))
    db.engine.dispose()

    found = restore.restore(tmp_path / "one.tar", replace=True)

    assert found.sound, found
    rows_are_here({early})
    with open_session() as session:
        assert session.scalar(select(Attachment.id).where(Attachment.key == late)) is None
        names = {column for (column,) in session.execute(text("SELECT act FROM audit"))}
    assert "restore" in names
    with pytest.raises(FileNotFoundError):
        files.open(late)


# ---- archives that are not whole ----------------------------------------------------------------------------------


def rewritten(source, target, change) -> None:
    """Copy an archive, letting `change` alter the parts."""
    with tarfile.open(source) as old, tarfile.open(target, "w") as new:
        for about in old:
            for name, content in change(about.name, old.extractfile(about).read()):
                made = tarfile.TarInfo(name)
                made.size = len(content)
                new.addfile(made, io.BytesIO(content))


DAMAGE = {
    "a bit of the database": lambda name, content: [
        (name, bytes([content[0] ^ 1]) + content[1:] if name.startswith("database") else content)
    ],
    "a bit of a file": lambda name, content: [
        (name, content[:-1] + bytes([content[-1] ^ 1]) if name.startswith("files/") else content)
    ],
    "a file gone": lambda name, content: [] if name.startswith("files/") else [(name, content)],
    "a file too many": lambda name, content: (
        [(name, content), (f"files/ab/cd/{'e' * 32}", b"x")] if name == "SHA256SUMS" else [(name, content)]
    ),
    "a file twice": lambda name, content: [(name, content)] * (2 if name.startswith("files/") else 1),
    "a path": lambda name, content: [(name, content), ("files/../../etc/passwd", b"x")],
    "the manifest changed": lambda name, content: [
        (name, content.replace(b'"files": 1', b'"files": 2') if name == "manifest.json" else content)
    ],
    "no manifest": lambda name, content: [] if name == "manifest.json" else [(name, content)],
    "no seal": lambda name, content: [] if name == "manifest.sha256" else [(name, content)],
}


@pytest.fixture
def saved(registration, tmp_path):
    upload(registration, 1)
    backup.backup(tmp_path / "good.tar")
    return tmp_path / "good.tar"


def unchanged(world, tmp_path, file) -> str:
    """Try to restore into an empty place; nothing must come of it. Gives the sentence."""
    with elsewhere(world, tmp_path) as other:
        done = other.test_cli_runner().invoke(args=["restore", str(file)])
        assert done.exit_code == 1, done.output
        engine = create_engine(db.engine.url, poolclass=NullPool)
        with engine.connect() as connection:
            assert not db.inspect(connection).get_table_names()
        assert list(restore._stored()) == []
        return done.output


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_backup_is_refused(world, saved, tmp_path, damage):
    rewritten(saved, tmp_path / "bad.tar", DAMAGE[damage])

    assert "没有恢复" in unchanged(world, tmp_path, tmp_path / "bad.tar")


@pytest.mark.parametrize("kept", [0.0, 0.3, 0.6, 0.9, 0.99])
def test_a_backup_cut_short_is_refused(world, saved, tmp_path, kept):
    content = saved.read_bytes().rstrip(b"\0")
    (tmp_path / "bad.tar").write_bytes(content[: int(len(content) * kept)])

    assert "没有恢复" in unchanged(world, tmp_path, tmp_path / "bad.tar")


@pytest.mark.parametrize("content", [b"hello", pdf(), b""])
def test_something_else_is_refused(world, app, tmp_path, content):
    (tmp_path / "bad.tar").write_bytes(content)

    assert "没有恢复" in unchanged(world, tmp_path, tmp_path / "bad.tar")


def test_no_file_is_refused_with_a_sentence(world, app, tmp_path):
    assert "读不了备份文件" in unchanged(world, tmp_path, tmp_path / "nothing.tar")


def test_a_database_that_cannot_be_loaded_leaves_everything(app, registration, saved, monkeypatch):
    late = upload(registration, 2)

    def fails(*_arguments: object) -> None:
        raise NotPossible("数据库没有恢复")

    monkeypatch.setattr(restore, "_load", fails)
    with pytest.raises(NotPossible):
        restore.restore(saved, replace=True)

    rows_are_here({late})


def test_a_database_that_cannot_be_loaded_leaves_no_files_behind(world, saved, tmp_path, monkeypatch):
    def fails(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(restore, "_load", fails)

    assert "No space left" in unchanged(world, tmp_path, saved)


@pytest.mark.parametrize("said", [{"database": "oracle"}, {"revision": "9999"}])
def test_a_backup_of_another_database_or_a_later_version_is_refused(app, saved, monkeypatch, said):
    manifest = dataclasses.replace(archive.check(saved), **said)
    monkeypatch.setattr(restore, "check", lambda _path: manifest)

    with pytest.raises(NotPossible, match=r"oracle|9999"):
        restore.restore(saved, replace=True)


def test_a_lost_file_is_said_and_does_not_stop_the_backup(app, registration, tmp_path):
    files.remove(upload(registration, 1))

    done = app.test_cli_runner().invoke(args=["backup", str(tmp_path / "one.tar")])

    assert done.exit_code == 0
    assert "1 份材料不在文件目录里" in done.output


def test_a_file_taken_away_while_it_is_copied_begins_the_backup_anew(
    app, registration, tmp_path, monkeypatch
):
    key, true_files = upload(registration, 1), backup._add_files

    def taken_away(writer, shot, *, last):
        monkeypatch.setattr(backup, "_add_files", true_files)
        with open_session() as session:
            session.execute(text("DELETE FROM attachment"))
            session.commit()
        files.remove(key)
        return true_files(writer, shot, last=last)

    monkeypatch.setattr(backup, "_add_files", taken_away)
    manifest = backup.backup(tmp_path / "one.tar")

    assert (manifest.missing, manifest.files, manifest.counts["attachment"]) == ([], 0, 0)
