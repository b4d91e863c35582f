"""审计: one row per act, append-only, each chained to the one before (issue 3 part 4; security T24).

An act is a step of a process with all its cases, a sign-in, a disclosure, an export, an import, a changed setting, a
backup. Rows hold ids and counts, never personal data, and are never pruned. Triggers refuse changes on both databases;
whoever gets past them breaks the chain, which `broken` finds. A chain can still be made anew as a whole: the last digest,
which `audit verify` and every backup name, is worth keeping elsewhere.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from sqlalchemy import Connection, Table, event, func, insert, select, update
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from app import clock
from app.models import Audit, Setting, audit_head

#: What the first row calls the digest before it.
NOTHING = "0" * 64
#: So many ids are written out; of more, their number and digest.
MOST_IDS = 50
BLOCK = 1000
FIELDS = ("id", "actor_id", "actor_name", "act", "subject", "details", "previous")


# ---- writing ------------------------------------------------------------------------------------------------------


def record(
    session: Session,
    actor_name: str,
    act: str,
    details: dict[str, Any],
    actor_id: int | None = None,
    subject: str = "",
) -> None:
    """Write down that an act was done: last in the transaction of the act, and the caller commits.

    `act` is an identifier such as `export_reviews`, `subject` one case such as `application:12`; `details` must be JSON
    and free of personal data. Without `actor_id` it was done from the command line or by the clock. Moving the head of
    the chain is the first thing done: it holds back everybody else until the commit, so that the chain cannot fork.
    """
    head = (
        update(audit_head)
        .where(audit_head.c.id == 1)
        .values(last_id=audit_head.c.last_id + 1)
        .returning(audit_head.c.last_id, audit_head.c.digest)
    )
    number, previous = session.execute(head).one()
    row = {
        "id": number,
        "at": clock.now(),
        "actor_id": actor_id,
        "actor_name": actor_name,
        "act": act,
        "subject": subject,
        "details": json.loads(json.dumps(details)),
        "previous": previous,
    }
    row["digest"] = digest_of(row)
    session.execute(insert(Audit).values(row))
    session.execute(update(audit_head).where(audit_head.c.id == 1).values(digest=row["digest"]))


def digest_of(row: dict[str, Any]) -> str:
    """SHA-256 of what a row says and of the digest before it, in one way of writing only."""
    said = {name: row[name] for name in FIELDS} | {
        "at": row["at"].astimezone(UTC).isoformat(timespec="microseconds")
    }
    text = json.dumps(said, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def ids(numbers: list[int]) -> dict[str, Any]:
    """Say which cases: their number, and the ids, or of many the digest of the ids in order."""
    numbers = sorted(numbers)
    if len(numbers) <= MOST_IDS:
        return {"count": len(numbers), "ids": numbers}
    text = ",".join(map(str, numbers))
    return {"count": len(numbers), "ids_sha256": hashlib.sha256(text.encode()).hexdigest()}


# ---- settings -----------------------------------------------------------------------------------------------------


@event.listens_for(Session, "before_flush")
def _see_settings(session: Session, *_more: object) -> None:
    """Notice changed settings in whatever session, so that no page can forget to write them down."""
    touched = (
        row for row in (*session.new, *session.dirty) if isinstance(row, Setting) and session.is_modified(row)
    )
    changed = {row.key: row.value for row in touched}
    gone = {row.key: None for row in session.deleted if isinstance(row, Setting)}
    if changed or gone:
        session.info.setdefault("settings", {}).update(changed | gone)


@event.listens_for(Session, "before_commit")
def _write_settings(session: Session) -> None:
    """Write the row just before the commit, when nothing else follows."""
    session.flush()
    changed = session.info.pop("settings", None)
    if changed:
        from app.access import current_actor  # noqa: PLC0415 - access stands above

        actor = current_actor()
        record(session, actor.name if actor else "", "setting", changed, actor.user_id if actor else None)


@event.listens_for(Session, "after_rollback")
def _forget_settings(session: Session) -> None:
    session.info.pop("settings", None)


# ---- append-only --------------------------------------------------------------------------------------------------

SQLITE = tuple(
    f"CREATE TRIGGER IF NOT EXISTS audit_no_{verb.lower()} BEFORE {verb} ON audit"
    " BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END"
    for verb in ("UPDATE", "DELETE")
)
POSTGRESQL = (
    (
        "CREATE OR REPLACE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'audit is append-only'; END $$"
    ),
    (
        "CREATE OR REPLACE TRIGGER audit_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON audit"
        " FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only()"
    ),
)


def install_triggers(connection: Connection) -> None:
    """Refuse changes to what is written; Alembic's way of changing a table on SQLite loses triggers, so `init` asks again.

    INSERT OR REPLACE is a DELETE to SQLite where `recursive_triggers` is on (`app.extension`).
    """
    for statement in SQLITE if connection.dialect.name == "sqlite" else POSTGRESQL:
        connection.exec_driver_sql(statement)


@event.listens_for(Audit.__table__, "after_create")
def _with_table(_table: Table, connection: Connection, **_more: object) -> None:
    install_triggers(connection)


@event.listens_for(audit_head, "after_create")
def _with_head(_table: Table, connection: Connection, **_more: object) -> None:
    connection.execute(insert(audit_head).values(id=1, last_id=0, digest=NOTHING))


# ---- reading ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Verified:
    """What a walk along the chain found: rows read, the last digest, and the first break, if any."""

    rows: int
    digest: str
    broken_id: int | None = None
    why: str = ""


def verify(session: Session) -> Verified:
    """Walk the chain from the first row to the head and stop at the first row that does not fit.

    Where the chain ends is read first and in one statement, so that rows added meanwhile do not disturb.
    """
    columns, last, digest = Audit.__table__.c, 0, NOTHING
    highest = select(func.coalesce(func.max(columns.id), 0)).scalar_subquery()
    head = session.execute(select(audit_head.c.last_id, audit_head.c.digest, highest)).one_or_none()
    wanted = select(columns).order_by(columns.id).execution_options(yield_per=BLOCK)
    with session.execute(wanted.where(columns.id <= head.last_id) if head else wanted) as rows:
        for row in rows:
            why = _fault(row, last, digest)
            if why:
                return Verified(last, digest, row.id, why)
            last, digest = row.id, row.digest
    if head is None:
        return Verified(last, digest, last + 1, "没有链尾记录，后面的行可能已被删除")
    if head.last_id > last:
        return Verified(last, digest, last + 1, f"第 {last + 1} 行到第 {head.last_id} 行不见了")
    if head.digest != digest:
        return Verified(last, digest, last, "与链尾记录的摘要不符")
    if head[2] > last:
        return Verified(last, digest, last + 1, "这一行起不是系统写入的，与链尾记录不符")
    return Verified(last, digest)


def _fault(row: Row, last: int, digest: str) -> str:
    """Say what is wrong with a row that follows `last`, or nothing."""
    if row.id > last + 1:
        return f"第 {last + 1} 行到第 {row.id - 1} 行不见了"
    if row.id <= last:
        return "行号不在次序里"
    if digest_of(dict(row._mapping)) != row.digest:  # noqa: SLF001 - a Row has no public way to a dict
        return "内容与摘要不符，被改动过"
    return "" if row.previous == digest else "与上一行接不上，次序被改动过或有行被换掉"
