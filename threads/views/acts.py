"""What a reader does at a post with one click: agree, say that it helped, save it; and what they have saved."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest, PermissionDenied
from django.db.models import Exists, OuterRef
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from members.keyset import page_of
from members.permissions import Refused
from members.views.gate import MemberRequest, member_required
from threads.actions import reacting
from threads.forms import NoteForm
from threads.models import Bookmark, Post, ReactionKind, with_reactions

SAVED_PER_PAGE = 25


@member_required
@require_http_methods(["GET", "HEAD", "POST"])
def react(request: MemberRequest, pk: int) -> HttpResponse:
    """`/posts/<id>/react/`: POST `agree` or `helped`, 1 or 0; back to the post, or JSON for who asks for it."""
    post = get_object_or_404(Post.objects.visible_to(request.user).select_related("thread"), pk=pk)
    if request.method != "POST":
        return redirect(post)
    said = [(kind, request.POST[kind]) for kind in ReactionKind.values if request.POST.get(kind) in {"0", "1"}]
    if len(said) != 1:
        raise BadRequest(_("Say either “agree” or “helped me”."))
    ((kind, value),) = said
    try:
        reacting.react(post, by=request.user, kind=kind, on=value == "1")
    except (Refused, PermissionDenied) as refusal:
        if not _wants_json(request):
            if isinstance(refusal, PermissionDenied):
                raise
            messages.warning(request, str(refusal))
            return redirect(post)
        return JsonResponse({"said": str(refusal)}, status=409)
    if not _wants_json(request):
        return redirect(post)
    seen: Any = with_reactions(Post.objects.visible_to(request.user).filter(pk=pk), request.user).get()
    html = render_to_string("threads/_reacted.html", {"post": seen})
    return JsonResponse({"on": kind in seen.own_reactions, "html": html, "said": _said(kind, on=value == "1")})


def _said(kind: str, *, on: bool) -> str:
    sentences = {
        ("agree", True): _("You agree."),
        ("agree", False): _("You no longer say that you agree."),
        ("helped", True): _("You said that it helped you."),
        ("helped", False): _("You no longer say that it helped you."),
    }
    return sentences[kind, on]


def _wants_json(request: MemberRequest) -> bool:
    return request.headers.get("Accept", "") == "application/json"


@member_required
@require_http_methods(["GET", "HEAD", "POST"])
def save(request: MemberRequest, pk: int) -> HttpResponse:
    """`/posts/<id>/save/`: keep a post, with a note or without, or (`remove`) no longer."""
    saved = Bookmark.objects.filter(member=request.user, post=pk).select_related("post__thread").first()
    post = Post.objects.visible_to(request.user).filter(pk=pk).select_related("thread").first()
    if post is None and saved is None:
        raise Http404
    if saved and "remove" in request.POST:
        reacting.forget_post(saved.post, by=request.user)
        messages.success(request, _("No longer saved."))
        return redirect("saved")
    form = NoteForm(request.POST if "note" in request.POST else None, initial={"note": saved.note if saved else ""})
    if request.method == "POST" and (form.is_valid() or not form.is_bound):
        note = form.cleaned_data["note"] if form.is_bound else None
        reacting.save_post(post or saved.post, by=request.user, note=note)  # type: ignore[union-attr]
        return _saved(request, post, with_note=form.is_bound)
    # What is saved and no longer shown can be let go, and is not shown here either.
    context = {"post": post, "form": form, "saved": saved}
    return render(request, "threads/save.html", context, status=422 if form.is_bound else 200)


def _saved(request: MemberRequest, post: Post | None, *, with_note: bool) -> HttpResponse:
    if post and _wants_json(request):
        html = render_to_string("threads/_save.html", {"is_saved": True, "url": post.permanent_url()})
        return JsonResponse({"html": html, "said": _("Saved. It stands under “Saved”, where you can add a note.")})
    messages.success(request, _("Saved."))
    return redirect(post) if post and not with_note else redirect("saved")


@member_required
@require_safe
def saved_posts(request: MemberRequest) -> HttpResponse:
    """`/me/saved/`: the posts one keeps, the newest first, with one's notes; by keyset."""
    shown = Post.objects.visible_to(request.user).filter(pk=OuterRef("post"))
    rows = Bookmark.objects.filter(member=request.user).annotate(is_shown=Exists(shown)).select_related("post__thread")
    page, following = page_of(rows, request.GET.get("before", ""), by="created_at", size=SAVED_PER_PAGE)
    return render(request, "threads/saved.html", {"rows": page, "next": following})
