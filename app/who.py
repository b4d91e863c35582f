"""Whose turn a case can be: posts (role and function of the unit), and the cases that wait for them.

Every predicate needs role and function (product 2); the condition is SQL, so that it serves one case, a batch and a
queue alike.
"""

from sqlalchemy import ColumnElement, and_, or_, select

from app.access import Actor
from app.models import Application, Committee, Meeting, Plan, Publicity, Registration, Relation
from app.roles import Role
from app.states import Business, Function, Way
from app.steps import Who
from app.words import N_


def _lines(actor: Actor) -> list[Business]:
    pairs = ((Role.BUREAU_TITLES, Business.TITLES), (Role.BUREAU_MARKET, Business.HR_MARKET))
    return [business for role, business in pairs if actor.may(role, Function.BUREAU)]


def _own_committee(actor: Actor) -> object:
    return select(Committee.id).where(Committee.office_id == actor.unit_id)


def _holding(actor: Actor) -> ColumnElement[bool]:
    """The application lies with the actor's unit."""
    return Application.holder_unit_id == actor.unit_id


registrant = Who(
    "registrant", N_("经办人"), (), lambda actor: Registration.id == actor.registration_id, own=True
)
registration_reviewer = Who(
    "registration_reviewer",
    N_("注册审核员"),
    (
        (Role.BUREAU_TITLES, Function.BUREAU),
        (Role.BUREAU_MARKET, Function.BUREAU),
        (Role.SUPERIOR, Function.SUPERIOR),
    ),
    lambda actor: and_(
        Registration.routed_to_id == actor.unit_id,
        or_(Registration.routed_business.in_(_lines(actor)), Registration.routed_business.is_(None)),
    ),
)
relation_superior = Who(
    "relation_superior",
    N_("主管单位"),
    ((Role.SUPERIOR, Function.SUPERIOR),),
    lambda actor: Relation.parent_id == actor.unit_id,
)
applicant = Who(
    "applicant",
    N_("申报人"),
    ((Role.APPLICANT, None),),
    lambda actor: Application.applicant_id == actor.applicant_id,
    own=True,
)
unit_clerk = Who(
    "unit_clerk",
    N_("所在单位"),
    ((Role.CLERK, Function.EMPLOYER),),
    lambda actor: and_(Application.unit_id == actor.unit_id, _holding(actor)),
)
superior_reviewer = Who(
    "superior_reviewer",
    N_("上级单位"),
    ((Role.SUPERIOR, Function.SUPERIOR),),
    _holding,
)
form_reviewer = Who(
    "form_reviewer",
    N_("形式审查机构"),
    ((Role.BUREAU_TITLES, Function.BUREAU), (Role.BUREAU_TITLES, Function.FORM_REVIEW)),
    _holding,
)
recognition_filer = Who(
    "recognition_filer",
    N_("核准备案的主管机构"),
    ((Role.BUREAU_TITLES, Function.BUREAU),),
    lambda actor: and_(_holding(actor), Application.way == Way.RECOGNITION),
)
committee_office = Who(
    "committee_office",
    N_("评委会办公室"),
    ((Role.OFFICE, Function.COMMITTEE_OFFICE),),
    _holding,
)
plan_office = Who(
    "plan_office",
    N_("评委会办公室"),
    ((Role.OFFICE, Function.COMMITTEE_OFFICE),),
    lambda actor: Plan.committee_id.in_(_own_committee(actor)),
)
plan_bureau = Who(
    "plan_bureau",
    N_("核准备案的主管机构"),
    ((Role.BUREAU_TITLES, Function.BUREAU),),
    lambda actor: Plan.committee_id.in_(select(Committee.id).where(Committee.bureau_id == actor.unit_id)),
)
publicity_owner = Who(
    "publicity_owner",
    N_("公示单位"),
    ((Role.CLERK, Function.EMPLOYER), (Role.OFFICE, Function.COMMITTEE_OFFICE)),
    lambda actor: Publicity.unit_id == actor.unit_id,
)
meeting_office = Who(
    "meeting_office",
    N_("评委会办公室"),
    ((Role.OFFICE, Function.COMMITTEE_OFFICE),),
    lambda actor: Meeting.plan_id.in_(select(Plan.id).where(Plan.committee_id.in_(_own_committee(actor)))),
)
meeting_bureau = Who(
    "meeting_bureau",
    N_("核准备案的主管机构"),
    ((Role.BUREAU_TITLES, Function.BUREAU),),
    lambda actor: Meeting.plan_id.in_(
        select(Plan.id).join(Committee).where(Committee.bureau_id == actor.unit_id)
    ),
)
