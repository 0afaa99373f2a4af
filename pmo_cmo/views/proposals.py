"""What a member proposed for the glossary, and what became of it."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from members.views.gate import MemberRequest, member_required
from threads.models import Evidence, Post

MOST = 100  # of each kind, the newest


@member_required
@require_safe
def my_proposals(request: MemberRequest) -> HttpResponse:
    """`/me/proposals/`: one's own suggestions and proposed evidence, each with its state and the curators' reason."""
    suggestions = request.user.suggestions.select_related("term", "sense").order_by("-pk")[:MOST]
    shown = Post.objects.visible_to(request.user).filter(thread__state="published")
    evidence = Evidence.objects.of_member(request.user).filter(post__in=shown).order_by("-pk")[:MOST]
    context = {"suggestions": list(suggestions), "evidence": list(evidence)}
    return render(request, "my_proposals.html", context)
