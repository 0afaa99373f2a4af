"""Which names a member may take: no name that readers would take for somebody else's."""

import unicodedata
from functools import cache

from django.conf import settings
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext as _, override

from markup.slugs import confusable_key, is_seen
from members.models import Member
from members.permissions import Refused

SAMPLE_PREFIX = "sample-"
RESERVED = (
    *("admin", "administrator", "moderator", "moderators", "curator", "curators", "staff", "support", "system"),
    *("deleted", "me", "root", "operator", "anonymous", "unattributed", "withheld"),
    *("anonym", "anónimo", "anónima", "moderation", "moderación", "administration", "administración", "verwaltung"),
    *("kuration", "curación", "redaktion", "redacción"),
)
# What nobody adds to a name who is not one.
ROLES = (
    *("admin", "admins", "administrator", "administrators", "moderator", "moderators", "curator", "curators"),
    *(
        "staff",
        "support",
        "moderador",
        "moderadora",
        "administrador",
        "administradora",
        "moderatorin",
        "administratorin",
    ),
)
# Who adds one of these to the portal's name speaks for it.
SPEAKING = ("team", "official", "portal", "forum", "help", "news", "bot", "service", "security", "the", "from", "of")
# Alphabets with capitals in which people write their names, with a Latin word beside them or not.
_LIVING = frozenset({"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "GEORGIAN"})


def refuse_username(username: str) -> None:
    """Raise `Refused` for a username that speaks for the portal, or that no address can carry. No query."""
    if "@" in username:
        raise Refused(_("An e-mail address is not a username: your username stands in the address of your page."))
    if not confusable_key(username) or not all(is_seen(char) for char in username):
        raise Refused(_("A username holds at least one letter or digit."))
    if confusable_key(username) in _reserved() or username.casefold().startswith(SAMPLE_PREFIX):
        raise Refused(_("This username is kept for the portal itself. Choose another one."))


def refuse_imitation(name: str, *, member: Member | None = None) -> None:
    """Raise `Refused` for a name that looks like another member's without being the same, or like one of the staff's.

    Two real people may have the same name. What is refused is the lookalike,
    “Аnna” with a Cyrillic А beside Anna, and any name, the same one included,
    that stands for staff; a role in the portal, as a word of the name, is for
    staff only; and so are alphabets mixed as nobody writes them, for there
    are more lookalikes than our table knows; what stands where a post names
    nobody; and another member's username. `member` is who wants the name.
    One query.
    """
    key = confusable_key(name)
    is_staff = bool(member and member.is_staff)
    if "@" in name:
        raise Refused(_("A name has no “@”: that is how members are mentioned, by their usernames."))
    if key in _reserved() or key in _of_nobody() or _names_the_portal(name) or (_names_a_role(name) and not is_staff):
        raise Refused(_("This name is kept for the portal itself. Choose another one."))
    # Both by their own index.
    alike = Q(name_key=key) | Q(low_username=name.strip().lower())
    others = Member.objects.annotate(low_username=Lower("username")).filter(alike, is_sample=False)
    others = others.exclude(pk=member.pk if member else None)
    for other_name, other_key, runs_portal in others.values_list("name", "name_key", "is_staff")[:50]:
        if other_key != key:
            raise Refused(_("This is the username of another member. Choose another name, or add something to it."))
        if runs_portal:
            raise Refused(_("This is the name of one of the people who run this portal. Add something to yours."))
        if _plain(other_name) != _plain(name):
            raise Refused(_("This name looks like another member’s but is written in other letters. Choose another."))
    if _mixes_alphabets(name):
        raise Refused(_("This name mixes letters of several alphabets. Write each word in one."))


def _reserved() -> frozenset[str]:
    return frozenset(confusable_key(word) for word in RESERVED)


@cache
def _of_nobody() -> frozenset[str]:
    """What stands for a name where a post has none, in all languages of the portal."""
    said = set()
    for language, _name in settings.LANGUAGES:
        with override(language):
            said |= {_("Unattributed"), _("an unattributed author")}
            said |= {_("Name withheld"), _("an author whose name is withheld")}
    return frozenset(confusable_key(words) for words in said)


def _names_the_portal(name: str) -> bool:
    """Whether it is the portal's name, bare or with a word that speaks for it. A person may share a part of it."""
    speaking = {confusable_key(word) for word in SPEAKING}
    rest = [word for word in _words(name) if confusable_key(word) not in speaking]
    return confusable_key("".join(rest)) == confusable_key("".join(_words(settings.PORTAL_NAME))) if rest else False


def _names_a_role(name: str) -> bool:
    roles = {confusable_key(word) for word in ROLES}
    return any(confusable_key(word) in roles for word in _words(name))


def _words(name: str) -> list[str]:
    """The runs of letters and digits, with the marks on them; what is invisible parts no word."""
    plain = unicodedata.normalize("NFKC", name)
    return "".join(char if unicodedata.category(char)[0] in "LMNC" else " " for char in plain).split()


def _mixes_alphabets(name: str) -> bool:
    """Whether Latin stands beside an alphabet that only a disguise would take, or in one word with any other one.

    Letters that the table of lookalikes knows are left to it: they are compared with the names that there are.
    """
    words = [{_alphabet(char) for char in word} - {""} for word in _words(name)]
    if not any("LATIN" in alphabets for alphabets in words):
        return False
    return any(alphabets - _LIVING or ("LATIN" in alphabets and len(alphabets) > 1) for alphabets in words)


def _alphabet(char: str) -> str:
    """The script of a letter; none for what has no capitals, as hanzi or Arabic letters, but for Lisu, made of ours."""
    script = unicodedata.name(char, "").split(" ")[0]
    if script == "LATIN":
        return script
    has_case = script == "LISU" or char.lower() != char.upper()
    return script if has_case and not confusable_key(char).isascii() else ""


def _plain(name: str) -> str:
    """The letters as they are, of whatever script: case, accents and spaces are no disguise."""
    letters = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", name).casefold())
    return "".join(char for char in letters if unicodedata.category(char)[0] in "LN")
