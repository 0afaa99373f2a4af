"""Cells of a table that hold several things, one a line: written so that they come back as they were. No database."""

import re
from collections.abc import Iterable, Iterator

from glossary.models import MatchKind, RelationKind

UNMARKED, VARIANT = "not marked", "marked"
_ESCAPED = re.compile(r"[\\|]")


def label(slug: str, name: str) -> str:
    """How a table calls a sense: by the address of its preferred term and its own name."""
    return f"{slug}/{name}"


def relation(kind: str, other: str) -> str:
    """A line of the cell of relations: `part of: portfolio/Portfolio`."""
    return f"{kind.replace('_', ' ')}: {other}"


def read_relation(line: str) -> tuple[str, str]:
    """The kind of a relation and what the other sense is called; raises ValueError for a kind that there is not."""
    said, _colon, other = line.partition(":")
    kind = " ".join(said.casefold().replace("_", " ").split()).replace(" ", "_").removesuffix("_to")
    if kind not in RelationKind.values or not other.strip():
        raise ValueError(line)
    return kind, other.strip()


def reference(relation: str, *parts: str) -> str:
    """A line of the cell of references: `exact: ISO | 2020 | https://… | A note`; a bar in a part has a backslash."""
    said = [_ESCAPED.sub(r"\\\g<0>", part) for part in parts]
    while said and not said[-1]:
        said.pop()
    return f"{relation}: {' | '.join(said)}"


def read_reference(line: str) -> tuple[str, list[str]]:
    """The relation of a reference and its four parts: source, edition, address and note."""
    said, colon, rest = line.partition(":")
    if not colon or said.strip().casefold() not in MatchKind.values:
        said, rest = MatchKind.CLOSE, line
    parts = [""]
    signs = iter(rest)
    for sign in signs:
        if sign == "|":
            parts.append("")
        else:
            parts[-1] += next(signs, sign) if sign == "\\" else sign
    return said.strip().casefold(), [part.strip() for part in [*parts, "", "", ""]]


def spellings(marked: Iterable[str], unmarked: Iterable[str]) -> str:
    """The cell of spellings: those a curator added, and those that are not marked in posts."""
    heads = tuple(f"{head}:" for head in (UNMARKED, VARIANT))
    added = [f"{VARIANT}: {text}" if text.casefold().startswith(heads) else text for text in sorted(marked)]
    return "\n".join([*added, *(f"{UNMARKED}: {text}" for text in sorted(unmarked))])


def read_spellings(lines: Iterable[str]) -> Iterator[tuple[str, bool]]:
    """Each spelling of a cell, and whether it is marked in posts."""
    for line in lines:
        head, colon, rest = line.partition(":")
        if colon and head.strip().casefold() in {UNMARKED, VARIANT}:
            yield rest.strip(), head.strip().casefold() == VARIANT
        else:
            yield line, True
