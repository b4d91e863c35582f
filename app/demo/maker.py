"""What everything synthetic is made with: one generator, one clock, one counter of people, the rows to write."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from flask_appbuilder.security.sqla.models import assoc_user_role
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import accounts, clock, identity, people, workdays
from app.demo import names
from app.demo.rows import Rows
from app.demo.when import Days
from app.models import Account, Entry, Region, Title
from app.roles import Role

AGREED = "2026-01"
#: People are 26 to 56 years old.
OLDEST, SPAN = 56, 11_000

T = TypeVar("T")


class Human(NamedTuple):
    """A synthetic person before becoming a row."""

    name: str
    id_number: str
    phone: str


class Area(NamedTuple):
    """A 统筹区: its name on signs, its codes from the province down, and how far down it lies (0 to 2)."""

    code: str
    name: str
    path: str
    depth: int


@dataclass
class Maker:
    """The tools of one run. The same arguments give the same data, ciphertexts and random file names apart."""

    session: Session
    today: date
    random: Random
    password: str
    rows: Rows = field(init=False)
    days: Days = field(init=False)
    now: datetime = field(init=False)
    areas: dict[str, Area] = field(init=False)
    people: int = 0

    def __post_init__(self) -> None:
        """Read what `init` has put there."""
        self.rows = Rows(self.session)
        self.days = Days(self.today, workdays.current())
        self.now = clock.at(self.today, 9)
        found = self.session.execute(select(Region.code, Region.name, Region.path).order_by(Region.path))
        self.areas = {code: Area(code, name, path, path.count("/") - 2) for code, name, path in found}
        self._counties = [code for code, area in self.areas.items() if area.depth > 1]
        self._roles = accounts.role_ids(self.session)
        self.titles: dict[tuple[str, int], list[tuple[int, str, str]]] = {}
        self.title_names: dict[tuple[str, str, int], str] = {}
        rows = self.session.execute(
            select(Title.series_code, Title.level, Title.id, Title.branch, Title.name).order_by(Title.id)
        )
        for series, level, title_id, branch, name in rows:
            self.titles.setdefault((series, level), []).append((title_id, branch, name))
            self.title_names[series, branch, level] = name

    # ---- chance ---------------------------------------------------------------------------------------------------

    def one_of(self, things: Sequence[T]) -> T:
        """Choose one."""
        return things[int(self.random.random() * len(things))]

    def chance(self, of_hundred: int) -> bool:
        """Say yes so many times in a hundred."""
        return self.random.random() * 100 < of_hundred

    def between(self, least: int, most: int) -> int:
        """Choose a whole number, both ends included."""
        return least + int(self.random.random() * (most - least + 1))

    # ---- people ---------------------------------------------------------------------------------------------------

    def human(self, name: str = "") -> Human:
        """Make a person nobody is: numbers with valid check characters, different for everybody."""
        number, self.people = self.people, self.people + 1
        round_, county = divmod(number, len(self._counties))
        turn, step = divmod(round_, SPAN)
        day = (step * 7919 + 1301) % SPAN
        born = date(self.today.year - OLDEST, 1, 1) + timedelta(day)
        sequence = (2 * turn + 2 * (day % 97) + self.between(0, 1)) % 1000
        id_number = identity.make_id_number(self._counties[county], born, sequence)
        return Human(name or self.name(), id_number, f"199{(number * 48271 + 12345) % 10**8:08d}")

    def name(self) -> str:
        """Make a name."""
        given = self.one_of(names.GIVEN) + (self.one_of(names.GIVEN) if self.chance(80) else "")
        return self.one_of(names.SURNAMES) + given

    def login(self, username: str, name: str, roles: Sequence[Role]) -> int:
        """Open an account with the password all demo people share."""
        values = accounts.login_values(username, name, self.password)
        values["email"] = f"{UUID(int=self.random.getrandbits(128)).hex}@local.invalid"
        user_id = self.rows.add(Account, **values, created_by_fk=None, changed_by_fk=None)
        for role in sorted(roles, key=lambda role: role.value):
            self.rows.add(assoc_user_role, user_id=user_id, role_id=self._roles[role.value])
        return user_id

    def personal(self, human: Human) -> dict[str, Any]:
        """Seal a person's data, as `app.people` does for everybody."""
        return people.personal(*human)

    # ---- timelines ------------------------------------------------------------------------------------------------

    def entry(  # noqa: PLR0913 - a row of a timeline has so many parts
        self,
        place: tuple[str, int],
        at: datetime,
        who: "Hand",
        step: str,
        states: tuple[str, str],
        reason: str = "",
        *,
        details: dict[str, Any] | None = None,
    ) -> None:
        """Write one line of the timeline of a case, named by process and id; `states` are before and after."""
        self.rows.add(
            Entry,
            process=place[0],
            case_id=place[1],
            at=at,
            actor_id=who.user_id,
            actor_name=who.name,
            unit_id=who.unit_id,
            unit_name=who.unit_name,
            step=step,
            from_state=str(states[0]),
            to_state=str(states[1]),
            reason=reason,
            details=details or {},
        )


class Hand(NamedTuple):
    """Whose hand it was: an account, and the unit it acts for."""

    user_id: int | None
    name: str
    unit_id: int | None = None
    unit_name: str = ""


CLOCKWORK = Hand(None, "系统")
NOBODY = Hand(None, "")
