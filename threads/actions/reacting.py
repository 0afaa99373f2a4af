"""What a reader does with a post in one click: agree, say that it helped, keep it."""

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _

from members.models import Member
from members.permissions import Refused
from threads.actions import steps
from threads.models import Bookmark, Post, Reaction, Thread
from threads.permissions import may_react, may_start


@transaction.atomic(durable=True)
def react(post: Post, *, by: Member, kind: str, on: bool) -> None:
    """Say “agree” or “helped me” of a post, or take it back.

    What is wanted is said, not “the other way round”: the second click of a double click changes nothing, and what
    two tabs say at once is what the later one said. The thread's revision grows with the change, and only with one.
    """
    steps.lock_member(by)
    thread, post = steps.lock_post(post)
    if not may_react(by, post):
        raise PermissionDenied(_("You may react to what others have posted, as long as everybody reads it."))
    if not by.is_confirmed:
        raise Refused(_("Confirm your e-mail address first: your name stands at the post then."))
    if on:
        _ask_named(by, thread)
        changed = Reaction.objects.get_or_create(post=post, member=by, kind=kind)[1]
    else:
        changed = bool(Reaction.objects.filter(post=post, member=by, kind=kind).delete()[0])
    if changed:
        steps.grow(thread)


def _ask_named(by: Member, thread: Thread) -> None:
    """A reaction shows a name: not that of somebody who posts in this thread and shows readers none."""
    own = by.posts.filter(thread=thread).only("shown_as", "state")
    if own and not any(post.is_named and post.is_published for post in own):
        raise Refused(
            _(
                "Nothing you post in this discussion shows your name, and a reaction would show it. "
                "So it was not kept; say it in a reply, which shows what you choose."
            )
        )


@transaction.atomic(durable=True)
def save_post(post: Post, *, by: Member, note: str | None = None) -> None:
    """Keep a post under `/me/saved/`, with a note of one's own; without one (None) the note that is there stays."""
    steps.lock_member(by)
    if not may_start(by):
        raise PermissionDenied(_("You may not save posts."))
    defaults = {} if note is None else {"note": note}
    Bookmark.objects.update_or_create(member=by, post=post, defaults=defaults)


@transaction.atomic(durable=True)
def forget_post(post: Post, *, by: Member) -> None:
    """Take a post from those one keeps, whether it is still shown or not."""
    steps.lock_member(by)
    Bookmark.objects.filter(member=by, post=post).delete()
