"""Practitioners by kind of role and country: here, above both apps, because posts count as well as profiles."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from allauth.account.models import EmailAddress
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Lower
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe
from django_countries import countries

from members.models import Member, Reader, RoleFamily
from threads.models import Post

SHOWN = 50  # people on a page
LONGEST = 40  # characters of a username
LONGEST_NAME = 80
MOST_WORDS = 6  # of a name that is looked for


@dataclass(frozen=True)
class Choice:
    """One value of a filter: how many people it would leave, and the address that chooses it, or takes it back."""

    label: str
    count: int
    address: str
    is_chosen: bool


@require_safe
def people(request: HttpRequest) -> HttpResponse:
    """`/people/`: `?name=` (a part of it), `?family=`, `?country=`, keyset `?after=` (a username)."""
    name = " ".join(request.GET.get("name", "").replace("\0", "").split())[:LONGEST_NAME]
    family = _known(request.GET.get("family", ""), set(RoleFamily.values))
    country = _known(request.GET.get("country", "").upper(), set(dict(countries)))
    listed = _named(listed_to(request.user), name)
    counts = list(
        listed.order_by()
        .values("role_family", "country")
        .annotate(people=Count("pk"))
        .values_list("role_family", "country", "people")
    )
    said = (("name", name), ("family", family), ("country", country))
    chosen = {column: value for column, value in said if value}
    rows = list(_page(listed.filter(**_columns(chosen)), request.GET.get("after", "")[:LONGEST])[: SHOWN + 1])
    more = {**chosen, "after": rows[SHOWN - 1].username} if len(rows) > SHOWN else {}
    context = {
        "people": rows[:SHOWN],
        "next": f"?{urlencode(more)}" if more else "",
        "count": sum(people for of, at, people in counts if _fits(of, at, chosen)),
        "families": _choices(counts, chosen, "family", dict(RoleFamily.choices)),
        "countries": _choices(counts, chosen, "country", dict(countries)),
        "chosen": chosen,
        "name": name,
        "words": _words(family, country),
        "own": f"{reverse('people')}?{urlencode(chosen)}" if chosen else reverse("people"),
    }
    return render(request, "people.html", context)


def listed_to(reader: Reader) -> QuerySet[Member, Member]:
    """Whom the list of people names: open accounts with a confirmed address and a word about themselves.

    The word is a role in the profile, or one post that stands under their name.
    Whoever only withheld their name is on it as much as who never wrote.
    """
    confirmed = Q(Exists(EmailAddress.objects.filter(user=OuterRef("pk"), verified=True))) | Q(is_sample=True)
    posts = Post.objects.visible_to(reader).published().named().filter(author=OuterRef("pk"))
    rows: QuerySet[Member, Member] = Member.objects.visible_to(reader).filter(is_active=True)
    return rows.filter(confirmed).filter(~Q(role="") | Q(Exists(posts)))


def _named(people: QuerySet[Member, Member], name: str) -> QuerySet[Member, Member]:
    """Those whose name or username holds each of these words, in any order."""
    rows = people
    for word in name.split()[:MOST_WORDS]:
        rows = rows.filter(Q(name__icontains=word) | Q(username__icontains=word.removeprefix("@")))
    return rows


def _page(rows: QuerySet[Member, Member], after: str) -> QuerySet[Member, Member]:
    """By name; from the person named `after` on. Who is gone meanwhile starts the list anew."""
    rows = rows.annotate(low=Lower("name")).order_by("low", "pk")
    if not after or "\0" in after:
        return rows
    last = Member.objects.filter(username=after)
    name, key = Subquery(last.values(low_name=Lower("name"))), Subquery(last.values("pk"))
    return rows.filter(Q(low__gt=name) | Q(low=name, pk__gt=key) | ~Q(Exists(last)))


def _columns(chosen: dict[str, str]) -> dict[str, str]:
    names = {"family": "role_family", "country": "country"}
    return {column: chosen[name] for name, column in names.items() if name in chosen}


def _known(value: str, values: set[str]) -> str:
    return value if value in values else ""


def _fits(family: str, country: str, chosen: dict[str, str]) -> bool:
    return chosen.get("family", family) == family and chosen.get("country", country) == country


def _choices(
    counts: list[tuple[str, str, int]], chosen: dict[str, str], name: str, labels: dict[str, Any]
) -> list[Choice]:
    """The values of one filter with the people they leave beside the other filter; the most first."""
    others = {other: value for other, value in chosen.items() if other != name}
    totals: dict[str, int] = {}
    for family, country, people in counts:
        value = family if name == "family" else country
        if value in labels and _fits(family, country, others):
            totals[value] = totals.get(value, 0) + people
    if (now := chosen.get(name)) and now not in totals:
        totals[now] = 0
    made = []
    for value, count in totals.items():
        is_chosen = chosen.get(name) == value
        query = others if is_chosen else {**others, name: value}
        address = reverse("people") + (f"?{urlencode(query)}" if query else "")
        made.append(Choice(str(labels[value]), count, address, is_chosen))
    return sorted(made, key=lambda choice: (-choice.count, choice.label))


def _words(family: str, country: str) -> str:
    """What was chosen, for the head of the page."""
    said = [str(dict(RoleFamily.choices)[family])] if family else []
    said += [str(dict(countries)[country])] if country else []
    return ", ".join(said)
