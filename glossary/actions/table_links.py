"""What a table says of relations and successors: senses called by `term/name`, in the glossary or in the table itself.

Symmetric relations stand in a table once, at the sense whose label comes
first; so a line taken out there takes the relation away. Reads only.
"""

from collections.abc import Iterable, Mapping
from itertools import chain

from django.utils.translation import gettext as _, gettext_lazy

from glossary import cells
from glossary.actions.relation_steps import way_up
from glossary.actions.table_rows import REJECTED, Change, Ends, Glossary, Node, Row
from glossary.models import SYMMETRIC, SenseState
from glossary.spreadsheets import CLEAR
from markup.slugs import key

RETIRED = gettext_lazy("This sense is retired. Publish it again before changing it.")
_READABLE = {SenseState.PUBLISHED, SenseState.RETIRED}


def resolve(changes: Mapping[Node, Change], glossary: Glossary, *, publishes: bool) -> None:
    """Find the senses that relations and successors name, and reject the rows of those that name none."""
    names = _Names(changes, glossary)
    waiting: dict[Node, list[Change]] = {}
    for change in changes.values():
        if not change.is_rejected:
            _read_relations(change, names)
            _read_successor(change, names, changes, publishes=publishes)
        for node in _others(change):
            waiting.setdefault(node, []).append(change)
    _spread(waiting, [change for change in changes.values() if change.is_rejected])
    circular = list(_circular([change for change in changes.values() if not change.is_rejected], glossary))
    _spread(waiting, circular)


def differences(good: Iterable[Change], glossary: Glossary) -> tuple[set[Ends], set[Ends]]:
    """The relations that go and those that come, by what these senses say."""
    saying = [change for change in good if change.links is not None]
    wanted = set(chain.from_iterable(change.links or () for change in saying))
    own = {change.node for change in saying}
    gone = {ends for ends in glossary.links if ends not in wanted and _teller(ends, glossary) in own}
    return gone, wanted - glossary.links


def _teller(ends: Ends, glossary: Glossary) -> Node:
    """The sense at whose rows a relation of the glossary stands."""
    source, target, kind = ends
    if kind in SYMMETRIC and isinstance(source, int) and isinstance(target, int):
        return min(source, target, key=glossary.label)
    return source


class _Names:
    """The senses of the glossary and of the table by what they are called."""

    def __init__(self, changes: Mapping[Node, Change], glossary: Glossary) -> None:
        self.glossary = glossary
        self.by_name: dict[str, list[Node]] = {}
        for name_key, senses in glossary.by_name.items():
            self.by_name[name_key] = list(senses)
        self.added: dict[Node, set[str]] = {}
        for node, change in changes.items():
            if not isinstance(node, int):
                self.by_name.setdefault(node[0], []).append(node)
            for naming in change.new_names:
                self.added.setdefault(node, set()).update({key(naming.text), naming.address} - {""})

    def find(self, text: str) -> list[Node]:
        """The senses that are called so: `term/name`, or a name by itself."""
        head, slash, name = text.partition("/")
        named = self.by_name.get(key(name), []) if slash else []
        found = [node for node in named if {head, key(head)} & self._called(node)]
        return found or self.by_name.get(key(text), [])

    def _called(self, node: Node) -> set[str]:
        """The keys and addresses of the terms of a sense."""
        added = self.added.get(node, set())
        if not isinstance(node, int):
            return added
        keys = self.glossary.names[node]
        return added | set(keys) | {self.glossary.terms[term_key][1] for term_key in keys}


def _one(text: str, row: Row, column: str, names: _Names) -> Node | None:
    found = names.find(text)
    if len(found) == 1:
        return found[0]
    reason = (
        _("Several senses are called “%(name)s”. Write the address of a term before it: term/sense.")
        if found
        else _("No sense is called “%(name)s”.")
    )
    row.reject(column, reason % {"name": text})
    return None


def _read_relations(change: Change, names: _Names) -> None:
    cell, row = change.said.get("relations", ("", change.rows[0]))
    if not cell:
        return
    links: set[Ends] = set()
    for line in filter(None, cell.removeprefix(CLEAR).split("\n")):
        if (ends := _read_line(line, change.node, row, names)) is None:
            return
        links.add(ends)
    change.links = links
    glossary = names.glossary
    there = {ends for ends in glossary.links_of.get(change.node, ()) if _teller(ends, glossary) == change.node}
    if change.sense and (links - glossary.links or there - links):
        if change.sense.is_retired and change.state == SenseState.RETIRED:
            row.reject("relations", str(RETIRED))
        else:
            row.change("relations")


def _read_line(line: str, node: Node, row: Row, names: _Names) -> Ends | None:
    """The relation of a line; None when there is none, and the row is rejected."""
    try:
        kind, text = cells.read_relation(line)
    except ValueError:
        told = _("Write a relation a line, as “part of: term/sense”, not “%(line)s”.")
        row.reject("relations", told % {"line": line})
        return None
    other = _one(text, row, "relations", names)
    if other == node:
        row.reject("relations", _("A relation joins two different senses."))
        return None
    return None if other is None else _stored(node, other, kind)


def _stored(source: Node, target: Node, kind: str) -> Ends:
    if kind not in SYMMETRIC:
        return source, target, kind
    first, second = sorted((source, target), key=lambda node: (isinstance(node, tuple), node))
    return first, second, kind


def _read_successor(change: Change, names: _Names, changes: Mapping[Node, Change], *, publishes: bool) -> None:
    cell, row = change.said.get("successor", ("", change.rows[0]))
    if cell in {"", CLEAR} or not publishes or change.state != SenseState.RETIRED or row.outcome == REJECTED:
        return
    node = _one(cell, row, "successor", names)
    if node is None:
        return
    there = names.glossary.senses.get(node) if isinstance(node, int) else None
    state = changes[node].state if node in changes else there.state if there else ""
    if node == change.node or state not in _READABLE:
        row.reject("successor", _("The successor is another sense that is published."))
    elif change.sense is None or not change.sense.is_retired:
        change.successor = node
    elif change.sense.successor_id != node:
        row.reject("successor", str(RETIRED))


def _others(change: Change) -> set[Node]:
    """The new senses that this one needs."""
    nodes = {node for ends in change.links or () for node in ends[:2]} | {change.successor}
    return {node for node in nodes if isinstance(node, tuple) and node != change.node}


def _spread(waiting: Mapping[Node, list[Change]], rejected: list[Change]) -> None:
    """Reject what needs a rejected new sense, and all rows of what is rejected."""
    seen = set()
    while rejected:
        bad = rejected.pop()
        if bad.node in seen:
            continue
        seen.add(bad.node)
        number = next(row.number for row in bad.rows if row.outcome == REJECTED)
        for row in bad.rows:
            row.reject("sense", _("Row %(number)d of the same sense is rejected.") % {"number": number})
        for change in waiting.get(bad.node, ()):
            told = change.said.get("relations", change.said.get("successor", ("", change.rows[0])))[1]
            told.reject("relations", _("It names the sense of row %(number)d, which is rejected.") % {"number": number})
            rejected.append(change)


def _circular(good: list[Change], glossary: Glossary) -> Iterable[Change]:
    """Reject each sense whose relations would close a ring."""
    gone, joined = differences(good, glossary)
    upwards: dict[str, dict[Node, list[Node]]] = {}
    for source, target, kind in glossary.links - gone:
        upwards.setdefault(kind, {}).setdefault(source, []).append(target)
    by_node = {change.node: change for change in good}
    for source, target, kind in sorted(joined, key=repr):
        if kind in SYMMETRIC:
            continue
        up = upwards.setdefault(kind, {})
        if way_up(up, target, source):
            change = by_node[source]
            change.said["relations"][1].reject(
                "relations", _("This would go round in a circle by “%(kind)s”.") % {"kind": kind.replace("_", " ")}
            )
            yield change
        else:
            up.setdefault(source, []).append(target)
