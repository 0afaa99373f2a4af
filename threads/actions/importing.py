"""Threads that come from elsewhere: discussion pages copied as text, and the sample content."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from markup.slugs import slug
from members.affiliation import country_of, role_family_of
from members.models import Member
from members.permissions import Refused
from threads.actions import steps, tagging, words
from threads.models import CellEvidence, Evidence, Flag, Post, Tag, Thread
from threads.pasted import PastedPost, PastedThread


class ImportedBefore(Refused):
    """The same text stands in the portal already, as `thread`."""

    def __init__(self, thread: Thread) -> None:
        super().__init__(_("This page was imported before, as “%(title)s”.") % {"title": thread.title})
        self.thread = thread


@dataclass(frozen=True)
class SamplePost:
    """One post of the sample content."""

    author: Member
    body: str
    created_at: datetime


@transaction.atomic(durable=True)
def import_thread(pasted: PastedThread, *, title: str, tags: Sequence[str]) -> Thread:
    """Put a copied page into the portal; its authors have no accounts, and unattributed posts stay so.

    The operator's command, so there is no `by`. Raises `ImportedBefore` for a
    page that is there already, by the digest of its text: a second import, at
    the same moment too, makes nothing twice.
    """
    refuse_known(pasted)
    try:
        with transaction.atomic():
            thread = Thread.objects.create(
                title=title, slug=slug(title, fallback="thread"), source_digest=pasted.digest
            )
    except IntegrityError:
        refuse_known(pasted)  # imported at the same moment
        raise
    tagging.tag_thread(thread, tags)
    words.index_new(
        [
            steps.add_post(thread, **steps.rendered(post.body), **_pasted_columns(post))
            for post in pasted.posts
            if post.body  # else a header without a text; the parser has said so
        ]
    )
    steps.recount(thread)
    steps.log("import_thread", thread, by=None)
    return thread


def refuse_known(pasted: PastedThread) -> None:
    """Raise `ImportedBefore` for a page that is there already."""
    if before := Thread.objects.filter(source_digest=pasted.digest).first():
        raise ImportedBefore(before)


def _pasted_columns(post: PastedPost) -> dict[str, str]:
    """The affiliation as copied. The header line is kept where not all of it could be told apart or does not fit."""
    given = {
        "author_name": post.name,
        "author_role": post.role,
        "author_organisation": post.organisation,
        "author_location": post.location,
    }
    fitting = {column: text[: _longest(column)] for column, text in given.items()}
    is_whole = bool(post.name) and not post.notes and fitting == given
    return {
        **fitting,
        "author_country": country_of(post.location),
        "author_role_family": role_family_of(post.role),
        "source_header": "" if is_whole else post.raw_header,
    }


def _longest(column: str) -> int | None:
    return getattr(Post._meta.get_field(column), "max_length", None)


@transaction.atomic(durable=True)
def load_sample_thread(*, title: str, tags: Iterable[tuple[str, str]], posts: Sequence[SamplePost]) -> Thread | None:
    """Make one thread of the sample content; `tags` are (name, description). None when it is there already."""
    if Thread.objects.filter(title=title, is_sample=True).exists():
        return None
    first = posts[0]
    thread = Thread.objects.create(
        title=title,
        slug=slug(title, fallback="thread"),
        starter=first.author,
        is_sample=True,
        created_at=first.created_at,
    )
    pairs = list(tags)
    tagging.tag_thread(thread, [name for name, _description in pairs])
    for name, description in pairs:
        Tag.objects.filter(name=name, description="", is_sample=True).update(description=description)
    words.index_new(
        [
            steps.add_post(
                thread, **steps.rendered(post.body), **steps.snapshot(post.author), created_at=post.created_at
            )
            for post in posts
        ]
    )
    steps.recount(thread)
    return thread


@dataclass(frozen=True, slots=True)
class RemovedThread:
    """What became of a sample thread: why it stays, or what members had made of its posts and goes with them."""

    why_kept: str = ""
    evidence: tuple[str, ...] = ()  # the names of the senses
    citations: tuple[str, ...] = ()  # the aspects that comparisons compare


@transaction.atomic(durable=True)
def remove_sample_thread(thread: Thread) -> RemovedThread:
    """Take one sample thread out, unless somebody has since added to it.

    Evidence for senses, and citations of comparisons, that rest on its posts
    go with them: a definition that rests on what nobody wrote is none. They are
    named, so that the operator can tell the curators.
    """
    thread = steps.lock_thread(thread.pk)
    real = thread.posts.exclude(author__is_sample=True).count()
    if real:
        return RemovedThread(_("%(count)d posts by members") % {"count": real})
    if Flag.objects.filter(post__thread=thread).exists():
        return RemovedThread(_("reported by members"))
    evidence = Evidence.objects.filter(post__thread=thread).order_by("sense__name")
    citations = CellEvidence.objects.filter(post__thread=thread).order_by("row__aspect")
    removed = RemovedThread(
        evidence=tuple(evidence.values_list("sense__name", flat=True).distinct()),
        citations=tuple(citations.values_list("row__aspect", flat=True).distinct()),
    )
    thread.last_post = None
    thread.save()
    thread.posts.all().delete()
    thread.delete()
    return removed


@transaction.atomic(durable=True)
def remove_sample_tags() -> list[str]:
    """Take out the sample tags that no thread carries any more; returns the names of those that stay."""
    samples = Tag.objects.filter(is_sample=True)
    samples.filter(taggings=None).delete()
    return list(samples.values_list("name", flat=True))
