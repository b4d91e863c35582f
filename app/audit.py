"""审计: one row per act that leaves no timeline, such as an export or a load of demo data (domain 6.1).

Rows hold ids, filters and counts, never personal data, and are kept when everything else is pruned. The hash chain
over them comes in a later round.
"""

from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from app import clock
from app.models import Audit


def record(
    session: Session, actor_name: str, act: str, details: dict[str, Any], actor_id: int | None = None
) -> None:
    """Write down that an act was done; it stands in the transaction of the act, and the caller commits.

    `act` is an identifier such as `export_reviews`; `details` must be JSON and free of personal data. Without
    `actor_id` it was done from the command line or by the clock.
    """
    values = {
        "at": clock.now(),
        "actor_id": actor_id,
        "actor_name": actor_name,
        "act": act,
        "details": details,
    }
    session.execute(insert(Audit).values(values))
