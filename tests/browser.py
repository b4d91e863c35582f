"""A headless Chromium for tests: the machine's own, driven through Playwright."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, sync_playwright

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
MISSING = "no Chromium on this machine (Debian: apt-get install chromium fonts-noto-cjk)"
# No sandbox: tests often run as root, on pages of our own. The rest keeps it from calling other hosts.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def chromium() -> str:
    """Return the path of the machine's Chromium; without one the test is skipped, and fails where CI=true."""
    for program in PROGRAMS:
        if path := shutil.which(program):
            return path
    if os.environ.get("CI") == "true":
        pytest.fail(MISSING)
    pytest.skip(MISSING)


@contextmanager
def running() -> Iterator[Browser]:
    """Launch a browser; a test opens its own context in it, so that no cookie is shared."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()
