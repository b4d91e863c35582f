"""All applications of a plan, batch by batch: who applies where, by which steps a state is reached, and the numbers.

Colleagues of one unit who hand in together are shown together, so that a publicity has several people. Memory holds
one batch, whatever the size of the plan.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import func, select, update

from app import clock, people
from app.demo import mix, names
from app.demo.maker import AGREED, CLOCKWORK, Hand, Maker
from app.demo.meetings import DECIDED, Showing, Sitting, recognise, write_publicity
from app.demo.mix import Key
from app.demo.plans import Scheme
from app.demo.stories import Somebody, Stop, Story
from app.demo.world import SERIES_NAMES, Place, World
from app.models import Applicant, Application, Outcome
from app.roles import Role
from app.states import ApplicationState as A
from app.states import PublicityKind, Stage, Verdict, Way

BATCH = 400
EARLY = (A.DRAFT, A.PENDING_UNIT, A.UNIT_PASSED, A.UNIT_REJECTED, A.WITHDRAWN)
#: States whose people need a unit with a superior.
ABOVE = (A.PENDING_SUPERIOR, A.SUPERIOR_REJECTED)
#: How many groups of colleagues come from the cast's hospital first.
CAST_GROUPS = 14
#: Keep at most so many people of last year who may try again.
AGAIN = 4000
VOTED_OUT = (A.REVIEW_FAILED, A.UNIT_REJECTED, A.FORMAL_REJECTED, A.COMMITTEE_REJECTED)


class Telling:
    """Tells the stories of all plans."""

    def __init__(self, maker: Maker, world: World) -> None:
        self.maker, self.world = maker, world
        self._again: dict[int, list[Somebody]] = defaultdict(list)
        self._kept = self._linked = 0

    def plan(self, scheme: Scheme, wanted: dict[Key, int]) -> Iterator[int]:
        """Write the applications of a plan; gives how many after each batch."""
        self.scheme, self._groups, self._formal, self._shown = scheme, 0, 0, 0
        scheme.numbered = 0
        homes = self._homes(scheme)
        self._homes_all, self._homes_above = (
            homes,
            [place for place in homes if place.parent] or self._any_above(),
        )
        jobs = [key for key, count in wanted.items() for _turn in range(count)]
        self.maker.random.shuffle(jobs)
        for start in range(0, len(jobs), BATCH):
            batch = jobs[start : start + BATCH]
            self._batch(batch)
            if self.maker.rows.full:
                self.write()
            yield len(batch)
        scheme.ways.clear()

    def write(self) -> None:
        """Write what waits, and let each decided application name its outcome, which could not be there before it."""
        self.maker.rows.flush()
        decided = (A.REVIEW_PASSED, A.REVIEW_FAILED, A.RESULT_PUBLICITY, A.CONFIRMED)
        outcome = select(Outcome.id).where(
            Outcome.application_id == Application.id, Outcome.result.is_not(None)
        )
        self.maker.session.execute(
            update(Application)
            .where(Application.id > self._linked, Application.state.in_(decided))
            .values(outcome_id=outcome.scalar_subquery())
            .execution_options(synchronize_session=False)
        )
        self._linked = self.maker.session.scalar(select(func.max(Application.id))) or 0

    # ---- a batch --------------------------------------------------------------------------------------------------

    def _batch(self, jobs: list[Key]) -> None:
        self.stories: list[Story] = []
        self._benches: dict[str, list[Story]] = defaultdict(list)
        self._failed: list[Story] = []
        self._accepted: list[Story] = []
        for kind in ("early", "showing", "late"):
            group = [key for key in jobs if _kind(key) == kind]
            while group:
                size = min(len(group), self.maker.between(1, 4))
                self._colleagues(kind, group[:size])
                group = group[size:]
        self._meet()
        self._number()
        for story in self.stories:
            story.write()

    def _colleagues(self, kind: str, keys: list[Key]) -> None:
        """Tell of people of one unit who hand in on the same day."""
        phase, maker = self.scheme.phase, self.maker
        above = any(key.state in ABOVE or key.variant == "superior" for key in keys)
        unit = self._home(above=above)
        day = maker.between(*(phase.handed_in if kind == "late" else phase.lately))
        if kind == "showing":
            day, self._shown = phase.lately[self._shown % 2], self._shown + 1
        stories = [(self._story(unit, key), key) for key in keys]
        showing = self._unit_showing(day, over=kind == "late") if kind != "early" else None
        for story, key in stories:
            self._tell(story, key, day, showing)
        if showing:
            results = {
                story.id: Verdict.FAIL if key.state is A.PUBLICITY_FAILED else Verdict.PASS
                for story, key in stories
            }
            objection = stories[0][0].id if not showing.saved and maker.chance(25) else 0
            about = {"kind": PublicityKind.UNIT, "plan_id": None, "meeting_id": None}
            write_publicity(maker, self.scheme.year, unit.hand, showing, about, results, objection=objection)

    def _unit_showing(self, day: int, *, over: bool) -> Showing:
        """Plan the publicity of a unit from the third day after handing in, posted in the evening."""
        days, scheme = self.maker.days, self.scheme
        first = min(day + 3, -1)
        starts = scheme.day(first)
        ends, estimated = days.end_of(starts, 5)
        opened = clock.at(starts, 18)
        return Showing(starts, ends, estimated, opened, days.at(first + 5, 10, 30) if over else None)

    # ---- the steps to a state -------------------------------------------------------------------------------------

    def _tell(self, story: Story, key: Key, day: int, showing: Showing | None) -> None:
        if key.state is A.DRAFT:
            return
        if key.state is A.PENDING_UNIT:
            story.submit(day + self.maker.between(0, 2))
            return
        story.submit(day)
        if key.variant == "unit":
            story.give_back(day + 1)
        elif key.state is A.UNIT_REJECTED:
            story.by_unit("unit_reject", A.UNIT_REJECTED, day + 1, self.maker.one_of(names.REJECTS))
        else:
            self._past_unit(story, key, day, showing)

    def _past_unit(self, story: Story, key: Key, day: int, showing: Showing | None) -> None:
        if self.maker.chance(10):
            story.give_back(day + 1)
            story.correct(day + 1)
        story.by_unit("unit_pass", A.UNIT_PASSED, day + 2)
        if key.state is A.WITHDRAWN:
            story.take("withdraw", A.WITHDRAWN, story.who.hand, story.moment(day + 3))
        if not showing:
            return
        story.columns |= {"publicity_from": showing.starts, "publicity_to": showing.ends}
        story.take("start_publicity", A.IN_PUBLICITY, story.unit.hand, showing.opened)
        if not showing.saved:
            return
        failed = key.state is A.PUBLICITY_FAILED
        step, state = (
            ("publicity_fail", A.PUBLICITY_FAILED) if failed else ("publicity_pass", A.PUBLICITY_PASSED)
        )
        story.take(step, state, story.unit.hand, showing.saved)
        if key.state not in (A.PUBLICITY_FAILED, A.PUBLICITY_PASSED):
            self._upwards(story, key, day + 3 + 5)

    def _upwards(self, story: Story, key: Key, day: int) -> None:
        """推荐上报, and stop by stop as far as this one has come."""
        story.recommend(day)
        target = self._target(story, key)
        detour = self.maker.chance(8)
        while story.hop < target:
            day += 1
            if detour:
                story.give_back(day)
                story.correct(day)
                day, detour = day + 1, False
            story.climb(day)
        prefix = {
            A.SUPERIOR_REJECTED: "superior",
            A.FORMAL_REJECTED: "formal",
            A.COMMITTEE_REJECTED: "committee",
        }
        if key.state in prefix:
            hand, why = story.holder.hand, self.maker.one_of(names.REJECTS)
            story.take(f"{prefix[key.state]}_reject", key.state, hand, story.moment(day + 1), why=why)
        elif key.state in (A.RETURNED, A.ABANDONED):
            story.give_back(day + 1)
            if key.state is A.ABANDONED:
                self._expire(story)
        elif key.state in mix.NUMBERED:
            self._accept(story, key, day + 1)

    def _target(self, story: Story, key: Key) -> int:
        """Say at which stop a story ends its way: superiors first, then bureaus, the office last."""
        superiors = sum(stop.stage is Stage.SUPERIOR for stop in story.way)
        bureaus = sum(stop.stage is Stage.FORMAL for stop in story.way)
        if key.state in ABOVE or key.variant == "superior":
            return 1
        if key.state in (A.PENDING_FORMAL, A.FORMAL_REJECTED, A.ABANDONED) or key.variant == "formal":
            self._formal += 1
            return superiors + 1 + (self._formal - 1) % bureaus
        return len(story.way)

    @staticmethod
    def _expire(story: Story) -> None:
        """逾期未补正: the clock ends it when the plan's last day for corrections is over."""
        story.columns.pop("resume")
        story.take("expire", A.ABANDONED, CLOCKWORK, story.scheme.correction_deadline + timedelta(minutes=1))

    def _accept(self, story: Story, key: Key, day: int) -> None:
        """受理, and on to the meeting."""
        office = self.scheme.board.office.hand
        if key.state is not A.ACCEPTED or self.maker.chance(50):
            at = story.moment(day)
            story.columns["paper_received_at"] = at
            story.take("paper_received", A.FORMAL_PASSED, office, at)
        story.take("committee_accept", A.ACCEPTED, office, story.moment(day))
        self._accepted.append(story)
        if key.variant == "recognised":
            recognise(story, key.state)
        elif key.state is A.REVIEW_FAILED:
            self._failed.append(story)
        elif key.variant:
            self._benches[key.variant].append(story)

    # ---- meetings and numbers -------------------------------------------------------------------------------------

    def _meet(self) -> None:
        """Hold one meeting of each kind; who failed sat in one where somebody passed, if there was one."""
        maker = self.maker
        passed = {kind: frozenset(story.id for story in bench) for kind, bench in self._benches.items()}
        decided = [kind for kind in DECIDED if kind in self._benches]
        alone = "archived" if self.scheme.phase_name == mix.DONE else "announced"
        for story in self._failed:
            self._benches[maker.one_of(decided) if decided else alone].append(story)
        for kind, bench in self._benches.items():
            won = passed.get(kind, frozenset()) if kind in DECIDED else frozenset()
            if kind == "voted":
                won = frozenset(story.id for story in bench if maker.chance(70))
            Sitting(maker, self.scheme, kind, bench, won).hold()

    def _number(self) -> None:
        """Give the 受理号 in the order of acceptance."""
        scheme = self.scheme
        for story in sorted(self._accepted, key=lambda story: story.accepted_at):
            scheme.numbered += 1
            number = f"{scheme.year}{scheme.board.id:04d}{scheme.batch:02d}{scheme.numbered:05d}"
            story.columns["accept_no"] = number

    # ---- who and where --------------------------------------------------------------------------------------------

    def _homes(self, scheme: Scheme) -> list[Place]:
        """Units whose people may apply to a plan: in its region, of the kind that has such people."""
        area = self.maker.areas[scheme.board.region].path
        inside = [place for place in self.world.places if place.ready and self._area(place).startswith(area)]
        kinds = names.APPLY.get(scheme.board.series)
        return [place for place in inside if not kinds or place.kind in kinds] or inside

    def _area(self, place: Place) -> str:
        return self.maker.areas[place.region].path

    def _any_above(self) -> list[Place]:
        return [self.world.cast["yiyuan"]]

    def _home(self, *, above: bool) -> Place:
        """Choose a unit; the cast's hospital comes first, so that every desk of the cast has something on it."""
        homes = self._homes_above if above else self._homes_all
        self._groups += 1
        hospital = self.world.cast["yiyuan"]
        return hospital if self._groups <= CAST_GROUPS and hospital in homes else self.maker.one_of(homes)

    def _story(self, unit: Place, key: Key) -> Story:
        maker, scheme = self.maker, self.scheme
        again = self._again[unit.id] if scheme.phase_name != mix.DONE else []
        if (
            again
            and again[-1].series == scheme.board.series
            and again[-1].level in scheme.levels
            and maker.chance(40)
        ):
            who = again.pop()
        else:
            who = self._somebody(unit)
        if scheme.phase_name == mix.DONE and key.state in VOTED_OUT and self._kept < AGAIN:
            self._kept += 1
            self._again[unit.id].append(who)
        kind = Way.EXCEPTIONAL if maker.chance(4) else Way.NORMAL
        number = maker.rows.new_id(Application)
        listed = names.SPECIALTIES.get(scheme.board.series, {"": (SERIES_NAMES[scheme.board.series],)})
        specialty = maker.one_of(listed.get(who.branch) or next(iter(listed.values())))
        story = Story(maker, scheme, unit, who, number, who.title_id, specialty, self._way(unit), kind=kind)
        self.stories.append(story)
        return story

    def _way(self, unit: Place) -> list[Stop]:
        """Lay the way up as `app.routing.way_up` does, from what is in memory."""
        ways = self.scheme.ways
        if unit.id not in ways:
            stops, above = [], unit.parent
            while above:
                stops.append(Stop(above, Stage.SUPERIOR))
                above = above.parent
            for code in reversed(self._area(unit).strip("/").split("/")):
                if code in self.world.bureaus:
                    stops.append(Stop(self.world.bureaus[code], Stage.FORMAL))
                    if code == self.scheme.board.region:
                        break
            ways[unit.id] = [*stops, Stop(self.scheme.board.office, Stage.OFFICE)]
        return ways[unit.id]

    def _somebody(self, unit: Place) -> Somebody:
        """Open an applicant's account with an archive that fits the plan."""
        maker, scheme = self.maker, self.scheme
        series = scheme.board.series
        level = scheme.levels[-1] if maker.chance(75) else scheme.levels[0]
        title_id, branch, _name = maker.one_of(maker.titles[series, level])
        return applicant(maker, unit, f"sbr{maker.people:07d}", series, (title_id, branch, level))


def applicant(
    maker: Maker, unit: Place, username: str, series: str, aim: tuple[int, str, int], name: str = ""
) -> Somebody:
    """Write an applicant of a unit whose present title lies one level below the one aimed at."""
    title_id, branch, level = aim
    human = maker.human(name)
    user_id = maker.login(username, human.name, [Role.APPLICANT])
    sealed = people.applicant(*human)
    frozen = {
        "gender": sealed["gender"],
        "department": maker.one_of(names.DEPARTMENTS.get(unit.kind, names.OTHER_DEPARTMENTS)),
        "education": maker.one_of(names.EDUCATIONS),
        "current_title": maker.title_names.get((series, branch, level + 1), ""),
        "current_title_on": maker.today.replace(year=maker.today.year - maker.between(5, 9), month=12, day=1),
    }
    number = maker.rows.add(
        Applicant,
        user_id=user_id,
        unit_id=unit.id,
        agreed_at=maker.days.at(-305, 9),
        agreed_version=AGREED,
        **(sealed | frozen),
    )
    frozen |= {"applicant_name": human.name, "id_number_index": sealed["id_number_index"]}
    frozen |= {"id_number_mask": sealed["id_number_mask"], "phone_mask": sealed["phone_mask"]}
    return Somebody(number, Hand(user_id, human.name), frozen, series, title_id, branch, level)


def _kind(key: Key) -> str:
    """Say whether people of this kind are still with their unit, being shown, or past that."""
    if key.state in EARLY or key.variant == "unit":
        return "early"
    return "showing" if key.state is A.IN_PUBLICITY else "late"
