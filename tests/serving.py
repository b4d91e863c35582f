"""The application as gunicorn's workers make it, with a note of who answered and of everything they wrote."""

import os
from collections.abc import Callable

from sqlalchemy import Engine, event

from app import create_app


def application() -> Callable:
    """Make the application; `SERVING_LOG` names the file to which every statement but a SELECT is added."""

    @event.listens_for(Engine, "before_cursor_execute")
    def _write_down(_connection, _cursor, statement, *_more):
        word = statement.split(None, 1)[0].upper()
        if word not in {"SELECT", "PRAGMA", "SHOW"}:
            with open(os.environ["SERVING_LOG"], "a") as log:  # noqa: PTH123 - appending from four processes
                log.write(f"{os.getpid()} {statement}\n")

    app = create_app()

    @app.after_request
    def _sign(answer):
        answer.headers["X-Worker"] = str(os.getpid())
        return answer

    return app
