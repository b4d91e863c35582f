"""Committees and their yearly plans: last year's done, this year's first in review, others closed, open or on the way.

Every time of a plan is a number of working days from today (`when.Days`); the plan that a visitor walks through opened
five days ago and leaves time for each authority on the way.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from app import clock
from app.demo import mix, names
from app.demo.maker import CLOCKWORK, Hand, Maker
from app.demo.when import Day
from app.demo.world import CITY, PROVINCE, SERIES_NAMES, Place, World
from app.models import Committee, CommitteeSpecialty, Plan, committee_region, plan_region
from app.states import CommitteeLevel, CommitteeStatus, OfflinePolicy, PlanState

P = PlanState


@dataclass(frozen=True)
class Phase:
    """Where a plan stands: state and times in working days from today, and when its people handed in.

    `handed_in` is the span of days in which those hand in who have got far; `lately` of those still with their unit.
    """

    state: PlanState
    opens: int
    closes: int
    unit: int
    correction: int
    review: tuple[int, int]
    handed_in: tuple[int, int] = (0, 0)
    lately: tuple[int, int] = (0, 0)
    last_year: bool = False


#: Between handing in and 受理 lie at most 19 working days, between closing and 评审 more.
PHASES: dict[str, Phase] = {
    mix.DONE: Phase(
        P.COMPLETED, -301, -288, -275, -270, (-255, -248), (-300, -292), (-300, -292), last_year=True
    ),
    mix.REVIEW: Phase(P.IN_REVIEW, -60, -48, -36, -31, (-25, 6), (-59, -52), (-59, -52)),
    mix.CLOSED: Phase(P.CLOSED, -34, -3, 4, 8, (12, 14), (-32, -25), (-9, -6)),
    mix.LONG: Phase(P.PUBLISHED, -40, 6, 12, 15, (18, 20), (-38, -26), (-9, -6)),
    mix.OPEN: Phase(P.PUBLISHED, -4, 8, 12, 14, (18, 20), (-4, -3), (-4, -3)),
    "approved": Phase(P.APPROVED, 5, 15, 20, 22, (30, 32)),
    "submitted": Phase(P.SUBMITTED, 8, 18, 24, 26, (34, 36)),
    "draft": Phase(P.DRAFT, 10, 20, 26, 28, (36, 38)),
    "returned": Phase(P.RETURNED, 9, 19, 25, 27, (35, 37)),
    "rejected": Phase(P.REJECTED, 9, 19, 25, 27, (35, 37)),
    "cancelled": Phase(P.CANCELLED, -2, 9, 14, 16, (24, 26)),
}
#: Plans of the first committees, batch by batch after last year's; later committees take turns.
BATCHES = (
    (mix.REVIEW, mix.CLOSED, mix.OPEN, "submitted"),
    (mix.REVIEW, mix.CLOSED, mix.OPEN, "submitted"),
    (mix.REVIEW, mix.LONG, "approved", "draft"),
    (mix.CLOSED, mix.LONG, "returned", "rejected"),
    ("cancelled",),
    (),
)
TURNS = ((mix.REVIEW, mix.OPEN), (mix.CLOSED, "submitted"), (mix.REVIEW, mix.LONG), (mix.LONG, "draft"))
#: What a plan goes through, with the day before today of each step: by which hand, from, to.
HISTORY: dict[PlanState, tuple[str, ...]] = {
    P.DRAFT: (),
    P.SUBMITTED: ("submit",),
    P.RETURNED: ("submit", "return"),
    P.REJECTED: ("submit", "reject"),
    P.APPROVED: ("submit", "approve"),
    P.PUBLISHED: ("submit", "approve", "publish"),
    P.CANCELLED: ("submit", "approve", "publish", "cancel"),
    P.CLOSED: ("submit", "approve", "publish", "close"),
    P.IN_REVIEW: ("submit", "approve", "publish", "close", "start_review"),
    P.COMPLETED: ("submit", "approve", "publish", "close", "start_review", "complete"),
}
LEADS = {
    "submit": P.SUBMITTED,
    "return": P.RETURNED,
    "reject": P.REJECTED,
    "approve": P.APPROVED,
    "publish": P.PUBLISHED,
    "cancel": P.CANCELLED,
    "close": P.CLOSED,
    "start_review": P.IN_REVIEW,
    "complete": P.COMPLETED,
}
WHY = {
    "return": "评审时间与省厅统一安排冲突，请调整后再报。",
    "reject": "评委会备案事项正在核查，本批次不予备案。",
    "cancel": "本批次并入下一批次，已通知申报单位。",
}


@dataclass(slots=True)
class Board:
    """A committee, as far as plans and stories need it."""

    id: int
    series: str
    level: CommitteeLevel
    region: str
    office: Place
    bureau: Place
    members: int
    name: str


@dataclass(slots=True)
class Scheme:
    """A plan with the phase it stands in."""

    id: int
    board: Board
    phase_name: str
    phase: Phase
    year: int
    batch: int
    offline: OfflinePolicy
    levels: tuple[int, ...]
    day: Day
    opens_at: datetime
    correction_deadline: datetime
    numbered: int = 0
    ways: dict[int, list] = field(default_factory=dict)


class Plans:
    """Makes committees and plans; what has applications is found by phase."""

    def __init__(self, maker: Maker, world: World) -> None:
        self.maker, self.world = maker, world
        self.boards: list[Board] = []
        self.schemes: dict[str, list[Scheme]] = {name: [] for name in PHASES}

    def make(self, amounts: dict[mix.Key, int]) -> None:
        """Make all committees, and their plans with the number of 受理号 that their applications will have."""
        self._boards()
        wanted = list(self._wanted())
        totals = {name: sum(1 for _board, phase, _batch in wanted if phase == name) for name in PHASES}
        for board, phase, batch in wanted:
            place = len(self.schemes[phase])
            numbered = sum(
                mix.share(count, totals[phase], place)
                for key, count in amounts.items()
                if key.phase == phase and key.state in mix.NUMBERED
            )
            self.schemes[phase].append(self._plan(board, phase, batch, numbered))

    # ---- committees -----------------------------------------------------------------------------------------------

    def _boards(self) -> None:
        senior, middle = CommitteeLevel.SENIOR, CommitteeLevel.INTERMEDIATE
        self._board("04", senior, PROVINCE)
        self._board("04", middle, CITY)
        self._board("22", senior, PROVINCE)
        self._board("05", senior, PROVINCE)
        self._board("05", middle, PROVINCE, status=CommitteeStatus.SUSPENDED)
        self._board("05", CommitteeLevel.JUNIOR, PROVINCE, expired=True)
        for series, region in list(self.world.offices):
            if series not in ("04", "22", "05"):
                self._board(series, senior, region)
                self._board(series, middle, region)

    def _board(
        self,
        series: str,
        level: CommitteeLevel,
        region: str,
        status: CommitteeStatus = CommitteeStatus.ACTIVE,
        *,
        expired: bool = False,
    ) -> None:
        """Found a committee: filed for three years, odd in number (order no. 40)."""
        maker, rows = self.maker, self.maker.rows
        office, bureau = self.world.offices[series, region], self.world.bureaus[region]
        area = maker.areas[region].name
        name = f"{area}{SERIES_NAMES[series]}系列{level.title}职称评审委员会"
        members = {"senior": 25, "intermediate": 15, "junior": 7}[level.value]
        number = rows.new_id(Committee)
        start = maker.days(-330).replace(day=1)
        if expired:
            start = start.replace(year=start.year - 2)
        valid_to = start.replace(year=start.year + 3) - timedelta(1)
        rows.add(
            Committee,
            id=number,
            name=name,
            series_code=series,
            level=level,
            office_id=office.id,
            founder_id=bureau.id,
            bureau_id=bureau.id,
            filing_no=f"{'湘' if region == PROVINCE else '长'}人社职评备〔{start.year}〕{number} 号",
            filing_date=start,
            valid_from=start,
            valid_to=valid_to if not expired else min(valid_to, maker.days(-30)),
            member_count=members,
            contact=office.hand.name,
            telephone=f"0731-84{number:06d}",
            status=status,
        )
        rows.add(committee_region, committee_id=number, region_code=region)
        for specialty in self._specialties(series):
            rows.add(CommitteeSpecialty, committee_id=number, name=specialty)
        self.boards.append(Board(number, series, level, region, office, bureau, members, name))

    @staticmethod
    def _specialties(series: str) -> list[str]:
        listed = names.SPECIALTIES.get(series, {"": (SERIES_NAMES[series],)})
        return sorted({name for branch in listed.values() for name in branch})

    # ---- plans ----------------------------------------------------------------------------------------------------

    def _wanted(self) -> Iterator[tuple[Board, str, int]]:
        """Which plans there are: board, phase, batch."""
        for place, board in enumerate(self.boards):
            yield board, mix.DONE, 1
            turns = BATCHES[place] if place < len(BATCHES) else TURNS[place % len(TURNS)]
            for batch, phase in enumerate(turns, start=1):
                yield board, phase, batch

    def _plan(self, board: Board, phase_name: str, batch: int, numbered: int) -> Scheme:
        maker, phase = self.maker, PHASES[phase_name]
        days = maker.days
        year = maker.today.year - phase.last_year
        levels = {"senior": (1, 2), "intermediate": (3,), "junior": (4,)}[board.level.value]
        opens = clock.at(days.plain(-5), 9) if phase_name == mix.OPEN else days.at(phase.opens, 9)
        scheme = Scheme(
            id=maker.rows.new_id(Plan),
            board=board,
            phase_name=phase_name,
            phase=phase,
            year=year,
            batch=batch,
            offline=self._offline(board),
            levels=levels,
            day=days.plain if phase_name == mix.OPEN else days,
            opens_at=opens,
            correction_deadline=days.at(phase.correction, 17),
        )
        history = self._history(scheme)
        maker.rows.add(
            Plan,
            id=scheme.id,
            committee_id=board.id,
            year=year,
            batch=batch,
            name=f"{year} 年度{board.name.removesuffix('职称评审委员会')}职称评审（第 {batch} 批）",
            levels=",".join(map(str, levels)),
            opens_at=opens,
            closes_at=days.at(phase.closes, 17),
            unit_deadline=days.at(phase.unit, 17),
            correction_deadline=scheme.correction_deadline,
            review_from=days(phase.review[0]),
            review_to=days(phase.review[1]),
            expert_count=board.members,
            offline=scheme.offline,
            requirements="按当年职称评审工作通知执行；申报材料须真实、完整，由所在单位公示后逐级上报。",
            contact=board.office.hand.name,
            telephone=f"0731-84{board.id:06d}",
            numbered=numbered,
            state=phase.state,
            version=1 + len(history),
            held_since=history[-1] if history else days.at(-6, 10),
        )
        maker.rows.add(plan_region, plan_id=scheme.id, region_code=board.region)
        return scheme

    @staticmethod
    def _offline(board: Board) -> OfflinePolicy:
        """Health, which a visitor walks through, does without the window; one series asks for it first of all."""
        if board.series == "04":
            return OfflinePolicy.NONE
        return OfflinePolicy.BEFORE_SUBMIT if board.series == "22" else OfflinePolicy.BEFORE_FORMAL

    def _history(self, scheme: Scheme) -> list[datetime]:
        """Write the plan's timeline and give the time of each step."""
        days, phase = self.maker.days, scheme.phase
        base = min(phase.opens, -2)
        at = {
            "submit": days.at(base - 12, 10),
            "return": days.at(base - 10, 15),
            "reject": days.at(base - 10, 15),
            "approve": days.at(base - 9, 15),
            "publish": days.at(base - 7, 10),
            "cancel": days.at(-1, 11),
            "close": days.at(phase.closes, 17, 1),
            "start_review": days.at(scheme.phase.review[0] + 1, 8, 30),
            "complete": days.at(-226, 16),
        }
        state, times = P.DRAFT, []
        made = days.at(base - 14, 9)
        self.maker.entry(("plan", scheme.id), made, self._hand(scheme, "submit"), "create", ("", state))
        for step in HISTORY[phase.state]:
            times.append(at[step])
            states = (state, LEADS[step])
            self.maker.entry(
                ("plan", scheme.id), at[step], self._hand(scheme, step), step, states, WHY.get(step, "")
            )
            state = LEADS[step]
        return times

    @staticmethod
    def _hand(scheme: Scheme, step: str) -> Hand:
        if step == "close":
            return CLOCKWORK
        bureau = step in ("approve", "return", "reject")
        return scheme.board.bureau.hand if bureau else scheme.board.office.hand
