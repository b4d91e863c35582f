"""What belongs to one application: keys, calendar, clock, files; and the extensions it is made with."""

from datetime import UTC, datetime, timedelta

from flask import Flask, g, has_request_context
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_migrate import Migrate
from flask_wtf import CSRFProtect
from sqlalchemy import Engine, event, select
from sqlalchemy.exc import SQLAlchemyError

from app import settings
from app.db import open_session
from app.models import CalendarDay, CalendarYear
from app.secret import Keys
from app.workdays import Calendar, shipped

csrf = CSRFProtect()
migrate = Migrate()
limiter = Limiter(key_func=get_remote_address, default_limits=[])


def set_pragmas(engine: Engine) -> None:
    """Make SQLite keep what it promised: foreign keys, write-ahead log, a full fsync, triggers on replace."""
    if engine.dialect.name != "sqlite":
        return

    @event.listens_for(engine, "connect")
    def _pragmas(connection: object, _record: object) -> None:
        cursor = connection.cursor()
        for pragma in ("foreign_keys=ON", "journal_mode=WAL", "synchronous=FULL", "recursive_triggers=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()


class Zhiping:
    """The application's own extension, found as `app.extensions["zhiping"]`."""

    def __init__(self, app: Flask) -> None:
        self.mode: str = app.config["ZHIPING_MODE"]
        listed = app.config["ZHIPING_KEYS"]
        self.keys = Keys.parse(listed) if listed else Keys.derive(app.config["SECRET_KEY"])
        self.files_url: str = app.config["ZHIPING_FILES"]

    @property
    def demo(self) -> bool:
        """Whether the clock may be moved and demo accounts exist; never in production."""
        return self.mode != "production"

    def calendar(self) -> Calendar:
        """The working-day calendar in the database, read once per request; the shipped one while there is none."""
        if has_request_context():
            if "calendar" not in g:
                g.calendar = _read_calendar()
            return g.calendar
        return _read_calendar()

    def clock_offset(self) -> timedelta:
        """How far the demo clock runs ahead or behind; nothing in production."""
        if not self.demo:
            return timedelta()
        if has_request_context():
            if "clock_offset" not in g:
                g.clock_offset = _read_offset()
            return g.clock_offset
        return _read_offset()

    def move_clock(self, to: datetime) -> None:
        """Set the demo clock to a moment; refused in production."""
        if not self.demo:
            message = "the clock of a production system is not moved"
            raise PermissionError(message)
        with open_session() as session:
            seconds = int((to - datetime.now(UTC)).total_seconds())
            settings.put(session, settings.CLOCK_OFFSET, seconds)
            session.commit()
        if has_request_context():
            g.pop("clock_offset", None)


def _read_calendar() -> Calendar:
    try:
        with open_session() as session:
            years = frozenset(session.scalars(select(CalendarYear.year)))
            days = session.execute(select(CalendarDay.day, CalendarDay.works)).all()
    except SQLAlchemyError:
        return shipped()
    if not years:
        return shipped()
    work = frozenset(day for day, works in days if works)
    return Calendar(years, frozenset(day for day, works in days if not works), work)


def _read_offset() -> timedelta:
    try:
        with open_session() as session:
            return timedelta(seconds=settings.get(session, settings.CLOCK_OFFSET))
    except SQLAlchemyError:
        return timedelta()
