"""What stock Flask-AppBuilder and Flask-Admin leave open (security 2.3), one test per hole, named after it.

A11–A17, A19, A22–A26, A28 and A29 are in `test_holes_sign_in.py`. Pitfalls of framework.md 13, by their numbers:

1 a20. 2 a1. 3 p3. 4 p4. 5 a8. 6 a2 (there is no delete). 7 a23, test_setup. 8 test_serve (cold starts). 9 a18 (no
`FAB_ROLES`). 10 a11. 11 a3. 12 a13. 13 a14. 14 t36. 15 a19. 16 p16 (no such mixin). 17 a9. 18 lists load to-one
relations alone, their statements are counted (test_console_pages). 19 p19. 20 a7 (nobody reads beyond 10,000 rows).
21 and 22 a26, p22. 23 b1 (Flask-Admin is not mounted) and p24. 24 p24. 25 test_clock. 26 a21. 27 a19 (no security view
is subclassed but sign-in, which has no permission). 28 p28. 29 p29. 30 test_exports_page (the file is read to its end
in one request). 31 b1. 32 the lock file pins WTForms; `filterwarnings` makes every other warning an error. 33 p33.
34 test_console_pages (the session keeps no addresses). 35 p35. 36 a29. 37 test_backup (restore takes an empty place).
"""

import ast
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from flask_appbuilder import ModelView
from flask_appbuilder.models.sqla.interface import SQLAInterface
from sqlalchemy import event, select, text
from sqlalchemy.exc import IntegrityError, OperationalError

from app import exports, files
from app.console.guarded import GuardedView, NoForm, Rows
from app.db import OpenSession, db, open_session
from app.models import Application, Model, Unit
from app.process import Refused
from app.states import ApplicationState as A
from app.views.mine import ApplicationForm
from tests.cast import get, token

APP = Path(exports.__file__).parent
LISTS = ("applications", "units", "handlers", "registrations", "plans", "publicities", "meetings")


def views(app):
    return [view for view in app.appbuilder.baseviews if isinstance(view, GuardedView)]


def press(client, address, **data):
    return client.post(address, data={"csrf_token": token(client, "/password/"), **data})


# ---- A1 to A4: actions and methods --------------------------------------------------------------------------------


def test_a1_an_action_reads_its_rows_through_the_row_rule(app, cast, monkeypatch):
    """No view of ours has actions; one planted into a view does not reach the row of another."""
    view = next(view for view in views(app) if type(view).__name__ == "UnitView")
    reached = []
    action = SimpleNamespace(single=True, multiple=True, func=lambda row: reached.append(row) or "done")
    monkeypatch.setitem(view.actions, "planted", action)
    monkeypatch.setattr(view, "may", lambda _permission: True)
    monkeypatch.setattr(view, "get_action_permission_name", lambda name: name)

    from werkzeug.exceptions import NotFound

    from app.access import acting

    with app.test_request_context(), acting(cast.clerk.actor):
        assert view._run("planted", [cast.hospital], single=True) == "done"
        for pks, single in (([cast.far_hospital], True), ([cast.hospital, cast.far_hospital], False)):
            with pytest.raises(NotFound):
                view._run("planted", pks, single=single)
    assert [row.id for row in reached] == [cast.hospital]


def test_a1_there_is_no_route_of_actions(app):
    assert [str(rule) for rule in app.url_map.iter_rules() if "action" in str(rule)] == []
    assert [view for view in views(app) if view.actions] == []


@pytest.mark.parametrize(
    "address", ["/units/action/delete/1", "/units/delete/1", "/logout/", "/notices/read", "/demo/clock"]
)
@pytest.mark.parametrize("method", ["HEAD", "GET"])
def test_a2_opening_or_prefetching_an_address_does_nothing(app, cast, address, method):
    client = cast.clerk.client()

    assert client.open(address, method=method).status_code in (404, 405)
    assert client.get("/notices/").status_code == 200


def test_a2_a_step_is_not_taken_by_head(app, cast):
    case, client = cast.case(cast.doctor, A.PENDING_UNIT), cast.clerk.client()

    client.head(f"/do/application/unit_pass?row={case}&confirm=1&note=x")

    assert get(Application, case).state == A.PENDING_UNIT


def test_a3_every_press_wants_its_token(app, cast):
    assert app.config.get("FAB_ALLOW_GET_UNSAFE_MUTATIONS", False) is False
    assert app.config["WTF_CSRF_ENABLED"] is True
    assert app.extensions["csrf"]._exempt_views == app.extensions["csrf"]._exempt_blueprints == set()
    client = cast.clerk.client()
    for rule in app.url_map.iter_rules():
        if "POST" in rule.methods and not rule.arguments:
            assert client.post(str(rule), data={"confirm": "1"}).status_code == 400, rule


@pytest.mark.parametrize(
    "address",
    [
        "/units/action/nothing/1",
        "/units/show/99999999999999999999",
        "/units/show/x",
        "/units/list/?page_UnitView=abc",
        "/units/list/?_oc_UnitView=zz",
        "/login/?endpoint=x",
        "/units/download/../../config.py",
        "/do/x/y?row=z",
    ],
)
def test_a4_what_cannot_be_asked_is_a_mistake_of_who_asks(app, cast, address):
    for client in (app.test_client(), cast.clerk.client()):
        assert client.get(address).status_code in (302, 400, 404, 405)


# ---- A5 to A10: lists and forms -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", LISTS)
def test_a5_nobody_filters_by_a_column_that_is_not_shown(app, cast, name):
    client = cast.bureau.client()

    for column in ("id_number_index", "id_number_mask", "id", "unit"):
        assert client.get(f"/{name}/list/?_flt_0_{column}=4301").status_code in (302, 400, 403)


def test_a5_every_view_names_columns_to_search_and_none_holds_a_number(app):
    for view in views(app):
        assert view.search_columns
        # the last four digits of a mask are found, the whole number is neither kept nor searched
        assert not {
            name for name in view.search_columns if "sealed" in name or "index" in name or "password" in name
        }


def test_a6_nobody_orders_by_a_column_that_is_not_shown(app, cast):
    client = cast.bureau.client()

    assert client.get("/handlers/list/?_oc_HandlerView=id_number_index").status_code == 400
    for view in views(app):
        names = set(view.order_columns or ())
        assert not {name for name in names if "sealed" in name or "index" in name or "mask" in name}, view
    plain = client.get("/handlers/list/?sort=id").text
    assert client.get("/handlers/list/?sort=id_number_index").status_code == 200
    assert plain.count("<tr") == client.get("/handlers/list/?sort=phone_sealed").text.count("<tr")


@pytest.mark.parametrize("size", ["101", "99999999", "-1", "abc", "9" * 30])
def test_a7_a_page_has_an_end(app, cast, size):
    client = cast.bureau.client()

    assert client.get(f"/units/list/?psize_UnitView={size}").status_code == 400
    assert all(view.page_size <= 100 for view in views(app))
    assert client.get(f"/units/list/?page={size}").status_code == 200


def test_a8_filters_are_of_one_request(app):
    view = views(app)[0]
    with app.app_context(), app.test_request_context():
        first = view._filters
        assert view._filters is first
    with app.app_context(), app.test_request_context():
        assert view._filters is not first
    assert view._filters is not first


def test_a9_what_was_vetoed_stays_vetoed(app, cast, monkeypatch):
    """A later commit of the same request, that of the audit for one, saves nothing of it."""
    view = next(view for view in views(app) if type(view).__name__ == "UnitView")

    def vetoes(self, pk):
        with db.session.no_autoflush:
            db.session.scalars(select(Unit).where(Unit.id == pk)).one().contact = "vetoed"
        return {}

    from app.access import acting

    monkeypatch.setattr(ModelView, "_edit", vetoes)
    with app.test_request_context(), acting(cast.clerk.actor):
        view._edit(cast.hospital)
        db.session.commit()

    assert get(Unit, cast.hospital).contact == ""


@pytest.mark.parametrize(("error", "words"), [(IntegrityError, "重复"), (OperationalError, "正忙")])
def test_a10_a_refusal_of_the_database_says_no_values(app, error, words):
    def fails():
        raise error("INSERT INTO handler VALUES (:x)", {"x": "430124198503010011"}, Exception("430124"))

    with app.test_request_context(), pytest.raises(Refused) as refused:
        Rows._write(fails, commit=True)

    assert words in str(refused.value)
    assert "4301" not in str(refused.value)
    assert db.engine.hide_parameters is True


# ---- A18 to A30 ---------------------------------------------------------------------------------------------------


def test_a18_a_permission_is_of_one_view_and_not_of_those_that_begin_alike(app, cast, monkeypatch):
    from app.access import acting

    assert not app.config.get("FAB_ROLES")
    with app.test_request_context(), acting(cast.clerk.actor):
        assert app.appbuilder.sm.has_access("can_list", "UnitView")
        for name in ("UnitViewStrict", "Unit", "UnitVie", ".*", "unitview"):
            assert not app.appbuilder.sm.has_access("can_list", name)


@pytest.mark.parametrize("name", [*LISTS, "audit", "users", "roles", "entries"])
def test_a20_no_file_is_served_by_its_name(app, cast, name):
    for person in (cast.admin, cast.bureau):
        assert person.client().get(f"/{name}/download/x.pdf").status_code == 404
    assert [str(rule) for rule in app.url_map.iter_rules() if "download" in str(rule)] == []


def test_a21_files_are_judged_by_content_and_keep_their_chinese_names(app):
    """The store itself: `test_files.py`, with over sixty hostile files."""
    assert files.own_name("身份证.pdf") == "身份证.pdf"
    assert files.own_name("../../etc/身份证.pdf") == "身份证.pdf"
    assert "FileUploadField" not in "".join(path.read_text() for path in APP.rglob("*.py"))


def test_a27_sqlite_keeps_its_references_and_its_promises(app):
    if db.engine.dialect.name != "sqlite":
        pytest.skip("of SQLite")
    with db.engine.connect() as connection:
        kept = {
            name: connection.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("foreign_keys", "journal_mode", "synchronous", "busy_timeout")
        }

    assert kept == {"foreign_keys": 1, "journal_mode": "wal", "synchronous": 2, "busy_timeout": 10_000}


@pytest.mark.parametrize("page", ["/", "/units/list/", "/password/", "/nowhere"])
def test_a30_pages_name_their_language_and_landmarks(app, cast, page):
    for client in (app.test_client(), cast.clerk.client()):
        html = client.get(page, follow_redirects=True).text
        assert '<html lang="zh-Hans"' in html
        assert 'role="header"' not in html
        assert html.count("<main") == html.count("</main>") == 1
        assert "<title>" in html


# ---- B1 to B4: Flask-Admin ----------------------------------------------------------------------------------------


def test_b1_flask_admin_is_not_mounted(app, cast, tmp_path):
    assert not [rule for rule in app.url_map.iter_rules() if str(rule).startswith(("/admin", "/maintenance"))]
    for client in (app.test_client(), cast.admin.client(), cast.clerk.client()):
        for address in ("/admin/", "/admin/user/", "/maintenance/", "/maintenance/user/"):
            assert client.get(address).status_code == 404
    code = (
        "import sys, app; app.create_app({'DATABASE_URL': 'sqlite:///'+sys.argv[1], 'SECRET_KEY': 'x'});"
        "print('flask_admin' in sys.modules)"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "x.sqlite")]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=APP.parent)
    assert done.stdout.strip() == "False"


def test_b2_no_form_goes_without_a_token(app, cast):
    for address in ("/admin/unit/delete/", "/maintenance/unit/delete/", "/admin/unit/action/"):
        assert press(cast.admin.client(), address, id="1").status_code == 404
    assert app.config["WTF_CSRF_CHECK_DEFAULT"] is True


def test_b3_no_cell_of_an_export_begins_a_formula():
    assert not [
        cell for cell in exports.safe(["=HYPERLINK(1)", "+1", "-1", "@x", "\t=1"]) if cell[:1] in "=+-@\t"
    ]


def test_b4_whatever_writes_rows_in_pages_is_a_view_of_ours(app):
    """No generic view over a table: every one of them is a `GuardedView`, and its rows come through `Rows`."""
    of_rows = [view for view in app.appbuilder.baseviews if isinstance(view, ModelView)]

    assert of_rows
    for view in of_rows:
        assert isinstance(view, GuardedView)
        assert isinstance(view.datamodel, Rows)
        assert not {"delete", "action", "action_post", "download", "api"} & view.include_route_methods


# ---- further pitfalls of framework.md 13 --------------------------------------------------------------------------


def test_p3_a_form_is_not_filled_from_the_address(app, cast):
    client = cast.office.client()

    for address in ("/plans/list/", "/units/list/"):
        assert client.get(f"{address}?_flt_0_unit={cast.far_hospital}").status_code == 400
    view = views(app)[0]
    assert type(view)._fill_form_exclude_cols is GuardedView._fill_form_exclude_cols


def test_p4_no_form_is_made_of_all_columns(app):
    for view in views(app):
        assert view.search_form is NoForm
        for form in (view.add_form, view.edit_form):
            assert form is None or form.__module__.startswith("app."), view


def sources():
    return {path: path.read_text(encoding="utf-8") for path in APP.rglob("*.py")}


def test_p16_no_row_needs_a_user_to_be_made():
    assert [path for path, source in sources().items() if "AuditMixin" in source] == []
    assert not {"created_by_fk", "changed_by_fk"} & {
        column.name
        for table in Model.metadata.tables.values()
        if not table.name.startswith("ab_")
        for column in table.c
    }


def test_p19_a_search_means_the_same_signs_on_both_databases(app, cast):
    client = cast.bureau.client()

    for sign in ("%", "_", "\\", "'"):
        assert (
            "宁乡市沩江医院"
            not in client.get("/units/list/", query_string={"q": sign}).text.split("<tbody")[-1]
        )


@pytest.mark.parametrize("page", ["/login/", "/", "/plans/"])
def test_p22_nothing_is_fetched_from_elsewhere(app, cast, page):
    for client in (app.test_client(), cast.clerk.client()):
        html = client.get(page, follow_redirects=True).text
        assert not [word for word in ("googleapis", "gstatic", "cdn.", "http://", "https://") if word in html]


@pytest.mark.parametrize("page", ["/units/list/", "/applications/list/", "/handlers/list/", "/sessions/"])
def test_p24_no_english_of_the_framework_is_left(app, cast, page):
    html = cast.clerk.client().get(page).text

    assert not [
        word
        for word in (">True<", ">False<", ">None<", ">Cancel<", ">OK<", "No records found")
        if word in html
    ]


def test_p28_what_one_does_not_see_is_named_and_never_written(app, cast):
    """To-one relations to units are `UnitName`, for reading alone: saving a case cannot null them."""
    for mapper in Model.registry.mappers:
        for relation in mapper.relationships:
            if relation.mapper.class_.__name__ == "UnitName":
                assert relation.viewonly, relation


def test_p29_pages_write_by_bulk_and_core_in_the_open_session_alone(app, cast):
    """The row rule is on SELECTs: views do not write through the page session beyond one row they have read."""
    for path in (APP / "views").glob("*.py"):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and ast.unparse(call.func) == "db.session.execute":
                written = ast.unparse(call.args[0])
                assert not written.startswith(("update(", "delete(", "insert(", "text(")), (path, written)
    writes = []

    def note(state):
        if not state.is_select and not isinstance(state.session, OpenSession):
            writes.append(str(state.statement))

    case, client = cast.case(cast.doctor, A.PENDING_UNIT), cast.clerk.client()
    event.listen(db.session, "do_orm_execute", note)
    try:
        answer = press(client, "/do/application/unit_pass", row=case, confirm="1", note="齐全")
    finally:
        event.remove(db.session, "do_orm_execute", note)
    assert (answer.status_code, writes) == (302, [])
    assert get(Application, case).state == A.UNIT_PASSED


def test_p33_nothing_is_chosen_before_somebody_chooses(app, cast):
    from app.models import Plan

    with app.test_request_context(), open_session() as session:
        form = ApplicationForm(session.get(Plan, cast.plan_id))

        assert form.title_id.choices[0].value == ""
        assert not form.title_id.data


def test_p35_our_rows_can_be_made_as_the_framework_makes_them(app):
    """Flask-AppBuilder makes the interface of a relation with one argument."""
    assert isinstance(Rows(Unit), SQLAInterface)
