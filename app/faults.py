"""What is nobody's mistake: a database that is down, frozen or locked, a disk that is full (security T26, T27, T29).

`is_fault` tells it from an error of ours, so that it is answered with 503 and the next request works. A frozen
PostgreSQL answers nothing at all, not even its own timeouts: `make_patient` lets the client give up instead.
"""

import errno
from typing import Any

import psycopg
from flask import current_app, g, has_request_context
from psycopg.errors import _WaitTimeout
from sqlalchemy import Engine, event
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection

#: What the operating system says of a disk that takes nothing more.
DISK = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO})
#: SQLite's primary result codes: PERM, BUSY, LOCKED, READONLY, IOERR, FULL, CANTOPEN, PROTOCOL.
SQLITE = frozenset({3, 5, 6, 8, 10, 13, 14, 15})
NO_TABLE = "no such table"
#: PostgreSQL's states that come as another class of error: a table that `init` has not made, a standby.
POSTGRES = frozenset({"42P01", "25006"})


def is_fault(error: BaseException) -> bool:
    """Whether the request may be tried again later as it is, with nothing of ours to mend."""
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or _of_database(error)
    if isinstance(error, OSError):
        return error.errno in DISK
    return isinstance(error, NoConnection)


def _of_database(error: DBAPIError) -> bool:
    cause = error.orig
    if type(cause).__module__ == "sqlite3":
        return getattr(cause, "sqlite_errorcode", 0) & 0xFF in SQLITE or NO_TABLE in str(cause)
    return isinstance(error, OperationalError | InterfaceError) or getattr(cause, "sqlstate", "") in POSTGRES


class Patient(psycopg.Connection):
    """A connection that gives up when a request has waited long enough; commands wait as long as it takes."""

    def wait(self, gen: Any, *args: Any, **kwargs: Any) -> Any:
        """Wait as the driver does, but not for ever; what is given up is closed, as its answer may still come."""
        if args or "timeout" in kwargs or not has_request_context():
            return super().wait(gen, *args, **kwargs)
        limit = g.get("patience", current_app.config["DATABASE_PATIENCE"])
        try:
            return super().wait(gen, timeout=limit)
        except _WaitTimeout as late:
            self.close()
            message = f"the database did not answer within {limit} s"
            raise psycopg.OperationalError(message) from late


def make_patient(engine: Engine) -> None:
    """Let the engine connect with patient connections."""
    if engine.dialect.name == "postgresql":

        @event.listens_for(engine, "do_connect")
        def _connect(_dialect: Any, _record: Any, args: Any, options: Any) -> Patient:
            return Patient.connect(*args, **options)
