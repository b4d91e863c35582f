"""Reference data that comes with the program: regions, series and titles, working days (domain 9).

Loading is safe to repeat and adds what is missing alone: what an administrator has changed stays changed.
"""

import csv
import json
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import Column, delete, insert, select
from sqlalchemy.orm import Session

from app.models import CalendarDay, CalendarYear, Model, Region, Series, Title
from app.states import Level

DATA = Path(__file__).parent / "data"
REGIONS = DATA / "regions_hunan.csv"
TITLES = DATA / "title_series.csv"
CALENDAR = DATA / "cn_workdays_2019_2026.json"
#: Columns of `title_series.csv` with titles, from the highest level down.
LEVELS = dict(
    zip(("senior", "deputy_senior", "intermediate", "assistant", "junior"), sorted(Level), strict=True)
)


def load(session: Session) -> dict[str, int]:
    """Add what is missing and say how many rows of each table; the caller commits."""
    return {
        "region": _add(session, Region, ("code",), regions()),
        "series": _add(session, Series, ("code",), series()),
        "title": _add(session, Title, ("series_code", "branch", "level"), titles()),
        "calendar_year": load_calendar(session, json.loads(CALENDAR.read_text("utf-8"))),
    }


def load_calendar(session: Session, notices: dict[str, dict[str, list[str]]]) -> int:
    """Add the years that are published and not there yet; `notices` is year to papers, off and work days.

    A year without papers is no notice: holiday-cn keeps an empty file for the year to come. A notice may name days of
    the December before; where two notices name a day, the later holds (domain 4). Gives the number of years added.
    """
    known = set(session.scalars(select(CalendarYear.year)))
    new = {int(year): notice for year, notice in sorted(notices.items()) if notice["papers"]}
    new = {year: notice for year, notice in new.items() if year not in known}
    if not new:
        return 0
    days: dict[date, dict[str, Any]] = {}
    for year, notice in new.items():
        for works, listed in ((False, notice["off"]), (True, notice["work"])):
            days |= {
                day: {"day": day, "works": works, "year": year} for day in map(date.fromisoformat, listed)
            }
    session.execute(
        insert(CalendarYear),
        [{"year": year, "papers": "\n".join(notice["papers"])} for year, notice in new.items()],
    )
    for row in session.scalars(select(CalendarDay).where(CalendarDay.day.in_(list(days)))).all():
        if row.year > days[row.day]["year"]:
            del days[row.day]
    if days:
        session.execute(delete(CalendarDay).where(CalendarDay.day.in_(list(days))))
        session.execute(insert(CalendarDay), list(days.values()))
    return len(new)


def regions() -> list[dict[str, Any]]:
    """Give the 统筹区 of GB/T 2260, each after the one above it, so that the reference to it holds."""
    rows = list(_lines(REGIONS))
    above = {row["code"]: row["parent_code"] for row in rows}
    return sorted(
        (
            {
                "code": row["code"],
                "name": row["gb_name"],
                "shown": row["tongchouqu_name"],
                "parent_code": row["parent_code"] or None,
                "path": _path(row["code"], above),
            }
            for row in rows
        ),
        key=lambda region: region["path"],
    )


def series() -> list[dict[str, Any]]:
    """Give the series of the ministry's list, in its order."""
    names = {row["series_code"]: row["series_name"] for row in _lines(TITLES)}
    return [{"code": code, "name": name} for code, name in names.items()]


def titles() -> Iterator[dict[str, Any]]:
    """Give the titles: one per series, branch and level; many series have no junior level."""
    for row in _lines(TITLES):
        for column, level in LEVELS.items():
            if row[column]:
                about = {"series_code": row["series_code"], "branch": row["branch"]}
                yield {**about, "level": int(level), "name": row[column]}


def _path(code: str, above: dict[str, str]) -> str:
    """Give the codes from the province down to `code`, such as /430000/430100/430102/."""
    return f"{_path(above[code], above) if above[code] else '/'}{code}/"


def _lines(file: Path) -> Iterator[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)


def _add(session: Session, model: type[Model], key: tuple[str, ...], rows: Iterable[dict[str, Any]]) -> int:
    """Insert the rows whose key is not in the table yet, in one statement, and give their number."""
    columns: list[Column] = [model.__table__.c[name] for name in key]
    has = {tuple(row) for row in session.execute(select(*columns))}
    missing = [row for row in rows if tuple(row[name] for name in key) not in has]
    if missing:
        session.execute(insert(model), missing)
    return len(missing)
