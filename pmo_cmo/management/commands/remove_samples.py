"""The command that takes the sample content out."""

from typing import Any

from django.core.management.base import BaseCommand

from pmo_cmo import sample_content


class Command(BaseCommand):
    help = (
        "Take the sample content out; what members have since added to stays and is listed, and so is what they rested "
        "on sample posts, which goes with them: tell your curators."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        stays = 0
        for line in sample_content.remove():
            stays += line.startswith("stays:")
            self.stdout.write(line)
        self.stdout.write(f"The sample content is out; {stays} things stay." if stays else "The sample content is out.")
