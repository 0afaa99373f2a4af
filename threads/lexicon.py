"""The vocabulary of posts: this app's only way to the glossary."""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import partial
from html import escape
from typing import Any
from urllib.parse import quote, urlencode

from django.core.cache import caches
from django.urls import reverse
from django.utils.translation import gettext as _, ngettext

from glossary.lexicon import PortalLexicon, SenseEntry, TermEntry
from markup.acronyms import expansions, places, undefined as undefined_in
from markup.slugs import key
from markup.terms import Linked, Mark, Undefined, link_terms, readable, write
from members.models import Marks, Reader
from threads.models import Post


def mark_terms(
    posts: Iterable[Post],
    lexicon: PortalLexicon,
    *,
    marks: str = Marks.PAGE,
    known: Container[str] = (),
    undefined: "Mapping[str, UndefinedWord] | None" = None,
) -> list[TermEntry]:
    """Give each post `html`, its text with term marks as the reader chose; returns the terms met, in order.

    Once a page, phrases stay unmarked: they are words that everybody reads;
    once a post, all are marked; terms with a key in `known` never.
    `undefined` holds the acronyms that lead to where their meaning is asked
    (`undefined_of`), by key; they are marked as often.

    The marked pieces of a post are kept per (post, revision, renderer, lexicon);
    which of them become links depends on the page and is decided here.
    """
    seen: set[int | str] = set()
    met: dict[int, TermEntry] = {}

    def link(mark: Mark) -> str:
        entry = lexicon.term(mark.term)
        if entry is None:
            return ""  # it stays plain text
        met[mark.term] = entry
        if marks == Marks.NONE or entry.key in known or (entry.is_phrase and marks != Marks.POST):
            return ""
        return f'<a class="term" href="{escape(entry.url)}" data-term="{entry.id}">{mark.html}</a>'

    def ask(place: Undefined) -> str:
        word = undefined.get(place.key) if undefined and marks != Marks.NONE else None
        if word is None:
            return ""
        led = f' href="{escape(word.url)}" data-term="{escape(word.key)}" rel="nofollow"' if word.url else ""
        return f'<a class="term undefined"{led}>{place.html}</a>'

    for post in posts:
        if marks == Marks.POST:
            seen = set()
        post.html = write(_linked(post, lexicon), seen=seen, link=link, ask=ask)  # type: ignore[attr-defined]
    # Acronyms first: they are what a newcomer cannot guess.
    return sorted(met.values(), key=lambda entry: (not entry.text.isupper(), entry.text.casefold()))


def _linked(post: Post, lexicon: PortalLexicon) -> Linked:
    rows = getattr(post, "undefined_words", ())
    wanted = {row["key"]: row["text"] for row in rows if row["key"] not in lexicon.not_undefined}
    finding = partial(places, wanted=wanted) if wanted else None
    if not post.pk:  # a preview: nobody else’s, and not the next one’s
        return link_terms(post.body_html, lexicon.spellings, undefined=finding)
    name = f"linked:{post.pk}:{post.revision}:{post.renderer_version}:{lexicon.version}"
    # With the acronyms: after a change of the glossary, posts are indexed anew a little later than it is read here.
    kept: tuple[dict[str, str], Linked] | None = caches["pieces"].get(name)
    if kept is not None and kept[0] == wanted:
        return kept[1]
    linked = link_terms(post.body_html, lexicon.spellings, undefined=finding)
    caches["pieces"].set(name, (wanted, linked))
    return linked


LONGEST_WORDS = 120  # characters of `Mention.words`


@dataclass(frozen=True, slots=True)
class Word:
    """A word that a post uses: a term, or an acronym that is none; `words` are what the post spells it out as."""

    key: str
    text: str
    term: int | None
    words: str = ""


def words_of(html: str, lexicon: PortalLexicon) -> list[Word]:
    """The terms and acronyms in the visible text of a post, outside code, links and quotations; each once."""
    found: dict[str, Word] = {}
    spelled = {key(acronym): (acronym, words) for acronym, words in expansions(html).items()}
    matches = lexicon.spellings.find(readable(html))
    for match in matches:
        entry = lexicon.terms[match.term]
        found.setdefault(entry.key, Word(entry.key, entry.text, entry.id, _spelled(spelled, entry.key)))
    for name, (acronym, words) in spelled.items():
        if name not in found and len(words) <= LONGEST_WORDS:
            found[name] = Word(name, acronym, None, words)
    taken = [(match.start, match.end) for match in matches]
    for acronym in undefined_in(html, lexicon.not_undefined, taken=taken, spelled=spelled):
        found.setdefault(key(acronym), Word(key(acronym), acronym, None))
    return list(found.values())


def _spelled(spelled: dict[str, tuple[str, str]], name: str) -> str:
    words = spelled.get(name, ("", ""))[1]
    return words if len(words) <= LONGEST_WORDS else ""


# --- What a term means in a thread ------------------------------------------------------------------------------------
class Step(Enum):
    """What settles the meaning of a term in a thread, in this order and nothing else."""

    POST = "a post spells it out"
    THREAD = "chosen for the thread"
    TAG = "bound to a tag of the thread"
    USUAL = "usual here"
    OPEN = "nothing: all meanings stand in the panel"


@dataclass(frozen=True, slots=True)
class SpelledOut:
    """That a post says what a word means: the words, the post's number and id."""

    words: str
    number: int
    post: int


@dataclass(frozen=True, slots=True)
class BoundTag:
    """A tag of the thread, bound to a sense."""

    name: str
    sense: int


@dataclass(frozen=True, slots=True)
class Settled:
    """Which step settled a term, its sense, and where that was said: the post's number, or the tag's name."""

    step: Step
    sense: SenseEntry | None = None
    source: str = ""
    words: str = ""  # as the post spells it out
    is_lost: bool = False  # the sense that was chosen for the thread is no longer published


def settle(
    term: TermEntry, *, spelled: Sequence[SpelledOut] = (), chosen: int | None = None, tags: Sequence[BoundTag] = ()
) -> Settled:
    """The meaning of a term in a thread, by people only; where one step does not settle it, the next is asked.

    Posts settle it when all that spell it out mean the same, known or not; a
    choice while its sense is published, and where it was retired nothing takes
    its place; tags when those that are bound to one of its senses agree.
    """
    if spelled:
        senses = {sense.id if (sense := meant(term, each.words)) else None for each in spelled}
        if len(senses) == 1:
            first = min(spelled, key=lambda each: each.number)
            return Settled(Step.POST, meant(term, first.words), str(first.number), first.words)
    if chosen is not None:
        sense = _sense(term, chosen)
        return Settled(Step.THREAD, sense) if sense else Settled(Step.OPEN, is_lost=True)
    bound = [tag for tag in tags if _sense(term, tag.sense)]
    if len({tag.sense for tag in bound}) == 1:
        return Settled(Step.TAG, _sense(term, bound[0].sense), bound[0].name)
    if term.usual is not None and (sense := _sense(term, term.usual)):
        return Settled(Step.USUAL, sense)
    return Settled(Step.OPEN)


def meant(term: TermEntry, words: str) -> SenseEntry | None:
    """The one published sense of a term that these words name, in the singular or with an s."""
    keys = {key(words), key(words).removesuffix("s")}
    found = [sense for sense in term.senses if keys & sense.names - {term.key}]
    return found[0] if len(found) == 1 else None


def named_by(words: str, word: str, lexicon: PortalLexicon) -> tuple[TermEntry | None, SenseEntry | None]:
    """The term that a word of a thread is, and its published sense that an answer in words names.

    By a term of the sense, its name or its definition, as “Change Management
    Office”, “Change Management Office (CMO).” or the whole sentence; None where it is none of the glossary's.
    """
    term = next((entry for entry in lexicon.named(word) if entry.key == key(word)), None)
    if term is None:
        return None, None
    said = words.strip(" .")
    written = [said, *expansions(f"<p>{escape(words)}</p>").values()]
    by_name = [sense for each in written if (sense := meant(term, each))]
    by_definition = [sense for sense in term.senses if key(sense.definition.strip(" .")) == key(said)]
    return term, next(iter([*by_name, *by_definition]), None)


def _sense(term: TermEntry, pk: int) -> SenseEntry | None:
    return next((sense for sense in term.senses if sense.id == pk), None)


@dataclass(frozen=True, slots=True)
class SettledTerm:
    """A term of a page with what it means in its thread, as the panels show it."""

    entry: TermEntry
    settled: Settled
    thread: int | None  # none while it is being started

    @property
    def id(self) -> int:
        return self.entry.id

    @property
    def text(self) -> str:
        return self.entry.text

    @property
    def url(self) -> str:
        return self.entry.url

    @property
    def senses(self) -> list[SenseEntry]:
        """The settled one first, then as on the term's page."""
        return sorted(self.entry.senses, key=lambda sense: sense != self.settled.sense)

    @property
    def is_ambiguous(self) -> bool:
        """Whether there is something to choose."""
        return len(self.entry.senses) > 1

    @property
    def is_open(self) -> bool:
        """Whether readers must be shown all of its meanings."""
        return self.is_ambiguous and self.settled.sense is None

    @property
    def others(self) -> int:
        return len(self.entry.senses) - 1

    @property
    def said(self) -> str:
        """Which step settled it, in words.

        Nothing for a term of one meaning, unless a post or a choice for the thread says another one.
        """
        settled = self.settled
        if settled.step == Step.POST and settled.sense is None:
            return _("spelled out in #%(number)s as “%(words)s”") % {"number": settled.source, "words": settled.words}
        if not self.is_ambiguous:
            return _("another meaning was chosen here; the glossary no longer gives it") if settled.is_lost else ""
        said = {
            Step.POST: _("spelled out in #%(source)s"),
            Step.THREAD: _("chosen for this thread"),
            Step.TAG: _("from the tag %(source)s"),
            Step.USUAL: _("usual here"),
        }
        if settled.step in said:
            return said[settled.step] % {"source": settled.source}
        count = len(self.entry.senses)
        return ngettext("%(count)d meaning", "%(count)d meanings", count) % {"count": count}

    def as_json(self, reader: Reader) -> dict[str, Any]:
        """What static/terms.js reads of a term."""
        senses = [{"name": sense.name, "definition": sense.definition} for sense in self.senses]
        links = _links(self.text, self.thread, reader)
        return {"text": self.text, "url": self.url, "senses": senses, "said": self.said, "links": links}


def settle_terms(terms: Iterable[TermEntry], thread: Any) -> list[SettledTerm]:
    """Terms with what they mean in a thread that came from `with_words`; no query."""
    spelled: dict[str, list[SpelledOut]] = {}
    for row in thread.spelled_out:
        spelled.setdefault(row["key"], []).append(SpelledOut(row["words"], row["number"], row["post"]))
    chosen = {row["term"]: row["sense"] for row in thread.chosen}
    tags = [BoundTag(row["name"], row["sense"]) for row in thread.bound_tags]
    return [
        SettledTerm(
            term, settle(term, spelled=spelled.get(term.key, ()), chosen=chosen.get(term.id), tags=tags), thread.pk
        )
        for term in terms
    ]


# --- What nobody has said yet -----------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class UndefinedWord:
    """An acronym of a page that is no term and that nobody spells out there, with what was asked about it."""

    key: str
    text: str
    thread: int | None  # none while it is being started
    people: int = 0  # who ask
    answer: str = ""

    @property
    def id(self) -> str:
        """Never that of a term: it holds a letter."""
        return self.key

    @property
    def url(self) -> str:
        """Where it stands among the words of its thread, and is asked about; nowhere while there is no thread."""
        if self.thread is None:
            return ""
        return f"{reverse('thread_words', args=[self.thread])}#word-{quote(self.key)}"

    @property
    def said(self) -> str:
        """What is known of it, in words."""
        if self.answer:
            return _("answered in this thread")
        said = _("Nobody has said yet what %(word)s means here.") % {"word": self.text}
        if not self.people:
            return said
        asked = ngettext("%(count)d person asks.", "%(count)d people ask.", self.people) % {"count": self.people}
        return f"{said} {asked}"

    def as_json(self, reader: Reader) -> dict[str, Any]:
        """What static/terms.js reads of it, as of a term."""
        links = _links(self.text, None if self.answer else self.thread, reader)
        told: dict[str, Any] = {"text": self.text, "senses": [], "said": self.said, "links": links}
        if self.answer:
            told |= {"url": self.url, "senses": [{"name": self.text, "definition": self.answer}]}
        return told


def undefined_of(posts: Iterable[Any], thread: Any, lexicon: PortalLexicon) -> dict[str, UndefinedWord]:
    """The acronyms of these posts that nobody has defined, by their keys, in the posts' order; no query.

    Posts from `with_undefined`, their thread from `with_words` and
    `with_questions`. What the reader knows, the thread spells out or curators
    list is none of them; nor is what nobody can ask about, as not all see it.
    """
    if thread.is_hidden:
        return {}
    silent = {*(row["key"] for row in thread.spelled_out), *thread.known_words}
    asked = {row["key"]: row for row in thread.asked}
    found: dict[str, UndefinedWord] = {}
    for post in posts:
        for row in post.undefined_words if post.is_published else ():
            name = row["key"]
            if name not in found and name not in silent and name not in lexicon.not_undefined:
                said = {"people": asked[name]["people"], "answer": asked[name]["answer"]} if name in asked else {}
                found[name] = UndefinedWord(name, row["text"], thread.pk, **said)
    return found


def _links(text: str, thread: int | None, reader: Reader) -> list[list[str]]:
    """What a panel offers at a word: to ask for its meaning in a thread, to see it marked no more."""
    asking = [[_("What does this mean?"), _with_word(reverse("thread_ask", args=[thread]), text)]] if thread else []
    knowing = [[_("I know this"), _with_word(reverse("my_words"), text)]] if reader.is_authenticated else []
    return [*asking, *knowing]


def _with_word(address: str, word: str) -> str:
    return f"{address}?{urlencode({'word': word})}"
