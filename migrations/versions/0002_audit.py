"""The audit becomes a chain that is only ever added to; rows written before are taken over, in order."""

import hashlib
import json
from datetime import UTC

import sqlalchemy as sa
from alembic import op

# revision identifiers, used by Alembic.
revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

NOTHING = "0" * 64

SQLITE = [
    f"CREATE TRIGGER audit_no_{verb.lower()} BEFORE {verb} ON audit"
    " BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END"
    for verb in ("UPDATE", "DELETE")
]
POSTGRESQL = [
    (
        "CREATE OR REPLACE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'audit is append-only'; END $$"
    ),
    (
        "CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON audit"
        " FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only()"
    ),
]


def upgrade():
    connection = op.get_bind()
    old = sa.table("audit", *map(sa.column, ("id", "actor_id", "actor_name", "act")))
    old.append_column(sa.column("at", sa.DateTime(timezone=True)))
    old.append_column(sa.column("details", sa.JSON()))
    before = [dict(row) for row in connection.execute(sa.select(old).order_by(old.c.id)).mappings()]
    op.drop_table("audit")
    audit = op.create_table(
        "audit",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False, comment="第几行，从 1 起不缺号"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, comment="时间"),
        sa.Column("actor_id", sa.Integer(), nullable=True, comment="办理人账号；命令行为空"),
        sa.Column("actor_name", sa.String(length=64), nullable=False, comment="办理人"),
        sa.Column("act", sa.String(length=60), nullable=False, comment="做了什么"),
        sa.Column("subject", sa.String(length=60), nullable=False, comment="对哪一件，如 application:12"),
        sa.Column("details", sa.JSON(), nullable=False, comment="编号、条件和数量"),
        sa.Column("previous", sa.String(length=64), nullable=False, comment="上一行的摘要"),
        sa.Column("digest", sa.String(length=64), nullable=False, comment="本行连同上一行摘要的 SHA-256"),
        sa.CheckConstraint("length(previous) = 64 AND length(digest) = 64", name="ck_audit_digests"),
        sa.ForeignKeyConstraint(["actor_id"], ["ab_user.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_audit_act", "audit", ["act"])
    op.create_index("ix_audit_subject", "audit", ["subject"])
    head = op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False, comment="总是 1"),
        sa.Column("last_id", sa.Integer(), nullable=False, comment="最后一行"),
        sa.Column("digest", sa.String(length=64), nullable=False, comment="最后一行的摘要"),
        sa.CheckConstraint("id = 1", name="ck_audit_head_one"),
        sa.PrimaryKeyConstraint("id"),
    )
    rows = chained(before)
    if rows:
        op.bulk_insert(audit, rows)
    op.bulk_insert(head, [{"id": 1, "last_id": len(rows), "digest": rows[-1]["digest"] if rows else NOTHING}])
    for statement in SQLITE if connection.dialect.name == "sqlite" else POSTGRESQL:
        op.execute(statement)


def chained(before):
    """Number the rows from 1 and chain them, as `app.audit` did when this was written."""
    rows, digest = [], NOTHING
    for number, row in enumerate(before, 1):
        at = row["at"] if row["at"].tzinfo else row["at"].replace(tzinfo=UTC)
        made = {**row, "id": number, "subject": "", "previous": digest}
        said = {name: value for name, value in made.items() if name != "at"}
        said["at"] = at.astimezone(UTC).isoformat(timespec="microseconds")
        text = json.dumps(said, sort_keys=True, separators=(",", ":"))
        digest = hashlib.sha256(text.encode()).hexdigest()
        rows.append(made | {"digest": digest})
    return rows


def downgrade():
    raise NotImplementedError("what was audited is not forgotten; restore a backup instead")
