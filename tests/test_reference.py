"""Reference data: complete, loaded once, and never over what an administrator has changed."""

from datetime import date

from sqlalchemy import delete, func, select, update

from app import extension, reference
from app.db import open_session
from app.models import CalendarDay, CalendarYear, Region, Series, Title
from app.states import Level
from app.workdays import shipped

NOTHING = {"region": 0, "series": 0, "title": 0, "calendar_year": 0}


def load() -> dict[str, int]:
    with open_session() as session:
        added = reference.load(session)
        session.commit()
    return added


def count(model: type) -> int:
    with open_session() as session:
        return session.scalar(select(func.count()).select_from(model))


def days() -> dict[date, tuple[bool, int]]:
    with open_session() as session:
        rows = session.execute(select(CalendarDay.day, CalendarDay.works, CalendarDay.year))
        return {day: (works, year) for day, works, year in rows}


def load_calendar(notices: dict) -> int:
    with open_session() as session:
        added = reference.load_calendar(session, notices)
        session.commit()
    return added


def test_init_has_loaded_all_of_it_and_again_adds_nothing(app):
    assert {model.__tablename__: count(model) for model in (Region, Series, CalendarYear)} == {
        "region": 137,
        "series": 27,
        "calendar_year": 8,
    }
    assert load() == NOTHING


def test_the_command_may_be_run_again_and_shows_no_second_code(app):
    answer = app.test_cli_runner().invoke(args=["init"])

    assert answer.exit_code == 0
    assert "数据库已就绪。" in answer.output
    assert "激活码" not in answer.output


def test_regions_hang_together(app):
    with open_session() as session:
        city = session.get(Region, "430182")
        orphans = session.scalars(select(Region.code).where(Region.parent_code.is_(None))).all()

    assert (city.name, city.shown, city.path) == ("宁乡市", "宁乡市", "/430000/430100/430182/")
    assert orphans == ["430000"]
    with open_session() as session:
        assert session.get(Region, "430100").shown == "长沙市本级"


def test_titles_stand_at_their_level(app):
    with open_session() as session:
        found = session.execute(
            select(Title.level, Title.name)
            .where(Title.series_code == "04", Title.branch == "医")
            .order_by(Title.level)
        ).all()

    assert [tuple(row) for row in found] == [
        (Level.SENIOR, "主任医师"),
        (Level.DEPUTY_SENIOR, "副主任医师"),
        (Level.INTERMEDIATE, "主治（主管）医师"),
        (Level.ASSISTANT, "医师"),
        (Level.JUNIOR, "医士"),
    ]


def test_what_is_missing_comes_back_and_what_was_changed_stays(app):
    with open_session() as session:
        session.execute(delete(Title).where(Title.name == "医士"))
        session.execute(update(Region).where(Region.code == "430182").values(shown="宁乡"))
        session.commit()

    assert load() == NOTHING | {"title": 1}
    with open_session() as session:
        assert session.get(Region, "430182").shown == "宁乡"


def test_the_calendar_in_the_database_is_the_shipped_one(app):
    assert extension._read_calendar() == shipped()


def test_a_year_without_papers_is_no_notice(app):
    assert load_calendar({"2027": {"papers": [], "off": ["2027-01-01"], "work": []}}) == 0
    assert date(2027, 1, 1) not in days()


def test_the_later_of_two_notices_holds(app):
    day = date(2026, 12, 31)
    before = len(days())

    added = load_calendar(
        {"2027": {"papers": ["国办发明电"], "off": [day.isoformat(), "2027-01-01"], "work": []}}
    )

    assert added == 1
    assert days()[day] == (False, 2027)
    assert len(days()) == before + 2


def test_an_earlier_notice_loaded_late_does_not_overrule_a_later_one(app):
    load_calendar({"2028": {"papers": ["国办发明电"], "off": ["2027-12-31"], "work": []}})

    load_calendar({"2027": {"papers": ["国办发明电"], "off": [], "work": ["2027-12-31"]}})

    assert days()[date(2027, 12, 31)] == (False, 2028)
