"""Two terms side by side: what curators say of them, and the discussions where both are used."""

from dataclasses import dataclass, field

from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from glossary.models import Comparison, ComparisonRow, Sense, Term
from members.views.visitors import State, kept_for_visitors, site_version
from threads.models import CellEvidence, Post
from threads.uses import threads_using

MOST_PAIRS = 20  # of senses of two terms
MOST_THREADS = 10


@dataclass
class Cell:
    """What a comparison says of one term at one aspect, and the posts that it cites."""

    text: str
    posts: list[Post]


@dataclass
class Pair:
    """A curated comparison, its sides in the order of the address."""

    comparison: Comparison
    senses: list[Sense]
    rows: list[tuple[str, list[Cell]]] = field(default_factory=list)


def _terms(request: HttpRequest, one: str, other: str) -> list[Term]:
    """Two terms, each found by any address it ever had, in the order of their addresses of today; or fewer."""
    terms = Term.objects.visible_to(request.user).annotate(asked=F("slugs__slug"), site=site_version())
    found = {term.pk: term for term in terms.filter(asked__in=[one, other])}
    return sorted(found.values(), key=lambda term: term.slug)


def _cited(request: HttpRequest, terms: list[Term]) -> list[CellEvidence]:
    """What the comparisons of two terms cite and this reader may read, with the discussions; one query."""
    posts = Post.objects.visible_to(request.user).published()
    pairs = Comparison.objects.visible_to(request.user).between(*terms)
    cited = CellEvidence.objects.filter(row__comparison__in=pairs, post__in=posts)
    return list(cited.select_related("post__thread").order_by("post_id"))


def _state(request: HttpRequest, one: str, other: str) -> State:
    """What is said is named by the site's version; what is cited and shared, by the revisions of its discussions."""
    terms = _terms(request, one, other)
    if [term.slug for term in terms] != [one, other]:
        return None
    shared = tuple(threads_using(request.user, *terms).values_list("pk", "revision")[:MOST_THREADS])
    cited = tuple(
        (each.row_id, each.is_left, each.post_id, each.post.thread.revision) for each in _cited(request, terms)
    )
    return (terms[0].site, tuple(term.pk for term in terms), shared, cited)  # type: ignore[attr-defined]


@require_safe
@kept_for_visitors(_state)
def compare(request: HttpRequest, one: str, other: str) -> HttpResponse:
    """`/compare/<a>/<b>/`: the addresses of two terms in their alphabetical order; every other way leads there."""
    terms = _terms(request, one, other)
    if len(terms) != 2:  # noqa: PLR2004  the two
        raise Http404(_("Only two different terms of the glossary can be compared."))
    if [term.slug for term in terms] != [one, other]:
        return redirect("compare", terms[0].slug, terms[1].slug, permanent=True)
    pairs = _pairs(request, terms)
    context = {
        "terms": terms,
        "pairs": pairs,
        "defined": [] if pairs else list(_defined(request, terms)),
        "threads": list(threads_using(request.user, *terms)[:MOST_THREADS]),
        "changed_at": max((pair.comparison.changed_at for pair in pairs), default=None),
        "is_indexed": any(not pair.comparison.is_sample for pair in pairs),
    }
    return render(request, "compare.html", context)


def _defined(request: HttpRequest, terms: list[Term]) -> list[Term]:
    """The terms with their senses, where no curator has compared any: two queries."""
    found = Term.objects.visible_to(request.user).for_page().in_bulk([term.pk for term in terms])
    return [found[term.pk] for term in terms if term.pk in found]


def _pairs(request: HttpRequest, terms: list[Term]) -> list[Pair]:
    """The published comparisons of two terms, the oldest first, with what they cite; three queries."""
    published = Comparison.objects.visible_to(request.user).between(*terms).order_by("published_at", "pk")
    comparisons = list(published.select_related("sense_a", "sense_b").prefetch_related("rows")[:MOST_PAIRS])
    cited: dict[tuple[int, bool], list[Post]] = {}
    for each in _cited(request, terms) if comparisons else ():
        cited.setdefault((each.row_id, each.is_left), []).append(each.post)
    return [_pair(comparison, terms, cited) for comparison in comparisons]


def _pair(comparison: Comparison, terms: list[Term], cited: dict[tuple[int, bool], list[Post]]) -> Pair:
    """The term with the smaller id is stored on the left; the address may say it the other way round."""
    sides = [True, False] if comparison.term_a_id == terms[0].pk else [False, True]
    pair = Pair(comparison, [comparison.sense_a if is_left else comparison.sense_b for is_left in sides])
    rows: list[ComparisonRow] = sorted(comparison.rows.all(), key=lambda row: (row.position, row.pk))
    for row in rows:
        cells = [Cell(row.left if left else row.right, cited.get((row.pk, left), [])) for left in sides]
        pair.rows.append((row.aspect, cells))
    return pair
