"""How gunicorn serves (`make serve`): workers that create nothing, on loopback, behind a proxy that speaks TLS.

`flask --app run init` has made tables and permissions before (security A23). Every setting can be changed in the
environment without touching this file, as with any gunicorn: `GUNICORN_CMD_ARGS`.
"""

import os

wsgi_app = "app:create_app()"
bind = f"127.0.0.1:{os.environ.get('PORT', '8080')}"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
worker_class = "gthread"
threads = 4
# Longer than the longest wait for the database (config.py), so that people read the sentence and not a reset.
timeout = graceful_timeout = 30
keepalive = 5
# What leaks, ends with its worker.
max_requests, max_requests_jitter = 2000, 200
# Each worker opens its own connections and clock; nothing is shared by forking.
preload_app = False
# The socket under ~/.gunicorn would let whoever shares the account steer the server (A29).
control_socket_disable = True
# Who forwards is told to the application (`ZHIPING_PROXIES`); gunicorn itself believes nobody (T36).
forwarded_allow_ips = ""
accesslog = "-"
# The path without its query, which may hold what somebody searched for (T20).
access_log_format = '%(h)s %(t)s "%(m)s %(U)s" %(s)s %(B)s %(M)sms'
