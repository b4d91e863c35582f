"""The access matrix, made from the routes themselves: every route × method × person × row (security R1, R11).

A new route enters by itself: its arguments are filled by the kind of row its view is about, and with the rows of all
kinds where that is not known. `python -m tests.matrix` walks through all of it and writes `tests/allowed.csv` anew:
which person gets a 200 from which route. Who sees which row stands in `tests.matrix_scene`.
"""

import csv
import hashlib
import re
import sys
import tempfile
import time
import zlib
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from itertools import product
from pathlib import Path

from flask import Flask
from sqlalchemy import event, inspect, text
from werkzeug.routing import Rule

from app import access, clock
from app.db import db
from app.workflow import PROCESSES
from tests.cast import TODAY, token
from tests.matrix_scene import Row, Scene

#: Every n-th request of the long walk is sent (about 17,000 in all), and of the short one.
EVERY, SHORT = 8, 240
PROCESSES_AT_ONCE = 3
ALLOWED = Path(__file__).with_name("allowed.csv")
PEOPLE = (
    "anonymous",
    "admin",
    "auditor",
    "province_bureau",
    "city_bureau",
    "bureau",
    "far_bureau",
    "market",
    "superior",
    "far_superior",
    "clerk",
    "sibling_clerk",
    "far_clerk",
    "office",
    "far_office",
    "doctor",
    "sibling_doctor",
    "nurse",
    "far_doctor",
)
#: The kind of row a view is about, where it has no table of its own or another one.
KINDS = {
    "DisclosureView": "application",
    "MyApplicationView": "application",
    "MyApplicationView.add": "plan",
    "PublicPlanView": "plan",
    "PublicPublicityView": "publicity",
    "AttachmentView": "attachment",
    "RegisterView": "attachment",
    "SessionView": "sign_in",
}
#: Names of arguments that say themselves what they are.
ARGUMENTS = {"file": "attachment"}
#: Pages whose rows are everybody's, besides the row rule.
PUBLIC = ("PublicPublicityView.show", "PublicPlanView.show")
JUNK = (0, -1, 987654, 2**31 - 1, 2**31, 9_999_999_999, 2**63, 2**63 - 1, 10**40)
WORDS = {
    "locale": ("zh_Hans_CN", "en", "xx", "..%2f"),
    "name": ("license", "nothing", "%00", "'"),
    "filename": ("zhiping.css", "nothing.css", "..%2f..%2fconfig.py", "%00"),
}
QUERIES = (
    "?q=QZ",
    "?queue=mine",
    "?q=%25&page=9999999999&sort=-id",
    "?page=abc&state=x&queue=x",
    "?_flt_0_id=1",
    "?_oc_x=id",
)
REFUSED = {301, 302, 303, 308, 400, 403, 404, 405, 409, 413, 415, 422, 429}
MARK = re.compile(r"QZ\d{3}QZ")
WRITES = ("INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "ALTER")


@dataclass(frozen=True)
class Request:
    """One line of the matrix: where, how, and the row that is meant."""

    endpoint: str
    route: str
    method: str
    path: str
    row: Row | None = None
    junk: bool = False
    step: bool = False
    token: bool = False
    ids: tuple[int, ...] = ()

    def foreign(self, who: str) -> bool:
        """Whether nobody like `who` may get anything there."""
        if self.junk:
            return True
        return self.row is not None and who not in self.row.sees and self.endpoint not in PUBLIC


# ---- from the routes to requests ----------------------------------------------------------------------------------


def rules(app: Flask) -> list[Rule]:
    """All routes, in a lasting order."""
    return sorted(app.url_map.iter_rules(), key=str)


def kind_of(app: Flask, rule: Rule, argument: str) -> str | None:
    """What kind of row an argument names; nothing where nobody knows."""
    view = rule.endpoint.partition(".")[0]
    known = ARGUMENTS.get(argument) or KINDS.get(rule.endpoint) or KINDS.get(view)
    if known:
        return known
    found = next((it for it in app.appbuilder.baseviews if it.endpoint == view), None)
    model = getattr(getattr(found, "datamodel", None), "obj", None)
    return model.__tablename__ if model is not None else None


def fillings(app: Flask, rule: Rule, scene: Scene) -> Iterator[tuple[str, Row | None, bool]]:
    """Every address of a route, the row it names, and whether there is no such row."""
    numbers = [name for name, it in rule._converters.items() if type(it).__name__ == "IntegerConverter"]
    others = [name for name in rule._converters if name not in numbers]
    if not rule.arguments:
        yield str(rule), None, False
        return
    words = product(*[[(name, word) for word in WORDS.get(name, ("x", "%00", "1"))] for name in others])
    for chosen in words:
        path = str(rule)
        for name, word in chosen:
            path = re.sub(rf"<[^<>]*\b{name}>", word, path)
        if not numbers:
            yield path, None, False
            continue
        kind = kind_of(app, rule, numbers[0])
        rows = scene.of(kind) if kind else [row for row in scene.rows if row.pk]
        for row in rows:
            yield with_ids(path, numbers, row.pk, scene), row, False
        for number in JUNK:
            yield with_ids(path, numbers, number, scene), None, True


def with_ids(path: str, numbers: list[str], pk: int, scene: Scene) -> str:
    """Put the first id in, and any file into the others."""
    values = [pk, *(scene.of("attachment")[0].pk for _name in numbers[1:])]
    for name, value in zip(numbers, values, strict=True):
        path = re.sub(rf"<[^<>]*\b{name}>", str(value), path)
    return path


def steps(scene: Scene, rule: Rule) -> Iterator[Request]:
    """Every step of every process, on every row of its kind; and steps and processes that are none."""
    pairs = [(name, step.name) for name, process in PROCESSES.items() for step in process.steps]
    for process, step in [*pairs, ("nothing", "submit"), ("application", "nothing"), ("plan", "unit_pass")]:
        about = f"{rule.endpoint}", str(rule)
        path = f"/do/{process}/{step}"
        rows: list[tuple[Row | None, object, bool]] = [(row, row.pk, False) for row in scene.of(process)]
        rows += [(None, pk, True) for pk in (*JUNK[:4], JUNK[6], "x", "1e3", "٣")]
        yield Request(*about, "GET", path, junk=(process, step) not in pairs, step=True)
        for row, pk, junk in rows:
            yield Request(*about, "GET", f"{path}?row={pk}", row, junk, step=True)
            yield Request(*about, "POST", path, row, junk, step=True, token=True, ids=(pk,))
        for method in ("HEAD", "PUT", "DELETE", "PATCH"):
            yield Request(*about, method, f"{path}?row={rows[0][1]}", rows[0][0], rows[0][2], step=True)
        yield Request(*about, "POST", path, rows[0][0], rows[0][2], step=True, ids=(rows[0][1],))


def requests(app: Flask, scene: Scene) -> Iterator[Request]:
    """Give the whole matrix of one person."""
    for rule in rules(app):
        if rule.arguments == {"process", "step"}:
            yield from steps(scene, rule)
            continue
        for path, row, junk in fillings(app, rule, scene):
            about = rule.endpoint, str(rule)
            for method in ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"):
                yield Request(*about, method, path, row, junk)
            if "POST" in rule.methods:
                yield Request(*about, "POST", path, row, junk, token=True)
        if not rule.arguments and "GET" in rule.methods:
            for query in QUERIES:
                yield Request(rule.endpoint, str(rule), "GET", f"{rule}{query}")


# ---- walking ------------------------------------------------------------------------------------------------------


def digest() -> str:
    """Everything in the database, but when a session was last used."""
    found = hashlib.sha256()
    with db.engine.connect() as connection:
        for name in sorted(inspect(connection).get_table_names()):
            rows = connection.execute(text(f'SELECT * FROM "{name}"')).mappings()  # noqa: S608 - a name from the database
            kept = [
                tuple((key, str(row[key])) for key in row if (name, key) != ("sign_in", "seen_at"))
                for row in rows
            ]
            found.update(repr((name, sorted(kept))).encode())
    return found.hexdigest()


@dataclass
class Walk:
    """One person's way through the matrix, and what was found on it."""

    app: Flask
    scene: Scene
    who: str
    every: int = EVERY
    findings: list[str] = field(default_factory=list)
    allowed: set[str] = field(default_factory=set)
    counts: Counter = field(default_factory=Counter)
    writing: list[str] = field(default_factory=list)
    routes: list[str] = field(default_factory=list)
    lines: list[Request] | None = None

    def run(self) -> "Walk":
        """Read everything, press without a token, then on rows of others, and at last on one's own."""
        self.client = self.app.test_client()
        if self.who != "anonymous":
            self.client = self.scene.people[self.who].client()
        self.token = token(self.client, "/login/" if self.who == "anonymous" else "/password/")
        self.methods = {str(rule): rule.methods for rule in rules(self.app)}
        matrix = self.lines or [line for line in requests(self.app, self.scene) if self._chosen(line)]
        reading = [line for line in matrix if not line.token]
        pressing = [line for line in matrix if line.token]
        self.marks = self.scene.marks
        event.listen(db.engine, "before_cursor_execute", self._note)
        kept, access._criteria = (
            access._criteria,
            cache(access._criteria),
        )  # the same person for thousands of requests
        try:
            self._unchanged("reading", reading)
            self._unchanged(
                "pressing on rows of others", [line for line in pressing if line.foreign(self.who)]
            )
            own = [line for line in pressing if not line.foreign(self.who)]
            for line in sorted(own, key=lambda line: line.endpoint.startswith(("SessionView", "SignInView"))):
                self._send(line)
        finally:
            access._criteria = kept
            event.remove(db.engine, "before_cursor_execute", self._note)
        return self

    def _chosen(self, line: Request) -> bool:
        """Take every page one may open, and of all else a part that is always the same."""
        if line.method == "GET" and not line.step and not line.foreign(self.who) and "?" not in line.path:
            return True
        known = f"{self.who} {line.method} {line.path} {line.ids} {line.token}"
        return zlib.crc32(known.encode()) % self.every == 0

    def _note(self, _connection, _cursor, statement: str, *_more: object) -> None:
        if statement.lstrip().upper().startswith(WRITES) and "SET seen_at" not in statement:
            self.writing.append(statement[:60])

    def _unchanged(self, what: str, lines: list[Request]) -> None:
        before, wrote = digest(), []
        for line in lines:
            self.writing.clear()
            self._send(line)
            if self.writing:
                wrote.append(f"{line.method} {line.path} {line.ids} {self.writing[0]}")
        if digest() != before:
            self.findings.append(f"{self.who}: {what} changed the database: {wrote[:5]}")

    def _send(self, line: Request) -> None:
        data = None
        if line.method == "POST":
            data = {
                "row": list(line.ids),
                "confirm": "1",
                "note": "情况属实",
                "reason": "与窗口提交的原件核对",
            }
            data |= {"csrf_token": self.token} if line.token else {}
        answer = self.client.open(line.path, method=line.method, data=data)
        self.counts["requests"] += 1
        self.counts[answer.status_code] += 1
        for wrong in self._wrong(line, answer):
            self.findings.append(
                f"{self.who}: {line.method} {line.path} {line.ids or ''} {answer.status_code}: {wrong}"
            )
        if line.method == "GET" and answer.status_code == 200 and not line.step:  # steps: docs/process.md
            self.allowed.add(f"{line.route}")
        answer.close()

    def _wrong(self, line: Request, answer) -> Iterator[str]:
        code = answer.status_code
        if code >= 500:
            yield "a mistake of ours"
        if line.foreign(self.who) and code not in REFUSED and line.method != "OPTIONS":
            yield "a row of others was answered" if line.row else "a row that is not there was answered"
        unsafe = line.method not in ("GET", "HEAD", "OPTIONS")
        if unsafe and not line.token and code not in (400, 404, 405):
            yield "without a token it was not refused"
        if line.method in ("PUT", "DELETE", "PATCH") and code not in (400, 404, 405):
            yield "a method that nothing has was answered"
        if (
            line.method in ("GET", "HEAD")
            and line.method not in self.methods[line.route]
            and code not in (404, 405)
        ):
            yield "a press was taken by opening its address"
        if answer.mimetype.startswith(("text/", "application/json")) or answer.status_code != 200:
            body = answer.get_data(as_text=True) + str(answer.headers)
            for mark in sorted(set(MARK.findall(body))):
                row = self.marks[mark]
                if self.who not in row.sees:
                    yield f"shows {row.kind} of others: {row.name}"
            if "Traceback" in body or "SELECT " in body:
                yield "shows its inside"


# ---- the table of what is allowed ---------------------------------------------------------------------------------


def read_allowed() -> dict[str, set[str]]:
    """Which routes answer 200 to whom, as it is written down."""
    with ALLOWED.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {who: {row["route"] for row in rows if row[who]} for who in rows[0] if who != "route"}


def write_allowed(routes: list[str], found: dict[str, set[str]]) -> None:
    """Write the table: a line per route that can be read, a column per person."""
    with ALLOWED.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["route", *PEOPLE])
        for route in dict.fromkeys(routes):
            if any(route in taken for taken in found.values()):
                writer.writerow([route, *("x" if route in found[who] else "" for who in PEOPLE)])


def walk(people: tuple[str, ...], every: int) -> list[Walk]:
    """Walk as these people on a database of its own."""
    from app import create_app
    from tests.conftest import FAST, SQLiteWorld

    with tempfile.TemporaryDirectory() as folder:
        file, walks = Path(folder) / "matrix.sqlite", []
        given = FAST | {"DATABASE_URL": f"sqlite:///{file}", "ZHIPING_FILES": f"{folder}/files"}
        world = SQLiteWorld(create_app(given), file)
        with world.app.app_context(), clock.fixed(TODAY):
            for who in people:
                walks.append(Walk(world.app, Scene(world.cast), who, every).run())
                world.restore()
            routes = [str(rule) for rule in rules(world.app)]
            db.engine.dispose()
        for made in walks:
            made.app = made.scene = made.client = made.marks = None
            made.routes = routes
    return walks


def main(every: int = EVERY) -> int:
    """Walk as everybody in several processes, write the table, and say what was found."""
    began, chosen = (
        time.monotonic(),
        [PEOPLE[number::PROCESSES_AT_ONCE] for number in range(PROCESSES_AT_ONCE)],
    )
    with ProcessPoolExecutor(PROCESSES_AT_ONCE) as pool:
        walks = [made for part in pool.map(walk, chosen, [every] * len(chosen)) for made in part]
    write_allowed(walks[0].routes, {made.who: made.allowed for made in walks})
    findings = [finding for made in walks for finding in made.findings]
    counts = sum((made.counts for made in walks), Counter())
    taken = time.monotonic() - began
    print(*findings, sep="\n")  # noqa: T201 - this is the command's answer
    print(dict(counts), f"{len(walks[0].routes)} routes, {len(walks)} people")  # noqa: T201
    print(f"{taken:.0f} s, {len(findings)} findings")  # noqa: T201
    return bool(findings)


if __name__ == "__main__":
    sys.exit(main(*(int(text) for text in sys.argv[1:2])))
