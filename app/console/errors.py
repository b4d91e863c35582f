"""Pages for what went wrong: what happened, what to do, and a number for support."""

from flask import Flask, Response, current_app, make_response, render_template
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnection
from werkzeug.exceptions import HTTPException, InternalServerError

from app import faults
from app.access import current_actor
from app.console.ground import request_number
from app.db import db
from app.process import Forbidden, Missing, Refused
from app.words import N_

#: Code -> title and what to do.
PAGES = {
    400: (
        N_("这个请求不完整，没有办理"),
        N_("请返回上一页，刷新后再试。填写的内容如还在页面上，可先复制保存。"),
    ),
    403: (
        N_("您的账号不能办这件事"),
        N_("每个角色只能办理自己的业务。认为应当由您办理的，请联系本单位或主管机构的系统管理员。"),
    ),
    404: (
        N_("没有这个页面，或者您看不到它"),
        N_("链接可能已失效，或者这一件不在您的查看范围内。请从首页或列表进入。"),
    ),
    405: (N_("这个地址不能这样打开"), N_("请从页面上的按钮办理，不要直接打开或刷新这个地址。")),
    409: (N_("这一件刚刚由别人办理"), N_("您的操作没有执行。请刷新后看最新情况。")),
    413: (N_("提交的内容太大"), N_("附件每份不超过 10 MB。请压缩或分成几份后再上传。")),
    422: (N_("没有办理"), N_("请按说明改好后再办。")),
    429: (N_("操作太频繁，请稍后再试"), N_("为防止他人试探，系统限制了短时间内的次数。过一分钟再试。")),
    500: (N_("系统出错了，没有办理"), N_("请稍后再试。多次出现时，请把下面的编号告诉技术支持。")),
    503: (N_("系统正忙或正在维护"), N_("请过几分钟再试，已保存的内容不会丢失。")),
}


#: From this code on the fault is ours.
PAGES_FROM = 500
#: The page of this code asks the database nothing: it may be the database that does not answer.
UNAVAILABLE = 503


def page(code: int, *, title: str = "", why: str = "") -> Response:
    """Make the page of an error; where even that fails, a line of text."""
    words = PAGES.get(code, PAGES[500] if code >= PAGES_FROM else PAGES[400])
    shown = {
        "code": code,
        "title": title or _(words[0]),
        "why": why or _(words[1]),
        "number": request_number(),
    }
    try:
        html = _bare(shown) if code == UNAVAILABLE else render_template("error.html", **shown)
    except Exception as wrong:
        if code != UNAVAILABLE and faults.is_fault(wrong):
            return _fault(wrong)
        current_app.logger.exception("the error page itself failed, %s", request_number())
        html = f"{shown['title']}。{shown['why']} {code} {request_number()}"
    return make_response(html, code)


def _bare(shown: dict[str, object]) -> str:
    """Make the page without what templates are given besides: that would read the account from the database."""
    return current_app.jinja_env.get_template("unavailable.html").render(shown)


def _fault(error: Exception) -> Response:
    """Say that it is not the person's mistake, and may be tried again; anything else is an error of ours."""
    if not faults.is_fault(error):
        raise error
    current_app.logger.error("request %s: %s", request_number(), error)
    db.session.rollback()
    answer = page(UNAVAILABLE)
    answer.headers["Retry-After"] = "30"
    return answer


def _http(error: HTTPException) -> Response:
    if error.response is not None or error.code is None or error.code < 400:  # noqa: PLR2004 - redirects
        return error.get_response()
    if isinstance(error, InternalServerError):
        current_app.logger.error("request %s failed", request_number(), exc_info=error.original_exception)
        db.session.rollback()
    return page(error.code)


def _csrf(error: CSRFError) -> Response:
    current_app.logger.info("request %s refused: %s", request_number(), error.description)
    why = _("页面打开太久，或者您在别处退出过登录。请刷新页面再试。")
    return page(400, title=_("这个页面已经过期，没有办理"), why=why)


def _missing(_error: Missing) -> Response:
    return page(404)


def _forbidden(_error: Forbidden) -> Response:
    return page(403 if current_actor() else 404)


def _refused(error: Refused) -> Response:
    return page(422, why=str(error))


def install(app: Flask) -> None:
    """Answer every error with a page of ours."""
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(CSRFError, _csrf)
    for kind in (DBAPIError, NoConnection, OSError):
        app.register_error_handler(kind, _fault)
    app.register_error_handler(Missing, _missing)
    app.register_error_handler(Forbidden, _forbidden)
    app.register_error_handler(Refused, _refused)
