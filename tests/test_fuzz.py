"""Hostile input to every route and form field, as every role: no 5xx, no trace, no echo (security T37, R6)."""

import os

import pytest
from flask import request
from markupsafe import Markup

from app.console import lists
from app.console.steps import StepView
from tests.conftest import DATABASES
from tests.fuzz import SEED, Case, Fuzzer, furnish

#: Cases in all, shared by the databases; `FUZZ_CASES=20000 make test-long` sends as many as security R6 asks for.
SHORT, FULL = 1_000, int(os.environ.get("FUZZ_CASES", "3000"))


@pytest.fixture
def fuzzer(app, cast, monkeypatch):
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    furnish(cast)
    return Fuzzer(app, cast)


def fuzz(fuzzer, cases):
    wrong = fuzzer.run(cases)
    print(f"\nseed {SEED}: {fuzzer.count} cases, {dict(sorted(fuzzer.statuses.items()))}")  # noqa: T201 - the count is the result
    assert wrong == [], "\n".join(wrong[:50])


def test_hostile_input_is_answered_without_an_error_of_ours(fuzzer):
    fuzz(fuzzer, SHORT // len(DATABASES))


@pytest.mark.long
def test_hostile_input_is_answered_without_an_error_of_ours_at_length(fuzzer):
    fuzz(fuzzer, FULL // len(DATABASES))


def test_a_case_says_how_to_send_it_again(fuzzer):
    case = Case("clerk", "POST", "/do/application/unit_pass?row=1", "form", [("row", "²"), ("seen", b"\xff")])

    assert eval(repr(case)) == case  # noqa: S307 - it is our own line
    assert fuzzer.send(case) == ""


def test_nul_in_a_repeated_field_is_refused(fuzzer):
    """Not only in the first of several values: PostgreSQL takes none."""
    assert fuzzer.send(Case("clerk", "GET", "/applications/list/?q=a&q=%00")) == ""
    assert fuzzer.statuses == {400: 1}


# ---- controls: faults planted for the test alone, each of which must be found -----------------------------------------


def test_a_planted_error_is_found(fuzzer, monkeypatch):
    rows = staticmethod(lambda: [int(text) for text in request.values.getlist("row")])
    monkeypatch.setattr(StepView, "_rows", rows)

    wrong = fuzzer.send(Case("clerk", "GET", "/do/application/unit_pass?row=x"))

    assert wrong.startswith("500 ValueError")


def test_a_planted_echo_is_found(fuzzer, monkeypatch):
    monkeypatch.setattr(lists, "wanted_text", lambda: Markup(request.args.get("q", "")))  # noqa: S704

    wrong = fuzzer.send(Case("clerk", "GET", "/applications/list/?q=%22%3E%3Cscript%3Ezhp"))

    assert wrong == "200 echoes the script"
