"""What stands in a cell of a list and beside a label of a case: text, small text, a state, a wait, a link."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask_babel import gettext as _

from app.console.ground import shown_day, shown_moment
from app.states import Level, State, Word


@dataclass(frozen=True)
class Cell:
    """One shown value. `since` shows a wait in working days, against `days` where there is a limit."""

    text: str = ""
    small: str = ""
    state: State | None = None
    label: str = ""
    since: datetime | None = None
    days: object = None
    url: str = ""
    num: bool = False
    empty: bool = False


@dataclass(frozen=True)
class Column:
    """A column of a list or a fact of a case: its words and what it shows of a row.

    `shows` gives a `Cell`, or a plain value that is written as people read it. `sort` names the column to order by;
    `half` lets two cells share a line on phones. A `quiet` fact is left out where there is nothing to say.
    """

    title: str
    shows: Callable[[Any], Any]
    sort: str = ""
    half: bool = False
    quiet: bool = False

    @property
    def label(self) -> str:
        """The words, in the language of the reader."""
        return _(self.title)

    def of(self, row: Any) -> Cell:
        """Give the cell of a row."""
        return cell(self.shows(row))


def facts_of(columns: Iterable[Column], row: Any) -> list[tuple[str, Cell]]:
    """Give the facts of a row, each with its words."""
    facts = [(column, column.of(row)) for column in columns]
    return [(column.label, found) for column, found in facts if not (column.quiet and found.empty)]


def cell(value: Any) -> Cell:
    """Make a cell of a plain value."""
    if isinstance(value, Cell):
        return value
    if isinstance(value, State):
        return Cell(state=value, label=value.label)
    if isinstance(value, tuple):
        first = cell(value[0])
        small = plain(value[1])
        return Cell(
            first.text, small, first.state, first.label, num=first.num, empty=first.empty and not small
        )
    text = plain(value)
    return Cell(text or _("无"), num=isinstance(value, datetime | date), empty=not text)


def plain(value: Any) -> str:  # noqa: PLR0911 - one line per kind of value
    """Write a value as people read it; empty stays empty."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if isinstance(value, Word | State | Level):
        return value.label
    if isinstance(value, datetime):
        return shown_moment(value)
    if isinstance(value, date):
        return shown_day(value)
    if isinstance(value, list | set | frozenset):
        return "、".join(sorted(plain(one) for one in value))
    return str(value)


def person(name: str, row: Any) -> Cell:
    """Give a person with the masked number beneath."""
    return Cell(name, row.id_number_mask)
