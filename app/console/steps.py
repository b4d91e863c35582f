"""The confirm-and-reason page of every step of every process: `/do/<process>/<step>`.

GET shows what is about to happen, and to whom, before it happens; POST with `confirm` does it. Who may, is judged by
the engine (`app.process`); this page asks, shows, and keeps what was typed.
"""

from dataclasses import dataclass
from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_appbuilder import BaseView, expose
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug import Response

from app import workflow
from app.access import Actor, current_actor
from app.console import foresight, frame
from app.console.cases import CaseView
from app.console.columns import Column
from app.db import db
from app.forms import StepForm, form_for
from app.process import Forbidden, Note, Performed, Process, Queue, Refused, Skipped, Step
from app.words import N_

LONGEST_NOTE = 2000
#: So many reasons of skipped cases are said after a press; the others stand on their own pages.
REASONS = 5


@dataclass
class Press:
    """One visit of the page: step, cases, and what came with the request."""

    step: Step
    ids: list[int]
    actor: Actor
    queue: Queue | None
    note: str
    form: StepForm

    @property
    def process(self) -> Process:
        """The process of the step."""
        return self.step.process

    @property
    def view(self) -> CaseView | None:
        """The view of the process's cases."""
        return view_of(self.process)


def view_of(process: Process) -> CaseView | None:
    """Give the view over a process, if there is one."""
    from flask import current_app  # noqa: PLC0415

    return next(
        (view for view in current_app.appbuilder.baseviews if getattr(view, "process", None) is process), None
    )


def unit_word(process: Process) -> str:
    """What the cases are counted in."""
    return _("人") if process.name == "application" else _("件")


class StepView(BaseView):
    """One page for all steps; the permission is that of the step."""

    route_base = "/do"
    default_view = "take"

    @expose("/<string:process>/<string:step>", methods=["GET", "POST"])
    def take(self, process: str, step: str) -> str | Response | tuple[str, int]:
        """Show what would happen, or do it."""
        table = workflow.PROCESSES.get(process) or abort(404)
        line = table.get(step)
        if line is None or line.by is None:
            abort(404)
        actor = current_actor()
        if actor is None:
            return redirect(
                url_for("SignInView.login", next=request.full_path if request.method == "GET" else "/")
            )
        if not line.permits(actor):
            raise Forbidden(step)
        queue = self._queue(actor, table)
        ids = self._rows()
        if not ids:
            flash(_("请先勾选要办理的%(what)s。", what=table.label), "warning")
            return redirect(frame.queue_url(queue) if queue else frame.list_url(frame.view_of(table)) or "/")
        return self._take(line, ids, actor, queue)

    def _take(
        self, step: Step, ids: list[int], actor: Actor, queue: Queue | None
    ) -> str | Response | tuple[str, int]:
        note = request.form.get("note", "").strip() if request.method == "POST" else ""
        press = Press(step, ids, actor, queue, note, form_for(step, self._cases(step.process, ids)))
        if request.method == "POST" and request.form.get("confirm"):
            return self._do(press)
        return self._show(press)

    # ---- what came with the request

    @staticmethod
    def _queue(actor: Actor, process: Process) -> Queue | None:
        name = request.values.get("queue", "")
        return next(
            (queue for queue in frame.queues(actor) if queue.name == name and queue.process is process), None
        )

    @staticmethod
    def _rows() -> list[int]:
        ids = []
        for text in request.values.getlist("row"):
            if not (text.isascii() and text.isdigit() and int(text[:11]) < 2**31):
                abort(404)
            ids.append(int(text))
        return list(dict.fromkeys(ids))

    @staticmethod
    def _seen() -> tuple[dict[int, int], dict[int, str]]:
        versions, states = {}, {}
        for text in request.form.getlist("seen"):
            parts = text.split(":", 2)
            if len(parts) == 3 and all(part.isascii() and part.isdigit() for part in parts[:2]):  # noqa: PLR2004
                versions[int(parts[0])], states[int(parts[0])] = int(parts[1]), parts[2]
        return versions, states

    @staticmethod
    def _cases(process: Process, ids: list[int]) -> list[Any]:
        view = view_of(process)
        found = select(process.model).where(process.model.id.in_(ids)).options(*(view.load if view else ()))
        by_id = {row.id: row for row in db.session.scalars(found).unique()}
        return [by_id[pk] for pk in ids if pk in by_id]

    # ---- showing

    def _show(self, press: Press, error: str = "", status: int = 200) -> tuple[str, int]:
        try:
            seen = workflow.foresee(press.step, press.ids, press.actor)
        except Refused as refused:
            seen, error, status = Performed(press.step, [], []), str(refused), 422
        shown = {row.id: row for row in self._cases(press.process, press.ids)}
        place = foresight.ahead(press.step, seen.done, press.actor)
        columns = self._columns(press)
        html = self.render_template(
            "confirm.html",
            title=self._title(press, seen, shown),
            press=press,
            step=press.step,
            form=press.form,
            error=error,
            columns=columns,
            done=[(row, [column.of(shown.get(row.id, row)) for column in columns]) for row in seen.done],
            skipped=[(found, columns[0].of(shown.get(found.case.id, found.case))) for found in seen.skipped],
            before=list(dict.fromkeys(row.state for row in seen.done)),
            ahead=place,
            unit=unit_word(press.process),
            button=self._button(press, seen),
            back=self._back(press),
            note_error=status != 200 and press.step.note is Note.REQUIRED and not press.note,  # noqa: PLR2004
        )
        return html, status

    @staticmethod
    def _columns(press: Press) -> tuple[Column, ...]:
        return press.view.columns[:3] if press.view else (Column(N_("办理对象"), str),)

    @staticmethod
    def _title(press: Press, seen: Performed, shown: dict[int, Any]) -> str:
        word, unit = press.step.label, unit_word(press.process)
        if len(press.ids) == 1:
            row = shown.get(press.ids[0])
            name = press.view.heading(row) if press.view and row is not None else str(row)
            return (
                _("%(step)s：%(name)s", step=word, name=name)
                if seen.done
                else _("现在不能%(step)s：%(name)s", step=word, name=name)
            )
        return sentence(word, len(seen.done), len(seen.skipped), unit)

    @staticmethod
    def _button(press: Press, seen: Performed) -> str:
        if len(press.ids) == 1:
            return press.step.label
        return _(
            "%(step)s %(n)s %(unit)s", step=press.step.label, n=len(seen.done), unit=unit_word(press.process)
        )

    @staticmethod
    def _back(press: Press) -> str:
        if len(press.ids) == 1:
            args = {"queue": press.queue.name} if press.queue else {}
            return frame.case_url(press.process, press.ids[0], **args) or "/"
        return frame.queue_url(press.queue) if press.queue else "/"

    # ---- doing

    def _do(self, press: Press) -> str | Response | tuple[str, int]:
        wrong = self._wrong(press)
        if wrong is not None:
            return self._show(press, wrong, 422)
        versions, states = self._seen()
        following = self._following(press)
        rows = self._cases(press.process, press.ids)
        names = {row.id: press.view.heading(row) if press.view else str(row) for row in rows}
        typed = {"note": press.note, "answers": press.form.answers(), "seen": versions}
        try:
            performed = workflow.perform(press.step, press.ids, press.actor, **typed)
        except Refused as refused:
            db.session.rollback()
            return self._show(press, str(refused), 422)
        db.session.rollback()
        if performed.done:
            self._tell(press, performed, names)
            return redirect(following)
        if len(press.ids) == 1 and performed.skipped[0].stale:
            return self._stale(press, performed.skipped[0], states)
        return self._show(press, _("没有办理，原因见下。"), 422)

    @staticmethod
    def _wrong(press: Press) -> str | None:
        """Say what is wrong with what was typed: a sentence, or nothing but marks at the fields; None if all is well."""
        good = press.form.validate()
        if press.step.note is Note.REQUIRED and not press.note:
            return _("请写明意见，没有办理。")
        if len(press.note) > LONGEST_NOTE:
            return _("意见不超过 %(n)s 个字。", n=LONGEST_NOTE)
        return None if good else ""

    @staticmethod
    def _tell(press: Press, performed: Performed, names: dict[int, str]) -> None:
        word, unit = press.step.label, unit_word(press.process)
        if len(performed.done) == 1 and not performed.skipped:
            name = names.get(performed.done[0].id, str(performed.done[0]))
            flash(_("%(name)s：已办理“%(step)s”。", name=name, step=word), "success")
            return
        flash(sentence(word, len(performed.done), len(performed.skipped), unit) + "。", "success")
        if performed.skipped:
            said = [
                f"{names.get(found.case.id, found.case)}：{found.why}"
                for found in performed.skipped[:REASONS]
            ]
            flash(_("跳过的没有变动。%(reasons)s", reasons=" ".join(said)), "warning")

    def _following(self, press: Press) -> str:
        """Where to go on: the next case of the queue, the queue, or the case itself."""
        if len(press.ids) > 1 or press.view is None:
            return (
                frame.queue_url(press.queue)
                if press.queue
                else frame.list_url(frame.view_of(press.process)) or "/"
            )
        if press.queue is None:
            return frame.case_url(press.process, press.ids[0]) or "/"
        row = next(iter(self._cases(press.process, press.ids)), None)
        following = press.view.next_in(press.queue, row) if row is not None else None
        if following is None:
            return frame.queue_url(press.queue)
        return frame.case_url(press.process, following, queue=press.queue.name)

    def _stale(self, press: Press, found: Skipped, states: dict[int, str]) -> tuple[str, int]:
        before = next(
            (state for state in press.process.states if state.value == states.get(found.case.id)), None
        )
        row = next(iter(self._cases(press.process, press.ids)), found.case)
        following = ""
        if press.queue and press.view:
            pk = press.view.next_in(press.queue, row)
            following = frame.case_url(press.process, pk, queue=press.queue.name) if pk else ""
        html = self.render_template(
            "stale.html",
            press=press,
            step=press.step,
            why=found.why,
            name=press.view.heading(row) if press.view else str(row),
            before=before,
            now=found.case.state,
            holder=press.view.holder_name(row) if press.view else "",
            again=self._back(press),
            following=following,
            queue_address=frame.queue_url(press.queue) if press.queue else "",
            count=frame.figures()[press.queue.name].count if press.queue else 0,
            back_label=press.queue.label if press.queue else "",
        )
        return html, 409


def sentence(word: str, done: int, skipped: int, unit: str) -> str:
    """Say how many were done and how many were skipped."""
    if skipped:
        return _(
            "%(step)s %(done)s %(unit)s，跳过 %(skipped)s %(unit)s",
            step=word,
            done=done,
            skipped=skipped,
            unit=unit,
        )
    return _("%(step)s %(done)s %(unit)s", step=word, done=done, unit=unit)
