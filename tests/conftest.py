"""One application and one cast per database; every test starts from the same rows, on SQLite and on PostgreSQL.

SQLite: the file is put back from a snapshot in memory. PostgreSQL: the database is made anew from a template. Both
let the code under test commit as it likes.
"""

import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.pool import NullPool

from app import clock, create_app, setup
from app.db import db
from tests import browser, postgres
from tests.cast import TODAY, Cast

FAST = {
    "TESTING": True,
    "SECRET_KEY": "tests",
    "FAB_PASSWORD_HASH_METHOD": "pbkdf2:sha256:1",
    "AUTH_DB_FAKE_PASSWORD_HASH_CHECK": "pbkdf2:sha256:1$x$" + "0" * 64,
    "RATELIMIT_ENABLED": False,
}
DATABASES = os.environ.get("TEST_DATABASES", "sqlite,postgresql").split(",")


class FreshClient(FlaskClient):
    """A browser whose requests start anew, though the test itself stands in an application context."""

    def open(self, *args, **kwargs):
        with self.application.app_context():
            return super().open(*args, **kwargs)


class World:
    """An application with its cast, and the way back to its first state."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        app.test_client_class = FreshClient
        with app.app_context(), clock.fixed(TODAY):
            setup.initialise()
            self.cast = Cast(app)
            self.release()

    def release(self) -> None:
        """Let go of every connection."""
        db.session.remove()
        db.engine.dispose()

    def restore(self) -> None:
        """Go back to the first state."""


class SQLiteWorld(World):
    """A file, put back from memory."""

    def __init__(self, app: Flask, file: Path) -> None:
        self.file = file
        super().__init__(app)
        self.snapshot = sqlite3.connect(":memory:", check_same_thread=False)
        with sqlite3.connect(file) as source:
            source.backup(self.snapshot)
        source.close()

    def restore(self) -> None:
        self.release()
        target = sqlite3.connect(self.file)
        self.snapshot.backup(target)
        target.close()


class PostgresWorld(World):
    """A database, made anew from the one that was seeded."""

    def __init__(self, app: Flask, url: str, seed: str) -> None:
        self.url, self.seed = make_url(url), seed
        super().__init__(app)
        postgres_itself = self.url.set(database="postgres")
        self.server = create_engine(postgres_itself, isolation_level="AUTOCOMMIT", poolclass=NullPool)
        with self.server.connect() as connection:
            connection.execute(text(f'CREATE DATABASE "{seed}" TEMPLATE "{self.url.database}"'))

    def restore(self) -> None:
        self.release()
        with self.server.connect() as connection:
            connection.execute(text(f'DROP DATABASE IF EXISTS "{self.url.database}" WITH (FORCE)'))
            connection.execute(text(f'CREATE DATABASE "{self.url.database}" TEMPLATE "{self.seed}"'))


@pytest.fixture(scope="session")
def server() -> Iterator[object]:
    with postgres.running() as running:
        yield running


@pytest.fixture(scope="session", params=DATABASES)
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> World:
    folder = tmp_path_factory.mktemp("world")
    files = str(folder / "files")
    if request.param == "sqlite":
        file = folder / "zhiping.sqlite"
        return SQLiteWorld(
            create_app(FAST | {"DATABASE_URL": f"sqlite:///{file}", "ZHIPING_FILES": files}), file
        )
    server = request.getfixturevalue("server")
    url = server.fresh()
    app = create_app(FAST | {"DATABASE_URL": url, "ZHIPING_FILES": files})
    return PostgresWorld(app, url, make_url(url).database + "_seed")


@pytest.fixture
def app(world: World) -> Iterator[Flask]:
    """The application in its context, at nine in the morning of the tests' day."""
    with world.app.app_context(), clock.fixed(TODAY):
        yield world.app
        world.restore()


@pytest.fixture
def cast(app: Flask, world: World) -> Cast:
    """Everybody (`tests.cast`)."""
    return world.cast


@pytest.fixture(scope="session")
def chromium() -> Iterator[object]:
    with browser.running() as running:
        yield running
