"""Hostile input for every route and every form field (security T37, R6): what pages show is followed and twisted.

A fuzzer stands as each role of the cast in turn. It follows links, reads the forms of the pages it is shown, fills
them with what is plausible, and puts hostile values in the place of some; between, it asks the routes of the map by
themselves. Whatever is wrong with an answer comes with a `Case`, one line that `Fuzzer.send` takes again.
"""

import json
import os
import random
import re
from collections import Counter
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import parse_qsl, quote, quote_from_bytes, urlsplit

from flask import Flask, got_request_exception
from flask.testing import FlaskClient

from app.db import open_session
from app.models import Meeting, Outcome
from app.states import ApplicationState as A
from app.states import HostRole, RegistrationState
from app.workflow import PROCESSES, QUEUES
from tests.cast import PASSWORD, TODAY, Cast, later, token

SEED = int(os.environ.get("FUZZ_SEED", "20260907"))
ROLES = (
    "",
    "admin",
    "auditor",
    "bureau",
    "city_bureau",
    "superior",
    "clerk",
    "far_clerk",
    "office",
    "doctor",
    "nurse",
)
ECHO, SUM, FOREIGN = "<script>zhp", "9801547", "evil.example"


class Long(str):
    """A long text that is shown short."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"{self[0]!r} * {len(self)}"


#: bytes stand for what no text can be: invalid UTF-8, a surrogate alone.
HOSTILE: tuple[str | bytes, ...] = (
    "", " ", Long("A" * 10_000), Long("长" * 10_000), Long("9" * 5_000), "\0", "a\0b", b"\xff\xfe", b"\xed\xa0\x80",
    b"\xc0\xaf", "\ufeff", "\u2028", "\r\nX-Evil: 1", "0", "-1", "1", "2147483647", "2147483648",
    "9223372036854775808", "1e309", "NaN", "Infinity", "0x10", "1_0", "1.5", "٣", "①", "²", "１２", "\u202e文档",
    "👩‍⚕️🏥", f"'\"></textarea></title>{ECHO}</script>", "<img src=x onerror=alert(1)>", "{{1337*7331}}",
    "${1337*7331}", "%s%s%n", "%(name)s", "{0.__class__}", "' OR 1=1 --", "\\", "%", "_", "../../../../etc/passwd",
    f"//{FOREIGN}/", f"https://{FOREIGN}/", f"\\\\{FOREIGN}", "javascript:alert(1)", "9999-12-31", "0001-01-01",
    "2026-02-30", "2026-02-29", "9999-12-31T23:59", "0001-01-01T00:00", "2026-09-08T09:00+14:00",
    "2026-09-08T09:00Z", "24:00", "=1+1", "@SUM(A1)", "+cmd|'/C calc'!A0", "[]", "{}", "null", "true", "None",
    "draft", "1:1:draft", "²:1:x", "43018219850301001X",
)  # fmt: skip
QUERY = (
    "q", "queue", "tab", "state", "sort", "page", "page_ApplicationView", "psize_ApplicationView", "_oc_ApplicationView",
    "_od_ApplicationView", "_flt_0_state", "doc", "row", "seen", "confirm", "next", "plan", "plan_id", "year", "unit",
    "unit_id", "region", "series", "level", "step", "hop", "file", "find", "format", "endpoint", "_method", "lang",
    "id", "case", "process", "actor", "day", "from", "to", "receipt", "code", "token", "download", "full",
)  # fmt: skip
EXTRA = (
    "queue",
    "row",
    "seen",
    "confirm",
    "note",
    "csrf_token",
    "next",
    "version",
    "state",
    "id",
    "unit_id",
    "action",
)
METHODS = ("GET", "POST", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH")
KINDS = ("form", "multipart", "json", "text", "broken", "xml", "as_json", "as_form")
PLAUSIBLE = {
    "date": "2026-09-14",
    "datetime-local": "2026-09-14T09:00",
    "number": "5",
    "tel": "0731-88000016",
    "email": "a@example.com",
    "password": PASSWORD,
}
#: What never stands in an answer; a path of ours or of a library, a statement, a trace.
TRACES = re.compile(
    r"Traceback \(most|\bSELECT\s+\w+[.,]|\bINSERT INTO \w|\bUPDATE \w+ SET|sqlalchemy|psycopg|sqlite3?\.|site-packages"
    r"|/app/\w+\.py|werkzeug\.|jinja2\.|line \d+, in "
)


@dataclass
class Case:
    """One request, as it can be sent again: `CSRF` among the fields stands for a valid token."""

    role: str
    method: str
    url: str
    kind: str = ""
    fields: list[tuple[str, str | bytes]] = field(default_factory=list)


CSRF = "(token)"


@dataclass
class Form:
    """A form as a page shows it."""

    url: str
    method: str
    kind: str
    fields: list[tuple[str, list[str]]] = field(default_factory=list)


class Page(HTMLParser):
    """Links and forms of a page."""

    def __init__(self, url: str, text: str) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.forms: list[Form] = []
        self._here, self._select, self._by_id = url, "", {}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        it = {name: value or "" for name, value in attrs}
        if tag == "a" and it.get("href", "").startswith(("/", "?")):
            self.links.add(self._full(it["href"].split("#")[0]))
        elif tag == "form":
            kind = "multipart" if "multipart" in it.get("enctype", "") else "form"
            self.forms.append(Form(self._full(it.get("action", "")), it.get("method", "get").upper(), kind))
            self._by_id[it.get("id", "")] = self.forms[-1]
        elif tag in ("input", "textarea", "button", "select") and it.get("name"):
            form = self._by_id.get(it.get("form", "-")) or (self.forms[-1] if self.forms else None)
            if form:
                self._field(form, tag, it)
        elif tag == "option" and self._select and self.forms:
            self.forms[-1].fields[-1][1].append(it.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""

    def _field(self, form: Form, tag: str, it: dict[str, str]) -> None:
        self._select = it["name"] if tag == "select" else ""
        kind = it.get("type", "text")
        value = CSRF if it["name"] == "csrf_token" else it.get("value") or PLAUSIBLE.get(kind, "意见")
        form.fields.append((it["name"], [] if tag == "select" else [value]))

    def _full(self, url: str) -> str:
        return url if url.startswith("/") else self._here.split("?")[0] + url if url else self._here


class Fuzzer:
    """Somebody of every role, with what each has been shown so far."""

    def __init__(self, app: Flask, cast: Cast, seed: int = SEED) -> None:
        self.app, self.cast, self.random = app, cast, random.Random(seed)  # noqa: S311 - it must repeat
        self.routes = [rule for rule in app.url_map.iter_rules() if not rule.endpoint.endswith("static")]
        self.clients: dict[str, tuple[FlaskClient, str]] = {}
        self.links: dict[str, set[str]] = {role: {"/"} for role in ROLES}
        self.forms: dict[str, dict[str, Form]] = {role: {} for role in ROLES}
        self.count, self.statuses, self.wrong = 0, Counter(), []
        self.endpoints: Counter = Counter()
        self._error: BaseException | None = None
        got_request_exception.connect(self._note, app)

    # ---- running

    def run(self, cases: int) -> list[str]:
        """Send so many cases and give a line for each answer that is wrong."""
        while self.count < cases:
            case = self.make()
            found = self.send(case)
            if found:
                self.wrong.append(f"{found}  <=  {case!r}")
        return self.wrong

    def _note(self, _app: Flask, exception: BaseException) -> None:
        self._error = exception

    def client(self, role: str) -> tuple[FlaskClient, str]:
        """A browser of this role that is signed in, and a valid token."""
        if role not in self.clients:
            client = getattr(self.cast, role).client() if role else self.app.test_client()
            self.clients[role] = client, token(client, "/password/" if role else "/login/")
        return self.clients[role]

    def send(self, case: Case) -> str:
        """Send a case and say what is wrong with the answer, or nothing."""
        client, valid = self.client(case.role)
        body, kind = encoded(case, valid)
        self._error = None
        self.count += 1
        answer = client.open(case.url, method=case.method, data=body, content_type=kind)
        self.statuses[answer.status_code] += 1
        text = answer.get_data(as_text=False).decode("utf-8", "replace")
        if case.method != "HEAD" and answer.mimetype == "text/html":
            self._learn(case, text)
        place = answer.headers.get("Location", "")
        if case.role and "/login/" in place:
            self.clients.pop(case.role, None)
        return self._judge(answer.status_code, text, place, answer)

    def _judge(self, status: int, text: str, place: str, answer: object) -> str:  # noqa: PLR0911 - one per fault
        if status >= 500:
            return f"{status} {self._where()}"
        if found := TRACES.search(text):
            return f"{status} says {text[max(0, found.start() - 30) : found.end() + 60]!r}"
        if ECHO in text and answer.mimetype == "text/html":
            return f"{status} echoes the script"
        if SUM in text:
            return f"{status} computes the template"
        if "X-Evil" in answer.headers:
            return f"{status} lets a header in"
        host = urlsplit(place.replace("\\", "/")).netloc
        if place and (host not in ("", "localhost") or place.startswith("javascript")):
            return f"{status} leads to {place!r}"
        return ""

    def _where(self) -> str:
        error = self._error
        if error is None:
            return "without an exception"
        trace, place = error.__traceback__, ""
        while trace:
            code = trace.tb_frame.f_code
            if "/app/" in code.co_filename:
                place = f"{code.co_filename.split('/app/')[-1]}:{trace.tb_lineno}"
            trace = trace.tb_next
        return f"{type(error).__name__} {str(error)[:120]!r} at app/{place}"

    def _learn(self, case: Case, text: str) -> None:
        page = Page(case.url, text)
        known = self.links[case.role]
        if len(known) < 400:  # of many rows, some are enough
            known |= {link for link in page.links if len(link) < 300 and "http" not in link}
        for form in page.forms:
            if len(form.url) < 300:
                names = ",".join(sorted({name for name, _values in form.fields}))
                self.forms[case.role][f"{form.method} {form.url.split('?')[0]} {names}"] = form

    # ---- making

    def make(self) -> Case:
        """Make a case: a form that was shown, a link that was shown, or a route by itself."""
        roll, role = self.random.random(), self.random.choice(ROLES)
        if roll < 0.5 and self.forms[role]:
            return self._form(role)
        if roll < 0.75:
            return self._link(role)
        return self._route(role)

    def hostile(self) -> str | bytes:
        """A value that no form would send, or seldom."""
        return self.random.choice(HOSTILE)

    def _form(self, role: str) -> Case:
        form = self.random.choice(list(self.forms[role].values()))
        fields: list[tuple[str, str | bytes]] = [
            (name, self.random.choice(values or [""])) for name, values in form.fields
        ]
        for _time in range(self.random.choice((0, 1, 1, 1, 2, 3))):
            self._twist(fields)
        if form.method == "GET":
            return Case(role, "GET", form.url.split("?")[0] + "?" + urlencoded(fields))
        kind = form.kind if self.random.random() < 0.75 else self.random.choice(KINDS)
        url = self._twisted(form.url) if self.random.random() < 0.2 else form.url
        return Case(role, "POST", url, kind, fields)

    def _twist(self, fields: list[tuple[str, str | bytes]]) -> None:
        way = self.random.randrange(10)
        if way == 0 or not fields:
            fields.append((self.random.choice(EXTRA), self.hostile()))
            return
        place = self.random.randrange(len(fields))
        name = fields[place][0]
        if way == 1:
            del fields[place]
        elif way == 2:
            fields.append((name, self.hostile()))
        elif way == 3:
            fields[place] = (name + self.random.choice(("[]", "\0", "-1", "<b>")), fields[place][1])
        else:
            fields[place] = (name, self.hostile())

    def _link(self, role: str) -> Case:
        url = self.random.choice(sorted(self.links[role]))
        return Case(role, "GET", url if self.random.random() < 0.3 else self._twisted(url))

    def _twisted(self, url: str) -> str:
        path, _mark, query = url.partition("?")
        fields: list[tuple[str, str | bytes]] = parse_qsl(query, keep_blank_values=True)
        more = self.random.choices(QUERY, k=self.random.randint(1, 2))
        fields += [(name, self.hostile()) for name in more]
        if self.random.random() < 0.5 and len(fields) > 1:
            self._twist(fields)
        return f"{path}?{urlencoded(fields)}"

    def _route(self, role: str) -> Case:
        rule = self.random.choice(self.routes)
        self.endpoints[rule.endpoint] += 1
        path = re.sub(r"<(?:(\w+):)?(\w+)>", self._segment, str(rule))
        url = path if self.random.random() < 0.4 else self._twisted(path)
        method = self.random.choice((*METHODS, *sorted(rule.methods or ())))
        if method in ("GET", "HEAD", "OPTIONS"):
            return Case(role, method, url)
        fields = [(name, self.hostile()) for name in self.random.sample(EXTRA, 3)]
        fields += [("csrf_token", CSRF)] if self.random.random() < 0.7 else []
        return Case(role, method, url, self.random.choice(KINDS), fields)

    def _segment(self, found: re.Match[str]) -> str:
        if self.random.random() < 0.12:
            return percent(self.hostile())[:600] or "0"
        kind, name = found.groups()
        process = self.random.choice(list(PROCESSES.values()))
        words = {"process": process.name, "step": self.random.choice(process.steps).name, "locale": "en"}
        if kind == "int":
            return str(self.random.choice((1, 1, 2, 3, 4, 5, 6, 7, 8, 0, 2**31, 10**20)))
        return words.get(name, self.random.choice(["commitment", *QUEUES]))


# ---- encoding ---------------------------------------------------------------------------------------------------


def percent(value: str | bytes) -> str:
    """Percent-encode, bytes as they are."""
    return quote_from_bytes(value, safe="") if isinstance(value, bytes) else quote(value, safe="")


def urlencoded(fields: list[tuple[str, str | bytes]]) -> str:
    """A query, or a body of a plain form."""
    return "&".join(f"{percent(name)}={percent(value)}" for name, value in fields)


def encoded(case: Case, valid: str) -> tuple[bytes | None, str | None]:
    """Body and content type of a case."""
    if not case.kind:
        return None, None
    fields = [(name, valid if value == CSRF else value) for name, value in case.fields]
    plain = urlencoded(fields).encode()
    parts = {
        "form": (plain, "application/x-www-form-urlencoded"),
        "multipart": (multipart(fields), "multipart/form-data; boundary=zhpzhp"),
        "json": (json.dumps({name: str(value) for name, value in fields}).encode(), "application/json"),
        "text": (plain, "text/plain"),
        "broken": (multipart(fields)[:-9], "multipart/form-data; boundary=other"),
        "xml": (
            b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>",
            "text/xml",
        ),
        "as_json": (plain, "application/json"),
        "as_form": (multipart(fields), "application/x-www-form-urlencoded; charset=utf-16"),
    }
    return parts[case.kind]


def multipart(fields: list[tuple[str, str | bytes]]) -> bytes:
    """A body of a form with files; a field called file is one."""
    made = []
    for name, value in fields:
        body = value if isinstance(value, bytes) else value.encode()
        head = f'Content-Disposition: form-data; name="{quote(name)}"'
        if name.startswith("file"):
            head += f'; filename="{quote(body[:40])}.pdf"\r\nContent-Type: application/pdf'
        made.append(b"--zhpzhp\r\n" + head.encode() + b"\r\n\r\n" + body + b"\r\n")
    return b"".join(made) + b"--zhpzhp--\r\n"


# ---- the world ----------------------------------------------------------------------------------------------------

STATES = (
    A.DRAFT, A.PENDING_UNIT, A.UNIT_PASSED, A.PUBLICITY_PASSED, A.PENDING_SUPERIOR, A.PENDING_FORMAL, A.FORMAL_PASSED,
    A.ACCEPTED,
)  # fmt: skip


def furnish(cast: Cast) -> None:
    """Put something before everybody: applications at every stop, a registration, a publicity, a meeting."""
    with open_session() as session:
        cast.session = session
        people = [cast.applicant(f"person{n}", f"张三{n}", cast.hospital) for n in range(len(STATES) + 2)]
        session.commit()
    del cast.session
    cases = {state: cast.case(person, state) for state, person in zip(STATES, people, strict=False)}
    shown, asked = cast.case(people[-1], A.UNIT_PASSED), cast.case(people[-2], A.PENDING_UNIT)
    cast.case(cast.doctor)
    returned = cast.case(cast.nurse, A.PENDING_UNIT)
    cast.clerk.does("application", "unit_return", asked, returned, deadline=later(days=3))
    sheet = {"contact": "谭素芬", "telephone": "0731-88000016", "starts_on": TODAY, "days": 5}
    cast.clerk.does("application", "start_publicity", shown, **sheet)
    cast.registration()
    cast.registration(RegistrationState.PENDING_AGENCY)
    with open_session() as session:
        meeting = Meeting(
            plan_id=cast.plan_id,
            name="2026 年度第 1 次评审会议",
            held_at=later(days=14),
            place="长沙",
            host="罗正明",
            host_role=HostRole.DEPUTY,
            members=15,
            outcomes=[Outcome(application_id=cases[A.ACCEPTED])],
        )
        session.add(meeting)
        session.commit()


__all__ = ["CSRF", "Case", "Fuzzer", "Long", "furnish"]
