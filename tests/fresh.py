"""Databases that only `init` has seen, for tests that fill one by themselves: made once, then copied."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask
from sqlalchemy import create_engine, make_url
from sqlalchemy.pool import NullPool

from app import clock, create_app, setup
from app.db import db
from tests.cast import TODAY
from tests.conftest import FAST

Make = Callable[..., Flask]


def release() -> None:
    """Let go of every connection of the application in context."""
    db.session.remove()
    db.engine.dispose()


def _initialised(url: str, files: Path) -> Flask:
    app = create_app(FAST | {"DATABASE_URL": url, "ZHIPING_FILES": str(files)})
    with app.app_context(), clock.fixed(TODAY):
        setup.initialise()
        release()
    return app


@contextmanager
def sqlite(folder: Path) -> Iterator[Make]:
    """Give a function that makes an application on a fresh SQLite file."""
    first, made = folder / "first.sqlite", []
    _initialised(f"sqlite:///{first}", folder / "files")

    def make(**given: object) -> Flask:
        file = folder / f"{len(made)}.sqlite"
        made.append(shutil.copy(first, file))
        url = f"sqlite:///{file}"
        return create_app(FAST | {"DATABASE_URL": url, "ZHIPING_FILES": str(folder / "files")} | given)

    yield make


@contextmanager
def postgresql(folder: Path, server: object) -> Iterator[Make]:
    """Give a function that makes an application on a fresh PostgreSQL database."""
    url = server.fresh()
    _initialised(url, folder / "files")
    first, made = make_url(url), []
    itself = create_engine(first.set(database="postgres"), isolation_level="AUTOCOMMIT", poolclass=NullPool)

    def make(**given: object) -> Flask:
        name = f"{first.database}_{len(made)}"
        made.append(name)
        with itself.connect() as connection:
            connection.exec_driver_sql(f'CREATE DATABASE "{name}" TEMPLATE "{first.database}"')
        url = first.set(database=name).render_as_string(hide_password=False)
        return create_app(FAST | {"DATABASE_URL": url, "ZHIPING_FILES": str(folder / "files")} | given)

    yield make
    with itself.connect() as connection:
        for name in made:
            connection.exec_driver_sql(f'DROP DATABASE "{name}" WITH (FORCE)')
