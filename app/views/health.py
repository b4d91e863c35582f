"""`/healthz`, for a balancer or a watchdog: whether this process answers and reaches its database.

No session, no language, no names: the first word is all there is to read. It asks a table, because SQLite answers
`SELECT 1` without looking at its file.
"""

from flask import Flask, Response, current_app, g
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app.db import db

#: Seconds that the database may take here: less than a watchdog waits.
PATIENCE = 3


def healthz() -> Response:
    """Answer 200 while the database does, and 503 while it does not or has no tables yet."""
    g.patience = PATIENCE
    try:
        with db.engine.connect() as connection:
            connection.execute(text("SELECT count(*) FROM ab_role"))
    except SQLAlchemyError as fault:
        current_app.logger.warning("healthz: the database does not answer: %s", type(fault).__name__)
        return answer("unavailable", 503)
    return answer("ok", 200)


def answer(word: str, code: int) -> Response:
    """One word in JSON."""
    return Response(f'{{"status": "{word}"}}\n', code, mimetype="application/json")


def install(app: Flask) -> None:
    """Register the address, outside Flask-AppBuilder's views: it has no permission and no menu."""
    app.add_url_rule("/healthz", "healthz", healthz)
