"""Invariants of units, accounts, relations, registrations, committees and plans."""

from sqlalchemy import String, and_, cast, exists, func, literal, not_, or_, select
from sqlalchemy.orm import aliased

from app.effects.relations import DEPTH
from app.exports import day_in_shanghai, day_of
from app.invariants.kind import Invariant
from app.models import (
    Applicant,
    Committee,
    Handler,
    HandlerBusiness,
    Plan,
    Region,
    Registration,
    Relation,
    Routing,
    Unit,
    UnitFunction,
    committee_region,
    plan_region,
)
from app.states import (
    Business,
    CommitteeLevel,
    Function,
    PlanState,
    RegistrationState,
    RelationState,
    Reporting,
)
from app.words import N_

parent, top = aliased(Unit), aliased(Region)
ACTIVE = Relation.state == RelationState.ACTIVE
PENDING = (RegistrationState.PENDING_AGENCY, RegistrationState.PENDING_SUPERIOR)
#: Plans that have been handed in: a draft may still be anything.
HANDED_IN = Plan.state.not_in((PlanState.DRAFT, PlanState.RETURNED, PlanState.REJECTED, PlanState.CANCELLED))


def has(unit_id: object, function: Function) -> object:
    """Say that a unit has a function."""
    return exists().where(UnitFunction.unit_id == unit_id, UnitFunction.function == function)


def inside(path: object, above: object) -> object:
    """Say that a region path lies at or below another."""
    return func.substr(path, 1, func.length(above)) == above


def _climbing() -> object:
    """Climb the active relations from every unit, nine steps at most: one more than there may be."""
    relation = aliased(Relation)
    start = select(
        Relation.child_id.label("unit"), Relation.parent_id.label("above"), literal(1).label("steps")
    )
    up = start.where(ACTIVE).cte("up", recursive=True)
    further = (
        select(up.c.unit, relation.parent_id, up.c.steps + 1)
        .join(relation, relation.child_id == up.c.above)
        .where(relation.state == RelationState.ACTIVE, up.c.steps <= DEPTH, up.c.above != up.c.unit)
    )
    return up.union_all(further)


up = _climbing()

UNITS = (
    Invariant(
        "unit_path",
        N_("单位的上下级路径是主管单位的路径加本单位编号"),
        select(Unit.id, Unit.path)
        .outerjoin(Relation, and_(Relation.child_id == Unit.id, ACTIVE))
        .outerjoin(parent, parent.id == Relation.parent_id)
        .where(Unit.path != func.coalesce(parent.path, "/") + cast(Unit.id, String) + "/"),
    ),
    Invariant(
        "relation_acyclic",
        N_("没有单位经上下级关系成为自己的上级"),
        select(up.c.unit, up.c.steps).where(up.c.unit == up.c.above),
    ),
    Invariant(
        "relation_depth",
        N_("上下级关系最多 8 级"),
        select(up.c.unit, up.c.steps).where(up.c.steps >= DEPTH, up.c.unit != up.c.above),
    ),
    Invariant(
        "relation_one_superior",
        N_("一个单位至多有一个生效的主管单位"),
        select(Relation.child_id, func.count())
        .where(ACTIVE)
        .group_by(Relation.child_id)
        .having(func.count() > 1),
    ),
    Invariant(
        "relation_superior_function",
        N_("生效的上下级关系中，上级具有主管单位职能"),
        select(Relation.id, Relation.parent_id).where(
            ACTIVE, not_(has(Relation.parent_id, Function.SUPERIOR))
        ),
    ),
    Invariant(
        "unit_reporting",
        N_("“有主管单位”的单位有一条生效的上下级关系，其他单位没有"),
        select(Unit.id, Unit.reporting).where(
            (Unit.reporting == Reporting.SUPERIOR) != exists().where(Relation.child_id == Unit.id, ACTIVE)
        ),
    ),
    Invariant(
        "bureau_one_per_region",
        N_("一个统筹区至多有一个启用的主管机构"),
        select(Unit.region_code, func.count())
        .join(UnitFunction, UnitFunction.unit_id == Unit.id)
        .where(UnitFunction.function == Function.BUREAU, Unit.active)
        .group_by(Unit.region_code)
        .having(func.count() > 1),
    ),
    Invariant(
        "handler_both_businesses",
        N_("启用的经办人具有专技和人力资源两项业务权限"),
        select(Handler.id)
        .outerjoin(HandlerBusiness, HandlerBusiness.handler_id == Handler.id)
        .where(Handler.active)
        .group_by(Handler.id)
        .having(func.count(HandlerBusiness.business) < len(Business)),
    ),
    Invariant(
        "login_one_owner",
        N_("一个登录账号不同时属于经办人和申报人"),
        select(Handler.user_id, Handler.id, Applicant.id).join(
            Applicant, Applicant.user_id == Handler.user_id
        ),
    ),
)

REGISTRATIONS = (
    Invariant(
        "registration_one_pending",
        N_("一个统一社会信用代码至多有一件注册申请在审核"),
        select(Registration.credit_code, func.count())
        .where(Registration.state.in_(PENDING))
        .group_by(Registration.credit_code)
        .having(func.count() > 1),
    ),
    Invariant(
        "registration_handler",
        N_("注册审核通过的单位有启用的经办人"),
        select(Registration.id, Registration.unit_id).where(
            Registration.state == RegistrationState.APPROVED,
            not_(exists().where(Handler.unit_id == Registration.unit_id, Handler.active)),
        ),
    ),
    Invariant(
        "registration_market",
        N_("勾选人力资源的注册申请只发给主管机构的人力资源科室"),
        select(Registration.id, Registration.routed_business).where(
            Registration.hr_market,
            Registration.state != RegistrationState.DRAFT,
            func.coalesce(cast(Registration.routed_business, String), "") != Business.HR_MARKET.value,
        ),
    ),
    Invariant(
        "registration_reviewer",
        N_("待审核的注册申请在有审核职能的单位：主管机构，或所申请的主管单位"),
        select(Registration.id, Registration.routed_to_id).where(
            or_(
                and_(
                    Registration.state == RegistrationState.PENDING_AGENCY,
                    or_(
                        not_(has(Registration.routed_to_id, Function.BUREAU)),
                        Registration.routed_business.is_(None),
                    ),
                ),
                and_(
                    Registration.state == RegistrationState.PENDING_SUPERIOR,
                    or_(
                        not_(has(Registration.routed_to_id, Function.SUPERIOR)),
                        Registration.routed_to_id != Registration.requested_superior_id,
                        Registration.routed_business.is_not(None),
                    ),
                ),
            )
        ),
    ),
    Invariant(
        "registration_routing",
        N_("发出的注册申请记有到过的单位"),
        select(Registration.id, Registration.routed_to_id).where(
            Registration.routed_to_id.is_not(None),
            not_(
                exists().where(
                    Routing.process == "registration",
                    Routing.case_id == Registration.id,
                    Routing.unit_id == Registration.routed_to_id,
                )
            ),
        ),
    ),
)

#: Title levels that a committee of this level may not review.
TOO_HIGH = {CommitteeLevel.SENIOR: "", CommitteeLevel.INTERMEDIATE: "12", CommitteeLevel.JUNIOR: "123"}

PLANS = (
    Invariant(
        "committee_functions",
        N_("评委会的日常工作部门和核准备案的主管机构具有相应职能"),
        select(Committee.id, Committee.office_id, Committee.bureau_id).where(
            or_(
                not_(has(Committee.office_id, Function.COMMITTEE_OFFICE)),
                not_(has(Committee.bureau_id, Function.BUREAU)),
            )
        ),
    ),
    Invariant(
        "plan_levels",
        N_("评审计划的级别不高于评委会的级别"),
        select(Plan.id, Plan.levels)
        .join(Committee, Committee.id == Plan.committee_id)
        .where(
            HANDED_IN,
            or_(
                *(
                    and_(Committee.level == level, Plan.levels.contains(digit))
                    for level, digits in TOO_HIGH.items()
                    for digit in digits
                )
            ),
        ),
    ),
    Invariant(
        "plan_regions",
        N_("评审计划的统筹区在评委会的范围内"),
        select(Plan.id, Region.code)
        .join(plan_region, plan_region.c.plan_id == Plan.id)
        .join(Region, Region.code == plan_region.c.region_code)
        .where(
            HANDED_IN,
            not_(
                exists().where(
                    committee_region.c.committee_id == Plan.committee_id,
                    committee_region.c.region_code == top.code,
                    inside(Region.path, top.path),
                )
            ),
        ),
    ),
    Invariant(
        "plan_validity",
        N_("评审在评委会备案有效期内结束"),
        select(Plan.id, Plan.review_to)
        .join(Committee, Committee.id == Plan.committee_id)
        .where(HANDED_IN, not_(Plan.review_to.between(Committee.valid_from, Committee.valid_to))),
    ),
    Invariant(
        "plan_order",
        N_("评审不早于单位上报截止"),
        select(Plan.id, Plan.review_from).where(
            HANDED_IN, day_of(Plan.review_from) < day_in_shanghai(Plan.unit_deadline)
        ),
    ),
)
