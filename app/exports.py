"""The review list (申报参评人员名册): from 受理号 onward, masked, one statement, block by block (domain 6.4).

The columns stand once, in `COLUMNS`; CSV and XLSX write the same cells. Rows pass through the row rule, the masked
forms of personal data are columns of their own, so that nothing is decrypted, and the latest review is reached through
`Application.outcome_id`. The file is always in Chinese, whoever asks for it.

Three things make a CSV safe to open in Excel, in this order. Cells that Excel would run as a formula get a leading
apostrophe. Then strings of twelve digits and more, such as the 受理号, which Excel would round, get a leading tab: it
keeps them text and is taken off again by whoever reads the file with a program. Masked ID numbers contain `*` and are
text anyway.
"""

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Select, String, and_, case, func, null, select, true, type_coerce
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session, aliased
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction
from xlsxwriter import Workbook

from app import audit
from app.access import SYSTEM, Actor, rule
from app.models import Application, Committee, Outcome, Plan, Region, Series, Title, Unit
from app.states import LEVEL_TITLES, NUMBERED, ApplicationState, Education, Gender, Verdict, Way, Word

ACT = "export_reviews"
#: Rows read and written at a time.
BLOCK = 2000
#: Excel counts 1,048,576 rows on a sheet, the heading among them.
SHEET_ROWS = 1_000_000

Write = Callable[[Sequence[Any]], Sequence[Any]]


# ---- days in Shanghai, in either database -------------------------------------------------------------------------


class day_of(GenericFunction[str]):  # noqa: N801 - named as a function of SQL
    """A date column as YYYY-MM-DD."""

    inherit_cache = True
    type = String()


class day_in_shanghai(GenericFunction[str]):  # noqa: N801 - as above
    """The day in Shanghai of a moment, as YYYY-MM-DD; the offset is +8 hours, without summer time since 1991."""

    inherit_cache = True
    type = String()


@compiles(day_of, "sqlite")
def _day_sqlite(element: day_of, compiler: SQLCompiler, **how: Any) -> str:
    return compiler.process(element.clauses, **how)


@compiles(day_of, "postgresql")
def _day_postgresql(element: day_of, compiler: SQLCompiler, **how: Any) -> str:
    return f"to_char({compiler.process(element.clauses, **how)}, 'YYYY-MM-DD')"


@compiles(day_in_shanghai, "sqlite")
def _shanghai_sqlite(element: day_in_shanghai, compiler: SQLCompiler, **how: Any) -> str:
    return f"date({compiler.process(element.clauses, **how)}, '+8 hours')"


@compiles(day_in_shanghai, "postgresql")
def _shanghai_postgresql(element: day_in_shanghai, compiler: SQLCompiler, **how: Any) -> str:
    moment = compiler.process(element.clauses, **how)
    return f"to_char({moment} AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD')"


# ---- how cells are written ----------------------------------------------------------------------------------------


def plain(values: Sequence[Any]) -> Sequence[Any]:
    """Leave numbers and days as they come."""
    return values


def words(titles: Mapping[Any, str]) -> Write:
    """Put identifiers into words; what has none stays empty."""
    return lambda values: [titles.get(value, "") for value in values]


def titles_of(kind: type[Word]) -> dict[str, str]:
    """Give the words of an enum by its stored identifiers."""
    return {member.value: member.title for member in kind}


@dataclass(frozen=True)
class Column:
    """One column: its title, its value in SQL, and how a block of its values is written; `free` text may hold anything."""

    title: str
    value: ColumnElement[Any]
    write: Write = plain
    free: bool = False


# ---- the columns --------------------------------------------------------------------------------------------------

superior = aliased(Unit, name="superior")
RESULT = {"pass": Verdict.PASS.title, "fail": Verdict.FAIL.title}
DECIDED = tuple(
    state
    for state in NUMBERED
    if state not in (ApplicationState.ACCEPTED, ApplicationState.IN_REVIEW, ApplicationState.REVIEW_FAILED)
)


def stored(column: ColumnElement[Any]) -> ColumnElement[str]:
    """Read the identifier of an enum as it is stored, without making members of it."""
    return type_coerce(column, String)


def from_to(first: ColumnElement[date | None], last: ColumnElement[date | None]) -> ColumnElement[str]:
    """Write 起止 as one cell; nothing where there are no dates."""
    return day_of(first) + " 至 " + day_of(last)


def result() -> ColumnElement[str]:
    """Give 评审结果: from the votes; of a 考核认定, which has no meeting, from the state."""
    state = stored(Application.state)
    return func.coalesce(
        stored(Outcome.result),
        case((state.in_(DECIDED), "pass"), (state == ApplicationState.REVIEW_FAILED.value, "fail")),
    )


COLUMNS = (
    Column("序号", null()),
    Column("受理号", Application.accept_no, free=True),
    Column("年度", Application.year),
    Column("评委会", Committee.name, free=True),
    Column("姓名", Application.applicant_name, free=True),
    Column("性别", stored(Application.gender), words(titles_of(Gender))),
    Column("证件号码", Application.id_number_mask, free=True),
    Column("工作单位", Application.unit_name, free=True),
    Column("统筹区", Region.shown, free=True),
    Column("主管单位", superior.name, free=True),
    Column("申报系列", Series.name, free=True),
    Column("申报专业", Application.specialty, free=True),
    Column("申报级别", Title.level, words(LEVEL_TITLES)),
    Column("申报职称", Title.name, free=True),
    Column("申报方式", stored(Application.way), words(titles_of(Way))),
    Column("学历", stored(Application.education), words(titles_of(Education))),
    Column("现职称", Application.current_title, free=True),
    Column("现职称取得时间", day_of(Application.current_title_on)),
    Column("单位公示起止", from_to(Application.publicity_from, Application.publicity_to)),
    Column("推荐上报时间", day_in_shanghai(Application.recommended_at)),
    Column("形式审查结果", case((Application.formal_passed_at.is_not(None), "pass")), words(RESULT)),
    Column("出席人数", Outcome.present),
    Column("同意票", Outcome.yes),
    Column("反对票", Outcome.no),
    Column("弃权票", Outcome.abstain),
    Column("评审结果", result(), words(RESULT)),
    Column("结果公示起止", from_to(Application.result_from, Application.result_to)),
    Column("备案时间", day_in_shanghai(Application.filed_at)),
    Column("备注", Application.remark, free=True),
)


def review_list(actor: Actor, year: int | None = None, committee_id: int | None = None) -> Select[Any]:
    """Give the one statement of the list: what `actor` may see, of a year, of a committee; ordered by 受理号.

    The command line is `access.SYSTEM` and sees everything. The 序号 is counted while writing.
    """
    wanted = [
        Application.accept_no.is_not(None),
        true() if actor is SYSTEM else rule(Application, actor),
    ]
    if year is not None:
        wanted.append(Application.year == year)
    if committee_id is not None:
        wanted.append(Plan.committee_id == committee_id)
    return (
        select(*(column.value.label(f"c{number}") for number, column in enumerate(COLUMNS[1:], start=1)))
        .select_from(Application)
        .join(Plan, Plan.id == Application.plan_id)
        .join(Committee, Committee.id == Plan.committee_id)
        .join(Title, Title.id == Application.title_id)
        .join(Series, Series.code == Title.series_code)
        .join(Unit, Unit.id == Application.unit_id)
        .join(Region, Region.code == Unit.region_code)
        .outerjoin(superior, superior.id == Application.superior_id)
        .outerjoin(Outcome, Outcome.id == Application.outcome_id)
        .where(and_(*wanted))
        .order_by(Application.accept_no)
    )


def count(session: Session, statement: Select[Any]) -> int:
    """Count the rows of a list, for its audit row, in the snapshot in which they are then read."""
    counted = statement.with_only_columns(func.count(), maintain_column_froms=True).order_by(None)
    return session.execute(counted).scalar_one()


# ---- files --------------------------------------------------------------------------------------------------------

#: What makes Excel or LibreOffice read a cell as a formula, full-width forms included; line breaks hide them.
FORMULA = frozenset("=+-@\t\r\n＝＋－＠")
#: From twelve digits on Excel shows a number in powers of ten, from sixteen it rounds.
LONG = 12


def safe(cells: Sequence[str | None]) -> list[str]:
    """Put an apostrophe before what would run as a formula, else a tab before a long number, so that it stays text."""
    return [
        ("'" + text if text[0] in FORMULA else "\t" + text if len(text) >= LONG and text.isdigit() else text)
        if text
        else ""
        for text in cells
    ]


def csv_blocks(session: Session, statement: Select[Any]) -> Iterator[bytes]:
    """Give the list as CSV, UTF-8 with BOM and CRLF, a block of some thousand rows at a time.

    Memory stays flat: the cursor is the server's on PostgreSQL. The session must live as long as the blocks are read;
    a page opens one of its own inside its generator.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow([column.title for column in COLUMNS])
    yield b"\xef\xbb\xbf" + buffer.getvalue().encode()
    for block in _blocks(session, statement):
        buffer.seek(0)
        buffer.truncate()
        writer.writerows(
            zip(*(safe(cells) if column.free else cells for column, cells in block), strict=True)
        )
        yield buffer.getvalue().encode()


def write_xlsx(path: Path, session: Session, statement: Select[Any]) -> int:
    """Write the list as XLSX and give the number of rows; a further sheet begins after a million.

    Cells are typed, so that text is never run as a formula and needs no apostrophe. Rows go to disk as they come.
    """
    rows = 0
    with Workbook(path, {"constant_memory": True}) as book:
        for block in _blocks(session, statement):
            for row in zip(*(cells for _column, cells in block), strict=True):
                if rows % SHEET_ROWS == 0:
                    sheet = _sheet(book)
                rows += 1
                _write_row(sheet, (rows - 1) % SHEET_ROWS + 1, row)
        if not rows:
            _sheet(book)
    return rows


def file_name(committee_name: str | None, year: int | None, day: date, suffix: str = "csv") -> str:
    """Name the file as the field does: 评审名单_{committee}_{year}_{yyyymmdd}.csv, fit for any file system."""
    committee = re.sub(r'[\x00-\x1f\\/:*?"<>|]+', "", committee_name or "全部评委会")
    return f"评审名单_{committee}_{year or '全部年度'}_{day:%Y%m%d}.{suffix}"


def note_export(session: Session, actor: Actor, rows: int, **conditions: Any) -> None:
    """Write the audit row of an export: the filter, the format and the count; the caller commits."""
    audit.record(session, actor.name, ACT, {**conditions, "rows": rows}, actor_id=actor.user_id)


def _blocks(session: Session, statement: Select[Any]) -> Iterator[list[tuple[Column, Sequence[Any]]]]:
    """Read block by block, column by column, with identifiers put into words and the rows numbered.

    `partitions` is given its size: without one it ignores `yield_per` and loads everything (performance 1).
    """
    first = 1
    found = session.connection().execute(
        statement, execution_options={"yield_per": BLOCK, "stream_results": True}
    )
    for rows in found.partitions(BLOCK):
        numbers = range(first, first + len(rows))
        first += len(rows)
        cells = [numbers, *zip(*rows, strict=True)]
        yield [(column, column.write(values)) for column, values in zip(COLUMNS, cells, strict=True)]


def _sheet(book: Workbook) -> Any:
    sheet = book.add_worksheet()
    sheet.freeze_panes(1, 0)
    for place, column in enumerate(COLUMNS):
        sheet.write_string(0, place, column.title)
    return sheet


def _write_row(sheet: Any, at: int, row: Sequence[Any]) -> None:
    for place, value in enumerate(row):
        if isinstance(value, int):
            sheet.write_number(at, place, value)
        elif value:
            sheet.write_string(at, place, value)
