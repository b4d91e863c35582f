"""Meetings of committees with their votes, result publicities and filings, for a batch of stories of one plan."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from app import ballots
from app.demo import mix, names
from app.demo.maker import Hand, Maker
from app.demo.plans import Scheme
from app.demo.stories import Story
from app.models import Meeting, Outcome, Publicity, PublicityEntry
from app.states import ApplicationState as A
from app.states import HostRole, PublicityKind, PublicityState, Verdict, Way
from app.states import MeetingState as M

#: The day of each kind of meeting, in working days from today; the states of its people follow.
DAYS = {
    mix.DONE: {"archived": -254},
    mix.REVIEW: {
        "archived": -24,
        "filed": -20,
        "void": -18,
        "reported": -14,
        "publicity": -4,
        "announced": -2,
        "voted": -1,
        "in_session": 0,
        "draft": 3,
    },
}
#: Kinds of meeting in which people have passed or failed, in the order of work.
DECIDED = ("announced", "publicity", "reported", "filed", "archived")
#: When a 考核认定 was decided, by phase and state.
RECOGNISED = {
    (mix.DONE, A.CONFIRMED): -262,
    (mix.REVIEW, A.REVIEW_PASSED): -3,
    (mix.REVIEW, A.RESULT_PUBLICITY): -16,
}


@dataclass(slots=True)
class Showing:
    """A publicity of results: which days, when it was opened, and when its result was saved, if it was."""

    starts: date
    ends: date
    estimated: bool
    opened: datetime
    saved: datetime | None


@dataclass
class Sitting:
    """One meeting with its people."""

    maker: Maker
    scheme: Scheme
    kind: str
    people: list[Story]
    passed: frozenset[int]

    def hold(self) -> None:
        """Write the meeting, what was voted, and what it meant for everybody."""
        scheme, days = self.scheme, self.maker.days
        day = DAYS[scheme.phase_name][self.kind]
        self.office, self.bureau = scheme.board.office.hand, scheme.board.bureau.hand
        self.id = self.maker.rows.new_id(Meeting)
        self.opened = days.at(day, 10 if self.kind == "draft" else 8, 0 if self.kind == "draft" else 30)
        self.voted, self.announced, self.ended = days.at(day, 15), days.at(day, 16, 30), days.at(day, 17)
        self.state, self.steps = M.DRAFT, 0
        least = ballots.needed(scheme.board.members)
        self.present = self.maker.between(least, scheme.board.members) if self.kind != "draft" else None
        self.filing_no = ""
        self.since = self.made = days.at(day - 4, 9)
        if self.kind != "draft":
            self._proceed(day)
        self._write()

    def _proceed(self, day: int) -> None:
        self._step("open", M.IN_SESSION, self.opened)
        for story in self.people:
            story.take("open_review", A.IN_REVIEW, self.office, self.opened)
        if self.kind == "in_session":
            return
        self._step("record_votes", M.VOTED, self.voted)
        if self.kind == "void":
            why = "出席人数登记有误，会议作废，另行召开。"
            self._step("void", M.VOID, self.ended, why)
            for story in self.people:
                story.take("review_void", A.ACCEPTED, self.office, self.ended, why=why)
        if self.kind in DECIDED:
            self._announce()
            if self.kind != "announced":
                self._publish(day)

    def _announce(self) -> None:
        self._step("announce", M.ANNOUNCED, self.announced)
        for story in self.people:
            state = A.REVIEW_PASSED if story.id in self.passed else A.REVIEW_FAILED
            story.take("decide", state, self.office, self.announced)

    def _publish(self, day: int) -> None:
        """Show who passed, report, file, archive, as far as this kind of meeting has come."""
        days, shown = self.maker.days, [story for story in self.people if story.id in self.passed]
        if shown:
            over = self.kind != "publicity"
            showing = showing_of(self.maker, day + 1, over=over)
            self._step("start_publicity", M.PUBLICITY, showing.opened)
            show(self.scheme, shown, showing, self.id)
            if not over:
                return
            self._step("publicity_over", M.REPORTED, showing.saved)
        else:
            self._step("report", M.REPORTED, days.at(day + 1, 9))
        if self.kind in ("filed", "archived"):
            self._file(shown, days.at(day + 11, 10))
        if self.kind == "archived":
            self._step("archive", M.ARCHIVED, days.at(day + 13, 10))

    def _file(self, shown: list[Story], at: datetime) -> None:
        board = self.scheme.board
        self.filing_no = (
            f"{'湘' if board.region == '430000' else '长'}人社职评备〔{self.scheme.year}〕{self.id} 号"
        )
        self._step("file", M.FILED, at, hand=self.bureau)
        for story in shown:
            confirm(story, self.bureau, at, self.filing_no)

    def _step(self, step: str, to: M, at: datetime, why: str = "", hand: Hand | None = None) -> None:
        self.maker.entry(("meeting", self.id), at, hand or self.office, step, (self.state, to), why)
        self.state, self.steps, self.since = to, self.steps + 1, at

    def _write(self) -> None:
        maker, board = self.maker, self.scheme.board
        decided = self.kind in DECIDED
        maker.rows.add(
            Meeting,
            id=self.id,
            plan_id=self.scheme.id,
            name=f"{self.scheme.year} 年度{board.name}会议（{self.opened:%m%d}-{self.id}）",
            held_at=self.opened,
            place="湖南省职称评审服务大厅三楼会议室",
            host=maker.name(),
            host_role=maker.one_of(tuple(HostRole)),
            members=board.members,
            present=self.present,
            recorder=maker.name(),
            announcer=maker.name() if decided else "",
            filing_no=self.filing_no,
            state=self.state,
            version=1 + self.steps,
            created_at=self.made,
            held_since=self.since,
        )
        for story in self.people:
            self._tally(story, counted=decided or self.kind == "voted")

    def _tally(self, story: Story, *, counted: bool) -> None:
        """Count one person's votes so that they add up, and pass at two thirds of those who attended."""
        maker = self.maker
        values: dict[str, object] = dict.fromkeys(("present", "yes", "no", "abstain", "result"))
        recused, opinion = 0, ""
        if counted:
            recused = int(maker.chance(10) and self.present > ballots.needed(self.scheme.board.members))
            present = self.present - recused
            needed = ballots.needed(present)
            passes = story.id in self.passed
            yes = maker.between(needed, present) if passes else maker.between(0, needed - 1)
            abstain = maker.between(0, min(2, present - yes))
            values = {"present": present, "yes": yes, "no": present - yes - abstain, "abstain": abstain}
            values["result"] = Verdict.PASS if passes else Verdict.FAIL
            opinion = maker.one_of(names.OPINIONS)
        maker.rows.add(
            Outcome, meeting_id=self.id, application_id=story.id, recused=recused, opinion=opinion, **values
        )


# ---- publicity of results -----------------------------------------------------------------------------------------


def showing_of(maker: Maker, day: int, *, over: bool) -> Showing:
    """Plan a publicity of five working days that begins on a day; where it is over, its result was saved."""
    starts = maker.days(day)
    ends, estimated = maker.days.end_of(starts, 5)
    return Showing(
        starts, ends, estimated, maker.days.at(day, 9), maker.days.at(day + 5, 9, 30) if over else None
    )


def show(scheme: Scheme, people: list[Story], showing: Showing, meeting_id: int | None) -> None:
    """Show results, and report them to the bureau where the days are over."""
    maker, office, bureau = people[0].maker, scheme.board.office, scheme.board.bureau
    write_publicity(
        maker,
        scheme.year,
        office.hand,
        showing,
        {"kind": PublicityKind.RESULT, "plan_id": scheme.id, "meeting_id": meeting_id},
        {story.id: Verdict.PASS for story in people},
    )
    for story in people:
        story.columns |= {"result_from": showing.starts, "result_to": showing.ends}
        story.take("start_result_publicity", A.RESULT_PUBLICITY, office.hand, showing.opened)
        if showing.saved:
            story.take("report", A.RESULT_PUBLICITY, office.hand, showing.saved, bureau)


def write_publicity(  # noqa: PLR0913 - what is on the notice board
    maker: Maker,
    year: int,
    hand: Hand,
    showing: Showing,
    about: dict[str, object],
    results: dict[int, Verdict],
    *,
    objection: int = 0,
) -> int:
    """Write a publicity with its people and its timeline; results count where they were saved."""
    rows, saved = maker.rows, showing.saved
    failed = all(result is Verdict.FAIL for result in results.values())
    outcome = PublicityState.FAILED if failed else PublicityState.PASSED
    number = rows.add(
        Publicity,
        unit_id=hand.unit_id,
        year=year,
        contact=hand.name,
        telephone="0731-88000000",
        starts_on=showing.starts,
        days=5,
        ends_on=showing.ends,
        estimated=showing.estimated,
        state=outcome if saved else PublicityState.ACTIVE,
        version=1 + bool(saved) + bool(objection),
        created_at=showing.opened,
        **about,
    )
    for application, result in results.items():
        rows.add(
            PublicityEntry,
            publicity_id=number,
            application_id=application,
            open=not saved,
            result=result if saved else None,
            objection=names.OBJECTION if application == objection else None,
        )
    details = {"people": len(results), "ends_on": showing.ends.isoformat()}
    active = PublicityState.ACTIVE
    maker.entry(("publicity", number), showing.opened, hand, "open", ("", active), details=details)
    if objection:
        at = showing.opened + timedelta(hours=2)
        person = {"application_id": objection}
        maker.entry(
            ("publicity", number), at, hand, "object", (active, active), names.OBJECTION, details=person
        )
    if saved:
        why = "公示期间收到反映，经核实业绩不实。" if Verdict.FAIL in results.values() else ""
        maker.entry(("publicity", number), saved, hand, "save_result", (active, outcome), why)
    return number


def confirm(story: Story, bureau: Hand, at: datetime, filing_no: str) -> None:
    """确认备案."""
    story.columns |= {"filed_at": at, "filing_no": filing_no}
    story.take("confirm", A.CONFIRMED, bureau, at)


def recognise(story: Story, state: A) -> None:
    """考核认定: decided by the office, shown, reported and filed on its own."""
    maker, scheme = story.maker, story.scheme
    day = RECOGNISED[scheme.phase_name, state]
    office, bureau = scheme.board.office.hand, scheme.board.bureau.hand
    story.kind = Way.RECOGNITION
    opinion = "符合考核认定条件，同意认定。"
    story.take("recognise_pass", A.REVIEW_PASSED, office, maker.days.at(day, 10), why=opinion)
    if state is A.REVIEW_PASSED:
        return
    show(scheme, [story], showing_of(maker, day + 1, over=True), None)
    if state is A.CONFIRMED:
        confirm(story, bureau, maker.days.at(day + 12, 10), f"湘人社职评备〔{scheme.year}〕R{story.id} 号")
