"""A view over the cases of a process: the list by queues, and the page of a case.

A subclass declares `process`, `columns`, `cards`, `way` and where its cases lie; buttons, queues, reasons and the
timeline come from the process table (`app.workflow`). Every page of a case answers: where is it, since when, whose turn
is it, until when (design 1).
"""

from typing import Any

from flask import abort, request, url_for
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select
from werkzeug import Response

from app import workflow
from app.access import current_actor
from app.console import frame, lists, timelines
from app.console.columns import Cell, Column, facts_of
from app.console.ground import age_of, limit_of, shown_moment
from app.console.guarded import GuardedView
from app.console.lists import Line, Link, Listing
from app.db import db
from app.forms import single
from app.models import Attachment
from app.process import Offer, Process, Queue, Step
from app.states import Material, State
from app.words import N_

MINE = "mine"


class CaseView(GuardedView):
    """Cases of one process."""

    process: Process
    unit = N_("件")
    cards: tuple[tuple[str, tuple[Column, ...]], ...] = ()
    way: tuple[tuple[str, tuple[State, ...]], ...] = ()
    materials: tuple[Material, ...] = ()
    owner_column = ""
    case_load: tuple = ()
    case_template = "case.html"
    page_size = 20

    # ---- what a subclass says of a case

    def heading(self, row: Any) -> str:
        """The heading of a case's page."""
        return str(row)

    def holder_name(self, row: Any) -> str:  # noqa: ARG002 - a case; subclasses know where it lies
        """Where the case lies now."""
        return ""

    def deadline(self, row: Any) -> tuple[str, str, str] | None:  # noqa: ARG002
        """A deadline of the case itself: term, moment, small words."""
        return None

    def shown_state(self, row: Any) -> State:
        """The state as shown; some follow from the date."""
        return getattr(row, "shown", row.state)

    def links(self, row: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        """More that can be opened from the page of a case: words and address."""
        return []

    def step_url(self, step: Step, row: Any, queue: Queue | None) -> str:
        """Where the button of a step leads: the confirm page, unless a subclass has a page of its own for it."""
        name = queue.name if queue else None
        return url_for("StepView.take", process=self.process.name, step=step.name, row=row.id, queue=name)

    def more(self, row: Any) -> dict[str, Any]:  # noqa: ARG002
        """What a subclass's own template needs besides."""
        return {}

    # ---- queues

    def queues(self) -> list[Queue]:
        """The person's queues of this process."""
        return [queue for queue in frame.queues(current_actor()) if queue.process is self.process]

    def wanted_queue(self) -> Queue | None:
        """The queue that was asked for."""
        return next((queue for queue in self.queues() if queue.name == request.args.get("queue")), None)

    def chosen(self) -> list[Queue]:
        """The queues the list shows; none means all cases the person may see."""
        one = self.wanted_queue()
        return [one] if one else self.queues() if request.args.get("queue") == MINE else []

    def wanted_state(self) -> State | None:
        """The state that was asked for."""
        text = request.args.get("state", "")
        return next((state for state in self.process.states if state.value == text), None)

    def clauses(self) -> list[ColumnElement[bool]]:
        """Cases of the chosen queues."""
        chosen, actor = self.chosen(), current_actor()
        if request.args.get("queue") and not chosen:
            return [false()]
        return [or_(*(queue.clause(actor) for queue in chosen))] if chosen else []

    def tabs(self) -> list[Link]:
        """轮到我办, each queue, and all."""
        figures, mine, wanted = frame.figures(), self.queues(), request.args.get("queue", "")
        links = [
            Link(
                queue.label,
                frame.queue_url(queue),
                wanted == queue.name,
                str(figures[queue.name].count),
                bool(figures[queue.name].overdue),
            )
            for queue in mine
        ]
        if len(mine) > 1:
            count = sum(figures[queue.name].count for queue in mine)
            due = any(figures[queue.name].overdue for queue in mine)
            url = frame.list_url(self.endpoint, queue=MINE)
            links.insert(0, Link(_("轮到我办"), url, wanted == MINE, str(count), due))
        return [*links, Link(_("全部"), frame.list_url(self.endpoint), not wanted)]

    # ---- the list

    def shown_columns(self) -> tuple[Column, ...]:
        """The declared columns, then state and wait."""
        since = frame.since_column(self.process).key
        sortable = since if since in (self.order_columns or ()) else ""
        return (
            *self.columns,
            Column(N_("状态"), self.shown_state, half=True),
            Column(N_("到办理处"), self._since, sort=sortable, half=True),
        )

    def _since(self, row: Any) -> Cell:
        when = getattr(row, frame.since_column(self.process).key)
        queue = next((queue for queue in self.chosen() if row.state in queue.states), None)
        if queue is None:
            return Cell(shown_moment(when) or _("无"), num=True)
        return Cell(since=when, days=queue.days)

    def order(self) -> list[ColumnElement]:
        """In a queue the one that waits longest comes first, in all the newest."""
        if lists.wanted_sort().removeprefix("-") in (self.order_columns or ()):
            return super().order()
        since, pk = frame.since_column(self.process), self.process.model.id
        return [since.asc(), pk.asc()] if self.chosen() else [since.desc(), pk.desc()]

    def listing(self) -> Listing:
        """Count by state, which serves the chips and the pages at once; a plain queue is counted already."""
        model, chosen, state = self.process.model, self.chosen(), self.wanted_state()
        statement = self.statement()
        if (
            len(chosen) == 1
            and len(chosen[0].states) == 1
            and not lists.wanted_text()
            and not self.narrowed()
        ):
            counts = {chosen[0].states[0]: frame.figures()[chosen[0].name].count}
        else:
            counts = lists.by_state(statement.with_only_columns(model.state))
        count = counts.get(state, 0) if state else sum(counts.values())
        if state:
            statement = statement.where(model.state == state)
        return self.fill(
            statement,
            count,
            chips=[*self.more_chips(), *self._chips(counts, state)],
            steps=self.steps_on_selection(chosen),
            order_words=_("等得最久的在最前。") if chosen else _("最近的在最前。"),
        )

    def narrowed(self) -> bool:
        """Whether a subclass narrows the list further."""
        return False

    def more_chips(self) -> list[Link]:
        """Chips of a subclass."""
        return []

    def _chips(self, counts: dict[State, int], wanted: State | None) -> list[Link]:
        if len(counts) < 2 and not wanted:  # noqa: PLR2004 - a choice is one of two
            return []
        exact = sum(counts.values()) <= lists.CAP
        return [
            Link(
                state.label,
                lists.here(state=None if state is wanted else state.value, page=None),
                state is wanted,
                str(counts[state]) if exact else "",
            )
            for state in self.process.states
            if state in counts
        ]

    def steps_on_selection(self, chosen: list[Queue]) -> list[Step]:
        """Steps that can be taken on several cases of the queue at once."""
        actor, states = current_actor(), {state for queue in chosen for state in queue.states}
        return [
            step
            for step in self.process.steps
            if states.intersection(step.frm) and step.permits(actor) and not step.by.own and not single(step)
        ]

    def line(self, row: Any) -> Line:
        """One case; opened from a queue, its page leads on through the queue."""
        made, queue = super().line(row), self.wanted_queue()
        return Line(
            made.pk,
            made.name,
            f"{made.url}?queue={queue.name}" if queue and made.url else made.url,
            made.cells,
        )

    def fill(self, statement: Select, count: int, **more: Any) -> Listing:
        """Say what an empty queue means."""
        made = super().fill(statement, count, **more)
        queue = self.wanted_queue()
        made.act = _("办理") if self.chosen() else _("查看")
        if queue:
            made.title = queue.label
            made.empty = (
                _("%(queue)s：都办完了", queue=queue.label),
                _("有新的到达时，首页和左侧菜单会显示件数。"),
            )
        return made

    # ---- the page of a case

    def queue_of(self, row: Any) -> Queue | None:
        """The queue in which a case of this state lies, whoever it belongs to."""
        return next(
            (
                queue
                for queue in workflow.QUEUES.values()
                if queue.process is self.process and row.state in queue.states
            ),
            None,
        )

    def where(self, row: Any, offers: list[Offer]) -> list[tuple]:
        """Where is it, since when, whose turn, until when."""
        since = getattr(row, frame.since_column(self.process).key)
        open_ = timelines.is_open(self.process, row.state)
        queue = self.queue_of(row)
        lies = self.holder_name(row)
        state = self.shown_state(row)
        turn = _("轮到您") if offers else (lies if open_ else _("不用再办"))
        rows = [
            (_("现在在"), lies or _("已办结"), state.label),
            (_("从什么时候起"), shown_moment(since), age_of(since).text if open_ else ""),
            (_("轮到谁"), turn, state.then_label if open_ else "", "turn" if offers else ""),
        ]
        deadline, limit = self.deadline(row), limit_of(queue.days) if queue else None
        if deadline:
            rows.append(deadline)
        elif limit and open_:
            waited = age_of(since, limit)
            rows.append((_("办理时限"), waited.text, _("%(n)s 个工作日", n=limit), f"age {waited.css}"))
        return rows

    def position(self, row: Any, queue: Queue) -> dict[str, Any]:
        """Which place the case has in its queue, and its neighbours, in one statement."""
        model, since, actor = self.process.model, frame.since_column(self.process), current_actor()
        when, mine = getattr(row, since.key), queue.clause(actor)
        earlier = or_(since < when, and_(since == when, model.id < row.id))
        later = or_(since > when, and_(since == when, model.id > row.id))
        before = select(model.id).where(mine, earlier).order_by(since.desc(), model.id.desc()).limit(1)
        after = select(model.id).where(mine, later).order_by(since, model.id).limit(1)
        place = select(func.count(model.id)).where(mine, earlier)
        there = select(func.count(model.id)).where(mine, model.id == row.id)
        parts = (part.scalar_subquery() for part in (before, after, place, there))
        previous, following, place, there = db.session.execute(select(*parts)).one()
        count = frame.figures()[queue.name].count
        return {
            "previous": previous,
            "next": following,
            "place": place + 1 if there else None,
            "count": count,
        }

    def next_in(self, queue: Queue, row: Any) -> int | None:
        """The case to open after this one was done: the one behind it, else the first of the queue."""
        found = self.position(row, queue)
        return found["next"] or found["previous"]

    def documents(self, row: Any) -> dict[str, Any]:
        """Materials of the case, the one that is open, and what is missing."""
        if not self.owner_column:
            return {}
        column = getattr(Attachment, self.owner_column)
        files = list(db.session.scalars(select(Attachment).where(column == row.id).order_by(Attachment.id)))
        wanted = lists.wanted_id("doc")
        has = {file.material for file in files}
        return {
            "files": files,
            "open": next((file for file in files if file.id == wanted), files[0] if files else None),
            "missing": [kind for kind in self.materials if kind not in has],
        }

    @expose("/show/<int:pk>")
    @has_access
    def show(self, pk: int) -> str | Response:
        row = (
            db.session.scalars(
                select(self.process.model)
                .where(self.process.model.id == pk)
                .options(*self.load, *self.case_load)
            )
            .unique()
            .one_or_none()
        )
        if row is None:
            abort(404)
        _case, offers = workflow.offers(self.process, pk, current_actor())
        queue = self.wanted_queue()
        entries = timelines.entries(self.process, pk)
        return self.render_template(
            self.case_template,
            row=row,
            view=self,
            title=self.heading(row),
            state=self.shown_state(row),
            where=self.where(row, offers),
            track=timelines.track(self.way, self.process, row, entries),
            timeline=timelines.shown(self.process, row, entries, self.holder_name(row)),
            cards=[(_(title), facts_of(columns, row)) for title, columns in self.cards],
            documents=self.documents(row),
            offers=offers,
            queue=queue,
            position=self.position(row, queue) if queue else None,
            links=self.links(row),
            list_label=queue.label if queue else self.title_words(),
            list_address=frame.queue_url(queue) if queue else frame.list_url(self.endpoint),
            do_url=lambda step: self.step_url(step, row, queue),
            **self.more(row),
        )
