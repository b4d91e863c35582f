"""Files for the small named cast alone: one tiny document, stored as often as somebody must have a material."""

import io
from collections.abc import Iterable

from sqlalchemy import insert, select

from app import files
from app.demo.maker import Maker
from app.demo.world import World
from app.models import Application, Attachment
from app.states import REGISTRATION_MATERIALS, REQUIRED_MATERIALS, ApplicationState, Material

#: Applications of the cast's hospital that get their materials.
APPLICATIONS = 12
WAITING = (ApplicationState.DRAFT, ApplicationState.PENDING_UNIT, ApplicationState.RETURNED)


def document() -> bytes:
    """Give a whole PDF of one page (ISO 32000, 7.5), with offsets that are right."""
    drawn = b"BT /F1 18 Tf 72 760 Td (Zhiping demo) Tj ET"
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources 5 0 R >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawn), drawn),
        b"<< /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >>",
    )
    content, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, start=1):
        places.append(len(content))
        content += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size, start = len(objects) + 1, len(content)
    content += b"xref\n0 %d\n0000000000 65535 f \n%s" % (size, table)
    return content + b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, start)


def attach(maker: Maker, world: World, registrations: Iterable[int], draft: int) -> int:
    """Give materials to the draft of the cast's doctor, to what waits at her hospital, and to registrations."""
    hospital = world.cast["yiyuan"].id
    statement = (
        select(Application.id)
        .where(Application.unit_id == hospital, Application.state.in_(WAITING), Application.id != draft)
        .order_by(Application.id)
        .limit(APPLICATIONS)
    )
    rows = [
        row
        for number in (draft, *maker.session.scalars(statement))
        for row in _rows(maker, REQUIRED_MATERIALS, application_id=number, registration_id=None)
    ]
    for number in registrations:
        rows += _rows(maker, REGISTRATION_MATERIALS, application_id=None, registration_id=number)
    maker.session.execute(insert(Attachment), rows)
    return len(rows)


def _rows(maker: Maker, kinds: tuple[Material, ...], **owner: int | None) -> list[dict[str, object]]:
    """Store a file for each kind of material and give its row."""
    rows = []
    for kind in kinds:
        stored = files.save(io.BytesIO(document()), f"{kind.title}.pdf")
        about = {"filename": stored.filename, "key": stored.key, "mime": stored.mime}
        about |= {"size": stored.size, "sha256": stored.sha256}
        rows.append({"material": kind, "created_at": maker.days.at(-2, 9), **about, **owner})
    return rows
