"""A machine that lives the processes at random, beside a small model of who sees and who may (security R5).

The model knows units, who stands under whom, where each case has been, and the dates of the plan; it asks neither the
row rule nor the tables of steps. After every act the database is held against it.
"""

from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from typing import ClassVar
from unittest import mock

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from sqlalchemy import func, select, update

from app import access, audit, clock, invariants, process, tick
from app.access import Actor, acting
from app.db import db, open_session
from app.models import (
    Account,
    Application,
    Entry,
    Handler,
    Meeting,
    Outcome,
    Plan,
    Publicity,
    PublicityEntry,
    Region,
    Registration,
    Relation,
    Unit,
    UnitFunction,
)
from app.process import Forbidden, Missing, Performed, Refused, perform
from app.states import ApplicationState as A
from app.states import Function as F  # noqa: N817 - as the steps have A
from app.states import HostRole, RegistrationState, RelationState, Reviewer
from app.steps import Step
from app.workflow import PROCESSES
from tests.cast import TODAY, Cast, Person

MODELS = {
    "application": Application,
    "registration": Registration,
    "relation": Relation,
    "publicity": Publicity,
    "meeting": Meeting,
    "plan": Plan,
}
Key = tuple[str, int]
#: Steps of one rule, and the dice: one seed of hypothesis's, as single draws would use up what a life may draw.
IN_A_ROW = 4
DICE = st.randoms(use_true_random=True)

# ---- the model: what is expected, said a second time ------------------------------------------------------------------

#: Where a step may lead that does not always lead to the same state.
FORWARD = {"pending_superior", "pending_formal", "formal_passed"}
LEADS = {
    "application.submit": {"pending_unit", *FORWARD},
    "application.withdraw": {"draft", "withdrawn"},
    "application.unit_return": {"returned"},
    "application.superior_return": {"returned"},
    "application.formal_return": {"returned"},
    "application.committee_return": {"returned"},
    "application.recommend": FORWARD,
    "application.superior_pass": FORWARD,
    "application.formal_pass": FORWARD - {"pending_superior"},
    "application.paper_received": {"formal_passed", "accepted"},
    "application.decide": {"review_passed", "review_failed"},
    "application.report": {"result_publicity"},
    "registration.register": {"pending_agency", "pending_superior"},
    "publicity.save_result": {"passed", "failed"},
    "publicity.open": {"active"},
}
#: Who works on an application where it lies: the functions of which one is needed.
AT_WORK = {
    "pending_unit": {F.EMPLOYER},
    "unit_passed": {F.EMPLOYER},
    "publicity_passed": {F.EMPLOYER},
    "pending_superior": {F.SUPERIOR},
    "pending_formal": {F.BUREAU, F.FORM_REVIEW},
    "formal_passed": {F.COMMITTEE_OFFICE},
    "accepted": {F.COMMITTEE_OFFICE},
    "review_passed": {F.COMMITTEE_OFFICE},
    "result_publicity": {F.BUREAU},
}
BY_THEMSELVES = {"submit", "withdraw"}
#: The one who sees every unit and relation.
ADMIN = "admin2"


@dataclass
class Expected:
    """Who sees what and who may, as the documents say it (product 3)."""

    region: dict[int, str] = field(default_factory=dict)
    functions: dict[int, set[F]] = field(default_factory=dict)
    above: dict[int, int | None] = field(default_factory=dict)
    been: dict[Key, set[int]] = field(default_factory=dict)

    def line(self, unit: int) -> list[int]:
        """A unit and its superiors, the nearest first."""
        line = [unit]
        while self.above.get(line[-1]):
            line.append(self.above[line[-1]])
        return line

    def covers(self, unit: int, other: int) -> bool:
        """Whether `other` lies in the subtree or, for a bureau, in the region of `unit`."""
        has = self.functions[unit]
        below = F.SUPERIOR in has and unit in self.line(other)
        return (
            unit == other or below or (F.BUREAU in has and self.region[other].startswith(self.region[unit]))
        )

    def sees_unit(self, me: "Somebody", unit: int) -> bool:
        return me.name == ADMIN or (me.unit is not None and self.covers(me.unit, unit))

    def sees_application(self, me: "Somebody", row: "Row") -> bool:
        if me.applicant is not None:
            return row.applicant_id == me.applicant
        if me.unit is None or row.state == "draft":
            return False
        return self.covers(me.unit, row.unit_id) or me.unit in self.been.get(row.key, set())

    def sees_registration(self, me: "Somebody", row: "Row") -> bool:
        if me.unit is None or row.state == "draft":
            return False
        if row.routed_business is None:
            return me.unit == row.routed_to_id and F.SUPERIOR in self.functions[me.unit]
        return F.BUREAU in self.functions[me.unit] and row.region.startswith(self.region[me.unit])

    def sees_relation(self, me: "Somebody", row: "Row") -> bool:
        return self.sees_unit(me, row.child_id) or (me.unit is not None and row.parent_id == me.unit)

    def may(self, me: "Somebody", step: Step, row: "Row") -> bool:  # noqa: PLR0911 - one per process
        """Whether a step that was taken was theirs to take; `row` is as it was before."""
        if row.process == "application":
            if step.name in BY_THEMSELVES:
                return row.applicant_id == me.applicant
            needed = AT_WORK.get(row.state, set())
            return me.unit == row.holder_unit_id and bool(self.functions.get(me.unit, set()) & needed)
        if row.process == "registration":
            if step.name in ("register", "withdraw"):
                return me.registration == row.id
            return me.unit == row.routed_to_id
        if row.process == "relation":
            return me.unit == row.parent_id and F.SUPERIOR in self.functions[me.unit]
        if row.process == "publicity":
            return me.unit == row.unit_id
        return me.unit is not None and bool(self.functions[me.unit] & {F.COMMITTEE_OFFICE, F.BUREAU})


@dataclass
class Somebody:
    """A person as the model knows them: `unit` is none while their handler is disabled."""

    name: str
    actor: Callable[[], Actor]
    user: int | None = None
    unit: int | None = None
    applicant: int | None = None
    registration: int | None = None
    post: int | None = None


@dataclass
class Row:
    """A case as it lies in the table."""

    process: str
    id: int
    state: str
    version: int
    applicant_id: int | None = None
    unit_id: int | None = None
    holder_unit_id: int | None = None
    plan_id: int | None = None
    correction_deadline: datetime | None = None
    routed_to_id: int | None = None
    routed_business: str | None = None
    region_code: str = ""
    region: str = ""
    child_id: int | None = None
    parent_id: int | None = None
    ends_on: date | None = None

    @property
    def key(self) -> Key:
        return self.process, self.id


FIELDS = {
    "application": "applicant_id unit_id holder_unit_id plan_id correction_deadline",
    "registration": "routed_to_id routed_business region_code",
    "relation": "child_id parent_id",
    "publicity": "unit_id ends_on",
    "meeting": "plan_id",
    "plan": "",
}
START = (
    A.DRAFT,
    A.PENDING_UNIT,
    A.PENDING_SUPERIOR,
    A.PUBLICITY_PASSED,
    A.UNIT_PASSED,
    A.ACCEPTED,
    A.FORMAL_PASSED,
)


# ---- the machine ----------------------------------------------------------------------------------------------------


class Machine(RuleBasedStateMachine):
    """Random lives of two towns; `cast` and `restore` are set by the test, `steps` counts what was done."""

    cast: ClassVar[Cast]
    restore: ClassVar[Callable[[], None]]
    steps: ClassVar[int] = 0
    taken: ClassVar[dict[str, int]] = {}

    def __init__(self) -> None:
        super().__init__()
        self.restore()
        self.now = clock.at(TODAY, 9)
        self.model = Expected()
        self.people: list[Somebody] = []
        self.drawn: list[Somebody] = []
        with self._today():
            self._settle_down()
        self.rows = self._read()
        for row in self.rows.values():
            if row.holder_unit_id or row.routed_to_id:
                self.model.been.setdefault(row.key, set()).add(row.holder_unit_id or row.routed_to_id)
            if row.process == "application" and row.state != "draft":
                self._been_on_the_way(row)
        self.last = self._last_entry()

    def _been_on_the_way(self, row: Row) -> None:
        """What the cast lays as already come: the unit, and the stops up to the present one."""
        with open_session() as session:
            hop = session.scalar(select(Application.hop).where(Application.id == row.id))
            way = [it.unit_id for it in session.get(Application, row.id).hops][:hop]
        self.model.been[row.key] |= {row.unit_id, *way}

    def _settle_down(self) -> None:
        cast = self.cast
        with open_session() as session:
            cast.session = session
            clinic = cast.unit("宁乡市花明楼卫生院", "430182", "hospital", F.EMPLOYER, under=cast.health)
            group = cast.unit("宁乡市医疗集团", "430182", "institution", F.SUPERIOR, F.EMPLOYER)
            staff = [cast.handler("huaming", "何花明", clinic), cast.handler("jituan", "高集团", group)]
            doctors = [
                cast.applicant(f"yi{n}", f"李医{n}", unit)
                for n, unit in enumerate((clinic, clinic, group, cast.hospital, cast.far_hospital))
            ]
            session.commit()
        del cast.session
        for person in (*vars(cast).values(), *staff, *doctors):
            if isinstance(person, Person):
                self._meet(person)
        self._learn_units()
        applicants = [cast.doctor, cast.nurse, *doctors]
        for state, person in zip(START, applicants, strict=True):
            cast.case(person, state)

    def _meet(self, person: Person) -> None:
        unit = None if person.applicant_id else person.unit_id
        self.people.append(
            Somebody(
                person.username,
                lambda: person.actor,
                person.user_id,
                unit,
                person.applicant_id,
                post=unit,
            )
        )

    def _learn_units(self) -> None:
        with open_session() as session:
            for unit, path in session.execute(select(Unit.id, Region.path).join(Region)):
                if unit not in self.model.region:
                    self.model.region[unit], self.model.functions[unit] = path, set()
                    self.model.above[unit] = session.scalar(
                        select(Relation.parent_id).where(
                            Relation.child_id == unit, Relation.state == RelationState.ACTIVE
                        )
                    )
            for unit, function in session.execute(select(UnitFunction.unit_id, UnitFunction.function)):
                self.model.functions[unit].add(function)

    @contextmanager
    def _today(self) -> object:
        with clock.fixed(self.now):
            yield

    def _read(self) -> dict[Key, Row]:
        found = {}
        with open_session() as session:
            paths = dict(session.execute(select(Region.code, Region.path)).all())
            for name, model in MODELS.items():
                names = ["id", "state", "version", *FIELDS[name].split()]
                for values in session.execute(select(*(getattr(model, it) for it in names))):
                    row = Row(name, **dict(zip(names, values, strict=True)))
                    row.state, row.region = str(row.state), paths.get(row.region_code, "")
                    found[row.key] = row
        return found

    def _last_entry(self) -> int:
        with open_session() as session:
            return session.scalar(select(func.max(Entry.id))) or 0

    # ---- acts

    def _press(self, me: Somebody, step: Step, rows: list[Row], **more: object) -> Performed | None:
        """Take a step as somebody, and hold what came of it against the model."""
        type(self).steps += 1
        self.drawn = [me]
        actor, answers = me.actor(), more.pop("answers", None) or self._answers(step, rows)
        hidden = [row for row in rows if not self._sees(me, row)]
        performed = None
        try:
            performed = perform(step, [row.id for row in rows], actor, note="意见", answers=answers, **more)
        except Missing:
            assert hidden, f"{me.name} should see {rows}"
        except Forbidden:
            assert not step.permits(actor), f"{me.name} is kept from {step.name}"
        except Refused:
            pass
        else:
            assert not hidden, f"{me.name} should not see {hidden}"
        done = {row.id for row in performed.done} if performed else set()
        for row in rows:
            if row.id in done:
                assert self.model.may(me, step, row), f"{me.name} may not {step.name} {row}"
                self._in_time(step, row)
                self._follow(step, row, answers)
        acted = {(step.process.name, key) for key in done}
        self._after(acted)
        return performed

    def _sees(self, me: Somebody, row: Row) -> bool:
        if row.process == "registration" and me.registration == row.id:
            return True
        sees = getattr(self.model, f"sees_{row.process}", None)
        if sees:
            return sees(me, row)
        with acting(me.actor()):  # publicities, meetings and plans: the page session itself
            found = db.session.scalar(select(MODELS[row.process].id).where(MODELS[row.process].id == row.id))
            db.session.remove()
        return found is not None

    def _in_time(self, step: Step, row: Row) -> None:
        """What was done was done in time."""
        name = f"{row.process}.{step.name}"
        with open_session() as session:
            plan = session.get(Plan, row.plan_id) if row.plan_id else None
            objections = select(PublicityEntry).where(
                PublicityEntry.publicity_id == row.id, PublicityEntry.objection.is_not(None)
            )
            if name == "application.submit":
                latest = row.correction_deadline if row.state == "returned" else plan.closes_at
                assert self.now <= latest, "submitted too late"
            if name == "application.recommend":
                assert self.now <= plan.unit_deadline, "recommended too late"
            if name.startswith("application.") and name.endswith("_return"):
                assert self.now < plan.correction_deadline, "returned too late"
            if name == "publicity.save_result":
                assert self.now >= clock.end_of_day(row.ends_on), "the publicity was not over"
                assert session.scalars(objections).all() == [], "an objection was open"
            if name == "meeting.open":
                assert self.now >= plan.closes_at, "the window was open"

    def _follow(self, step: Step, row: Row, answers: dict) -> None:
        """Carry over to the model what a step does to who stands under whom, and to who there is."""
        if row.process == "relation":
            self.model.above[row.child_id] = row.parent_id if step.name == "accept" else None
        if row.process == "registration" and step.name == "approve":
            self._learn_units()
            with open_session() as session:
                unit = session.scalar(select(Registration.unit_id).where(Registration.id == row.id))
                user = session.scalar(select(Handler.user_id).where(Handler.unit_id == unit))
            superior = answers.get("superior_id") if row.routed_business else row.routed_to_id
            self.model.above[unit] = superior

            def actor() -> Actor:
                with open_session() as session:
                    return access.of_account(session.get(Account, user))

            self.people.append(Somebody(f"new{unit}", actor, user, unit, post=unit))

    def _answers(self, step: Step, rows: list[Row]) -> dict:
        people = []
        if rows[0].process == "publicity":
            with open_session() as session:
                people = session.scalars(
                    select(PublicityEntry.application_id).where(
                        PublicityEntry.publicity_id == rows[0].id, PublicityEntry.open
                    )
                ).all()
        votes = {}
        if step.asks == "tallies":
            with open_session() as session:
                outcomes = session.scalars(select(Outcome.id).where(Outcome.meeting_id == rows[0].id)).all()
            votes = {it: (0, 13, 0, 0) if n % 3 else (1, 2, 9, 1) for n, it in enumerate(outcomes)}
        superior = self.cast.health if rows[0].id % 2 else None
        made = {
            "correction": {"deadline": self.now + timedelta(days=3)},
            "publicity": {
                "contact": "谭素芬",
                "telephone": "0731-88000016",
                "starts_on": clock.local(self.now).date(),
                "days": 5,
            },
            "results": {"failed": people[1:2]},
            "person": {"application_id": people[0] if people else 0},
            "attendance": {"present": 13},
            "tallies": {"votes": votes},
            "announcer": {"announcer": "罗正明"},
            "filing": {"filing_no": "长人社备〔2026〕12 号"},
            "assign": {"superior_id": superior, "direct": not superior},
        }
        return made.get(step.asks, {})

    # ---- what holds after each act

    def _after(self, acted: set[Key] | None = None) -> None:
        before, self.rows = self.rows, self._read()
        with open_session() as session:
            entries = session.scalars(select(Entry).where(Entry.id > self.last).order_by(Entry.id)).all()
        self.last = entries[-1].id if entries else self.last
        states = {key: row.state for key, row in before.items()}
        versions = {key: row.version for key, row in before.items()}
        for entry in entries:
            key = (entry.process, entry.case_id)
            self._allowed(entry, states.get(key, ""))
            states[key] = entry.to_state
            versions[key] = versions.get(key, 0) + 1
            type(self).taken[f"{entry.process}.{entry.step}"] = (
                self.taken.get(f"{entry.process}.{entry.step}", 0) + 1
            )
        for key, row in self.rows.items():
            if key in states:
                assert row.state == states[key], f"{key} is {row.state}, its timeline says {states[key]}"
            if (
                key in before
                and before[key].version != row.version
                and key[0] not in ("publicity", "relation")
            ):
                assert row.version == versions[key], f"{key}: versions and entries differ"
            if row.holder_unit_id or row.routed_to_id:
                self.model.been.setdefault(key, set()).add(row.holder_unit_id or row.routed_to_id)
        if acted is not None:
            written = {(entry.process, entry.case_id) for entry in entries}
            assert acted <= written, "a step without an entry"
            assert acted or not written, "an entry without a step"

    @staticmethod
    def _allowed(entry: Entry, was: str) -> None:
        name = f"{entry.process}.{entry.step}"
        assert entry.from_state == was, f"{name} from {entry.from_state}, but it was {was}"
        step = PROCESSES[entry.process].get(entry.step)
        if step is None:
            assert name == "publicity.open", name
            return
        leads = LEADS.get(name) or ({str(step.to)} if not callable(step.to) else set())
        assert entry.from_state in map(str, step.frm), f"{name} from {entry.from_state}"
        assert entry.to_state in leads, f"{name} to {entry.to_state}"

    @invariant()
    def everybody_sees_what_the_model_says(self) -> None:
        if not self.people:
            return
        turn = self.people[type(self).steps % len(self.people)]
        for me in {it.name: it for it in (*self.drawn, turn)}.values():
            seen = self._seen(me.actor())
            for name in ("application", "registration", "relation"):
                expected = {
                    row.id for row in self.rows.values() if row.process == name and self._sees(me, row)
                }
                assert seen[name] == expected, f"{me.name} sees {name} {seen[name]}, not {expected}"
            units = {unit for unit in self.model.region if self.model.sees_unit(me, unit)}
            assert seen["unit"] == units, f"{me.name} sees units {seen['unit']}, not {units}"
            if me.post and me.unit is None:
                assert not any(seen.values()), f"{me.name} is disabled and sees {seen}"

    def _seen(self, actor: Actor) -> dict[str, set[int]]:
        asked = {
            "application": Application,
            "registration": Registration,
            "relation": Relation,
            "unit": Unit,
            "publicity": Publicity,
            "meeting": Meeting,
            "handler": Handler,
        }
        with self.cast.app.test_request_context(), acting(actor):  # in a request the rule is made but once
            seen = {name: set(db.session.scalars(select(model.id))) for name, model in asked.items()}
            db.session.remove()
        return seen

    # ---- rules

    def _choose(self, data: Random) -> tuple[Somebody, Step, Row]:
        """A step on a case in its state by somebody of its posts, or by anybody."""
        row = data.choice(sorted(self.rows.values(), key=lambda row: row.key))
        steps = [step for step in PROCESSES[row.process].steps if step.by]
        fitting = [step for step in steps if row.state in step.frm] or steps
        step = data.choice(fitting if data.randint(0, 9) else steps)
        mine = [me for me in self.people if self.model.may(me, step, row)]
        me = data.choice(mine if mine and data.randint(0, 3) else self.people)
        return me, step, row

    @rule(data=DICE)
    def take_a_step(self, data: Random) -> None:
        for _time in range(IN_A_ROW):
            with self._today():
                self._press(*self._of_one(data))
            self.everybody_sees_what_the_model_says()

    def _of_one(self, data: Random) -> tuple[Somebody, Step, list[Row]]:
        me, step, row = self._choose(data)
        return me, step, [row]

    @rule(data=DICE)
    def take_another_step(self, data: Random) -> None:
        self.take_a_step(data)

    @rule(data=DICE)
    def take_a_step_on_several(self, data: Random) -> None:
        me, step, row = self._choose(data)
        others = [it for it in self.rows.values() if it.process == row.process and it.id != row.id]
        if (
            step.asks in ("", "correction", "publicity", "filing")
            and step.process.name != "publicity"
            and others
        ):
            rows = [row, *data.sample(others, min(len(others), data.randint(0, 2)))]
            with self._today():
                self._press(me, step, rows)

    @rule(data=DICE)
    def take_a_step_on_what_was_seen_long_ago(self, data: Random) -> None:
        me, step, row = self._choose(data)
        with self._today():
            performed = self._press(me, step, [row], seen={row.id: row.version - 1})
            assert performed is None or not performed.done, "a stale page was taken"

    @rule(data=DICE)
    def be_overtaken_between_reading_and_writing(self, data: Random) -> None:
        """Somebody takes a step, the same or another, after the engine has read the case and before it writes."""
        for _time in range(IN_A_ROW):
            self._be_overtaken(data)

    def _be_overtaken(self, data: Random) -> None:
        me, step, row = self._choose(data)
        able = [
            (other, line)
            for line in PROCESSES[row.process].steps
            if line.by and row.state in line.frm
            for other in self.people
            if self.model.may(other, line, row)
        ]
        if row.process == "plan" or not able or not self.model.may(me, step, row):
            return
        other, line = data.choice(able)
        real, faster = process._changes, []

        def slowly(act: object, case: object) -> dict:
            if not faster:
                faster.append(None)
                faster[0] = self._press(other, line, [row])
            return real(act, case)

        with self._today(), mock.patch.object(process, "_changes", slowly):
            try:
                slow = perform(step, [row.id], me.actor(), note="意见", answers=self._answers(step, [row]))
            except (Refused, Missing, Forbidden):
                slow = None
            assert not (slow and slow.done and faster and faster[0] and faster[0].done), (
                "two won the same case"
            )
            self._after()

    @rule(data=DICE)
    def apply(self, data: Random) -> None:
        free = [me for me in self.people if me.applicant]
        me = data.choice(free)
        if sum(row.applicant_id == me.applicant for row in self.rows.values()) < 3:
            plan = data.choice((self.cast.plan_id, self.cast.strict_plan_id))
            with self._today():
                person = Person(self.cast.app, me.name, me.name, me.user, None, me.applicant)
                self.cast.case(person, plan_id=plan)
                self._after()

    @rule(data=DICE)
    def begin_a_registration(self, data: Random) -> None:
        superior = data.choice((None, self.cast.health, self.cast.far_health))
        asks = {"reviewer": Reviewer.SUPERIOR, "requested_superior_id": superior} if superior else {}
        if sum(row.process == "registration" for row in self.rows.values()) < 4:
            with self._today():
                made = self.cast.registration(RegistrationState.DRAFT, **asks)
                registrant = Actor(name="刘经办", registration_id=made)
                self.people.append(Somebody(f"registrant{made}", lambda: registrant, registration=made))
                self._after()

    @rule(data=DICE)
    def ask_for_a_superior(self, data: Random) -> None:
        units = [unit for unit, has in self.model.functions.items() if has & {F.EMPLOYER, F.SUPERIOR}]
        parents = [unit for unit, has in self.model.functions.items() if F.SUPERIOR in has]
        child, parent = data.choice(units), data.choice(parents)
        if child != parent and sum(row.process == "relation" for row in self.rows.values()) < 12:
            with self._today(), open_session() as session:
                session.add(Relation(child_id=child, parent_id=parent, state=RelationState.REQUESTED))
                session.commit()
                self._after()

    @rule(data=DICE)
    def disable_or_enable_a_handler(self, data: Random) -> None:
        me = data.choice([it for it in self.people if it.post and not it.name.startswith("new")])
        me.unit = me.post if me.unit is None else None
        with open_session() as session:
            session.execute(
                update(Handler).where(Handler.user_id == me.user).values(active=me.unit is not None)
            )
            session.commit()
        self.drawn = [me]

    @rule(days=st.integers(1, 4))
    def wait(self, days: int) -> None:
        self.now += timedelta(days=days)

    @rule()
    def let_time_do_what_is_due(self) -> None:
        with self._today():
            tick.tick()
            self._after()
            late = [
                r
                for r in self.rows.values()
                if r.state == "returned" and r.correction_deadline and r.correction_deadline < self.now
            ]
            assert late == [], "overdue, and not expired"

    @rule()
    def convene(self) -> None:
        """Arrange a meeting for whoever was accepted and is not on a list yet."""
        with self._today(), open_session() as session:
            listed = select(Outcome.application_id).join(Meeting).where(Meeting.state != "void")
            people = session.scalars(
                select(Application.id).where(
                    Application.state == A.ACCEPTED,
                    Application.plan_id == self.cast.plan_id,
                    Application.id.not_in(listed),
                )
            ).all()
            if people:
                session.add(
                    Meeting(
                        plan_id=self.cast.plan_id,
                        name="评审会议",
                        held_at=self.now,
                        place="长沙",
                        host="罗正明",
                        host_role=HostRole.DEPUTY,
                        members=15,
                        outcomes=[Outcome(application_id=it) for it in people],
                    )
                )
                session.commit()
            self._after()

    def teardown(self) -> None:
        with self._today(), open_session() as session:
            broken = [(name, rows) for name, _sentence, rows in invariants.run(session)]
            assert broken == [], broken
            verified = audit.verify(session)
            assert verified.broken_id is None, verified
