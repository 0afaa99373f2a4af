"""Following a thread, a tag, a term or a person, the list of what one follows, and the link of a mail that ends it."""

import re
from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest, PermissionDenied
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _, gettext_lazy
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from glossary import lexicon
from members.actions.inbox import stop_mail
from members.keyset import page_of
from members.models import Member
from members.permissions import may_see_profile
from members.tokens import read_stop
from members.views.gate import MemberRequest, member_required
from threads.actions import following
from threads.models import Follow, FollowLevel, Tag, Thread

SAID = {
    FollowLevel.ALL: gettext_lazy("You follow this: everything new comes to your inbox."),
    FollowLevel.MENTIONS: gettext_lazy("Only what mentions or quotes you comes to your inbox."),
    FollowLevel.MUTED: gettext_lazy("Muted: nothing of this comes to your inbox."),
}
FORGOTTEN = gettext_lazy("Forgotten: you neither follow nor mute this.")
FOLLOWS_PER_PAGE = 25
# Of the list: what each of its tabs holds, and its name.
SHOWN = {
    "all": (Q(), gettext_lazy("Everything")),
    "threads": (Q(thread__isnull=False), gettext_lazy("Discussions")),
    "tags": (Q(tag__isnull=False), gettext_lazy("Tags")),
    "terms": (Q(term__isnull=False), gettext_lazy("Terms")),
    "people": (Q(person__isnull=False), gettext_lazy("People")),
    "muted": (Q(level=FollowLevel.MUTED), gettext_lazy("Muted")),
}


@member_required
@require_http_methods(["GET", "HEAD", "POST"])
def my_follows(request: MemberRequest) -> HttpResponse:
    """`/me/following/`: all that one follows or has muted, the newest first; POST changes or forgets a row of it."""
    if request.method == "POST":
        return _say_again(request)
    shown = request.GET.get("show", "all")
    if shown not in SHOWN:
        raise BadRequest(_("Choose what to show: %(names)s.") % {"names": ", ".join(SHOWN)})
    rows = Follow.objects.for_list(request.user).filter(SHOWN[shown][0])
    page, following_page = page_of(rows, request.GET.get("before", ""), by="created_at", size=FOLLOWS_PER_PAGE)
    terms = lexicon.current().terms
    for row in page:
        row.of = terms.get(row.term_id) if row.term_id else row.is_shown and getattr(row, row.subject)
    tabs = {name: label for name, (_rows, label) in SHOWN.items()}
    context = {"rows": page, "next": following_page, "show": shown, "tabs": tabs}
    return render(request, "threads/my_follows.html", context)


def _say_again(request: MemberRequest) -> HttpResponse:
    row, level = request.POST.get("row", ""), request.POST.get("level", "none")
    if not re.fullmatch(r"[1-9][0-9]{0,17}", row) or level not in {"", *FollowLevel.values}:
        raise BadRequest(_("Choose what to hear of it: everything, mentions, or nothing."))
    following.say_again(int(row), by=request.user, level=level)
    messages.success(request, SAID[FollowLevel(level)] if level else FORGOTTEN)
    return redirect(request.get_full_path())


@member_required
@require_http_methods(["GET", "HEAD", "POST"])
def follow_thread(request: MemberRequest, pk: int) -> HttpResponse:
    """`/threads/<id>/follow/`."""
    thread = get_object_or_404(Thread.objects.visible_to(request.user), pk=pk)
    return _follow(request, thread.title, thread.get_absolute_url(), thread=thread)


@member_required
@require_http_methods(["GET", "HEAD", "POST"])
def follow_tag(request: MemberRequest, slug: str) -> HttpResponse:
    """`/tags/<slug>/follow/`."""
    tag = get_object_or_404(Tag.objects.visible_to(request.user), slug=slug)
    return _follow(request, tag.name, tag.get_absolute_url(), tag=tag)


@member_required
@require_http_methods(["GET", "HEAD", "POST"])
def follow_term(request: MemberRequest, slug: str) -> HttpResponse:
    """`/glossary/<slug>/follow/`: of terms that have a published sense."""
    try:
        url = reverse("term", args=[slug])
    except NoReverseMatch:
        raise Http404 from None
    term = lexicon.current().term_at(url)
    if term is None:
        raise Http404
    return _follow(request, term.text, term.url, term=term)


@member_required
@require_http_methods(["GET", "HEAD", "POST"])
def follow_person(request: MemberRequest, username: str) -> HttpResponse:
    """`/people/<username>/follow/`."""
    person = get_object_or_404(Member.objects.visible_to(request.user), username=username)
    if not may_see_profile(request.user, person):
        raise Http404
    if person == request.user:
        raise PermissionDenied(_("This is your own page."))
    return _follow(request, person.shown_name, person.get_absolute_url(), person=person)


def _follow(request: MemberRequest, heading: str, back: str, **subject: Any) -> HttpResponse:
    """The form alone, or what its button says; back to the page of what is followed."""
    ((name, row),) = subject.items()
    if request.method != "POST":
        said = Follow.objects.filter(member=request.user, **{f"{name}_id": row.id}).first()
        context = {"heading": heading, "back": back, "name": name, "level": said.level if said else ""}
        return render(request, "threads/follow.html", context)
    level = request.POST.get("level")
    if level == "":
        following.unfollow(by=request.user, **subject)
        messages.success(request, FORGOTTEN)
    elif level in FollowLevel.values:
        following.follow(by=request.user, level=level, **subject)
        messages.success(request, SAID[FollowLevel(level)])
    else:
        raise BadRequest(_("Choose what to hear of it: everything, mentions, or nothing."))
    return redirect(back)


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def mail_stop(request: HttpRequest, token: str) -> HttpResponse:
    """`/mail/stop/<token>/`: end what brought a mail, or all mail; without signing in, for the link is signed.

    Mail programs send `List-Unsubscribe=One-Click` (RFC 8058); the page has a button for each. A GET changes nothing:
    programs that look after links before people do follow them.
    """
    stopped = read_stop(token)
    # Whoever holds the link, in a private portal as well: nothing of the member is shown.
    member = Member.objects.filter(pk=stopped.member, is_active=True).first() if stopped else None
    if stopped is None or member is None:
        raise Http404(_("This link is not complete, or its account is closed. Mail is set at “Mail” in your settings."))
    context: dict[str, object] = {"what": stopped.what.partition(":")[0], "done": ""}
    if request.method == "POST":
        everything = request.POST.get("stop") == "all" or not stopped.what
        if everything:
            stop_mail(by=member)
        else:
            following.stop(stopped.what, by=member)
        context["done"] = "all" if everything else "this"
    return render(request, "threads/mail_stop.html", context)
