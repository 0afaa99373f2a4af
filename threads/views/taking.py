"""What readers take along: posts with their source, threads as Markdown, and what is related to a thread."""

import re

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import BadRequest
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from members.keyset import LARGEST_ID
from members.views.visitors import State, kept_for_visitors, site_version
from threads import sources
from threads.models import Post, Thread
from threads.related import related_to

VISITOR = AnonymousUser()
MOST_POSTS = 500  # of one file
MOST_RANGES = 50


def _state(request: HttpRequest, pk: int) -> State:  # noqa: ARG001 the view's signature
    threads = Thread.objects.visible_to(VISITOR).filter(pk=min(pk, LARGEST_ID))
    return threads.values_list("revision", site_version()).first()


@kept_for_visitors(_state, reads=("posts",))
def _markdown(request: HttpRequest, pk: int) -> HttpResponse:
    thread = get_object_or_404(Thread.objects.visible_to(request.user), pk=min(pk, LARGEST_ID))
    posts = thread.posts.visible_to(request.user).published().filter(_chosen(request.GET.get("posts", "")))
    found = list(posts.order_by("number")[: MOST_POSTS + 1])
    for post in found:
        post.thread = thread
    text = sources.as_markdown(thread, found[:MOST_POSTS])
    if len(found) > MOST_POSTS:
        rest = request.build_absolute_uri(f"{request.path}?posts={found[MOST_POSTS].number}-{thread.last_number}")
        text += "\n" + _("There are more posts: %(address)s") % {"address": rest} + "\n"
    return HttpResponse(text, content_type="text/markdown; charset=utf-8")


@require_safe
def thread_markdown(request: HttpRequest, pk: int) -> HttpResponse:
    """`/threads/<id>.md`: a thread, or `?posts=1,4-6` of it, with sources; not for search engines."""
    response = _markdown(request, pk)
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _chosen(asked: str) -> Q:
    if not asked:
        return Q()
    ranges = asked.split(",")
    if len(ranges) > MOST_RANGES or not all(re.fullmatch(r"[0-9]{1,9}(-[0-9]{1,9})?", each) for each in ranges):
        raise BadRequest(_("Name posts by their numbers, like “1,4-6”."))
    chosen = Q(pk=None)
    for each in ranges:
        first, _dash, last = each.partition("-")
        chosen |= Q(number__gte=int(first), number__lte=int(last or first))
    return chosen


@require_safe
def post_source(request: HttpRequest, pk: int) -> HttpResponse:
    """`/posts/<id>/source/`: a post with author, role, date and address, to be copied."""
    post = get_object_or_404(Post.objects.visible_to(request.user).select_related("thread"), pk=pk)
    (body,) = sources.bodies([post])
    return render(request, "threads/source.html", {"post": post, "text": sources.with_source(post, body)})


@require_safe
def related(request: HttpRequest, pk: int) -> HttpResponse:
    """`/threads/<id>/related/`: discussions with the same terms, tags and words; behind a link, so it is never old."""
    thread = get_object_or_404(Thread.objects.visible_to(request.user), pk=pk)
    threads = related_to(thread, Thread.objects.visible_to(request.user).listed())
    return render(request, "threads/related.html", {"thread": thread, "threads": threads})
