"""`backup FILE`: everything there is in one file, consistent while people work (security T33).

The database comes from one snapshot: `VACUUM INTO` on SQLite, `pg_dump` with an exported snapshot on PostgreSQL. Rows are counted
in that snapshot, and the files its rows name are put beside it; a file lies there before its row does, so none is too new.
"""

import os
import platform
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, func, inspect, select, table, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from app import audit, clock, files
from app.archive import DATABASES, Manifest, NotPossible, Writer, writing
from app.db import db, open_session
from app.models import Attachment, audit_head

#: Somebody may take a file away while it is being copied; then everything begins again, so often.
ATTEMPTS = 3


class Moved(Exception):
    """A file went together with its row, after the snapshot and before it was copied."""


@dataclass
class Snapshot:
    """The database at one moment, and what it says of itself."""

    file: Path
    revision: str
    counts: dict[str, int]
    files: list[tuple[str, str]]
    audit: dict[str, object]


def backup(path: Path) -> Manifest:
    """Write a backup and give its manifest; raises `NotPossible` with a sentence. An older backup is not written over."""
    if path.exists():
        raise NotPossible(f"{path} 已经存在，没有备份。请换一个文件名。")
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return _backup(path, last=attempt == ATTEMPTS)
        except Moved:
            continue
        except OSError as error:
            raise NotPossible(f"没有备份：{error.strerror or error}。") from error
    raise AssertionError


def _backup(path: Path, *, last: bool) -> Manifest:
    with (
        tempfile.TemporaryDirectory(prefix=".zhiping-backup-", dir=path.parent) as folder,
        writing(path) as writer,
    ):
        shot = snapshot(Path(folder))
        name = DATABASES[db.engine.dialect.name]
        writer.add_file(name, shot.file)
        missing = _add_files(writer, shot, last=last)
        manifest = Manifest(
            made_at=clock.local(clock.now()).isoformat(timespec="seconds"),
            database=db.engine.dialect.name,
            revision=shot.revision,
            counts=shot.counts,
            files=len(shot.files) - len(missing),
            missing=missing,
            audit=shot.audit,
            versions={
                "python": platform.python_version(),
                "sqlalchemy": version("sqlalchemy"),
                "server": _server(),
            },
        )
        writer.close(manifest)
        with open_session() as session:
            details = {"rows": sum(shot.counts.values()), "files": manifest.files, "missing": len(missing)}
            audit.record(session, "命令行", "backup", details | {"sums_sha256": manifest.sums_sha256})
            session.commit()
    return manifest


def _add_files(writer: Writer, shot: Snapshot, *, last: bool) -> list[str]:
    """Copy the files that rows name; give the keys of those that are lost or are not what their row says."""
    missing = []
    for key, sha256 in shot.files:
        try:
            with files.open(key) as file:
                content = file.read()
        except FileNotFoundError:
            if not last and not _still_named(key):
                raise Moved(key) from None
            missing.append(key)
            continue
        if writer.add(f"files/{key}", content) != sha256:
            missing.append(key)
    return missing


def _still_named(key: str) -> bool:
    with open_session() as session:
        return session.scalar(select(Attachment.id).where(Attachment.key == key)) is not None


def _server() -> str:
    return ".".join(map(str, db.engine.dialect.server_version_info or ()))


# ---- snapshots ----------------------------------------------------------------------------------------------------


def snapshot(folder: Path) -> Snapshot:
    """Take the database as it is at one moment, into a file in `folder`."""
    return _sqlite(folder) if db.engine.dialect.name == "sqlite" else _postgresql(folder)


def _sqlite(folder: Path) -> Snapshot:
    file = folder / "database.sqlite"
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM INTO ?", (str(file),))
    copy = create_engine(f"sqlite:///{file}", poolclass=NullPool)
    with copy.connect() as connection:
        return described(file, connection)


def _postgresql(folder: Path) -> Snapshot:
    file = folder / "database.dump"
    engine = db.engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    with engine.connect() as connection:
        name = connection.scalar(text("SELECT pg_export_snapshot()"))
        shot = described(file, connection)
        run(
            "pg_dump",
            "--format=custom",
            "--no-owner",
            "--no-privileges",
            f"--snapshot={name}",
            f"--file={file}",
        )
    return shot


def described(file: Path, connection: Connection) -> Snapshot:
    """Read what a manifest says of a database, in the transaction of the connection."""
    names = sorted(inspect(connection).get_table_names())
    if "alembic_version" not in names or "audit_head" not in names:
        raise NotPossible("数据库还没有初始化，没有备份。请先运行 flask --app run init。")
    counts = {name: connection.scalar(select(func.count()).select_from(table(name))) for name in names}
    revision = connection.scalar(text("SELECT version_num FROM alembic_version"))
    wanted = select(Attachment.key, Attachment.sha256).order_by(Attachment.id)
    head = connection.execute(select(audit_head.c.last_id, audit_head.c.digest)).one_or_none()
    return Snapshot(
        file,
        revision,
        counts,
        [tuple(row) for row in connection.execute(wanted)],
        {"last_id": head.last_id, "digest": head.digest} if head else {},
    )


# ---- PostgreSQL's programs ----------------------------------------------------------------------------------------


def program(name: str) -> str:
    """Find `pg_dump`, `pg_restore` or `psql`: beside what `PG_DUMP` names, beside the server, or on the PATH."""
    if given := os.environ.get("PG_DUMP"):
        return str(Path(given).with_name(name))
    beside = _bindir(db.engine)
    if beside and (Path(beside) / name).exists():
        return str(Path(beside) / name)
    found = shutil.which(name)
    if not found:
        raise NotPossible(
            f"没有找到 {name}。请安装 PostgreSQL 的客户端程序，或用环境变量 PG_DUMP 指明 pg_dump 的位置。"
        )
    return found


def _bindir(engine: Engine) -> str | None:
    try:
        with engine.connect() as connection:
            return connection.scalar(text("SELECT setting FROM pg_config WHERE name = 'BINDIR'"))
    except DBAPIError:  # only superusers may ask
        return None


def run(name: str, *arguments: str) -> None:
    """Run a program on the application's database; the password goes by the environment, never by the command line."""
    url = db.engine.url.set(drivername="postgresql")
    environ = os.environ | ({"PGPASSWORD": url.password} if url.password else {})
    address = url.set(password=None).render_as_string()
    command = (
        [program(name), *arguments]
        if name == "pg_restore"
        else [program(name), *arguments, f"--dbname={address}"]
    )
    try:
        subprocess.run(command, env=environ, check=True, capture_output=True, text=True)  # noqa: S603 - no shell, own words
    except subprocess.CalledProcessError as failed:
        said = failed.stderr.strip().splitlines()[-1:] or [""]
        raise NotPossible(f"{name} 没有成功：{said[0][:300]}") from None
    except OSError as error:
        raise NotPossible(f"{name} 不能运行：{error.strerror}。") from error
