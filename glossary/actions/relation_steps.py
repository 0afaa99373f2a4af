"""How senses belong together: shared steps for the actions that write relations."""

from collections.abc import Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _

from glossary.models import SYMMETRIC, Relation, RelationKind, Sense
from members.permissions import Refused

Node = TypeVar("Node", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Link:
    """A relation as it is said from one sense: “… is part of `target`”."""

    kind: str
    target: Sense


def said_by(sense: Sense) -> Q:
    """The relations that a sense's own form shows: those it says itself, and the symmetric ones from either side."""
    return Q(source=sense) | Q(target=sense, kind__in=SYMMETRIC)


def set_relations(sense: Sense, links: Iterable[Link]) -> None:
    """Make what a sense says of others exactly this. All senses are locked, and the glossary's structure.

    Raises ValidationError on `relations` for a sense joined to itself, and
    Refused for a cycle of kind of or part of, naming its members.
    """
    wanted = {_ends(sense, link) for link in links}
    existing = {(row.source_id, row.target_id, row.kind): row for row in Relation.objects.filter(said_by(sense))}
    gone = [row.pk for ends, row in existing.items() if ends not in wanted]
    Relation.objects.filter(pk__in=gone).delete()
    _add(wanted - existing.keys())


def add_relations(said: Iterable[tuple[Sense, Link]]) -> None:
    """Say more of many senses, as `set_relations` does, and leave what is said already; a few queries in all."""
    wanted = {_ends(sense, link) for sense, link in said}
    sources = {source for source, _target, _kind in wanted}
    _add(wanted - set(Relation.objects.filter(source__in=sources).values_list("source", "target", "kind")))


def change_ends(gone: Collection[tuple[int, int, str]], new: Collection[tuple[int, int, str]]) -> None:
    """Take relations away and add others, both as they are stored; Refused for a cycle. Senses are locked, as above."""
    sources = {source for source, _target, _kind in gone}
    rows = Relation.objects.filter(source__in=sources).values_list("pk", "source", "target", "kind")
    Relation.objects.filter(pk__in=[pk for pk, *ends in rows if tuple(ends) in gone]).delete()
    _add(new)


def stored(source: int, target: int, kind: str) -> tuple[int, int, str]:
    """The ends of a relation as its row has them: those of a symmetric kind with the smaller id first."""
    return (min(source, target), max(source, target), kind) if kind in SYMMETRIC else (source, target, kind)


def _add(new: Collection[tuple[int, int, str]]) -> None:
    upwards: dict[str, dict[int, list[int]]] = {kind: {} for _source, _target, kind in new if kind not in SYMMETRIC}
    for source, target, kind in Relation.objects.filter(kind__in=upwards).values_list("source", "target", "kind"):
        upwards[kind].setdefault(source, []).append(target)
    for source, target, kind in sorted(new):
        if kind not in SYMMETRIC:
            _refuse_cycle(upwards[kind], source, target, kind)
            upwards[kind].setdefault(source, []).append(target)
    Relation.objects.bulk_create(
        Relation(source_id=source, target_id=target, kind=kind) for source, target, kind in sorted(new)
    )


def _ends(sense: Sense, link: Link) -> tuple[int, int, str]:
    """A relation as it is stored: symmetric ones with the smaller id first, so that there is one row for both."""
    if sense.pk == link.target.pk:
        raise ValidationError({"relations": _("A relation joins two different senses.")})
    return stored(sense.pk, link.target.pk, link.kind)


def _refuse_cycle(upwards: Mapping[int, list[int]], source: int, target: int, kind: str) -> None:
    """Follow `upwards` from the target: if it leads back to the source, the new relation would close a ring."""
    way = way_up(upwards, target, source)
    if way:
        names = Sense.objects.in_bulk(way)
        chain = " → ".join(f"“{names[step].name}”" for step in [source, *way])
        raise Refused(
            _("This would go round in a circle by “%(kind)s”: %(chain)s. Take one of these away first.")
            % {"kind": RelationKind(kind).label, "chain": chain}
        )


def way_up(upwards: Mapping[Node, list[Node]], start: Node, goal: Node) -> list[Node]:
    """The senses on a way from start to goal, both included; empty when there is none."""
    came_from: dict[Node, Node | None] = {start: None}
    waiting = [start]
    for step in waiting:
        if step == goal:
            break
        for upper in upwards.get(step, ()):
            if upper not in came_from:
                came_from[upper] = step
                waiting.append(upper)
    way: list[Node] = []
    step_back: Node | None = goal if goal in came_from else None
    while step_back is not None:
        way.append(step_back)
        step_back = came_from[step_back]
    return way[::-1]
