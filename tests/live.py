"""A served application for a real browser, on SQLite, on loopback."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask
from werkzeug.serving import make_server

from app import clock, create_app, setup
from tests.cast import TODAY, Cast
from tests.conftest import FAST


@contextmanager
def served(folder: Path) -> Iterator[tuple[str, Cast, Flask]]:
    """Serve a fresh database with the cast, its demo clock at nine in the morning of the tests' day."""
    given = {"DATABASE_URL": f"sqlite:///{folder / 'live.sqlite'}", "ZHIPING_FILES": str(folder / "files")}
    app = create_app(FAST | given)
    with app.app_context():
        setup.initialise()
        with clock.fixed(TODAY):
            cast = Cast(app)
        app.extensions["zhiping"].move_clock(clock.at(TODAY, 9))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}", cast, app
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
