"""What publishing a sense will do: which posts hold its names, how they write them, and what else those names mean."""

from dataclasses import dataclass
from functools import reduce
from operator import or_

from django.db.models import Q

from glossary.models import NamingKind, Sense, SenseState, TermSense
from markup.terms import Lexicon, Match, Spelling
from markup.text import plain_text
from members.search import folded_query
from threads.models import Post

COUNTED = 1000  # posts: whoever has more knows enough
LOOKED_INTO = 200  # the newest of those
SAMPLES = 5
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


def impact_of(sense: Sense) -> Impact:
    """By full-text search over what everybody sees; four queries at most, bounded whatever is found."""
    namings = sense.namings.exclude(kind=NamingKind.MISSPELLING).select_related("term").order_by("pk")
    names = [(naming.term_id, naming.term.text) for naming in namings]
    if not names:
        return Impact(0, 0, is_cut=False, samples=[], lower=0, collisions=[])
    holds = reduce(or_, (Q(search=folded_query(text)) for _term, text in names))
    found = list(Post.objects.published().filter(holds).values_list("pk", "thread_id")[: COUNTED + 1])
    counted = sorted(found, reverse=True)[:COUNTED]
    samples, lower = _looked_into([post for post, _thread in counted[:LOOKED_INTO]], names)
    return Impact(
        posts=len(counted),
        threads=len({thread for _post, thread in counted}),
        is_cut=len(found) > COUNTED,
        samples=samples,
        lower=lower,
        collisions=_collisions(sense, [term for term, _text in names]),
    )


def _looked_into(posts: list[int], names: list[tuple[int, str]]) -> tuple[list[str], int]:
    """Up to five lines with a name in them, and how many of 100 places are in small letters."""
    lexicon = Lexicon([Spelling(text, term, exact=False) for term, text in names])
    samples: list[str] = []
    places = small = 0
    for html in Post.objects.published().filter(pk__in=posts).order_by("-pk").values_list("body_html", flat=True):
        text = plain_text(html)
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


def _collisions(sense: Sense, terms: list[int]) -> list[str]:
    """What the same names mean to readers already."""
    others = TermSense.objects.filter(term__in=terms, sense__state=SenseState.PUBLISHED).exclude(sense=sense)
    rows = others.exclude(kind=NamingKind.MISSPELLING).order_by("term__key", "position", "pk")
    return [f"{term}: {name}" for term, name in rows.values_list("term__text", "sense__name")[:20]]
