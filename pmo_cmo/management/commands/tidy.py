"""`manage.py tidy`: what has served its time goes. The worker does it at its start and once a day."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from members.actions import upkeep
from threads.actions import images
from threads.actions.following import TOLD_BY_EDITS

STEPS: dict[str, Callable[[], int]] = {
    "done jobs": upkeep.forget_jobs,
    "old notifications": partial(upkeep.forget_notifications, but=TOLD_BY_EDITS),
    "ended sessions": upkeep.forget_sessions,
    "expired cache rows": upkeep.forget_cache_rows,
    "unused images": images.forget_unused,
    "stray files": images.forget_stray_files,
}


class Command(BaseCommand):
    help = (
        "Take out jobs done a day ago or failed two weeks ago, notifications read three months ago or a "
        "year old, ended sessions, expired rows of the cache, and images that no text has shown for a day."
    )

    def handle(self, *, verbosity: int, **_options: Any) -> None:
        for things, forget in STEPS.items():
            try:
                count = sum(iter(forget, 0))
            except images.NotKeptError as trouble:
                raise CommandError(f"{things}: {trouble} What is left is taken out the next time.") from trouble
            if verbosity:
                self.stdout.write(f"{things}: {count} taken out")
