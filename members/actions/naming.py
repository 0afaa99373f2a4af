"""Which names a member may take: no name that readers would take for somebody else's."""

import unicodedata

from django.utils.translation import gettext as _

from markup.slugs import confusable_key
from members.models import Member
from members.permissions import Refused

SAMPLE_PREFIX = "sample-"
RESERVED = (
    *("admin", "administrator", "moderator", "moderators", "curator", "curators", "staff", "support", "system"),
    *("deleted", "me", "root", "operator", "anonymous", "unattributed"),
)


def refuse_username(username: str) -> None:
    """Raise `Refused` for a username that speaks for the portal, or that no address can carry. No query."""
    if "@" in username:
        raise Refused(_("An e-mail address is not a username: your username stands in the address of your page."))
    if not any(char.isalnum() for char in username):
        raise Refused(_("A username holds at least one letter or digit."))
    if confusable_key(username) in _reserved() or username.casefold().startswith(SAMPLE_PREFIX):
        raise Refused(_("This username is kept for the portal itself. Choose another one."))


def refuse_imitation(name: str, *, member: Member | None = None) -> None:
    """Raise `Refused` for a name that looks like another member's without being the same, or like one of the staff.

    Two real people may have the same name. What is refused is the lookalike,
    “Аnna” with a Cyrillic А beside Anna, and any name, the same one included,
    that stands for staff. `member` is who wants the name. One query.
    """
    key = confusable_key(name)
    if key in _reserved():
        raise Refused(_("This name is kept for the portal itself. Choose another one."))
    others = Member.objects.filter(name_key=key, is_sample=False).exclude(pk=member.pk if member else None)
    for other_name, is_staff in others.values_list("name", "is_staff")[:50]:
        if is_staff:
            raise Refused(_("This is the name of one of the people who run this portal. Add something to yours."))
        if _plain(other_name) != _plain(name):
            raise Refused(_("This name looks like another member’s but is written in other letters. Choose another."))


def _reserved() -> frozenset[str]:
    return frozenset(confusable_key(word) for word in RESERVED)


def _plain(name: str) -> str:
    """The letters as they are, of whatever script: case, accents and spaces are no disguise."""
    letters = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", name).casefold())
    return "".join(char for char in letters if unicodedata.category(char)[0] in "LN")
