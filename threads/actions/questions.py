"""“What does this mean?”: asked at a word of a thread, one question for a word however many ask, answered once."""

from collections.abc import Collection
from html import escape

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F, Func, TextField, Value
from django.utils import timezone
from django.utils.translation import gettext as _

from markup.references import without_quotes
from markup.slugs import key
from markup.text import plain_text
from members.actions.inbox import notify
from members.models import Member, Notification
from members.permissions import Refused
from threads.actions import steps
from threads.models import MeaningAsker, MeaningRequest, Post, Thread
from threads.permissions import may_propose_meaning

LONGEST_WORD = 120
LONGEST_ANSWER = 300
READ_AT_ONCE = 10  # posts whose text may hold a word; the first one does nearly always
# A post as it is read: its HTML without tags, with single spaces. What is selected in it stands there in one piece.
_BARE = Func(F("body_html"), Value("<[^>]*>"), Value(""), Value("g"), function="regexp_replace")
SEEN = Func(_BARE, Value(r"\s+"), Value(" "), Value("g"), function="regexp_replace", output_field=TextField())


@transaction.atomic(durable=True)
def ask(thread: Thread, *, by: Member, text: str, is_named: bool = True) -> MeaningRequest:
    """Ask what a word of a thread means; who asks again changes only whether their name is shown.

    Raises PermissionDenied, and Refused for what no post holds and for what was answered already.
    """
    steps.lock_member(by)
    thread = steps.lock_thread(thread.pk)
    if not may_propose_meaning(by, thread):
        raise PermissionDenied(_("You may not ask in this discussion."))
    if not by.is_confirmed:
        raise Refused(_("Confirm your e-mail address, then ask."))
    text = " ".join(text.split())
    post = _post_with(thread, text)
    request: MeaningRequest = thread.meaning_requests.get_or_create(
        key=key(text), defaults={"text": text, "post": post}
    )[0]
    if request.answered_at:
        raise Refused(_("This was answered: %(answer)s") % {"answer": request.answer})
    if not (request.post and request.post.is_published):  # the question would be shown to nobody
        _move(request, post)
    if request.askers.update_or_create(member=by, defaults={"is_named": is_named})[1]:
        steps.grow(thread)  # the page says how many ask
    return request


def at_shown_post(request: MeaningRequest) -> MeaningRequest:
    """A question with its post, or with another one that holds the word where that is not shown any more. A step.

    Refused where no post holds it; under the thread's lock.
    """
    if not (request.post and request.post.is_published):
        _move(request, _post_with(request.thread, request.text))
    return request


def recheck(post: Post) -> None:
    """Take the questions whose words were edited out of a post to one that holds them, if any. A step of editing.

    After the mentions of the post have been written anew, under the post's lock.
    """
    for request in post.meaning_requests.all():
        if not _holds(post, request.text):
            _move(request, _found(post.thread, request.text))


def carry(posts: Collection[int], *, of: Thread, to: Thread) -> None:
    """Let the questions asked at moved posts stay with a post that holds their word, or go along. A step of moving.

    Both threads are locked, and the posts stand in `to` by now. Where the word is asked about there as well, those who
    ask wait for one answer.
    """
    for request in of.meaning_requests.filter(post__in=posts).order_by("pk"):
        other = to.meaning_requests.filter(key=request.key).first()
        if (found := _found(of, request.text)) or other:
            _move(request, found)
            if other and not found and other.answered_at is None:
                _ask_along(request, other)
            continue
        request.thread = to
        request.save(update_fields=["thread"])
        told = Notification.objects.filter(member__in=request.askers.values("member"), kind="question")
        told.filter(subject=f"question:{request.pk}").update(context=f"thread:{to.pk}")


def close_question(thread: Thread, word: str, *, by: Member, words: str) -> None:
    """Answer the open question about a word, if any, and tell those who asked. A step, under the thread's lock."""
    request = thread.meaning_requests.filter(key=word, answered_at=None).first()
    if request is None:
        return
    request.answered_at, request.answered_by, request.answer = timezone.now(), by, words[:LONGEST_ANSWER]
    request.save()
    steps.grow(thread)
    untold = list(request.askers.filter(told_at=None).select_related("member").order_by("pk"))
    request.askers.filter(told_at=None).update(told_at=timezone.now())
    notify(
        [asker.member for asker in untold],
        kind="question",
        subject=f"question:{request.pk}",
        context=f"thread:{thread.pk}",
        actor=by,
    )


def _ask_along(request: MeaningRequest, other: MeaningRequest) -> None:
    """Let who asks one question ask another one as well."""
    waiting = request.askers.filter(told_at=None)
    rows = [MeaningAsker(request=other, member_id=each.member_id, is_named=each.is_named) for each in waiting]
    MeaningAsker.objects.bulk_create(rows, ignore_conflicts=True)


def _post_with(thread: Thread, text: str) -> Post:
    """The first post that holds a word, as everybody sees it."""
    if not text or len(text) > LONGEST_WORD or "\x00" in text:
        raise Refused(_("A word has 1 to %(longest)d characters.") % {"longest": LONGEST_WORD})
    found = _found(thread, text)
    if found is None:
        raise Refused(_("No post of this discussion holds “%(text)s”.") % {"text": text})
    return found


def _found(thread: Thread, text: str) -> Post | None:
    posts = thread.posts.published().order_by("number")
    mentioned: Post | None = posts.filter(mentions__key=key(text)).first()
    if mentioned:
        return mentioned
    read = posts.alias(seen=SEEN).filter(seen__icontains=escape(text, quote=False))
    return next((post for post in read.iterator(chunk_size=READ_AT_ONCE) if _says(post, text)), None)


def _holds(post: Post, text: str) -> bool:
    return _says(post, text) or post.mentions.filter(key=key(text)).exists()


def _says(post: Post, text: str) -> bool:
    """Whether a post's own words hold a text; those of a post that it quotes go when that one is withdrawn."""
    return text.casefold() in " ".join(plain_text(without_quotes(post.body_html)).split()).casefold()


def _move(request: MeaningRequest, post: Post | None) -> None:
    request.post = post
    request.save(update_fields=["post"])
