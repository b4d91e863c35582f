"""The rows of the access matrix: two towns, a sibling and another city, each row with a marker and those who see it.

Who sees a row is written down here by name and not asked of `app.access`: a rule taken away there is found here.
A marker (`QZ017QZ`) stands in every text of a row; whoever may not see the row must meet it nowhere.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta
from io import BytesIO

from flask_appbuilder.security.sqla.models import Role as RoleRow
from flask_appbuilder.security.sqla.models import assoc_user_role
from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from app import audit, clock, files
from app.db import open_session
from app.models import (
    Applicant,
    Application,
    Attachment,
    Committee,
    Entry,
    Handler,
    Meeting,
    Notice,
    OfflineCheck,
    Outcome,
    Plan,
    Publicity,
    PublicityEntry,
    Registration,
    Relation,
    SignIn,
    Unit,
)
from app.roles import Role
from app.states import ApplicationState as A
from app.states import (
    Function,
    HostRole,
    Material,
    PlanState,
    PublicityKind,
    RelationState,
    Reviewer,
    UnitKind,
    Verdict,
)
from app.states import RegistrationState as R
from tests.cast import TODAY, Cast, Person

PDF = b"%PDF-1.4\n" + b" " * 64 + b"\nstartxref\n0\n%%EOF\n"
EVERYBODY = "everybody"

#: Those above a unit, and so above its cases.
ABOVE = {
    "own": "superior bureau city_bureau province_bureau",
    "sibling": "superior bureau city_bureau province_bureau",
    "far": "far_superior far_bureau city_bureau province_bureau",
}
CLERKS = {"own": "clerk", "sibling": "sibling_clerk", "far": "far_clerk"}
DOCTORS = {"own": "doctor", "sibling": "sibling_doctor", "far": "far_doctor"}
NINGXIANG = "bureau market city_bureau province_bureau admin"
LIUYANG = "far_bureau city_bureau province_bureau admin"


@dataclass
class Row:
    """A row of a kind: its id, its marker, and who may see it; `public` markers stand on pages for everybody."""

    kind: str
    name: str
    pk: int
    mark: str
    sees: frozenset[str]


@dataclass
class Scene:
    """People and rows, made anew for each test."""

    cast: Cast
    people: dict[str, Person] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)
    session: Session | None = None

    def __post_init__(self) -> None:
        """Make everything."""
        self.people = {name: it for name, it in vars(self.cast).items() if isinstance(it, Person)}
        with open_session() as self.session:
            self.cast.session = self.session
            self._neighbours()
            self.session.commit()
        del self.cast.session
        with open_session() as self.session:
            self._units()
            self._plans()
            self._meetings()
            self._accounts()
            self.session.commit()
        for side in CLERKS:
            self._side(side)
        self._registrations()

    # ---- naming ---------------------------------------------------------------------------------------------------

    def row(self, kind: str, name: str, sees: str, pk: int = 0) -> Row:
        """Note a row and give it, with a fresh marker; `sees` are names of people, apart by blanks."""
        everybody = {*self.people, "anonymous"}
        people = frozenset(everybody if sees == EVERYBODY else sees.split())
        assert people <= everybody, people - everybody
        made = Row(kind, name, pk, f"QZ{len(self.rows):03d}QZ", people)
        self.rows.append(made)
        return made

    def of(self, kind: str) -> list[Row]:
        """All rows of a kind."""
        return [row for row in self.rows if row.kind == kind and row.pk]

    @property
    def marks(self) -> dict[str, Row]:
        """The rows by their markers."""
        return {row.mark: row for row in self.rows}

    def put(self, model: type, pk: int, **values: object) -> None:
        """Write into a row as nobody may."""
        self.session.execute(update(model).where(model.id == pk).values(values))

    # ---- who there is ---------------------------------------------------------------------------------------------

    def _neighbours(self) -> None:
        cast, people = self.cast, self.people
        self.near = cast.unit(
            "宁乡市玉潭医院", "430182", UnitKind.HOSPITAL, Function.EMPLOYER, under=cast.health
        )
        people["sibling_clerk"] = cast.handler("ytyy", "易近邻", self.near)
        people["sibling_doctor"] = cast.applicant("linyi", "林近邻", self.near)
        people["market"] = market = cast.handler("shichang", "史人力", cast.town)
        titles = select(RoleRow.id).where(RoleRow.name == Role.BUREAU_TITLES.value).scalar_subquery()
        of_market = assoc_user_role.c.user_id == market.user_id
        self.session.execute(delete(assoc_user_role).where(of_market, assoc_user_role.c.role_id == titles))
        units = {"own": cast.hospital, "sibling": self.near, "far": cast.far_hospital}
        self.shown = {side: cast.applicant(f"gongshi{side}", "公示人", unit) for side, unit in units.items()}
        self.met = {side: cast.applicant(f"huiyi{side}", "评审人", unit) for side, unit in units.items()}
        self.drafts = {side: cast.applicant(f"caogao{side}", "草稿人", unit) for side, unit in units.items()}
        self.far_committee = cast.committee(
            "岳阳市卫生系列中级职称评审委员会", cast.far_office_unit, "430600", cast.province
        )
        self.quiet_committee = cast.committee(
            "岳阳市护理系列初级职称评审委员会", cast.far_office_unit, "430600", cast.province
        )

    def _units(self) -> None:
        cast = self.cast
        seen = {
            "own": (cast.hospital, f"clerk superior {NINGXIANG}"),
            "sibling": (self.near, f"sibling_clerk superior {NINGXIANG}"),
            "superior": (cast.health, f"superior {NINGXIANG}"),
            "town": (cast.town, NINGXIANG),
            "far": (cast.far_hospital, f"far_clerk far_superior {LIUYANG}"),
            "far superior": (cast.far_health, f"far_superior {LIUYANG}"),
            "office": (cast.office_unit, "office city_bureau province_bureau admin"),
            "far office": (cast.far_office_unit, "far_office province_bureau admin"),
        }
        for name, (pk, sees) in seen.items():
            self.put(Unit, pk, contact=self.row("unit", name, sees, pk).mark, telephone="0731-1")
            for handler in self.session.scalars(select(Handler).where(Handler.unit_id == pk)):
                handler.name = f"经办{self.row('handler', name, sees, handler.id).mark}"
        above = {"own": NINGXIANG, "sibling": NINGXIANG, "far": LIUYANG}
        units = {"own": cast.hospital, "sibling": self.near, "far": cast.far_hospital}
        for side, unit in units.items():
            superior = "far_superior" if side == "far" else "superior"
            pk = self.session.scalar(
                select(Relation.id).where(Relation.child_id == unit, Relation.state == RelationState.ACTIVE)
            )
            self.row("relation", side, f"{CLERKS[side]} {superior} {above[side]}", pk)

    # ---- plans and meetings ---------------------------------------------------------------------------------------

    def _plans(self) -> None:
        cast = self.cast
        self.row("committee", "own", " ".join(self.people), cast.committee_id)
        self.row("committee", "far", " ".join(self.people), self.far_committee)
        quiet = self.row("committee", "quiet", "far_office province_bureau admin", self.quiet_committee)
        cast.session = self.session
        self.far_plan = cast.plan(self.far_committee, "430600")
        draft = cast.plan(self.quiet_committee, "430600", state=PlanState.DRAFT)
        submitted = cast.plan(self.quiet_committee, "430600", batch=2, state=PlanState.SUBMITTED)
        del cast.session
        self.put(Committee, self.quiet_committee, name=f"评委会{quiet.mark}", contact=quiet.mark)
        for pk, name, sees in (
            (cast.plan_id, "own", EVERYBODY),
            (self.far_plan, "far", EVERYBODY),
            (draft, "draft", "far_office"),
            (submitted, "submitted", "far_office province_bureau"),
        ):
            row = self.row("plan", name, sees, pk)
            self.put(Plan, pk, requirements=f"要求{row.mark}", contact=row.mark, name=f"计划{row.mark}")

    def _meetings(self) -> None:
        for name, plan, sees in (
            ("own", self.cast.plan_id, "office city_bureau province_bureau"),
            ("far", self.far_plan, "far_office province_bureau"),
        ):
            row = self.row("meeting", name, sees)
            values = {"name": f"会议{row.mark}", "place": row.mark, "host": row.mark}
            values |= {"plan_id": plan, "held_at": clock.now(), "host_role": HostRole.CHAIR, "members": 15}
            row.pk = self.session.scalar(insert(Meeting).values(values).returning(Meeting.id))

    # ---- what belongs to one person -------------------------------------------------------------------------------

    def _accounts(self) -> None:
        audit.record(self.session, self.row("audit", "log", "auditor").mark, "export_reviews", {"rows": 1})
        for who, person in self.people.items():
            row = self.row("sign_in", who, who)
            now = clock.wall()
            values = {
                "token_hash": row.mark,
                "user_id": person.user_id,
                "password_tag": "",
                "created_at": now,
            }
            values |= {"seen_at": now, "expires_at": now + timedelta(hours=8), "browser": row.mark}
            row.pk = self.session.scalar(insert(SignIn).values(values).returning(SignIn.id))
            notice = self.row("notice", who, who)
            values = {"user_id": person.user_id, "process": "application", "text": f"通知{notice.mark}"}
            values |= {"params": {}, "created_at": clock.now()}
            notice.pk = self.session.scalar(insert(Notice).values(values).returning(Notice.id))
        for who, unit in (("bureau", self.cast.town), ("far_bureau", self.cast.far_town)):
            row = self.row("offline_check", who, who)
            values = {"plan_id": self.cast.plan_id, "id_number_index": row.mark, "id_number_mask": "4301**"}
            values |= {"name": row.mark, "result": Verdict.PASS, "note": row.mark, "unit_id": unit}
            values["by_id"] = self.people[who].user_id
            row.pk = self.session.scalar(insert(OfflineCheck).values(values).returning(OfflineCheck.id))

    # ---- cases of a town ------------------------------------------------------------------------------------------

    def _side(self, side: str) -> None:
        cast, line = self.cast, f"{CLERKS[side]} {ABOVE[side]}"
        owner = self.people[DOCTORS[side]]
        pending = cast.case(owner, A.PENDING_UNIT)
        draft = cast.case(self.drafts[side], A.DRAFT)
        dates = {"publicity_from": TODAY, "publicity_to": date(2026, 9, 11)}
        shown = cast.case(self.shown[side], A.IN_PUBLICITY, **dates)
        met = cast.case(self.met[side], A.ACCEPTED)
        with open_session() as self.session:
            self._application(f"{side} pending", pending, f"{DOCTORS[side]} {line}", owner)
            self._application(f"{side} draft", draft, "", self.drafts[side])
            self._application(f"{side} shown", shown, line, self.shown[side], called=EVERYBODY)
            self._application(f"{side} met", met, f"{line} office", self.met[side])
            self._publicity(side, shown, line)
            self._outcome(side, met)
            self.session.commit()

    def _application(self, name: str, pk: int, sees: str, person: Person, *, called: str = "") -> None:
        row = self.row("application", name, sees, pk)
        named = self.row("application", f"name of {name}", called or sees)
        self.put(
            Application, pk, summary=f"业绩{row.mark}", remark=row.mark, applicant_name=f"某{named.mark}"
        )
        clerk = CLERKS[name.split(maxsplit=1)[0]]
        owner = " ".join(who for who, it in self.people.items() if it is person)
        person_row = self.row("applicant", name, f"{clerk} {owner}", person.applicant_id)
        self.put(Applicant, person.applicant_id, department=f"科室{person_row.mark}")
        entry = {"process": "application", "case_id": pk, "at": clock.now(), "actor_name": "某人"}
        entry |= {"step": "unit_pass", "from_state": "pending_unit", "to_state": "unit_passed", "details": {}}
        self.session.execute(insert(Entry).values(reason=f"意见{row.mark}", **entry))
        self._file(name, sees, application_id=pk)

    def _file(self, name: str, sees: str, **owner: int) -> None:
        row = self.row("attachment", name, sees)
        stored = files.save(BytesIO(PDF), f"{row.mark}.pdf")
        values = {"key": stored.key, "filename": stored.filename, "mime": stored.mime, "size": stored.size}
        values |= {
            "material": Material.EDUCATION,
            "sha256": stored.sha256,
            "created_at": clock.now(),
            **owner,
        }
        row.pk = self.session.scalar(insert(Attachment).values(values).returning(Attachment.id))

    def _publicity(self, side: str, case: int, sees: str) -> None:
        row = self.row("publicity", side, sees)
        public = self.row("publicity", f"contact of {side}", EVERYBODY)
        unit = self.session.scalar(select(Application.unit_id).where(Application.id == case))
        values = {"kind": PublicityKind.UNIT, "unit_id": unit, "year": 2026, "contact": public.mark}
        values |= {"telephone": "0731", "starts_on": TODAY, "days": 5, "ends_on": date(2026, 9, 11)}
        row.pk = self.session.scalar(insert(Publicity).values(values).returning(Publicity.id))
        entry = {"publicity_id": row.pk, "application_id": case, "objection": f"异议{row.mark}"}
        self.session.execute(insert(PublicityEntry).values(entry))

    def _outcome(self, side: str, case: int) -> None:
        meeting = next(row for row in self.of("meeting") if row.name == "own")
        row = self.row("outcome", side, " ".join(meeting.sees))
        values = {"meeting_id": meeting.pk, "application_id": case, "opinion": f"评议{row.mark}"}
        self.session.execute(insert(Outcome).values(values))

    def _registrations(self) -> None:
        cast = self.cast
        superior = {"reviewer": Reviewer.SUPERIOR, "requested_superior_id": cast.health}
        far = {"region_code": "430181"}
        made = (
            ("own", "bureau city_bureau province_bureau", R.PENDING_AGENCY, {}),
            (
                "market",
                "bureau market city_bureau province_bureau",
                R.PENDING_AGENCY,
                {"hr_market": True, "titles": False},
            ),
            ("superior", "superior", R.PENDING_SUPERIOR, superior),
            ("far", "far_bureau city_bureau province_bureau", R.PENDING_AGENCY, far),
            ("draft", "", R.DRAFT, {}),
        )
        for name, sees, state, more in made:
            pk = cast.registration(state, **more)
            with open_session() as self.session:
                row = self.row("registration", name, sees, pk)
                self.put(Registration, pk, unit_name=f"某单位{row.mark}", name=f"某{row.mark}")
                self._file(f"registration {name}", sees, registration_id=pk)
                self.session.commit()
