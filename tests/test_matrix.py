"""The access matrix (security R1, R11): who gets what from every route, and that nobody gets more.

`tests/allowed.csv` says which person reads which route; `python -m tests.matrix` writes it anew from what is found.
"""

import pytest
from flask import abort
from sqlalchemy import true, update

from app import access
from app.db import db, open_session
from app.models import Application, Unit
from tests.matrix import EVERY, PEOPLE, SHORT, Request, Walk, read_allowed, requests
from tests.matrix_scene import Scene


@pytest.fixture
def scene(cast) -> Scene:
    return Scene(cast)


@pytest.mark.parametrize("who", PEOPLE)
def test_nobody_gets_more_than_the_table_says(app, scene, who):
    if db.engine.dialect.name != "sqlite":
        pytest.skip("the whole walk is on both databases, this part of it on one")

    walk = Walk(app, scene, who, SHORT).run()

    assert walk.findings == []
    assert walk.allowed == read_allowed()[who]


@pytest.mark.long
@pytest.mark.parametrize("who", PEOPLE)
def test_nobody_gets_more_on_the_whole_way(app, scene, who):
    walk = Walk(app, scene, who, EVERY).run()

    assert walk.findings == []
    assert walk.allowed == read_allowed()[who]
    assert walk.counts["requests"] > 700


def test_everybody_of_the_cast_walks(scene):
    assert {"anonymous", *scene.people} == set(PEOPLE)


def test_the_whole_way_is_long_and_meets_every_route(app, scene):
    lines = list(requests(app, scene))

    assert len(lines) * len(PEOPLE) > 10_000 * EVERY
    assert {line.route for line in lines} == {str(rule) for rule in app.url_map.iter_rules()}
    assert {line.row.kind for line in lines if line.row} >= {
        "application",
        "registration",
        "publicity",
        "meeting",
        "plan",
        "unit",
        "handler",
        "applicant",
        "committee",
        "relation",
        "attachment",
        "sign_in",
    }


# ---- the harness fails where there is a fault ---------------------------------------------------------------------


def few(app, scene, who, *lines: Request) -> list[str]:
    """What a person's walk finds on these lines alone."""
    walk = Walk(app, scene, who)
    walk.lines = list(lines)
    return walk.run().findings


def case_of(scene, name):
    return next(row for row in scene.of("application") if row.name == name)


def test_a_rule_taken_away_is_found(app, scene, monkeypatch):
    row = case_of(scene, "far pending")
    page = Request(
        "ApplicationView.show", "/applications/show/<int:pk>", "GET", f"/applications/show/{row.pk}", row
    )
    everything = Request("ApplicationView.list", "/applications/list/", "GET", "/applications/list/")
    assert few(app, scene, "clerk", page, everything) == []

    monkeypatch.setitem(access.RULES, Application, lambda _actor: true())

    found = few(app, scene, "clerk", page, everything)
    assert any("a row of others was answered" in finding for finding in found)
    assert any("shows application of others: name of far pending" in finding for finding in found)


def test_a_page_that_writes_is_found(app, scene, monkeypatch):
    row = next(row for row in scene.of("unit") if row.name == "own")
    line = Request("UnitView.show", "/units/show/<int:pk>", "HEAD", f"/units/show/{row.pk}", row)
    shown = app.view_functions["UnitView.show"]

    def writes(pk):
        with open_session() as session:
            session.execute(update(Unit).where(Unit.id == pk).values(telephone="seen"))
            session.commit()
        return shown(pk=pk)

    monkeypatch.setitem(app.view_functions, "UnitView.show", writes)

    assert any("reading changed the database" in finding for finding in few(app, scene, "clerk", line))


def test_a_press_without_a_row_check_is_found(app, scene, monkeypatch):
    row = case_of(scene, "far pending")
    route, path = "/do/<string:process>/<string:step>", "/do/application/unit_pass"
    line = Request("StepView.take", route, "POST", path, row, step=True, token=True, ids=(row.pk,))
    assert few(app, scene, "clerk", line) == []

    def takes(process, step):
        with open_session() as session:
            session.execute(update(Application).where(Application.id == row.pk).values(remark="pressed"))
            session.commit()
        abort(404)

    monkeypatch.setitem(app.view_functions, "StepView.take", takes)

    assert any("rows of others changed the database" in it for it in few(app, scene, "clerk", line))


def test_an_engine_that_asks_no_rule_is_found(app, scene, monkeypatch):
    row = case_of(scene, "far pending")
    route = "/do/<string:process>/<string:step>"
    line = Request(
        "StepView.take", route, "POST", "/do/application/unit_pass", row, False, True, True, (row.pk,)
    )

    monkeypatch.setitem(access.RULES, Application, lambda _actor: true())

    assert any("shows application of others" in finding for finding in few(app, scene, "clerk", line))


def test_a_mistake_is_found(app, scene, monkeypatch):
    line = Request("UnitView.list", "/units/list/", "GET", "/units/list/")
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    monkeypatch.setitem(app.view_functions, "UnitView.list", lambda: 1 // 0)

    assert any("a mistake of ours" in finding for finding in few(app, scene, "clerk", line))


def test_a_press_without_a_token_is_found(app, scene, monkeypatch):
    line = Request("NoticeView.read", "/notices/read", "POST", "/notices/read")
    assert few(app, scene, "clerk", line) == []

    monkeypatch.setitem(app.config, "WTF_CSRF_CHECK_DEFAULT", False)

    assert any("without a token" in finding for finding in few(app, scene, "clerk", line))
