"""Images of texts: taken in, tied to the post that shows them, taken out when nothing does."""

import contextlib
import time
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.files.storage import Storage, storages
from django.db import DatabaseError, transaction
from django.db.models import Exists, OuterRef, Q, Sum
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.utils.translation import gettext as _

from markup.images import file_of, names_in, read
from members.models import Member
from members.permissions import Refused
from threads.actions import steps
from threads.models import Draft, Image, Post, PostState
from threads.permissions import may_start
from threads.pictures import Picture

KEPT_UNUSED = timedelta(days=1)  # while a text is written, and after an edit that may be taken back
BATCH = 200
LONGEST_WRITING = 3  # seconds after which no further file is begun: a request ends within 12, a lock's 3 included
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"


class NotKeptError(OSError):
    """The place where images lie is full, away or refuses. What storages raise then has no base in common."""


def keep_image(picture: Picture, *, by: Member) -> Image:
    """Keep a picture (from `threads.pictures.made_of`) under a name that nobody can guess, for a text of `by`.

    Its files are written first, and no lock is held meanwhile, for the storage
    may be slow; then its row, in one transaction that asks again. What is
    refused then goes at once, and what a killed process leaves is found by
    `forget_stray_files`. Raises `PermissionDenied`, `Refused` and `NotKeptError`.
    """
    _ask(by, picture)
    image = Image(
        member=by,
        name=_new_name(picture.width, picture.height),
        widths=sorted(picture.files),
        width=picture.width,
        height=picture.height,
        size=picture.size,
    )
    _write(image, picture)
    try:
        _note(image, picture, by=by)
    except (Refused, PermissionDenied):  # after another fault nobody knows whether the row is there
        with contextlib.suppress(Exception):
            _erase(image.name, image.widths, image.width)
        raise
    return image


@transaction.atomic(durable=True)
def _note(image: Image, picture: Picture, *, by: Member) -> None:
    """The member's row is locked, so that two uploads at once do not both fit into the room that is left."""
    steps.lock_member(by)
    _ask(by, picture)
    image.save(force_insert=True)


def claim(post: Post) -> None:
    """Tie what a new or edited post shows to it, and let go of what it shows no more.

    Only images of its author and of who edited it, and only those that no
    other post holds: an image stays with the first post that shows it. One
    that an author withdrew goes along into their next post.
    """
    names = names_in(post.body_html)
    if not names and post.revision == 1:
        return  # as nearly all posts are, for no statement
    held = Image.objects.filter(post=post)
    if names:
        theirs = Image.objects.filter(name__in=names, member__in=[post.author_id, post.edited_by_id])
        free = theirs.filter(Q(post=None) | Q(post__state=PostState.WITHDRAWN, post__author=post.author_id))
        Image.objects.filter(pk__in=list(free.values_list("pk", flat=True))).update(post=post, dropped_at=None)
    for image in held.exclude(name__in=names):
        image.post = _other_post_with(image)
        image.dropped_at = None if image.post else timezone.now()
        image.save()


def forget_unused() -> int:
    """Take out images, with their files, that no post and no draft has shown for a day; returns how many.

    The rows go first, so that nobody waits for the storage; a file that cannot
    be deleted then is one of those that `forget_stray_files` finds. Raises `NotKeptError`.
    """
    gone = _unused_taken_out()
    with _said_in_one_way():
        for image in gone:
            _erase(image.name, image.widths, image.width)
    return len(gone)


@transaction.atomic(durable=True)
def _unused_taken_out() -> list[Image]:
    """Rows that a post is claiming at this moment are left to it."""
    day_ago = timezone.now() - KEPT_UNUSED
    written = Draft.objects.filter(member=OuterRef("member"), body__contains=OuterRef("name"))
    unused = Image.objects.filter(~Exists(written), post=None, created_at__lt=day_ago)
    unused = unused.filter(Q(dropped_at=None) | Q(dropped_at__lt=day_ago))
    gone = list(unused.select_for_update(skip_locked=True, of=("self",)).order_by()[:BATCH])
    Image.objects.filter(pk__in=[image.pk for image in gone]).delete()
    return gone


def forget_stray_files() -> int:
    """Take out files of a day ago that belong to no image, as a killed process leaves them; returns how many.

    Files only, so no transaction stays open while the storage is asked. Raises `NotKeptError`.
    """
    storage = _storage()
    count = 0
    with _said_in_one_way():
        names = _files_in(storage)
        for start in range(0, len(names), BATCH):
            pictures = {name: read(f"/images/{name}") for name in names[start : start + BATCH]}
            named = {picture.name for picture in pictures.values() if picture}
            known = set(Image.objects.filter(name__in=named).values_list("name", flat=True))
            for name, picture in pictures.items():
                if picture and picture.name not in known and _is_old(storage, name):
                    storage.delete(name)
                    count += 1
    return count


def try_storage() -> None:
    """Write a file, read and delete it, before anybody has an image; raises `NotKeptError` with what went wrong.

    Called as an image is, so that what is left of it is found as a stray file.
    """
    storage, data = _storage(), b"the portal was here"
    with _said_in_one_way():
        name = storage.save(_new_name(1, 1), BytesIO(data))
        with storage.open(name) as file:
            if file.read() != data:
                raise OSError("What was written is not what is read.")
        storage.delete(name)
        storage.exists(name)  # a bucket that may not be listed refuses this, as it would refuse tidying


def _new_name(width: int, height: int) -> str:
    return f"{get_random_string(22, LETTERS)}-{width}x{height}.webp"


def _ask(by: Member, picture: Picture) -> None:
    """Whether `by` may add this one: asked before its files are written, and again when its row is."""
    if not may_start(by):
        raise PermissionDenied(_("You may not add images."))
    if not by.is_confirmed:
        raise Refused(_("Confirm your e-mail address, then add images."))
    _ask_room(by, picture)


def _ask_room(by: Member, picture: Picture) -> None:
    taken = by.images.aggregate(sum=Sum("size"))["sum"] or 0
    if taken + picture.size > settings.IMAGES_PER_MEMBER:
        said = {"taken": _megabytes(taken), "most": _megabytes(settings.IMAGES_PER_MEMBER)}
        raise Refused(
            _(
                "Your images take up %(taken)s of %(most)s MB, and this one does not fit any more. "
                "Images that no post of yours shows go after a day."
            )
            % said
        )


def _megabytes(size: int) -> str:
    return f"{size / 1_000_000:.0f}"


def _write(image: Image, picture: Picture) -> None:
    """All files or none: what was written goes again when one cannot be, now or by `forget_stray_files`."""
    storage = _storage()
    since = time.monotonic()
    begun: list[int] = []
    with _said_in_one_way():
        try:
            for at, data in picture.files.items():
                _ask_time(since)
                begun.append(at)
                storage.save(file_of(image.name, at, image.width), BytesIO(data))
        except Exception:
            if time.monotonic() - since < LONGEST_WRITING:
                with contextlib.suppress(Exception):
                    _erase(image.name, begun, image.width)
            raise


def _ask_time(since: float) -> None:
    if time.monotonic() - since > LONGEST_WRITING:
        raise TimeoutError("The place where images lie is too slow.")


@contextlib.contextmanager
def _said_in_one_way() -> Iterator[None]:
    try:
        yield
    except DatabaseError:
        raise
    except Exception as trouble:
        raise NotKeptError(f"{type(trouble).__name__}: {trouble}") from trouble


def _erase(name: str, widths: list[int], width: int) -> None:
    storage = _storage()
    for at in widths:
        storage.delete(file_of(name, at, width))


def _other_post_with(image: Image) -> Post | None:
    """Another post that its owner wrote and that shows it, where there is one; asked only after an edit dropped it."""
    if image.member_id is None:
        return None
    posts = Post.objects.filter(author=image.member_id, body_html__contains=image.name).exclude(pk=image.post_id)
    found: Post | None = posts.exclude(state=PostState.HIDDEN).order_by("pk").first()
    return found


def _storage() -> Storage:
    return storages["images"]


def _files_in(storage: Storage) -> list[str]:
    try:
        return list(storage.listdir("")[1])
    except FileNotFoundError:  # no image yet, and so no folder
        return []


def _is_old(storage: Storage, name: str) -> bool:
    try:
        return storage.get_modified_time(name) < timezone.now() - KEPT_UNUSED
    except FileNotFoundError:  # somebody else tidies as well
        return False
