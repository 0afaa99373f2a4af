"""The moderators' page for moving posts: where to, then what will happen, then it happens."""

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import SplitResult, urlsplit

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext, gettext_lazy as _, ngettext

from members.admin import ActionAdmin, ReasonForm, acting
from members.forms import LineField
from members.keyset import LARGEST_ID
from members.models import Member
from members.permissions import Refused
from threads.actions import moving
from threads.models import ModerationEntry, Post, Thread

MODERATE = "members.moderate"
_THREAD = re.compile(r"(?:/?threads/|thread:|#)?([0-9]{1,19})(?:\.md|/.*)?")
_POST = re.compile(r"(?:/?posts/|post:)([0-9]{1,19})(?:/.*)?")


class MoveForm(ReasonForm):
    """Where posts go, and why."""

    to = LineField(
        label=_("To the discussion"),
        max_length=500,
        widget=forms.TextInput(attrs={"class": "vLargeTextField"}),
        help_text=_(
            "Its address or its number, like 44 in /threads/44/pmo-or-cmo/. The address of one of its posts does, too."
        ),
        error_messages={"required": _("Paste the address of the discussion, or type its number.")},
    )
    # The discussion of which the page has said what will happen: nothing is moved into another one.
    planned = forms.IntegerField(required=False, widget=forms.HiddenInput)
    field_order = ("to", "reason")

    def __init__(self, *args: Any, by: Member, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.by = by
        self.fields["reason"].help_text = _("Kept in the log, which moderators read.")

    def clean_to(self) -> Thread:
        """The discussion; raises `ValidationError` for what is none."""
        typed = self.cleaned_data["to"]
        try:
            address = urlsplit(typed) if "/" in typed else SplitResult("", "", typed, "", "")
        except ValueError:  # no address at all
            address = SplitResult("", "", "", "", "")
        if address.netloc and address.netloc.lower() != urlsplit(settings.SITE_URL).netloc:
            raise ValidationError(_("This is an address of another site. Paste one of this portal."))
        thread = _found(address.path, self.by)
        if thread is None:
            raise ValidationError(
                _("There is no discussion “%(typed)s”. Paste its address, or type its number.") % {"typed": typed[:80]}
            )
        return thread


def _found(place: str, by: Member) -> Thread | None:
    threads = Thread.objects.visible_to(by)
    found: Thread | None = None
    if post := _POST.fullmatch(place):
        found = threads.filter(posts=min(int(post[1]), LARGEST_ID)).first()
    elif thread := _THREAD.fullmatch(place):
        found = threads.filter(pk=min(int(thread[1]), LARGEST_ID)).first()
    return found


def move_view(screen: ActionAdmin, request: HttpRequest) -> HttpResponse:
    """`/admin/threads/post/move/?posts=812&posts=815`: only moderators."""
    if not request.user.has_perm(MODERATE):
        raise PermissionDenied
    posts = _chosen(request)
    try:
        moving.ask_movable(posts, None)
    except Refused as refusal:
        return _page(screen, request, posts, refusal=str(refusal))
    form = MoveForm(request.POST or None, by=acting(request))
    to: Thread | None = None
    if form.is_valid():
        try:
            if form.cleaned_data["planned"] == form.cleaned_data["to"].pk:
                said = {"to": form.cleaned_data["to"], "reason": form.cleaned_data["reason"]}
                return _moved(screen, request, posts, moving.move(posts, by=acting(request), **said))
            moving.ask_movable(posts, form.cleaned_data["to"])
            to = form.cleaned_data["to"]
            form.data = {**request.POST.dict(), "planned": str(to.pk)}
        except Refused as refusal:
            form.add_error(None, str(refusal))
    return _page(screen, request, posts, form=form, to=to)


def _chosen(request: HttpRequest) -> list[Post]:
    """The posts that the address or the form names, in the order they will have."""
    asked = {value for value in [*request.GET.getlist("posts"), *request.POST.getlist("posts")] if value.isdecimal()}
    ids = sorted(int(value) for value in asked if len(value) < 19)[: moving.MOST_AT_ONCE + 1]  # noqa: PLR2004 digits
    posts = Post.objects.visible_to(acting(request)).filter(pk__in=ids).select_related("thread")
    return list(posts.order_by("created_at", "number"))


def _moved(screen: ActionAdmin, request: HttpRequest, posts: Sequence[Post], entry: ModerationEntry) -> HttpResponse:
    """To the entry of the log, where it is undone; the act is kept in each post's history."""
    for post in posts:
        screen.log_change(request, post, f"{gettext('Moved')}: {entry.reason}")
    told = ngettext(
        "%(count)d post is moved. This can be undone here for 30 days.",
        "%(count)d posts are moved. This can be undone here for 30 days.",
        len(posts),
    )
    messages.success(request, told % {"count": len(posts)})
    return redirect("admin:threads_moderationentry_change", entry.pk)


def _page(screen: ActionAdmin, request: HttpRequest, posts: Sequence[Post], **said: Any) -> HttpResponse:
    """With `form`, or why there is none (`refusal`); with what will happen, where it is known where `to`."""
    to = said.get("to")
    context = {
        **screen.admin_site.each_context(request),
        "title": gettext("Move to another discussion"),
        "opts": screen.opts,
        "posts": [(post, to and to.last_number + place) for place, post in enumerate(posts, start=1)],
        "source": posts[0].thread if posts else None,
        "media": screen.media,
        **said,
    }
    status = 422 if request.method == "POST" and not to else 200
    return TemplateResponse(request, "admin/move.html", context, status=status)
