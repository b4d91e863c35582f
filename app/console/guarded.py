"""A Flask-AppBuilder view with its open doors closed (framework 3, security 2.4).

Stock `ModelView` serves any file by name, runs actions on rows nobody may see, fills relations from the query string,
keeps one mutable filter object for all threads and answers odd pages with 500. Here rows come through `db.session`,
which has the row rule on it, so that a foreign row is simply not there: 404 on every route.
"""

import copy
from collections.abc import Callable
from typing import Any, ClassVar

from flask import abort, g, has_request_context, request, url_for
from flask_appbuilder import ModelView, expose, has_access
from flask_appbuilder.models.filters import Filters
from flask_appbuilder.models.sqla.interface import SQLAInterface
from flask_babel import gettext as _
from flask_wtf import FlaskForm
from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.orm import InstrumentedAttribute
from werkzeug import Response

from app.console import lists
from app.console.columns import Cell, Column, facts_of
from app.console.lists import Line, Link, Listing
from app.db import db
from app.process import Refused
from app.words import N_

LARGEST = 2**31


class NoForm(FlaskForm):
    """Stands where a view has no form, so that Flask-AppBuilder does not make one of every column."""

    @classmethod
    def refresh(cls, obj: object = None) -> "NoForm":
        """Give an empty form."""
        return cls(obj=obj)


class Rows(SQLAInterface):
    """Rows of the page session, and neutral words where the database refuses."""

    def __init__(self, obj: type, session: object = None) -> None:
        super().__init__(obj, session)

    def get(self, id: Any, filters: Filters | None = None, select_columns: list[str] | None = None) -> Any:  # noqa: A002, ARG002 - the name is Flask-AppBuilder's
        """Give a row the person may see, else nothing."""
        text = str(id)
        if not (text.isascii() and text.isdigit() and int(text[:11]) < LARGEST):
            return None
        return db.session.scalars(select(self.obj).where(self.get_pk() == int(text))).one_or_none()

    def add(self, item: Any, commit: bool = True) -> None:  # noqa: FBT001, FBT002
        """Add a row, or say neutrally why not."""
        self._write(lambda: db.session.add(item), commit=commit)

    def edit(self, item: Any, commit: bool = True) -> None:  # noqa: FBT001, FBT002
        """Write a changed row, or say neutrally why not."""
        self._write(lambda: db.session.merge(item), commit=commit)

    def delete(self, item: Any, commit: bool = True) -> None:  # noqa: FBT001, FBT002
        """Delete a row, or say neutrally why not."""
        self._write(lambda: db.session.delete(item), commit=commit)

    @staticmethod
    def _write(change: Callable[[], object], *, commit: bool) -> None:
        try:
            change()
            if commit:
                db.session.commit()
        except IntegrityError as clash:
            db.session.rollback()
            raise Refused(_("与已有记录重复，或者还被其他记录引用，没有保存。")) from clash
        except SQLAlchemyError as busy:
            db.session.rollback()
            raise Refused(_("数据库正忙，没有保存，请重试。")) from busy


class GuardedView(ModelView):
    """The base of every view with rows. Declares a list and a reading page; more only where a view asks for it.

    A list is declared by `list_columns` with `label_columns` and `formatters_columns`, or by `columns`
    (`app.console.columns.Column`). `search_columns` are the text columns the search field looks into, and must be
    named; `load` are loader options, `tabs` and `clauses` narrow the list.
    """

    include_route_methods: ClassVar[set[str]] = {"list", "show"}
    list_template = "list.html"
    add_template = edit_template = "form.html"
    search_form = NoForm
    page_size = 20
    unit = N_("条")
    act = N_("查看")
    find_words = N_("名称")
    finds_people = False
    columns: tuple[Column, ...] = ()
    load: tuple = ()
    keyword_columns: tuple[InstrumentedAttribute, ...] = ()
    empty_words = (N_("这里还没有记录"), "")

    def __init__(self, **kwargs: object) -> None:
        if not self.search_columns:
            message = f"{type(self).__name__} must name its search_columns"
            raise TypeError(message)
        if "add" not in self.include_route_methods and self.add_form is None:
            self.add_form = NoForm
        if "edit" not in self.include_route_methods and self.edit_form is None:
            self.edit_form = NoForm
        super().__init__(**kwargs)

    # ---- one filter object per request, not per process (framework 3.3)

    @property
    def _filters(self) -> Filters:
        kept = self.__dict__["_filters_made"]
        if not has_request_context():
            return kept
        mine = g.setdefault("view_filters", {})
        if self.endpoint not in mine:
            mine[self.endpoint] = copy.copy(kept)
            mine[self.endpoint].clear_filters()
        return mine[self.endpoint]

    @_filters.setter
    def _filters(self, made: Filters) -> None:
        self.__dict__["_filters_made"] = made

    def _fill_form_exclude_cols(self, exclude_cols: list[str], form: FlaskForm) -> None:
        """Fill nothing: what a row refers to is chosen in the form, never in the address."""

    @staticmethod
    def _refuse_filters() -> None:
        if any(name.startswith("_flt_") for name in request.args):
            abort(400)

    # ---- the list

    def title_words(self) -> str:
        """The heading of the list."""
        return _(str(self.list_title))

    def shown_columns(self) -> tuple[Column, ...]:
        """Columns as declared, or made of Flask-AppBuilder's declarations."""
        return self.columns or tuple(self._column(name) for name in self.list_columns)

    def _column(self, name: str) -> Column:
        formatter = self.formatters_columns.get(name)

        def shows(row: object) -> object:
            value = getattr(row, name)
            return formatter(value) if formatter else value

        return Column(str(self.label_columns[name]), shows, sort=name if name in self.order_columns else "")

    def clauses(self) -> list[ColumnElement[bool]]:
        """What narrows the list besides the search: a tab, a chip."""
        return []

    def tabs(self) -> list[Link]:
        """Views of the list."""
        return []

    def list_links(self) -> list[tuple[str, str]]:
        """More that can be opened from the list: words and address."""
        return []

    def keyword(self, text: str) -> ColumnElement[bool]:
        """The search."""
        columns = self.keyword_columns or [getattr(self.datamodel.obj, name) for name in self.search_columns]
        return lists.contains(columns, text)

    def order(self) -> list[ColumnElement]:
        """The order of the list: the one asked for, else the view's own; the id last, so that pages do not overlap."""
        model, wanted = self.datamodel.obj, lists.wanted_sort()
        name, down = wanted.removeprefix("-"), wanted.startswith("-")
        if name not in (self.order_columns or ()):
            name, direction = self.base_order or (self.datamodel.get_pk_name(), "asc")
            down = direction == "desc"
        columns = [getattr(model, name), self.datamodel.get_pk()]
        return [column.desc() if down else column.asc() for column in columns]

    def statement(self) -> Select:
        """The rows of the list, before order and page."""
        found = select(self.datamodel.obj).where(*self.clauses())
        text = lists.wanted_text()
        return found.where(self.keyword(text)) if text else found

    def rows(self, statement: Select, page: int) -> list[Any]:
        """The rows of a page."""
        statement = statement.options(*self.load).order_by(*self.order())
        return list(
            db.session.scalars(statement.limit(self.page_size).offset(page * self.page_size)).unique()
        )

    def line(self, row: Any) -> Line:
        """One row as it is shown."""
        pk = self.datamodel.get_pk_value(row)
        allowed = self.may("can_show") and "show" in self.include_route_methods
        url = url_for(f"{self.endpoint}.show", pk=pk) if allowed else ""
        cells = [column.of(row) for column in self.shown_columns()]
        return Line(pk, cells[0].text, url, cells)

    def may(self, permission: str) -> bool:
        """Whether the person has a permission on this view."""
        return self.appbuilder.sm.has_access(permission, self.class_permission_name)

    def listing(self) -> Listing:
        """Put the page together."""
        statement = self.statement()
        count = lists.capped(statement.with_only_columns(self.datamodel.get_pk()))
        return self.fill(statement, count)

    def fill(self, statement: Select, count: int, **more: Any) -> Listing:
        """Make the page of a list whose length is known."""
        last = max(0, (min(count, lists.CAP) - 1) // self.page_size)
        page = min(lists.wanted_page(), last)
        lines = [self.line(row) for row in self.rows(statement, page)] if count else []
        made = Listing(self.title_words(), self.shown_columns(), lines, count, page, self.page_size, **more)
        made.q, made.words, made.about_people = lists.wanted_text(), _(self.find_words), self.finds_people
        made.tabs = made.tabs or self.tabs()
        made.unit, made.act = _(self.unit), _(self.act)
        made.kept = {
            name: value for name in ("queue", "tab", "state", "sort") if (value := request.args.get(name))
        }
        made.empty = (
            made.empty if made.empty[0] else tuple(_(words) if words else "" for words in self.empty_words)
        )
        if "add" in self.include_route_methods and self.may("can_add"):
            made.add_url = url_for(f"{self.endpoint}.add")
        made.links = self.list_links()
        return made

    # ---- one row

    def found(self, pk: int) -> Any:
        """Give a row the person may see, or 404."""
        return self.datamodel.get(pk) or abort(404)

    def shown_facts(self, row: Any) -> list[tuple[str, list[tuple[str, Cell]]]]:
        """Cards of the reading page: title and facts."""
        sets = self.show_fieldsets or [("", {"fields": self.show_columns})]
        made = []
        for title, options in sets:
            columns = [self._column(name) for name in options["fields"]]
            made.append((_(title) if title else "", facts_of(columns, row)))
        return made

    @expose("/show/<int:pk>")
    @has_access
    def show(self, pk: int) -> str | Response:
        row = self.found(pk)
        return self.render_template(
            "appbuilder/general/model/show.html",
            row=row,
            title=str(row),
            cards=self.shown_facts(row),
            view=self,
            edit_url=url_for(f"{self.endpoint}.edit", pk=pk)
            if "edit" in self.include_route_methods and self.may("can_edit")
            else "",
        )

    @expose("/add", methods=["GET", "POST"])
    @has_access
    def add(self) -> str | Response:
        self._refuse_filters()
        return super().add()

    @expose("/edit/<int:pk>", methods=["GET", "POST"])
    @has_access
    def edit(self, pk: int) -> str | Response:
        self._refuse_filters()
        self.found(pk)
        return super().edit(pk)

    def _edit(self, pk: int) -> Any:
        """Leave nothing half written behind: a veto in `pre_update` must not be saved by a later commit."""
        widgets = super()._edit(pk)
        db.session.rollback()
        return widgets

    @expose("/delete/<int:pk>", methods=["POST"])
    @has_access
    def delete(self, pk: int) -> Response:
        self.found(pk)
        return super().delete(pk)

    # ---- actions: POST alone, rows the person may see, permission first

    def _run(self, name: str, pks: list[Any], *, single: bool) -> Response:
        action = self.actions.get(name) or abort(404)
        if not (action.single if single else action.multiple):
            abort(404)
        if not self.may(self.get_action_permission_name(name)):
            abort(403)
        rows = [self.found(pk) for pk in pks] or abort(400)
        return action.func(rows[0] if single else rows)

    @expose("/action/<string:name>/<int:pk>", methods=["POST"])
    def action(self, name: str, pk: int) -> Response:
        return self._run(name, [pk], single=True)

    @expose("/action_post", methods=["POST"])
    def action_post(self) -> Response:
        return self._run(request.form.get("action", ""), request.form.getlist("rowid")[:200], single=False)

    # the last in the class: from here on `list` is this page, and no longer Python's
    @expose("/list/")
    @has_access
    def list(self) -> str:
        self._refuse_filters()
        return self.render_template(self.list_template, page=self.listing(), view=self)
