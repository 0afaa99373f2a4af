"""Acronyms that everybody here knows: nobody is told that they are undefined."""

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from glossary.actions import steps
from glossary.models import KnownAcronym
from glossary.permissions import may_keep_known_acronyms
from markup.slugs import key
from members.actions.site import grow_site_version
from members.models import Member


@transaction.atomic(durable=True)
def add_known_acronym(*, by: Member, text: str, note: str = "") -> KnownAcronym:
    """Put an acronym on the list; ValidationError on `text` when it is none, or stands there already."""
    _ask(by)
    known = KnownAcronym(text=steps.line(text), note=steps.line(note))
    known.key = key(known.text)
    known.clean_fields(exclude={"key"})
    if len(known.text.split()) != 1 or not any(character.isalpha() for character in known.text):
        raise ValidationError({"text": _("An acronym is one word with at least one letter.")})
    if KnownAcronym.objects.filter(key=known.key).exists():
        raise ValidationError({"text": _("This acronym is on the list.")})
    known.save()
    grow_site_version(lexicon=True)
    return known


@transaction.atomic(durable=True)
def remove_known_acronym(known: KnownAcronym, *, by: Member) -> None:
    """Take an acronym from the list: writers are asked about it again."""
    _ask(by)
    known.delete()
    grow_site_version(lexicon=True)


def _ask(by: Member) -> None:
    if not may_keep_known_acronyms(by):
        raise PermissionDenied(_("You may not change the list of known acronyms."))
