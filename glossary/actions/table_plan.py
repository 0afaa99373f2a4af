"""What a table of terms would do to the glossary, row by row. Reads only; `csv_import` does it.

A row is a term that names a sense, known by the term, the sense's name and,
where senses of one name are told apart by it, the preferred term. A blank
cell leaves what is there, `CLEAR` empties it. A sense is taken whole or left
out whole: one rejected row rejects the others of its sense, and those that
are joined to it when it would have been new.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from urllib.parse import unquote

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from glossary import cells
from glossary.actions import bulk_steps, steps, table_links, table_terms
from glossary.actions.bulk_steps import Reference, SenseEntry
from glossary.actions.steps import Naming
from glossary.actions.table_rows import NEW, REJECTED, Change, Glossary, Node, Plan, Row, Watch
from glossary.english import is_acronym
from glossary.models import CaseRule, NamingKind, Sense, SenseState
from glossary.spreadsheets import CLEAR
from markup.slugs import key
from members.permissions import Refused

Cells = Iterable[tuple[int, Mapping[str, str]]]
TEXTS = {"field": "field", "definition": "definition", "usage note": "usage_note", "example": "example"}
LISTS = {"relations", "references", "spellings"}  # cells with one thing a line
# The column at which the faults of a sense are told.
_AT = {
    "name": "sense",
    "namings": "term",
    "usage_note": "usage note",
    "address": "references",
    "source": "references",
    "version": "references",
    "note": "references",
    "relation": "references",
}
_KNOWN = {"kind": NamingKind.values, "recognised": CaseRule.values, "state": SenseState.values}
_YES_OR_NO = {"yes": "yes", "no": CLEAR, CLEAR: CLEAR, "": ""}
_NEVER_EMPTY = {"term", "sense", "kind", "recognised", "definition", "state"}
_SHOWN = {SenseState.PUBLISHED, SenseState.RETIRED}


def plan(given: Cells, *, publishes: bool = False, is_rough: bool = False, watch: Watch | None = None) -> Plan:
    """What an import of these rows (number, column → cell) would do.

    `publishes`: new senses are published, and states become those of the
    table. `is_rough`: without looking whether the senses are fit, in a tenth
    of the time: it names at least the senses that would change.
    """
    watch = watch or Watch()
    rows = [Row(number, {name: _tidied(name, cell) for name, cell in row.items()}) for number, row in given]
    watch.look()
    glossary = Glossary()
    changes = _changes(rows, glossary)
    for place, change in enumerate(changes.values()):
        _say(change, glossary)
        _set_state(change, publishes=publishes)
        if not is_rough:
            _finish(change, glossary)
        if place % 200 == 0:
            watch.look()
    terms = table_terms.changes_of(changes, glossary)
    for change in changes.values():
        _reject_rest(change)
    table_links.resolve(changes, glossary, publishes=publishes)
    watch.look()
    return _plan(rows, changes, terms, glossary)


def _plan(rows: list[Row], changes: Mapping[Node, Change], terms: table_terms.Terms, glossary: Glossary) -> Plan:
    good = [change for change in changes.values() if not change.is_rejected]
    made = Plan(rows, terms=table_terms.of_good(terms, changes))
    made.gone, made.joined = table_links.differences(good, glossary)
    made.changes = [change for change in good if change.is_one]
    return made


def _tidied(column: str, cell: str) -> str:
    if cell == CLEAR:
        return CLEAR
    if column in LISTS:
        return "\n".join(filter(None, steps.lines(cell).split("\n")))
    text = steps.lines(cell) if column in {"usage note", "example"} else steps.line(cell)
    return text.casefold() if column in {"kind", "recognised", "state", "usual", "outside"} else text


def _changes(rows: list[Row], glossary: Glossary) -> dict[Node, Change]:
    """The rows by their senses, each checked by itself; a row without a sense belongs to none."""
    preferred: dict[str, set[str]] = {}
    for row in rows:
        preferred.setdefault(row.name_key, set()).add(row.preferred_key)
    changes: dict[Node, Change] = {}
    seen: dict[tuple[str, str, str], int] = {}
    for row in rows:
        _check_cells(row)
        if not row.term_key or row.name_key == CLEAR:
            continue
        names = preferred[row.name_key] - {""}
        if not row.preferred_key and len(names) == 1:
            (row.preferred_key,) = names
        known = (row.term_key, row.name_key, row.preferred_key)
        if known in seen:
            row.reject("term", _("Row %(number)d holds the same term and sense.") % {"number": seen[known]})
        seen.setdefault(known, row.number)
        found = glossary.find(row)
        if len(found) > 1 or (not found and not row.preferred_key and names):
            row.reject("sense", _("Several senses are called so. Rename one of them, or say the preferred term."))
        node: Node = found[0] if found else (row.name_key, row.preferred_key)
        if node not in changes:
            changes[node] = _start(node, row, glossary)
        changes[node].rows.append(row)
    return changes


def _start(node: Node, row: Row, glossary: Glossary) -> Change:
    sense = glossary.senses[node] if isinstance(node, int) else None
    if sense is None:
        return Change(node, None, SenseEntry("", row.sense, "", ()))
    field = sense.field.name if sense.field else ""
    entry = SenseEntry("", sense.name, sense.definition, (), field, False, sense.usage_note, sense.example)
    return Change(node, sense, entry)


def _check_cells(row: Row) -> None:
    """Reject what no sense and no term can be."""
    if not row.term:
        row.reject("term", _("The cell is empty."))
        return
    _check_words(row)
    for column, longest in (("sense", 120), ("field", 60), ("reason", steps.LONGEST_REASON)):
        if len(row.cells.get(column, "")) > longest:
            row.reject(column, _("It has more than %(longest)d characters.") % {"longest": longest})
    place = row.cells.get("position") or "1"
    if not (place.isascii() and place.isdigit() and 0 < int(place[:9]) < 32768):  # noqa: PLR2004 a small integer
        row.reject("position", _("Write a number from 1 on."))
    try:
        steps.check_text(row.term, field="term")
    except ValidationError as fault:
        row.reject("term", " ".join(fault.messages))


def _check_words(row: Row) -> None:
    """Reject what is none of the words of its column."""
    for column in _NEVER_EMPTY:
        if row.cells.get(column) == CLEAR:
            row.reject(column, _("This cannot be emptied."))
    for column, known in _KNOWN.items():
        if (cell := row.cells.get(column)) and cell not in known:
            row.reject(column, _("It is none of %(known)s.") % {"known": ", ".join(known)})
    for column in ("usual", "outside"):
        if row.cells.get(column, "") not in _YES_OR_NO:
            row.reject(column, _("Write “yes”, “no” or nothing."))


def _say(change: Change, glossary: Glossary) -> None:
    """Let the rows say what they change of their sense; two rows may not say two things."""
    names = glossary.names.get(change.node, {}) if isinstance(change.node, int) else {}
    for row in change.rows:
        if row.outcome != REJECTED:
            _say_texts(row, change, glossary.fields)
        if row.outcome != REJECTED:
            _say_references(row, change, glossary)
            _say_name(row, change, names)


def _said(row: Row, change: Change, column: str) -> str | None:
    """What a cell says of the sense, None where it says nothing or an earlier row said it; rejects a contradiction."""
    cell = row.cells.get(column, "")
    if not cell:
        return None
    if column not in change.said:
        change.said[column] = (cell, row)
        return "" if cell == CLEAR else cell
    before, first = change.said[column]
    if before != cell:
        row.reject(column, _("Row %(number)d says something else of the same sense.") % {"number": first.number})
    return None


def _say_texts(row: Row, change: Change, fields: dict[str, str]) -> None:
    for column, name in TEXTS.items():
        text = _said(row, change, column)
        if text is None:
            continue
        if column == "field" and text:
            text = fields.setdefault(text.casefold(), text)
        if text != getattr(change.entry, name):
            change.entry = replace(change.entry, **{name: text})  # type: ignore[arg-type]  # each is a text
            change.has_new_words = True
            if change.sense:
                row.change(column)
    for column in ("relations", "state", "reason", "successor"):
        _said(row, change, column)
    if row.cells.get("outside") == "yes":
        change.entry = replace(change.entry, is_foreign=True)


def _say_references(row: Row, change: Change, glossary: Glossary) -> None:
    if row.cells.get("references") and change.said.get("references", ("", row))[1] is not row:
        _said(row, change, "references")
        return
    text = _said(row, change, "references")
    if text is None:
        return
    references = []
    for line in filter(None, text.split("\n")):
        relation, (source, version, address, note, *_rest) = cells.read_reference(line)
        references.append(Reference(source, address, relation, note, version))
    now = glossary.references.get(change.node, set()) if isinstance(change.node, int) else set()
    if len({(each.source, each.address) for each in references}) < len(references):
        row.reject("references", _("A reference stands here twice."))
    elif set(references) != now:
        change.references = tuple(references)
        if change.sense:
            row.change("references")


def _say_name(row: Row, change: Change, names: Mapping[str, Naming]) -> None:
    """Let the term of a row name the sense."""
    kind, place = row.cells.get("kind", ""), row.cells.get("position", "").removeprefix(CLEAR)
    if there := names.get(row.term_key):
        if kind and kind != there.kind:
            change.kinds[row.term_key] = kind
            row.change("kind")
        if place and int(place) != there.position:
            change.positions[row.term_key] = int(place)
            row.change("position")
        return
    if not kind:
        is_free = change.sense is None and row.term_key == (row.preferred_key or row.name_key)
        kind = NamingKind.PREFERRED if is_free else _usual_kind(row.term)
    address = unquote(row.cells.get("address", "").split("#")[0].rstrip("/").rpartition("/")[2])
    rule = row.cells.get("recognised") or None
    change.new_names.append(Naming(row.term, kind, rule, int(place) if place else None, address))
    row.change(_("new sense") if change.sense is None else _("new name"), NEW)


def _usual_kind(term: str) -> str:
    return NamingKind.ABBREVIATION if is_acronym(term) else NamingKind.SYNONYM


def _set_state(change: Change, *, publishes: bool) -> None:
    """What state the sense will have, and why where it is retired."""
    wanted, row = change.said.get("state", ("", change.rows[0]))
    now = change.sense_state
    if not publishes:
        is_waiting = wanted == SenseState.REVIEW
        change.state = now or (SenseState.REVIEW if is_waiting else SenseState.DRAFT)
        return
    change.state = wanted or now or SenseState.PUBLISHED
    if now in _SHOWN and change.state not in _SHOWN:
        row.reject("state", _("Readers have seen this sense. Retire it instead."))
    if now not in {"", *_SHOWN} and change.state == SenseState.RETIRED:
        row.reject("state", _("Only a published sense is retired."))
    _set_reason(change, row)
    if change.state != now and change.sense:
        row.change("state")


def _set_reason(change: Change, row: Row) -> None:
    """Why the sense is retired; only what is retired has a reason and a successor."""
    reason, told = change.said.get("reason", ("", row))
    if change.state != SenseState.RETIRED:
        for column in ("reason", "successor"):
            cell, said_by = change.said.get(column, (CLEAR, row))
            if cell != CLEAR:
                said_by.reject(column, _("Only a retired sense has one."))
    elif change.sense_state != SenseState.RETIRED and reason in {"", CLEAR}:
        told.reject("reason", _("Say why, in a few words: readers see it."))
    elif change.sense and change.sense.is_retired and reason not in {"", change.sense.retired_reason}:
        told.reject("reason", str(table_links.RETIRED))
    change.reason = reason


def _finish(change: Change, glossary: Glossary) -> None:
    """Check the sense as it will be; its rows are rejected with what is wrong."""
    if change.is_rejected or not (change.is_one or change.sense is None):
        return
    if change.sense and change.sense.is_retired and change.state == SenseState.RETIRED:
        _reject(change, "sense", str(table_links.RETIRED))
        return
    names = glossary.names[change.sense.pk] if change.sense else {}
    after = [Naming(name.text, change.kinds.get(term_key, name.kind)) for term_key, name in names.items()]
    after += change.new_names
    says_draft = change.said.get("state", ("",))[0] in {SenseState.DRAFT, SenseState.REVIEW}
    if change.sense is None and not says_draft and not any(name.kind == NamingKind.PREFERRED for name in after):
        change.new_names = after = _with_preferred(change, after)
    change.entry = replace(change.entry, namings=tuple(after))
    try:
        _check(change)
    except ValidationError as fault:
        for name, sentences in fault.message_dict.items():
            _reject(change, _AT.get(name, name), " ".join(sentences))
    except Refused as fault:
        _reject(change, "kind", str(fault))


def _with_preferred(change: Change, namings: list[Naming]) -> list[Naming]:
    """The preferred term of a new sense is the one that its rows say, else its name."""
    text = next(filter(None, (row.cells.get("preferred term") for row in change.rows)), change.entry.name)
    return [Naming(text), *(naming for naming in namings if key(naming.text) != key(text))]


def _check(change: Change) -> None:
    if not change.entry.definition:
        raise ValidationError({"definition": _("A new sense needs a definition.")})
    says_draft = change.said.get("state", ("",))[0] in {SenseState.DRAFT, SenseState.REVIEW}
    # A new draft is looked at as if readers were to see it, unless the table calls it a draft itself.
    state = change.state if change.sense or says_draft else SenseState.PUBLISHED
    sense = Sense(state=state, pk=change.sense.pk if change.sense else None)
    names = bulk_steps.write_words(sense, change.entry, {})
    for reference in change.references or ():
        bulk_steps.reference_of(sense, reference)
    if change.sense is None:
        change.made, change.new_names = sense, names


def _reject(change: Change, column: str, reason: str) -> None:
    for row in change.rows:
        row.reject(column, reason)


def _reject_rest(change: Change) -> None:
    """Nothing of a sense is imported when one of its rows is rejected."""
    bad = next((row for row in change.rows if row.outcome == REJECTED), None)
    if bad:
        _reject(change, "sense", _("Row %(number)d of the same sense is rejected.") % {"number": bad.number})
