"""The note for the writer: acronyms of a text that nobody has defined, or that mean several things.

One quiet line; it blocks nothing, and of one acronym no member is told twice.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from uuid import UUID, uuid5

from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _

from glossary import lexicon
from glossary.lexicon import PortalLexicon, SenseEntry, TermEntry
from markup.acronyms import expansions, undefined
from markup.render import Unrenderable, render as render_body
from markup.slugs import key
from markup.spelling_out import spell_out
from markup.terms import link_terms, readable
from members.permissions import Refused
from members.views.gate import MemberRequest, member_required
from threads.actions import meanings
from threads.actions.words import know_word, tell
from threads.lexicon import BoundTag, settle, settle_terms
from threads.models import Mention, Tag, Thread, ThreadSense, with_words
from threads.permissions import may_choose_meaning, may_propose_meaning

MOST_NOTED = 8  # in one line
MOST_OFFERED = 8  # meanings of one acronym
ACTS = ("know", "spell", "settle")  # the buttons of the note, by name
_PLACES = UUID("7a3f51c2-4b8e-4d0a-9c66-1f0de2b7a905")  # of the names that texts without a token get from their place
_SPELL = re.compile(r"(\w{2,12}):(\d{1,18})")  # the acronym, the sense
_SETTLE = re.compile(r"(\d{1,18}):(\d{1,18})")  # the term, the sense


@dataclass(frozen=True, slots=True)
class Offer:
    """A meaning to pick: what its button “Write it out” and “Choose for this thread” bring, empty without it."""

    sense: SenseEntry
    words: str
    spell: str
    settle: str


@dataclass(frozen=True, slots=True)
class Noted:
    """An acronym of the text: a term with several meanings, or none at all."""

    text: str
    offers: list[Offer] = field(default_factory=list)
    is_term: bool = False


@dataclass(frozen=True, slots=True)
class Note:
    """What templates/threads/_undefined.html shows; `body` is the text with words put into it, for the script.

    `is_open` after one of its buttons was pressed, so that the next is at hand.
    """

    acronyms: list[Noted] = field(default_factory=list)
    decides: bool = False
    said: str = ""
    body: str | None = None
    is_open: bool = False

    @property
    def names(self) -> str:
        """All its acronyms in one line."""
        return ", ".join(each.text for each in self.acronyms)

    @property
    def with_offers(self) -> int:
        """How many of them have meanings to pick."""
        return sum(bool(each.offers) for each in self.acronyms)

    def __bool__(self) -> bool:
        return bool(self.acronyms or self.said or self.body is not None)


def note_for(
    request: MemberRequest, html: str, thread: Thread | None, tags: Iterable[str] = (), *, token: UUID
) -> Note:
    """What this writer may be told of, and is told with that, in the text of this token (`token_of`) and in no other.

    Acronyms that are no terms and terms of several meanings of which nothing
    settles one; neither spelled out here or in the thread, nor known to the
    writer, nor in a post of theirs already.
    """
    words = lexicon.current()
    taken = [(match.start, match.end) for match in words.spellings.find(readable(html))]
    unknown = {key(acronym): Noted(acronym) for acronym in undefined(html, words.not_undefined, taken=taken)}
    here = {key(acronym) for acronym in expansions(html)}
    marked = (words.term(pk) for pk in sorted(link_terms(html, words.spellings).terms))
    several = {
        term.key: term
        for term in marked
        if term and not term.is_phrase and len(term.senses) > 1 and term.key not in here
    }
    silent = _silent(request, {*unknown, *several}, thread)
    told = _told(request, {*unknown, *several} - silent)
    silent |= {name for name, text in told.items() if text != token}
    left = [term for name, term in several.items() if name not in silent]
    decides = bool(thread and may_choose_meaning(request.user, thread))
    terms = [
        _noted_term(term, thread if thread and may_propose_meaning(request.user, thread) else None)
        for term in (_open_in(request, left, thread) if thread else _open_under(request, left, tags))
    ]
    noted = [_noted_acronym(each, words) for name, each in unknown.items() if name not in silent]
    shown = [*noted, *terms][:MOST_NOTED]
    if new := [name for each in shown if (name := key(each.text)) not in told]:
        first = tell(new, by=request.user, token=token).union(told)
        shown = [each for each in shown if key(each.text) in first]
    return Note(shown, decides, is_open=any(name in request.POST for name in ACTS))


def token_of(request: HttpRequest, *, thread: Thread | None, post: int | None = None) -> UUID:
    """What tells the text that is being written from all others of its writer.

    The token of its form, which its draft and its post carry as well; for an
    edit one made from its post. A form without one (from elsewhere, or cut
    off) is known by its place, so that its second preview still says what the
    first did.
    """
    if post:
        return uuid5(_PLACES, f"post:{post}")
    try:
        return UUID(request.POST.get("token", "").strip())
    except ValueError:
        return uuid5(_PLACES, f"thread:{thread.pk}" if thread else "start")


def _silent(request: MemberRequest, names: set[str], thread: Thread | None) -> set[str]:
    """Which of these keys the writer knows, has written in a post before, or finds spelled out in the thread."""
    if not names:
        return set()
    silent = Q(post__author=request.user, words="")
    if thread:
        # A term that a post spells out is settled by that, or by nothing where two posts disagree.
        silent |= Q(post__thread=thread, term=None) & ~Q(words="")
    mentions = Mention.objects.visible_to(request.user).filter(silent, key__in=names)
    known = request.user.known_words.filter(key__in=names).values_list("key", flat=True)
    return set(known.union(mentions.values_list("key", flat=True)))


def _told(request: MemberRequest, names: set[str]) -> dict[str, UUID]:
    """Of which of these keys the writer was told before, each with the token of the text where that was."""
    if not names:
        return {}
    return dict(request.user.told_words.filter(key__in=names).values_list("key", "token"))


def _open_in(request: MemberRequest, terms: list[TermEntry], thread: Thread) -> list[TermEntry]:
    """Those that nothing settles in a thread, and for which this writer has not proposed a meaning."""
    if not terms:
        return []
    found = with_words(Thread.objects.visible_to(request.user).filter(pk=thread.pk), request.user).first()
    if found is None:
        return []
    proposed = set(ThreadSense.objects.filter(thread=thread, proposed_by=request.user).values_list("term", flat=True))
    return [each.entry for each in settle_terms(terms, found) if each.is_open and each.id not in proposed]


def _open_under(request: MemberRequest, terms: list[TermEntry], names: Iterable[str]) -> list[TermEntry]:
    """Those that nothing settles in a thread that will begin with these tags."""
    if not terms:
        return []
    keys = [key(name) for name in names if "\x00" not in name]  # they come as typed, and no tag holds that sign
    tags = Tag.objects.visible_to(request.user).filter(key__in=keys, sense__isnull=False)
    bound = [BoundTag(*row) for row in tags.values_list("name", "sense")]
    return [term for term in terms if settle(term, tags=bound).sense is None]


def _noted_acronym(noted: Noted, words: PortalLexicon) -> Noted:
    senses = words.spelled_by(noted.text)[:MOST_OFFERED]
    return replace(noted, offers=[_offer(noted.text, sense) for sense in senses])


def _noted_term(term: TermEntry, thread: Thread | None) -> Noted:
    offers = [_offer(term.text, sense, term if thread else None) for sense in term.senses[:MOST_OFFERED]]
    return Noted(term.text, [offer for offer in offers if offer.spell or offer.settle], is_term=True)


def _offer(acronym: str, sense: SenseEntry, term: TermEntry | None = None) -> Offer:
    words = sense.words_for(acronym)
    return Offer(sense, words, f"{acronym}:{sense.id}" if words else "", f"{term.id}:{sense.id}" if term else "")


# --- What its buttons bring -------------------------------------------------------------------------------------------
def typed(request: HttpRequest) -> QueryDict | None:
    """What a form brought, None where it brought nothing; after “Write it out” the words stand in its text."""
    asked = _SPELL.fullmatch(request.POST.get("spell", ""))
    sense = lexicon.current().sense(int(asked[2])) if asked else None
    words = sense.words_for(asked[1]) if asked and sense else ""
    if not asked or not words:
        return request.POST or None
    said = request.POST.copy()
    try:
        said["body"] = spell_out(said.get("body", ""), asked[1], words)
    except Unrenderable:
        return request.POST  # the form will say what is wrong
    return said


def heed(request: MemberRequest, thread: Thread | None) -> str:
    """Do what the note's other buttons ask for, and say it: silence a word, settle what a term means in the thread."""
    try:
        if known := request.POST.get("know"):
            know_word(known, by=request.user)
        elif thread and (asked := _SETTLE.fullmatch(request.POST.get("settle", ""))):
            return _settle(request, thread, term=int(asked[1]), sense=int(asked[2]))
    except (Refused, PermissionDenied) as refusal:
        return str(refusal)  # the text is not lost for it
    return ""


def _settle(request: MemberRequest, thread: Thread, *, term: int, sense: int) -> str:
    if may_choose_meaning(request.user, thread):
        row = meanings.choose(thread, by=request.user, term=term, sense=sense)
        said = _("“%(term)s” now means “%(sense)s” in this thread.")
    else:
        row = meanings.propose(thread, by=request.user, term=term, sense=sense)
        said = _("Proposed for this thread: “%(term)s” means “%(sense)s”. Its starter or a curator decides.")
    return said % {"term": row.term.text, "sense": row.sense.name}


@member_required
def check(request: MemberRequest) -> HttpResponse:
    """The note for a text that is being written, asked for by static/writing.js after a pause."""
    asked, post = (_number(request, name) for name in ("thread", "post"))
    thread = Thread.objects.visible_to(request.user).filter(pk=asked).first() if asked else None
    said = heed(request, thread)
    sent = request.POST.get("body", "")
    body = (typed(request) or request.POST).get("body", "")
    try:
        token = token_of(request, thread=thread, post=post)
        note = note_for(request, render_body(body), thread, request.POST.getlist("tags"), token=token)
    except Unrenderable:
        note = Note()  # the form will say what is wrong
    note = replace(note, said=said, body=body.replace("\r\n", "\n") if body != sent else None)
    if not note:
        return HttpResponse(status=204)
    return render(request, "threads/_undefined.html", {"undefined": note})


def _number(request: HttpRequest, name: str) -> int:
    asked = request.POST.get(name, "")
    return int(asked) if re.fullmatch(r"[0-9]{1,18}", asked) else 0
