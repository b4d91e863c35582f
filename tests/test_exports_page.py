"""导出评审名单: a file that is asked for with a token, and written down before it leaves."""

import csv
import io
from urllib.parse import quote

import pytest
from sqlalchemy import select

from app.db import open_session
from app.models import Audit
from app.states import ApplicationState as A
from tests.cast import token
from tests.test_plans import Queries, post

PAGE = "/applications/export"


def exports():
    with open_session() as session:
        found = session.scalars(select(Audit).where(Audit.act == "export_reviews").order_by(Audit.id))
        return [row.details for row in found]


def test_the_office_exports_its_list_and_it_is_written_down(cast):
    cast.case(cast.doctor, A.ACCEPTED)
    cast.case(cast.nurse, A.PENDING_UNIT)
    client = cast.office.client()

    answer = post(client, PAGE, committee=str(cast.committee_id), year="2026")

    rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
    name = quote("评审名单_长沙市卫生系列中级职称评审委员会_2026_20260907.csv")
    assert answer.headers["Content-Disposition"] == f"attachment; filename*=UTF-8''{name}"
    assert answer.mimetype == "text/csv"
    assert [row["姓名"] for row in rows] == ["陈雅琴"]
    assert cast.doctor.id_number not in answer.text
    assert exports() == [{"format": "csv", "year": 2026, "committee_id": cast.committee_id, "rows": 1}]
    assert f'href="{PAGE}"' in client.get("/applications/list/").text


def test_what_one_may_not_see_is_not_in_the_file(cast):
    cast.case(cast.doctor, A.ACCEPTED)

    far = post(cast.far_office.client(), PAGE)
    town = post(cast.bureau.client(), PAGE)

    assert "陈雅琴" not in far.data.decode()
    assert "陈雅琴" in town.data.decode()
    assert [details["rows"] for details in exports()] == [0, 1]


@pytest.mark.parametrize("changed", [{"committee": "99999"}, {"year": "1999"}, {"year": "x"}])
def test_what_is_not_on_the_list_is_refused(cast, changed):
    answer = post(cast.office.client(), PAGE, **changed)

    assert answer.status_code == 422
    assert "请从列表中选择。" in answer.text
    assert exports() == []


@pytest.mark.parametrize("who", ["clerk", "superior", "doctor", "admin", "auditor"])
def test_others_export_nothing(app, cast, who):
    client = getattr(cast, who).client()

    assert client.get(PAGE).status_code == 403
    assert client.post(PAGE, data={"csrf_token": token(client, "/password/")}).status_code == 403
    assert app.test_client().get(PAGE).status_code == 302
    assert exports() == []


def test_asking_is_not_exporting_and_needs_a_token(cast):
    client = cast.office.client()

    with Queries() as read:
        assert client.get(PAGE).status_code == client.head(PAGE).status_code == 200

    assert client.post(PAGE).status_code == 400
    assert [text for text in read.texts if not text.lstrip().upper().startswith(("SELECT", "PRAGMA"))] == []
    assert exports() == []
