"""The command that imports discussion pages copied as text."""

import textwrap
from argparse import ArgumentParser
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from markup.render import Unrenderable
from members.forms import LineField
from members.permissions import Refused
from threads import pasted
from threads.actions import importing
from threads.forms import TagsField

COLUMNS = (("#", 3), ("name", 20), ("role", 26), ("organisation", 24), ("location", 28), ("text", 30))


class Command(BaseCommand):
    help = (
        "Import a discussion page that was copied as text, or a folder of such files. "
        "A page that was imported before is known again and makes nothing twice."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path, metavar="FILE", help="a text file, or a folder of *.txt files")
        parser.add_argument("--title", help="the discussion's title; for a folder the file's name serves")
        parser.add_argument("--tag", action="append", default=[], help="a tag; may be given up to five times")
        parser.add_argument("--dry-run", action="store_true", help="show what would be made, make nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["path"]
        if not path.exists():
            raise CommandError(f"There is no file {path}.")
        files = sorted(path.glob("*.txt")) if path.is_dir() else [path]
        if not files:
            raise CommandError(f"There is no *.txt file in {path}.")
        if path.is_file() and not options["title"]:
            raise CommandError("Give the discussion a title with --title.")
        failed = self._import_all(files, options)
        if failed:
            raise CommandError(f"{failed} of {len(files)} files could not be imported.")

    def _import_all(self, files: list[Path], options: dict[str, Any]) -> int:
        """Each file in a transaction of its own: a bad one does not stop the others. Returns how many failed."""
        rows: list[tuple[Path, str]] = []
        failed = 0
        for file in tqdm(files, unit="file", disable=None if len(files) > 1 else True):
            try:
                rows.append((file, self._import_one(file, options, is_alone=len(files) == 1)))
            except (OSError, pasted.Unreadable, Refused, Unrenderable) as trouble:
                known = isinstance(trouble, importing.ImportedBefore)
                failed += not known
                rows.append((file, f"{'' if known else 'not imported: '}{trouble}"))
            except Exception as trouble:  # noqa: BLE001 whatever it is, the other files are not to blame
                failed += 1
                rows.append((file, f"not imported: {type(trouble).__name__}: {trouble}"))
        for file, outcome in rows:
            self.stdout.write(f"{file.name}: {outcome}")
        return failed

    def _import_one(self, file: Path, options: dict[str, Any], *, is_alone: bool) -> str:
        page = pasted.read_bytes(file.read_bytes())
        title = LineField(max_length=200).clean(options["title"] if is_alone else file.stem.replace("-", " "))
        tags = TagsField().clean(options["tag"])
        if is_alone or options["dry_run"]:
            self._print_table(page)
        named = {post.name for post in page.posts if post.name}
        unattributed = sum(not post.name for post in page.posts)
        told = (
            f"{len(page.posts)} posts: {len(page.posts) - unattributed} by {len(named)} people, "
            f"{unattributed} unattributed; {page.trailers} trailers taken off"
        )
        if options["dry_run"]:
            importing.refuse_known(page)
            return f"would make “{title}” with {told}"
        thread = importing.import_thread(page, title=title, tags=tags)
        return f"made “{title}” with {told}: {thread.get_absolute_url()}"

    def _print_table(self, page: pasted.PastedThread) -> None:
        self.stdout.write(_row(name for name, _width in COLUMNS))
        for number, post in enumerate(page.posts, start=1):
            name = post.name or "(unattributed)"
            words = " ".join(post.body.split())
            self.stdout.write(_row((str(number), name, post.role, post.organisation, post.location, words)))
            if not post.name and post.raw_header:
                self.stdout.write(f"    as copied: {post.raw_header}")
            for note in post.notes:
                self.stdout.write(f"    note: {note}")
        for note in page.notes:
            self.stdout.write(f"note: {note}")


def _row(cells: Iterable[str]) -> str:
    fitted = [
        f"{textwrap.shorten(cell, width, placeholder='…') or '–':<{width}}"
        for cell, (_name, width) in zip(cells, COLUMNS, strict=True)
    ]
    return "  ".join(fitted).rstrip()
