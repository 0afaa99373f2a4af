"""Drafts: what a member has typed and not posted, saved while they type. No save overwrites a text it does not know."""

from typing import Any
from uuid import UUID, uuid4

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from members.models import Member
from members.permissions import Refused
from threads.actions import steps
from threads.models import Draft, Post, Thread

MOST_DRAFTS = 200  # of one member
LONGEST_BODY = 200_000  # characters: three times what a post may hold


class SavedMeanwhile(Refused):
    """Another tab or device saved since this form was opened; `draft` is what stands now, untouched."""

    def __init__(self, draft: Draft) -> None:
        super().__init__(_("Another tab has saved a newer draft. Both texts are kept."))
        self.draft = draft


@transaction.atomic(durable=True)
def save(
    *,
    by: Member,
    thread: Thread | None,
    token: UUID,
    based_on: int,
    post: Post | None = None,
    begun_on: int = 1,
    **said: str,
) -> Draft | None:
    """Keep what stands in a form (`title`, `context`, `body`, `tags`, `shown_as`); None where nothing needs keeping.

    `thread` is the one that is replied in, None where one is started; `post` the one that is edited, and `begun_on` the
    revision of it that the text was begun on; `token` the form's; `based_on` the revision of the draft that the form
    knows, 0 for none. An emptied form ends its draft, as does a text that the post has already. A save that comes late,
    after its text was posted, keeps nothing. Raises `SavedMeanwhile` and `Refused`.
    """
    steps.lock_member(by)
    draft = _standing(by, thread, post, token)
    if post:
        post = Post.objects.filter(pk=post.pk).first()  # as it is now: an edit of one's own holds the member's lock
    needless = not _is_worth_keeping(said) or (post is not None and post.body == said["body"])
    if draft is None:
        if needless or _is_posted(by, token, post, begun_on, said["body"]):
            return None
        _ask_room(by)
        of = {"post": post, "based_on": begun_on} if post else {"thread": thread}
        draft = Draft(member=by, **of, token=token if _is_free(by, token) else uuid4(), revision=based_on)
    elif all(getattr(draft, name) == value for name, value in said.items()):
        return draft  # sent again after a broken connection
    elif draft.revision != based_on and not _goes_on(draft, token, said):
        raise SavedMeanwhile(draft)
    elif needless:
        draft.delete()
        return None
    return _write(draft, token, begun_on, said)


@transaction.atomic(durable=True)
def discard(pk: int, *, by: Member) -> None:
    """Throw one's own draft away."""
    steps.lock_member(by)
    Draft.objects.filter(member=by, pk=pk).delete()


# Of the drafts of one form, and of those of the same words in the same place: `revision` is null where the form says
# none.
DROP = """
DELETE FROM threads_draft
WHERE member_id = %(member)s AND (
    token = %(token)s AND (
        %(revision)s::int IS NULL OR revision <= %(revision)s::int OR starts_with(%(body)s, body)
    )
    OR (thread_id = %(thread)s OR post_id = %(post)s) AND body = %(body)s
)
"""


def drop(post: Post, *, revision: int | None) -> None:
    """End the draft that has become this post, in its transaction. A step of posting; one statement.

    It is the draft of the same form, or of the same words. What another tab has written since then stays: a newer
    `revision` than the form knew goes only where the post holds its words.
    """
    _drop(post, member=post.author_id, token=post.token, revision=revision, thread=post.thread_id)


def drop_edit(post: Post, *, by: Member, token: UUID | None, revision: int | None) -> None:
    """The same of the draft of an edit, that `by` has saved."""
    _drop(post, member=by.pk, token=token, revision=revision, post=post.pk)


def _drop(text: Post, **said: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(DROP, {"thread": None, "post": None, "body": text.body, **said})


def _standing(by: Member, thread: Thread | None, post: Post | None, token: UUID) -> Draft | None:
    drafts = Draft.objects.filter(member=by, thread=thread, post=post)
    found: Draft | None = (drafts if thread or post else drafts.filter(token=token)).first()
    return found


def _write(draft: Draft, token: UUID, begun_on: int, said: dict[str, str]) -> Draft:
    _ask_length(said)
    for name, value in said.items():
        setattr(draft, name, value)
    if draft.token != token and _is_free(draft.member, token):
        draft.token = token
    if draft.post_id:
        draft.based_on = begun_on
    draft.revision, draft.updated_at = draft.revision + 1, timezone.now()
    draft.save()
    return draft


def _is_free(by: Member, token: UUID) -> bool:
    """Whether no other draft has it: a form that was copied by hand may bring another one's."""
    return not by.drafts.filter(token=token).exists()


def _goes_on(draft: Draft, token: UUID, said: dict[str, str]) -> bool:
    """Whether the same form has only typed on since a save whose answer it did not wait for."""
    starts = said["body"].startswith(draft.body) and said.get("title", "").startswith(draft.title)
    return draft.token == token and starts


def _is_worth_keeping(said: dict[str, str]) -> bool:
    """What the form offered by itself (the situation, tags) is no text of anybody."""
    return bool(said["body"] or said.get("title"))


def _is_posted(by: Member, token: UUID, post: Post | None, begun_on: int, body: str) -> bool:
    if post is None:
        post = Post.objects.filter(author=by, token=token).first()
    elif post.edited_by_id != by.pk or post.revision <= begun_on:
        return False
    return post is not None and post.body.startswith(body)


def _ask_room(by: Member) -> None:
    if by.drafts.count() >= MOST_DRAFTS:
        raise Refused(
            _("You have %(count)d drafts. Discard some, then this one can be saved.") % {"count": MOST_DRAFTS}
        )


def _ask_length(said: dict[str, str]) -> None:
    if len(said["body"]) > LONGEST_BODY:
        raise Refused(_("This text is too long to be saved as a draft. Keep a copy of it."))
