"""Roles and their permissions: one table, loaded by `init`, compared with the database at test (product 2).

A role says what a person may do; where it may be done follows from the functions of the person's unit. Permissions on
steps are not listed here: each step of a process names its roles (`app.workflow`).
"""

from enum import Enum

from flask_appbuilder.security.sqla.models import (
    Permission,
    PermissionView,
    ViewMenu,
    assoc_permissionview_role,
    assoc_user_role,
)
from flask_appbuilder.security.sqla.models import Role as RoleRow
from sqlalchemy import select
from sqlalchemy.orm import Session


class Role(Enum):
    """The roles, by the name under which people know them."""

    ADMIN = "系统管理员"
    BUREAU_TITLES = "主管机构专技审核员"
    BUREAU_MARKET = "主管机构人力资源审核员"
    SUPERIOR = "主管单位审核员"
    CLERK = "单位经办人"
    OFFICE = "评委会办公室"
    APPLICANT = "申报人"
    AUDITOR = "审计员"


STAFF = (Role.BUREAU_TITLES, Role.BUREAU_MARKET, Role.SUPERIOR, Role.CLERK, Role.OFFICE)
REVIEWERS = (Role.BUREAU_TITLES, Role.SUPERIOR, Role.CLERK, Role.OFFICE)

READ = ("can_list", "can_show")
WRITE = (*READ, "can_add", "can_edit")

#: View class -> role -> permissions. What is not here is not allowed.
VIEWS: dict[str, dict[Role, tuple[str, ...]]] = {
    "RegistrationView": dict.fromkeys((Role.BUREAU_TITLES, Role.BUREAU_MARKET, Role.SUPERIOR), READ),
    "UnitView": {
        Role.ADMIN: READ,
        Role.BUREAU_TITLES: READ,
        Role.BUREAU_MARKET: READ,
        Role.SUPERIOR: READ,
        Role.CLERK: READ,
        Role.OFFICE: READ,
    },
    "HandlerView": dict.fromkeys((Role.ADMIN, Role.BUREAU_TITLES, Role.SUPERIOR, Role.CLERK), READ),
    "ApplicantView": {Role.CLERK: READ},
    "RelationView": dict.fromkeys((Role.BUREAU_TITLES, Role.SUPERIOR, Role.CLERK), READ),
    "CommitteeView": {Role.ADMIN: READ, Role.BUREAU_TITLES: READ, Role.OFFICE: READ},
    "PlanView": {
        Role.OFFICE: WRITE,
        **dict.fromkeys((Role.BUREAU_TITLES, Role.SUPERIOR, Role.CLERK), READ),
    },
    "ApplicationView": {
        **dict.fromkeys((Role.BUREAU_TITLES, Role.SUPERIOR, Role.CLERK), READ),
        Role.OFFICE: READ,
    },
    "ReviewListView": dict.fromkeys((Role.OFFICE, Role.BUREAU_TITLES), ("can_export",)),
    "DisclosureView": dict.fromkeys(REVIEWERS, ("can_disclose",)),
    "OfflineCheckView": {Role.BUREAU_TITLES: (*READ, "can_add")},
    "PublicityView": {**dict.fromkeys(REVIEWERS, READ), Role.CLERK: (*READ, "can_add")},
    "MeetingView": {Role.OFFICE: (*READ, "can_add"), Role.BUREAU_TITLES: READ},
    "EntryView": dict.fromkeys(STAFF, ("can_list",)),
    "AuditView": {Role.AUDITOR: ("can_list",)},
    "AttachmentView": dict.fromkeys((*STAFF, Role.APPLICANT), ("can_show",)),
    "MyApplicationView": {Role.APPLICANT: (*WRITE, "can_upload")},
    "MyArchiveView": {Role.APPLICANT: ("can_show", "can_edit")},
    "NoticeView": dict.fromkeys(Role, ("can_list",)),
    "PasswordView": dict.fromkeys(Role, ("can_edit",)),
    "SessionView": dict.fromkeys(Role, ("can_list", "can_end")),
    "DemoClockView": dict.fromkeys(Role, ("can_edit",)),
}


def roles_of(session: Session, user_id: int) -> frozenset[str]:
    """Names of the roles an account has."""
    statement = select(RoleRow.name).join(assoc_user_role).where(assoc_user_role.c.user_id == user_id)
    return frozenset(session.scalars(statement))


def permissions_of(session: Session, user_id: int) -> frozenset[tuple[str, str]]:
    """Give all pairs of permission and view of an account in one statement, for the whole request."""
    statement = (
        select(Permission.name, ViewMenu.name)
        .join(PermissionView, PermissionView.permission_id == Permission.id)
        .join(ViewMenu, PermissionView.view_menu_id == ViewMenu.id)
        .join(assoc_permissionview_role, assoc_permissionview_role.c.permission_view_id == PermissionView.id)
        .join(assoc_user_role, assoc_user_role.c.role_id == assoc_permissionview_role.c.role_id)
        .where(assoc_user_role.c.user_id == user_id)
    )
    return frozenset(tuple(pair) for pair in session.execute(statement))
