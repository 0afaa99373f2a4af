"""A word with all its meanings, and the discussions that use it: the page joins the glossary and the threads."""

from typing import Any

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from glossary import lexicon
from glossary.entries import Entry, entry_of
from glossary.models import KnownWord, MatchKind, Term
from members.display import marks_of
from members.views.visitors import State, kept_for_visitors, lexicon_version, site_version
from threads.perspectives import NAMES, asked_for
from threads.templatetags.panels import PANEL_ROWS
from threads.uses import standing_of, uses_by_year, with_discussions, with_settled


def _state(request: HttpRequest, slug: str) -> State:
    """What the glossary says is named by the site's version; what discussions do, by their revisions and figures."""
    asked = with_discussions(Term.objects.visible_to(request.user).filter(slug=slug), request.user, most=PANEL_ROWS)
    found = with_settled(asked, request.user).annotate(site=site_version()).first()
    if found is None:
        return None
    shown = (found.threads_shown, found.evidence_shown, found.chosen_senses, found.spelled_senses, found.cited_senses)
    return (found.pk, found.site, shown, *(tuple(row.values()) for row in uses_by_year(request.user, found.pk)))


@require_safe
@kept_for_visitors(_state, reads=NAMES)
def term(request: HttpRequest, slug: str) -> HttpResponse:
    """`/glossary/<slug>/`: a word with all its meanings; an address of earlier leads to that of today."""
    terms = Term.objects.visible_to(request.user)
    known = KnownWord.objects.filter(member=request.user.pk)
    rows: Any = with_settled(terms.for_page(), request.user).annotate(
        lexicon=lexicon_version(), known_words=ArraySubquery(known.values("key"))
    )
    found = rows.filter(slug=slug).first()
    if found is None:
        return redirect(get_object_or_404(terms, slugs__slug=slug), permanent=True)
    words = lexicon.current(found.lexicon)
    standing = standing_of(found, words.term(found.pk))
    entry = entry_of(
        found,
        words,
        marks=marks_of(request),
        known=found.known_words,
        uses={sense: (each.threads, each.posts) for sense, each in standing.items()},
    )
    context = {
        "entry": entry,
        "term": found,
        "chosen": asked_for({name: request.GET.get(name, "") for name in NAMES}),
        "letter": found.key[0].upper() if found.key[0].isalpha() else "#",
        "term_data": words.as_json(entry.met),
        "comparisons": words.comparisons_of(found.pk),
        "structured": _structured(entry),
        "is_sample": all(each.sense.is_sample for each in entry.senses),
    }
    return render(request, "glossary/term.html", context)


def _structured(entry: Entry) -> dict[str, object]:
    """The term for search engines, in the words of schema.org: a DefinedTerm for each sense."""
    address = f"{settings.SITE_URL}{entry.term.get_absolute_url()}"
    senses = [
        {
            "@type": "DefinedTerm",
            "@id": f"{address}#sense-{each.sense.pk}",
            "url": address,
            "name": entry.term.text,
            "alternateName": [other.text for _kind, others in each.names for other in others],
            "description": each.sense.definition,
            "inLanguage": entry.term.language,
            "inDefinedTermSet": f"{settings.SITE_URL}/glossary/",
            "sameAs": [reference.address for reference in each.references if reference.relation == MatchKind.EXACT],
        }
        for each in entry.senses
    ]
    return {"@context": "https://schema.org", "@graph": senses}
