"""`docs/process.md` and `docs/roles.md`, written from the tables, so that they cannot disagree with them.

`make docs` writes both; a test compares them with what the tables say.
"""

from collections.abc import Iterator
from inspect import getdoc
from pathlib import Path

from app.roles import VIEWS, Role
from app.states import State
from app.steps import Note, Process, Step
from app.workflow import PROCESSES, QUEUES

DOCS = Path(__file__).resolve().parent.parent / "docs"
NOTES = {Note.NONE: "", Note.OPTIONAL: "可填", Note.REQUIRED: "必填"}


def first_line(thing: object) -> str:
    """The sentence that says what a guard or an effect is."""
    return (getdoc(thing) or "").split("\n")[0].rstrip(".")


def target(step: Step) -> str:
    """Where a step leads: a state, or the rule that finds it."""
    return step.to.title if isinstance(step.to, State) else first_line(step.to)


def row(step: Step) -> str:
    """One step as a row of its table."""
    who = step.by.title if step.by else "（随其他步骤或时间）"
    cells = [
        f"{step.title}<br>`{step.name}`",
        "、".join(state.title for state in step.frm),
        target(step),
        who,
        "<br>".join(first_line(guard) for guard in step.when),
        NOTES[step.note],
        first_line(step.effect) if step.effect else "",
    ]
    return "| " + " | ".join(cells) + " |"


def process_page() -> Iterator[str]:
    """All processes, their states and steps."""
    yield "# 流程\n"
    yield "由 `app/workflow.py` 的表生成（`make docs`），请改表，不要改这一页。\n"
    for process in PROCESSES.values():
        yield f"## {process.title} `{process.name}`\n"
        yield "| 步骤 | 从 | 到 | 谁 | 什么时候可以 | 意见 | 还做什么 |\n|---|---|---|---|---|---|---|"
        yield from map(row, process.steps)
        yield ""
        yield from states(process)
    yield "## 队列\n"
    yield "| 队列 | 流程 | 状态 | 轮到谁 |\n|---|---|---|---|"
    for queue in QUEUES.values():
        names = "、".join(state.title for state in queue.states)
        yield f"| {queue.title} | {queue.process.title} | {names} | {queue.who.title} |"
    yield ""


def states(process: Process) -> Iterator[str]:
    """The three names of each state."""
    yield "| 状态 | 工作人员看到 | 申报人看到 | 下一步 |\n|---|---|---|---|"
    for state in process.states:
        yield f"| `{state.value}` | {state.title} | {state.applicant} | {state.then} |"
    yield ""


def roles_page() -> Iterator[str]:
    """Which role opens which page and takes which step."""
    yield "# 角色\n"
    yield "由 `app/roles.py` 和 `app/workflow.py` 的表生成（`make docs`）。角色说能做什么，单位的职能说在哪里能做。\n"
    for role in Role:
        yield f"## {role.value}\n"
        pages = [f"`{view}`: {', '.join(given[role])}" for view, given in VIEWS.items() if role in given]
        yield "页面：" + ("；".join(pages) or "无") + "\n"
        steps = [
            f"{process.title}·{step.title}"
            for process in PROCESSES.values()
            for step in process.steps
            if step.by and role in step.by.roles
        ]
        yield "步骤：" + ("、".join(steps) or "无") + "\n"


PAGES = {"process.md": process_page, "roles.md": roles_page}


def text(page: str) -> str:
    """The whole text of a page."""
    return "\n".join(PAGES[page]()).rstrip() + "\n"


def main() -> None:
    """Write both pages."""
    for page in PAGES:
        (DOCS / page).write_text(text(page), encoding="utf-8")


if __name__ == "__main__":
    main()
