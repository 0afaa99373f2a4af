"""The command that counts how much words are used and read."""

from typing import Any

from django.core.management.base import BaseCommand

from threads.actions.counting import count_words


class Command(BaseCommand):
    help = "Count posts, discussions and readers of every word, as the worker does about once a minute."

    def handle(self, *, verbosity: int, **_options: Any) -> None:
        is_done = count_words()
        if verbosity:
            self.stdout.write("The words are counted." if is_done else "Another process is counting them.")
