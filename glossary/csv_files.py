"""A table that a curator brings: bytes in, rows of cells out. No database."""

import codecs
import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from glossary.spreadsheets import value_of, written

LARGEST = 5_000_000  # bytes
MOST_ROWS = 20_000
LONGEST_CELL = 20_000  # characters
# The columns that an import reads, and by which headings each is recognised.
HEADINGS = {
    "term": {"term", "acronym", "abbreviation", "word", "preflabel"},
    "sense": {"sense", "meaning", "expansion", "full form", "name", "stands for", "long form"},
    "kind": {"kind", "type", "kind of name"},
    "recognised": {"recognised", "recognized", "case", "case rule"},
    "field": {"field", "subject", "subject field", "domain", "category", "area"},
    "definition": {"definition", "description", "explanation"},
    "usage note": {"usage note", "note", "notes", "scopenote", "remark", "remarks"},
    "example": {"example", "examples"},
    "preferred term": {"preferred term", "preferred"},
    "position": {"position"},
    "spellings": {"spellings", "spelling", "variants"},
    "usual": {"usual", "usual sense"},
    "outside": {"outside", "outside project work"},
    "relations": {"relations", "relation"},
    "references": {"references", "reference", "sources"},
    "state": {"state", "status"},
    "reason": {"reason", "reason for retiring"},
    "successor": {"successor", "replaced by"},
    "address": {"address"},
}
_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


class UnreadableFileError(Exception):
    """A file that is no table of text; the message says why, for the curator."""


@dataclass(frozen=True, slots=True)
class Table:
    """The headings and the rows under them, each as long as the headings. A row's number is its place in the file."""

    headings: list[str]
    rows: list[tuple[int, list[str]]]


def decoded(content: bytes) -> str:
    """The text of a file in UTF-8, UTF-16 or Windows-1252, whichever it is."""
    if len(content) > LARGEST:
        raise UnreadableFileError(_("The file is larger than 5 MB. Cut it into parts."))
    tried = [name for mark, name in _MARKS.items() if content.startswith(mark)] or ["utf-8"]
    if tried == ["utf-8"] and b"\0" in content[:200]:  # UTF-16 without a mark
        tried = ["utf-16-be" if content[:1] == b"\0" else "utf-16-le"]
    elif tried == ["utf-8"]:
        tried = ["utf-8", "cp1252"]
    for name in tried:
        try:
            return content.decode(name)
        except UnicodeDecodeError:
            continue
    raise UnreadableFileError(_("This is no text in UTF-8, UTF-16 or Windows-1252. Save it as “CSV UTF-8”."))


def read(text: str) -> Table:
    """The table in a text whose cells are parted by commas, semicolons or tabs."""
    if "\0" in text:
        raise UnreadableFileError(_("The file holds signs that no table of text holds. Save it as “CSV UTF-8”."))
    first = text.lstrip("\ufeff").split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    csv.field_size_limit(max(LONGEST_CELL, csv.field_size_limit()))
    lines: list[list[str]] = []
    try:
        lines.extend(csv.reader(io.StringIO(text.lstrip("\ufeff"), newline=""), delimiter=delimiter))
    except csv.Error as fault:  # of a text in memory, read without `strict`, nothing else is refused
        said = _(
            "Row %(row)d of the file holds a cell of more than %(most)d characters. "
            "Look whether a quotation mark there is never closed."
        )
        raise UnreadableFileError(said % {"row": len(lines) + 1, "most": csv.field_size_limit()}) from fault
    headings = [cell.strip() for cell in lines[0]] if lines else []
    if not any(headings):
        raise UnreadableFileError(_("The file has no headings in its first row."))
    if len(lines) > MOST_ROWS + 1:
        raise UnreadableFileError(_("The file has more than %(most)d rows. Cut it into parts.") % {"most": MOST_ROWS})
    rows = [
        (number, [value_of(cell) for cell in [*line, *[""] * len(headings)][: len(headings)]])
        for number, line in enumerate(lines[1:], start=2)
        if any(cell.strip() for cell in line)
    ]
    if not rows:
        raise UnreadableFileError(_("The file has headings and no rows."))
    return Table(headings, rows)


def guessed(headings: list[str]) -> dict[str, int]:
    """Which heading (its place) holds which column, by their words; each heading once."""
    found: dict[str, int] = {}
    for column, words in HEADINGS.items():
        for place, heading in enumerate(headings):
            if heading.casefold().replace("_", " ") in words and place not in found.values():
                found[column] = place
                break
    return found


def write(rows: Iterable[Sequence[str]]) -> str:
    """A table as text; nothing in it is run by a spreadsheet."""
    text = io.StringIO()
    text.write("\ufeff")  # without it a widespread spreadsheet does not see that this is UTF-8
    csv.writer(text).writerows([written(cell) for cell in row] for row in rows)
    return text.getvalue()
