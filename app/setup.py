"""`init`: tables, roles, reference data and the first administrator; safe to run again (product 5)."""

from flask import current_app
from flask_appbuilder.security.sqla.models import (
    Permission,
    PermissionView,
    ViewMenu,
    assoc_permissionview_role,
    assoc_user_role,
)
from flask_appbuilder.security.sqla.models import Role as RoleRow
from flask_migrate import upgrade
from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from app import accounts, audit, reference
from app.db import open_session
from app.roles import VIEWS, Role
from app.workflow import PROCESSES

ADMIN = "admin"


def initialise() -> str | None:
    """Bring the database up to date; give the administrator's activation code if the account was made just now."""
    upgrade()
    with open_session() as session:
        audit.install_triggers(session.connection())
        load_roles(session)
        reference.load(session)
        code = first_administrator(session)
        session.commit()
    return code


def granted() -> set[tuple[str, str, str]]:
    """All triples of role, permission and view, from the tables of `app.roles` and `app.workflow`."""
    triples = {
        (role.value, permission, view)
        for view, roles in VIEWS.items()
        for role, permissions in roles.items()
        for permission in permissions
    }
    for process in PROCESSES.values():
        for step in process.steps:
            roles = step.by.roles if step.by else ()
            triples |= {(role.value, step.permission, process.permission_view) for role in roles}
    return triples


def load_roles(session: Session) -> None:
    """Make roles and permissions what the tables say: nothing more, nothing less. The Public role stays empty."""
    triples = granted()
    roles = _ids(session, RoleRow, {role.value for role in Role} | {"Admin", "Public"})
    permissions = _ids(session, Permission, {permission for _role, permission, _view in triples})
    views = _ids(session, ViewMenu, {view for _role, _permission, view in triples})
    pairs = {
        (permission, view): pair
        for pair, permission, view in session.execute(
            select(PermissionView.id, PermissionView.permission_id, PermissionView.view_menu_id)
        )
    }
    wanted = {(permissions[permission], views[view]) for _role, permission, view in triples}
    for permission, view in sorted(wanted - set(pairs)):
        made = (
            insert(PermissionView)
            .values(permission_id=permission, view_menu_id=view)
            .returning(PermissionView.id)
        )
        pairs[permission, view] = session.execute(made).scalar_one()
    session.execute(delete(assoc_permissionview_role))
    session.execute(
        insert(assoc_permissionview_role),
        [
            {"role_id": roles[role], "permission_view_id": pairs[permissions[permission], views[view]]}
            for role, permission, view in sorted(triples)
        ],
    )


def _ids(session: Session, model: type, names: set[str]) -> dict[str, int]:
    """Ids by name, making what is missing."""
    has = dict(session.execute(select(model.name, model.id)).all())
    for name in sorted(names - set(has)):
        has[name] = session.execute(insert(model).values(name=name).returning(model.id)).scalar_one()
    return has


def first_administrator(session: Session) -> str | None:
    """Open the first 系统管理员, if there is none, with a code that must be changed at first sign-in."""
    role = session.scalar(select(RoleRow.id).where(RoleRow.name == Role.ADMIN.value))
    if session.scalar(select(assoc_user_role.c.user_id).where(assoc_user_role.c.role_id == role).limit(1)):
        return None
    code = accounts.activation_code()
    login = accounts.login_values(ADMIN, "系统管理员", accounts.hashed(code), must_change=True)
    accounts.make_login(session, login, [Role.ADMIN])
    current_app.logger.info("the first administrator was made")
    return code
