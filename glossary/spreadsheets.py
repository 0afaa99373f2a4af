"""Cells that a spreadsheet would run as formulas: written with an apostrophe before them, read without it."""

import re

# What starts a formula in a spreadsheet, its full-width forms and what some programs take away before looking.
_FORMULA = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")
_NEUTRALISED = re.compile(r"'+[=+\-@\t\r\n＝＋－＠]")

# The columns of `/glossary.csv`, which the import recognises by the same words.
COLUMNS = ("term", "sense", "kind", "recognised", "field", "definition", "usage note", "example", "state", "address")


def neutralised(cell: str) -> str:
    """A cell as it may stand in a file that people open in a spreadsheet."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def restored(cell: str) -> str:
    """What `neutralised` was given."""
    return cell[1:] if _NEUTRALISED.match(cell) else cell
