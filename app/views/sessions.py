"""登录设备: where one is signed in, and putting out what is no longer oneself (ASVS 5.0, 7.5.2)."""

from flask import abort, flash, redirect
from flask_appbuilder import BaseView, expose, has_access, permission_name
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import select
from werkzeug import Response

from app import sessions
from app.console import security
from app.console.ground import shown_moment
from app.db import db, open_session
from app.models import SignIn


class SessionView(BaseView):
    """One's own sessions; the row rule shows nobody else's."""

    route_base = "/sessions"
    default_view = "list"

    @expose("/")
    @has_access
    def list(self) -> str:
        """The browser one sits at first, then the others, the last used first."""
        statement = select(SignIn).where(*sessions.running(current_user.id)).order_by(SignIn.seen_at.desc())
        rows = sorted(db.session.scalars(statement), key=lambda row: row.id != current_user.sign_in.id)
        return self.render_template(
            "sessions.html", title=_("登录设备"), rows=rows, here=current_user.sign_in.id, shown=shown_moment
        )

    @expose("/<int:pk>/end", methods=["POST"])
    @has_access
    @permission_name("end")
    def end(self, pk: int) -> Response:
        """End one of them; ending this one is signing out."""
        if db.session.get(SignIn, pk) is None:
            abort(404)
        put_out(only=pk)
        if pk == current_user.sign_in.id:
            return redirect("/login/")
        flash(_("已让那台设备退出登录。"), "success")
        return redirect("/sessions/")

    @expose("/others/end", methods=["POST"])
    @has_access
    @permission_name("end")
    def end_others(self) -> Response:
        """End all but this one."""
        number = put_out(but=current_user.sign_in.id)
        flash(_("已让其他设备退出登录：%(n)s 台。", n=number), "success")
        return redirect("/sessions/")


def put_out(*, only: int | None = None, but: int | None = None) -> int:
    """End sessions of the person who asks, and write it down."""
    with open_session() as writing:
        number = sessions.end(writing, current_user.id, only=only, but=but)
        security.note(writing, "sign_out", current_user, sessions=number)
        writing.commit()
    return number


VIEWS = (SessionView,)
