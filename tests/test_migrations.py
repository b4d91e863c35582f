"""Migrations make the schema that the models describe, on both databases."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.pool import NullPool

from app.db import db

# On SQLite the index on lower(username) cannot be compared; that it is there shows `test_a16` of test_holes_sign_in.py.
pytestmark = [
    pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index"),
    pytest.mark.filterwarnings("ignore:autogenerate skipping metadata-specified expression-based index"),
]


def described(engine):
    """Tables with columns, checks, unique constraints, indexes and keys, by name."""
    inspector = inspect(engine)
    found = {}
    for table in sorted(set(inspector.get_table_names()) - {"alembic_version"}):
        found[table] = {
            "columns": sorted(
                (it["name"], str(it["type"]), it["nullable"]) for it in inspector.get_columns(table)
            ),
            "checks": sorted(
                (it["name"] or "", "".join(it["sqltext"].split()))
                for it in inspector.get_check_constraints(table)
            ),
            "unique": sorted(
                (it["name"] or "", it["column_names"]) for it in inspector.get_unique_constraints(table)
            ),
            "indexes": sorted(
                (it["name"], it["column_names"], bool(it["unique"])) for it in inspector.get_indexes(table)
            ),
            "keys": sorted(
                (it["constrained_columns"], it["referred_table"]) for it in inspector.get_foreign_keys(table)
            ),
        }
    return found


@pytest.fixture
def created(app, world, tmp_path):
    """An engine on a database made by `create_all`, beside the migrated one."""
    url = db.engine.url
    if url.drivername.startswith("sqlite"):
        engine = create_engine(f"sqlite:///{tmp_path / 'created.sqlite'}", poolclass=NullPool)
        db.metadata.create_all(engine)
        yield engine
        return
    name = f"{url.database}_created"
    with world.server.connect() as connection:
        connection.execute(text(f'DROP DATABASE IF EXISTS "{name}"'))
        connection.execute(text(f'CREATE DATABASE "{name}"'))
    engine = create_engine(url.set(database=name), poolclass=NullPool)
    db.metadata.create_all(engine)
    yield engine
    with world.server.connect() as connection:
        connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))


def test_the_migrated_schema_is_the_one_of_the_models(created):
    assert described(db.engine) == described(created)


def test_nothing_is_left_to_migrate(app):
    with db.engine.connect() as connection:
        differences = compare_metadata(
            MigrationContext.configure(connection, opts={"compare_type": True}), db.metadata
        )

    assert differences == []
