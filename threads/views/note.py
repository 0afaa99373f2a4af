"""The note for the writer: acronyms of a text that nobody has defined, or that mean several things.

One quiet line; it blocks nothing, and of one acronym no member is told twice.
"""

import re
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID, uuid5

from django.core.exceptions import PermissionDenied
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
from threads.lexicon import settle_terms
from threads.models import Mention, Thread, ThreadSense
from threads.permissions import may_choose_meaning, may_propose_meaning
from threads.views.preview import place_of

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


def note_for(request: MemberRequest, html: str, place: Any, *, token: UUID) -> Note:
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
    # What a post spells out is settled by that; a term so only where no two posts disagree (`_open_in`).
    spelled = unknown.keys() & {row["key"] for row in place.spelled_out}
    silent = {*spelled, *place.known_words, *_written(request, {*unknown, *several})}
    told = _told(request, {*unknown, *several} - silent)
    silent |= {name for name, text in told.items() if text != token}
    left = [term for name, term in several.items() if name not in silent]
    decides = bool(place.pk and may_choose_meaning(request.user, place))
    proposes = bool(place.pk and may_propose_meaning(request.user, place))
    terms = [_noted_term(term, proposes=proposes) for term in _open_in(request, left, place)]
    noted = [_noted_acronym(each, words) for name, each in unknown.items() if name not in silent]
    shown = [*noted, *terms][:MOST_NOTED]
    if new := [name for each in shown if (name := key(each.text)) not in told]:
        first = tell(new, by=request.user, token=token).union(told)
        shown = [each for each in shown if key(each.text) in first]
    return Note(shown, decides, is_open=any(name in request.POST for name in ACTS))


def token_of(request: HttpRequest, place: Any, post: int | None = None) -> UUID:
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
        return uuid5(_PLACES, f"thread:{place.pk}" if place.pk else "start")


def _written(request: MemberRequest, names: set[str]) -> set[str]:
    """Which of these keys stand in a post of the writer already, which does not spell them out."""
    if not names:
        return set()
    written = Mention.objects.visible_to(request.user).filter(post__author=request.user, words="", key__in=names)
    return set(written.values_list("key", flat=True))


def _told(request: MemberRequest, names: set[str]) -> dict[str, UUID]:
    """Of which of these keys the writer was told before, each with the token of the text where that was."""
    if not names:
        return {}
    return dict(request.user.told_words.filter(key__in=names).values_list("key", "token"))


def _open_in(request: MemberRequest, terms: list[TermEntry], place: Any) -> list[TermEntry]:
    """Those that nothing settles in a thread, and for which this writer has not proposed a meaning."""
    left = [each for each in settle_terms(terms, place) if each.is_open]
    if not left or not place.pk:
        return [each.entry for each in left]
    proposed = set(ThreadSense.objects.filter(thread=place, proposed_by=request.user).values_list("term", flat=True))
    return [each.entry for each in left if each.id not in proposed]


def _noted_acronym(noted: Noted, words: PortalLexicon) -> Noted:
    senses = words.spelled_by(noted.text)[:MOST_OFFERED]
    return replace(noted, offers=[_offer(noted.text, sense) for sense in senses])


def _noted_term(term: TermEntry, *, proposes: bool) -> Noted:
    offers = [_offer(term.text, sense, term if proposes else None) for sense in term.senses[:MOST_OFFERED]]
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


def heed(request: MemberRequest, pk: int | None) -> str:
    """Do what the note's other buttons ask for, and say it: silence a word, settle what a term means in this thread."""
    try:
        if known := request.POST.get("know"):
            know_word(known, by=request.user)
        elif pk and (asked := _SETTLE.fullmatch(request.POST.get("settle", ""))):
            thread = Thread.objects.visible_to(request.user).filter(pk=pk).first()
            return _settle(request, thread, term=int(asked[1]), sense=int(asked[2])) if thread else ""
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
    said = heed(request, asked)
    place = place_of(request, asked, request.POST.getlist("tags"))
    sent = request.POST.get("body", "")
    body = (typed(request) or request.POST).get("body", "")
    try:
        note = note_for(request, render_body(body), place, token=token_of(request, place, post))
    except Unrenderable:
        note = Note()  # the form will say what is wrong
    note = replace(note, said=said, body=body.replace("\r\n", "\n") if body != sent else None)
    if not note:
        return HttpResponse(status=204)
    return render(request, "threads/_undefined.html", {"undefined": note})


def _number(request: HttpRequest, name: str) -> int:
    asked = request.POST.get(name, "")
    return int(asked) if re.fullmatch(r"[0-9]{1,18}", asked) else 0
