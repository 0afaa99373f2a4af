"""Drafts: saved while somebody types, listed under `/me/drafts/`, and given back to the form they came from."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from members.permissions import Refused
from members.views.gate import MemberRequest, member_required
from threads.actions import drafts
from threads.forms import DraftForm
from threads.models import Draft, ShownAs, Thread
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


def keep(request: MemberRequest, thread: Thread | None, data: QueryDict) -> Kept:
    """Save what a form brought as a draft."""
    form = DraftForm(data)
    form.is_valid()
    said = form.cleaned_data
    said["shown_as"] = said["shown_as"] or ShownAs.EVERYTHING.value
    typed = {**said, "tags": [name for name in said["tags"].split(", ") if name]}
    token, based_on = said.pop("token"), said.pop("draft") or 0
    try:
        draft = drafts.save(by=request.user, thread=thread, token=token, based_on=based_on, **said)
    except drafts.SavedMeanwhile as conflict:
        return Kept({**typed, "draft": conflict.draft.revision}, newer=conflict.draft)
    except Refused as refusal:
        return Kept(typed, refusal=str(refusal))
    return Kept({**typed, "draft": draft.revision if draft else 0}, draft)


@member_required
@require_http_methods(["POST"])
def save(request: MemberRequest) -> HttpResponse:
    """`/me/drafts/save/`: what static/drafts.js sends; answers with the revision, or with the newer draft (409)."""
    kept = keep(request, _thread_asked_for(request), request.POST)
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


@member_required
@require_http_methods(["GET", "HEAD", "POST"])
def my_drafts(request: MemberRequest) -> HttpResponse:
    """`/me/drafts/`: what was typed and not posted, newest first; a POST discards one."""
    if request.method == "POST":
        return _discard(request)
    rows = Draft.objects.for_list(request.user).filter(member=request.user)
    if before := request.GET.get("before"):
        rows = rows.before(*_read_cursor(before))
    shown = list(rows[: DRAFTS_PER_PAGE + 1])
    more = len(shown) > DRAFTS_PER_PAGE
    shown = shown[:DRAFTS_PER_PAGE]
    following = f"{round(shown[-1].updated_at.timestamp() * 1_000_000)}-{shown[-1].pk}" if more else ""
    return render(request, "threads/drafts.html", {"drafts": shown, "next": following})


def _discard(request: MemberRequest) -> HttpResponse:
    asked = request.POST.get("discard", "")
    if not re.fullmatch(r"[1-9][0-9]{0,17}", asked):
        raise BadRequest(_("Say which draft is to be discarded."))
    draft = request.user.drafts.select_related("thread").filter(pk=int(asked)).first()
    drafts.discard(int(asked), by=request.user)
    messages.success(request, _("The draft is discarded."))
    if draft and draft.thread and "back" in request.POST:
        return redirect(draft.thread)  # where one no longer sees it, it says so
    return redirect("thread_new" if "back" in request.POST else "my_drafts")


def _read_cursor(cursor: str) -> tuple[datetime, int]:
    try:
        moment, pk = (int(part) for part in cursor.split("-"))
        return datetime.fromtimestamp(moment / 1_000_000, tz=UTC), min(pk, 2**63 - 1)
    except (ValueError, OverflowError, OSError) as trouble:
        raise BadRequest(_("This page of the list does not exist. Start again from the newest.")) from trouble


def to_go_on(request: MemberRequest) -> tuple[Draft | None, Draft | None]:
    """For `/threads/new/`: the draft that `?draft=` names, else the newest one that waits to be gone on with."""
    rows = Draft.objects.to_start().filter(member=request.user)
    if asked := request.GET.get("draft"):
        try:
            return rows.filter(token=UUID(asked)).first(), None
        except ValueError:
            return None, None
    return None, rows.first()
