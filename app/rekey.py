"""`rekey`: sealed columns under the newest key, and blind indexes under the key that is listed last (`app.secret`).

To change a key: put the new one in FRONT of `ZHIPING_KEYS`, restart, `rekey`: everything is sealed anew, batch by batch, while
people work. Then take the old one out and `rekey` once more: the last key has changed, so the indexes are computed anew, in
one transaction; between the restart and its end nobody is found by number, hence at a quiet hour.
"""

from dataclasses import dataclass, field
from typing import Any

from flask_appbuilder import Model
from sqlalchemy import ColumnElement, Table, bindparam, false, func, or_, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app import audit, secret
from app.db import open_session
from app.models import Application, OfflineCheck, Personal
from app.secret import Keys, Sealed

BATCH = 500
INDEXED = ("id_number", "phone")
#: Tables that keep the index of somebody's ID number without the number: they follow where a person is known.
COPIES = (Application, OfflineCheck)


class NotPossible(Exception):
    """Keys cannot be changed; the sentence is shown."""


@dataclass
class Rekeyed:
    """What was done: rows sealed and indexed anew by table, people at the window who are not on file, old keys in use."""

    key_id: str
    sealed: dict[str, int] = field(default_factory=dict)
    indexed: dict[str, int] = field(default_factory=dict)
    orphans: int = 0
    left: list[str] = field(default_factory=list)


def people() -> list[Table]:
    """Tables with personal data, whatever they are (`app.models.Personal`)."""
    mapped = (mapper for mapper in Model.registry.mappers if issubclass(mapper.class_, Personal))
    return sorted({mapper.local_table for mapper in mapped}, key=lambda table: table.name)


def sealed_columns(table: Table) -> list[ColumnElement[str]]:
    """Columns that hold a sealed value."""
    return [column for column in table.c if column.name.endswith("_sealed")]


def key_ids(session: Session) -> set[str]:
    """Ids of all keys that something is sealed under."""
    found = set()
    for table in people():
        for column in sealed_columns(table):
            end = func.strpos if session.get_bind().dialect.name == "postgresql" else func.instr
            found |= set(session.scalars(select(func.substr(column, 1, end(column, ".") - 1)).distinct()))
    return found


def index_is_current(session: Session) -> bool:
    """Whether numbers are found under the key that is listed last; the oldest row tells."""
    keys = secret.current()
    for table in people():
        row = session.execute(select(table).order_by(table.c.id).limit(1)).one_or_none()
        if row:
            number = _opened(keys, row.id_number_sealed, f"{row.seal_id}:id_number", f"{table.name} {row.id}")
            return keys.index("id_number", number) == row.id_number_index
    return True


def rekey(*, orphans: bool = False) -> Rekeyed:
    """Bring everything under the keys in force; may be cut short and run again, and twice does no harm.

    Somebody who was at the window but is not on file has an index and no number: their record would no longer be
    found. `NotPossible` says so, unless `orphans` allows it.
    """
    keys = secret.current()
    done = Rekeyed(keys.ids[0])
    with open_session() as session:
        unknown = sorted(key_ids(session) - set(keys.ids))
    if unknown:
        raise NotPossible(f"有资料是用密钥 {'、'.join(unknown)} 加密的，ZHIPING_KEYS 中没有它，没有更换。")
    for table in people():
        done.sealed[table.name] = _seal(table, keys)
    try:
        _index(done, keys, orphans=orphans)
    except IntegrityError as clash:
        raise NotPossible(
            "有人的号码在两种索引下各登记了一次，盲索引没有更换。请先停止服务，查清后再运行。"
        ) from clash
    with open_session() as session:
        done.left = sorted(key_ids(session) - {keys.ids[0]})
    return done


# ---- sealing ------------------------------------------------------------------------------------------------------


def _seal(table: Table, keys: Keys) -> int:
    """Seal a table anew batch by batch; what somebody else writes meanwhile is left as they wrote it."""
    columns, count, last = sealed_columns(table), 0, 0
    old = or_(*(~column.startswith(f"{keys.ids[0]}.", autoescape=True) for column in columns))
    while True:
        with open_session() as session:
            wanted = select(table.c.id, table.c.seal_id, *columns).where(old, table.c.id > last)
            rows = session.execute(wanted.order_by(table.c.id).limit(BATCH)).all()
            if not rows:
                return count
            count += _seal_batch(session, table, columns, rows, keys)
            session.commit()
            last = rows[-1].id


def _seal_batch(session: Session, table: Table, columns: list[Any], rows: list[Any], keys: Keys) -> int:
    statement = (
        update(table)
        .where(
            table.c.id == bindparam("this"),
            *(column == bindparam(f"was_{column.name}") for column in columns),
        )
        .values({column.name: bindparam(f"now_{column.name}") for column in columns})
    )
    changes = []
    for row in rows:
        change = {"this": row.id}
        for column in columns:
            value = getattr(row, column.name)
            place = f"{row.seal_id}:{column.name.removesuffix('_sealed')}"
            change[f"was_{column.name}"] = value
            change[f"now_{column.name}"] = keys.seal(
                _opened(keys, value, place, f"{table.name} {row.id}"), place
            )
        changes.append(change)
    session.connection().execute(statement, changes)
    return len(changes)


def _opened(keys: Keys, value: str, place: str, row: str) -> str:
    try:
        return keys.open(value, place)
    except Sealed:
        raise NotPossible(f"{row} 的加密资料无法读取。已换好的保持不变，改正后可再次运行。") from None


# ---- indexes ------------------------------------------------------------------------------------------------------


def _index(done: Rekeyed, keys: Keys, *, orphans: bool) -> None:
    """Compute the indexes anew, all in one transaction, where the last key has changed; write down what was done."""
    with open_session() as session:
        _hold(session)
        if not index_is_current(session):
            known: dict[str, str] = {}
            for table in people():
                done.indexed[table.name] = _index_table(session, table, keys, known)
            done.orphans = _orphans(session, set(known))
            if done.orphans and not orphans:
                raise NotPossible(
                    f"有 {done.orphans} 条线下形式审查记录的人还没有账号，索引不能重算，换了以后就查不到他们。"
                    "盲索引没有更换，原来排在最后的密钥请留着；确实要换，请加 --orphans。"
                )
            for model in COPIES:
                done.indexed[model.__tablename__] = _follow(session, model.__table__, known)
        if any(done.sealed.values()) or any(done.indexed.values()):
            details = {
                "key": done.key_id,
                "sealed": done.sealed,
                "indexed": done.indexed,
                "orphans": done.orphans,
            }
            audit.record(session, "命令行", "rekey", details)
        session.commit()


def _hold(session: Session) -> None:
    """Keep others from writing a person until the commit: what they wrote would carry an index of the other key."""
    tables = [table.name for table in people()] + [model.__tablename__ for model in COPIES]
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text(f"LOCK TABLE {', '.join(tables)} IN SHARE ROW EXCLUSIVE MODE"))
    else:
        session.execute(update(people()[0]).where(false()).values(seal_id=""))


def _index_table(session: Session, table: Table, keys: Keys, known: dict[str, str]) -> int:
    """Compute the indexes of one table; `known` learns which old index of an ID number became which new one."""
    statement = (
        update(table)
        .where(table.c.id == bindparam("this"))
        .values({f"{kind}_index": bindparam(f"new_{kind}") for kind in INDEXED})
    )
    last, count = 0, 0
    while rows := session.execute(
        select(table).where(table.c.id > last).order_by(table.c.id).limit(BATCH)
    ).all():
        changes = []
        for row in rows:
            change = {"this": row.id}
            for kind in INDEXED:
                number = _opened(
                    keys, getattr(row, f"{kind}_sealed"), f"{row.seal_id}:{kind}", f"{table.name} {row.id}"
                )
                change[f"new_{kind}"] = keys.index(kind, number)
            known[row.id_number_index] = change["new_id_number"]
            changes.append(change)
        session.connection().execute(statement, changes)
        last, count = rows[-1].id, count + len(rows)
    return count


def _follow(session: Session, table: Table, known: dict[str, str]) -> int:
    """Give the copies of an index the new one."""
    present = set(session.scalars(select(table.c.id_number_index).distinct())) & set(known)
    changes = [{"old": old, "new": known[old]} for old in sorted(present)]
    if changes:
        statement = update(table).where(table.c.id_number_index == bindparam("old"))
        session.connection().execute(statement.values(id_number_index=bindparam("new")), changes)
    return len(changes)


def _orphans(session: Session, known: set[str]) -> int:
    table = OfflineCheck.__table__
    return len(set(session.scalars(select(table.c.id_number_index))) - known)
