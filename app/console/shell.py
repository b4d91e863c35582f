"""The frame around every page: guard, forced change of password, what templates may ask, and error pages."""

from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from flask import Flask, current_app, request, url_for
from flask_appbuilder.baseviews import BaseView

from app.console import errors, frame, ground, guard, lists, security
from app.states import State


@cache
def _stamp(folder: str, name: str) -> int:
    return int((Path(folder) / name).stat().st_mtime)


def asset(name: str) -> str:
    """Address of a file of ours, with its age, so that a browser may keep it."""
    return url_for("static", filename=name, v=_stamp(current_app.static_folder, name))


def came_from() -> str:
    """The page before this one, if it is ours; else the home page."""
    parts = urlsplit(request.referrer or "")
    same = parts.netloc == request.host and parts.path != request.path
    return f"{parts.path}?{parts.query}" if same and parts.query else (parts.path if same else "/")


def install(app: Flask) -> None:
    """Put guard, frame and error pages around every page."""
    guard.install(app)
    app.before_request(ground.read)
    app.before_request(ground.meet)
    app.before_request(security.must_change_password)
    app.jinja_env.globals |= {
        "frame": frame.frame,
        "age_of": ground.age_of,
        "asset": asset,
        "view_here": lists.here,
        "case_url": frame.case_url,
        "list_url": frame.list_url,
        "queue_url": frame.queue_url,
    }
    app.jinja_env.filters |= {"moment": ground.shown_moment, "day": ground.shown_day}
    app.jinja_env.tests["state"] = lambda value: isinstance(value, State)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    # Flask-AppBuilder keeps addresses of the pages before in the cookie, which overflows and mixes tabs (framework 13)
    BaseView.update_redirect = lambda _self: None
    BaseView.get_redirect = lambda _self: came_from()
    errors.install(app)
