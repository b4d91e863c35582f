"""Demo data: true to the process at any size, the same for the same arguments, and a place to walk through."""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, insert, select, text

from app import access, clock, demo, files, identity, invariants, people, routing
from app.db import db, open_session
from app.demo import mix
from app.demo.files import document
from app.models import (
    Account,
    Applicant,
    Application,
    Attachment,
    Audit,
    Entry,
    Handler,
    Meeting,
    Model,
    Plan,
    Registration,
    Relation,
    RouteHop,
    Unit,
)
from app.states import (
    NUMBERED,
    REGISTRATION_MATERIALS,
    OfflinePolicy,
    PlanState,
    RegistrationState,
    RelationState,
    Reporting,
    Reviewer,
    Stage,
    UnitKind,
)
from app.states import ApplicationState as A
from app.workflow import PROCESSES, perform
from tests import fresh
from tests.cast import TODAY, material, token
from tests.conftest import DATABASES

#: What differs between two runs on purpose: ciphertexts with their random bindings, salted hashes, stored files.
CHANCE = {"password", "seal_id", "id_number_sealed", "phone_sealed", "birth_sealed", "key"}
#: States that no step of the process reaches yet.
LATER = {A.OBJECTION, A.CERTIFIED, A.REVOKED}


@pytest.fixture(scope="module", params=DATABASES)
def make(request, tmp_path_factory) -> Iterator[fresh.Make]:
    """A function that makes an application on a database which only `init` has seen."""
    folder = tmp_path_factory.mktemp("demo")
    if request.param == "sqlite":
        with fresh.sqlite(folder) as made:
            yield made
    else:
        with fresh.postgresql(folder, request.getfixturevalue("server")) as made:
            yield made


@pytest.fixture(scope="module")
def once(make) -> Flask:
    """Some demo data, as `make run` makes them, read by several tests and changed by none."""
    app = make()
    with app.app_context():
        demo.make(30, 120, 7, TODAY, quiet=True)
        fresh.release()
    return app


@pytest.fixture
def filled(once) -> Iterator[Flask]:
    """The application with these data, in its context."""
    with once.app_context():
        yield once
        fresh.release()


def rows(model: type) -> list:
    with open_session() as session:
        return list(session.scalars(select(model).order_by(*model.__mapper__.primary_key)))


def snapshot() -> dict[str, list[tuple]]:
    """Everything in the database that is not left to chance."""
    found = {}
    with db.engine.connect() as connection:
        for table in Model.metadata.sorted_tables:
            columns = [column for column in table.c if column.name not in CHANCE]
            if columns and table.name not in ("setting", "audit", "audit_head"):
                found[table.name] = sorted(map(repr, connection.execute(select(*columns))))
    return found


# ---- the data -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("units", "applications", "today"),
    [(1, 1, TODAY), (17, 33, date(2026, 1, 3)), (60, 300, date(2026, 12, 28)), (90, 700, TODAY)],
)
def test_invariants_hold_at_any_size_and_day(make, units, applications, today):
    app = make()
    with app.app_context(), clock.fixed(today):
        done = demo.make(units, applications, 1, today, quiet=True)
        with open_session() as session:
            broken = invariants.run(session)
        fresh.release()

    assert broken == []
    assert done["applications"] == applications
    assert done["units"] == max(units, 14)


def test_the_same_arguments_give_the_same_data_and_another_seed_gives_others(make):
    taken = []
    for seed in (5, 5, 6):
        app = make()
        with app.app_context():
            demo.make(40, 200, seed, TODAY, quiet=True)
            taken.append(snapshot())
            fresh.release()

    assert taken[0] == taken[1]
    assert taken[0]["application"] != taken[2]["application"]


@pytest.mark.parametrize("applications", [1, 10, 99, 120, 153, 2000, 100_001])
def test_six_in_ten_have_a_number_whatever_their_number(applications):
    counts = mix.counts(applications)

    assert sum(counts.values()) == applications
    assert sum(count for key, count in counts.items() if key.state in NUMBERED) >= 0.6 * applications


@pytest.mark.parametrize(("count", "plans"), [(0, 3), (1, 1), (2, 5), (7, 3), (100, 7)])
def test_shares_add_up(count, plans):
    assert sum(mix.share(count, plans, place) for place in range(plans)) == count


def test_every_state_that_a_step_reaches_occurs(filled):
    assert {row.state for row in rows(Application)} == set(A) - LATER
    assert {row.state for row in rows(Registration)} == set(RegistrationState)
    assert {row.state for row in rows(Plan)} == set(PlanState)
    assert {row.state for row in rows(Relation)} >= {
        RelationState.ACTIVE,
        RelationState.ENDED,
        RelationState.REQUESTED,
    }
    assert {str(row.state) for row in rows(Meeting)} == {
        "draft", "in_session", "voted", "announced", "publicity", "reported", "filed", "archived", "void",
    }  # fmt: skip


def test_stories_are_told_in_the_order_of_time(filled):
    now, last = clock.at(TODAY, 9), {}
    for row in rows(Entry):
        place = (row.process, row.case_id)
        assert last.get(place, row.at - timedelta(1)) < row.at < now
        last[place] = row.at
    with open_session() as session:
        for case, plan in session.execute(
            select(Application, Plan).join(Plan).where(Application.state != A.DRAFT)
        ):
            assert plan.opens_at <= case.created_at < case.submitted_at <= plan.closes_at
            assert case.recommended_at is None or case.recommended_at <= plan.unit_deadline
            assert (
                case.correction_deadline is None or now < case.correction_deadline <= plan.correction_deadline
            )


def test_steps_are_taken_by_those_whose_turn_it_is(filled):
    with open_session() as session:
        handlers = dict(session.execute(select(Handler.user_id, Handler.unit_id)).all())
        for entry in session.scalars(select(Entry).where(Entry.process == "application")):
            who = PROCESSES["application"][entry.step].by
            if who and not who.own:
                assert handlers[entry.actor_id] == entry.unit_id


def test_ways_are_those_that_the_engine_would_lay(filled):
    with open_session() as session:
        cases = session.scalars(select(Application).where(Application.recommended_at.is_not(None))).all()
        for case in cases:
            hops = session.execute(
                select(RouteHop.unit_id, RouteHop.stage)
                .where(RouteHop.application_id == case.id)
                .order_by(RouteHop.seq)
            )
            way = routing.way_up(session, case.unit_id, case.plan_id)
            assert [tuple(hop) for hop in hops] == [(hop.unit_id, hop.stage) for hop in way]
    assert len(cases) > 90


def test_numbers_of_people_and_units_are_valid_and_of_nobody_twice(filled):
    numbers = [people.id_number(person) for person in (*rows(Handler), *rows(Applicant))]
    phones = [people.phone(person) for person in (*rows(Handler), *rows(Applicant))]
    codes = [unit.credit_code for unit in rows(Unit)]

    assert [identity.id_number(number) for number in numbers] == numbers
    assert [identity.phone(number) for number in phones] == phones
    assert [identity.credit_code(code) for code in codes] == codes
    assert len(set(numbers)) == len(numbers)
    assert all(
        code.startswith("11")
        for code, unit in zip(codes, rows(Unit), strict=True)
        if unit.kind == UnitKind.OFFICE
    )


def test_paths_are_three_levels_deep_where_there_are_many_units(make):
    app = make()
    with app.app_context():
        demo.make(150, 20, 1, TODAY, quiet=True)
        depth = max(unit.path.count("/") for unit in rows(Unit)) - 1
        both = {tuple(sorted(unit.function_set)) for unit in rows(Unit)}
        fresh.release()

    assert depth >= 3
    assert ("committee_office", "superior") in both


# ---- refusals, clock, audit ---------------------------------------------------------------------------------------


def test_filling_twice_is_refused(filled):
    answer = filled.test_cli_runner().invoke(args=["demo"])

    assert answer.exit_code == 1
    assert "数据库中已有单位，演示数据只能写入空的数据库。" in answer.output


def test_production_is_refused(make):
    app = make(ZHIPING_MODE="production", ZHIPING_KEYS="a:" + "A" * 43 + "=")

    answer = app.test_cli_runner().invoke(args=["demo"])

    with app.app_context():
        count = len(rows(Unit))
        fresh.release()
    assert (answer.exit_code, count) == (1, 0)
    assert "生产环境不能生成演示数据。" in answer.output


def test_a_database_without_reference_data_is_refused(make):
    app = make()
    with app.app_context():
        with db.engine.begin() as connection:
            connection.execute(text("DELETE FROM title"))
            for depth in (4, 3, 2):
                connection.execute(text(f"DELETE FROM region WHERE length(path) = {depth * 7 - 6}"))  # noqa: S608
        answer = app.test_cli_runner().invoke(args=["demo"])
        fresh.release()

    assert answer.exit_code == 1
    assert "flask --app run init" in answer.output


def test_the_command_sets_the_clock_and_says_what_it_made(make):
    app = make()

    answer = app.test_cli_runner().invoke(args=["demo", "--applications", "12", "--today", "2026-09-07"])

    with app.app_context():
        shown = clock.local(clock.now())
        audits = [row.details for row in rows(Audit) if row.act == "demo"]
        fresh.release()
    assert answer.exit_code == 0
    assert "已写入 30 个单位、26 件注册申请、12 件职称申报。" in answer.output
    assert (shown.date(), shown.hour, shown.minute) == (TODAY, 9, 0)
    assert [(details["units"], details["applications"], details["seed"]) for details in audits] == [
        (30, 12, 7)
    ]


# ---- the cast -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("username", [name for name, _words in demo.CAST])
def test_everybody_whom_readme_names_can_sign_in(filled, username):
    with filled.app_context():
        client = filled.test_client()
        form = {"username": username, "password": demo.PASSWORD, "csrf_token": token(client, "/login/")}
        answer = client.post("/login/", data=form)

    assert answer.status_code == 302


def test_every_desk_of_the_cast_has_something_on_it(filled):
    waiting = Counter()
    with open_session() as session:
        statement = select(Account.username, Application.state).join(Handler, Handler.user_id == Account.id)
        for username, state in session.execute(
            statement.join(Application, Application.holder_unit_id == Handler.unit_id)
        ):
            waiting[username, state] += 1
        statement = select(Account.username).join(Handler, Handler.user_id == Account.id)
        pending = Counter(
            session.scalars(
                statement.join(Registration, Registration.routed_to_id == Handler.unit_id).where(
                    Registration.state.in_(
                        [RegistrationState.PENDING_AGENCY, RegistrationState.PENDING_SUPERIOR]
                    )
                )
            )
        )

    expected = [
        ("yiyuan", A.PENDING_UNIT), ("yiyuan", A.UNIT_PASSED), ("yiyuan", A.IN_PUBLICITY),
        ("yiyuan", A.PUBLICITY_PASSED), ("wjj", A.PENDING_SUPERIOR), ("ningxiang", A.PENDING_FORMAL),
        ("shi", A.PENDING_FORMAL), ("sheng", A.PENDING_FORMAL), ("sheng", A.RESULT_PUBLICITY),
        ("pingwei", A.FORMAL_PASSED), ("pingwei", A.ACCEPTED), ("pingwei", A.IN_REVIEW),
        ("pingwei", A.REVIEW_PASSED), ("pingwei", A.RESULT_PUBLICITY),
    ]  # fmt: skip
    assert [place for place in expected if not waiting[place]] == []
    assert (pending["ningxiang"] >= 4, pending["wjj"] >= 2) == (True, True)


def test_materials_of_the_cast_are_whole_files(filled):
    attached = rows(Attachment)

    assert files.kind_of(document()) == "application/pdf"
    assert len(attached) >= 12 * 3
    assert {files.open(row.key).read() for row in attached} == {document()}


class Player:
    """Somebody of the demo who takes steps."""

    def __init__(self, username: str) -> None:
        self.username = username

    @property
    def actor(self) -> access.Actor:
        with open_session() as session:
            return access.of_account(session.scalar(select(Account).where(Account.username == self.username)))

    def does(self, process: str, step: str, case: int, note: str = "意见", **answers: object) -> None:
        done = perform(PROCESSES[process][step], [case], self.actor, note=note, answers=answers)
        assert [skipped.why for skipped in done.skipped] == []


def test_a_visitor_walks_from_the_draft_to_a_number(make):
    app = make()
    with app.app_context():
        demo.make(30, 120, 7, TODAY, quiet=True)
        with open_session() as session:
            case, plan = session.execute(
                select(Application.id, Plan)
                .join(Plan)
                .join(Applicant, Applicant.id == Application.applicant_id)
                .join(Account, Account.id == Applicant.user_id)
                .where(Account.username == "yisheng")
            ).one()
        hospital = Player("yiyuan")
        contact = {"contact": "甲", "telephone": "0731-87880000"}
        with clock.fixed(TODAY):
            Player("yisheng").does("application", "submit", case)
            hospital.does("application", "unit_pass", case)
            hospital.does("application", "start_publicity", case, starts_on=TODAY, days=5, **contact)
        with open_session() as session:
            publicity = session.scalar(text("SELECT max(publicity_id) FROM publicity_entry"))
        with clock.fixed(date(2026, 9, 14)):
            hospital.does("publicity", "save_result", publicity)
            hospital.does("application", "recommend", case)
            Player("wjj").does("application", "superior_pass", case)
            for bureau in ("ningxiang", "shi", "sheng"):
                Player(bureau).does("application", "formal_pass", case)
            Player("pingwei").does("application", "committee_accept", case)
        with open_session() as session:
            row = session.get(Application, case)
            broken = invariants.run(session)
        fresh.release()

    assert (plan.state, plan.offline) == (PlanState.PUBLISHED, OfflinePolicy.NONE)
    assert row.state == A.ACCEPTED
    assert row.accept_no == f"2026{plan.committee_id:04d}{plan.batch:02d}00001"
    assert broken == []


def test_a_new_hospital_registers_in_ningxiang_and_may_apply(make):
    app = make()
    with app.app_context():
        demo.make(30, 120, 7, TODAY, quiet=True)
        with clock.fixed(TODAY):
            number = new_registration("wjj")
            registrant = access.Actor(name="新经办", registration_id=number)
            perform(PROCESSES["registration"]["register"], [number], registrant)
            Player("wjj").does("registration", "approve", number)
        with open_session() as session:
            unit = session.get(Unit, session.get(Registration, number).unit_id)
            parent = session.scalar(select(Unit.name).where(Unit.id == routing.parent_of(session, unit.id)))
            plans = session.scalars(
                select(Plan.id).where(Plan.state == PlanState.PUBLISHED, Plan.offline == OfflinePolicy.NONE)
            ).all()
            ways = [[hop.stage for hop in routing.way_up(session, unit.id, plan)] for plan in plans]
            broken = invariants.run(session)
        fresh.release()

    assert (unit.reporting, parent) == (Reporting.SUPERIOR, "宁乡市卫生健康局")
    assert [Stage.SUPERIOR, *[Stage.FORMAL] * 3, Stage.OFFICE] in ways
    assert broken == []


def new_registration(superior: str) -> int:
    """Fill in the wizard for a hospital that nobody knows yet."""
    with open_session() as session:
        statement = select(Handler.unit_id).join(Account, Account.id == Handler.user_id)
        asked = session.scalar(statement.where(Account.username == superior))
        values = {
            "receipt": "ZCNEU",
            "credit_code": identity.make_credit_code("1243018299000001"),
            "unit_name": "宁乡市新医院",
            "unit_kind": UnitKind.HOSPITAL,
            "region_code": "430182",
            "reviewer": Reviewer.SUPERIOR,
            "requested_superior_id": asked,
            "username": "xinyiyuan",
            "password": "x",
            "committed_at": clock.now(),
            **people.personal("新经办", "430122197501014511", "13800000001"),
        }
        number = session.execute(insert(Registration).values(values).returning(Registration.id)).scalar_one()
        annexes = [
            material(kind, place, registration_id=number) for place, kind in enumerate(REGISTRATION_MATERIALS)
        ]
        session.add_all(annexes)
        session.commit()
    return number


def test_next_ids_are_free_after_a_load(filled):
    with open_session() as session:
        highest = session.scalar(select(func.max(Unit.id)))
        values = {"credit_code": "X", "name": "甲", "kind": UnitKind.PRIVATE, "region_code": "430182"}
        made = session.execute(insert(Unit).values(values).returning(Unit.id)).scalar_one()
        session.rollback()

    assert made == highest + 1


def test_the_places_in_the_document_are_right():
    content = document()
    start = int(re.search(rb"startxref\n(\d+)\n%%EOF", content)[1])
    places = [int(line[:10]) for line in content[start:].split(b"\n") if line.endswith(b" n ")]

    assert content[start : start + 4] == b"xref"
    assert [content[place:].split(b"\n")[0] for place in places] == [b"%d 0 obj" % n for n in range(1, 6)]
