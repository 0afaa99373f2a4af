"""One search over terms, threads and posts: what the reader may see, folded alike on both sides."""

import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice

from django.contrib.postgres.search import SearchRank
from django.db import connection
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils.safestring import SafeString, mark_safe

from glossary.models import Term
from markup.highlight import best_excerpt, highlight, words
from markup.references import without_quotes
from markup.render import plain_text
from markup.slugs import key
from members.models import Reader
from members.search import folded_query
from threads.models import Post, Thread

MOST_TERMS = 5
MOST_THREADS = 10
MOST_POSTS = 25
CANDIDATES = 2000  # the newest matches are ranked, not all: ranking every match of a common word takes seconds
EXCERPT = 280  # characters
LOOKED_THROUGH = 5_000  # characters of a post in which the excerpt is looked for
MOST_WORDS = 4_000  # different words that the database is asked about, so that no page of results is dear


@dataclass(frozen=True)
class Hit:
    """One row of the results, its words highlighted as HTML."""

    subject: Term | Thread | Post
    title: SafeString
    excerpt: SafeString


@dataclass(frozen=True)
class Results:
    """What a search found. `has_words` is false where nothing but stop words was asked for."""

    has_words: bool
    terms: list[Hit]
    threads: list[Hit]
    posts: list[Hit]

    def __bool__(self) -> bool:
        return bool(self.terms or self.threads or self.posts)


def find(asked: str, reader: Reader) -> Results:
    """Terms first, then threads and posts; seven statements in all, whatever is found."""
    lexemes = _lexemes([asked])[asked]
    if not lexemes:
        return Results(has_words=False, terms=[], threads=[], posts=[])
    terms, threads, posts = _terms(asked, reader), _threads(asked, reader), _posts(asked, reader)
    texts = {post.pk: plain_text(without_quotes(post.body_html))[:LOOKED_THROUGH] for post in posts}
    meanings = {term.pk: _meanings(term) for term in terms}
    is_match = _matcher(
        asked, lexemes, [*(t.text for t in terms), *meanings.values(), *(t.title for t in threads), *texts.values()]
    )

    def hit(subject: Term | Thread | Post, title: str, text: str) -> Hit:
        excerpt = best_excerpt(text, is_match, EXCERPT)
        return Hit(subject, mark_safe(highlight(title, is_match)), mark_safe(highlight(excerpt, is_match)))  # noqa: S308 highlight escapes

    return Results(
        has_words=True,
        terms=[hit(term, term.text, meanings[term.pk]) for term in terms],
        threads=[hit(thread, thread.title, "") for thread in threads],
        posts=[hit(post, post.thread.title, texts[post.pk]) for post in posts],
    )


def _terms(asked: str, reader: Reader) -> list[Term]:
    """The term of just this name first."""
    found = Term.objects.visible_to(reader).search(asked).for_list()
    exact = Q(key=key(asked))
    return list(found.annotate(is_exact=exact).order_by("-is_exact", "key", "pk")[:MOST_TERMS])


def _threads(asked: str, reader: Reader) -> list[Thread]:
    return list(Thread.objects.visible_to(reader).listed().search(asked).for_list()[:MOST_THREADS])


def _posts(asked: str, reader: Reader) -> list[Post]:
    """The best of the newest matches."""
    found = Post.objects.visible_to(reader).published().search(asked)
    newest = found.order_by("-pk").values("pk")[:CANDIDATES]
    own = Coalesce("own_search", "search")
    ranked = Post.objects.filter(pk__in=newest).annotate(rank=SearchRank(own, folded_query(asked)))
    return list(ranked.for_list().order_by("-rank", "-pk")[:MOST_POSTS])


def _meanings(term: Term) -> str:
    senses = [naming.sense for naming in term.readable]  # type: ignore[attr-defined]
    return " · ".join(f"{sense.name}: {sense.definition}" for sense in senses)


def _matcher(asked: str, lexemes: frozenset[str], texts: Iterable[str]) -> Callable[[str], bool]:
    """Whether a word of the texts is one of those asked for, as the database folds and stems them: one statement."""
    initials = {_initial(word) for word in words(asked)}
    likely = {word for text in texts for word in words(text) if _initial(word) in initials}
    asked_about = islice(likely, MOST_WORDS)
    matching = {word for word, own in _lexemes(asked_about).items() if own & lexemes}
    return matching.__contains__


def _initial(word: str) -> str:
    """The first letter without accents: folding and stemming never change it."""
    return unicodedata.normalize("NFKD", word)[:1].casefold()


def _lexemes(texts: Iterable[str]) -> dict[str, frozenset[str]]:
    listed = list(texts)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT text, tsvector_to_array(to_tsvector('portal', search_fold(text))) FROM unnest(%s::text[]) AS text",
            [listed],
        )
        return {text: frozenset(lexemes) for text, lexemes in cursor.fetchall()}
