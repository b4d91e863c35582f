"""上下级关系: who reports to whom; the superior confirms, refuses, ends."""

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import joinedload

from app import workflow
from app.console.cases import CaseView
from app.console.columns import Column
from app.console.guarded import Rows
from app.models import Relation, UnitName
from app.states import RelationState as L
from app.words import N_


class RelationView(CaseView):
    """Relations between units."""

    route_base = "/relations"
    datamodel = Rows(Relation)
    process = workflow.RELATION
    list_title = N_("上下级关系")
    search_columns = ["state"]
    order_columns = ["created_at"]
    find_words = N_("单位名称")
    load = (joinedload(Relation.child), joinedload(Relation.parent))
    columns = (
        Column(N_("下级单位"), lambda row: str(row.child)),
        Column(N_("主管单位"), lambda row: str(row.parent)),
    )
    cards = (
        (
            N_("上下级关系"),
            (
                Column(N_("下级单位"), lambda row: str(row.child)),
                Column(N_("主管单位"), lambda row: str(row.parent)),
                Column(N_("提出时间"), lambda row: row.created_at),
                Column(N_("解除时间"), lambda row: row.ended_at),
            ),
        ),
    )
    way = ((N_("提出"), ()), (N_("主管单位确认"), (L.REQUESTED,)), (N_("生效"), (L.ACTIVE,)))

    def keyword(self, text: str) -> ColumnElement[bool]:
        units = select(UnitName.id).where(UnitName.name.contains(text, autoescape=True))
        return or_(Relation.child_id.in_(units), Relation.parent_id.in_(units))

    def heading(self, row: Relation) -> str:
        return f"{row.child} — {row.parent}"

    def holder_name(self, row: Relation) -> str:
        return str(row.parent) if row.state in (L.REQUESTED, L.ACTIVE) else ""


VIEWS = (RelationView,)
