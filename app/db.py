"""The database handle and the column types: one metadata for Flask-AppBuilder and for us.

Flask-AppBuilder's declarative base is also Flask-SQLAlchemy's, so that accounts and cases can refer to one another
and Alembic sees a single schema.
"""

from datetime import UTC, datetime
from enum import Enum

from flask_appbuilder import Model
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session as FlaskSession
from sqlalchemy import DateTime, Dialect, String, TypeDecorator
from sqlalchemy import Enum as EnumType
from sqlalchemy.orm import Session


class ScopedSession(FlaskSession):
    """The session of pages: every SELECT passes through the row rule (`app.access`)."""


class OpenSession(Session):
    """The second session, named so that its use is seen: no row rule.

    For the process engine (which applies the rule itself), uniqueness checks, routing, notices, commands, and for
    public pages with narrow column selects (product 3).
    """


db = SQLAlchemy(model_class=Model, session_options={"class_": ScopedSession})


def open_session() -> OpenSession:
    """Give a session outside the row rule; the caller closes it (`with open_session() as session`)."""
    return OpenSession(db.engine, expire_on_commit=False)


class Moment(TypeDecorator[datetime]):
    """A point in time: aware in Python, UTC in the database, on SQLite without the zone it cannot keep."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a naive time, for nobody could say which hour it means."""
        if value is None:
            return None
        if value.tzinfo is None:
            message = "a moment needs a time zone"
            raise ValueError(message)
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Give the moment in UTC, whatever zone the server speaks."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def one_of(kind: type[Enum], name: str) -> EnumType:
    """Store the identifier of an enum member as text, guarded by a CHECK called `name`."""
    return EnumType(
        kind,
        name=name,
        native_enum=False,
        create_constraint=True,
        validate_strings=True,
        length=24,
        values_callable=lambda members: [str(member.value) for member in members],
    )


def binary_text(length: int) -> String:
    """Text compared byte by byte: path prefixes are ranges, which a Chinese collation would break."""
    return String(length).with_variant(String(length, collation="C"), "postgresql")
