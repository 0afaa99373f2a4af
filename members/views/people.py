"""People as others see them."""

from django.db.models.functions import Lower
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from members.models import Member
from members.permissions import may_see_profile

LONGEST_KEY = 18  # digits that a key of the database may have


@require_safe
def person(request: HttpRequest, username: str) -> HttpResponse:
    """Show one person; `?posts=` and `?threads=` (keys of posts) lead further down their lists.

    A username in another case leads to the one address of their page.
    """
    if "\0" in username:  # which no column holds
        raise Http404
    people = Member.objects.visible_to(request.user).alias(low_username=Lower("username"))
    member = get_object_or_404(people, low_username=username.lower())
    if not may_see_profile(request.user, member):
        raise Http404
    if member.username != username:
        return redirect(member, permanent=True)
    where = {f"{of}_before": _key(request.GET.get(of, "")) for of in ("posts", "threads")}
    return render(request, "members/person.html", {"member": member, **where})


def _key(text: str) -> int | None:
    """The key of a row, out of an address; None for what is none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= LONGEST_KEY else None
