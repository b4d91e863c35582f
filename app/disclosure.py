"""显示完整号码: a reviewer sees the numbers of one applicant, says why, and it is written down (security T20).

Masks are enough for nearly all work. Where the paper in hand has to be compared with the number on file, somebody opens it:
one case at a time, through the row rule, and the audit row is committed before the numbers leave the database.
"""

import re
from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy import select

from app import audit, people
from app.access import Actor, rule
from app.db import open_session
from app.models import Applicant, Application
from app.secret import Sealed
from app.steps import Missing, Refused

ACT = "disclose"
LONGEST = 200
#: A reason stays in the audit for good, where no number may stand: seven digits are part of one.
NUMBER = re.compile(r"\d{7}", re.ASCII)


@dataclass(frozen=True)
class Numbers:
    """What is shown, once."""

    name: str
    id_number: str
    phone: str


def disclose(actor: Actor, application_id: int, reason: str) -> Numbers:
    """Open the numbers of the applicant behind a case; raises `Missing` for a case the actor may not see.

    The caller has asked for the permission. Raises `Refused` with a sentence where the reason will not do.
    """
    reason = " ".join(reason.split())
    if not reason:
        raise Refused(_("请写明为什么要看完整号码。"))
    if len(reason) > LONGEST:
        raise Refused(_("理由不超过 %(n)s 个字。", n=LONGEST))
    if NUMBER.search(reason):
        raise Refused(_("理由会长期保存，其中不要写证件号码、电话号码等号码。"))
    with open_session() as session:
        wanted = (
            select(Applicant)
            .join(Application, Application.applicant_id == Applicant.id)
            .where(Application.id == application_id, rule(Application, actor))
        )
        person = session.scalars(wanted).one_or_none()
        if person is None:
            raise Missing(application_id)
        try:
            numbers = Numbers(person.name, people.id_number(person), people.phone(person))
        except Sealed as sealed:
            raise Refused(_("号码无法解密，请联系技术支持。")) from sealed
        details = {"applicant": person.id, "reason": reason, "reason_length": len(reason)}
        audit.record(session, actor.name, ACT, details, actor.user_id, f"application:{application_id}")
        session.commit()
    return numbers
