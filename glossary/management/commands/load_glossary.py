"""The command that loads the starter glossary: `glossary/starter/*.toml`, our own writing."""

import tomllib
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from glossary.actions import starter
from glossary.actions.bulk_steps import Reference, SenseEntry
from glossary.actions.starter import ComparisonEntry
from glossary.actions.steps import Naming
from members.permissions import Refused

FOLDER = Path(settings.BASE_DIR) / "glossary" / "starter"


class Command(BaseCommand):
    help = (
        "Put the starter glossary in: senses, comparisons and known acronyms. What is there already is left alone, "
        "so it may run again at any time and overwrites nothing that curators wrote."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--folder", type=Path, default=FOLDER, help="Where the *.toml files are, if elsewhere.")

    def handle(self, *, folder: Path, **_options: Any) -> None:
        try:
            files = _files(folder)
            loaded = starter.load_starter(list(_senses(files)), list(_comparisons(files)), list(_acronyms(files)))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as fault:
            raise CommandError(f"The files in {folder} cannot be read: {fault}") from fault
        except KeyError as fault:
            raise CommandError(f"The files in {folder} name {fault}, which is in none of them.") from fault
        except ValidationError as fault:
            raise CommandError(f"Nothing was loaded. {' '.join(fault.messages)}") from fault
        except Refused as fault:
            raise CommandError(f"Nothing was loaded. {fault}") from fault
        if not files:
            raise CommandError(f"There is no *.toml file in {folder}.")
        self.stdout.write(
            f"The starter glossary is in: {loaded.senses} senses, {loaded.comparisons} comparisons and "
            f"{loaded.acronyms} known acronyms were new."
        )


def starter_senses() -> list[SenseEntry]:
    """The senses of the starter glossary."""
    return list(_senses(_files(FOLDER)))


def _files(folder: Path) -> list[dict[str, Any]]:
    return [tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.toml"))]


def _senses(files: Iterable[dict[str, Any]]) -> Iterator[SenseEntry]:
    for row in (row for file in files for row in file.get("senses", ())):
        yield SenseEntry(
            key=row["id"],
            name=row["name"],
            definition=row["definition"],
            namings=tuple(Naming(term["text"], term["kind"], term["case"]) for term in row["terms"]),
            field=row["field"][:1].upper() + row["field"][1:],
            is_foreign=row.get("foreign", False),
            usage_note=row.get("usage_note", ""),
            example=row.get("example", ""),
            relations=tuple((relation["kind"], relation["to"]) for relation in row.get("relations", ())),
            references=tuple(_references(row.get("references", ()))),
        )


def _references(rows: Iterable[dict[str, str]]) -> Iterator[Reference]:
    for row in rows:
        note = row.get("title", row.get("note", ""))
        yield Reference(row["source"], row.get("address", ""), row["relation"], note, row.get("version", ""))


def _comparisons(files: Iterable[dict[str, Any]]) -> Iterator[ComparisonEntry]:
    for row in (row for file in files for row in file.get("comparisons", ())):
        rows = tuple((each["aspect"], each["left"], each["right"]) for each in row["rows"])
        yield ComparisonEntry(row["a"], row["b"], row["term_a"], row["term_b"], rows)


def _acronyms(files: Iterable[dict[str, Any]]) -> Iterator[str]:
    for file in files:
        yield from file.get("acronyms", ())
