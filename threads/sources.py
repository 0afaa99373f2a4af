"""Posts to take along: Markdown in which each says who wrote it, as shown here, when, and where it stands."""

import re
from collections.abc import Iterable

from django.conf import settings
from django.utils import formats
from django.utils.translation import gettext as _

from markup.elision import elide
from threads.models import Post, Thread

_OWN_ADDRESS = re.compile(r"\]\((?=/[^/\\])")  # of this site, which leads nowhere where the text is pasted
_SYNTAX = re.compile(r"([\\`*_\[\]<>#|])")


def with_source(post: Post, body: str) -> str:
    """One post to be pasted anywhere: its text, then whose it is."""
    said = ", ".join(filter(None, (post.speaker, _date(post))))
    place = settings.SITE_URL + post.permanent_url()
    return f"{body.strip()}\n\n— {said}\n“{post.thread.title}”, #{post.number}\n{place}\n"


def as_markdown(thread: Thread, posts: Iterable[Post]) -> str:
    """A thread, or some of its posts, as one text. One query, for what they quote."""
    posts = list(posts)
    head = [f"# {_plain(thread.title)}", _plain(thread.context), settings.SITE_URL + thread.get_absolute_url()]
    parts = [part for part in head if part]
    for post, body in zip(posts, bodies(posts), strict=True):
        said = " · ".join(filter(None, (_date(post), settings.SITE_URL + post.permanent_url())))
        parts += [f"## #{post.number} · {_plain(post.speaker)}", said, body.strip()]
    return "\n\n".join(parts) + "\n"


def bodies(posts: Iterable[Post]) -> list[str]:
    """The texts of posts, without what they quote of posts that are gone; their addresses lead here from anywhere."""
    return [_OWN_ADDRESS.sub(f"]({settings.SITE_URL}", body) for body in without_gone(post.body for post in posts)]


def without_gone(bodies: Iterable[str]) -> list[str]:
    """Texts of posts without what they quote of posts that are no longer shown. One query at most."""
    return elide(bodies, shown=_shown, gone=_("The quoted post is no longer shown."))


def _shown(posts: set[int]) -> set[int]:
    return set(Post.objects.published().filter(pk__in=posts).values_list("pk", flat=True))


def _date(post: Post) -> str:
    """When it was written, where that is known."""
    return "" if post.thread.is_imported else formats.date_format(post.created_at, "LONG_DATE_FORMAT")


def _plain(text: str) -> str:
    """Text as text, on one line."""
    return _SYNTAX.sub(r"\\\1", " ".join(text.split()))
