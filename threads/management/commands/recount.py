"""The command that checks the stored counters."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from tqdm import tqdm

from threads.actions import upkeep
from threads.models import Thread


class Command(BaseCommand):
    help = "Compare the stored counters of threads with their posts; with --repair, set them right."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--repair", action="store_true", help="set what has drifted")

    def handle(self, *args: Any, **options: Any) -> None:
        drifted = 0
        progress = tqdm(total=Thread.objects.count(), unit="thread", disable=None)
        for thread, drift in upkeep.recount_all(repair=options["repair"], progress=progress.update):
            drifted += 1
            told = ", ".join(f"{name} {stored} instead of {true}" for name, (stored, true) in drift.items())
            self.stdout.write(f"thread {thread.pk}: {told}")
        progress.close()
        done = "set right" if options["repair"] else "run again with --repair to set them right"
        self.stdout.write(f"{drifted} threads had drifted; {done}." if drifted else "No counter has drifted.")
