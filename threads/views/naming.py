"""Names for “@”: whom a text may name."""

import re

from django.db.models import Exists, OuterRef, Q
from django.http import HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from members.models import Member
from members.views.gate import MemberRequest, member_required
from threads.models import Post

MOST_NAMES = 8


@member_required
@require_safe
def names(request: MemberRequest) -> HttpResponse:
    """`/me/names/?q=&thread=`: members whose name begins so, as JSON; who speaks in the thread first.

    Who withholds their name there is not told from others.
    """
    begun = request.GET.get("q", "").strip()[:40]
    asked = request.GET.get("thread", "")
    people = Member.objects.visible_to(request.user).filter(is_active=True)
    people = people.filter(Q(is_sample=True) | Q(emailaddress__verified=True))
    people = people.filter(Q(username__istartswith=begun) | Q(name__iregex=rf"\m{re.escape(begun)}"))
    order = ["username"]
    if re.fullmatch(r"[1-9][0-9]{0,17}", asked):  # none where a discussion is started
        posts = Post.objects.visible_to(request.user).published().named()
        people = people.annotate(speaks=Exists(posts.filter(author=OuterRef("pk"), thread=int(asked))))
        order = ["-speaks", *order]
    rows = people.order_by(*order).distinct()[:MOST_NAMES]
    found = rows.values("username", "name", "role") if begun else []
    told = [{"username": row["username"], "shown": _shown(row["name"], row["role"])} for row in found]
    return JsonResponse({"people": told})


def _shown(name: str, role: str) -> str:
    return ", ".join(filter(None, (name, role)))
