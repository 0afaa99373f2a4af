"""The glossary in the words of SKOS, as a JSON-LD document that holds its own context.

A sense is a concept; terms are its labels. The integrity conditions of SKOS
hold whatever curators enter: what would break one is left out, the weaker
statement first (https://www.w3.org/TR/skos-reference/, S9, S13, S14, S27, S46).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from glossary.models import ExternalReference, MatchKind, NamingKind, Relation, RelationKind, Sense, TermSense

LABELS = {NamingKind.PREFERRED: "prefLabel", NamingKind.MISSPELLING: "hiddenLabel"}  # all others: altLabel
MATCHES = {
    MatchKind.EXACT: "exactMatch",
    MatchKind.CLOSE: "closeMatch",
    MatchKind.BROAD: "broadMatch",
    MatchKind.NARROW: "narrowMatch",
    MatchKind.RELATED: "relatedMatch",
}
UPWARDS = (RelationKind.KIND_OF, RelationKind.PART_OF)
_LINKS = ("inScheme", "broader", "narrower", "related", *MATCHES.values())
_TEXTS = ("prefLabel", "altLabel", "hiddenLabel", "definition", "scopeNote", "example")
Concept = dict[str, Any]
Triple = tuple[str, str, str]


def document(
    senses: Sequence[Sense],
    namings: Iterable[TermSense],
    relations: Iterable[Relation],
    references: Iterable[ExternalReference],
    *,
    site: str,
    title: str,
) -> dict[str, Any]:
    """The document of these senses, each with `field` and in the order given; `namings` are sorted by sense.

    Relations whose other end is not among the senses are left out, references without an address too.
    """
    own = f"{site}/glossary.jsonld#"
    scheme = f"{site}/glossary/"
    concepts = {sense.pk: _concept(sense, own, scheme) for sense in senses}
    for pk, names in groupby(namings, key=lambda naming: naming.sense_id):
        if pk in concepts:
            _label(concepts[pk], list(names), site)
    inside = [row for row in relations if row.source_id in concepts and row.target_id in concepts]
    matches = [row for row in references if row.address and row.sense_id in concepts]
    _relate(concepts, inside, matches)
    for sense in senses:
        if sense.successor_id in concepts:
            concepts[sense.pk]["isReplacedBy"] = concepts[sense.successor_id]["@id"]
    graph = [
        {"@id": scheme, "@type": "ConceptScheme", "title": {"@value": title, "@language": "en"}},
        {"@id": f"{own}notToBeConfusedWith", "@type": ["rdf:Property", "owl:SymmetricProperty"]},
        *concepts.values(),
    ]
    return {"@context": _context(own), "@graph": graph}


def _context(own: str) -> dict[str, Any]:
    context: dict[str, Any] = {
        "@vocab": "http://www.w3.org/2004/02/skos/core#",
        "dct": "http://purl.org/dc/terms/",
        "owl": "http://www.w3.org/2002/07/owl#",
        "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
        "foaf": "http://xmlns.com/foaf/0.1/",
        "title": "dct:title",
        "subject": {"@id": "dct:subject", "@language": "en"},
        "page": {"@id": "foaf:page", "@type": "@id"},
        "deprecated": "owl:deprecated",
        "isReplacedBy": {"@id": "dct:isReplacedBy", "@type": "@id"},
        "notToBeConfusedWith": {"@id": f"{own}notToBeConfusedWith", "@type": "@id"},
    }
    context |= {name: {"@type": "@id"} for name in _LINKS}
    return context | {name: {"@language": "en"} for name in _TEXTS}


def _concept(sense: Sense, own: str, scheme: str) -> Concept:
    concept = {"@id": f"{own}sense-{sense.pk}", "@type": "Concept", "inScheme": scheme, "definition": sense.definition}
    optional = {
        "subject": sense.field.name if sense.field else "",
        "scopeNote": sense.usage_note,
        "example": sense.example,
        "deprecated": sense.is_retired,
    }
    return concept | {name: value for name, value in optional.items() if value}


def _label(concept: Concept, names: Sequence[TermSense], site: str) -> None:
    for naming in names:
        name = LABELS.get(NamingKind(naming.kind), "altLabel")
        if name == "prefLabel":
            concept[name] = naming.term.text
            concept["page"] = f"{site}{naming.term.get_absolute_url()}#sense-{naming.sense_id}"
        else:
            concept.setdefault(name, []).append(naming.term.text)


def _relate(concepts: dict[int, Concept], relations: Sequence[Relation], matches: list[ExternalReference]) -> None:
    names = {pk: str(concept["@id"]) for pk, concept in concepts.items()}
    by_name = {str(concept["@id"]): concept for concept in concepts.values()}
    certain = [*_hierarchy(relations, names), *_matches(matches, names)]
    # Both ways at once: what is related is so from either side, and the check below asks both.
    associative = [
        (names[one], "related", names[other])
        for row in relations
        if row.kind == RelationKind.RELATED
        for one, other in ((row.source_id, row.target_id), (row.target_id, row.source_id))
    ]
    ways = _Ways(certain)
    for source, name, target in [*certain, *associative]:
        if name not in {"related", "relatedMatch"} or not ways.join(source, target):
            _say(by_name[source], name, target)


def _hierarchy(relations: Iterable[Relation], names: Mapping[int, str]) -> Iterator[Triple]:
    """Broader and narrower, and what is not to be confused."""
    for row in relations:
        source, target = names[row.source_id], names[row.target_id]
        if row.kind in UPWARDS:
            yield from ((source, "broader", target), (target, "narrower", source))
        elif row.kind == RelationKind.NOT_TO_BE_CONFUSED:
            yield from ((source, "notToBeConfusedWith", target), (target, "notToBeConfusedWith", source))


def _matches(matches: list[ExternalReference], names: Mapping[int, str]) -> Iterator[Triple]:
    """One statement for a sense and an address, the strongest; nothing weaker among what is the same (S46)."""
    strongest = list(MatchKind)
    seen: set[tuple[str, str]] = set()
    same = _Classes()
    for match in sorted(matches, key=lambda row: (strongest.index(MatchKind(row.relation)), row.pk)):
        source, address = names[match.sense_id], match.address
        if match.relation == MatchKind.EXACT:
            same.join(source, address)
        elif (source, address) in seen or same.are_one(source, address):
            continue
        seen |= {(source, address)}
        yield source, MATCHES[MatchKind(match.relation)], address


def _say(concept: Concept, name: str, target: str) -> None:
    said = concept.setdefault(name, [])
    if target not in said:
        said.append(target)


class _Classes:
    """What is the same as what: exactMatch is symmetric and transitive."""

    def __init__(self) -> None:
        self.members: dict[str, set[str]] = {}

    def join(self, one: str, other: str) -> None:
        whole = self.members.get(one, {one}) | self.members.get(other, {other})
        for name in whole:
            self.members[name] = whole

    def are_one(self, one: str, other: str) -> bool:
        return other in self.members.get(one, ())


class _Ways:
    """What stands above what, by any number of steps: nothing is also related to it (S27)."""

    def __init__(self, triples: Iterable[Triple]) -> None:
        self.upper: dict[str, frozenset[str]] = {}
        for source, name, target in triples:
            if name in {"broader", "broadMatch"}:
                self.upper[source] = self.upper.get(source, frozenset()) | {target}
            elif name == "narrowMatch":
                self.upper[target] = self.upper.get(target, frozenset()) | {source}

    def join(self, one: str, other: str) -> bool:
        """Whether one of the two stands above the other."""
        return other in self._above(one) or one in self._above(other)

    def _above(self, start: str) -> set[str]:
        found: set[str] = set()
        waiting = [start]
        while waiting:
            for upper in self.upper.get(waiting.pop(), ()):
                if upper not in found:
                    found |= {upper}
                    waiting.append(upper)
        return found
