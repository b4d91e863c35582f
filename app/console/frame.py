"""The frame around a page: who is here, the menu in the order of work with its counts, language, text size, theme."""

from dataclasses import dataclass, field
from datetime import datetime

from flask import current_app, g, request, url_for
from flask_babel import get_locale
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, case, func, literal, null, select, type_coerce

from app.access import Actor, current_actor
from app.console import ground
from app.db import Moment, db
from app.models import Notice
from app.process import Process, Queue
from app.roles import Role
from app.words import N_
from app.workflow import QUEUES

#: Master data and readings of the side menu: view, words. Shown where the person may list them.
LISTS = (
    (
        N_("资料"),
        (
            ("RegistrationView", N_("单位注册申请")),
            ("UnitView", N_("单位")),
            ("HandlerView", N_("经办人")),
            ("RelationView", N_("上下级关系")),
            ("ApplicantView", N_("申报人")),
        ),
    ),
    (
        N_("评审"),
        (
            ("CommitteeView", N_("评委会")),
            ("PlanView", N_("年度评审工作计划")),
            ("ApplicationView", N_("职称申报")),
            ("OfflineCheckView", N_("线下形式审查")),
            ("PublicityView", N_("公示")),
            ("MeetingView", N_("评审会议")),
        ),
    ),
    (N_("记录"), (("EntryView", N_("审核记录")), ("AuditView", N_("审计日志")))),
)
#: Where the search field of the top bar looks, the first that is allowed, and what it says.
FINDERS = (
    ("ApplicationView", N_("姓名、受理号、单位或证件号后四位"), True),
    ("RegistrationView", N_("单位名称、信用代码或受理编号"), False),
    ("UnitView", N_("单位名称或信用代码"), False),
)


@dataclass(frozen=True)
class Figure:
    """What waits in a queue: how many, since when the oldest, how many beyond the limit."""

    count: int = 0
    oldest: datetime | None = None
    overdue: int = 0


@dataclass(frozen=True)
class Item:
    """An entry of the menu."""

    label: str
    url: str
    here: bool = False
    count: int | None = None
    due: bool = False


@dataclass(frozen=True)
class Group:
    """Entries under a heading."""

    title: str
    entries: list[Item]


@dataclass
class Frame:
    """Everything `layout.html` asks for."""

    actor: Actor | None
    lang: str
    text: str
    theme: str
    staff: bool = False
    applicant: bool = False
    menu: list[Group] = field(default_factory=list)
    unread: int = 0
    find_url: str = ""
    find_words: str = ""
    finds_people: bool = False
    tabs: list[tuple[str, str, str, bool]] = field(default_factory=list)

    @property
    def home(self) -> str:
        """Where the brand leads."""
        if self.applicant:
            return "/me/"
        return "/" if self.actor else "/login/"

    @property
    def place(self) -> str:
        """What stands under the brand."""
        if self.applicant:
            return _("个人申报")
        return self.actor.unit_name if self.actor and self.actor.unit_name else _("职称评审管理")

    @property
    def roles(self) -> str:
        """The person's roles in words."""
        return "、".join(sorted(self.actor.roles)) if self.actor else ""

    @property
    def notices_url(self) -> str:
        """Where the notices are."""
        return list_url("NoticeView") or "/"

    @property
    def other_lang(self) -> dict[str, str]:
        """The language one may change to."""
        if self.lang == "en":
            return {"url": "/lang/zh_Hans_CN", "lang": "zh-Hans", "name": "中文"}
        return {"url": "/lang/en", "lang": "en", "name": "English"}

    @property
    def at_login(self) -> bool:
        """Whether this is the sign-in page."""
        return request.endpoint == "SignInView.login"

    @property
    def here(self) -> str:
        """The address of this page, to come back to."""
        return request.full_path.rstrip("?")

    @property
    def demo_words(self) -> str:
        """The demo clock."""
        return ground.demo_words()

    @property
    def demo_button(self) -> bool:
        """Whether the person may move the demo clock."""
        return bool(self.actor) and ("can_edit", "DemoClockView") in self.actor.permissions


def frame() -> Frame:
    """Give the frame of this request, made once."""
    if "frame" not in g:
        g.frame = _make()
    return g.frame


def _make() -> Frame:
    actor = current_actor()
    locale = str(get_locale() or "zh_Hans_CN")
    text = request.cookies.get("zp_text", "")
    theme = request.cookies.get("zp_theme", "")
    made = Frame(
        actor,
        "en" if locale.startswith("en") else "zh-Hans",
        text if text in ("normal", "large") else "",
        theme if theme in ("light", "dark") else "",
    )
    if actor is None or actor.user_id is None:
        made.actor = None
        return made
    made.applicant = actor.may(Role.APPLICANT)
    made.staff = not made.applicant
    made.unread = unread()
    if made.applicant:
        made.tabs = _tabs(made.unread)
    else:
        made.menu = _menu(actor)
        found = next((finder for finder in FINDERS if may_list(actor, finder[0])), None)
        if found:
            made.find_url, made.find_words, made.finds_people = list_url(found[0]), _(found[1]), found[2]
    return made


# ---- figures: one statement for everything that waits -----------------------------------------------------------


def queues(actor: Actor) -> list[Queue]:
    """Queues of the actor's posts, in the order of work, where there is a page for them."""
    return [
        queue
        for queue in QUEUES.values()
        if queue.who.fits(actor) and queue_url(queue) and _opens(actor, queue)
    ]


def _opens(actor: Actor, queue: Queue) -> bool:
    return ("can_list", view_of(queue.process)) in actor.permissions


def since_column(process: Process) -> ColumnElement[datetime]:
    """The column that says since when a case lies where it lies."""
    return getattr(process.model, "held_since", None) or process.model.created_at


def figures() -> dict[str, Figure]:
    """Count what waits in each queue of the person, once per request; `#unread` counts notices."""
    if "figures" not in g:
        actor = current_actor()
        parts = [_figure(queue, actor) for queue in queues(actor)] if actor else []
        if actor:
            nothing = type_coerce(null(), Moment)
            mine = (Notice.user_id == actor.user_id, Notice.read_at.is_(None))
            parts.append(select(literal("#unread"), func.count(Notice.id), nothing, literal(0)).where(*mine))
        rows = db.session.execute(parts[0].union_all(*parts[1:])).all() if parts else []
        g.figures = {name: Figure(count, oldest, overdue or 0) for name, count, oldest, overdue in rows}
    return g.figures


def _figure(queue: Queue, actor: Actor) -> object:
    since, limit = since_column(queue.process), ground.overdue_before(queue.days)
    late = func.sum(case((since < limit, 1), else_=0)) if limit else literal(0)
    count = func.count(queue.process.model.id)
    return select(literal(queue.name), count, type_coerce(func.min(since), Moment), late).where(
        queue.clause(actor)
    )


def unread() -> int:
    """How many notices the person has not read."""
    return figures().get("#unread", Figure()).count


# ---- addresses --------------------------------------------------------------------------------------------------


def view_of(process: Process | str) -> str:
    """Name of the view that shows the cases of a process; empty where there is none."""
    name = process if isinstance(process, str) else process.name
    views = current_app.extensions["zhiping"].__dict__.setdefault("case_views", {})
    if name not in views:
        found = [
            view for view in current_app.appbuilder.baseviews if getattr(view, "process", None) is not None
        ]
        views.update({view.process.name: view.endpoint for view in found})
    return views.get(name, "")


def known(endpoint: str) -> bool:
    """Whether there is such a page."""
    return endpoint in current_app.view_functions


def list_url(view: str, **args: object) -> str:
    """Address of a view's list; empty where there is none."""
    return url_for(f"{view}.list", **args) if known(f"{view}.list") else ""


def may_list(actor: Actor, view: str) -> bool:
    """Whether the person may open the list of a view."""
    return ("can_list", view) in actor.permissions and known(f"{view}.list")


def queue_url(queue: Queue, **args: object) -> str:
    """Address of a queue."""
    return list_url(view_of(queue.process), queue=queue.name, **args)


def case_url(process: Process | str, case_id: int | None, **args: object) -> str:
    """Address of a case's page for the person who reads; empty where they have none."""
    actor = current_actor()
    if case_id is None or actor is None:
        return ""
    name = process if isinstance(process, str) else process.name
    if actor.may(Role.APPLICANT):
        mine = name == "application" and known("MyApplicationView.show")
        return url_for("MyApplicationView.show", pk=case_id) if mine else ""
    view = view_of(name)
    allowed = view and ("can_show", view) in actor.permissions and known(f"{view}.show")
    return url_for(f"{view}.show", pk=case_id, **args) if allowed else ""


# ---- menu -------------------------------------------------------------------------------------------------------


def _menu(actor: Actor) -> list[Group]:
    home = Item(_("首页"), "/", here=request.path == "/")
    waiting = [_queue_item(queue) for queue in queues(actor)]
    groups = [Group("", [home])]
    if waiting:
        groups.append(Group(_("待我办理（按办理顺序）"), waiting))
    for title, views in LISTS:
        entries = [_list_item(view, words) for view, words in views if may_list(actor, view)]
        if entries:
            groups.append(Group(_(title), entries))
    if actor.may(Role.ADMIN) and any(
        str(rule).startswith("/maintenance/") for rule in current_app.url_map.iter_rules()
    ):
        groups.append(Group(_("维护"), [Item(_("字典与账号"), "/maintenance/")]))
    return groups


def _queue_item(queue: Queue) -> Item:
    found = figures().get(queue.name, Figure())
    here = request.args.get("queue") == queue.name
    return Item(queue.label, queue_url(queue), here=here, count=found.count, due=bool(found.overdue))


def _list_item(view: str, words: str) -> Item:
    here = request.blueprint == view and not request.args.get("queue")
    return Item(_(words), list_url(view), here=here)


def _tabs(waiting: int) -> list[tuple[str, str, str, bool]]:
    notices = list_url("NoticeView") or "/me/"
    words = _("通知 %(n)s", n=waiting) if waiting else _("通知")
    tabs = [
        (_("首页"), "/me/", "home"),
        (_("评审计划"), "/plans/", "list"),
        (words, notices, "bell"),
        (_("密码"), "/password/", "user"),
    ]
    return [(label, url, icon, request.path == url) for label, url, icon in tabs]
