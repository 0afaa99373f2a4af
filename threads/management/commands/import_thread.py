"""The command that imports discussion pages copied as text."""

import textwrap
from argparse import ArgumentParser
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from markup.render import Unrenderable
from members.forms import LineField
from members.permissions import Refused
from threads import pasted
from threads.actions import importing
from threads.forms import TagsField

COLUMNS = (("#", 3), ("name", 20), ("role", 26), ("organisation", 24), ("location", 28), ("text", 30))
OUTCOMES = (
    *(("file", 28), ("outcome", 12), ("posts", 5), ("named", 5), ("unattributed", 12), ("trailers", 8)),
    ("what", 200),
)


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
        rows = [tuple(name for name, _width in OUTCOMES)]
        failed = 0
        for file in tqdm(files, unit="file", disable=None if len(files) > 1 else True):
            try:
                rows.append((file.name, *self._import_one(file, options, is_alone=len(files) == 1)))
            except importing.ImportedBefore as known:
                rows.append((file.name, "known", "", "", "", "", str(known)))
            except Exception as trouble:  # noqa: BLE001 whatever it is, the other files are not to blame
                failed += 1
                rows.append((file.name, "not imported", "", "", "", "", _sentence(trouble)))
        for row in rows:
            self.stdout.write(_row(row, OUTCOMES))
        return failed

    def _import_one(self, file: Path, options: dict[str, Any], *, is_alone: bool) -> tuple[str, ...]:
        page = pasted.read_bytes(file.read_bytes())
        title = LineField(max_length=200).clean(options["title"] if is_alone else file.stem.replace("-", " "))
        tags = TagsField().clean(options["tag"])
        if is_alone or options["dry_run"]:
            self._print_table(page)
        named = [post.name for post in page.posts if post.name]
        counts = (len(page.posts), len(named), len(page.posts) - len(named), page.trailers)
        told = (*map(str, counts), f"{title} ({len(set(named))} people)")
        if options["dry_run"]:
            importing.refuse_known(page)
            return ("would make", *told)
        thread = importing.import_thread(page, title=title, tags=tags)
        return ("made", *told[:-1], f"{thread.get_absolute_url()} ({len(set(named))} people)")

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


def _row(cells: Iterable[str], columns: Iterable[tuple[str, int]] = COLUMNS) -> str:
    fitted = [
        f"{textwrap.shorten(cell, width, placeholder='…') or '–':<{width}}"
        for cell, (_name, width) in zip(cells, columns, strict=True)
    ]
    return "  ".join(fitted).rstrip()


def _sentence(trouble: Exception) -> str:
    """What is wrong, for a person; with its kind where it is a fault of ours."""
    if isinstance(trouble, ValidationError):
        return " ".join(trouble.messages)
    expected = isinstance(trouble, OSError | pasted.Unreadable | Refused | Unrenderable)
    return str(trouble) if expected else f"{type(trouble).__name__}: {trouble}"
