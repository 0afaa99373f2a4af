"""The import of a table of terms and senses: what `plan` says of it, all or nothing."""

from collections.abc import Mapping, Sequence
from itertools import chain

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from glossary.actions import bulk_steps, relation_steps, steps
from glossary.actions.table_plan import plan
from glossary.actions.table_rows import CHANGED, NEW, REJECTED, UNCHANGED, Change, Node, Plan, Row, TermChange, Watch
from glossary.models import (
    CaseRule,
    ExternalReference,
    NamingKind,
    RevisionKind,
    Sense,
    SenseState,
    Spelling,
    SpellingKind,
    SubjectField,
    Term,
    TermSense,
)
from glossary.permissions import may_keep_fields, may_keep_terms, may_publish, may_save_sense
from markup.slugs import key
from members.actions.site import grow_site_version
from members.models import Member
from members.permissions import Refused

__all__ = ["CHANGED", "NEW", "REJECTED", "UNCHANGED", "Plan", "Row", "import_rows", "plan"]


@transaction.atomic(durable=True)
def import_rows(
    cells: Sequence[tuple[int, Mapping[str, str]]],
    *,
    by: Member,
    expected: str,
    publishes: bool = False,
    leaves_out: bool = False,
    kind: str = RevisionKind.EDITORIAL,
) -> Plan:
    """Do what `plan` says of these rows, all or nothing.

    New senses become drafts unless `publishes`; with it the states of the
    table hold. `expected` is the digest of the plan that the curator has read.
    Raises Refused when rows are rejected, unless `leaves_out`: then all others
    are imported; also when the glossary changed meanwhile, or when it takes
    longer than a request may.
    """
    watch = Watch()
    steps.lock_senses(_touched(plan(cells, publishes=publishes, is_rough=True, watch=watch)))
    steps.lock_structure()
    now = plan(cells, publishes=publishes, watch=watch)
    if now.count(REJECTED) and not leaves_out:
        raise Refused(_("Some rows are rejected, so nothing was imported. Change them in the file, or leave them out."))
    if now.digest != expected:
        raise Refused(_("What the import would do changed since this was checked. Read what it would do now."))
    _ask(now, by, publishes=publishes)
    _write(now, by=by, kind=RevisionKind(kind), watch=watch)
    if now.does_something:
        grow_site_version(lexicon=True)
    return now


def _touched(rough: Plan) -> set[int]:
    """The senses to lock: those that change or are joined to, and those that a retired one is the successor of."""
    retired = [change.node for change in rough.changes if change.successor]
    earlier = Sense.objects.filter(successor__in=[node for node in retired if isinstance(node, int)])
    return rough.touched | set(earlier.values_list("pk", flat=True))


def _ask(now: Plan, by: Member, *, publishes: bool) -> None:
    senses = {change.sense.pk: change.sense for change in now.changes if change.sense}
    ends = {node for each in (*now.gone, *now.joined) for node in each[:2] if isinstance(node, int)}
    senses |= Sense.objects.in_bulk(ends - senses.keys())
    asked = all(may_save_sense(by, sense) for sense in senses.values())
    fields = {change.entry.field for change in now.changes} - {""}
    has_new_field = SubjectField.objects.filter(name__in=fields).count() < len(fields)
    allowed = [
        asked and may_save_sense(by, None),
        may_publish(by) or not publishes,
        may_keep_fields(by) or not has_new_field,
        may_keep_terms(by) or not now.terms,
    ]
    if not all(allowed):
        raise PermissionDenied(_("You may not do all of what this table asks for."))


def _write(now: Plan, *, by: Member, kind: RevisionKind, watch: Watch) -> None:
    fields = bulk_steps.subject_fields([change.entry for change in now.changes])
    senses = _insert([change for change in now.changes if change.sense is None], fields, by=by)
    watch.look()
    there = [change for change in now.changes if change.sense]
    senses |= {change.node: change.sense for change in there if change.sense}
    _write_changes(there, fields, by=by, kind=kind)
    watch.look()
    _write_successors(now.changes, senses)
    _write_terms(now.terms, senses)

    def pk(node: Node) -> int:
        return node if isinstance(node, int) else senses[node].pk

    ends = [
        {relation_steps.stored(pk(one), pk(two), kind) for one, two, kind in each} for each in (now.gone, now.joined)
    ]
    relation_steps.change_ends(*ends)
    steps.make_own(Sense.objects.filter(pk__in=set(chain.from_iterable(each[:2] for each in chain(*ends)))))
    watch.look()


def _insert(changes: Sequence[Change], fields: Mapping[str, SubjectField], *, by: Member) -> dict[Node, Sense]:
    senses: dict[Node, Sense] = {}
    for change in changes:
        sense = change.made
        if sense is None:  # every new sense that is not rejected was checked
            raise Refused(_("What the import would do changed since this was checked. Read what it would do now."))
        sense.state, sense.field = SenseState(change.state), fields.get(steps.line(change.entry.field))
        sense.retired_reason = change.reason if sense.is_retired else ""
        sense.published_at = timezone.now() if steps.is_shown(sense) else None
        senses[change.node] = sense
    names = [change.new_names for change in changes]
    bulk_steps.insert(list(senses.values()), names, [change.entry for change in changes], by=by)
    _write_references(changes, senses)
    return senses


def _write_changes(
    changes: Sequence[Change], fields: Mapping[str, SubjectField], *, by: Member, kind: RevisionKind
) -> None:
    first: list[Sense] = []
    reworded: list[Sense] = []
    restated: list[Sense] = []
    for change in changes:
        sense = change.sense
        if sense is None:
            continue
        was = SenseState(sense.state)
        sense.state = SenseState(change.state)
        bulk_steps.write_words(sense, change.entry, fields)
        sense.revision += 1
        sense.is_sample = False
        if sense.state != was:
            restated.append(sense)
            sense.successor, sense.retired_reason = None, change.reason if sense.is_retired else ""
            sense.retired_at, sense.retired_by = (timezone.now(), by) if sense.is_retired else (None, None)
        is_new_to_readers = steps.is_shown(sense) and was in {SenseState.DRAFT, SenseState.REVIEW}
        if is_new_to_readers:
            sense.published_at = sense.published_at or timezone.now()
            first.append(sense)
        elif change.has_new_words and steps.is_shown(sense):
            reworded.append(sense)
    columns = ["definition", "usage_note", "example", "field", "revision", "is_sample", "state", "successor"]
    columns += ["retired_reason", "retired_at", "retired_by", "published_at"]
    Sense.objects.bulk_update([change.sense for change in changes if change.sense], columns, batch_size=500)
    _write_kinds(changes)
    bulk_steps.add_names([(change.sense, change.new_names) for change in changes if change.sense])
    _write_references(changes, {change.node: change.sense for change in changes if change.sense})
    bulk_steps.keep_versions(reworded, by=by, kind=kind)
    bulk_steps.keep_versions(first, by=by)
    _tell_of_states(restated)


def _tell_of_states(senses: Sequence[Sense]) -> None:
    """What follows from new states, as `senses.publish` and `senses.retire` do it."""
    retired = [sense.pk for sense in senses if sense.is_retired]
    Term.objects.filter(usual_sense__in=retired).update(usual_sense=None)
    named = TermSense.objects.filter(sense__in=[sense.pk for sense in senses])
    steps.note_respelled(named.values_list("term", flat=True))


def _write_kinds(changes: Sequence[Change]) -> None:
    """The old preferred name steps down before the new one steps up: the database allows one at a time."""
    wanted = [change for change in changes if change.sense and (change.kinds or change.positions)]
    by_sense = {change.node: change for change in wanted}
    rows = list(TermSense.objects.filter(sense__in=list(by_sense)).select_related("term"))
    for row in rows:
        change = by_sense[row.sense_id]
        row.kind = change.kinds.get(row.term.key, row.kind)
        row.position = change.positions.get(row.term.key, row.position)
    down = [row for row in rows if row.kind != NamingKind.PREFERRED]
    up = [row for row in rows if row.kind == NamingKind.PREFERRED]
    for group in (down, up):
        TermSense.objects.bulk_update(group, ["kind", "position"], batch_size=500)
    steps.note_respelled({row.term_id for row in rows})


def _write_references(changes: Sequence[Change], senses: Mapping[Node, Sense]) -> None:
    saying = [(senses[change.node], change.references) for change in changes if change.references is not None]
    ExternalReference.objects.filter(sense__in=[sense.pk for sense, _said in saying]).delete()
    rows = [bulk_steps.reference_of(sense, each) for sense, references in saying for each in references or ()]
    ExternalReference.objects.bulk_create(rows, batch_size=1000)


def _write_successors(changes: Sequence[Change], senses: Mapping[Node, Sense]) -> None:
    """Give retired senses their successors, also those that were led to one of them before."""
    for change in changes:
        if change.successor is None:
            continue
        successor = change.successor if isinstance(change.successor, int) else senses[change.successor].pk
        pk = senses[change.node].pk
        Sense.objects.filter(pk=pk).update(successor=successor)
        Sense.objects.filter(successor=pk).exclude(pk=successor).update(successor=successor)


def _write_terms(changes: Mapping[str, TermChange], senses: Mapping[Node, Sense]) -> None:
    terms = list(Term.objects.filter(key__in=changes))
    for term in terms:
        change = changes[term.key]
        term.case_rule = CaseRule(change.case_rule) if change.case_rule else term.case_rule
        if change.has_usual:
            node = change.usual
            term.usual_sense_id = senses[node].pk if isinstance(node, tuple) else node
    Term.objects.bulk_update(terms, ["case_rule", "usual_sense"], batch_size=500)
    respelled = [term for term in terms if changes[term.key].spellings is not None]
    gone = _write_spellings(respelled, changes)
    steps.note_respelled([term.pk for term in terms if changes[term.key].case_rule or term in respelled], gone=gone)


def _write_spellings(terms: Sequence[Term], changes: Mapping[str, TermChange]) -> set[str]:
    """Make what curators added and what is not marked exactly this; answers what is no spelling any more."""
    there: dict[int, dict[str, Spelling]] = {}
    for spelling in Spelling.objects.filter(term__in=terms):
        there.setdefault(spelling.term_id, {})[spelling.text] = spelling
    gone, new, changed = [], [], []
    for term in terms:
        marked, unmarked = changes[term.key].spellings or (frozenset(), frozenset())
        own = there.get(term.pk, {})
        for text, spelling in own.items():
            if spelling.kind == SpellingKind.VARIANT and text not in marked | unmarked:
                gone.append(spelling)
            elif (spelling.suppressed_at is not None) != (text in unmarked):
                spelling.suppressed_at = timezone.now() if text in unmarked else None
                changed.append(spelling)
        for text in sorted((marked | unmarked) - own.keys()):
            suppressed_at = timezone.now() if text in unmarked else None
            row = Spelling(term=term, text=text, key=key(text), kind=SpellingKind.VARIANT, suppressed_at=suppressed_at)
            new.append(row)
    Spelling.objects.filter(pk__in=[spelling.pk for spelling in gone]).delete()
    Spelling.objects.bulk_update(changed, ["suppressed_at"], batch_size=500)
    Spelling.objects.bulk_create(new, batch_size=1000)
    return {spelling.text for spelling in gone}
