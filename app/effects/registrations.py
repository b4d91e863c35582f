"""What follows from the steps of a registration: where it is sent, and the unit and account it opens.

Each function belongs to steps of `app.workflow`, runs inside their transaction, and may refuse with a sentence, which
undoes everything.
"""

from datetime import timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from app import accounts, people, routing, settings
from app.effects.relations import attach
from app.models import (
    Account,
    Handler,
    HandlerBusiness,
    Registration,
    Unit,
    UnitFunction,
)
from app.process import Act, Refused
from app.states import (
    Business,
    Function,
    Reporting,
)


def to_reviewer(act: Act, row: Registration) -> dict[str, Any]:
    """Route it, once, at 注册; what was asked for stays beside it (R5 to R8)."""
    found = routing.reviewing(act.session, row)
    return {
        "state": found.state,
        "routed_to_id": found.unit_id,
        "routed_business": found.business,
        "submitted_at": act.now,
        "held_since": act.now,
    }


def decided(act: Act, row: Registration) -> dict[str, Any]:
    """Note when it was decided."""
    return {"decided_at": act.now}


def refused_with_reason(act: Act, row: Registration) -> dict[str, Any]:
    """Keep the reason, and from when on registering again is possible (R11)."""
    wait = timedelta(minutes=settings.get(act.session, settings.WAIT_MINUTES))
    return {"decided_at": act.now, "reason": act.note, "reregister_after": act.now + wait}


def unit_of(act: Act, row: Registration) -> dict[str, Any]:
    """Make the unit, or find the one with this credit code, so that the approved registration names it."""
    session = act.session
    unit_id = session.scalar(select(Unit.id).where(Unit.credit_code == row.credit_code))
    if unit_id is None:
        unit_id = session.execute(
            insert(Unit)
            .values(
                credit_code=row.credit_code,
                name=row.unit_name,
                kind=row.unit_kind,
                region_code=row.region_code,
                reporting=Reporting.UNDETERMINED,
                path="",
                contact=row.name,
                telephone="",
                active=True,
                created_at=act.now,
            )
            .returning(Unit.id)
        ).scalar_one()
        session.execute(update(Unit).where(Unit.id == unit_id).values(path=f"/{unit_id}/"))
    return {"decided_at": act.now, "unit_id": unit_id}


def open_account(act: Act) -> None:
    """On approval: the unit is an employer, the handler gets login and both permissions (R7), the superior is set."""
    for row in act.cases:
        _grant_function(act.session, row.unit_id, Function.EMPLOYER)
        _handler(act, row)
        _report_to(act, row)


def _grant_function(session: Session, unit_id: int, function: Function) -> None:
    if session.get(UnitFunction, (unit_id, function)) is None:
        session.execute(insert(UnitFunction).values(unit_id=unit_id, function=function))


def _handler(act: Act, row: Registration) -> None:
    """Extend the account the handler has, or open one; nothing of an existing account is overwritten."""
    session = act.session
    roles = accounts.roles_for({Function.EMPLOYER})
    existing = session.execute(
        select(Handler.id, Handler.user_id, Handler.id_number_index)
        .join(Account, Account.id == Handler.user_id)
        .where(Account.username == row.username.lower())
    ).one_or_none()
    if existing and existing.id_number_index != row.id_number_index:
        raise Refused(_("用户名已由别人使用，请审核不通过并请单位更换用户名。"))
    if existing:
        handler_id = existing.id
        accounts.grant(session, existing.user_id, roles, accounts.role_ids(session))
    else:
        if accounts.taken(session, row.username):
            raise Refused(_("用户名已由别人使用，请审核不通过并请单位更换用户名。"))
        login = accounts.login_values(row.username, row.name, row.password)
        user_id = accounts.make_login(session, login, roles)
        values = people.personal(row.name, people.id_number(row), people.phone(row))
        handler_id = session.execute(
            insert(Handler)
            .values(unit_id=row.unit_id, user_id=user_id, active=True, **values)
            .returning(Handler.id)
        ).scalar_one()
    has = set(
        session.scalars(select(HandlerBusiness.business).where(HandlerBusiness.handler_id == handler_id))
    )
    missing = [
        {"handler_id": handler_id, "business": business} for business in Business if business not in has
    ]
    if missing:
        session.execute(insert(HandlerBusiness), missing)


def _report_to(act: Act, row: Registration) -> None:
    """The superior who approved becomes the superior; on the bureau's route the bureau names it, or confirms 直报."""
    superior = act.answers.get("superior_id")
    if row.routed_business is None:
        superior = row.routed_to_id
    elif not superior and not act.answers.get("direct"):
        if routing.parent_of(act.session, row.unit_id) is None:
            raise Refused(_("请选择主管单位，或者勾选“无主管单位，直报”。"))
        return
    if superior:
        attach(act, row.unit_id, superior)
    else:
        act.session.execute(update(Unit).where(Unit.id == row.unit_id).values(reporting=Reporting.DIRECT))
