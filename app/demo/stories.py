"""One application each: what happened to it, step by step along the process, and the rows that tell of it.

A `Story` keeps what the process engine would have kept (state, holder, stop of the way, version) while steps are taken
in the order of time; `app.demo.telling` knows which steps lead to a state. Nobody acts before the step before.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from app import clock, notices
from app.demo import names
from app.demo.maker import Hand, Maker
from app.demo.plans import Scheme
from app.demo.world import Place
from app.models import Application, Notice, OfflineCheck, RouteHop, Routing
from app.states import HELD, OfflinePolicy, Stage, Verdict, Way
from app.states import ApplicationState as A
from app.workflow import APPLICATION

WAITING_AT = {
    Stage.SUPERIOR: A.PENDING_SUPERIOR,
    Stage.FORMAL: A.PENDING_FORMAL,
    Stage.OFFICE: A.FORMAL_PASSED,
}
PREFIX = {Stage.SUPERIOR: "superior", Stage.FORMAL: "formal", Stage.OFFICE: "committee"}
#: Columns of an application that are empty until a step fills them.
BLANK: dict[str, Any] = {
    "committed_at": None,
    "resume_state": None,
    "resume_unit_id": None,
    "correction_deadline": None,
    "submitted_at": None,
    "publicity_from": None,
    "publicity_to": None,
    "recommended_at": None,
    "superior_id": None,
    "formal_passed_at": None,
    "paper_received_at": None,
    "accept_no": None,
    "result_from": None,
    "result_to": None,
    "filed_at": None,
    "filing_no": "",
    "remark": "",
}
#: At most so many arrivals are told to a desk of the cast.
TOLD = 20


class Stop(NamedTuple):
    """One stop of the way up."""

    place: Place
    stage: Stage


@dataclass(slots=True)
class Somebody:
    """An applicant who has been written, with what an application freezes of the archive."""

    id: int
    hand: Hand
    frozen: dict[str, Any]
    series: str
    title_id: int
    branch: str
    level: int


@dataclass(slots=True)
class Story:
    """An application on its way."""

    maker: Maker
    scheme: Scheme
    unit: Place
    who: Somebody
    id: int
    title_id: int
    specialty: str
    way: list[Stop]
    state: A = A.DRAFT
    holder: Place | None = None
    hop: int = 0
    last: datetime | None = None
    columns: dict[str, Any] = field(default_factory=dict)
    steps: list[tuple[datetime, Hand, str, A, A, str]] = field(default_factory=list)
    seen: dict[int, datetime] = field(default_factory=dict)
    kind: Way = Way.NORMAL

    # ---- time -----------------------------------------------------------------------------------------------------

    def moment(self, number: int) -> datetime:
        """Give a time of a day, after the last step; before today's nine o'clock whatever is asked for."""
        maker = self.maker
        day = self.scheme.day(min(number, -1))
        at = clock.at(day, maker.between(8, 15), maker.between(0, 59))
        if self.last and at <= self.last:
            at = self.last + timedelta(minutes=maker.between(5, 50))
        return at

    # ---- steps ----------------------------------------------------------------------------------------------------

    def take(
        self, step: str, to: A, who: Hand, at: datetime, holder: Place | None = None, why: str = ""
    ) -> None:
        """Take a step; where a unit holds the case from now on, it keeps its sight of it."""
        self.steps.append((at, who, step, self.state, to, why))
        self.state, self.last = to, at
        self.holder = (holder or self.holder) if to in HELD else None
        if self.holder:
            self.seen.setdefault(self.holder.id, at)

    def submit(self, day: int) -> None:
        """Hand in for the first time."""
        at = self.moment(day)
        self.columns |= {"submitted_at": at, "committed_at": at - timedelta(minutes=3)}
        self.take("submit", A.PENDING_UNIT, self.who.hand, at, self.unit)

    def by_unit(self, step: str, to: A, day: int, why: str = "") -> None:
        """Let the own unit decide."""
        self.take(step, to, self.unit.hand, self.moment(day), why=why)

    def recommend(self, day: int) -> None:
        """推荐上报: to the first stop of the way."""
        at, first = self.moment(day), self.way[0]
        superior = first.place.id if first.stage is Stage.SUPERIOR else None
        self.hop = 1
        self.columns |= {"recommended_at": at, "superior_id": superior}
        self.take("recommend", WAITING_AT[first.stage], self.unit.hand, at, first.place)

    @property
    def accepted_at(self) -> datetime:
        """When it was accepted for the first time."""
        return next(at for at, _who, step, *_rest in self.steps if step == "committee_accept")

    @property
    def stop(self) -> Stop:
        """Where it lies on its way."""
        return self.way[self.hop - 1]

    def climb(self, day: int) -> None:
        """Pass this stop and come to the next."""
        here, ahead, at = self.stop, self.way[self.hop], self.moment(day)
        if here.stage is Stage.FORMAL:
            self.columns.setdefault("first_formal", (here.place, at))
            self.columns["formal_passed_at"] = at
        self.hop += 1
        self.take(f"{PREFIX[here.stage]}_pass", WAITING_AT[ahead.stage], here.place.hand, at, ahead.place)

    def give_back(self, day: int) -> None:
        """Return to the person, remembering where it comes back to."""
        place, before = self.holder, self.state
        prefix = "unit" if self.state is A.PENDING_UNIT else PREFIX[self.stop.stage]
        why = self.maker.one_of(names.RETURNS)
        self.take(f"{prefix}_return", A.RETURNED, place.hand, self.moment(day), why=why)
        self.columns["resume"] = (before, place)

    def correct(self, day: int) -> None:
        """Hand in again, to whoever returned it."""
        before, place = self.columns.pop("resume")
        self.take("submit", before, self.who.hand, self.moment(day), place)

    # ---- rows -----------------------------------------------------------------------------------------------------

    def write(self) -> None:
        """Put all rows of this application on the list."""
        rows, number = self.maker.rows, self.id
        first_formal = self.columns.pop("first_formal", None)
        before, place = self.columns.pop("resume", (None, None))
        created = self._created()
        about = BLANK | {
            "id": number,
            "applicant_id": self.who.id,
            "plan_id": self.scheme.id,
            "year": self.scheme.year,
            "unit_id": self.unit.id,
            "unit_name": self.unit.name,
            "title_id": self.title_id,
            "specialty": self.specialty,
            "way": self.kind,
            "summary": self.maker.one_of(names.SUMMARIES),
            "state": self.state,
            "version": 1 + len(self.steps),
            "holder_unit_id": self.holder.id if self.holder else None,
            "held_since": self.last or created,
            "hop": self.hop,
            "created_at": created,
        }
        if before:
            about |= {"resume_state": before, "resume_unit_id": place.id}
            about["correction_deadline"] = self.scheme.correction_deadline
        rows.add(Application, **(about | self.who.frozen | self.columns))
        for seq, stop in enumerate(self.way if self.hop else (), start=1):
            rows.add(RouteHop, application_id=number, seq=seq, unit_id=stop.place.id, stage=stop.stage)
        for unit, since in self.seen.items():
            rows.add(Routing, process="application", case_id=number, unit_id=unit, since=since)
        for at, who, step, state, to, why in self.steps:
            self.maker.entry(("application", number), at, who, step, (state, to), why)
        self._window(first_formal)
        self._notice()

    def _created(self) -> datetime:
        """Give when the draft was begun: on the day it was handed in, or some day since the plan opened."""
        if self.steps:
            return self.columns["submitted_at"] - timedelta(minutes=self.maker.between(20, 28))
        return self.moment(self.maker.between(-3, -1))

    def _window(self, first_formal: tuple[Place, datetime] | None) -> None:
        """线下形式审查, where the plan wants it: before handing in, or before the first review of form."""
        policy = self.scheme.offline
        if policy is OfflinePolicy.BEFORE_SUBMIT and self.steps:
            formal = next(stop.place for stop in self.way if stop.stage is Stage.FORMAL)
            place, at = formal, self.columns["submitted_at"] - timedelta(minutes=19)
        elif policy is OfflinePolicy.BEFORE_FORMAL and first_formal:
            place, at = first_formal
            at -= timedelta(minutes=4)
        else:
            return
        self.maker.rows.add(
            OfflineCheck,
            plan_id=self.scheme.id,
            id_number_index=self.who.frozen["id_number_index"],
            id_number_mask=self.who.frozen["id_number_mask"],
            name=self.who.hand.name,
            result=Verdict.PASS,
            note="",
            unit_id=place.id,
            by_id=place.hand.user_id,
            at=at,
        )

    def _notice(self) -> None:
        """Tell the person the last thing that happened, and a desk of the cast what has come to it."""
        if not self.steps:
            return
        at, who, step, *_rest = self.steps[-1]
        tells = APPLICATION[step].tells
        if tells and who is not self.who.hand:
            self._tell(self.who.hand.user_id, at, tells, {})
        desk = self.holder
        if desk and desk.named and desk.told < TOLD and desk.id != who.unit_id:
            desk.told += 1
            sender = who.unit_name or who.name
            self._tell(
                desk.hand.user_id,
                at,
                notices.ARRIVED,
                {"sender": sender, "count": 1, "what": self.state.title},
            )

    def _tell(self, user_id: int, at: datetime, text: str, params: dict[str, Any]) -> None:
        self.maker.rows.add(
            Notice,
            user_id=user_id,
            process="application",
            case_id=self.id,
            text=text,
            params=params,
            created_at=at,
            read_at=None,
        )
