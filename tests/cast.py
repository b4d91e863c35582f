"""The people of the tests: two towns, so that there is always somebody who must not see.

宁乡: bureau, health office, hospital with a clerk, two doctors. 浏阳: the same, as outsiders. Above both 长沙 and the
province; a committee in 长沙 with an office. Everybody is synthetic, with valid checksums.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert, select, update

from app import access, accounts, clock, identity, people, routing
from app.db import open_session
from app.effects.applications import WAITING_AT, archive
from app.models import (
    Account,
    Applicant,
    Application,
    Attachment,
    Committee,
    CommitteeSpecialty,
    Entry,
    Handler,
    HandlerBusiness,
    Plan,
    Region,
    Registration,
    Relation,
    RouteHop,
    Routing,
    Title,
    Unit,
    UnitFunction,
)
from app.roles import Role
from app.states import (
    HELD,
    NUMBERED,
    REGISTRATION_MATERIALS,
    REQUIRED_MATERIALS,
    ApplicationState,
    Business,
    CommitteeLevel,
    Education,
    Function,
    Material,
    OfflinePolicy,
    PlanState,
    RegistrationState,
    RelationState,
    Reporting,
    Reviewer,
    Stage,
    UnitKind,
    Way,
)
from app.workflow import PROCESSES, Refused, perform

PASSWORD = "dongting-hu-xiaoxiang-7"
TODAY = date(2026, 9, 7)
A = ApplicationState


@dataclass
class Person:
    """Somebody with an account."""

    app: Flask
    username: str
    name: str
    user_id: int
    unit_id: int | None = None
    applicant_id: int | None = None
    id_number: str = ""
    phone: str = ""

    @property
    def actor(self) -> access.Actor:
        """Who this is to the row rule, read afresh: rights follow the current links."""
        with open_session() as session:
            return access.of_account(session.get(Account, self.user_id))

    def does(self, process: str, step: str, *ids: int, note: str = "意见", **answers: object):
        """Take a step; it must be possible for all."""
        performed = perform(PROCESSES[process][step], ids, self.actor, note=note, answers=answers)
        assert not performed.skipped, [skipped.why for skipped in performed.skipped]
        return performed.done

    def tries(self, process: str, step: str, case_id: int, note: str = "意见", **answers: object) -> str:
        """Try a step on one case and give the sentence of the refusal, or an empty text."""
        try:
            performed = perform(PROCESSES[process][step], [case_id], self.actor, note=note, answers=answers)
        except Refused as refused:
            return str(refused)
        return performed.skipped[0].why if performed.skipped else ""

    def client(self) -> FlaskClient:
        """A browser in which this person has signed in."""
        client = self.app.test_client()
        answer = client.post(
            "/login/",
            data={"username": self.username, "password": PASSWORD, "csrf_token": token(client, "/login/")},
        )
        assert answer.status_code == 302, answer.text
        return client


def token(client: FlaskClient, page: str) -> str:
    """The CSRF token of a page."""
    text = client.get(page).text
    start = text.index('name="csrf_token"')
    start = text.index('value="', start) + 7
    return text[start : text.index('"', start)]


class Cast:
    """Everybody, made once per database."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self._count = 0
        self._hash = accounts.hashed(PASSWORD)
        with open_session() as session:
            self.session = session
            self._build()
            session.commit()
        del self.session

    # ---- making ---------------------------------------------------------------------------------------------------

    def _build(self) -> None:
        bureau, superior, employer = Function.BUREAU, Function.SUPERIOR, Function.EMPLOYER
        self.province = self.unit(
            "湖南省人力资源和社会保障厅", "430000", UnitKind.OFFICE, bureau, Function.FORM_REVIEW
        )
        self.city = self.unit(
            "长沙市人力资源和社会保障局", "430100", UnitKind.OFFICE, bureau, Function.FORM_REVIEW
        )
        self.town = self.unit(
            "宁乡市人力资源和社会保障局", "430182", UnitKind.OFFICE, bureau, Function.FORM_REVIEW
        )
        self.far_town = self.unit("浏阳市人力资源和社会保障局", "430181", UnitKind.OFFICE, bureau)
        self.health = self.unit("宁乡市卫生健康局", "430182", UnitKind.OFFICE, superior, employer)
        self.far_health = self.unit("浏阳市卫生健康局", "430181", UnitKind.OFFICE, superior)
        self.hospital = self.unit("宁乡市沩江医院", "430182", UnitKind.HOSPITAL, employer, under=self.health)
        self.far_hospital = self.unit(
            "浏阳市大瑶医院", "430181", UnitKind.HOSPITAL, employer, under=self.far_health
        )
        self.office_unit = self.unit(
            "长沙市职称评审服务中心", "430100", UnitKind.INSTITUTION, Function.COMMITTEE_OFFICE
        )
        self.far_office_unit = self.unit(
            "岳阳市职称评审服务中心", "430600", UnitKind.INSTITUTION, Function.COMMITTEE_OFFICE
        )

        self.admin = self.login("admin2", "系统管理员", Role.ADMIN)
        self.auditor = self.login("shenji", "审计员", Role.AUDITOR)
        self.province_bureau = self.handler("sheng", "周省", self.province)
        self.city_bureau = self.handler("shi", "李市", self.city)
        self.bureau = self.handler("ningxiang", "周文涛", self.town)
        self.far_bureau = self.handler("liuyang", "刘阳", self.far_town)
        self.superior = self.handler("wjj", "谭建国", self.health)
        self.far_superior = self.handler("lywjj", "汤远", self.far_health)
        self.clerk = self.handler("yiyuan", "谭素芬", self.hospital)
        self.far_clerk = self.handler("lyyy", "张外人", self.far_hospital)
        self.office = self.handler("pingwei", "贺敏", self.office_unit)
        self.far_office = self.handler("yypw", "岳委", self.far_office_unit)
        self.doctor = self.applicant("yisheng", "陈雅琴", self.hospital)
        self.nurse = self.applicant("hushi", "肖慧玲", self.hospital)
        self.far_doctor = self.applicant("waiyi", "黄外地", self.far_hospital)

        self.committee_id = self.committee(
            "长沙市卫生系列中级职称评审委员会", self.office_unit, "430100", self.city
        )
        self.plan_id = self.plan(self.committee_id, "430100")
        self.strict_plan_id = self.plan(
            self.committee_id, "430100", batch=2, offline=OfflinePolicy.BEFORE_FORMAL
        )
        self.title_id = self.session.scalar(
            select(Title.id).where(Title.series_code == "04", Title.branch == "医", Title.level == 3)
        )

    def unit(
        self, name: str, region: str, kind: UnitKind, *functions: Function, under: int | None = None
    ) -> int:
        """Make a unit, under a superior or reporting directly, and give its id."""
        self._count += 1
        code = identity.make_credit_code(f"12{region}{self._count:08d}")
        session = self.session
        values = {
            "credit_code": code,
            "name": name,
            "kind": kind,
            "region_code": region,
            "created_at": clock.now(),
        }
        values |= {"reporting": Reporting.SUPERIOR if under else Reporting.DIRECT, "path": "", "active": True}
        unit_id = session.execute(
            insert(Unit).values(contact="", telephone="", **values).returning(Unit.id)
        ).scalar_one()
        above = session.scalar(select(Unit.path).where(Unit.id == under)) if under else "/"
        session.execute(update(Unit).where(Unit.id == unit_id).values(path=f"{above}{unit_id}/"))
        if functions:
            session.execute(insert(UnitFunction), [{"unit_id": unit_id, "function": it} for it in functions])
        if under:
            relation = {"child_id": unit_id, "parent_id": under, "state": RelationState.ACTIVE}
            session.execute(insert(Relation).values(version=1, created_at=clock.now(), **relation))
        return unit_id

    def numbers(self) -> tuple[str, str]:
        """A fresh ID number and phone of nobody."""
        self._count += 1
        born, sequence = date(1985, 3, 1) + timedelta(days=self._count // 1000), self._count % 1000
        return identity.make_id_number("430124", born, sequence), f"138{self._count:08d}"

    def login(self, username: str, name: str, *roles: Role) -> Person:
        """Make a login without a unit."""
        user_id = accounts.make_login(self.session, accounts.login_values(username, name, self._hash), roles)
        return Person(self.app, username, name, user_id)

    def handler(self, username: str, name: str, unit_id: int) -> Person:
        """Make a handler of a unit with the roles that follow from its functions."""
        functions = self.session.scalars(
            select(UnitFunction.function).where(UnitFunction.unit_id == unit_id)
        ).all()
        person = self.login(username, name, *accounts.roles_for(functions))
        person.unit_id = unit_id
        person.id_number, person.phone = self.numbers()
        values = people.personal(name, person.id_number, person.phone)
        made = insert(Handler).values(unit_id=unit_id, user_id=person.user_id, active=True, **values)
        handler_id = self.session.execute(made.returning(Handler.id)).scalar_one()
        rows = [{"handler_id": handler_id, "business": business} for business in Business]
        self.session.execute(insert(HandlerBusiness), rows)
        return person

    def applicant(self, username: str, name: str, unit_id: int | None) -> Person:
        """Make an applicant with a complete archive."""
        person = self.login(username, name, Role.APPLICANT)
        person.unit_id = unit_id
        person.id_number, person.phone = self.numbers()
        values = people.applicant(name, person.id_number, person.phone)
        values |= {"unit_id": unit_id, "department": "心内科", "education": Education.BACHELOR}
        values |= {
            "current_title": "医师",
            "current_title_on": date(2019, 11, 1),
            "agreed_version": "2026-01",
        }
        made = (
            insert(Applicant)
            .values(user_id=person.user_id, agreed_at=clock.now(), **values)
            .returning(Applicant.id)
        )
        person.applicant_id = self.session.execute(made).scalar_one()
        return person

    def committee(self, name: str, office: int, region: str, bureau: int) -> int:
        """Make a committee for 卫生, level 中级."""
        committee = Committee(
            name=name,
            series_code="04",
            level=CommitteeLevel.INTERMEDIATE,
            office_id=office,
            founder_id=office,
            bureau_id=bureau,
            filing_no="长职评备〔2025〕07 号",
            filing_date=date(2025, 3, 1),
            valid_from=date(2025, 3, 1),
            valid_to=date(2028, 2, 29),
            member_count=15,
            regions=list(self.session.scalars(select(Region).where(Region.code == region))),
            specialties=[CommitteeSpecialty(name="心血管内科"), CommitteeSpecialty(name="护理学")],
        )
        self.session.add(committee)
        self.session.flush()
        return committee.id

    def plan(self, committee_id: int, region: str, batch: int = 1, **more: object) -> int:
        """Make a published plan, open on the day of the tests."""
        values: dict = {
            "committee_id": committee_id,
            "year": 2026,
            "batch": batch,
            "name": f"2026 年度卫生系列中级职称评审（第 {batch} 批）",
            "levels": "3,4",
            "opens_at": clock.at(date(2026, 8, 31), 9),
            "closes_at": clock.at(date(2026, 9, 18), 17),
            "unit_deadline": clock.at(date(2026, 9, 30), 17),
            "correction_deadline": clock.at(date(2026, 10, 16), 17),
            "review_from": date(2026, 10, 20),
            "review_to": date(2026, 10, 21),
            "expert_count": 15,
            "offline": OfflinePolicy.NONE,
            "contact": "贺敏",
            "telephone": "0731-88000032",
            "state": PlanState.PUBLISHED,
        }
        regions = list(self.session.scalars(select(Region).where(Region.code == region)))
        plan = Plan(**(values | more), regions=regions)
        self.session.add(plan)
        self.session.flush()
        return plan.id

    # ---- cases ----------------------------------------------------------------------------------------------------

    def case(
        self, person: Person, state: ApplicationState = A.DRAFT, *, plan_id: int | None = None, **more: object
    ) -> int:
        """Put an application of `person` into `state`, complete with materials and its way, and give its id."""
        with open_session() as session:
            plan = session.get(Plan, plan_id or self.plan_id)
            who = session.get(Applicant, person.applicant_id)
            unit = session.get(Unit, who.unit_id)
            now = clock.now()
            values: dict = {
                "applicant_id": who.id,
                "plan_id": plan.id,
                "year": plan.year,
                "unit_id": unit.id,
                "unit_name": unit.name,
                "title_id": self.title_id,
                "specialty": "心血管内科",
                "way": Way.NORMAL,
                "summary": "近五年主持院内课题两项。",
                "committed_at": now,
                "state": state,
                "held_since": now,
                **archive(who),
            }
            if state != A.DRAFT:
                values["submitted_at"] = now
            if state in HELD:
                values["holder_unit_id"] = unit.id
            way = routing.way_up(session, unit.id, plan.id)
            stage = {state: stage for stage, state in WAITING_AT.items()}.get(state)
            later = (*NUMBERED, A.FORMAL_REJECTED, A.COMMITTEE_REJECTED)
            hop = next(
                (n for n, it in enumerate(way, 1) if it.stage == stage), len(way) if state in later else 0
            )
            if hop:
                values |= {"hop": hop, "recommended_at": now, "superior_id": way[0].unit_id}
                if state in HELD:
                    values["holder_unit_id"] = way[hop - 1].unit_id
            if state in NUMBERED:
                number = session.scalar(
                    update(Plan)
                    .where(Plan.id == plan.id)
                    .values(numbered=Plan.numbered + 1)
                    .returning(Plan.numbered)
                )
                values["accept_no"] = f"{plan.year}{plan.committee_id:04d}{plan.batch:02d}{number:05d}"
            if state in (A.CONFIRMED, A.CERTIFIED):
                values["filed_at"] = now
            application = Application(**(values | more))
            session.add(application)
            session.flush()
            case_id = application.id
            for number, kind in enumerate(REQUIRED_MATERIALS):
                session.add(material(kind, number, application_id=case_id))
            if hop:
                rows = [
                    {"application_id": case_id, "seq": seq, "unit_id": it.unit_id, "stage": it.stage}
                    for seq, it in enumerate(way, 1)
                ]
                session.execute(insert(RouteHop), rows)
            units = {it.unit_id for it in way[:hop]} | ({unit.id} if state != A.DRAFT else set())
            if units:
                rows = [
                    {"process": "application", "case_id": case_id, "unit_id": it, "since": now}
                    for it in units
                ]
                session.execute(insert(Routing), rows)
            session.commit()
        return case_id

    def registration(self, state: RegistrationState = RegistrationState.DRAFT, **more: object) -> int:
        """Make a registration of a new hospital in 宁乡, asking for the bureau, with both annexes."""
        self._count += 1
        number, phone = self.numbers()
        with open_session() as session:
            now = clock.now()
            values: dict = {
                "receipt": f"ZC2026-{self._count:05d}",
                "credit_code": identity.make_credit_code(f"12430182{self._count:08d}"),
                "unit_name": "宁乡市双凫铺镇卫生院",
                "unit_kind": UnitKind.HOSPITAL,
                "region_code": "430182",
                "titles": True,
                "hr_market": False,
                "reviewer": Reviewer.AGENCY,
                "username": f"sfpu{self._count}",
                "password": self._hash,
                "committed_at": now,
                "commitment_version": "2026-01",
                "state": state,
                **people.personal("刘经办", number, phone),
            }
            registration = Registration(**(values | more))
            if state in (RegistrationState.PENDING_AGENCY, RegistrationState.PENDING_SUPERIOR):
                found = routing.reviewing(session, registration)
                registration.routed_to_id, registration.routed_business = found.unit_id, found.business
                registration.submitted_at = registration.held_since = now
            session.add(registration)
            session.flush()
            for number_, kind in enumerate(REGISTRATION_MATERIALS):
                session.add(material(kind, number_, registration_id=registration.id))
            session.commit()
            return registration.id


def material(kind: Material, number: int, **owner: int) -> Attachment:
    """A row of a file; the file itself is not needed by the engine."""
    key = f"te/st/{'-'.join(f'{name}{value}' for name, value in owner.items())}-{number}"
    about = {"filename": f"{kind.title}.pdf", "mime": "application/pdf", "size": 1000, "sha256": "0" * 64}
    return Attachment(material=kind, key=key, created_at=clock.now(), **about, **owner)


def get(model: type, case_id: int) -> object:
    """Read a row outside the row rule."""
    with open_session() as session:
        return session.get(model, case_id)


def entries(process: str, case_id: int) -> list[tuple[str, str, str]]:
    """The timeline of a case: step, from, to."""
    with open_session() as session:
        rows = session.execute(
            select(Entry.step, Entry.from_state, Entry.to_state)
            .where(Entry.process == process, Entry.case_id == case_id)
            .order_by(Entry.id)
        )
        return [tuple(row) for row in rows]


def later(**delta: float) -> datetime:
    """A moment after the test's now."""
    return clock.now().astimezone(UTC) + timedelta(**delta)


__all__ = ["PASSWORD", "TODAY", "Cast", "Person", "Stage", "entries", "get", "later", "material", "token"]
