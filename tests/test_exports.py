"""The review list: the whole file, hostile cells, who gets which rows, and that memory and queries stay few."""

import csv
import io
import re
import zipfile
from contextlib import contextmanager
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event, insert, update

from app import clock, exports, secret
from app.access import SYSTEM
from app.db import db, open_session
from app.models import Application, Audit, Meeting, Outcome
from app.states import ApplicationState as A
from app.states import HostRole, MeetingState, Verdict, Way
from tests.cast import get

HEADING = (
    "序号,受理号,年度,评委会,姓名,性别,证件号码,工作单位,统筹区,主管单位,申报系列,申报专业,申报级别,申报职称,"
    "申报方式,学历,现职称,现职称取得时间,单位公示起止,推荐上报时间,形式审查结果,出席人数,同意票,反对票,弃权票,"
    "评审结果,结果公示起止,备案时间,备注\r\n"
)


def change(case: int, **values: object) -> None:
    with open_session() as session:
        session.execute(update(Application).where(Application.id == case).values(values))
        session.commit()


def listed(actor=SYSTEM, **wanted: object) -> list[list[str]]:
    """Read the list as CSV; give its rows without the heading."""
    text = whole(actor, **wanted).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline="")))[1:]


def whole(actor=SYSTEM, **wanted: object) -> bytes:
    with open_session() as session:
        return b"".join(exports.csv_blocks(session, exports.review_list(actor, **wanted)))


def names(actor=SYSTEM, **wanted: object) -> list[str]:
    return [row[4] for row in listed(actor, **wanted)]


@pytest.fixture
def voted(cast) -> int:
    """A case that went the whole way: shown, recommended, voted on, shown again, filed at the edge of a day."""
    case = cast.case(
        cast.doctor, A.CONFIRMED, specialty="=HYPERLINK(1)", department="", unit_name="＝宁乡市沩江医院"
    )
    with open_session() as session:
        about = {"plan_id": cast.plan_id, "name": "会", "held_at": clock.now(), "place": "长沙", "host": "甲"}
        about |= {"host_role": HostRole.CHAIR, "members": 15, "present": 12, "state": MeetingState.FILED}
        meeting = insert(Meeting).values(**about, filing_no="1").returning(Meeting.id)
        about = {"meeting_id": session.execute(meeting).scalar_one(), "application_id": case, "recused": 1}
        about |= {"present": 11, "yes": 9, "no": 2, "abstain": 0, "result": Verdict.PASS}
        outcome = session.execute(insert(Outcome).values(**about).returning(Outcome.id)).scalar_one()
        session.commit()
    change(
        case,
        outcome_id=outcome,
        current_title="-1+2",
        publicity_from=date(2026, 9, 7),
        publicity_to=date(2026, 9, 11),
        recommended_at=datetime(2026, 9, 14, 15, 59, tzinfo=UTC),
        formal_passed_at=datetime(2026, 9, 15, 1, tzinfo=UTC),
        result_from=date(2026, 10, 21),
        result_to=date(2026, 10, 27),
        filed_at=datetime(2026, 10, 30, 16, tzinfo=UTC),
        remark='@SUM(1)\n"引号"，\t制表',
    )
    return case


def test_the_whole_file(cast, voted):
    case = cast.case(cast.nurse, A.ACCEPTED, way=Way.GREEN, current_title="\t医师", remark="＋1")
    numbers = [get(Application, number).accept_no for number in (voted, case)]
    masks = [get(Application, number).id_number_mask for number in (voted, case)]

    assert whole().decode("utf-8-sig") == HEADING + (
        f"1,\t{numbers[0]},2026,长沙市卫生系列中级职称评审委员会,陈雅琴,{gender(voted)},{masks[0]},'＝宁乡市沩江医院,宁乡市,"
        "宁乡市卫生健康局,卫生技术人员,'=HYPERLINK(1),中级,主治（主管）医师,正常申报,大学本科毕业,'-1+2,2019-11-01,"
        "2026-09-07 至 2026-09-11,2026-09-14,通过,11,9,2,0,通过,2026-10-21 至 2026-10-27,2026-10-31,"
        '"\'@SUM(1)\n""引号""，\t制表"\r\n'
        f"2,\t{numbers[1]},2026,长沙市卫生系列中级职称评审委员会,肖慧玲,{gender(case)},{masks[1]},宁乡市沩江医院,宁乡市,"
        "宁乡市卫生健康局,卫生技术人员,心血管内科,中级,主治（主管）医师,绿色通道,大学本科毕业,'\t医师,2019-11-01,"
        ",2026-09-07,,,,,,,,,'＋1\r\n"
    )
    assert whole().startswith(b"\xef\xbb\xbf")


def gender(case: int) -> str:
    return get(Application, case).gender.title


def test_the_heading_stands_alone_where_nobody_has_a_number(cast):
    cast.case(cast.doctor, A.FORMAL_PASSED)

    assert whole().decode("utf-8-sig") == HEADING


@given(st.text())
def test_no_cell_begins_a_formula(text):
    (cell,) = exports.safe([text])

    assert cell[:1] not in exports.FORMULA or (cell[0] == "\t" and cell[1:].isdigit())
    assert cell.removeprefix("'").removeprefix("\t") in (
        text,
        text.removeprefix("\t"),
        text.removeprefix("'"),
    )


def test_long_numbers_stay_text_and_short_ones_stay_as_they_are():
    assert exports.safe(["202600010100001", "12345678901", "4301**********0032", None, ""]) == [
        "\t202600010100001",
        "12345678901",
        "4301**********0032",
        "",
        "",
    ]


def test_rows_come_in_the_order_of_their_numbers(cast):
    later, earlier = cast.case(cast.doctor, A.ACCEPTED), cast.case(cast.nurse, A.ACCEPTED)
    change(later, accept_no="202600010199999")

    assert [row[:2] for row in listed()] == [
        ["1", "\t" + get(Application, earlier).accept_no],
        ["2", "\t202600010199999"],
    ]


def test_year_and_committee_narrow_the_list(cast):
    cast.case(cast.doctor, A.ACCEPTED)
    with making(cast):
        other = cast.committee("岳阳市卫生系列中级评委会", cast.far_office_unit, "430100", cast.city)
        plan_id = cast.plan(other, "430100", year=2025)
    cast.case(cast.nurse, A.ACCEPTED, plan_id=plan_id)

    assert names() == ["肖慧玲", "陈雅琴"]
    assert (names(year=2025), names(year=2026), names(year=2024)) == (["肖慧玲"], ["陈雅琴"], [])
    assert (names(committee_id=other), names(committee_id=cast.committee_id)) == (["肖慧玲"], ["陈雅琴"])


@contextmanager
def making(cast):
    """Lend the cast a session, as it had while it was made."""
    with open_session() as cast.session:
        yield
        cast.session.commit()
    del cast.session


def test_everybody_gets_their_own_rows_and_no_others(cast):
    near, far = cast.case(cast.doctor, A.ACCEPTED), cast.case(cast.far_doctor, A.ACCEPTED)
    assert near != far

    assert names(cast.clerk.actor) == names(cast.superior.actor) == names(cast.bureau.actor) == ["陈雅琴"]
    assert names(cast.far_clerk.actor) == names(cast.far_bureau.actor) == ["黄外地"]
    assert names(cast.office.actor) == names(cast.city_bureau.actor) == ["陈雅琴", "黄外地"]
    assert names(cast.far_office.actor) == names(cast.admin.actor) == names(cast.auditor.actor) == []
    assert names(None) == []


def test_a_recognition_has_its_result_from_its_state(cast):
    case = cast.case(cast.doctor, A.REVIEW_PASSED, way=Way.RECOGNITION)
    passed = [row[25] for row in listed()]
    change(case, state=A.REVIEW_FAILED, holder_unit_id=None)
    failed = [row[25] for row in listed()]

    assert (passed, failed) == (["通过"], ["不通过"])


def test_blocks_are_sent_as_they_are_read(cast, monkeypatch):
    monkeypatch.setattr(exports, "BLOCK", 2)
    for person in (cast.doctor, cast.nurse, cast.far_doctor):
        cast.case(person, A.ACCEPTED)

    with open_session() as session:
        blocks = list(exports.csv_blocks(session, exports.review_list(SYSTEM)))

    assert [block.count(b"\r\n") for block in blocks] == [1, 2, 1]
    assert [row[0] for row in listed()] == ["1", "2", "3"]


def test_one_statement_and_nothing_decrypted(cast, monkeypatch):
    cast.case(cast.doctor, A.ACCEPTED)
    monkeypatch.setattr(secret.Keys, "open", lambda *_: pytest.fail("decrypted"))
    asked = []
    event.listen(db.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    with open_session() as session:
        list(exports.csv_blocks(session, exports.review_list(SYSTEM)))

    assert len(asked) == 1


def test_counting_is_what_is_listed(cast):
    cast.case(cast.doctor, A.ACCEPTED)
    cast.case(cast.far_doctor, A.IN_REVIEW)
    with open_session() as session:
        counted = [
            exports.count(session, exports.review_list(actor)) for actor in (SYSTEM, cast.bureau.actor, None)
        ]

    assert counted == [2, 1, 0]


# ---- XLSX and files -----------------------------------------------------------------------------------------------


def cells(path) -> dict[str, str]:
    with zipfile.ZipFile(path) as book:
        return {name: book.read(name).decode() for name in book.namelist() if "worksheets/sheet" in name}


def test_xlsx_holds_the_same_cells_as_text(cast, voted, tmp_path):
    with open_session() as session:
        rows = exports.write_xlsx(tmp_path / "x.xlsx", session, exports.review_list(SYSTEM))

    (sheet,) = cells(tmp_path / "x.xlsx").values()
    assert rows == 1
    assert "<f>" not in sheet
    assert "<t>=HYPERLINK(1)</t>" in sheet
    assert f"<t>{get(Application, voted).accept_no}</t>" in sheet
    assert re.search(r'<c r="V2"[^>]*><v>11</v></c>', sheet)
    assert sheet.count("<row ") == 2


def test_xlsx_goes_on_on_a_further_sheet(cast, tmp_path, monkeypatch):
    monkeypatch.setattr(exports, "SHEET_ROWS", 1)
    for person in (cast.doctor, cast.nurse):
        cast.case(person, A.ACCEPTED)
    with open_session() as session:
        rows = exports.write_xlsx(tmp_path / "x.xlsx", session, exports.review_list(SYSTEM))

    assert rows == 2
    assert [sheet.count("<row ") for sheet in cells(tmp_path / "x.xlsx").values()] == [2, 2]


def test_an_empty_xlsx_has_its_heading(app, tmp_path):
    with open_session() as session:
        assert exports.write_xlsx(tmp_path / "x.xlsx", session, exports.review_list(SYSTEM)) == 0

    (sheet,) = cells(tmp_path / "x.xlsx").values()
    assert "<t>受理号</t>" in sheet


def test_the_file_is_named_as_the_field_does():
    day = date(2026, 9, 7)

    assert exports.file_name("长沙市卫生系列中级职称评审委员会", 2026, day) == (
        "评审名单_长沙市卫生系列中级职称评审委员会_2026_20260907.csv"
    )
    assert exports.file_name('a/b\\c:"<>|?*\n', None, day, "xlsx") == "评审名单_abc_全部年度_20260907.xlsx"
    assert exports.file_name(None, None, day) == "评审名单_全部评委会_全部年度_20260907.csv"


# ---- the command --------------------------------------------------------------------------------------------------


def run(app, *args: object):
    return app.test_cli_runner().invoke(args=["export", "reviews", *map(str, args)])


def audited() -> list[tuple[str, dict]]:
    with open_session() as session:
        rows = session.query(Audit).filter(Audit.act == exports.ACT).order_by(Audit.id)
        return [(row.actor_name, row.details) for row in rows]


def test_the_command_writes_the_file_and_the_audit(app, cast, tmp_path):
    cast.case(cast.doctor, A.ACCEPTED)
    out = tmp_path / "list.csv"

    answer = run(app, "--year", 2026, "--committee", cast.committee_id, "--out", out)

    assert (answer.exit_code, answer.output) == (0, f"已导出 1 件到 {out}。\n")
    assert out.read_bytes() == whole()
    assert audited() == [
        ("命令行", {"year": 2026, "committee": cast.committee_id, "format": "csv", "rows": 1})
    ]
    assert [path.name for path in tmp_path.iterdir()] == ["list.csv"]


def test_the_command_writes_xlsx(app, cast, tmp_path):
    cast.case(cast.doctor, A.ACCEPTED)

    assert run(app, "--format", "xlsx", "--out", tmp_path / "list.xlsx").exit_code == 0
    assert len(cells(tmp_path / "list.xlsx")) == 1


def test_an_unknown_committee_is_refused(app, tmp_path):
    answer = run(app, "--committee", 999, "--out", tmp_path / "list.csv")

    assert (answer.exit_code, audited()) == (1, [])
    assert "没有编号为 999 的评委会" in answer.output


def test_a_place_that_cannot_be_written_is_said_and_not_audited(app, tmp_path):
    answer = run(app, "--out", tmp_path / "no" / "list.csv")

    assert (answer.exit_code, audited()) == (1, [])
    assert "不能写入" in answer.output
