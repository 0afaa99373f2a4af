"""Starting, replying, editing, withdrawing: nothing typed is lost, nothing is posted twice."""

import re
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from markup.diff import word_diff
from markup.references import quotation
from markup.render import render as render_body
from markup.text import cut, own_text, quotable
from markup.verbatim import standing_in
from members.keyset import LARGEST_ID
from members.models import Member
from members.permissions import Refused
from members.prepared import Prepared
from members.views.gate import MemberRequest, member_required
from threads.actions import posting
from threads.forms import EditForm, ReplyForm, ShowLessForm, StartForm
from threads.models import Draft, Post, Thread
from threads.permissions import may_bring_back, may_edit, may_show_less, may_withdraw
from threads.similar import similar
from threads.views import drafts
from threads.views.heading import suggested_tags
from threads.views.images import with_images
from threads.views.note import ACTS, heed, note_for, token_of, typed
from threads.views.preview import place_of, preview_of

LONGEST_QUOTE = 1500  # characters, where nobody has chosen the words


def _answer(request: MemberRequest, template: str, context: dict[str, object]) -> HttpResponse:
    """A form as it was filled in: 422 when it came with something wrong, 200 with a preview, saved or empty."""
    form = context["form"]
    said = heed(request, _thread_of(context)) if _is_preview(request) else ""
    preview = _preview(request, context, said) if _is_preview(request) and form.is_valid() else {}  # type: ignore[attr-defined]
    status = 422 if form.is_bound and not preview else 200  # type: ignore[attr-defined]
    status = drafts.CONFLICT if context.get("newer") else status
    return render(request, template, {**context, **preview, "here": request.get_full_path()}, status=status)


def _is_preview(request: HttpRequest) -> bool:
    """Whether the form is shown again with what it would publish; the buttons of the note ask for that as well."""
    return any(name in request.POST for name in ("preview", *ACTS))


def _edited(context: dict[str, object]) -> Post | None:
    post = context.get("post")
    return post if isinstance(post, Post) else None


def _thread_of(context: dict[str, object]) -> int | None:
    """Where a text will stand, unless it starts a discussion."""
    edited, thread = _edited(context), context.get("thread")
    if edited:
        return edited.thread_id
    return thread.pk if isinstance(thread, Thread) else None


def _filled(
    make: Callable[..., Any], request: MemberRequest, draft: Draft | None, *, initial: dict[str, Any], **of: Any
) -> tuple[Any, dict[str, object]]:
    """A form for a post and what is said of its draft. What is not to be posted yet is saved first.

    `make` makes the form; `of` is the thread or the post that `drafts.keep` asks for.
    """
    data = typed(request)
    if data is None or not drafts.stays(request):
        return make(data, initial={**initial, **(draft.typed if draft else {})}), {"draft": draft}
    kept = drafts.keep(request, data, **of)
    said: dict[str, object] = {"saved": kept.draft, "newer": kept.newer}
    if "save" in request.POST and not kept.refusal:
        return make(initial=initial | {name: value for name, value in kept.typed.items() if value is not None}), said
    data = data.copy()
    data["draft"] = str(kept.revision)
    form = make(data, initial=initial)
    if kept.refusal and form.is_valid():
        form.add_error(None, kept.refusal)
    return form, said


def _preview(request: MemberRequest, context: dict[str, object], said: str) -> dict[str, object]:
    """What the page will show of a text, and the note for its writer."""
    data, edited = context["form"].cleaned_data, _edited(context)  # type: ignore[attr-defined]
    html = render_body(data["body"])
    place = place_of(request, _thread_of(context), data.get("tags", ()))
    shown = preview_of(request, data["body"], html, place, edited=edited)
    note = note_for(request, html, place, token=token_of(request, place, edited.pk if edited else None))
    return {**shown, "undefined": replace(note, said=said)}


@require_http_methods(["GET", "HEAD", "POST"])
def start(request: HttpRequest) -> HttpResponse:
    """`/threads/new/`: a title, a text, up to five tags. A visitor may write first and sign in then."""
    if request.user.is_authenticated or request.method == "POST":
        return _start(request)
    title = request.GET.get("title", "").replace("\x00", "")[:200]
    form = StartForm(by=None, suggestions=suggested_tags(request.user), initial={"title": title})
    return render(request, "threads/start.html", {"form": form, "here": request.get_full_path()})


@member_required
@with_images
def _start(request: MemberRequest) -> HttpResponse:
    draft, waiting = drafts.to_go_on(request) if request.method == "GET" else (None, None)
    initial = {"title": request.GET.get("title", "")[:200]}
    names = suggested_tags(request.user)
    make = partial(StartForm, by=request.user, suggestions=names)
    form, said = _filled(make, request, draft, initial=initial)
    if form.is_valid() and not drafts.stays(request):
        try:
            return redirect(posting.start(by=request.user, **form.cleaned_data))
        except Refused as refusal:
            form.add_error(None, str(refusal))
    if drafts.stays(request):
        said["similar"] = similar(request.POST.get("title", ""), request.user)
    return _answer(request, "threads/start.html", {"form": form, "waiting": waiting, **said})


@require_http_methods(["GET", "HEAD", "POST"])
def reply(request: HttpRequest, pk: int) -> HttpResponse:
    """`/threads/<id>/reply/`: the form of the thread page alone. A visitor may write first and sign in then."""
    if request.user.is_authenticated or request.method == "POST":
        return _reply(request, pk)
    thread = get_object_or_404(Thread.objects.visible_to(request.user), pk=pk)
    form = ReplyForm(by=None, initial={"body": _beginning(request, thread)})
    return render(request, "threads/reply.html", {"form": form, "thread": thread, "here": request.get_full_path()})


def _replied_in(pk: int, by: int, *, is_moderator: bool) -> QuerySet[Any, Any]:
    reader = Member(pk=by)
    reader.is_moderator = is_moderator
    threads = Thread.objects.visible_to(reader).filter(pk=pk)
    rows: QuerySet[Any, Any] = threads.annotate(
        own_draft=Draft.objects.of_thread(reader), own_shown_as=Post.objects.last_shown_as(reader)
    )
    return rows


_thread_for_member = Prepared(partial(_replied_in, is_moderator=False), pk=int, by=int)
_thread_for_moderator = Prepared(partial(_replied_in, is_moderator=True), pk=int, by=int)


@member_required
@with_images
def _reply(request: MemberRequest, pk: int) -> HttpResponse:
    asked = _thread_for_moderator if request.user.is_moderator else _thread_for_member
    thread = asked.first(pk=min(pk, LARGEST_ID), by=request.user.pk)
    if thread is None:
        raise Http404
    draft = Draft.read(thread.own_draft)
    begun = _beginning(request, thread)
    if draft and begun.strip("\n") not in f"{draft.body} ":
        draft.body = f"{draft.body}\n\n{begun}".lstrip()
    make = partial(ReplyForm, by=request.user, as_last=thread.own_shown_as)
    form, said = _filled(make, request, draft, initial={"body": begun}, thread=thread)
    if form.is_valid() and not drafts.stays(request):
        try:
            return redirect(posting.reply(thread, by=request.user, **form.cleaned_data))
        except Refused as refusal:
            form.add_error(None, str(refusal))
    return _answer(request, "threads/reply.html", {"form": form, "thread": thread, **said})


def _beginning(request: HttpRequest, thread: Thread) -> str:
    """How a reply begins that is asked for at a post: `?quote=<post>` with its words, `?to=4` with its number."""
    asked = request.GET.get("to", "")
    if re.fullmatch(r"[1-9][0-9]{0,8}", asked) and int(asked) <= thread.last_number:
        return f"#{asked} "
    return _quoted(request)


def _quoted(request: HttpRequest) -> str:
    """`?quote=<post>`: its own words, or those of `?words=` where they stand in it, as the beginning of a reply."""
    asked = request.GET.get("quote", "")
    if not re.fullmatch(r"[1-9][0-9]{0,17}", asked):
        return ""
    post = Post.objects.visible_to(request.user).published().filter(pk=int(asked)).first()
    if post is None:
        return ""
    words = standing_in(own_text(post.body_html), request.GET.get("words", ""))
    return quotation(post.pk, post.number, words or cut(quotable(post.body_html), LONGEST_QUOTE))


@member_required
@require_http_methods(["GET", "HEAD", "POST"])
@with_images
def edit(request: MemberRequest, pk: int) -> HttpResponse:
    """`/posts/<id>/edit/`: the text, or both texts when somebody else changed it meanwhile."""
    post = _post(request, pk, own_draft=Draft.objects.of_post(request.user))
    draft = Draft.read(post.own_draft)  # type: ignore[attr-defined]  # annotated above
    if not may_edit(request.user, post):
        kept = _("You may not edit this post any more. What you typed is kept among your drafts.")
        raise PermissionDenied(kept if draft else _("You may not edit this post."))
    initial = {"body": post.body, "based_on": post.revision}
    form, said = _filled(EditForm, request, draft, initial=initial, post=post)
    if form.is_valid() and not drafts.stays(request):
        try:
            return redirect(posting.edit(post, by=request.user, **form.cleaned_data))
        except posting.EditedMeanwhile as conflict:
            return _conflict(request, conflict.post, form, said)
        except Refused as refusal:
            form.add_error(None, str(refusal))
    if _begun_on(form) < post.revision:
        return _conflict(request, post, form, said)
    return _answer(request, "threads/edit.html", {"form": form, "post": post, **said})


def _begun_on(form: EditForm) -> int:
    """The revision that a form's text was begun on, however it came there; the newest where it says none."""
    try:
        return int(form["based_on"].value() or sys.maxsize)
    except ValueError:
        return sys.maxsize


def _conflict(request: MemberRequest, post: Post, mine: EditForm, said: dict[str, object]) -> HttpResponse:
    """Both texts and their difference; saving from here takes the place of what stands now.

    A draft saved from here is still one of the revision that it was begun on, and leads here again.
    """
    body = str(mine["body"].value() or "").replace("\r\n", "\n").strip()
    initial = {"body": body, "based_on": _begun_on(mine), "seen": post.revision}
    form = EditForm(initial=initial | {name: mine[name].value() for name in ("token", "draft")})
    context = {"form": form, "post": post, "changes": word_diff(post.body, body), "wrong": mine, **said}
    status = 200 if request.method != "POST" else 422 if mine.errors else drafts.CONFLICT
    return render(request, "threads/conflict.html", context, status=status)


@member_required
@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: MemberRequest, pk: int) -> HttpResponse:
    """`/posts/<id>/withdraw/`: take one's own post away from readers, or bring it back."""
    post = _post(request, pk)
    if not (may_withdraw(request.user, post) or may_bring_back(request.user, post)):
        raise PermissionDenied(_("Only its author withdraws a post or brings it back."))
    if request.method == "GET":
        return render(request, "threads/withdraw.html", {"post": post})
    change: Callable[..., Post] = posting.bring_back if "bring_back" in request.POST else posting.withdraw
    try:
        post = change(post, by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect(post)


@member_required
@require_http_methods(["GET", "HEAD", "POST"])
def show_less(request: MemberRequest, pk: int) -> HttpResponse:
    """`/posts/<id>/shown/`: let one's own post show less of oneself."""
    post = _post(request, pk)
    if not may_show_less(request.user, post):
        raise PermissionDenied(_("Only its author decides what a post shows of them."))
    form = ShowLessForm(request.POST or None, post=post)
    if form.is_valid():
        try:
            return redirect(posting.show_less(post, by=request.user, **form.cleaned_data))
        except Refused as refusal:
            form.add_error(None, str(refusal))
    return render(request, "threads/shown.html", {"form": form, "post": post}, status=422 if form.is_bound else 200)


def _post(request: MemberRequest, pk: int, **also: Any) -> Post:
    posts = Post.objects.visible_to(request.user).select_related("thread").annotate(**also)
    post: Post = get_object_or_404(posts, pk=pk)
    return post
