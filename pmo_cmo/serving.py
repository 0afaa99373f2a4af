"""How gunicorn serves the portal: `python -m gunicorn -c python:pmo_cmo.serving`.

Every value may be changed after it on gunicorn's command line.
"""

import os
import signal
from pathlib import Path
from typing import Any

from pmo_cmo.processes import end_with

wsgi_app = "pmo_cmo.wsgi:application"
bind = f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"
worker_class = "gthread"
workers = int(os.environ.get("WEB_WORKERS", "2"))
threads = int(os.environ.get("WEB_THREADS", "4"))
preload_app = True  # the code is read once and shared; a killed worker is back in milliseconds
timeout = 30  # seconds; no request may take over 12
graceful_timeout = 10
loglevel = "warning"
control_socket_disable = True  # gunicorn would put it into the home folder, and nobody needs it here
if Path("/dev/shm").is_dir():  # noqa: S108 - the heartbeat file must not wait for a disk
    worker_tmp_dir = "/dev/shm"  # noqa: S108


def post_fork(server: Any, worker: Any) -> None:
    """A worker finishes its requests and ends when the master is killed; the next master brings its own."""
    del server
    end_with(worker.ppid, signal.SIGTERM)
