"""Atom feeds of what search engines may have: no samples, imports when the operator says so."""

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from markup.images import with_whole_addresses
from members.models import Member
from members.permissions import may_see_profile
from members.views.visitors import State, kept_for_visitors, site_version
from threads import references
from threads.models import Post, Tag, Thread, with_references
from threads.models.posts import PostQuerySet
from threads.models.threads import ThreadQuerySet

ENTRIES = 30
# Feeds are fetched by programs without a session, so they show what a visitor sees, whoever asks.
VISITOR = AnonymousUser()


def _newest(tag: Tag | None = None) -> ThreadQuerySet:
    threads = Thread.objects.visible_to(VISITOR).listed().indexable()
    return (threads.tagged(tag) if tag else threads).order_by("-created_at", "-pk")


def _threads_state(request: HttpRequest, slug: str = "") -> State:  # noqa: ARG001 the view's signature
    tag = Tag.objects.visible_to(VISITOR).filter(slug=slug).first() if slug else None
    return (
        tag and tag.name,
        tuple(_newest(tag).values_list("pk", "revision", site_version())[:ENTRIES]),
    )


def _thread_state(request: HttpRequest, pk: int) -> State:  # noqa: ARG001 the view's signature
    return Thread.objects.visible_to(VISITOR).indexable().filter(pk=pk).values_list("revision", site_version()).first()


@require_safe
@kept_for_visitors(_threads_state)
def threads_feed(request: HttpRequest) -> HttpResponse:
    """`/feeds/threads.atom`: the newest discussions, each with its first words."""
    return _write(_("New discussions"), reverse("threads"), request.path, _openings(_newest()))


@require_safe
@kept_for_visitors(_threads_state)
def tag_feed(request: HttpRequest, slug: str) -> HttpResponse:
    """`/tags/<slug>/feed.atom`: the newest discussions with a tag."""
    tag = get_object_or_404(Tag.objects.visible_to(VISITOR), slug=slug)
    return _write(tag.name, tag.get_absolute_url(), request.path, _openings(_newest(tag)))


@require_safe
@kept_for_visitors(_thread_state)
def thread_feed(request: HttpRequest, pk: int) -> HttpResponse:
    """`/threads/<id>/feed.atom`: the newest posts of a thread."""
    thread = get_object_or_404(Thread.objects.visible_to(VISITOR).indexable(), pk=pk)
    posts = thread.posts.visible_to(VISITOR).for_list()[:ENTRIES]
    return _write(thread.title, thread.get_absolute_url(), request.path, posts)


def _posts_by(member: Member) -> PostQuerySet:
    """What a person wrote under their name, newest first."""
    posts: PostQuerySet = Post.objects.visible_to(VISITOR).published().named().filter(author=member)
    return posts.filter(thread__in=Thread.objects.visible_to(VISITOR).indexable())


def _person_state(request: HttpRequest, username: str) -> State:  # noqa: ARG001 the view's signature
    person = Member.objects.visible_to(VISITOR).filter(username=username).first()
    if person is None or not may_see_profile(VISITOR, person):
        return None
    columns = ("pk", "thread__revision", site_version())
    return (person.shown_name, tuple(_posts_by(person).order_by("-created_at", "-pk").values_list(*columns)[:ENTRIES]))


@require_safe
@kept_for_visitors(_person_state)
def person_feed(request: HttpRequest, username: str) -> HttpResponse:
    """`/people/<username>/feed.atom`: a person's newest posts, those that say who wrote them."""
    person = get_object_or_404(Member.objects.visible_to(VISITOR), username=username)
    if not may_see_profile(VISITOR, person):
        raise Http404
    posts = _posts_by(person).for_list()[:ENTRIES]
    return _write(person.shown_name, person.get_absolute_url(), request.path, posts)


def _openings(threads: ThreadQuerySet) -> PostQuerySet:
    """The first visible post of each thread: one query."""
    chosen = threads.values("pk")[:ENTRIES]
    first = Post.objects.visible_to(VISITOR).filter(thread__in=list(chosen.values_list("pk", flat=True)))
    openings: PostQuerySet = (
        first.select_related("thread", "author")
        .order_by("-thread__created_at", "thread", "number")
        .distinct("thread__created_at", "thread")
    )
    return openings


def _write(title: str, link: str, address: str, posts: PostQuerySet) -> HttpResponse:
    site = settings.SITE_URL
    feed = Atom1Feed(
        title=f"{title} · {settings.PORTAL_NAME}", link=site + link, description="", feed_url=site + address
    )
    shown = list(with_references(posts))
    references.fill(shown)
    for post in shown:
        feed.add_item(
            title=post.thread.title,
            link=site + post.permanent_url(),
            unique_id=site + post.permanent_url(),
            description=with_whole_addresses(post.html, site),
            author_name=post.byline,
            pubdate=post.created_at,
            updateddate=post.edited_at or post.created_at,
        )
    return HttpResponse(feed.writeString("utf-8"), content_type=feed.content_type)
