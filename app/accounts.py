"""Logins: made in bulk through plain inserts, so that ten thousand take no longer than they must.

An account that nobody has used yet has an unguessable password and must change it at first sign-in; what is handed
over is an activation code, shown once.
"""

import secrets
from collections.abc import Iterable
from typing import Any
from uuid import uuid4

from flask_appbuilder.security.sqla.models import Role as RoleRow
from flask_appbuilder.security.sqla.models import assoc_user_role
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session
from werkzeug.security import generate_password_hash

from app import clock
from app.models import Account
from app.roles import Role
from app.states import Function

#: Roles that the handlers of a unit get from its functions.
ROLES_OF = {
    Function.BUREAU: (Role.BUREAU_TITLES, Role.BUREAU_MARKET),
    Function.SUPERIOR: (Role.SUPERIOR,),
    Function.EMPLOYER: (Role.CLERK,),
    Function.COMMITTEE_OFFICE: (Role.OFFICE,),
    Function.FORM_REVIEW: (Role.BUREAU_TITLES,),
}


def roles_for(functions: Iterable[Function]) -> frozenset[Role]:
    """The roles that follow from functions."""
    return frozenset(role for function in functions for role in ROLES_OF[function])


def taken(session: Session, username: str) -> bool:
    """Whether a username is in use, whatever its case."""
    return session.scalar(select(func.count()).where(func.lower(Account.username) == username.lower())) > 0


def login_values(
    username: str, name: str, password_hash: str, *, must_change: bool = False
) -> dict[str, Any]:
    """Columns of a login. The e-mail column wants a value and is never used: it gets one that leads nowhere."""
    now = clock.now().replace(tzinfo=None)
    return {
        "username": username.lower(),
        "first_name": name,
        "last_name": "",
        "active": True,
        "email": f"{uuid4().hex}@local.invalid",
        "password": password_hash,
        "login_count": 0,
        "fail_login_count": 0,
        "created_on": now,
        "changed_on": now,
        "must_change_password": must_change,
    }


def role_ids(session: Session) -> dict[str, int]:
    """Ids of the roles by name."""
    return dict(session.execute(select(RoleRow.name, RoleRow.id)).all())


def make_login(session: Session, values: dict[str, Any], roles: Iterable[Role]) -> int:
    """Insert one login with its roles and give its id; the caller commits."""
    user_id = session.execute(insert(Account).values(values).returning(Account.id)).scalar_one()
    ids = role_ids(session)
    grant(session, user_id, roles, ids)
    return user_id


def grant(session: Session, user_id: int, roles: Iterable[Role], ids: dict[str, int]) -> None:
    """Give an account the roles it does not have yet."""
    has = set(session.scalars(select(assoc_user_role.c.role_id).where(assoc_user_role.c.user_id == user_id)))
    rows = [{"user_id": user_id, "role_id": ids[role.value]} for role in roles if ids[role.value] not in has]
    if rows:
        session.execute(insert(assoc_user_role), rows)


def activation_code() -> str:
    """A code to hand over on paper: no letters that look alike."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(4)) for _ in range(4))


def hashed(password: str) -> str:
    """Hash a password as Flask-AppBuilder does."""
    from flask import current_app  # noqa: PLC0415

    return generate_password_hash(password, method=current_app.config["FAB_PASSWORD_HASH_METHOD"])
