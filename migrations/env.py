"""Run migrations on the application's own engine.

SQLite changes a table by copying it; with foreign keys on, the copy would empty tables that refer to it. They are off
while a migration runs, and checked afterwards.
"""

from alembic import context
from flask import current_app
from sqlalchemy import Connection

from app.db import Moment

extension = current_app.extensions["migrate"]


def plain(kind: str, thing: object, _context: object) -> str | bool:
    """Write our own column types as what they are in the database, so that a migration needs none of our code."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(thing, Moment) else False


def run(connection: Connection) -> None:
    sqlite = connection.dialect.name == "sqlite"
    if sqlite:
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        connection.commit()
    context.configure(
        connection=connection,
        target_metadata=extension.db.metadata,
        render_item=plain,
        **extension.configure_args,
    )
    with context.begin_transaction():
        context.run_migrations()
    if sqlite:
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
        connection.commit()
        connection.exec_driver_sql("PRAGMA foreign_keys=ON")
        if broken:
            raise RuntimeError(f"the migration left rows that refer to nothing: {broken[:3]}")


with extension.db.engine.connect() as connection:
    run(connection)
