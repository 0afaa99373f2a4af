#!/usr/bin/env python
"""The portal's commands. `python manage.py help` lists them.

Without DATABASE_URL a command uses the local server that runs, or starts it
for as long as the command takes.
"""

import contextlib
import os
import sys
import traceback
from pathlib import Path

from django.core.management import execute_from_command_line

from pmo_cmo import localdb

NEED_NO_DATABASE = {
    *("", "help", "version", "check", "collectstatic", "compilemessages", "diffsettings", "findstatic"),
    *("makemessages", "startapp", "startproject"),
}
# They change the schema or the roles, which the web role may not.
AS_OWNER = {
    *("createcachetable", "flush", "loaddata", "makemigrations", "migrate", "optimizemigration", "prepare"),
    *("setup_roles", "showmigrations", "sqlflush", "sqlmigrate", "squashmigrations", "test"),
}


def main() -> None:
    os.umask(0o077)  # mail, logs and keys are nobody else's on this machine
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pmo_cmo.settings")
    command = next((word for word in sys.argv[1:2] if not word.startswith("-")), "")
    if command in AS_OWNER:
        os.environ.setdefault("PORTAL_ROLE", "owner")
    asks_for_help = {"-h", "--help"} & set(sys.argv)
    needs_database = "--database" in sys.argv or command not in NEED_NO_DATABASE
    with contextlib.ExitStack() as until_done:
        if needs_database and not asks_for_help and not os.environ.get("DATABASE_URL"):
            var_dir = Path(os.environ.get("PORTAL_VAR", Path(__file__).resolve().parent / "var"))
            until_done.enter_context(localdb.running(var_dir))
        execute_from_command_line(sys.argv)


if __name__ == "__main__":
    try:
        main()
    except Exception as reason:
        # A mail server sends back what a command fails with, unless it says: again later.
        if sys.argv[1:2] == ["read_mail"]:
            traceback.print_exc()
            sys.exit(os.EX_TEMPFAIL)
        if isinstance(reason, localdb.LocalDatabaseError):
            sys.exit(str(reason))
        raise
