"""Parts of a page that are written once for all to whom they look alike."""

from hashlib import blake2b
from typing import Any

from django import template
from django.core.cache import caches
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from members.models import Reader

register = template.Library()

# Characters: 2000 posts of 64 KB in each process would fill a small machine, and writing a long one takes no longer.
LARGEST_KEPT = 20_000


@register.simple_tag
def article(post: Any, user: Reader) -> SafeString:
    """A post of a thread's page, as threads/_post.html writes it; inputs as there.

    Kept for members, whose pages are written anew for each of them, and of whom most see the same. What it shows is
    named by the state of the thread's page (decision 0004: its revision and the site's version), by the text as it is
    marked on this page, and by what is the reader's own. Visitors' pages are kept whole; what staff see in addition is
    not kept.
    """
    if not user.is_authenticated or user.is_staff:
        return _written(post, user)
    of_page = (post.thread.revision, post.thread.site, get_language(), timezone.get_current_timezone_name())
    own = (post.author_id == user.pk, post.may_edit, post.may_react, post.own_reactions, post.is_saved)
    text = blake2b(post.html.encode(), digest_size=16).hexdigest()
    name = f"article:{post.pk}:{blake2b(repr((of_page, own, text)).encode(), digest_size=16).hexdigest()}"
    kept: SafeString | None = caches["articles"].get(name)
    if kept is None:
        kept = _written(post, user)
        if len(kept) <= LARGEST_KEPT:
            caches["articles"].set(name, kept)
    return mark_safe(kept)  # noqa: S308  as the template wrote it


def _written(post: Any, user: Reader) -> SafeString:
    return render_to_string("threads/_post.html", {"post": post, "user": user})
