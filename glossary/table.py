"""The glossary as the rows of a table, as the import reads them. Reads only; five queries.

`glossary.csv` is for readers and other programs: from A to Z, every row whole.
The curators' file is for editing: sense by sense, and what belongs to the
sense or to a term stands in the first of its rows only, so that it is changed
in one place.
"""

from collections.abc import Iterable

from django.conf import settings
from django.db.models import Q, QuerySet

from glossary import cells
from glossary.models import (
    SYMMETRIC,
    ExternalReference,
    NamingKind,
    Relation,
    Sense,
    Spelling,
    SpellingKind,
    TermSense,
)
from glossary.spreadsheets import COLUMNS

_OF_TERM = ("recognised", "spellings", "address")
_OF_SENSE = ("field", "outside", "definition", "usage note", "example", "relations", "references", "state", "reason")
_ONCE = (*_OF_SENSE, "successor")


def whole(senses: QuerySet[Sense]) -> list[list[str]]:
    """From A to Z, a row for each name of each of these senses, the cells as in `COLUMNS`."""
    rows = sorted(_rows(senses), key=lambda row: (row["key"], int(row["position"]), row["label"], row["sense"]))
    return [[row[column] for column in COLUMNS] for row in rows]


def for_editing(senses: QuerySet[Sense]) -> list[list[str]]:
    """Sense by sense, the preferred term first; what would stand in several rows stands in the first."""
    rows = sorted(_rows(senses), key=lambda row: (row["label"], row["pk"], row["kind"] != "preferred", row["key"]))
    seen: set[tuple[str, str]] = set()
    lines = []
    for row in rows:
        known = {("pk", row["pk"]), ("key", row["key"])} & seen
        blank = [
            column
            for what, columns in (("pk", _ONCE), ("key", _OF_TERM))
            if (what, row[what]) in known
            for column in columns
        ]
        seen |= {("pk", row["pk"]), ("key", row["key"])}
        lines.append([("" if column in blank else row[column]) for column in COLUMNS])
    return lines


def _rows(senses: QuerySet[Sense]) -> list[dict[str, str]]:
    namings = list(TermSense.objects.filter(sense__in=senses).select_related("term", "sense__field").order_by("pk"))
    preferred: dict[int, TermSense] = {}
    for naming in sorted(namings, key=lambda each: (each.kind != NamingKind.PREFERRED, each.term.key)):
        preferred.setdefault(naming.sense_id, naming)
    labels = {pk: cells.label(naming.term.slug, naming.sense.name) for pk, naming in preferred.items()}
    spellings, relations, references = _spellings(senses), _relations(senses, labels), _references(senses)
    rows = []
    for naming in namings:
        sense, term, first = naming.sense, naming.term, preferred[naming.sense_id]
        row = {
            "key": term.key,
            "pk": str(sense.pk),
            "label": labels[sense.pk],
            "term": term.text,
            "sense": sense.name,
            "kind": naming.kind,
            "preferred term": first.term.text if first.kind == NamingKind.PREFERRED else "",
            "position": str(naming.position),
            "recognised": term.case_rule,
            "spellings": spellings.get(term.pk, ""),
            "usual": "yes" if term.usual_sense_id == sense.pk else "",
            "field": sense.field.name if sense.field else "",
            "outside": "yes" if sense.field and sense.field.is_foreign else "",
            "definition": sense.definition,
            "usage note": sense.usage_note,
            "example": sense.example,
            "relations": "\n".join(sorted(relations.get(sense.pk, ()))),
            "references": "\n".join(references.get(sense.pk, ())),
            "state": sense.state,
            "reason": sense.retired_reason,
            "successor": labels.get(sense.successor_id, "") if sense.successor_id else "",
            "address": f"{settings.SITE_URL}{term.get_absolute_url()}",
        }
        rows.append(row)
    return rows


def _spellings(senses: QuerySet[Sense]) -> dict[int, str]:
    made = [SpellingKind.OWN, SpellingKind.PLURAL]
    own = Spelling.objects.exclude(kind__in=made, suppressed_at=None).filter(term__namings__sense__in=senses)
    found: dict[int, tuple[list[str], list[str]]] = {}
    for term, text, suppressed_at in own.distinct().values_list("term", "text", "suppressed_at"):
        found.setdefault(term, ([], []))[suppressed_at is not None].append(text)
    return {term: cells.spellings(*each) for term, each in found.items()}


def _relations(senses: QuerySet[Sense], labels: dict[int, str]) -> dict[int, list[str]]:
    """The lines of each sense; a symmetric relation stands at the sense whose label comes first."""
    found: dict[int, list[str]] = {}
    rows = Relation.objects.filter(Q(source__in=senses), target__in=senses)
    for source, target, kind in rows.values_list("source", "target", "kind"):
        if source in labels and target in labels:
            ends: Iterable[int] = (source, target)
            if kind in SYMMETRIC:
                ends = sorted(ends, key=lambda pk: (labels[pk], pk))
            one, other = ends
            found.setdefault(one, []).append(cells.relation(kind, labels[other]))
    return found


def _references(senses: QuerySet[Sense]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for row in ExternalReference.objects.filter(sense__in=senses).order_by("source", "address", "pk"):
        line = cells.reference(row.relation, row.source, row.version, row.address, row.note)
        found.setdefault(row.sense_id, []).append(line)
    return found
