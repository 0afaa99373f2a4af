"""Many new senses in few statements: shared steps of the samples, the starter glossary and the import of a file.

Each runs inside an action's transaction, under `steps.lock_structure`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext as _

from glossary.actions import steps
from glossary.actions.steps import Naming
from glossary.models import (
    CaseRule,
    ExternalReference,
    MatchKind,
    RevisionKind,
    Sense,
    SenseRevision,
    SenseState,
    Spelling,
    SubjectField,
    Term,
    TermSense,
    TermSlug,
)
from markup.slugs import RESERVED, key, slug
from members.models import Member


@dataclass(frozen=True, slots=True)
class Reference:
    """Where another body defines the sense: a link, never its text."""

    source: str
    address: str
    relation: str = MatchKind.CLOSE
    note: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True)
class SenseEntry:
    """One sense of a file. `key` is what relations of the same file call it; `relations` are (kind, key)."""

    key: str
    name: str
    definition: str
    namings: tuple[Naming, ...]
    field: str = ""
    is_foreign: bool = False
    usage_note: str = ""
    example: str = ""
    relations: tuple[tuple[str, str], ...] = ()
    references: tuple[Reference, ...] = ()


def new_senses(
    entries: Sequence[SenseEntry],
    *,
    by: Member | None,
    is_sample: bool = False,
    state: SenseState = SenseState.PUBLISHED,
) -> list[Sense]:
    """Insert a sense for each entry, with its terms, references and first version; a few statements in all.

    Raises ValidationError for an entry that breaks a rule.
    """
    fields = subject_fields(entries)
    now = timezone.now()
    senses, names = [], []
    for entry in entries:
        sense = Sense(state=state, is_sample=is_sample)
        sense.published_at = now if state == SenseState.PUBLISHED else None
        names.append(write_words(sense, entry, fields))
        senses.append(sense)
    insert(senses, names, entries, by=by)
    return senses


def insert(
    senses: Sequence[Sense], names: Sequence[Sequence[Naming]], entries: Sequence[SenseEntry], *, by: Member | None
) -> None:
    """Insert senses that have their words, with these names and the references of their entries."""
    Sense.objects.bulk_create(senses, batch_size=1000)
    add_names(list(zip(senses, names, strict=True)))
    add_references(list(zip(senses, entries, strict=True)))
    keep_versions([sense for sense in senses if steps.is_shown(sense)], by=by)


def write_words(sense: Sense, entry: SenseEntry, fields: Mapping[str, SubjectField]) -> list[Naming]:
    """Give an unsaved or a locked sense the words of an entry, and answer its names, cleaned and checked."""
    sense.name, sense.definition = steps.line(entry.name), steps.line(entry.definition)
    sense.usage_note, sense.example = steps.lines(entry.usage_note), steps.lines(entry.example)
    sense.field = fields.get(steps.line(entry.field))
    names = steps.checked_names(entry.namings)
    sense.clean_fields(exclude={"field", "successor"})
    if steps.is_shown(sense):
        steps.check_publishable(sense, names)
    else:
        steps.check_definition(sense, steps.right_names(names))
    return names


def subject_fields(entries: Iterable[SenseEntry]) -> dict[str, SubjectField]:
    """The subject fields of these entries by their names, made where they are missing; two statements."""
    foreign = {steps.line(entry.field): entry.is_foreign for entry in entries if entry.field}
    there = {field.name: field for field in SubjectField.objects.filter(name__in=foreign)}
    missing = [SubjectField(name=name, is_foreign=foreign[name]) for name in foreign if name not in there]
    return there | {field.name: field for field in SubjectField.objects.bulk_create(missing)}


def add_names(named: Sequence[tuple[Sense, Sequence[Naming]]]) -> None:
    """Let terms name senses that they do not name yet; terms are made for names that have none."""
    namings = [(sense, naming, key(naming.text)) for sense, names in named for naming in names]
    there = Term.objects.filter(key__in={term_key for _sense, _naming, term_key in namings})
    terms = {term.key: term for term in there.annotate(others=Count("namings"))}
    places = {term.key: getattr(term, "others", 0) for term in terms.values()}
    _recognise(terms, namings)
    terms |= _new_terms([(naming, term_key) for _sense, naming, term_key in namings if term_key not in terms])
    rows = []
    for sense, naming, term_key in namings:
        places[term_key] = places.get(term_key, 0) + 1
        place = naming.position or places[term_key]
        rows.append(TermSense(term=terms[term_key], sense=sense, kind=naming.kind, position=place))
    TermSense.objects.bulk_create(rows, batch_size=2000)
    steps.note_respelled({row.term_id for row in rows})


def _recognise(terms: Mapping[str, Term], namings: Iterable[tuple[Sense, Naming, str]]) -> None:
    """Recognise terms that are there as their names say, where they say it."""
    changed = {}
    for _sense, naming, term_key in namings:
        term = terms.get(term_key)
        if term and naming.case_rule and naming.case_rule != term.case_rule:
            term.case_rule = CaseRule(naming.case_rule)
            changed[term.pk] = term
    Term.objects.bulk_update(changed.values(), ["case_rule"], batch_size=1000)


def _new_terms(wanted: Iterable[tuple[Naming, str]]) -> dict[str, Term]:
    taken = {*TermSlug.objects.values_list("slug", flat=True), *RESERVED}
    made: dict[str, Term] = {}
    for naming, term_key in wanted:
        if term_key in made:
            if naming.case_rule:
                made[term_key].case_rule = CaseRule(naming.case_rule)
            continue
        rule = CaseRule(naming.case_rule) if naming.case_rule else steps.look_of(naming.text)
        address = steps.first_free(slug(naming.address or naming.text, fallback="term"), taken)
        taken.add(address)
        made[term_key] = Term(text=naming.text, key=term_key, case_rule=rule, slug=address)
    terms = Term.objects.bulk_create(made.values(), batch_size=1000)
    TermSlug.objects.bulk_create((TermSlug(slug=term.slug, term=term) for term in terms), batch_size=2000)
    spellings = [
        Spelling(term=term, text=text, key=key(text), kind=kind)
        for term in terms
        for text, kind in steps.made_spellings(term).items()
    ]
    Spelling.objects.bulk_create(spellings, batch_size=2000)
    return made


def add_references(pairs: Iterable[tuple[Sense, SenseEntry]]) -> None:
    """Link senses to where others define them; what stands there already is left."""
    rows = [reference_of(sense, reference) for sense, entry in pairs for reference in entry.references]
    ExternalReference.objects.bulk_create(rows, ignore_conflicts=True)


def set_references(sense: Sense, references: Iterable[Reference]) -> None:
    """Make what a locked sense refers to exactly this."""
    rows = [reference_of(sense, reference) for reference in references]
    if len({(row.source, row.address) for row in rows}) < len(rows):
        raise ValidationError({"references": _("A reference stands here twice.")})
    ExternalReference.objects.filter(sense=sense).delete()
    ExternalReference.objects.bulk_create(rows)


def reference_of(sense: Sense, said: Reference) -> ExternalReference:
    """The row of a reference, cleaned; raises ValidationError by its fields. Not saved."""
    row = ExternalReference(sense=sense, relation=said.relation, address=said.address.strip())
    row.source, row.version, row.note = steps.line(said.source), steps.line(said.version), steps.line(said.note)
    row.clean_fields(exclude={"sense"})
    return row


def keep_versions(senses: Sequence[Sense], *, by: Member | None, kind: RevisionKind = RevisionKind.MEANING) -> None:
    """Keep what readers see of these senses from now on as the next version of each; two statements."""
    counts = dict(
        SenseRevision.objects.filter(sense__in=[sense.pk for sense in senses])
        .order_by()
        .values_list("sense")
        .annotate(Count("pk"))
    )
    SenseRevision.objects.bulk_create(
        (
            SenseRevision(
                sense=sense,
                number=counts.get(sense.pk, 0) + 1,
                kind=kind,
                name=sense.name,
                definition=sense.definition,
                usage_note=sense.usage_note,
                example=sense.example,
                by=by,
            )
            for sense in senses
        ),
        batch_size=1000,
    )
