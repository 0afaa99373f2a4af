"""The command that puts the sample content in."""

from typing import Any

from django.core.management.base import BaseCommand

from pmo_cmo import sample_content


class Command(BaseCommand):
    help = "Put the sample threads and the sample glossary in; what is there already is left alone."

    def handle(self, *args: Any, **options: Any) -> None:
        for line in sample_content.load():
            self.stdout.write(line)
