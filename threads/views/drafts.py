"""Drafts: saved while somebody types, listed under `/me/drafts/`, and given back to the form they came from."""

import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from members.keyset import page_of
from members.models import Member
from members.permissions import Refused
from members.views.gate import MemberRequest, member_required
from threads.actions import drafts
from threads.forms import DraftForm
from threads.models import Draft, Post, ShownAs, Thread
from threads.permissions import may_edit
from threads.views.note import ACTS

DRAFTS_PER_PAGE = 20
CONFLICT = 409


@dataclass(frozen=True)
class Kept:
    """What became of a form's text that was saved as a draft; `newer` is the draft that another tab has saved since."""

    typed: dict[str, Any]
    draft: Draft | None = None
    newer: Draft | None = None
    refusal: str = ""

    @property
    def revision(self) -> int:
        """What the form may know from now on: whoever saves again over what was shown to them means it."""
        known = self.newer or self.draft
        return known.revision if known else 0


def stays(request: HttpRequest) -> bool:
    """Whether the form is shown again: a preview, a draft, the buttons of the note."""
    return bool(request.POST.keys() & {"preview", "save", *ACTS})


def keep(request: MemberRequest, data: QueryDict, *, thread: Thread | None = None, post: Post | None = None) -> Kept:
    """Save what a form brought as a draft: of a reply in `thread`, of an edit of `post`, else of a new discussion."""
    form = DraftForm(data)
    form.is_valid()
    said = form.cleaned_data
    said["shown_as"] = said["shown_as"] or ShownAs.EVERYTHING.value
    typed = {**said, "tags": [name for name in said["tags"].split(", ") if name]}
    token, based_on, begun_on = said.pop("token"), said.pop("draft") or 0, said.pop("based_on") or 1
    try:
        draft = drafts.save(
            by=request.user, thread=thread, post=post, token=token, based_on=based_on, begun_on=begun_on, **said
        )
    except drafts.SavedMeanwhile as conflict:
        return Kept({**typed, "draft": conflict.draft.revision}, newer=conflict.draft)
    except Refused as refusal:
        return Kept(typed, refusal=str(refusal))
    return Kept({**typed, "draft": draft.revision if draft else 0}, draft)


@member_required
@require_http_methods(["POST"])
def save(request: MemberRequest) -> HttpResponse:
    """`/me/drafts/save/`: what static/drafts.js sends; answers with the revision, or with the newer draft (409)."""
    kept = keep(request, request.POST, thread=_thread_asked_for(request), post=_post_asked_for(request))
    if kept.newer:
        return render(request, "threads/_newer_draft.html", {"newer": kept.newer}, status=CONFLICT)
    if kept.refusal:
        return JsonResponse({"refusal": kept.refusal}, status=422)
    return JsonResponse({"revision": kept.revision})


def _thread_asked_for(request: MemberRequest) -> Thread | None:
    """The thread that is replied in: one that the member sees, or has a draft in from when they did."""
    asked = request.POST.get("thread", "")
    if not asked:
        return None
    if re.fullmatch(r"[1-9][0-9]{0,17}", asked):
        seen = Thread.objects.visible_to(request.user).filter(pk=int(asked)).first()
        draft = None if seen else request.user.drafts.select_related("thread").filter(thread=int(asked)).first()
        if found := seen or (draft and draft.thread):
            return found
    raise Http404(_("This discussion is no longer shown."))


def _post_asked_for(request: MemberRequest) -> Post | None:
    """The post that is edited: one that the member may edit, or has a draft of from when they might."""
    asked = request.POST.get("post", "")
    if not asked:
        return None
    if re.fullmatch(r"[1-9][0-9]{0,17}", asked):
        seen: Post | None = Post.objects.visible_to(request.user).filter(pk=int(asked)).first()
        if seen and may_edit(request.user, seen):
            return seen
        draft = request.user.drafts.select_related("post").filter(post=int(asked)).first()
        if draft and draft.post:
            return draft.post
    raise Http404(_("You may not edit this post any more."))


@member_required
@require_http_methods(["GET", "HEAD", "POST"])
def my_drafts(request: MemberRequest) -> HttpResponse:
    """`/me/drafts/`: what was typed and not posted, newest first; a POST discards one."""
    if request.method == "POST":
        return _discard(request)
    rows = Draft.objects.for_list(request.user).filter(member=request.user)
    shown, following = page_of(rows, request.GET.get("before", ""), by="updated_at", size=DRAFTS_PER_PAGE)
    for draft in shown:
        draft.is_open = _is_open(draft, request.user)
    return render(request, "threads/drafts.html", {"drafts": shown, "next": following})


def _is_open(draft: Draft, reader: Member) -> bool:
    """Whether its owner can still post or save it; `draft` is from `for_list`."""
    is_shown: bool = draft.is_shown  # type: ignore[attr-defined]
    if draft.post:
        return is_shown and may_edit(reader, draft.post)
    return draft.thread is None or is_shown


def _discard(request: MemberRequest) -> HttpResponse:
    asked = request.POST.get("discard", "")
    if not re.fullmatch(r"[1-9][0-9]{0,17}", asked):
        raise BadRequest(_("Say which draft is to be discarded."))
    draft = request.user.drafts.select_related("thread").filter(pk=int(asked)).first()
    drafts.discard(int(asked), by=request.user)
    messages.success(request, _("The draft is discarded."))
    if "back" not in request.POST:
        return redirect("my_drafts")
    if draft and draft.post_id:
        return redirect("post_edit", draft.post_id)
    return redirect(draft.thread if draft and draft.thread else "thread_new")  # where one no longer sees it, it says so


def to_go_on(request: MemberRequest) -> tuple[Draft | None, Draft | None]:
    """For `/threads/new/`: the draft that `?draft=` names, else the newest one that waits to be gone on with."""
    rows = Draft.objects.to_start().filter(member=request.user)
    if asked := request.GET.get("draft"):
        try:
            return rows.filter(token=UUID(asked)).first(), None
        except ValueError:
            return None, None
    return None, rows.first()
