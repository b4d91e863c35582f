"""单位注册: the verbs of the wizard, from the first save to 注册, withdrawal and registering again (seeds 000 to 002).

Whoever registers has no account yet: the receipt number and the password of the wizard are all they hold. Everything
here goes through the open session, by the id of one registration or by an exact code, and reads no more than it needs.
"""

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Row, and_, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased
from werkzeug.security import check_password_hash

from app import accounts, clock, commitment, files, identity, passwords, people, routing, rules, secret
from app.access import Actor
from app.db import open_session
from app.models import Account, Attachment, Handler, Registration, Unit
from app.process import Act, Missing, Refused
from app.routing import Reviewing
from app.states import Material, RegistrationState, Reviewer, UnitKind
from app.workflow import REGISTRATION, perform

PENDING = (RegistrationState.PENDING_AGENCY, RegistrationState.PENDING_SUPERIOR)
ENDED = (RegistrationState.REJECTED, RegistrationState.WITHDRAWN)
#: A letter first: an account called like an ID number or a phone would shadow an applicant's sign-in.
USERNAME = re.compile(r"[a-z][a-z0-9_]{3,19}")
#: So many registrations are tried with a password; each try costs a tenth of a second.
MOST_TRIED = 5

#: Says whether a password is that of an account; the security manager counts failures and locks.
Verify = Callable[[str, str], bool]


@dataclass(frozen=True)
class Filled:
    """What the page 单位信息与经办人 holds, normalised; an empty password leaves the one set before."""

    credit_code: str
    unit_name: str
    unit_kind: UnitKind
    region_code: str
    titles: bool
    hr_market: bool
    reviewer: Reviewer
    requested_superior_id: int | None
    username: str
    name: str
    id_number: str
    phone: str
    password: str = ""


class WeakPassword(Refused):
    """A new password that is easily guessed."""


def registrant(registration: Registration) -> Actor:
    """Give the person of a registration: the one case they may see is their own."""
    return Actor(name=registration.name, registration_id=registration.id)


# ---- the draft ----------------------------------------------------------------------------------------------------


def draft(registration_id: int | None) -> Registration:
    """Give a registration that has not been handed in; raises `Missing` for any other."""
    with open_session() as session:
        return _draft(session, registration_id)


def _draft(session: Session, registration_id: int | None) -> Registration:
    row = session.get(Registration, registration_id) if registration_id else None
    if row is None or row.state != RegistrationState.DRAFT:
        raise Missing(registration_id)
    return row


def fill(filled: Filled, registration_id: int | None, verify: Verify) -> int:
    """Save the page as a new draft or over the one in hand, and give its id; `Refused` where accounts forbid it."""
    with open_session() as session:
        row = _draft(session, registration_id) if registration_id else None
        password = judge_accounts(session, filled, row.password if row else "", verify)
        values = _columns(filled) | {"password": password}
        if row is None:
            return _insert(session, values)
        _lock(session, registration_id)
        session.execute(update(Registration).where(Registration.id == registration_id).values(values))
        session.commit()
        return registration_id


def _columns(filled: Filled) -> dict[str, Any]:
    names = (
        "credit_code",
        "unit_name",
        "unit_kind",
        "region_code",
        "titles",
        "hr_market",
        "reviewer",
        "username",
    )
    values = {name: getattr(filled, name) for name in names}
    asks_superior = filled.reviewer == Reviewer.SUPERIOR
    values["requested_superior_id"] = filled.requested_superior_id if asks_superior else None
    return values | people.personal(filled.name, filled.id_number, filled.phone)


def _insert(session: Session, values: dict[str, Any]) -> int:
    """Insert a draft under a receipt number that nobody can guess."""
    receipt = f"ZC{clock.today().year}-{secrets.randbelow(10**8):08d}"
    values |= {"receipt": receipt, "state": RegistrationState.DRAFT, "created_at": clock.now()}
    made = session.execute(insert(Registration).values(values).returning(Registration.id)).scalar_one()
    session.commit()
    return made


def _lock(session: Session, registration_id: int) -> None:
    """Hold the draft for the rest of the transaction, so that nobody presses 注册 in between; a new version of it."""
    held = session.execute(
        update(Registration)
        .where(Registration.id == registration_id, Registration.state == RegistrationState.DRAFT)
        .values(version=Registration.version + 1)
    )
    if held.rowcount != 1:
        raise Missing(registration_id)


def filled_of(row: Registration) -> Filled:
    """Give a registration as the page holds it; the numbers are opened for the one who typed them."""
    return Filled(
        row.credit_code,
        row.unit_name,
        row.unit_kind,
        row.region_code,
        row.titles,
        row.hr_market,
        row.reviewer,
        row.requested_superior_id,
        row.username,
        row.name,
        people.id_number(row),
        people.phone(row),
    )


# ---- accounts that exist (seed 002, question 七) -------------------------------------------------------------------

USERNAME_TAKEN = "该账号已经注册，如需使用同一个账号，身份证信息必须保持一致"


def judge_accounts(session: Session, filled: Filled, kept: str, verify: Verify) -> str:
    """Judge the account-reuse matrix and give the password to keep, hashed; an existing one is never overwritten.

    Same person: user name, password, name, ID number and phone are all those of the account. Another person: all
    are new. The seed's second sentence turns an ID number into a user name, so it is said only to whoever knows
    name, ID number and phone (product 4).
    """
    index, phone = (secret.current().index(kind, getattr(filled, kind)) for kind in ("id_number", "phone"))
    known = _handlers(session, Handler.id_number_index == index)
    mine = next((row for row in known if row.username == filled.username), None)
    if mine is None and accounts.taken(session, filled.username):
        raise Refused(_(USERNAME_TAKEN))
    if known:
        row = mine or known[0]
        if (row.name, row.phone_index) != (filled.name, phone):
            raise Refused(_neutral())
        right = mine and (verify(row.username, filled.password) if filled.password else row.password == kept)
        if not right:
            raise Refused(
                _(
                    "您在本系统已有账号[%(name)s]，新注册单位账号和密码必须和已有账号密码保持一致",
                    name=row.username,
                )
            )
        if row.credit_code != filled.credit_code:
            raise Refused(_("账号[%(name)s]属于别的单位，一个账号只能用于一个单位。", name=row.username))
        return row.password
    if _handlers(session, Handler.phone_index == phone):
        raise Refused(_neutral())
    if _name_asked_for(session, filled.username, index):
        raise Refused(_("这个用户名已有一件注册申请在审核，请换一个用户名。"))
    return _new_password(filled) if filled.password else kept


def _new_password(filled: Filled) -> str:
    """Hash a password for an account that is new; only such a one must be good enough."""
    weak = passwords.weak(filled.password, filled.username, filled.name, filled.phone, filled.id_number)
    if weak:
        raise WeakPassword(weak)
    return accounts.hashed(filled.password)


def _neutral() -> str:
    return _(
        "经办人信息与本系统已有的账号不一致，不能注册。同一经办人的用户名、密码、姓名、身份证号码和手机号码须与原账号"
        "全部一致；换一位经办人则须全部不同。"
    )


def _handlers(session: Session, condition: object) -> list[Row]:
    return session.execute(
        select(Handler.name, Handler.phone_index, Account.username, Account.password, Unit.credit_code)
        .join(Account, Account.id == Handler.user_id)
        .join(Unit, Unit.id == Handler.unit_id)
        .where(condition, Handler.active)
        .order_by(Handler.id)
    ).all()


def _name_asked_for(session: Session, username: str, index: str) -> bool:
    """Whether somebody else waits for an account of this name."""
    return bool(
        session.scalar(
            select(Registration.id)
            .where(Registration.username == username, Registration.state.in_(PENDING))
            .where(Registration.id_number_index != index)
            .limit(1)
        )
    )


# ---- annexes ------------------------------------------------------------------------------------------------------


def annexes(registration_id: int) -> list[Attachment]:
    """Give the files of a registration."""
    with open_session() as session:
        found = (
            select(Attachment).where(Attachment.registration_id == registration_id).order_by(Attachment.id)
        )
        return list(session.scalars(found))


def attach(registration_id: int, material: Material, stored: files.Stored) -> None:
    """Put a stored file into its slot; the one that was there gives way."""
    try:
        with open_session() as session:
            _lock(session, registration_id)
            old = _slot(session, registration_id, material)
            values = {"registration_id": registration_id, "material": material, "created_at": clock.now()}
            session.execute(insert(Attachment).values(**values, **vars(stored)))
            for row in old:
                session.delete(row)
            session.commit()
    except (Missing, IntegrityError):
        files.remove(stored.key)
        raise
    for row in old:
        files.remove(row.key)


def detach(registration_id: int, material: Material) -> None:
    """Empty a slot."""
    with open_session() as session:
        _lock(session, registration_id)
        old = _slot(session, registration_id, material)
        for row in old:
            session.delete(row)
        session.commit()
    for row in old:
        files.remove(row.key)


def _slot(session: Session, registration_id: int, material: Material) -> list[Attachment]:
    return list(
        session.scalars(
            select(Attachment).where(
                Attachment.registration_id == registration_id, Attachment.material == material
            )
        )
    )


# ---- 注册 ---------------------------------------------------------------------------------------------------------


def missing(row: Registration) -> list[str]:
    """Say everything that still stands in the way of 注册, not the first thing alone."""
    with open_session() as session:
        act = Act(session, REGISTRATION["register"], registrant(row), clock.now(), cases=[row])
        return [why for guard in act.step.when if (why := guard(act, row))]


def reviewing(row: Registration) -> Reviewing | None:
    """Say who will review it (R5 to R8)."""
    with open_session() as session:
        return routing.reviewing(session, row)


def accept_commitment(registration_id: int) -> None:
    """Note that the 用户告知承诺书 in force was accepted, and when."""
    with open_session() as session:
        _lock(session, registration_id)
        session.execute(
            update(Registration)
            .where(Registration.id == registration_id, Registration.committed_at.is_(None))
            .values(committed_at=clock.now(), commitment_version=commitment.VERSION)
        )
        session.commit()


def register(registration_id: int) -> Registration:
    """Press 注册: the accounts are judged again, since days may have passed; `Refused` with what stands in the way."""
    with open_session() as session:
        row = _draft(session, registration_id)
        judge_accounts(session, filled_of(row), row.password, lambda _username, _password: False)
    return _take("register", row)


def withdraw(registration_id: int) -> Registration:
    """Take a pending registration back (R10, R11)."""
    with open_session() as session:
        row = session.get(Registration, registration_id)
    return _take("withdraw", row)


def _take(step: str, row: Registration) -> Registration:
    performed = perform(REGISTRATION[step], [row.id], registrant(row))
    if performed.skipped:
        raise Refused(performed.skipped[0].why)
    return performed.done[0]


def register_again(registration_id: int) -> int:
    """After a refusal or a withdrawal, start a new draft with everything typed before; the old one stays (7.1)."""
    with open_session() as session:
        old = session.get(Registration, registration_id)
        if old.state not in ENDED:
            raise Missing(registration_id)
        filled = filled_of(old)
        return _insert(session, _columns(filled) | {"password": old.password})


# ---- finding ------------------------------------------------------------------------------------------------------


def by_secret(typed: str, password: str) -> Registration | None:
    """Find a registration by receipt number or credit code and the password set in the wizard.

    By credit code only what was handed in is found: drafts are free, and a stranger's must not stand in the way.
    """
    text = "".join(typed.split()).upper()
    try:
        code = identity.credit_code(text)
    except ValueError:
        code = text
    handed_in = and_(Registration.credit_code == code, Registration.state != RegistrationState.DRAFT)
    with open_session() as session:
        rows = session.scalars(
            select(Registration)
            .where(or_(Registration.receipt == text, handed_in))
            .order_by(Registration.state.in_(PENDING).desc(), Registration.id.desc())
            .limit(MOST_TRIED)
        ).all()
    if not rows:
        check_password_hash(accounts.hashed("0" * passwords.SHORTEST), password)  # nobody: the same work
    return next((row for row in rows if check_password_hash(row.password, password)), None)


def tries(credit_code: str) -> list[Row]:
    """Give what everybody may know of the registrations of a unit, the newest first (T8): nothing of persons."""
    superior = aliased(Unit)
    with open_session() as session:
        return session.execute(
            select(
                Registration.unit_name,
                Registration.state,
                Registration.titles,
                Registration.hr_market,
                Registration.reviewer,
                Registration.routed_business,
                Registration.submitted_at,
                Registration.held_since,
                Registration.decided_at,
                Registration.reregister_after,
                Unit.name.label("routed_to"),
                superior.name.label("requested_superior"),
            )
            .join(Unit, Unit.id == Registration.routed_to_id, isouter=True)
            .join(superior, superior.id == Registration.requested_superior_id, isouter=True)
            .where(Registration.credit_code == credit_code, Registration.state != RegistrationState.DRAFT)
            .order_by(Registration.id.desc())
            .limit(20)
        ).all()


def find_superiors(typed: str, credit_code: str) -> list[Row]:
    """Units that can review (R9), by name or credit code: the exact one first, at most twenty; never the unit itself."""
    text = " ".join(typed.split())
    if not text:
        return []
    escaped = re.sub(r"([\\%_])", r"\\\1", text)
    exact = or_(Unit.name == text, Unit.credit_code == text.upper())
    with open_session() as session:
        return session.execute(
            select(Unit.id, Unit.name, exact.label("exact"))
            .where(or_(exact, Unit.name.like(f"%{escaped}%", escape="\\")), rules.can_review())
            .where(Unit.credit_code != credit_code)
            .order_by(exact.desc(), Unit.name)
            .limit(20)
        ).all()


def superior_names(most: int = 200) -> list[str]:
    """Names to offer while typing; with more units than that the search alone finds them."""
    with open_session() as session:
        names = session.scalars(
            select(Unit.name).where(rules.can_review()).order_by(Unit.name).limit(most + 1)
        ).all()
    return list(names) if len(names) <= most else []
