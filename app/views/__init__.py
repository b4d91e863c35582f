"""The pages. Views declare: columns, labels, queues; what does something is a verb in a module of its own."""

from importlib import import_module
from importlib.util import find_spec

from flask import Flask

#: Modules with pages, in the order of the menu. Each names its view classes in `VIEWS`, or has an `install(app)`.
MODULES = (
    "home",
    "registrations",
    "units",
    "relations",
    "committees",
    "applications",
    "disclosure",
    "records",
    "account",
    "sessions",
    "health",
    "public",
    "register",
    "signup",
    "mine",
    "attachments",
    "plans",
    "publicities",
    "meetings",
    "offline",
    "exports",
    "maintenance",
)


def install(app: Flask) -> None:
    """Register every view."""
    from app.console.steps import StepView  # noqa: PLC0415 - views import the console

    with app.app_context():
        app.appbuilder.add_view_no_menu(StepView)
        for name in MODULES:
            if find_spec(f"{__name__}.{name}") is None:
                continue
            module = import_module(f"{__name__}.{name}")
            for view in getattr(module, "VIEWS", ()):
                app.appbuilder.add_view_no_menu(view)
            if hasattr(module, "install"):
                module.install(app)
