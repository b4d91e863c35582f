"""A page of a list: what was asked for, how many there are, the rows, and the links that change it.

Everything comes from the query string and is read forgivingly: what makes no sense is as if it were not there.
Counting ends at `CAP`; nobody reads further, and a million rows would be counted on every page.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import Any

from flask import request, url_for
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from app.console.columns import Cell, Column
from app.db import db

CAP = 10_000
LONGEST = 60


@dataclass(frozen=True)
class Link:
    """A tab or a chip: words, address, whether it is the present one, and how many it leads to."""

    label: str
    url: str
    on: bool = False
    count: str = ""
    due: bool = False


@dataclass(frozen=True)
class Line:
    """One row of the list as it is shown."""

    pk: int
    name: str
    url: str
    cells: list[Cell]


@dataclass
class Listing:
    """Everything `list.html` asks for."""

    title: str
    columns: Sequence[Column]
    lines: list[Line]
    count: int
    page: int
    size: int
    q: str = ""
    words: str = ""
    #: Where people are searched for: whole ID and phone numbers do not belong in an address, the browser keeps them.
    about_people: bool = False
    tabs: list[Link] = field(default_factory=list)
    chips: list[Link] = field(default_factory=list)
    kept: dict[str, str] = field(default_factory=dict)
    steps: list[Any] = field(default_factory=list)
    order_words: str = ""
    unit: str = ""
    act: str = ""
    add_url: str = ""
    links: list[tuple[str, str]] = field(default_factory=list)
    empty: tuple[str, str] = ("", "")

    @property
    def pages(self) -> int:
        """How many pages there are."""
        return max(1, ceil(min(self.count, CAP) / self.size))

    @property
    def count_text(self) -> str:
        """How many there are, or that there are more than were counted."""
        return f"{CAP}+" if self.count > CAP else str(self.count)

    @property
    def total(self) -> str:
        """The line under the list."""
        first = self.page * self.size + 1
        last = first + len(self.lines) - 1
        words = _(
            "共 %(count)s %(unit)s，当前第 %(first)s–%(last)s。",
            count=self.count_text,
            unit=self.unit,
            first=first,
            last=last,
        )
        return words + self.order_words

    def page_url(self, number: int) -> str:
        """Address of a page of this list."""
        return here(page=number or None)

    def sort_url(self, column: Column) -> str:
        """Address of this list ordered by a column, or the other way round."""
        return here(sort=f"-{column.sort}" if wanted_sort() == column.sort else column.sort, page=None)

    def sorted_by(self, column: Column) -> str:
        """The value of aria-sort for a column."""
        wanted = wanted_sort()
        return (
            {column.sort: "ascending", f"-{column.sort}": "descending"}.get(wanted, "") if column.sort else ""
        )


def here(**changes: object) -> str:
    """Address of this page with some arguments changed; None takes one away."""
    args = {
        name: value
        for name, value in request.args.items()
        if name.isidentifier() and not name.startswith("_")
    }
    args = {name: value for name, value in {**args, **changes}.items() if value not in (None, "")}
    return url_for(request.endpoint, **(request.view_args or {}), **args)


def wanted_text(name: str = "q") -> str:
    """The text that was searched for."""
    return request.args.get(name, "").strip()[:LONGEST]


def wanted_page() -> int:
    """The page that was asked for, from 0."""
    text = request.args.get("page", "")
    return min(int(text), CAP) if text.isascii() and text.isdigit() and len(text) < len(str(CAP)) + 1 else 0


def wanted_sort() -> str:
    """The column that was asked for."""
    return request.args.get("sort", "")


def wanted_id(name: str) -> int | None:
    """A whole number from the query string that can be an id."""
    text = request.args.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and int(text[:11]) < 2**31 else None


def contains(columns: Sequence[InstrumentedAttribute], text: str) -> ColumnElement[bool]:
    """Rows in which one of the columns contains the text, whatever signs it has."""
    return or_(*(column.contains(text, autoescape=True) for column in columns))


def capped(statement: Select) -> int:
    """Count rows up to just beyond the cap."""
    return db.session.scalar(select(func.count()).select_from(statement.limit(CAP + 1).subquery()))


def by_state(statement: Select) -> dict[Any, int]:
    """Count rows by the one column the statement selects, up to just beyond the cap in all."""
    found = statement.limit(CAP + 1).subquery()
    column = found.c[0]
    return dict(db.session.execute(select(column, func.count()).group_by(column)).all())
