"""`manage.py prepare`: everything between a new checkout and a served page. Safe to run again at any time."""

import contextlib
import hashlib
import io
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import django
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from glossary.models import Sense
from pmo_cmo import localdb
from pmo_cmo.checks import owner_role, web_role
from threads.actions import images
from threads.models import Thread

PREPARING = 7_072_016_001  # the number of the advisory lock, of which only this command knows


class Command(BaseCommand):
    help = (
        "Bring database and static files in step with the code: migrations, cache table, roles, static files, the "
        "starter glossary for an empty portal, sample content for an empty local database, the first administrator. "
        "Progress goes to the standard error."
    )

    def handle(self, **_options: Any) -> None:
        with _alone():
            self._prepare()

    def _prepare(self) -> None:
        executor = MigrationExecutor(connection)
        if steps := len(executor.migration_plan(executor.loader.graph.leaf_nodes())):
            self._say(f"Bringing the database up to date, {steps} steps …")
        call_command("migrate", interactive=False, verbosity=0)  # without steps too: it sets groups and permissions
        call_command("createcachetable", verbosity=0)
        if web_role() != owner_role():
            call_command("setup_roles", stdout=io.StringIO())
        self._collect_static()
        self._load_glossary()
        self._try_images()
        if _is_local():
            self._load_samples()
        call_command("first_administrator", stdout=self.stdout)

    def _try_images(self) -> None:
        """Say it before the first image; the portal starts all the same, for everything else works without."""
        try:
            images.try_storage()
        except images.NotKeptError as trouble:
            self._say(f"Images cannot be kept for now. {trouble} See “Images” in docs/operators.md.")

    def _load_glossary(self) -> None:
        """Give an empty portal the starter glossary, in one transaction; a glossary that was begun is left alone."""
        if not (Sense.objects.exists() or Thread.objects.exists() or get_user_model().objects.exists()):
            self._say("Loading the starter glossary …")
            call_command("load_glossary", stdout=io.StringIO())

    def _load_samples(self) -> None:
        """Fill an empty portal; finish what was killed while it did. What is there already is left alone."""
        begun = Path(settings.VAR_DIR) / "samples.begun"
        is_empty = not Thread.objects.exists() and not get_user_model().objects.exists()
        if not is_empty and not begun.exists():
            return
        self._say("Filling the empty portal with sample content …")
        begun.touch()
        if sys.stderr.isatty():
            with contextlib.closing(_OneLine()) as line:
                call_command("load_samples", stdout=line)
        else:
            call_command("load_samples", stdout=self.stderr)
        begun.unlink()

    def _collect_static(self) -> None:
        """Hash and compress the static files, when one has changed since the last time."""
        stamp = Path(settings.STATIC_ROOT) / ".collected"
        now = _fingerprint()
        if stamp.exists() and stamp.read_text() == now:
            return
        self._say("Hashing and compressing the static files …")
        call_command("collectstatic", interactive=False, clear=True, verbosity=0)
        stamp.write_text(now)

    def _say(self, words: str) -> None:
        self.stderr.write(words)
        self.stderr.flush()


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """Wait until nobody else prepares this database: two machines may start at once.

    An advisory lock of a transaction on a connection of its own: a pooler keeps
    it on one server connection, and the server lets it go when this process is
    killed. That transaction sees no rows, so no index waits for it.
    """
    line = connection.copy()
    try:
        line.set_autocommit(False)
        with line.cursor() as cursor:
            cursor.execute(
                "SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = 0; "
                "SET LOCAL idle_in_transaction_session_timeout = 0"
            )
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [PREPARING])
        yield
    finally:
        line.close()


class _OneLine(io.StringIO):
    """Progress on a terminal: each line takes the place of the one before, the last one is wiped out."""

    def write(self, text: str) -> int:
        for line in text.splitlines():
            sys.stderr.write(f"\r\x1b[K{line[:78]}")
        sys.stderr.flush()
        return len(text)

    def close(self) -> None:
        sys.stderr.write("\r\x1b[K")
        super().close()


def _fingerprint() -> str:
    """Names, sizes and times of all static files, with what turns them into hashed ones."""
    lines = [django.get_version(), str(settings.STORAGES["staticfiles"]), str(settings.STATIC_URL)]
    for finder in get_finders():
        for name, storage in finder.list([]):
            status = Path(storage.path(name)).stat()
            lines.append(f"{name} {status.st_size} {status.st_mtime_ns}")
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _is_local() -> bool:
    return localdb.url(settings.VAR_DIR, role="web") == str(settings.DATABASE_URL)
