"""单位, 经办人 and 申报人: who there is, as far as the reader may see them."""

from typing import Any

from flask import request
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import joinedload, lazyload

from app.console import lists
from app.console.columns import Cell, Column, facts_of
from app.console.guarded import GuardedView, Rows
from app.console.lists import Link
from app.db import db
from app.models import Applicant, Handler, Unit, UnitFunction, UnitName
from app.states import Function
from app.words import N_


def _functions(unit: Unit) -> str:
    return "、".join(function.label for function in Function if function in unit.function_set)


class UnitView(GuardedView):
    """Units."""

    route_base = "/units"
    datamodel = Rows(Unit)
    list_title = N_("单位")
    unit = N_("个单位")
    search_columns = ["name", "credit_code"]
    order_columns = ["name", "created_at"]
    base_order = ("id", "asc")
    find_words = N_("单位名称或信用代码")
    load = (joinedload(Unit.region),)
    columns = (
        Column(N_("单位"), lambda row: Cell(row.name, row.credit_code), sort="name"),
        Column(N_("单位类型"), lambda row: (row.kind, str(row.region))),
        Column(N_("职能"), _functions),
        Column(N_("上报关系"), lambda row: row.reporting),
        Column(N_("启用"), lambda row: row.active, half=True),
    )

    def clauses(self) -> list[ColumnElement[bool]]:
        wanted = self.wanted()
        if not wanted:
            return []
        return [exists().where(UnitFunction.unit_id == Unit.id, UnitFunction.function == wanted)]

    @staticmethod
    def wanted() -> Function | None:
        """The function that was asked for."""
        return next((function for function in Function if function.value == request.args.get("tab")), None)

    def listing(self) -> lists.Listing:
        made, wanted = super().listing(), self.wanted()
        made.chips = [
            Link(
                function.label,
                lists.here(tab=None if function is wanted else function.value, page=None),
                function is wanted,
            )
            for function in Function
        ]
        return made

    def shown_facts(self, row: Unit) -> list[tuple[str, list[tuple[str, Cell]]]]:
        columns = (
            Column(N_("单位名称"), lambda unit: unit.name),
            Column(N_("统一社会信用代码"), lambda unit: unit.credit_code),
            Column(N_("单位类型"), lambda unit: unit.kind),
            Column(N_("统筹区"), lambda unit: str(unit.region)),
            Column(N_("联系人"), lambda unit: (unit.contact, unit.telephone)),
            Column(N_("建立时间"), lambda unit: unit.created_at),
        )
        more = (
            Column(N_("职能"), _functions),
            Column(N_("上报关系"), lambda unit: unit.reporting),
            Column(N_("上下级"), self._path),
            Column(N_("启用"), lambda unit: unit.active),
        )
        return [
            (_(title), facts_of(part, row)) for title, part in ((N_("单位信息"), columns), (N_("业务"), more))
        ]

    @staticmethod
    def _path(row: Unit) -> str:
        above = [int(part) for part in row.path.strip("/").split("/") if part]
        names = dict(
            db.session.execute(select(UnitName.id, UnitName.name).where(UnitName.id.in_(above))).all()
        )
        return " › ".join(names[unit] for unit in above if unit in names)


def _businesses(row: Handler) -> str:
    return "；".join(sorted(one.business.label for one in row.businesses))


class HandlerView(GuardedView):
    """The persons behind the accounts of units."""

    route_base = "/handlers"
    datamodel = Rows(Handler)
    list_title = N_("经办人")
    unit = N_("人")
    search_columns = ["name"]
    order_columns = ["name"]
    base_order = ("id", "asc")
    find_words = N_("姓名或单位")
    load = (joinedload(Handler.unit), lazyload(Handler.businesses), joinedload(Handler.user))
    columns = (
        Column(N_("姓名"), lambda row: Cell(row.name, row.id_number_mask), sort="name"),
        Column(N_("单位"), lambda row: str(row.unit)),
        Column(N_("用户名"), lambda row: row.user.username),
        Column(N_("手机号码"), lambda row: row.phone_mask),
        Column(N_("启用"), lambda row: row.active and row.user.active, half=True),
    )

    def keyword(self, text: str) -> ColumnElement[bool]:
        units = select(UnitName.id).where(UnitName.name.contains(text, autoescape=True))
        return super().keyword(text) | Handler.unit_id.in_(units)

    def shown_facts(self, row: Handler) -> list[tuple[str, list[tuple[str, Cell]]]]:
        facts = facts_of(self.columns, row)
        account = (
            Column(N_("业务类别"), _businesses),
            Column(N_("角色"), lambda one: "、".join(sorted(role.name for role in one.user.roles))),
            Column(N_("上次登录"), lambda one: one.user.last_login and str(one.user.last_login)[:16]),
        )
        return [(_("经办人"), facts), (_("账号"), facts_of(account, row))]


class ApplicantView(GuardedView):
    """The people of the clerk's unit."""

    route_base = "/applicants"
    datamodel = Rows(Applicant)
    list_title = N_("申报人")
    unit = N_("人")
    search_columns = ["name"]
    order_columns = ["name"]
    base_order = ("id", "asc")
    find_words = N_("姓名")
    columns = (
        Column(N_("姓名"), lambda row: Cell(row.name, row.id_number_mask), sort="name"),
        Column(N_("所在部门"), lambda row: row.department),
        Column(N_("现职称"), lambda row: (row.current_title, row.current_title_on)),
        Column(N_("手机号码"), lambda row: row.phone_mask),
    )

    def shown_facts(self, row: Applicant) -> list[tuple[str, list[tuple[str, Any]]]]:
        more = (
            Column(N_("性别"), lambda one: one.gender),
            Column(N_("学历"), lambda one: one.education),
            Column(N_("所在单位"), lambda one: str(one.unit or "")),
        )
        return [(_("个人档案"), facts_of((*self.columns, *more), row))]


VIEWS = (UnitView, HandlerView, ApplicantView)
