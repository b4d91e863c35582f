"""`make serve`: `init` once, then workers that create nothing, however often and however many start (A23, R21, T35)."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

import config

ROOT = Path(config.__file__).parent
STARTS, WORKERS = int(os.environ.get("STARTS", "5")), 4
COUNTED = (
    "ab_permission",
    "ab_view_menu",
    "ab_permission_view",
    "ab_role",
    "ab_permission_view_role",
    "ab_user",
)


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def environment(url, folder):
    """What the server is told, with a home of its own, in which it must leave nothing."""
    given = {
        "DATABASE_URL": url,
        "SECRET_KEY": "tests",
        "ZHIPING_FILES": str(folder / "files"),
        "HOME": str(folder),
    }
    given |= {
        "SERVING_LOG": str(folder / "written"),
        "WEB_CONCURRENCY": str(WORKERS),
        "PORT": str(free_port()),
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "GUNICORN"))}
    return kept | given


@contextmanager
def gunicorn(given):
    """Serve with the configuration of the repository; nothing is left running."""
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "--config",
        "gunicorn.conf.py",
        "tests.serving:application()",
    ]
    with (Path(given["HOME"]) / "log").open("ab") as log:
        server = subprocess.Popen(command, cwd=ROOT, env=given, stdout=log, stderr=log)
    try:
        yield server
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(30)


def who_answers(port):
    """Ask once, on a connection of its own; gives the worker, or nothing before the server listens."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=30) as answer:
            return answer.headers["X-Worker"] if answer.status == 200 else None
    except (urllib.error.URLError, ConnectionError):
        return None


def until_all_answer(server, port):
    """Ask, many at a time, until every worker has answered; a server that ended, or never answers, fails."""
    seen, give_up = set(), time.monotonic() + 120
    with ThreadPoolExecutor(16) as asking:
        while len(seen) < WORKERS:
            assert server.poll() is None, "gunicorn ended"
            assert time.monotonic() < give_up, f"only {seen} answered"
            seen |= set(asking.map(lambda _number: who_answers(port), range(16))) - {None}
    return seen


def counts(url):
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        return {table: connection.scalar(text(f"SELECT count(*) FROM {table}")) for table in COUNTED}  # noqa: S608


@pytest.mark.long
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_twenty_cold_starts_of_four_workers_create_nothing(request, tmp_path, kind):
    url = f"sqlite:///{tmp_path / 'cold.sqlite'}"
    if kind == "postgresql":
        url = request.getfixturevalue("server").fresh()
    first = environment(url, tmp_path)
    init = [sys.executable, "-m", "flask", "--app", "run", "init"]
    subprocess.run(init, cwd=ROOT, env=first, check=True, capture_output=True)
    before = counts(url)

    for _start in range(STARTS):
        given = environment(url, tmp_path)
        with gunicorn(given) as server:
            assert len(until_all_answer(server, given["PORT"])) == WORKERS

    assert counts(url) == before
    assert not (tmp_path / "written").exists(), (tmp_path / "written").read_text()[:2000]
    assert not (tmp_path / ".gunicorn").exists()
    log = (tmp_path / "log").read_text()
    assert ("Worker failed to boot" in log, "Traceback" in log) == (False, False)
