"""Personal data on its way into the tables and out again (product 3).

A row keeps the ciphertext, bound to that very row, a keyed index for equality, and the mask that is shown. The same
columns serve one person and a hundred thousand: `personal` gives plain values for ORM objects and bulk inserts alike.
"""

from typing import Any, Protocol
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import identity, secret
from app.models import Applicant
from app.states import Gender


class Person(Protocol):
    """A row with personal data (`app.models.Personal`)."""

    seal_id: str
    id_number_sealed: str
    phone_sealed: str


def personal(name: str, id_number: str, phone: str) -> dict[str, Any]:
    """Give the columns of `Personal` for a person; the numbers must be normalised (`app.identity`)."""
    keys, seal_id = secret.current(), uuid4().hex
    return {
        "seal_id": seal_id,
        "name": name,
        "id_number_sealed": keys.seal(id_number, f"{seal_id}:id_number"),
        "id_number_index": keys.index("id_number", id_number),
        "id_number_mask": secret.mask_id_number(id_number),
        "phone_sealed": keys.seal(phone, f"{seal_id}:phone"),
        "phone_index": keys.index("phone", phone),
        "phone_mask": secret.mask_phone(phone),
    }


def applicant(name: str, id_number: str, phone: str) -> dict[str, Any]:
    """Give the personal columns of an applicant: birth date and gender follow from the ID number."""
    values = personal(name, id_number, phone)
    born = identity.birth_date(id_number).isoformat()
    values["birth_sealed"] = secret.current().seal(born, f"{values['seal_id']}:birth")
    values["gender"] = Gender.MALE if identity.gender(id_number) == "男" else Gender.FEMALE
    return values


def id_number(person: Person) -> str:
    """Open the ID number; showing it needs a permission and is logged by the caller."""
    return secret.current().open(person.id_number_sealed, f"{person.seal_id}:id_number")


def phone(person: Person) -> str:
    """Open the phone number; the same holds."""
    return secret.current().open(person.phone_sealed, f"{person.seal_id}:phone")


def account_of(session: Session, typed: str) -> int | None:
    """Find the login of an applicant by the ID number or phone typed at sign-in, through the blind index."""
    for kind, parse, column in (
        ("id_number", identity.id_number, Applicant.id_number_index),
        ("phone", identity.phone, Applicant.phone_index),
    ):
        try:
            number = parse(typed)
        except ValueError:
            continue
        found = session.scalar(
            select(Applicant.user_id).where(column == secret.current().index(kind, number))
        )
        if found:
            return found
    return None
