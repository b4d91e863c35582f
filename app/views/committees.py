"""评委会: what it reviews, where, and until when its filing holds."""

from flask_babel import gettext as _
from sqlalchemy.orm import joinedload, lazyload

from app import clock
from app.console.columns import Cell, Column, facts_of
from app.console.guarded import GuardedView, Rows
from app.models import Committee
from app.words import N_


def _valid(row: Committee) -> tuple[str, str]:
    words = _("%(first)s 至 %(last)s", first=row.valid_from, last=row.valid_to)
    return words, _("备案已到期") if clock.today() > row.valid_to else ""


class CommitteeView(GuardedView):
    """Committees."""

    route_base = "/committees"
    datamodel = Rows(Committee)
    list_title = N_("评委会")
    unit = N_("个评委会")
    search_columns = ["name", "filing_no"]
    order_columns = ["name", "valid_to"]
    base_order = ("id", "asc")
    find_words = N_("评委会名称或备案文号")
    load = (
        joinedload(Committee.series),
        joinedload(Committee.office),
        lazyload(Committee.bureau),
        lazyload(Committee.regions),
        lazyload(Committee.specialties),
    )
    columns = (
        Column(N_("评委会"), lambda row: Cell(row.name, row.filing_no), sort="name"),
        Column(N_("系列与级别"), lambda row: (str(row.series), row.level)),
        Column(N_("日常工作部门"), lambda row: str(row.office)),
        Column(N_("备案有效期"), _valid, sort="valid_to"),
        Column(N_("状态"), lambda row: row.status, half=True),
    )

    def shown_facts(self, row: Committee) -> list[tuple[str, list[tuple[str, Cell]]]]:
        scope = (
            Column(N_("职称系列"), lambda one: str(one.series)),
            Column(N_("评审级别"), lambda one: one.level),
            Column(N_("评审专业"), lambda one: "、".join(sorted(part.name for part in one.specialties))),
            Column(N_("评审范围"), lambda one: "、".join(str(region) for region in one.regions)),
            Column(N_("组成人数"), lambda one: one.member_count),
        )
        filing = (
            Column(N_("日常工作部门"), lambda one: str(one.office)),
            Column(N_("核准备案的主管机构"), lambda one: str(one.bureau)),
            Column(N_("备案文号"), lambda one: (one.filing_no, one.filing_date)),
            Column(N_("备案有效期"), _valid),
            Column(N_("联系人"), lambda one: (one.contact, one.telephone)),
            Column(N_("状态"), lambda one: one.status),
        )
        parts = ((N_("评审范围"), scope), (N_("组建与备案"), filing))
        return [(_(title), facts_of(part, row)) for title, part in parts]


VIEWS = (CommitteeView,)
