"""Following a thread, a tag, a term or a person, and ending it by the link of a mail."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _, gettext_lazy
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from glossary import lexicon
from members.actions.inbox import stop_mail
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
        messages.success(request, _("You no longer follow this."))
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
