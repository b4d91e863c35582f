"""Rows on their way into the tables: ids given out here, written in bulk and in an order that keeps every key.

A million rows never stand in memory: what makes them calls `flush` every few hundred cases.
"""

from typing import Any

from flask_appbuilder.security.sqla.models import assoc_user_role
from sqlalchemy import Table, func, insert, select, text
from sqlalchemy.orm import Session

from app.models import (
    Account,
    Applicant,
    Application,
    Committee,
    CommitteeSpecialty,
    Entry,
    Handler,
    HandlerBusiness,
    Meeting,
    Model,
    Notice,
    OfflineCheck,
    Outcome,
    Plan,
    Publicity,
    PublicityEntry,
    Registration,
    Relation,
    RouteHop,
    Routing,
    Unit,
    UnitFunction,
    committee_region,
    plan_region,
)

Kind = type[Model] | Table

#: What refers to something stands after it.
ORDER: tuple[Kind, ...] = (
    Account,
    assoc_user_role,
    Unit,
    UnitFunction,
    Handler,
    HandlerBusiness,
    Applicant,
    Relation,
    Registration,
    Committee,
    committee_region,
    CommitteeSpecialty,
    Plan,
    plan_region,
    OfflineCheck,
    Meeting,
    Publicity,
    Application,
    RouteHop,
    Outcome,
    PublicityEntry,
    Entry,
    Routing,
    Notice,
)

#: At most about so many rows wait in memory.
MOST = 20_000


class Rows:
    """Rows by table, waiting to be written."""

    def __init__(self, session: Session) -> None:
        """Go on counting where the tables end: `init` has made the first account."""
        self.session = session
        self._postgresql = session.get_bind().dialect.name == "postgresql"
        self._waiting: dict[Kind, list[dict[str, Any]]] = {kind: [] for kind in ORDER}
        self._next: dict[Kind, int] = {}
        for kind in ORDER:
            column = _table(kind).c.get("id")
            if column is not None:
                self._next[kind] = (session.scalar(select(func.max(column))) or 0) + 1

    def new_id(self, kind: Kind) -> int:
        """Give out the next id of a table, for a row that is added later."""
        number = self._next[kind]
        self._next[kind] = number + 1
        return number

    def add(self, kind: Kind, /, **values: Any) -> int:
        """Put a row on the list and give its id, or 0 where the table has none.

        All rows of a table that are written together must name the same columns.
        """
        number = 0
        if kind in self._next:
            number = values.get("id") or self.new_id(kind)
            values["id"] = number
        self._waiting[kind].append(values)
        return number

    @property
    def full(self) -> bool:
        """Whether so much waits that it should be written."""
        return sum(map(len, self._waiting.values())) > MOST

    def flush(self) -> None:
        """Write everything that waits, table by table."""
        for kind, rows in self._waiting.items():
            if rows and self._postgresql:
                self._copy(_table(kind), rows)
            elif rows:
                self.session.execute(insert(_table(kind)), rows)
            rows.clear()

    def _copy(self, table: Table, rows: list[dict[str, Any]]) -> None:
        """Write rows with COPY, which spares the server most of the work of an INSERT.

        What SQLAlchemy would do on the way is done here: its processors for enums, moments and JSON, and the defaults
        of columns that the rows do not name.
        """
        dialect = self.session.get_bind().dialect
        given = dict.fromkeys(rows[0]) | _defaults(table, rows[0])
        pairs = [(name, table.c[name].type.dialect_impl(dialect).bind_processor(dialect)) for name in given]
        columns = ", ".join(f'"{name}"' for name in given)
        cursor = self.session.connection().connection.cursor()
        with cursor, cursor.copy(f'COPY "{table.name}" ({columns}) FROM STDIN') as copy:
            for row in rows:
                whole = given | row
                copy.write_row([process(whole[name]) if process else whole[name] for name, process in pairs])

    def finish(self) -> None:
        """Write the rest; on PostgreSQL, whose sequences know nothing of our ids, move them past the last."""
        self.flush()
        if not self._postgresql:
            return
        for kind in self._next:
            name = _table(kind).name
            move = f"SELECT setval(to_regclass('{name}_id_seq'), (SELECT coalesce(max(id), 1) FROM {name}))"  # noqa: S608 - names of our own
            self.session.execute(text(move))


def _table(kind: Kind) -> Table:
    return kind if isinstance(kind, Table) else kind.__table__


def _defaults(table: Table, row: dict[str, Any]) -> dict[str, Any]:
    """Give the values that SQLAlchemy would put into columns a row does not name."""
    missing = (column for column in table.c if column.name not in row and column.default is not None)
    found = {}
    for column in missing:
        if not column.default.is_sequence:
            found[column.name] = (
                column.default.arg(None) if column.default.is_callable else column.default.arg
            )
    return found
