"""Panels of discussions on other apps' pages. Each costs exactly one query, whatever the rows."""

from typing import Any

from django import template
from django.db.models import Q

from members.models import Member, Reader
from threads.models import Post, Thread

register = template.Library()
# The only tags that ask the database while a template renders; a test refuses every other query.
PANELS = ("threads_using", "posts_by")
PANEL_ROWS = 5
POSTS_SHOWN = 20


@register.inclusion_tag("threads/_threads_using.html")
def threads_using(term: Any, reader: Reader) -> dict[str, object]:
    """Threads that hold a term's words, newest activity first."""
    threads = Thread.objects.visible_to(reader).listed()
    posts = Post.objects.visible_to(reader).published().search(term.text)
    using = threads.filter(Q(pk__in=posts.values("thread")) | Q(pk__in=Thread.objects.search(term.text).values("pk")))
    return {"threads": using.order_by("-listed_at", "-pk")[:PANEL_ROWS]}


@register.inclusion_tag("threads/_posts_by.html")
def posts_by(member: Member, reader: Reader) -> dict[str, object]:
    """A person's newest posts, each with its thread."""
    posts = Post.objects.visible_to(reader).published().filter(author=member)
    return {"posts": posts.for_list()[:POSTS_SHOWN]}
