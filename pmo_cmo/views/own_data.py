"""What the portal holds of a member: a file of it all, and the end of the account.

Here, above all apps, because every app holds something.
"""

import json
import time
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from allauth.account.decorators import reauthentication_required
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import logout
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from glossary.models import KnownWord, Suggestion
from members.actions.accounts import PROFILE, delete_member
from members.forms import CloseForm
from members.models import AFFILIATION, Member, Notification
from members.permissions import Refused
from members.views.gate import MemberRequest, member_required
from threads.actions.leaving import withhold_in
from threads.models import (
    Bookmark,
    Claim,
    Draft,
    Evidence,
    Flag,
    Follow,
    Image,
    Post,
    PostRevision,
    Reaction,
    ReadMark,
    Thread,
)
from threads.sources import without_gone

BATCH = 500  # rows in memory at a time
TIME_FOR_NAMES = 6  # seconds of one request that go into taking names off posts


@never_cache
@member_required
@require_safe
def own_data(request: MemberRequest) -> HttpResponse:
    """`/me/data/`: what may be done with it."""
    return render(request, "members/data.html")


@never_cache
@member_required
@require_safe
@reauthentication_required(app="pmo_cmo")  # type: ignore[untyped-decorator]
def download(request: MemberRequest) -> StreamingHttpResponse:
    """Everything that the portal holds of who asks, as one JSON file, written while it is read."""
    answer = StreamingHttpResponse(_written(request.user), content_type="application/json")
    answer.headers["Content-Disposition"] = (
        f'attachment; filename="{request.user.username}-{timezone.now():%Y-%m-%d}.json"'
    )
    return answer


@never_cache
@member_required
@require_http_methods(["GET", "HEAD", "POST"])
@reauthentication_required(app="pmo_cmo")  # type: ignore[untyped-decorator]
def close_account(request: MemberRequest) -> HttpResponse:
    """`/me/data/close/`: the end of the account; the posts stay, with the name or without."""
    form = CloseForm(request.POST or None, member=request.user)
    if form.is_valid():
        try:
            return _closed(request, without_name=form.cleaned_data["posts"] == CloseForm.WITHOUT_NAME)
        except Refused as refusal:
            form.add_error(None, str(refusal))
    return render(request, "members/close.html", {"form": form}, status=422 if form.is_bound else 200)


def _closed(request: MemberRequest, *, without_name: bool) -> HttpResponse:
    member = request.user
    if member.is_staff:
        raise Refused(gettext("Your account has staff rights. Ask another administrator to delete it."))
    if without_name and (left := _take_name_off(member)):
        raise Refused(
            gettext(
                "Your name is off the posts of many discussions; %(count)d discussions are left. Send this again to go "
                "on: your account is closed with the last of them."
            )
            % {"count": left}
        )
    delete_member(member, by=member)
    logout(request)
    return redirect("account_closed")


def _take_name_off(member: Member) -> int:
    """As far as time allows; returns how many threads are left. Posts that are moved meanwhile are found again."""
    until = time.monotonic() + TIME_FOR_NAMES
    theirs = Post.objects.visible_to(member).filter(author=member).exclude(shown_as="withheld")
    while threads := sorted(set(theirs.order_by().values_list("thread", flat=True))):
        for done, thread in enumerate(threads):
            if time.monotonic() > until:
                return len(threads) - done
            withhold_in(thread, by=member)
    return 0


@never_cache
@require_safe
def account_closed(request: HttpRequest) -> HttpResponse:
    """What stands there when an account is closed."""
    return render(request, "members/closed.html")


# --- The file --------------------------------------------------------------------------------------------------------


def _written(member: Member) -> Iterator[str]:
    """The file in pieces: an object whose lists are read batch by batch, without a cursor that stays open."""
    head = {"portal": settings.SITE_URL, "made_at": timezone.now(), "account": _account(member)}
    yield _json(head)[:-1]
    for name, rows in _lists(member):
        yield f",\n{_json(name)}: ["
        for place, row in enumerate(rows):
            yield (",\n" if place else "\n") + _json(row)
        yield "]"
    yield "}\n"


def _account(member: Member) -> dict[str, Any]:
    said = {field: str(getattr(member, field) or "") for field in PROFILE}
    kept = [
        *("username", "email", "date_joined", "last_login", "is_staff", "marks", "language", "time_zone"),
        *("browser_zone", "mail_rhythm", "follows_started", "follows_replied"),
    ]
    return {field: getattr(member, field) for field in kept} | said


def _lists(member: Member) -> Iterator[tuple[str, Iterable[dict[str, Any]]]]:
    """Every table with rows of one member. Secrets of second factors stay where they are."""
    yield "addresses", _rows(EmailAddress.objects.filter(user=member), "email", "verified", "primary")
    yield "sign_ons", _rows(SocialAccount.objects.filter(user=member), "provider", "uid", "date_joined", "extra_data")
    yield "second_factors", _rows(Authenticator.objects.filter(user=member), "type", "created_at", "last_used_at")
    yield "sessions", _rows(UserSession.objects.filter(user=member), "created_at", "ip", "user_agent")
    threads = Thread.objects.visible_to(member).filter(starter=member)
    yield "discussions", _rows(threads, "title", "context", "created_at", "state")
    posts = Post.objects.visible_to(member).filter(author=member)
    shown = [f"author_{field}" for field in AFFILIATION]
    yield (
        "posts",
        _without_gone(
            _rows(
                *(posts, "thread", "thread__title", "number", "created_at", "edited_at", "state", "shown_as"),
                *(*shown, "body"),
            )
        ),
    )
    versions = PostRevision.objects.filter(Q(post__author=member, written_by=member))
    yield "earlier_versions", _without_gone(_rows(versions, "post", "number", "body", "written_at"))
    yield (
        "drafts",
        _rows(Draft.objects.filter(member=member), "thread", "post", "title", "context", "body", "tags", "updated_at"),
    )
    yield "images", _rows(Image.objects.visible_to(member).filter(member=member), "name", "post", "created_at")
    yield "bookmarks", _rows(Bookmark.objects.filter(member=member), "post", "note", "created_at")
    yield "reactions", _rows(Reaction.objects.filter(member=member), "post", "kind", "created_at")
    follows = Follow.objects.filter(member=member)
    yield "follows", _rows(follows, "level", "thread", "tag__name", "term__text", "person__username", "created_at")
    yield "read", _rows(ReadMark.objects.filter(member=member), "thread", "number", "read_at")
    yield "inbox", _rows(Notification.objects.filter(member=member), "kind", "subject", "created_at", "read_at")
    yield "words_you_know", _rows(KnownWord.objects.filter(member=member), "text", "created_at")
    yield "acronyms_told_of", _rows(member.told_words.all(), "key", "told_at")
    suggested = Suggestion.objects.filter(by=member)
    yield "suggestions", _rows(suggested, "kind", "text", "name", "definition", "note", "state", "reason", "created_at")
    cited = Evidence.objects.filter(proposed_by=member)
    yield "evidence", _rows(cited, "post", "sense__name", "excerpt", "stance", "state", "reason", "created_at")
    yield "reports", _rows(Flag.objects.filter(by=member), "post", "reason", "note", "created_at")
    yield "claims", _rows(Claim.objects.filter(by=member), "post", "kind", "contact", "note", "created_at")


def _rows(rows: QuerySet[Any, Any], *fields: str) -> Iterator[dict[str, Any]]:
    last = 0
    while batch := list(rows.filter(pk__gt=last).order_by("pk").values("pk", *fields)[:BATCH]):
        for row in batch:
            last = row.pop("pk")
            yield {"id": last, **row}


def _without_gone(rows: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Without the words of others that the portal shows to nobody any more."""
    while batch := list(islice(rows, BATCH)):
        for row, body in zip(batch, without_gone(row["body"] for row in batch), strict=True):
            yield {**row, "body": body}


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, cls=DjangoJSONEncoder)
