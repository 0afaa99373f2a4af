"""The vocabulary of posts: this app's only way to the glossary."""

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape

from django.core.cache import caches

from glossary.lexicon import PortalLexicon, TermEntry
from markup.acronyms import expansions, undefined
from markup.slugs import key
from markup.terms import Linked, Mark, link_terms, readable, write
from threads.models import Post


def mark_terms(posts: Iterable[Post], lexicon: PortalLexicon) -> list[TermEntry]:
    """Give each post `html`, its text with term marks, each term once a page; returns the terms met, in order.

    The marked pieces of a post are kept per (post, revision, renderer, lexicon);
    which of them become links depends on the page and is decided here.
    """
    seen: set[int] = set()
    met: dict[int, TermEntry] = {}

    def link(mark: Mark) -> str:
        entry = lexicon.term(mark.term)
        if entry is None:
            return ""  # it stays plain text
        met[mark.term] = entry
        return f'<a class="term" href="{escape(entry.url)}" data-term="{entry.id}">{mark.html}</a>'

    for post in posts:
        post.html = write(_linked(post, lexicon), seen=seen, link=link)  # type: ignore[attr-defined]
    return sorted(met.values(), key=lambda entry: entry.text.casefold())


def _linked(post: Post, lexicon: PortalLexicon) -> Linked:
    key = f"linked:{post.pk}:{post.revision}:{post.renderer_version}:{lexicon.version}"
    linked: Linked | None = caches["pieces"].get(key)
    if linked is None:
        linked = link_terms(post.body_html, lexicon.spellings)
        caches["pieces"].set(key, linked)
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
    for acronym in undefined(html, lexicon.not_undefined, taken=taken):
        found.setdefault(key(acronym), Word(key(acronym), acronym, None))
    return list(found.values())


def _spelled(spelled: dict[str, tuple[str, str]], name: str) -> str:
    words = spelled.get(name, ("", ""))[1]
    return words if len(words) <= LONGEST_WORDS else ""
