"""Title, situation and tags of a thread: its starter and moderators change them, and every version is kept."""

from collections.abc import Sequence

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from markup.slugs import key, slug
from members.models import Member
from members.permissions import Refused
from threads.actions import steps, tagging
from threads.models import Thread, ThreadRevision
from threads.permissions import may_edit_heading, may_moderate


class HeadingChangedMeanwhile(Refused):
    """Somebody else changed title, situation or tags since the form was opened; `thread` is what stands now."""

    def __init__(self, thread: Thread) -> None:
        super().__init__(_("The title was changed while you were writing. Both versions are below."))
        self.thread = thread


@transaction.atomic(durable=True)
def edit_heading(thread: Thread, *, by: Member, title: str, context: str, tags: Sequence[str], based_on: int) -> Thread:
    """Give a thread another title, situation and tags; saving what stands already changes nothing.

    `based_on` is the version the form was opened on: an older one raises `HeadingChangedMeanwhile`. The address
    keeps working: the slug in it is decoration.
    """
    steps.lock_member(by)
    thread = steps.lock_thread(thread.pk)
    if not may_edit_heading(by, thread):
        raise PermissionDenied(_("Only who started a discussion changes its title, and moderators."))
    standing = {key(tag.name) for tag in thread.tags.all()}
    if (thread.title, thread.context, standing) == (title, context, {key(name) for name in tags}):
        return thread
    if thread.revisions.version() != based_on:
        raise HeadingChangedMeanwhile(thread)
    if thread.is_locked and not may_moderate(by):
        raise Refused(_("A moderator has locked this discussion. What you typed is kept below."))
    change(thread, by=by, title=title, context=context, tags=tags)
    if thread.starter_id != by.pk:
        steps.log("edit_thread", thread, by=by)
    return thread


def change(
    thread: Thread, *, by: Member, title: str, context: str | None = None, tags: Sequence[str] | None = None
) -> None:
    """Write them to a locked thread, and keep what stood there; `None` leaves as it is. A step of the actions."""
    _keep_first(thread)
    thread.title, thread.slug = title, slug(title, fallback="thread")
    if context is not None:
        thread.context = context
    if tags is not None:
        tagging.retag_thread(thread, tags)
    _keep(thread, number=thread.revisions.version() + 1, by=by)
    steps.grow(thread)
    steps.tell_where_named(thread)


def _keep_first(thread: Thread) -> None:
    """The version that the thread was started with is written down when it is about to go."""
    if not thread.revisions.exists():
        _keep(thread, number=1, by=thread.starter)


def _keep(thread: Thread, *, number: int, by: Member | None) -> None:
    ThreadRevision.objects.create(
        thread=thread,
        number=number,
        title=thread.title,
        context=thread.context,
        tags=list(thread.tags.order_by("key").values_list("name", flat=True)),
        written_by=by,
        written_at=timezone.now() if number > 1 else thread.created_at,
    )
