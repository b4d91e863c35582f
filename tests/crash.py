"""Processes that die: a press in a child that kills itself at one event, and what must hold afterwards (security R3, R4).

An event is a statement before and after it is sent, a commit before and after, and in the file store every mkdir, open,
half write, write, fsync, rename and unlink, before and after. The child is a fork, so that it begins with the database
and the cases of the test; the parent has let go of its connections before. SIGKILL runs no handler and flushes nothing.
"""

import hashlib
import os
import signal
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self

from sqlalchemy import Table, event, select, text

from app import audit, files, invariants
from app.db import db, open_session
from app.models import Attachment, Model

Press = Callable[[], object]
Plant = Callable[[], None]

#: Tables that no step writes, too long to be read after every kill.
STILL = frozenset({"region", "title", "calendar_day", "calendar_year", "ab_permission_view_role"})
#: Columns whose values differ between two runs of one act: numbers given by the database, random names, their digests.
GIVEN = frozenset(
    {
        *("id", "case_id", "key", "email", "path", "subject", "details", "previous", "digest", "sha256"),
        *("seal_id", "id_number_sealed", "phone_sealed"),
    }
)
#: Seconds after which a child that hangs is ended.
PATIENCE = 60


# ---- the child ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Died:
    """What a child left behind: where it died, and whether it had said that the act was done."""

    at: str
    acknowledged: bool


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def spawn(work: Callable[[int], None]) -> tuple[int, int]:
    """Fork a child that runs `work` with the end of a pipe and then kills itself; gives its number and the other end."""
    db.session.remove()
    db.engine.dispose()
    mine, its = os.pipe()
    child = os.fork()
    if child:
        os.close(its)
        return child, mine
    try:
        os.close(mine)
        signal.alarm(PATIENCE)
        work(its)
    except BaseException:  # noqa: BLE001 - told to the parent, whatever it is
        os.write(its, b"\nfailed " + traceback.format_exc()[-4000:].encode())
    finally:
        die()
    raise AssertionError


def kill_at(number: int, press: Press, plant: Plant | None = None) -> Died:
    """Run `press` in a child that dies at the event with this number, or after its acknowledgement."""

    def work(pipe: int) -> None:
        count = 0

        def happens(what: str) -> None:
            nonlocal count
            count += 1
            if count == number:
                os.write(pipe, what.encode())
                die()

        if plant:
            plant()
        watch(happens)
        press()
        os.write(pipe, b"\nok")

    child, pipe = spawn(work)
    with os.fdopen(pipe, "rb") as said:
        words = said.read().decode()
    _child, status = os.waitpid(child, 0)
    assert "failed" not in words, words
    assert os.WTERMSIG(status) == signal.SIGKILL, status
    return Died(words.strip() or "nowhere", words == "\nok")


def watch(happens: Callable[[str], None]) -> None:
    """Tell `happens` every event of this process; for a child, as nothing is put back."""
    engine, dialect = db.engine, db.engine.dialect
    event.listen(engine, "before_cursor_execute", lambda *args: happens(f"before {args[2]}"))
    event.listen(engine, "after_cursor_execute", lambda *args: happens(f"after {args[2]}"))
    dialect.do_commit = around("COMMIT", dialect.do_commit, happens)
    for name in ("mkdir", "open", "fsync", "rename", "unlink", "remove"):
        setattr(os, name, around(name, getattr(os, name), happens))
    opened = os.fdopen
    os.fdopen = lambda *args, **kwargs: Halving(opened(*args, **kwargs), happens)


def around(name: str, real: Callable, happens: Callable[[str], None]) -> Callable:
    """Say before and after that something is done."""

    def done(*args: Any, **kwargs: Any) -> Any:
        happens(f"before {name}")
        answer = real(*args, **kwargs)
        happens(f"after {name}")
        return answer

    return done


class Halving:
    """A file that can be left half written."""

    def __init__(self, file: Any, happens: Callable[[str], None]) -> None:
        self.file, self.happens = file, happens

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.file.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.file, name)

    def write(self, content: bytes) -> int:
        half = len(content) // 2
        for part, what in ((content[:half], "half a write"), (content[half:], "write")):
            self.file.write(part)
            self.file.flush()
            self.happens(f"after {what}")
        return len(content)


# ---- what must hold -----------------------------------------------------------------------------------------------


def everything() -> dict[str, list[tuple]]:
    """Every row of every table that an act may write."""
    with open_session() as session:
        return {
            table.name: sorted((tuple(row) for row in session.execute(select(table))), key=repr)
            for table in Model.metadata.sorted_tables
            if table.name not in STILL
        }


def shape(rows: dict[str, list[tuple]]) -> dict[str, list[tuple]]:
    """The same without what the database gives anew each time."""
    kept = {name: _kept(Model.metadata.tables[name]) for name in rows}
    return {
        name: sorted((tuple(row[place] for place in kept[name]) for row in found), key=repr)
        for name, found in rows.items()
    }


def _kept(table: Table) -> list[int]:
    return [
        place
        for place, column in enumerate(table.columns)
        if column.name not in GIVEN and not column.foreign_keys
    ]


def unsound() -> list[str]:
    """What is broken, whichever act was under way: the database, invariants, the audit, files behind their rows."""
    found = []
    with open_session() as session:
        if db.engine.dialect.name == "sqlite":
            answer = session.scalar(text("PRAGMA integrity_check"))
            found += [] if answer == "ok" else [f"integrity: {answer}"]
        found += [f"{name}: {rows[:3]}" for name, _sentence, rows in invariants.run(session)]
        verified = audit.verify(session)
        found += [f"audit: {verified}"] if verified.broken_id is not None else []
        kept = session.execute(select(Attachment.key, Attachment.sha256)).all()
    return found + [
        fault for key, digest in kept if files.KEY.fullmatch(key) and (fault := _torn(key, digest))
    ]


def _torn(key: str, digest: str) -> str:
    try:
        with files.open(key) as file:
            whole = hashlib.sha256(file.read()).hexdigest() == digest
    except FileNotFoundError:
        return f"{key}: a row without a file"
    return "" if whole else f"{key}: a file of other content"


# ---- every point --------------------------------------------------------------------------------------------------


@dataclass
class Points:
    """What came of killing an act at each of its events."""

    act: str
    before: int = 0
    after: int = 0
    faults: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def points(self) -> int:
        """How many times the child was killed."""
        return self.before + self.after

    def __str__(self) -> str:
        return (
            f"{self.act}: {self.points} points, {self.before} as before, {self.after} as after,"
            f" {len(self.faults)} faults, {self.seconds:.1f} s"
        )


def every_point(world: Any, name: str, prepare: Callable[[Any], Press], plant: Plant | None = None) -> Points:
    """Kill an act at each of its events in turn; the last child gets through and dies after its acknowledgement.

    With a planted fault it ends where the fault is found.
    """
    began, report = time.monotonic(), Points(name)
    count = world.cast._count

    def anew() -> Press:
        """The same cases under the same invented numbers."""
        world.restore()
        world.cast._count = count
        return prepare(world.cast)

    prepare(world.cast)()
    done = shape(everything())

    press, number = anew(), 0
    start, at = everything(), Died("nowhere", acknowledged=False)
    assert unsound() == []
    while not at.acknowledged and not (plant and report.faults):
        number += 1
        at = kill_at(number, press, plant)
        rows, broken = everything(), unsound()
        as_before, as_after = rows == start, shape(rows) == done
        if not as_before and not as_after:
            broken.append(f"torn: {_differences(shape(start), done, shape(rows))}")
        if at.acknowledged and not as_after:
            broken.append("lost after it was acknowledged")
        report.before += as_before
        report.after += not as_before
        report.faults += [f"{name}, event {number}, {at.at[:60]!r}: {fault}" for fault in broken]
        if not as_before:
            press = anew()
            start = everything()
    report.seconds = time.monotonic() - began
    return report


def _differences(start: dict, done: dict, rows: dict) -> str:
    said = []
    for name, found in rows.items():
        if found != start[name] and found != done[name]:
            said.append(f"{name} as neither")
        elif start[name] != done[name]:
            said.append(f"{name} as {'after' if found == done[name] else 'before'}")
    return ", ".join(said)
