"""账号注册审核: the registrations that came to a bureau's line or to a superior (seeds 000 and 002)."""

from flask import request
from flask_babel import gettext as _
from sqlalchemy import ColumnElement
from sqlalchemy.orm import joinedload, lazyload

from app import workflow
from app.access import current_actor
from app.console import lists
from app.console.cases import CaseView
from app.console.columns import Cell, Column
from app.console.guarded import Rows
from app.console.lists import Link
from app.models import Registration
from app.roles import Role
from app.states import REGISTRATION_MATERIALS, Business, Reviewer
from app.states import RegistrationState as R
from app.words import N_

LINES = {"titles": (Business.TITLES, N_("专技")), "hr_market": (Business.HR_MARKET, N_("人力资源"))}


def _business(row: Registration) -> str:
    chosen = [
        kind.label
        for kind, there in ((Business.TITLES, row.titles), (Business.HR_MARKET, row.hr_market))
        if there
    ]
    return "；".join(chosen)


def _asked(row: Registration) -> tuple[str, str]:
    if row.reviewer == Reviewer.SUPERIOR:
        return Reviewer.SUPERIOR.label, str(row.requested_superior or "")
    return Reviewer.AGENCY.label, str(row.region)


class RegistrationView(CaseView):
    """Registrations of units."""

    route_base = "/registrations"
    datamodel = Rows(Registration)
    process = workflow.REGISTRATION
    list_title = N_("单位注册申请")
    search_columns = ["unit_name", "credit_code", "receipt"]
    order_columns = ["held_since", "unit_name"]
    find_words = N_("单位名称、信用代码或受理编号")
    load = (
        joinedload(Registration.region),
        joinedload(Registration.routed_to),
        lazyload(Registration.requested_superior),
    )
    columns = (
        Column(N_("单位"), lambda row: Cell(row.unit_name, row.credit_code), sort="unit_name"),
        Column(N_("单位类型"), lambda row: (row.unit_kind, str(row.region))),
        Column(N_("经办人"), lambda row: (row.name, row.phone_mask)),
        Column(
            N_("业务类别"),
            lambda row: row.routed_business.label if row.routed_business else _("主管单位审核"),
        ),
    )
    cards = (
        (
            N_("单位"),
            (
                Column(N_("单位名称"), lambda row: row.unit_name),
                Column(N_("统一社会信用代码"), lambda row: row.credit_code),
                Column(N_("单位类型"), lambda row: row.unit_kind),
                Column(N_("统筹区"), lambda row: str(row.region)),
                Column(N_("注册类型"), lambda row: (row.kind, row.receipt)),
            ),
        ),
        (
            N_("注册申请"),
            (
                Column(N_("业务类别"), _business),
                Column(N_("申请由谁审核"), _asked),
                Column(N_("发给谁审核"), lambda row: (str(row.routed_to or ""), row.routed_business)),
                Column(N_("注册时间"), lambda row: row.submitted_at),
                Column(N_("告知承诺书"), lambda row: (row.committed_at, row.commitment_version)),
                Column(N_("不通过的原因"), lambda row: row.reason, quiet=True),
            ),
        ),
        (
            N_("经办人"),
            (
                Column(N_("姓名"), lambda row: row.name),
                Column(N_("证件号码"), lambda row: row.id_number_mask),
                Column(N_("手机号码"), lambda row: row.phone_mask),
                Column(N_("用户名"), lambda row: row.username),
            ),
        ),
    )
    way = (
        (N_("上传附件"), (R.DRAFT,)),
        (N_("注册"), ()),
        (N_("审核"), (R.PENDING_AGENCY, R.PENDING_SUPERIOR)),
        (N_("开通账号"), (R.APPROVED,)),
    )
    materials = REGISTRATION_MATERIALS
    owner_column = "registration_id"

    def lines(self) -> list[str]:
        """The lines of a bureau the person reviews."""
        actor = current_actor()
        roles = {"titles": Role.BUREAU_TITLES, "hr_market": Role.BUREAU_MARKET}
        return [name for name, role in roles.items() if actor.may(role)]

    def wanted_line(self) -> str:
        """The 业务类别 that was asked for."""
        wanted = request.args.get("tab", "")
        return wanted if wanted in self.lines() else ""

    def narrowed(self) -> bool:
        return bool(self.wanted_line())

    def clauses(self) -> list[ColumnElement[bool]]:
        line = self.wanted_line()
        return [*super().clauses(), *([Registration.routed_business == LINES[line][0]] if line else [])]

    def more_chips(self) -> list[Link]:
        lines, wanted = self.lines(), self.wanted_line()
        if len(lines) < 2:  # noqa: PLR2004 - a choice is one of two
            return []
        return [
            Link(
                _("业务类别：%(line)s", line=_(LINES[name][1])),
                lists.here(tab=None if name == wanted else name, page=None),
                name == wanted,
            )
            for name in lines
        ]

    def holder_name(self, row: Registration) -> str:
        if row.state in (R.PENDING_AGENCY, R.PENDING_SUPERIOR):
            return str(row.routed_to)
        return _("单位经办人") if row.state == R.DRAFT else ""


VIEWS = (RegistrationView,)
