"""The command that takes the sample content out."""

from typing import Any

from django.core.management.base import BaseCommand

from pmo_cmo import sample_content


class Command(BaseCommand):
    help = "Take the sample content out; what members have since added to stays and is listed."

    def handle(self, *args: Any, **options: Any) -> None:
        stays = 0
        for stays, line in enumerate(sample_content.remove(), start=1):  # noqa: B007 the count is used below
            self.stdout.write(line)
        self.stdout.write(f"The sample content is out; {stays} things stay." if stays else "The sample content is out.")
