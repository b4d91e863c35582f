"""职称申报 for everybody who reviews it: all queues of the process in one view."""

from typing import Any

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, or_
from sqlalchemy.orm import joinedload, lazyload, selectinload

from app import workflow
from app.console import lists
from app.console.cases import CaseView
from app.console.columns import Cell, Column
from app.console.ground import shown_day, shown_moment
from app.console.guarded import Rows
from app.models import Application, Plan, RouteHop, Title
from app.states import REQUIRED_MATERIALS, Level, Stage
from app.states import ApplicationState as A
from app.words import N_

LAST_FOUR = 4


def _title(row: Application) -> tuple[str, str]:
    return row.title.name, "，".join(
        part for part in (Level(row.title.level).label, row.title.branch, row.specialty) if part
    )


def _unit(row: Application) -> tuple[str, str]:
    return row.unit_name, row.department


def _plan(row: Application) -> tuple[str, str]:
    if row.plan is None:  # cancelled: nobody but its office sees it
        return _("计划已取消"), ""
    return row.plan.name, _("受理截止 %(when)s", when=shown_moment(row.plan.closes_at))


def _period(first: object, last: object) -> str:
    return _("%(first)s 至 %(last)s", first=shown_day(first), last=shown_day(last)) if first else ""


def _lies(row: Application, hop: RouteHop) -> bool:
    return hop.seq == row.hop and hop.unit_id == row.holder_unit_id


class ApplicationView(CaseView):
    """Applications, by queue or all the person may see."""

    route_base = "/applications"
    datamodel = Rows(Application)
    process = workflow.APPLICATION
    list_title = N_("职称申报")
    search_columns = ["applicant_name", "accept_no", "unit_name"]
    order_columns = ["held_since", "applicant_name", "unit_name"]
    find_words = N_("姓名、受理号、单位或证件号后四位")
    finds_people = True
    load = (joinedload(Application.title).lazyload(Title.series), joinedload(Application.holder))
    case_load = (selectinload(Application.plan).options(lazyload(Plan.committee), lazyload(Plan.regions)),)
    columns = (
        Column(N_("申报人"), lambda row: Cell(row.applicant_name, row.id_number_mask), sort="applicant_name"),
        Column(N_("所在单位"), _unit, sort="unit_name"),
        Column(N_("申报职称"), _title),
    )
    cards = (
        (
            N_("申报信息"),
            (
                Column(N_("评审计划"), _plan),
                Column(N_("申报职称"), _title),
                Column(N_("申报方式"), lambda row: row.way),
                Column(N_("受理号"), lambda row: row.accept_no, quiet=True),
                Column(N_("业绩成果摘要"), lambda row: row.summary),
                Column(N_("单位公示"), lambda row: _period(row.publicity_from, row.publicity_to), quiet=True),
                Column(N_("推荐上报"), lambda row: row.recommended_at, quiet=True),
                Column(N_("纸质材料"), lambda row: row.paper_received_at, quiet=True),
                Column(N_("结果公示"), lambda row: _period(row.result_from, row.result_to), quiet=True),
                Column(N_("备案"), lambda row: (row.filed_at, row.filing_no), quiet=True),
            ),
        ),
        (
            N_("本人"),
            (
                Column(N_("姓名"), lambda row: (row.applicant_name, row.gender)),
                Column(N_("证件号码"), lambda row: row.id_number_mask),
                Column(N_("手机号码"), lambda row: row.phone_mask),
                Column(N_("所在单位"), _unit),
                Column(N_("学历"), lambda row: row.education),
                Column(N_("现职称"), lambda row: (row.current_title, row.current_title_on)),
            ),
        ),
    )
    way = (
        (N_("个人提交"), (A.DRAFT,)),
        (N_("单位初审"), (A.PENDING_UNIT,)),
        (N_("单位公示"), (A.UNIT_PASSED, A.IN_PUBLICITY)),
        (N_("推荐上报"), (A.PUBLICITY_PASSED,)),
        (N_("上级审核"), (A.PENDING_SUPERIOR,)),
        (N_("形式审查"), (A.PENDING_FORMAL,)),
        (N_("资格复核"), (A.FORMAL_PASSED,)),
        (N_("评审"), (A.ACCEPTED, A.IN_REVIEW)),
        (N_("结果公示"), (A.REVIEW_PASSED, A.RESULT_PUBLICITY)),
        (N_("确认备案"), (A.CONFIRMED, A.CERTIFIED)),
    )
    materials = REQUIRED_MATERIALS
    owner_column = "application_id"

    def keyword(self, text: str) -> ColumnElement[bool]:
        clauses = [
            lists.contains([Application.applicant_name, Application.accept_no, Application.unit_name], text)
        ]
        if len(text) == LAST_FOUR:
            clauses.append(Application.id_number_mask.endswith(text.upper(), autoescape=True))
        return or_(*clauses)

    def list_links(self) -> list[tuple[str, str]]:
        may, queue = self.appbuilder.sm.has_access, self.wanted_queue()
        found = []
        if queue and queue.name == "unit_publicity" and may("can_add", "PublicityView"):
            found.append((_("新增公示"), url_for("PublicityView.add")))
        if queue and queue.name == "review" and may("can_add", "MeetingView"):
            found.append((_("安排评审会议"), url_for("MeetingView.add")))
        if may("can_export", "ReviewListView"):
            found.append((_("导出评审名单"), url_for("ReviewListView.export")))
        return found

    def links(self, row: Application) -> list[tuple[str, str]]:
        if not self.appbuilder.sm.has_access("can_disclose", "DisclosureView"):
            return []
        return [(_("显示完整号码（留痕）"), url_for("DisclosureView.disclose", pk=row.id))]

    def heading(self, row: Application) -> str:
        return _("%(name)s 申报%(title)s", name=row.applicant_name, title=row.title.name)

    def holder_name(self, row: Application) -> str:
        if row.state in (A.DRAFT, A.RETURNED):
            return _("申报人本人")
        return str(row.holder) if row.holder else ""

    def deadline(self, row: Application) -> tuple[str, str, str] | None:
        if row.state == A.RETURNED:
            return _("补正截止"), shown_moment(row.correction_deadline), _("逾期视为放弃")
        if row.plan and row.state in (A.PENDING_UNIT, A.UNIT_PASSED, A.PUBLICITY_PASSED):
            return _("单位上报截止"), shown_moment(row.plan.unit_deadline), ""
        return None

    def more(self, row: Application) -> dict[str, Any]:
        names = {Stage.SUPERIOR: _("上级审核"), Stage.FORMAL: _("形式审查"), Stage.OFFICE: _("资格复核")}
        hops = [
            (hop.seq, names[hop.stage], str(hop.unit), hop.seq < row.hop, _lies(row, hop)) for hop in row.hops
        ]
        return {"hops": hops}


VIEWS = (ApplicationView,)
