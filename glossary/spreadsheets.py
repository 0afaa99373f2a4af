"""Cells that a spreadsheet would run as formulas: written with an apostrophe before them, read without it."""

import re

# What starts a formula in a spreadsheet, its full-width forms and what some programs take away before looking.
_FORMULA = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")
_NEUTRALISED = re.compile(r"'+[=+\-@\t\r\n＝＋－＠]")

# The columns of `/glossary.csv`, which the import recognises by the same words.
COLUMNS = (
    "term",
    "sense",
    "kind",
    "preferred term",
    "position",
    "recognised",
    "spellings",
    "usual",
    "field",
    "outside",
    "definition",
    "usage note",
    "example",
    "relations",
    "references",
    "state",
    "reason",
    "successor",
    "address",
)
# What an import makes of a cell that holds a single hyphen, which says “empty this”: no text can be it.
CLEAR = "\0"


def neutralised(cell: str) -> str:
    """A cell as it may stand in a file that people open in a spreadsheet."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def restored(cell: str) -> str:
    """What `neutralised` was given."""
    return cell[1:] if _NEUTRALISED.match(cell) else cell


def value_of(cell: str) -> str:
    """What a cell of a file says: its text, or `CLEAR` for a single hyphen."""
    return CLEAR if cell.strip() == "-" else restored(cell)


def written(cell: str) -> str:
    """What `value_of` was given: a text neutralised, or the single hyphen."""
    return "-" if cell == CLEAR else neutralised(cell)
