"""A table of terms and senses: what it would change, and the change itself, all or nothing."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from glossary.actions import bulk_steps, steps
from glossary.actions.bulk_steps import SenseEntry
from glossary.actions.steps import Naming
from glossary.english import is_acronym
from glossary.models import CaseRule, NamingKind, RevisionKind, Sense, SenseState, SubjectField, Term, TermSense
from glossary.permissions import may_keep_fields, may_publish, may_save_sense
from markup.slugs import key
from members.actions.site import grow_site_version
from members.models import Member
from members.permissions import Refused

NEW, CHANGED, UNCHANGED, REJECTED = "new", "changed", "unchanged", "rejected"
TEXTS = {"definition": "definition", "usage note": "usage_note", "example": "example"}  # column → attribute of a sense
# The column at which the faults of a sense are told.
_AT = {"name": "sense", "definition": "definition", "namings": "term", "usage_note": "usage note"}


@dataclass(slots=True)
class Row:
    """A row of the table and what becomes of it; a rejected one says at which column, and why."""

    number: int
    cells: Mapping[str, str]
    outcome: str = UNCHANGED
    column: str = ""
    reason: str = ""

    @property
    def term(self) -> str:
        return self.cells.get("term", "")

    @property
    def sense(self) -> str:
        """The name of the sense; the term's own where the table names none."""
        return self.cells.get("sense") or self.term

    @property
    def keys(self) -> tuple[str, str]:
        return key(self.term), key(self.sense)

    def reject(self, column: str, reason: str) -> None:
        if self.outcome != REJECTED:
            self.outcome, self.column, self.reason = REJECTED, column, reason


@dataclass(slots=True)
class Change:
    """What becomes of one sense: its words and names as they will be, and the rows that say so."""

    sense: Sense | None
    entry: SenseEntry
    rows: list[Row] = field(default_factory=list)
    new_names: list[Naming] = field(default_factory=list)
    kinds: dict[str, str] = field(default_factory=dict)  # key of a term → kind, where that changes
    has_new_words: bool = False


@dataclass(slots=True)
class Plan:
    """What an import would do; `changes` are those of senses, `rules` of how terms are recognised."""

    rows: list[Row]
    changes: list[Change]
    rules: dict[str, str]

    def count(self, outcome: str) -> int:
        return sum(row.outcome == outcome for row in self.rows)

    @property
    def digest(self) -> str:
        """The same as long as the import would do the same to the same senses."""
        revisions = [(change.sense.pk, change.sense.revision) for change in self.changes if change.sense]
        what = repr(([(row.number, row.outcome) for row in self.rows], revisions, self.rules))
        return hashlib.blake2b(what.encode(), digest_size=16).hexdigest()


@transaction.atomic(durable=True)
def import_rows(
    cells: Sequence[tuple[int, Mapping[str, str]]],
    *,
    by: Member,
    expected: str,
    publishes: bool = False,
    kind: str = RevisionKind.EDITORIAL,
) -> Plan:
    """Do what `plan` says of these rows, all or nothing; new senses become drafts unless `publishes`.

    `expected` is the digest of the plan that the curator has read. Raises
    Refused when rows are rejected, or when the glossary changed meanwhile.
    """
    first = plan(cells)
    touched = [change.sense.pk for change in first.changes if change.sense]
    steps.lock_senses(touched)
    steps.lock_structure()
    now = plan(cells)
    if now.count(REJECTED):
        raise Refused(
            _("Some rows are rejected, so nothing was imported. Change them in the file, then choose it again.")
        )
    if now.digest != expected:
        raise Refused(_("The glossary changed since this was checked. Read what the import would do now."))
    _ask(now, by, publishes=publishes)
    state = SenseState.PUBLISHED if publishes else SenseState.DRAFT
    bulk_steps.new_senses([change.entry for change in now.changes if change.sense is None], by=by, state=state)
    _write_changes([change for change in now.changes if change.sense], by=by, kind=RevisionKind(kind))
    _write_rules(now.rules)
    if now.changes or now.rules:
        grow_site_version(lexicon=True)
    return now


def plan(cells: Iterable[tuple[int, Mapping[str, str]]]) -> Plan:
    """What an import of these rows (number, column → cell) would do; reads only.

    A row is known by its term and the name of its sense. A blank cell leaves
    what is there.
    """
    rows = [Row(number, {name: _tidied(name, cell) for name, cell in row.items()}) for number, row in cells]
    seen: dict[tuple[str, str], int] = {}
    for row in rows:
        _check_cells(row)
        if row.outcome != REJECTED and row.keys in seen:
            row.reject("term", _("Row %(number)d holds the same term and sense.") % {"number": seen[row.keys]})
        seen.setdefault(row.keys, row.number)
    glossary = _Glossary()
    changes: dict[object, Change] = {}
    for row in rows:
        if row.outcome != REJECTED:
            _add(row, changes, glossary)
    for change in changes.values():
        _finish(change, glossary)
    kept = [change for change in changes.values() if any(row.outcome in {NEW, CHANGED} for row in change.rows)]
    return Plan(rows, kept, _rules(rows, glossary))


class _Glossary:
    """The senses that are there, by what a row says of them; four queries."""

    def __init__(self) -> None:
        self.senses = {sense.pk: sense for sense in Sense.objects.defer("search").select_related("field")}
        self.fields = {name.casefold(): name for name in SubjectField.objects.values_list("name", flat=True)}
        self.names: dict[int, dict[str, Naming]] = {pk: {} for pk in self.senses}
        self.rules = dict(Term.objects.values_list("key", "case_rule"))
        self.by_name: dict[str, list[int]] = {}
        for pk, sense in self.senses.items():
            self.by_name.setdefault(key(sense.name), []).append(pk)
        rows = TermSense.objects.order_by("pk").values_list("sense_id", "term__key", "term__text", "kind")
        for pk, term_key, text, kind in rows:
            self.names[pk][term_key] = Naming(text, kind)

    def find(self, row: Row) -> list[int]:
        """The sense of this name that the term names, else those of this name."""
        term_key, name_key = row.keys
        called = self.by_name.get(name_key, [])
        return [pk for pk in called if term_key in self.names[pk]] or called


def _tidied(column: str, cell: str) -> str:
    text = steps.lines(cell) if column in {"usage note", "example"} else steps.line(cell)
    return text.casefold() if column in {"kind", "recognised"} else text


def _check_cells(row: Row) -> None:
    """Reject what no sense and no term can be."""
    if not row.term:
        row.reject("term", _("The cell is empty."))
        return
    for column, known in (("kind", NamingKind.values), ("recognised", CaseRule.values)):
        if (cell := row.cells.get(column)) and cell not in known:
            row.reject(column, _("It is none of %(known)s.") % {"known": ", ".join(known)})
    for column, longest in (("sense", 120), ("field", 60)):
        if len(row.cells.get(column, "")) > longest:
            row.reject(column, _("It has more than %(longest)d characters.") % {"longest": longest})
    try:
        steps.check_text(row.term, field="term")
    except ValidationError as fault:
        row.reject("term", " ".join(fault.messages))


def _add(row: Row, changes: dict[object, Change], glossary: _Glossary) -> None:
    """Let a row say its part of what becomes of its sense."""
    found = glossary.find(row)
    if len(found) > 1:
        row.reject("sense", _("Several senses are called so. Rename one of them first."))
        return
    sense = glossary.senses[found[0]] if found else None
    change = changes.get(found[0] if found else row.keys[1])
    if change is None:
        change = Change(sense, _entry_of(sense) if sense else SenseEntry("", row.sense, "", ()))
        changes[found[0] if found else row.keys[1]] = change
    _say_words(row, change, glossary.fields)
    names = glossary.names[found[0]] if found else {}
    _say_name(row, change, names)
    change.rows.append(row)


def _entry_of(sense: Sense) -> SenseEntry:
    subject = sense.field.name if sense.field else ""
    return SenseEntry("", sense.name, sense.definition, (), subject, False, sense.usage_note, sense.example)


def _say_words(row: Row, change: Change, fields: Mapping[str, str]) -> None:
    """Put the texts of a row into the sense; two rows of one sense may not differ."""
    for column, name in {**TEXTS, "field": "field"}.items():
        cell = row.cells.get(column, "")
        cell = fields.get(cell.casefold(), cell) if column == "field" else cell
        if not cell or cell == getattr(change.entry, name):
            continue
        said_before = next((other for other in change.rows if other.cells.get(column)), None)
        if said_before:
            reason = _("Row %(number)d says something else of the same sense.") % {"number": said_before.number}
            row.reject(column, reason)
            return
        change.entry = replace(change.entry, **{name: cell})  # type: ignore[arg-type]  # each is a text
        change.has_new_words = True
        row.outcome = CHANGED


def _say_name(row: Row, change: Change, names: Mapping[str, Naming]) -> None:
    """Let the term of a row name the sense."""
    if row.outcome == REJECTED:
        return
    term_key, name_key = row.keys
    kind = row.cells.get("kind", "")
    if term_key in names:
        if kind and kind != names[term_key].kind:
            change.kinds[term_key] = kind
            row.outcome = CHANGED
        return
    if not kind:
        is_free = change.sense is None and term_key == name_key
        kind = NamingKind.PREFERRED if is_free else _usual_kind(row.term)
    change.new_names.append(Naming(row.term, kind, row.cells.get("recognised") or None))
    row.outcome = NEW


def _usual_kind(term: str) -> str:
    return NamingKind.ABBREVIATION if is_acronym(term) else NamingKind.SYNONYM


def _finish(change: Change, glossary: _Glossary) -> None:
    """Check the sense as it will be; its rows are rejected with what is wrong."""
    if not any(row.outcome in {NEW, CHANGED} for row in change.rows):
        return
    if change.sense and change.sense.is_retired:
        _reject(change, "sense", _("This sense is retired. Publish it again before changing it."))
        return
    names = glossary.names[change.sense.pk] if change.sense else {}
    after = [Naming(name.text, change.kinds.get(term_key, name.kind)) for term_key, name in names.items()]
    after += change.new_names
    if change.sense is None and not any(name.kind == NamingKind.PREFERRED for name in after):
        change.new_names = after = _with_preferred(change.entry.name, after)
    change.entry = replace(change.entry, namings=tuple(after))
    try:
        _check(change)
    except ValidationError as fault:
        for name, sentences in fault.message_dict.items():
            _reject(change, _AT.get(name, name), " ".join(sentences))
    except Refused as fault:
        _reject(change, "kind", str(fault))


def _with_preferred(name: str, namings: list[Naming]) -> list[Naming]:
    """The name of a new sense is its preferred term where the table gives none."""
    return [Naming(name), *(naming for naming in namings if key(naming.text) != key(name))]


def _check(change: Change) -> None:
    if not change.entry.definition:
        raise ValidationError({"definition": _("A new sense needs a definition.")})
    sense = Sense(state=change.sense.state if change.sense else SenseState.PUBLISHED)
    sense.pk = change.sense.pk if change.sense else None
    bulk_steps.write_words(sense, change.entry, {})


def _reject(change: Change, column: str, reason: str) -> None:
    for row in change.rows:
        row.reject(column, reason)


def _rules(rows: Iterable[Row], glossary: _Glossary) -> dict[str, str]:
    """How terms that are there will be recognised, where rows say so."""
    rules: dict[str, str] = {}
    for row in rows:
        rule, term_key = row.cells.get("recognised", ""), row.keys[0]
        if row.outcome == REJECTED or not rule or glossary.rules.get(term_key, rule) == rule:
            continue
        if rules.setdefault(term_key, rule) != rule:
            row.reject("recognised", _("Another row says something else of the same term."))
        elif row.outcome == UNCHANGED:
            row.outcome = CHANGED
    return rules


def _ask(now: Plan, by: Member, *, publishes: bool) -> None:
    asked = [may_save_sense(by, change.sense) for change in now.changes]
    fields = {change.entry.field for change in now.changes} - {""}
    has_new_field = SubjectField.objects.filter(name__in=fields).count() < len(fields)
    allowed = may_save_sense(by, None) and all(asked) and (may_publish(by) or not publishes)
    if not allowed or (has_new_field and not may_keep_fields(by)):
        raise PermissionDenied(_("You may not do all of what this table asks for."))


def _write_changes(changes: Sequence[Change], *, by: Member, kind: RevisionKind) -> None:
    fields = bulk_steps.subject_fields([change.entry for change in changes])
    senses = [change.sense for change in changes if change.sense]
    for change, sense in zip(changes, senses, strict=True):
        bulk_steps.write_words(sense, change.entry, fields)
        sense.revision += 1
        sense.is_sample = False
    columns = ["definition", "usage_note", "example", "field", "revision", "is_sample"]
    Sense.objects.bulk_update(senses, columns, batch_size=500)
    _write_kinds(changes)
    bulk_steps.add_names([(change.sense, change.new_names) for change in changes if change.sense])
    reworded = [change.sense for change in changes if change.sense and change.has_new_words]
    bulk_steps.keep_versions([sense for sense in reworded if steps.is_shown(sense)], by=by, kind=kind)


def _write_kinds(changes: Sequence[Change]) -> None:
    """The old preferred name steps down before the new one steps up: the database allows one at a time."""
    kinds = {(c.sense.pk, term_key): kind for c in changes if c.sense for term_key, kind in c.kinds.items()}
    rows = TermSense.objects.filter(sense__in={pk for pk, _term in kinds}).select_related("term")
    changed = [row for row in rows if (row.sense_id, row.term.key) in kinds]
    for row in changed:
        row.kind = kinds[row.sense_id, row.term.key]
    down = [row for row in changed if row.kind != NamingKind.PREFERRED]
    up = [row for row in changed if row.kind == NamingKind.PREFERRED]
    for group in (down, up):
        TermSense.objects.bulk_update(group, ["kind"], batch_size=500)
    steps.note_respelled({row.term_id for row in chain(down, up)})


def _write_rules(rules: Mapping[str, str]) -> None:
    terms = list(Term.objects.filter(key__in=rules))
    for term in terms:
        term.case_rule = CaseRule(rules[term.key])
    Term.objects.bulk_update(terms, ["case_rule"], batch_size=500)
    steps.note_respelled([term.pk for term in terms])
