"""The vocabulary of a page of posts: this app's only way to the glossary."""

from collections.abc import Iterable
from html import escape

from django.core.cache import caches

from glossary.lexicon import PortalLexicon, TermEntry
from markup.terms import Linked, Mark, link_terms, write
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
    # Acronyms first: they are what a newcomer cannot guess.
    return sorted(met.values(), key=lambda entry: (not entry.text.isupper(), entry.text.casefold()))


def _linked(post: Post, lexicon: PortalLexicon) -> Linked:
    key = f"linked:{post.pk}:{post.revision}:{post.renderer_version}:{lexicon.version}"
    linked: Linked | None = caches["pieces"].get(key)
    if linked is None:
        linked = link_terms(post.body_html, lexicon.spellings)
        caches["pieces"].set(key, linked)
    return linked
