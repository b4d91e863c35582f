"""申报材料 on their way out, by the id of the row and through the row rule; and the limit on their way in."""

from os import SEEK_END

from flask import Flask, Response, abort, flash, redirect, request, send_file
from flask_appbuilder import BaseView, expose, has_access
from flask_babel import gettext as _

from app import files
from app.console import errors
from app.db import db
from app.models import Attachment

#: A file is shown and nothing else: it runs no script, loads nothing, and opens in frames of ours alone. Today's
#: Chromium shows a pdf inside such a sandbox, its viewer being one of its own.
POLICY = "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'self'; sandbox"
#: So much of a body that is too large is read and thrown away, so that the browser hears the answer.
DRAINED = 64 << 20


class AttachmentView(BaseView):
    """A file, for whoever may see the case it belongs to."""

    route_base = "/attachments"

    @expose("/<int:pk>")
    @has_access
    def show(self, pk: int) -> Response:
        """Show one file; what the row rule hides does not exist."""
        return answer(db.session.get(Attachment, pk))


def answer(row: Attachment | None) -> Response:
    """Give a file inline with a fixed content type and its own name (RFC 5987); nobody keeps it."""
    if row is None or row.mime not in files.MIMES:
        abort(404)
    try:
        stream = files.open(row.key)
    except OSError:
        return errors.page(
            404, title=_("文件不在存放处"), why=_("请联系上传的人重新上传，或者报给技术支持。")
        )
    sent = send_file(stream, mimetype=row.mime, download_name=row.filename, conditional=False, etag=False)
    sent.headers["Content-Length"] = str(stream.seek(0, SEEK_END))
    stream.seek(0)
    sent.headers["Content-Security-Policy"] = POLICY
    sent.headers["X-Content-Type-Options"] = "nosniff"
    sent.headers["Cache-Control"] = "no-store"
    return sent


def accept_uploads(app: Flask, *endpoints: str) -> None:
    """Raise the limit of a request's size for these pages, before anybody reads the form.

    CSRF protection reads the form before a view is asked, so this stands where Flask looks first. What is larger is
    refused on the page itself, with a sentence.
    """

    def raise_limit(endpoint: str | None, _values: object) -> None:
        if endpoint not in endpoints or request.method != "POST":
            return
        request.max_content_length = files.REQUEST
        if (request.content_length or 0) > files.REQUEST:
            _drain()
            flash(_("没有上传：每个文件不超过 10 MB，一次合计不超过 12 MB，请分几次上传。"), "danger")
            abort(redirect(request.path, 303))

    app.url_value_preprocessor(raise_limit)


def _drain() -> None:
    left = min(request.content_length or 0, DRAINED)
    stream = request.environ["wsgi.input"]
    while left > 0:
        chunk = stream.read(min(left, 1 << 16))
        if not chunk:
            break
        left -= len(chunk)


def install(app: Flask) -> None:
    """Register the view."""
    app.appbuilder.add_view_no_menu(AttachmentView)
