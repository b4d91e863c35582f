"""`init`, settings and the application's own extension."""

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from flask_appbuilder.security.sqla.models import (
    Permission,
    PermissionView,
    ViewMenu,
    assoc_permissionview_role,
)
from flask_appbuilder.security.sqla.models import Role as RoleRow
from sqlalchemy import func, select

import config
from app import clock, create_app, roles, settings, setup, workdays
from app.db import open_session
from app.models import Account, CalendarYear
from app.workflow import PROCESSES

KEYS = "k1:" + "A" * 43 + "="


def loaded(session):
    """What the database says of roles, permissions and views."""
    statement = (
        select(RoleRow.name, Permission.name, ViewMenu.name)
        .join(assoc_permissionview_role, assoc_permissionview_role.c.role_id == RoleRow.id)
        .join(PermissionView, PermissionView.id == assoc_permissionview_role.c.permission_view_id)
        .join(Permission, Permission.id == PermissionView.permission_id)
        .join(ViewMenu, ViewMenu.id == PermissionView.view_menu_id)
    )
    return {tuple(row) for row in session.execute(statement)}


def test_roles_in_the_database_are_those_of_the_tables(app):
    with open_session() as session:
        assert loaded(session) == setup.granted()


def test_loading_takes_away_what_the_tables_do_not_say(app):
    with open_session() as session:
        public = session.scalar(select(RoleRow.id).where(RoleRow.name == "Public"))
        pair = session.scalar(select(PermissionView.id).limit(1))
        session.execute(assoc_permissionview_role.insert().values(role_id=public, permission_view_id=pair))
        session.commit()

        setup.load_roles(session)
        session.commit()

        assert loaded(session) == setup.granted()


def test_every_step_people_take_has_a_role():
    granted = {(permission, view) for _role, permission, view in setup.granted()}
    wanted = {
        (step.permission, process.permission_view)
        for process in PROCESSES.values()
        for step in process.steps
        if step.by and step.by.posts
    }

    assert wanted <= granted


def test_initialising_again_changes_nothing(app):
    with open_session() as session:
        before = session.scalar(select(func.count()).select_from(Account))

    assert setup.initialise() is None

    with open_session() as session:
        assert session.scalar(select(func.count()).select_from(Account)) == before
        admin = session.scalar(select(Account).where(Account.username == "admin"))
    assert admin.must_change_password


def test_the_framework_roles_have_nobody(app):
    with open_session() as session:
        for name in ("Admin", "Public"):
            role = session.scalar(select(RoleRow).where(RoleRow.name == name))
            assert role.user == []
            assert role.permissions == []


@pytest.mark.parametrize("missing", ["SECRET_KEY", "ZHIPING_KEYS"])
def test_production_refuses_to_start_without_its_keys(missing):
    given = {"ZHIPING_MODE": "production", "SECRET_KEY": "x", "ZHIPING_KEYS": KEYS}
    given.pop(missing)

    with pytest.raises(RuntimeError, match="production needs SECRET_KEY and ZHIPING_KEYS"):
        config.settings({}, given)


def test_production_hardens_the_cookie():
    values = config.settings({}, {"ZHIPING_MODE": "production", "SECRET_KEY": "x", "ZHIPING_KEYS": KEYS})

    assert (values["SESSION_COOKIE_NAME"], values["SESSION_COOKIE_SECURE"]) == ("__Host-zhiping", True)


def test_the_kept_secret_is_its_owners_alone(tmp_path):
    file = tmp_path / "deep" / "secret_key"

    first, second = config.kept_secret(file), config.kept_secret(file)

    assert first == second
    assert len(first) == 64
    assert file.stat().st_mode & 0o777 == 0o600


def test_the_clock_of_a_production_system_is_not_moved(tmp_path):
    given = {"ZHIPING_MODE": "production", "SECRET_KEY": "x", "ZHIPING_KEYS": KEYS}
    production = create_app(given | {"DATABASE_URL": f"sqlite:///{tmp_path / 'p.sqlite'}"})

    with production.app_context(), pytest.raises(PermissionError):
        production.extensions["zhiping"].move_clock(clock.at(clock.today(), 9))


def test_the_demo_clock_moves(app):
    extension = app.extensions["zhiping"]
    with open_session() as session:
        settings.put(session, settings.CLOCK_OFFSET, 3600)
        session.commit()

    assert extension.clock_offset() == timedelta(hours=1)


def test_the_calendar_comes_from_the_database(app):
    with open_session() as session:
        session.add(CalendarYear(year=2031, papers="通知"))
        session.commit()

    assert 2031 in workdays.current().years


def test_without_tables_the_shipped_calendar_serves(tmp_path):
    empty = create_app({"SECRET_KEY": "x", "DATABASE_URL": f"sqlite:///{tmp_path / 'empty.sqlite'}"})

    with empty.app_context():
        assert workdays.current() == workdays.shipped()
        assert empty.extensions["zhiping"].clock_offset() == timedelta()


def test_every_view_with_permissions_exists(app):
    names = {type(view).__name__ for view in app.appbuilder.baseviews}

    assert set(roles.VIEWS) - names == set()


def test_identity_works_without_an_application():
    code = "from app.identity import credit_code; print(credit_code('91110000600037341l'))"
    root = Path(config.__file__).parent

    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "91110000600037341L"
