"""Flask-AppBuilder, made once per application, with our security manager and layout."""

from flask import Flask
from flask_appbuilder import AppBuilder

from app.console.security import Manager
from app.db import db


def install(app: Flask) -> AppBuilder:
    """Start Flask-AppBuilder; the home page and the views come from `app.views`."""
    from app.views.home import HomeView  # noqa: PLC0415 - views import the console

    builder = AppBuilder(security_manager_class=Manager, base_template="layout.html", indexview=HomeView)
    builder.init_app(app, db.session)
    return builder
