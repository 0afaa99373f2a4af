"""What a table says of terms: how they are recognised and spelled, and which sense is the usual one. Reads only."""

from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from glossary import cells
from glossary.actions import steps
from glossary.actions.table_rows import REJECTED, Change, Glossary, Node, Row, TermChange
from glossary.models import SenseState, Term
from glossary.spreadsheets import CLEAR

Said = dict[tuple[str, str], tuple[object, Row]]
Terms = list[tuple[str, Node, str, object]]  # key of a term, the sense whose row says it, what, and its value


def changes_of(changes: Mapping[Node, Change], glossary: Glossary) -> Terms:
    """Each change that the rows of these senses say of their terms; rows that contradict another are rejected."""
    told: Said = {}
    found: Terms = []
    for change in changes.values():
        for row in change.rows:
            if row.outcome != REJECTED:
                found += [(row.term_key, change.node, *each) for each in _of_row(row, change, glossary, told)]
    return found


def of_good(terms: Terms, changes: Mapping[Node, Change]) -> dict[str, TermChange]:
    """Those that stand in rows of senses that are not rejected, by the keys of their terms."""
    made: dict[str, TermChange] = {}
    for term_key, node, name, value in terms:
        if not changes[node].is_rejected:
            change = made.setdefault(term_key, TermChange())
            setattr(change, name, value)
            change.has_usual |= name == "usual"
    return made


def _of_row(row: Row, change: Change, glossary: Glossary, told: Said) -> list[tuple[str, object]]:
    _key, _slug, rule_now, usual_now = glossary.terms.get(row.term_key, ("", "", None, None))
    found: list[tuple[str, object]] = []
    rule = row.cells.get("recognised", "")
    if rule and _is_first(row, "recognised", rule, told) and rule_now not in {None, rule}:
        found.append(("case_rule", rule))
        row.change("recognised")
    if row.cells.get("spellings") and (wanted := _spellings(row)) is not None:
        now = glossary.spellings.get(row.term_key, (frozenset(), frozenset()))
        if _is_first(row, "spellings", wanted, told) and wanted != now:
            found.append(("spellings", wanted))
            row.change("spellings")
    return [*found, *_usual(row, change, usual_now, told)]


def _usual(row: Row, change: Change, usual_now: int | None, told: Said) -> list[tuple[str, object]]:
    cell = row.cells.get("usual", "")
    if cell in {"no", CLEAR} and usual_now == change.node:
        row.change("usual")
        return [("usual", None)]
    if cell != "yes" or usual_now == change.node or not _is_first(row, "usual", change.node, told):
        return []
    if change.state != SenseState.PUBLISHED:
        if change.state == SenseState.RETIRED:
            row.reject("usual", _("The usual sense is a published one."))
        return []  # of a draft nothing is said yet
    row.change("usual")
    return [("usual", change.node)]


def _is_first(row: Row, column: str, value: object, told: Said) -> bool:
    """Whether no row before has said this of the term; one that says something else is rejected."""
    before, first = told.setdefault((row.term_key, column), (value, row))
    if before != value:
        row.reject(column, _("Row %(number)d says something else of the same term.") % {"number": first.number})
    return first is row


def _spellings(row: Row) -> tuple[frozenset[str], frozenset[str]] | None:
    """What a cell says of the spellings of a term: added, and not marked; None where one cannot be a spelling."""
    text = row.cells["spellings"].removeprefix(CLEAR)
    said = dict(cells.read_spellings(filter(None, text.split("\n"))))
    for spelling in said:
        try:
            steps.check_text(spelling, field="spellings")
        except ValidationError as fault:
            row.reject("spellings", " ".join(fault.messages))
            return None
    made = steps.made_spellings(Term(text=row.term))
    marked = frozenset(each for each, is_marked in said.items() if is_marked and each not in made)
    return marked, frozenset(each for each, is_marked in said.items() if not is_marked)
