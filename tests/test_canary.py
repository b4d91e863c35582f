"""The ID numbers and phones of the cast are looked for everywhere: they must turn up nowhere (security T20, T21, R12)."""

import json
import logging
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from sqlalchemy import inspect, text

from app.db import db
from app.states import ApplicationState as A
from app.states import RegistrationState as R
from tests.cast import PASSWORD, Cast, Person, token

WHO = (
    "admin",
    "auditor",
    "bureau",
    "superior",
    "clerk",
    "office",
    "doctor",
    "far_clerk",
)
REASON = "与窗口提交的身份证原件核对"


def numbers(cast: Cast) -> list[str]:
    """Every ID number and phone there is."""
    people = [person for person in vars(cast).values() if isinstance(person, Person)]
    found = [number for person in people for number in (person.id_number, person.phone) if number]
    assert len(found) >= 20
    return found


class Canary:
    """Remembers everything that came back, and says where a number stands in it."""

    def __init__(self, cast: Cast) -> None:
        self.numbers, self.found, self.seen = numbers(cast), [], 0

    def look(self, where: str, content: str) -> None:
        self.seen += 1
        self.found += [(where, number) for number in self.numbers if number in content]

    def answer(self, who: str, client: FlaskClient, answer) -> None:
        where = f"{who} {answer.request.method} {answer.request.path}"
        self.look(where, answer.get_data(as_text=True))
        self.look(f"{where} (headers)", str(answer.headers))
        self.look(f"{where} (address)", answer.request.url)
        with client.session_transaction() as session:
            self.look(f"{where} (cookie)", json.dumps(dict(session), ensure_ascii=False, default=str))


def pages(app, cases: dict[str, int]) -> Iterator[str]:
    """All pages that need no argument, and those of a case."""
    for rule in app.url_map.iter_rules():
        if "GET" not in rule.methods or rule.endpoint == "static":
            continue
        if not rule.arguments:
            yield rule.rule
        elif rule.arguments == {"pk"}:
            for pk in set(cases.values()):
                yield rule.rule.replace("<int:pk>", str(pk))


def tables() -> str:
    """Every value of every table, as the database has it."""
    with db.engine.connect() as connection:
        rows = [
            str(tuple(row))
            for name in inspect(connection).get_table_names()
            for row in connection.execute(text(f'SELECT * FROM "{name}"'))  # noqa: S608 - a name from the database
        ]
    assert len(rows) > 100
    return "\n".join(rows)


@pytest.fixture
def cases(cast) -> dict[str, int]:
    return {
        "unit": cast.case(cast.doctor, A.PENDING_UNIT),
        "formal": cast.case(cast.nurse, A.PENDING_FORMAL),
        "numbered": cast.case(cast.far_doctor, A.ACCEPTED),
        "registration": cast.registration(R.PENDING_AGENCY),
    }


def test_no_number_turns_up_anywhere(app, cast, cases, caplog, tmp_path):
    caplog.set_level(logging.DEBUG)
    canary = Canary(cast)

    everybody = db.engine.dialect.name == "sqlite"  # what a page shows does not depend on the database
    for name in WHO if everybody else WHO[:2]:
        client = getattr(cast, name).client()
        for page in pages(app, cases):
            canary.answer(name, client, client.get(page))
    presses(app, cast, cases, canary)
    done = app.test_cli_runner().invoke(args=["export", "reviews", "--out", str(tmp_path / "list.csv")])
    assert done.exit_code == 0, done.output
    canary.look("export", (tmp_path / "list.csv").read_text(encoding="utf-8-sig"))
    canary.look("export (output)", done.output)
    canary.look("log", caplog.text)
    canary.look("database", tables())
    if db.engine.dialect.name == "sqlite":
        for path in (db.engine.url.database, f"{db.engine.url.database}-wal"):
            canary.look(path, read(path))

    assert canary.found == []
    assert canary.seen > (1000 if everybody else 250)


def read(path: str) -> str:
    """A file as it lies on the disk, byte for byte."""
    with open(path, "rb") as file:  # noqa: PTH123 - the path is the database's own text
        return file.read().decode("latin-1")


def presses(app, cast: Cast, cases: dict[str, int], canary: Canary) -> None:
    """Sign in by number, rightly and wrongly; take a step; open the numbers, which only that answer may show."""
    for number, password in ((cast.doctor.id_number, "wrong"), (cast.doctor.phone, PASSWORD)):
        client = app.test_client()
        sent = {"username": number, "password": password, "csrf_token": token(client, "/login/")}
        answer = client.post("/login/", data=sent)
        if password == PASSWORD:  # the wrong one gives back what was typed, to be corrected
            canary.answer("anonymous", client, answer)
    client, case = cast.clerk.client(), cases["unit"]
    page = f"/applications/{case}/disclose"
    opened = client.post(page, data={"reason": REASON, "csrf_token": token(client, page)})
    assert cast.doctor.id_number in opened.text
    canary.look("disclosed (headers)", str(opened.headers))
    with client.session_transaction() as session:
        canary.look("disclosed (cookie)", json.dumps(dict(session), default=str))
    for address in (page, f"/applications/show/{case}", "/"):
        canary.answer("clerk", client, client.get(address))
    sent = {"row": case, "confirm": "1", "note": "材料齐全", "csrf_token": token(client, page)}
    answer = client.post("/do/application/unit_pass", data=sent)
    assert answer.status_code == 302
    canary.answer("clerk", client, answer)
    auditor = cast.auditor.client()
    canary.answer("auditor", auditor, auditor.get("/audit/list/"))


def test_the_canary_sings(app, cast, cases):
    """The search itself finds a number where one is."""
    canary = Canary(cast)
    client, page = cast.clerk.client(), f"/applications/{cases['unit']}/disclose"

    canary.answer(
        "clerk", client, client.post(page, data={"reason": REASON, "csrf_token": token(client, page)})
    )
    with db.engine.begin() as connection:
        connection.execute(
            text("UPDATE application SET remark = :number WHERE id = :id"),
            {"number": cast.nurse.phone, "id": cases["unit"]},
        )
    canary.look("database", tables())

    assert {number for _where, number in canary.found} == {
        cast.doctor.id_number,
        cast.doctor.phone,
        cast.nurse.phone,
    }
