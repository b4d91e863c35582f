"""`restore FILE [--replace]`: a backup becomes what there is, wholly or not at all (security T33).

Everything in the file is compared with its hashes before anything is touched. Then the files are laid down, which nobody sees as no
row names them yet; then the database, in one transaction; and only then what was there before is swept. Stop serving first:
people who work on would work in the old data.
"""

import hashlib
import sqlite3
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from alembic.script import ScriptDirectory
from flask import current_app
from flask_migrate import upgrade
from sqlalchemy import func, inspect, select, table
from sqlalchemy.exc import DBAPIError

from app import audit, files, invariants, rekey, secret
from app.archive import DATABASES, Manifest, NotPossible, check, parts
from app.backup import run
from app.db import db, open_session

#: Waiting for others to let go of a SQLite database: so many times a tenth of a second.
TRIES = 100
FILES = "files/"

#: Drops what is there, inside the transaction that brings in what was saved.
SWEEP = """
DO $$ DECLARE one record; BEGIN
  SET LOCAL lock_timeout = '10s';
  FOR one IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
    EXECUTE format('DROP TABLE IF EXISTS public.%I CASCADE', one.tablename);
  END LOOP;
  FOR one IN SELECT sequencename FROM pg_sequences WHERE schemaname = 'public' LOOP
    EXECUTE format('DROP SEQUENCE IF EXISTS public.%I CASCADE', one.sequencename);
  END LOOP;
  DROP FUNCTION IF EXISTS public.audit_append_only() CASCADE;
END $$
"""


@dataclass
class Restored:
    """What came back, and what was found wrong with it."""

    manifest: Manifest
    chain: audit.Verified
    broken: list[tuple] = field(default_factory=list)
    counts: dict[str, tuple[int, int]] = field(default_factory=dict)
    unknown_keys: list[str] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        """Whether everything is as it should be."""
        return not (self.broken or self.counts or self.unknown_keys or self.chain.broken_id)


def restore(path: Path, *, replace: bool = False) -> Restored:
    """Restore a backup; raises `NotPossible` with a sentence, and then nothing was changed."""
    manifest = check(path)
    _fits(manifest)
    if not replace:
        _refuse_what_is_there()
    before = set(_stored())
    written = []
    try:
        with tempfile.TemporaryDirectory(prefix="zhiping-restore-") as folder:
            database = _lay_down(path, Path(folder), written)
            _load(database)
    except BaseException as failed:
        for key in set(written) - before:
            files.remove(key)
        if isinstance(failed, OSError):
            raise NotPossible(f"没有恢复：{failed.strerror or failed}。") from failed
        raise
    wanted = {name.removeprefix(FILES) for name in manifest.names if name.startswith(FILES)}
    for key in before - wanted:
        files.remove(key)
    return _look(manifest)


# ---- before -------------------------------------------------------------------------------------------------------


def _fits(manifest: Manifest) -> None:
    if manifest.database != db.engine.dialect.name:
        raise NotPossible(
            f"这是 {manifest.database} 的备份，现在的数据库是 {db.engine.dialect.name}，没有恢复。"
        )
    migrations = ScriptDirectory(current_app.extensions["migrate"].directory)
    known = {script.revision for script in migrations.walk_revisions()}
    if manifest.revision not in known:
        raise NotPossible(f"备份来自更新的版本（{manifest.revision}），没有恢复。请先升级本系统。")


def _refuse_what_is_there() -> None:
    if inspect(db.engine).get_table_names():
        raise NotPossible("数据库不是空的，没有恢复。确实要用备份替换现有的全部数据，请加 --replace。")
    if next(iter(_stored()), None):
        raise NotPossible("文件目录不是空的，没有恢复。确实要用备份替换现有的全部文件，请加 --replace。")


def _stored() -> Iterable[str]:
    """Keys of all files in the store."""
    filesystem, root = files._store()  # noqa: SLF001 - the one place that walks the store
    prefix = root.rstrip("/") + "/"
    found = filesystem.find(root) if filesystem.exists(root) else []
    return (path.removeprefix(prefix) for path in found if files.KEY.fullmatch(path.removeprefix(prefix)))


# ---- doing --------------------------------------------------------------------------------------------------------


def _lay_down(path: Path, folder: Path, written: list[str]) -> Path:
    """Put the files into the store and the database's part into `folder`; `written` learns what was put."""
    database = None
    for name, file in parts(path):
        if name.startswith(FILES):
            key, content = name.removeprefix(FILES), file.read()
            if not _same(key, content):
                files._write(key, content)  # noqa: SLF001 - whole and synced or not at all, under a key that is known
                written.append(key)
        elif name in DATABASES.values():
            database = folder / name
            with database.open("wb") as copy:
                while block := file.read(1 << 20):
                    copy.write(block)
    return database


def _same(key: str, content: bytes) -> bool:
    try:
        with files.open(key) as file:
            return hashlib.sha256(file.read()).digest() == hashlib.sha256(content).digest()
    except FileNotFoundError:
        return False


def _load(database: Path) -> None:
    db.session.remove()
    db.engine.dispose()
    try:
        if db.engine.dialect.name == "sqlite":
            _load_sqlite(database)
        else:
            script = database.with_suffix(".sql")
            run("pg_restore", "--no-owner", "--no-privileges", f"--file={script}", str(database))
            options = ("--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1")
            run("psql", *options, f"--command={SWEEP}", f"--file={script}")
    except (sqlite3.Error, DBAPIError) as error:
        raise NotPossible(f"数据库没有恢复，原来的数据没有变动：{error}") from error
    db.engine.dispose()


def _load_sqlite(database: Path) -> None:
    """Copy page by page in one transaction of the target, which whoever has it open sees as such (framework 13, 37)."""
    source = sqlite3.connect(database)
    connection = db.engine.raw_connection()
    tries = iter(range(TRIES))

    def waited(*_pages: int) -> None:
        if next(tries, None) is None:
            raise sqlite3.OperationalError("有其他程序占用数据库，请先停止服务")

    try:
        if source.execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
            raise NotPossible("备份中的数据库已损坏，没有恢复。")
        source.backup(connection.driver_connection, progress=waited, sleep=0.1)
    finally:
        connection.close()
        source.close()


# ---- after --------------------------------------------------------------------------------------------------------


def _look(manifest: Manifest) -> Restored:
    """Count, bring the tables up to date, ask the invariants and walk the chain; then write down that it was done."""
    with db.engine.connect() as connection:
        actual = {
            name: connection.scalar(select(func.count()).select_from(table(name)))
            for name in inspect(connection).get_table_names()
        }
    names = set(actual) | set(manifest.counts)
    counts = {name: (manifest.counts.get(name, 0), actual.get(name, 0)) for name in sorted(names)}
    upgrade()
    with open_session() as session:
        audit.install_triggers(session.connection())
        session.commit()
    with open_session() as session:
        found = Restored(manifest, audit.verify(session), invariants.run(session))
        found.counts = {name: pair for name, pair in counts.items() if pair[0] != pair[1]}
        found.unknown_keys = sorted(rekey.key_ids(session) - set(secret.current().ids))
    with open_session() as session:
        details = {"made_at": manifest.made_at, "sums_sha256": manifest.sums_sha256, "files": manifest.files}
        audit.record(session, "命令行", "restore", details | {"sound": found.sound})
        session.commit()
    return found
