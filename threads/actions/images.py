"""Images of texts: taken in, tied to the post that shows them, taken out when nothing does."""

import contextlib
from datetime import timedelta
from io import BytesIO

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.files.storage import Storage, storages
from django.db import transaction
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
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"


class NotKeptError(OSError):
    """The place where images lie is full, away or refuses. What storages raise then has no base in common."""


@transaction.atomic(durable=True)
def keep_image(picture: Picture, *, by: Member) -> Image:
    """Keep a picture (from `threads.pictures.made_of`) under a name that nobody can guess, for a text of `by`.

    The member's row is locked first, so that two uploads at once do not both
    fit into the room that is left. Raises `PermissionDenied`, `Refused` and
    `NotKeptError`. Files are written last; a process that is killed in between leaves some,
    which `forget_stray_files` finds.
    """
    steps.lock_member(by)
    if not may_start(by):
        raise PermissionDenied(_("You may not add images."))
    if not by.is_confirmed:
        raise Refused(_("Confirm your e-mail address, then add images."))
    _ask_room(by, picture)
    image = Image.objects.create(
        member=by,
        name=f"{get_random_string(22, LETTERS)}-{picture.width}x{picture.height}.webp",
        widths=sorted(picture.files),
        width=picture.width,
        height=picture.height,
        size=picture.size,
    )
    _write(image, picture)
    return image


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


@transaction.atomic(durable=True)
def forget_unused() -> int:
    """Take out images, with their files, that no post and no draft has shown for a day; returns how many.

    Rows that a post is claiming at this moment are left to it.
    """
    day_ago = timezone.now() - KEPT_UNUSED
    written = Draft.objects.filter(member=OuterRef("member"), body__contains=OuterRef("name"))
    unused = Image.objects.filter(~Exists(written), post=None, created_at__lt=day_ago)
    unused = unused.filter(Q(dropped_at=None) | Q(dropped_at__lt=day_ago))
    gone = list(unused.select_for_update(skip_locked=True, of=("self",)).order_by()[:BATCH])
    for image in gone:
        _erase(image.name, image.widths, image.width)
    Image.objects.filter(pk__in=[image.pk for image in gone]).delete()
    return len(gone)


@transaction.atomic(durable=True)
def forget_stray_files() -> int:
    """Take out files of a day ago that belong to no image, as a killed process leaves them; returns how many."""
    storage = _storage()
    names = _files_in(storage)
    count = 0
    for start in range(0, len(names), BATCH):
        pictures = {name: read(f"/images/{name}") for name in names[start : start + BATCH]}
        named = {picture.name for picture in pictures.values() if picture}
        known = set(Image.objects.filter(name__in=named).values_list("name", flat=True))
        for name, picture in pictures.items():
            if picture and picture.name not in known and _is_old(storage, name):
                storage.delete(name)
                count += 1
    return count


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
    try:
        for at, data in picture.files.items():
            storage.save(file_of(image.name, at, image.width), BytesIO(data))
    except Exception as trouble:
        with contextlib.suppress(Exception):
            _erase(image.name, image.widths, image.width)
        raise NotKeptError(str(trouble)) from trouble


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
