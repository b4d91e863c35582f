"""Settings from the environment, with defaults that are safe for one machine (product 5).

`production` is explicit: it refuses to start without `SECRET_KEY` and `ZHIPING_KEYS`. Everything else runs in demo
mode on SQLite in `instance/`, with a secret key that is made once and kept in an ignored file of mode 0600.
"""

import os
import secrets
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent
INSTANCE = ROOT / "instance"
PRODUCTION = "production"


def kept_secret(path: Path) -> str:
    """Give the secret key of this clone, made at first use and readable by its owner alone."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_hex(32))
    return path.read_text().strip()


def database_options(url: str) -> dict[str, Any]:
    """Engine options: no values in error messages, dead connections found, and waits that end."""
    options: dict[str, Any] = {"hide_parameters": True, "pool_pre_ping": True, "pool_timeout": 10}
    if url.startswith("postgresql"):
        options["connect_args"] = {
            "connect_timeout": 5,
            "options": "-c statement_timeout=60000 -c lock_timeout=10000 -c timezone=UTC",
        }
    else:
        options["connect_args"] = {"timeout": 10}
    return options


def settings(environ: Mapping[str, str], given: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Give the whole configuration: the environment, and over it what the caller gave."""
    given = dict(given or {})
    mode = given.get("ZHIPING_MODE", environ.get("ZHIPING_MODE", "demo"))
    production = mode == PRODUCTION
    secret_key = given.get("SECRET_KEY") or environ.get("SECRET_KEY")
    keys = given.get("ZHIPING_KEYS") or environ.get("ZHIPING_KEYS")
    if production and not (secret_key and keys):
        message = "production needs SECRET_KEY and ZHIPING_KEYS"
        raise RuntimeError(message)
    url = (
        given.get("SQLALCHEMY_DATABASE_URI")
        or given.get("DATABASE_URL")
        or environ.get("DATABASE_URL")
        or f"sqlite:///{INSTANCE / 'zhiping.sqlite'}"
    )
    values: dict[str, Any] = {
        "ZHIPING_MODE": mode,
        "SECRET_KEY": secret_key or kept_secret(INSTANCE / "secret_key"),
        "ZHIPING_KEYS": keys or "",
        "ZHIPING_FILES": environ.get("ZHIPING_FILES", str(INSTANCE / "files")),
        "SQLALCHEMY_DATABASE_URI": url,
        "SQLALCHEMY_ENGINE_OPTIONS": database_options(url),
        # seconds that one statement of a request may wait for PostgreSQL, frozen or not; connecting has 5 more
        "DATABASE_PATIENCE": 12,
        # sessions and requests
        "SESSION_COOKIE_NAME": "__Host-zhiping" if production else "zhiping",
        "SESSION_COOKIE_SECURE": production,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "PERMANENT_SESSION_LIFETIME": timedelta(minutes=30),
        "WTF_CSRF_TIME_LIMIT": None,
        "MAX_CONTENT_LENGTH": 1 << 20,
        "MAX_FORM_MEMORY_SIZE": 1 << 20,
        # how many proxies of ours stand in front and are believed about the sender's address; none by default
        "ZHIPING_PROXIES": int(environ.get("ZHIPING_PROXIES", "0")),
        "TRUSTED_HOSTS": [host for host in environ.get("ZHIPING_HOSTS", "").split(",") if host] or None,
        # language
        "BABEL_DEFAULT_LOCALE": "zh_Hans_CN",
        "BABEL_DEFAULT_TIMEZONE": "Asia/Shanghai",
        "BABEL_TRANSLATION_DIRECTORIES": str(ROOT / "translations"),
        "LANGUAGES": {"zh_Hans_CN": {"flag": "cn", "name": "中文"}, "en": {"flag": "gb", "name": "English"}},
        # Flask-AppBuilder: `init` makes tables and permissions, web processes never do
        "APP_NAME": "职评",
        "AUTH_TYPE": 1,
        "FAB_CREATE_DB": False,
        "FAB_UPDATE_PERMS": False,
        "FAB_ADD_MENU_API": False,
        "FAB_ADD_OPENAPI_VIEWS": False,
        "FAB_ADD_SECURITY_VIEWS": True,
        "FAB_ADD_SECURITY_PERMISSION_VIEW": False,
        "FAB_ADD_SECURITY_VIEW_MENU_VIEW": False,
        "FAB_ADD_SECURITY_PERMISSION_VIEWS_VIEW": False,
        "FAB_PASSWORD_HASH_METHOD": "scrypt",
        "RATELIMIT_ENABLED": True,
        "RATELIMIT_STORAGE_URI": environ.get("ZHIPING_LIMITS", "memory://"),
    }
    return values | given
