"""Who sees what: the one row rule, and the person it is asked for (product 3).

*Own, or subtree, or routed, or region, or own committee.* `rule(Model, actor)` is the condition under which the actor
may see a row. It is put on every ORM SELECT of the page session by `install`, and asked by name in the process
engine, exports and counts. It fails closed: without an actor nothing is seen, and a table without a rule of its own
is either listed in `FREE` or refused.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from flask import g, has_request_context
from flask_login import current_user
from sqlalchemy import ColumnElement, and_, event, false, or_, select, true
from sqlalchemy.orm import ORMExecuteState, with_loader_criteria
from sqlalchemy.sql.selectable import SelectBase
from sqlalchemy.sql.util import _deep_deannotate
from sqlalchemy.sql.visitors import replacement_traverse

from app.db import ScopedSession
from app.models import (
    Account,
    Applicant,
    Application,
    Attachment,
    Audit,
    Committee,
    Entry,
    Handler,
    HandlerBusiness,
    Meeting,
    Notice,
    OfflineCheck,
    Outcome,
    Plan,
    Publicity,
    PublicityEntry,
    Region,
    Registration,
    Relation,
    RouteHop,
    Routing,
    SignIn,
    Unit,
    UnitFunction,
)
from app.roles import Role
from app.states import ANNOUNCED, ApplicationState, Business, Function, PlanState, RegistrationState

Clause = ColumnElement[bool]


@dataclass(frozen=True)
class Actor:
    """The person at work: roles say what they may do, the unit's functions where.

    `permissions` are pairs of Flask-AppBuilder's permission and view, read once per request.
    """

    user_id: int | None = None
    name: str = ""
    roles: frozenset[str] = frozenset()
    permissions: frozenset[tuple[str, str]] = frozenset()
    id_number_index: str = ""
    unit_id: int | None = None
    unit_name: str = ""
    unit_path: str = ""
    region_path: str = ""
    functions: frozenset[Function] = frozenset()
    applicant_id: int | None = None
    registration_id: int | None = None

    def may(self, role: Role, function: Function | None = None) -> bool:
        """Whether the actor has the role, and the unit the function it needs."""
        return role.value in self.roles and (function is None or function in self.functions)


SYSTEM = Actor(name="系统")
_acting: ContextVar[Actor | None] = ContextVar("acting", default=None)


def current_actor() -> Actor | None:
    """Give the person of this request, or the one set by `acting`; nobody else sees anything."""
    actor = _acting.get()
    if actor is not None or not has_request_context():
        return actor
    if "actor" not in g:
        g.actor = None  # while it is being read, nobody is at work: the reading goes through the open session
        g.actor = of_account(current_user) if current_user and current_user.is_authenticated else None
    return g.actor


@contextmanager
def acting(actor: Actor | None) -> Iterator[None]:
    """Be `actor` for a while: commands and tests."""
    token = _acting.set(actor)
    try:
        yield
    finally:
        _acting.reset(token)


def of_account(account: Account) -> Actor:
    """Read who an account is, through the open session, in four narrow statements."""
    from app.db import open_session  # noqa: PLC0415 - the engine is known only with an application
    from app.roles import permissions_of, roles_of  # noqa: PLC0415

    with open_session() as session:
        facts: dict[str, object] = {"roles": roles_of(session, account.id)}
        facts["permissions"] = permissions_of(session, account.id)
        handler = session.execute(
            select(Handler.id_number_index, Unit.id, Unit.name, Unit.path, Region.path)
            .join(Unit, Handler.unit_id == Unit.id)
            .join(Region, Region.code == Unit.region_code)
            .where(Handler.user_id == account.id, Handler.active, Unit.active)
        ).one_or_none()
        if handler:
            keys = ("id_number_index", "unit_id", "unit_name", "unit_path", "region_path")
            facts |= dict(zip(keys, handler, strict=True))
            facts["functions"] = frozenset(
                session.scalars(select(UnitFunction.function).where(UnitFunction.unit_id == handler[1]))
            )
        else:
            person = session.execute(
                select(Applicant.id, Applicant.id_number_index).where(Applicant.user_id == account.id)
            ).one_or_none()
            if person:
                facts |= {"applicant_id": person[0], "id_number_index": person[1]}
    return Actor(user_id=account.id, name=account.first_name, **facts)


# ---- the parts of the rule ----------------------------------------------------------------------------------------


def below(column: ColumnElement[str], path: str) -> Clause:
    """Whether a path column lies at or below `path`: a range, so that the index serves it."""
    return and_(column >= path, column < path + "~")


def subtree_units(actor: Actor) -> Clause:
    """Units below the actor's in active relations."""
    return below(Unit.path, actor.unit_path) if actor.unit_path else Unit.id == actor.unit_id


def region_units(actor: Actor) -> Clause:
    """Units of the actor's 统筹区 and those below it."""
    return Unit.region_code.in_(select(Region.code).where(below(Region.path, actor.region_path)))


def routed(process: str, actor: Actor) -> Clause:
    """Cases that came to the actor's unit, whenever that was."""
    return select(Routing.case_id).where(Routing.process == process, Routing.unit_id == actor.unit_id)


def is_superior(actor: Actor) -> bool:
    """A reviewer of a 主管单位."""
    return actor.may(Role.SUPERIOR, Function.SUPERIOR)


def is_bureau(actor: Actor) -> bool:
    """A reviewer of a bureau, of either line."""
    return actor.may(Role.BUREAU_TITLES, Function.BUREAU) or actor.may(Role.BUREAU_MARKET, Function.BUREAU)


def is_titles_bureau(actor: Actor) -> bool:
    """A reviewer of a bureau's 专技 line."""
    return actor.may(Role.BUREAU_TITLES, Function.BUREAU)


def is_office(actor: Actor) -> bool:
    """Staff of a committee's office."""
    return actor.may(Role.OFFICE, Function.COMMITTEE_OFFICE)


def is_clerk(actor: Actor) -> bool:
    """A handler of an employer."""
    return actor.may(Role.CLERK, Function.EMPLOYER)


def any_of(*parts: Clause | None) -> Clause:
    """Join the parts that apply; none means nothing is seen."""
    given = [part for part in parts if part is not None]
    return or_(false(), *given) if given else false()


# ---- the rule, table by table -------------------------------------------------------------------------------------


def _units(actor: Actor) -> Clause:
    return any_of(
        Unit.id == actor.unit_id if actor.unit_id else None,
        subtree_units(actor) if is_superior(actor) else None,
        region_units(actor) if is_bureau(actor) else None,
        true() if actor.may(Role.ADMIN) else None,
    )


def _unit_ids(actor: Actor) -> Clause:
    return select(Unit.id).where(_units(actor))


def _handlers(actor: Actor) -> Clause:
    return any_of(Handler.unit_id.in_(_unit_ids(actor)))


def _applicants(actor: Actor) -> Clause:
    return any_of(
        Applicant.id == actor.applicant_id if actor.applicant_id else None,
        Applicant.unit_id == actor.unit_id if is_clerk(actor) else None,
    )


def _relations(actor: Actor) -> Clause:
    units = _unit_ids(actor)
    return any_of(
        Relation.child_id.in_(units), Relation.parent_id == actor.unit_id if actor.unit_id else None
    )


def _registrations(actor: Actor) -> Clause:
    handed_in = Registration.state != RegistrationState.DRAFT
    lines = [
        business
        for role, business in (
            (Role.BUREAU_TITLES, Business.TITLES),
            (Role.BUREAU_MARKET, Business.HR_MARKET),
        )
        if actor.may(role, Function.BUREAU)
    ]
    regions = select(Region.code).where(below(Region.path, actor.region_path))
    return any_of(
        Registration.id == actor.registration_id if actor.registration_id else None,
        and_(handed_in, Registration.routed_business.in_(lines), Registration.region_code.in_(regions))
        if lines
        else None,
        and_(handed_in, Registration.routed_to_id == actor.unit_id, Registration.routed_business.is_(None))
        if is_superior(actor)
        else None,
    )


def _committees(actor: Actor) -> Clause:
    return any_of(
        Committee.id.in_(select(Plan.committee_id).where(Plan.state.in_(ANNOUNCED)))
        if actor.user_id
        else None,
        Committee.office_id == actor.unit_id if is_office(actor) else None,
        Committee.bureau_id.in_(select(Unit.id).where(region_units(actor)))
        if is_titles_bureau(actor)
        else None,
        true() if actor.may(Role.ADMIN) else None,
    )


def _plans(actor: Actor) -> Clause:
    handed_in = Plan.state != PlanState.DRAFT
    in_region = select(Committee.id).where(
        Committee.bureau_id.in_(select(Unit.id).where(region_units(actor)))
    )
    own = select(Committee.id).where(Committee.office_id == actor.unit_id)
    return any_of(
        Plan.state.in_(ANNOUNCED) if actor.user_id else None,
        Plan.committee_id.in_(own) if is_office(actor) else None,
        and_(handed_in, Plan.committee_id.in_(in_region)) if is_titles_bureau(actor) else None,
    )


def _applications(actor: Actor) -> Clause:
    handed_in = Application.state != ApplicationState.DRAFT
    staff = is_clerk(actor) or is_superior(actor) or is_titles_bureau(actor) or is_office(actor)
    return any_of(
        Application.applicant_id == actor.applicant_id if actor.applicant_id else None,
        and_(handed_in, Application.unit_id == actor.unit_id) if is_clerk(actor) else None,
        and_(handed_in, Application.unit_id.in_(select(Unit.id).where(subtree_units(actor))))
        if is_superior(actor)
        else None,
        and_(handed_in, Application.unit_id.in_(select(Unit.id).where(region_units(actor))))
        if is_titles_bureau(actor)
        else None,
        and_(handed_in, Application.id.in_(routed("application", actor))) if staff else None,
    )


def _attachments(actor: Actor) -> Clause:
    return any_of(
        Attachment.application_id.in_(select(Application.id).where(_applications(actor))),
        Attachment.registration_id.in_(select(Registration.id).where(_registrations(actor))),
    )


def _meetings(actor: Actor) -> Clause:
    own = select(Committee.id).where(Committee.office_id == actor.unit_id)
    in_region = select(Committee.id).where(
        Committee.bureau_id.in_(select(Unit.id).where(region_units(actor)))
    )
    return any_of(
        Meeting.plan_id.in_(select(Plan.id).where(Plan.committee_id.in_(own))) if is_office(actor) else None,
        Meeting.plan_id.in_(select(Plan.id).where(Plan.committee_id.in_(in_region)))
        if is_titles_bureau(actor)
        else None,
    )


def _publicities(actor: Actor) -> Clause:
    return any_of(
        Publicity.unit_id == actor.unit_id if is_clerk(actor) or is_office(actor) else None,
        Publicity.unit_id.in_(select(Unit.id).where(subtree_units(actor))) if is_superior(actor) else None,
        Publicity.unit_id.in_(select(Unit.id).where(region_units(actor)))
        if is_titles_bureau(actor)
        else None,
        Publicity.meeting_id.in_(select(Meeting.id).where(_meetings(actor))),
    )


def _entries(actor: Actor) -> Clause:
    return any_of(
        *(
            and_(Entry.process == process, Entry.case_id.in_(select(model.id).where(RULES[model](actor))))
            for process, model in CASES.items()
        )
    )


#: The kinds of case that have a timeline, by the name of their process.
CASES = {
    "registration": Registration,
    "relation": Relation,
    "plan": Plan,
    "application": Application,
    "publicity": Publicity,
    "meeting": Meeting,
}

RULES: dict[type, Callable[[Actor], Clause]] = {
    Unit: _units,
    Handler: _handlers,
    HandlerBusiness: lambda actor: HandlerBusiness.handler_id.in_(select(Handler.id).where(_handlers(actor))),
    Applicant: _applicants,
    Relation: _relations,
    Registration: _registrations,
    Committee: _committees,
    Plan: _plans,
    OfflineCheck: lambda actor: any_of(
        OfflineCheck.unit_id == actor.unit_id if is_titles_bureau(actor) else None
    ),
    Application: _applications,
    RouteHop: lambda actor: RouteHop.application_id.in_(select(Application.id).where(_applications(actor))),
    Attachment: _attachments,
    Publicity: _publicities,
    PublicityEntry: lambda actor: and_(
        PublicityEntry.publicity_id.in_(select(Publicity.id).where(_publicities(actor))),
        PublicityEntry.application_id.in_(select(Application.id).where(_applications(actor))),
    ),
    Meeting: _meetings,
    Outcome: lambda actor: Outcome.meeting_id.in_(select(Meeting.id).where(_meetings(actor))),
    Entry: _entries,
    Routing: lambda actor: Routing.unit_id == actor.unit_id,
    Notice: lambda actor: Notice.user_id == actor.user_id,
    SignIn: lambda actor: SignIn.user_id == actor.user_id,
    Audit: lambda actor: any_of(true() if actor.may(Role.AUDITOR) else None),
}


def rule(model: type, actor: Actor | None) -> Clause:
    """Give the condition under which `actor` may see a row of `model`; without an actor, none is seen."""
    return RULES[model](actor) if actor else false()


def _criteria(actor: Actor | None) -> list:
    """Make the loader criteria. Their sub-selects are bare of ORM annotations: the rule holds no rule inside.

    Else the rule would be put into its own sub-selects, and that of `Entry` is more than SQLite's parser takes.
    """
    return [with_loader_criteria(model, _plain(rule(model, actor)), include_aliases=True) for model in RULES]


def _plain(clause: Clause) -> Clause:
    """Take the ORM annotations from the sub-selects of a clause, and leave those of the row itself, for aliases."""
    return replacement_traverse(
        clause, {}, lambda part, **_: _deep_deannotate(part) if isinstance(part, SelectBase) else None
    )


def _options(actor: Actor | None) -> list:
    """Give the row rule as options for a statement; kept for the request, as they cost time to build."""
    if not has_request_context():
        return _criteria(actor)
    kept = g.setdefault("row_rule", {})
    if actor not in kept:
        kept[actor] = _criteria(actor)
    return kept[actor]


@event.listens_for(ScopedSession, "do_orm_execute")
def _scope(state: ORMExecuteState) -> None:
    """Put the row rule on every SELECT of the page session."""
    if state.is_select and not state.is_column_load:
        state.statement = state.statement.options(*_options(current_actor()))
