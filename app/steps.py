"""What a process and a step are: the words in which the tables of `app.workflow` are written.

`app.process` performs them. Nothing here knows a particular process.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

from flask_babel import gettext
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from app.access import Actor
from app.models import Model
from app.roles import Role
from app.settings import Policy
from app.states import Function, State
from app.words import N_

if TYPE_CHECKING:
    from app.process import Act

#: All processes by name, so that a step of one can cascade to cases of another.
REGISTRY: dict[str, "Process"] = {}


class Refused(Exception):
    """A step that cannot be done; the sentence is shown to the person."""


class Missing(LookupError):
    """A case that does not exist, or that the person may not see: both answer 404."""


class Forbidden(Exception):
    """A step that is not for the person's role."""


class Note(Enum):
    """Whether a step asks for an opinion."""

    NONE = "none"
    OPTIONAL = "optional"
    REQUIRED = "required"


@dataclass(frozen=True, eq=False)
class Who:
    """Somebody who may act: the posts (role and function of the unit) and the cases that are their turn.

    Every predicate needs role and function (product 2). `turn` is a condition on the case; `own` marks steps people
    take on their own case.
    """

    name: str
    title: str
    posts: tuple[tuple[Role, Function | None], ...]
    turn: Callable[[Actor], ColumnElement[bool]]
    own: bool = False

    def fits(self, actor: Actor) -> bool:
        """Whether the actor holds one of the posts."""
        return any(actor.may(role, function) for role, function in self.posts)

    @property
    def roles(self) -> frozenset[Role]:
        """The roles of the posts."""
        return frozenset(role for role, _function in self.posts)


Guard = Callable[["Act", Any], str | None]
Target = Callable[["Act", Any], Mapping[str, Any]]


@dataclass(eq=False, kw_only=True)
class Step:
    """One line of a process table.

    `to` is a state, or a function of the case that gives the columns to write, the state among them. `sets` gives
    more columns, `effect` writes other tables, `asks` names the form of the confirm page. A step `by` nobody is
    reached by cascade alone: it belongs to a step of a publicity or a meeting, or to time (`tick`).
    """

    name: str
    title: str
    frm: tuple[State, ...]
    to: State | Target
    by: Who | None = None
    when: tuple[Guard, ...] = ()
    note: Note = Note.NONE
    asks: str = ""
    sets: Target | None = None
    effect: Callable[["Act"], None] | None = None
    tone: str = "plain"
    tells: str = ""
    process: "Process" = field(init=False)

    @property
    def label(self) -> str:
        """The word on the button, in the language of the reader."""
        return gettext(self.title)

    @property
    def permission(self) -> str:
        """Name of the permission in Flask-AppBuilder."""
        return f"can_{self.name}"

    def permits(self, actor: Actor) -> bool:
        """Whether the step is for this person at all: post and permission."""
        if self.by is None:
            return False
        if self.by.own and not self.by.posts:
            return actor.registration_id is not None
        return self.by.fits(actor) and (self.permission, self.process.permission_view) in actor.permissions


@dataclass(eq=False)
class Process:
    """A kind of case and its steps, in the order in which they are taken."""

    name: str
    title: str
    model: type[Model]
    states: type[State]
    steps: tuple[Step, ...]
    load: tuple = ()
    owners: Callable[[Session, list[Any]], dict[int, int]] | None = None
    holder: Callable[[Any], int | None] | None = None
    settles: Target | None = None
    clash: str = N_("与已有记录冲突，没有办理。请刷新后再试。")

    def __post_init__(self) -> None:
        """Tell each step where it belongs."""
        for step in self.steps:
            step.process = self
        self._by_name = {step.name: step for step in self.steps}
        REGISTRY[self.name] = self

    def __getitem__(self, name: str) -> Step:
        """Give a step by its name."""
        return self._by_name[name]

    def get(self, name: str) -> Step | None:
        """Give a step by its name, or nothing."""
        return self._by_name.get(name)

    @property
    def permission_view(self) -> str:
        """Name of the view in Flask-AppBuilder to which the steps' permissions belong."""
        return f"{self.name}_steps"

    @property
    def label(self) -> str:
        """What the cases are called."""
        return gettext(self.title)


@dataclass(frozen=True)
class Queue:
    """A menu entry: the cases in some states that are the turn of somebody, `only` some of them where it says so."""

    name: str
    title: str
    process: Process
    states: tuple[State, ...]
    who: Who
    days: Policy | None = None
    only: Callable[[], ColumnElement[bool]] | None = None

    @property
    def label(self) -> str:
        """The menu's words."""
        return gettext(self.title)

    def clause(self, actor: Actor) -> ColumnElement[bool]:
        """The cases of this queue that are the actor's turn."""
        turn = self.process.model.state.in_(self.states) & self.who.turn(actor)
        return turn & self.only() if self.only else turn
