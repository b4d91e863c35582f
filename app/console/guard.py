"""What every request passes before a view sees it, and what every answer carries (security 2.3, 2.4)."""

import re
import secrets

from flask import Flask, Response, abort, current_app, g, request

RESERVED = {"endpoint", "_method", "_scheme", "_external", "_anchor"}
LARGEST_PAGE = 100
POLICY = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self'; img-src 'self' data:; font-src 'self';"
    " connect-src 'self'; frame-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self';"
    " frame-ancestors 'self'"
)


def nonce() -> str:
    """A fresh word per request for the content policy; Flask-AppBuilder's templates ask for it too."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    return g.csp_nonce


def check() -> None:
    """Refuse what no page of ours sends: NUL bytes, reserved words, odd pages, columns that are not for ordering."""
    sent = [request.args, *([request.form] if request.method == "POST" else [])]
    values = [value for given in sent for _name, value in given.items(multi=True)]
    if any("\0" in value for value in values):
        abort(400)
    for name, value in request.args.items(multi=True):
        if name in RESERVED:
            abort(400)
        if re.match(r"page_|psize_", name) and not re.fullmatch(r"\d{1,6}", value):
            abort(400)
        if name.startswith("psize_") and int(value) > LARGEST_PAGE:
            abort(400)
        if name.startswith("_oc_") and value not in (getattr(_view(), "order_columns", None) or ()):
            abort(400)
    pk = str((request.view_args or {}).get("pk", "1"))
    if not (pk.isascii() and pk.isdigit() and int(pk) < 2**31):
        abort(404)


def _view() -> object | None:
    views = current_app.appbuilder.baseviews
    return next((view for view in views if view.endpoint == request.blueprint), None)


def headers(answer: Response) -> Response:
    """Tell the browser what the page may do; pages of people are not kept."""
    answer.headers.setdefault("Content-Security-Policy", POLICY.format(nonce=nonce()))
    answer.headers.setdefault("X-Content-Type-Options", "nosniff")
    answer.headers.setdefault("X-Frame-Options", "SAMEORIGIN")
    answer.headers.setdefault("Referrer-Policy", "same-origin")
    answer.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    if request.is_secure:
        answer.headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
    if request.endpoint != "static":
        answer.headers.setdefault("Cache-Control", "no-store")
    return answer


def install(app: Flask) -> None:
    """Put the guard before and the headers behind every request."""
    app.before_request(check)
    app.after_request(headers)
    app.jinja_env.globals["csp_nonce"] = nonce
