"""职评 Zhiping: `create_app` puts the parts together, and nothing else happens here."""

import os
from collections.abc import Mapping
from typing import Any

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

import config


def create_app(given: Mapping[str, Any] | None = None) -> Flask:
    """Make the application; `given` overrides the environment (product 5).

    Neither tables nor permissions are made here: `flask --app run init` does that, once.
    """
    from app import faults  # noqa: PLC0415 - models need no application, importing them does no harm
    from app.console import appbuilder, shell  # noqa: PLC0415
    from app.db import db  # noqa: PLC0415
    from app.extension import Zhiping, csrf, limiter, migrate, set_pragmas  # noqa: PLC0415

    app = Flask(__name__, static_folder="static", template_folder="templates")
    app.config.update(config.settings(os.environ, given))
    if hops := app.config["ZHIPING_PROXIES"]:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops)
    db.init_app(app)
    app.extensions["zhiping"] = Zhiping(app)
    csrf.init_app(app)
    limiter.init_app(app)
    migrate.init_app(app, db, directory=str(config.ROOT / "migrations"), render_as_batch=True)
    with app.app_context():
        set_pragmas(db.engine)
        faults.make_patient(db.engine)
        appbuilder.install(app)
    shell.install(app)
    from app import cli, views  # noqa: PLC0415

    views.install(app)
    cli.install(app)
    return app
