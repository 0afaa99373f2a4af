"""What publishing a sense will do: which posts hold its names, how they write them, and what else those names mean."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import reduce
from operator import or_

from django.db.models import Value

from glossary.models import NamingKind, Sense, SenseState, TermSense
from markup.references import without_quotes
from markup.terms import Lexicon, Match, Spelling
from markup.text import plain_text
from threads.models import Post
from threads.models.posts import holds

COUNTED = 1000  # posts: whoever has more knows enough
LOOKED_INTO = 200  # the newest of those
LOOKED_INTO_EACH = 10
SAMPLES = 5
COLLISIONS = 20
AROUND = 60  # characters on each side of a word


@dataclass(frozen=True)
class Impact:
    """Posts and discussions that hold a name of a sense, at most `COUNTED` counted, and what stands there."""

    posts: int
    threads: int
    is_cut: bool
    samples: list[str]
    lower: int  # of 100 places found in the newest posts: written in small letters
    collisions: list[str]


def impacts_of(senses: Collection[Sense]) -> dict[int, Impact]:
    """By id of the sense; full-text search over what everybody sees, in four queries, bounded in what they read.

    Lines and letters come from the newest posts, `LOOKED_INTO` of all senses together and at least `LOOKED_INTO_EACH`.
    """
    names = _names(senses)
    found = _posts_with(names)
    each = max(LOOKED_INTO // max(1, len(names)), LOOKED_INTO_EACH)
    counted = {sense: sorted(posts, reverse=True)[:COUNTED] for sense, posts in found.items()}
    newest = {post for posts in counted.values() for post, _thread in posts[:each]}
    texts = _texts(newest)
    collisions = _collisions(names)
    impacts = {}
    for sense in senses:
        posts = counted.get(sense.pk, [])
        read = [texts[post] for post, _thread in posts[:each] if post in texts]
        samples, lower = _looked_into(read, names.get(sense.pk, {}))
        impacts[sense.pk] = Impact(
            posts=len(posts),
            threads=len({thread for _post, thread in posts}),
            is_cut=len(found.get(sense.pk, ())) > COUNTED,
            samples=samples,
            lower=lower,
            collisions=collisions.get(sense.pk, []),
        )
    return impacts


def _names(senses: Collection[Sense]) -> dict[int, dict[int, str]]:
    """The terms of each sense, id and text, but misspellings."""
    names: dict[int, dict[int, str]] = {}
    namings = TermSense.objects.filter(sense__in=[sense.pk for sense in senses]).exclude(kind=NamingKind.MISSPELLING)
    for sense, term, text in namings.order_by("pk").values_list("sense", "term", "term__text"):
        names.setdefault(sense, {})[term] = text
    return names


def _posts_with(names: dict[int, dict[int, str]]) -> dict[int, list[tuple[int, int]]]:
    """Post and thread of the posts that hold a name, by sense; of each at most one more than is counted."""
    published = Post.objects.published().order_by()
    searches = [
        published.filter(reduce(or_, (holds(text) for text in terms.values())))
        .annotate(of=Value(sense))
        .values_list("of", "pk", "thread_id")[: COUNTED + 1]
        for sense, terms in names.items()
    ]
    found: dict[int, list[tuple[int, int]]] = {}
    for sense, post, thread in searches[0].union(*searches[1:], all=True) if searches else ():
        found.setdefault(sense, []).append((post, thread))
    return found


def _texts(posts: Collection[int]) -> dict[int, str]:
    rows = Post.objects.published().filter(pk__in=posts).values_list("pk", "body_html") if posts else ()
    return {post: plain_text(without_quotes(html)) for post, html in rows}


def _looked_into(texts: list[str], names: dict[int, str]) -> tuple[list[str], int]:
    """Up to five lines with a name in them, and how many of 100 places are in small letters."""
    lexicon = Lexicon([Spelling(text, term, exact=False) for term, text in names.items()])
    samples: list[str] = []
    places = small = 0
    for text in texts:
        matches = lexicon.find(text)
        places += len(matches)
        small += sum(text[match.start : match.end].islower() for match in matches)
        if matches and len(samples) < SAMPLES:
            samples.append(_line(text, matches[0]))
    return samples, round(100 * small / places) if places else 0


def _line(text: str, match: Match) -> str:
    start, end = max(0, match.start - AROUND), min(len(text), match.end + AROUND)
    shown = " ".join(text[start:end].split())
    return f"{'…' if start else ''}{shown}{'…' if end < len(text) else ''}"


def _collisions(names: dict[int, dict[int, str]]) -> dict[int, list[str]]:
    """What the names of each sense mean to readers already."""
    terms = {term for of in names.values() for term in of}
    meant = TermSense.objects.filter(term__in=terms, sense__state=SenseState.PUBLISHED)
    rows = list(
        meant.exclude(kind=NamingKind.MISSPELLING)
        .order_by("term__key", "position", "pk")
        .values_list("term", "sense", "term__text", "sense__name")
    )
    return {
        sense: [f"{text}: {name}" for term, other, text, name in rows if term in of and other != sense][:COLLISIONS]
        for sense, of in names.items()
    }
