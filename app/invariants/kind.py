"""What an invariant is: a statement that must return no row, or a question asked in Python where SQL cannot count."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select
from sqlalchemy.orm import Session

#: At most so many rows are shown of one violated invariant.
SHOWN = 20


@dataclass(frozen=True)
class Invariant:
    """A sentence that is always true; `broken` finds the rows that belie it, their ids first."""

    name: str
    sentence: str
    broken: Select[Any] | Callable[[Session], Sequence[Any]]

    def rows(self, session: Session) -> list[tuple[Any, ...]]:
        """Give the first rows that belie it."""
        if callable(self.broken):
            return [tuple(row) for row in self.broken(session)[:SHOWN]]
        return [tuple(row) for row in session.execute(self.broken.limit(SHOWN))]
