"""Makers of glossary content for tests. They go through the actions, as everything does."""

import itertools

from django.contrib.auth.models import Group

from glossary.actions import comparisons, senses
from glossary.actions.steps import Naming
from glossary.models import NamingKind, Sense
from members.models import Member
from tests.people import a_member

_numbers = itertools.count(1)


def curator(**fields):
    """A member of the group that `migrate` makes, with exactly its permissions."""
    made = a_member(fields.pop("username", f"curator-{next(_numbers)}"), is_staff=True, **fields)
    made.groups.add(Group.objects.get(name="Curators"))
    return Member.objects.get(pk=made.pk)


def draft(by, *, name=None, preferred=None, abbreviation=None, **fields):
    """A draft with a preferred term, and an abbreviation where one is given."""
    number = next(_numbers)
    name = name or f"Sense {number}"
    namings = [Naming(preferred or name)]
    if abbreviation:
        namings.append(Naming(abbreviation, NamingKind.ABBREVIATION))
    fields.setdefault("definition", f"What the makers of tests think of under number {number}x.")
    return senses.save_sense(None, by=by, name=name, namings=fields.pop("namings", namings), **fields)


def published(by, **fields):
    """A sense that readers see."""
    made = senses.submit_for_review(draft(by, **fields), by=by)
    return senses.publish(made, by=by)


def compared(one, other, *, by, rows=None, is_published=True):
    """A comparison of two terms, by the first sense of each."""
    made = comparisons.save_comparison(
        None,
        by=by,
        term_a=one,
        term_b=other,
        sense_a=one.senses.order_by("pk").first(),
        sense_b=other.senses.order_by("pk").first(),
        rows=[comparisons.Row("Looks after", "Delivery", "Adoption")] if rows is None else rows,
    )
    return comparisons.publish_comparison(made, by=by) if is_published else made


def again(sense):
    return Sense.objects.get(pk=sense.pk)
