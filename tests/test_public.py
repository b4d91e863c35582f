"""What everybody may read, and nothing more."""

from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import event, insert, update

from app import clock
from app.db import db, open_session
from app.models import Applicant, Plan, Publicity, PublicityEntry
from app.states import ApplicationState, PlanState, PublicityKind
from tests.cast import TODAY, Cast, get
from tests.test_register import Visitor


@pytest.fixture
def visitor(app: Flask) -> Visitor:
    return Visitor(app)


def publicity(cast: Cast, **more: object) -> int:
    """The hospital shows the doctor and the nurse for five working days."""
    cases = [cast.case(person, ApplicationState.IN_PUBLICITY) for person in (cast.doctor, cast.nurse)]
    values = {
        "kind": PublicityKind.UNIT,
        "unit_id": cast.hospital,
        "year": 2026,
        "contact": "谭素芬",
        "telephone": "0731-87881234",
        "starts_on": TODAY,
        "days": 5,
        "ends_on": date(2026, 9, 11),
        "created_at": clock.now(),
        "estimated": False,
    }
    with open_session() as session:
        made = session.execute(insert(Publicity).values(values | more).returning(Publicity.id)).scalar_one()
        rows = [{"publicity_id": made, "application_id": case, "open": True} for case in cases]
        session.execute(insert(PublicityEntry), rows)
        session.commit()
    return made


def test_announced_plans_are_listed_with_their_times(visitor: Visitor, cast: Cast):
    page = visitor.get("/plans/").text

    assert "2026 年度卫生系列中级职称评审（第 1 批）" in page
    assert "2026-09-18 17:00" in page
    assert "正在受理" in page


@pytest.mark.parametrize(
    "state", [PlanState.DRAFT, PlanState.SUBMITTED, PlanState.APPROVED, PlanState.CANCELLED]
)
def test_a_plan_that_is_not_announced_is_not_there(visitor: Visitor, cast: Cast, state):
    with open_session() as session:
        session.execute(update(Plan).where(Plan.id == cast.plan_id).values(state=state))
        session.commit()

    assert "（第 1 批）" not in visitor.get("/plans/").text
    assert visitor.get(f"/plans/{cast.plan_id}").status_code == 404


def test_a_plan_shows_range_and_requirements(visitor: Visitor, cast: Cast):
    with open_session() as session:
        session.execute(
            update(Plan)
            .where(Plan.id == cast.plan_id)
            .values(requirements="近三年考核合格。\n<b>学时</b>齐全。")
        )
        session.commit()

    page = visitor.get(f"/plans/{cast.plan_id}").text

    assert "长沙市本级" in page
    assert "心血管内科、护理学" in page or "护理学、心血管内科" in page
    assert "近三年考核合格。" in page
    assert "&lt;b&gt;学时" in page
    assert "贺敏" not in page


def test_a_running_publicity_shows_names_and_no_numbers(visitor: Visitor, cast: Cast):
    made = publicity(cast)

    assert "宁乡市沩江医院" in visitor.get("/publicity/").text
    page = visitor.get(f"/publicity/{made}").text

    for words in ("陈雅琴", "肖慧玲", "宁乡市沩江医院", "心血管内科", "0731-87881234", "2026-09-11"):
        assert words in page
    row = get(Applicant, cast.doctor.applicant_id)
    hidden = (
        cast.doctor.id_number,
        cast.doctor.phone,
        row.id_number_mask,
        row.phone_mask,
        "****",
        "业绩",
        "心内科",
    )
    assert [words for words in hidden if words in page] == []


@pytest.mark.parametrize(
    ("more", "days"),
    [
        ({"starts_on": TODAY + timedelta(1), "ends_on": date(2026, 9, 14)}, 0),
        ({}, 5),
        ({"state": "passed"}, 0),
        ({"state": "cancelled"}, 0),
    ],
)
def test_what_has_not_begun_or_is_over_is_not_there(visitor: Visitor, cast: Cast, more, days):
    made = publicity(cast, **more)

    with clock.fixed(TODAY + timedelta(days)):
        assert visitor.get(f"/publicity/{made}").status_code == 404
        assert "沩江医院" not in visitor.get("/publicity/").text


def test_the_last_day_counts_to_its_end(visitor: Visitor, cast: Cast):
    made = publicity(cast)

    with clock.fixed(clock.end_of_day(date(2026, 9, 11)) - timedelta(seconds=1)):
        assert visitor.get(f"/publicity/{made}").status_code == 200
    with clock.fixed(clock.end_of_day(date(2026, 9, 11))):
        assert visitor.get(f"/publicity/{made}").status_code == 404


@pytest.mark.parametrize(
    "page", ["/plans/999999", "/publicity/999999", "/plans/99999999999999999999", "/publicity/-1", "/plans/x"]
)
def test_what_is_not_there_is_404(visitor: Visitor, cast: Cast, page):
    assert visitor.get(page).status_code == 404


@pytest.mark.parametrize("page", ["/plans/", "/publicity/"])
def test_a_list_asks_the_database_as_often_for_many_rows_as_for_few(visitor: Visitor, cast: Cast, page):
    visitor.get(page)
    counts = []
    for _round in range(2):
        asked = []
        listen = event.listens_for(db.engine, "before_cursor_execute")(
            lambda *args, asked=asked: asked.append(args[2])
        )
        visitor.get(page)
        event.remove(db.engine, "before_cursor_execute", listen)
        counts.append(len(asked))
        for batch in range(3, 6):
            with open_session() as session:
                cast.session = session
                cast.plan(cast.committee_id, "430100", batch=batch + 10 * _round)
                session.commit()

    assert counts[0] == counts[1] <= 10
