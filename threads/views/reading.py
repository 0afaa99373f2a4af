"""Lists, threads, posts, histories, tags: what everybody reads."""

import re
from collections.abc import Sequence
from itertools import zip_longest
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import BadRequest
from django.db.models import QuerySet, Value
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from glossary import lexicon
from markup.diff import word_diff
from markup.render import excerpt
from members.display import marks_of
from members.keyset import LARGEST_ID, page_of
from members.prepared import Prepared
from members.views.visitors import State, kept_for_visitors, lexicon_version, own_address, site_version
from threads import perspectives, references, sources
from threads.actions import reading
from threads.forms import ReplyForm
from threads.lexicon import SettledTerm, UndefinedWord, mark_terms, settle_terms, undefined_of
from threads.models import (
    MOST_NEW,
    Draft,
    Follow,
    Post,
    PostRevision,
    Tag,
    TagAlias,
    Thread,
    ThreadRevision,
    followed_by,
    unread_by,
    with_events,
    with_first_new,
    with_new,
    with_questions,
    with_reactions,
    with_references,
    with_undefined,
    with_words,
)
from threads.models.threads import THREADS_PER_PAGE, ThreadQuerySet
from threads.permissions import may_edit, may_edit_heading, may_react, may_reply
from threads.views.filtering import Filtered, filtered
from threads.views.happened import place

VISITOR = AnonymousUser()
ORDERS = ("latest", "unanswered", "following", "unread")
OWN_ORDERS = ("following", "unread")  # for members
VERSIONS_PER_PAGE = 20


def _listed(request: HttpRequest, tag: Tag | None = None) -> ThreadQuerySet:
    """The threads that a list's query values ask for; raises `BadRequest` with a sentence for unknown values."""
    threads = Thread.objects.visible_to(request.user).listed()
    if tag:
        threads = threads.tagged(tag)
    order = request.GET.get("order", "latest")
    if order not in ORDERS or (tag and order in OWN_ORDERS):
        raise BadRequest(_("There is no order “%(order)s”: choose latest or unanswered.") % {"order": order[:40]})
    if order == "unanswered":
        threads = threads.unanswered()
    if order == "following":
        threads = followed_by(threads, request.user)
    if order == "unread":
        threads = unread_by(threads, request.user)
    threads = perspectives.held_by(threads, perspectives.asked_for(request.GET))
    return with_new(threads, request.user).for_list()


def _list_context(request: HttpRequest, tag: Tag | None = None) -> dict[str, object]:
    before = request.GET.get("before", "")
    threads, following = page_of(_listed(request, tag), before, by="listed_at", size=THREADS_PER_PAGE)
    chosen = perspectives.asked_for(request.GET)
    first_page = "before" not in request.GET and request.GET.get("order", "latest") == "latest"
    pinned = list(_pinned(request)) if first_page and not tag and not chosen else []
    return {
        "threads": [*pinned, *(thread for thread in threads if thread not in pinned)],
        "next": following,
        "order": request.GET.get("order", "latest"),
        "tag": tag,
        "chosen": chosen,
        "selects": perspectives.form_of(chosen),
        "here": own_address(request, "order", "before", "who", *perspectives.NAMES),
    }


def _pinned(request: HttpRequest) -> ThreadQuerySet:
    """What stands on top, marked as such; nowhere else is a pin shown, for it ends without a change of any row."""
    pinned: ThreadQuerySet = Thread.objects.visible_to(request.user).listed().pinned().annotate(on_top=Value(True))
    pinned = with_new(pinned, request.user)
    return pinned.for_list()[:10]


def _rows_of_list() -> QuerySet[Any, Any]:
    """What the first page of the list shows, by the revisions of its rows; sorted, for their order adds nothing."""
    listed = Thread.objects.visible_to(VISITOR).listed()
    columns = ("pk", "revision", site_version())
    newest = listed.order_by("-listed_at", "-pk").values_list(*columns)[: THREADS_PER_PAGE + 1]
    return newest.union(listed.pinned().values_list(*columns), all=True)


_state_of_list = Prepared(_rows_of_list)


def _list_state(request: HttpRequest, slug: str = "") -> State:
    """What a list shows is named by the revisions of its rows, so it is asked for in the list's own order."""
    if request.GET.get("order") in OWN_ORDERS:
        return None
    if not slug and not request.GET.keys() & {"order", "before", "tag", *perspectives.NAMES}:
        return tuple(sorted(_state_of_list()))
    tags = Tag.objects.visible_to(request.user).annotate(site=site_version())
    tag = tags.filter(slug=slug).first() if slug else None
    if slug and not tag:
        return None
    rows = _listed(request, tag).order_by("-listed_at", "-pk").values_list("pk", "revision", site_version())
    rows = rows[: THREADS_PER_PAGE + 1]
    if not tag:
        rows = rows.union(_pinned(request).values_list("pk", "revision", site_version()), all=True)
    # Sorted: whatever changes the order of the same rows gives one of them a new revision.
    return (tag and tag.site, tuple(sorted(rows)))


def _tag_asked_for(request: HttpRequest) -> Tag | None:
    asked = request.GET.get("tag", "").strip()
    return get_object_or_404(Tag.objects.visible_to(request.user), slug=asked) if asked else None


@require_safe
@kept_for_visitors(_list_state, reads=("order", "before", "tag", "who", *perspectives.NAMES))
def thread_list(request: HttpRequest) -> HttpResponse:
    """`/threads/`: newest activity first, unanswered, those that a member follows or has not read; by keyset."""
    if request.GET.get("order") in OWN_ORDERS and not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    if tag := _tag_asked_for(request):
        return redirect(tag)
    return render(request, "threads/list.html", _list_context(request))


@require_safe
@kept_for_visitors(_list_state, reads=("order", "before", "who", *perspectives.NAMES))
def tag_page(request: HttpRequest, slug: str) -> HttpResponse:
    """`/tags/<slug>/`: what a tag means and its threads; an old name leads to the tag of today."""
    tags = Tag.objects.visible_to(request.user)
    tag = tags.annotate(follow_level=Follow.objects.level_of(request.user, "tag")).filter(slug=slug).first()
    if tag is None:
        alias = get_object_or_404(TagAlias.objects.select_related("tag"), slug=slug, tag__in=tags)
        return redirect(alias.tag, permanent=True)
    return render(request, "threads/tag.html", _list_context(request, tag))


@require_safe
def tag_list(request: HttpRequest) -> HttpResponse:
    """`/tags/`: the whole vocabulary."""
    return render(request, "threads/tags.html", {"tags": list(Tag.objects.visible_to(request.user).for_list())})


def _page_asked_for(request: HttpRequest, thread: Thread, default: int) -> int:
    if "page" not in request.GET:
        return default
    page = _page_in(request)
    if not 0 < page <= thread.page_count:
        raise Http404(_("This discussion has no page “%(page)s”.") % {"page": request.GET["page"][:20]})
    return page


def _page_in(request: HttpRequest) -> int:
    """The page that an address names; 0 for none, and for what is no number."""
    asked = request.GET.get("page", "")
    return int(asked) if re.fullmatch(r"[1-9][0-9]{0,7}", asked) else 0


_state_of_thread = Prepared(
    lambda pk: Thread.objects.visible_to(VISITOR).filter(pk=pk).values_list("revision", "slug", site_version()), pk=int
)


def _thread_state(request: HttpRequest, pk: int, slug: str = "") -> State:  # noqa: ARG001 the view's signature
    return next(iter(_state_of_thread(pk=min(pk, LARGEST_ID))), None)


@require_safe
@kept_for_visitors(_thread_state, reads=("page", *perspectives.NAMES))
def thread_page(request: HttpRequest, pk: int, slug: str = "") -> HttpResponse:
    """`/threads/<id>/<slug>/`: a page of posts, its terms in the margin. A wrong slug leads to the right one."""
    threads = with_words(Thread.objects.visible_to(request.user).for_page(), request.user)
    threads = with_events(threads, _page_in(request) or 1)
    threads = with_questions(with_first_new(threads, request.user), request.user).annotate(
        lexicon=lexicon_version(),
        site=site_version(),
        follow_level=Follow.objects.level_of(request.user, "thread"),
        own_draft=Draft.objects.of_thread(request.user),
        own_shown_as=Post.objects.last_shown_as(request.user),
        heading_edited_at=ThreadRevision.objects.last_written_at(),
    )
    thread = get_object_or_404(threads, pk=pk)
    some = filtered(request, thread)
    page = _page_asked_for(request, thread, default=next(iter(some.pages), 1))
    if slug != thread.slug:
        query = {name: request.GET[name] for name in ("page", *perspectives.NAMES) if request.GET.get(name)}
        if query.get("page") == "1":
            del query["page"]
        return HttpResponseRedirect(thread.get_absolute_url() + (f"?{urlencode(query)}" if query else ""), status=301)
    return render(request, "threads/thread.html", _thread_context(request, thread, page, some))


def _thread_context(request: HttpRequest, thread: Any, page: int, some: Filtered) -> dict[str, object]:
    rows = with_undefined(with_references(thread.posts.visible_to(request.user).for_page(page).with_namesakes()))
    posts = list(with_reactions(rows, request.user))
    gap, happened = None, []
    if some.chosen:
        posts, gap = perspectives.leave_out(posts, some.numbers)
    else:
        happened = place(posts, thread.happened, request.user)
        _note_read(request, thread, posts)
    for post in posts:
        post.thread = thread
        post.may_edit = may_edit(request.user, post)
        post.may_react = may_react(request.user, post)
    new_address = _mark_first_new(thread, posts)
    words = lexicon.current(thread.lexicon)
    undefined = undefined_of(posts, thread, words)
    met = mark_terms(posts, words, marks=marks_of(request), known=thread.known_words, undefined=undefined)
    terms = settle_terms(met, thread)
    told: list[SettledTerm | UndefinedWord] = [*terms, *undefined.values()]
    references.fill(posts)
    draft = Draft.read(thread.own_draft)
    return {
        "thread": thread,
        "posts": posts,
        "page": page,
        "pages": shortened(some.pages if some.chosen else range(1, thread.page_count + 1), page),
        "new_address": new_address,
        "filtered": some,
        "gap": gap,
        "happened": happened,
        "terms": terms,
        "comparisons": words.compared({term.id for term in terms}),
        "term_data": {str(word.id): word.as_json(request.user) for word in told},
        "description": excerpt(posts[0].body_html, 155) if posts else "",
        "may_edit_heading": may_edit_heading(request.user, thread),
        "draft": draft,
        "form": _reply_form(request, thread, draft),
        # For machines, which are never signed in.
        "structured": None if request.user.is_authenticated else _structured(thread, posts),
        "here": own_address(request, "page", *perspectives.NAMES),
    }


def shortened(pages: Sequence[int], page: int) -> list[int | None]:
    """The first, the last and those around one's own of any number of pages; None for each gap."""
    kept = sorted({*pages[:1], *(number for number in pages if abs(number - page) <= 1), *pages[-1:]})
    short: list[int | None] = []
    for before, number in zip([None, *kept], kept, strict=False):
        if before is not None and number - before > 1:
            short.append(number - 1 if number - before == 2 and number - 1 in pages else None)  # noqa: PLR2004
        short.append(number)
    return short


def _mark_first_new(thread: Any, posts: list[Any]) -> str:
    """The address of the first post that is new to a member; where they read before, the page shows where that is."""
    first = getattr(thread, "first_new", None)
    if not first:
        return ""
    for post in posts:
        post.starts_new = bool(thread.read_up_to) and post.pk == first["id"]
    return Post(pk=first["id"], number=first["number"], thread=thread).get_absolute_url()


def _reply_form(request: HttpRequest, thread: Any, draft: Draft | None) -> ReplyForm | None:
    if request.user.is_authenticated and may_reply(request.user, thread):
        return ReplyForm(by=request.user, as_last=thread.own_shown_as, initial=draft.typed if draft else {})
    return None


def _note_read(request: HttpRequest, thread: Any, posts: list[Post]) -> None:
    """Keep how far a member has read; nothing is written when they were here before."""
    if request.method == "GET" and request.user.is_authenticated and posts:
        number = posts[-1].number
        if number > (thread.read_up_to or 0) or getattr(request.user, "unread", False):
            reading.mark_read(thread, by=request.user, number=number)
            unread = getattr(request.user, "unread_threads", 0)
            if thread.new_count and _is_end(request, thread, posts) and 0 < unread < MOST_NEW:
                request.user.unread_threads = unread - 1  # type: ignore[attr-defined]  # the head of this very page


def _is_end(request: HttpRequest, thread: Any, posts: list[Post]) -> bool:
    """Whether nothing new is left after this page: it is the last one, or what comes after it was moved away."""
    above = (post for post in posts if post.is_published and post.number > (thread.read_up_to or 0))
    new = [post for post in above if post.author_id != request.user.pk and post.created_at > thread.new_since]
    return posts[-1].page == thread.page_count or bool(len(new) == thread.new_count)


def _structured(thread: Thread, posts: list[Post]) -> dict[str, object]:
    """The page as schema.org's DiscussionForumPosting: what visitors see of it, and nothing else."""
    shown = [post for post in posts if post.is_published]
    words = [
        {
            "@type": "Comment",
            "url": settings.SITE_URL + post.permanent_url(),
            **({} if thread.is_imported else {"datePublished": post.created_at.isoformat()}),
            "text": excerpt(post.body_html, 500),
            "author": _structured_author(post),
        }
        for post in shown
    ]
    opening = words.pop(0) if shown and shown[0].number == 1 else {}
    return {
        **opening,
        "@context": "https://schema.org",
        "@type": "DiscussionForumPosting",
        "headline": thread.title,
        "url": settings.SITE_URL + thread.get_absolute_url(),
        "commentCount": thread.reply_count,
        "comment": words,
    }


def _structured_author(post: Post) -> dict[str, str]:
    return {"@type": "Person", "name": post.byline}


@require_safe
def post_redirect(request: HttpRequest, pk: int) -> HttpResponse:
    """`/posts/<id>/`: the post's place in its thread as of now."""
    return redirect(get_object_or_404(Post.objects.visible_to(request.user).select_related("thread"), pk=pk))


@require_safe
def post_history(request: HttpRequest, pk: int) -> HttpResponse:
    """`/posts/<id>/history/`: the versions, newest first, each with the words that changed; `?before=` goes back."""
    posts = Post.objects.visible_to(request.user).select_related("thread", "author", "edited_by")
    post = get_object_or_404(posts, pk=pk)
    newest = PostRevision(
        number=post.revision,
        body=post.body,
        written_by=post.edited_by if post.edited_at else post.author,
        written_at=post.edited_at or post.created_at,
    )
    before = _number_before(request, newest.number + 1)
    older = PostRevision.objects.visible_to(request.user, post).filter(number__lt=before)
    versions = list(older.select_related("written_by").order_by("-number")[: VERSIONS_PER_PAGE + 1])
    if before > newest.number:
        versions = [newest, *versions]
    for version, body in zip(versions, sources.without_gone(version.body for version in versions), strict=True):
        version.body = body
    shown = [
        {
            "version": version,
            "by": _written_by(version, post),
            "changes": word_diff(earlier.body, version.body) if earlier else [],
        }
        for version, earlier in zip_longest(versions, versions[1:])
    ][:VERSIONS_PER_PAGE]
    following = versions[VERSIONS_PER_PAGE - 1].number if len(versions) > VERSIONS_PER_PAGE else None
    return render(request, "threads/history.html", {"post": post, "versions": shown, "next": following})


def _written_by(version: PostRevision, post: Post) -> str:
    """Its author as the post shows them; a moderator by name."""
    if version.written_by is None or version.written_by == post.author:
        return post.byline
    return version.written_by.shown_name


def _number_before(request: HttpRequest, default: int) -> int:
    asked = request.GET.get("before", "")
    return int(asked) if re.fullmatch(r"[1-9][0-9]{0,8}", asked) else default
