"""Tags: made by key, renamed, merged, aliased. taggit's own writers know nothing of keys and are not called."""

from collections.abc import Sequence
from itertools import count
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _

from markup.slugs import key, slug
from members.actions.site import grow_site_version
from members.models import Member
from members.permissions import Refused
from threads.actions.following import move_followers
from threads.models import Tag, TagAlias, Thread, ThreadTag
from threads.permissions import may_keep_tags


def tag_thread(thread: Thread, names: Sequence[str]) -> None:
    """Give a new thread its tags, making those that do not exist; a shared step of the posting actions."""
    by_key = {key(name): name for name in reversed(names)}  # the first way of writing it wins
    # In one order everywhere, so that two threads that make the same two tags do not wait for each other.
    tags = _kept_tags([by_key[k] for k in sorted(by_key)], is_sample=thread.is_sample)
    ThreadTag.objects.bulk_create(
        [ThreadTag(tag=tag, content_object=thread, last_posted_at=thread.last_posted_at) for tag in tags]
    )


def retag_thread(thread: Thread, names: Sequence[str]) -> None:
    """Give a locked thread these tags instead of those it has; a shared step. What stays keeps its place in lists."""
    by_key = {key(name): name for name in reversed(names)}
    tags = _kept_tags([by_key[k] for k in sorted(by_key)], is_sample=thread.is_sample)
    thread.taggings.exclude(tag__in=tags).delete()
    had = set(thread.taggings.values_list("tag", flat=True))
    ThreadTag.objects.bulk_create(
        ThreadTag(tag=tag, content_object=thread, last_posted_at=thread.last_posted_at)
        for tag in tags
        if tag.pk not in had
    )


@transaction.atomic(durable=True)
def save_tag(tag: Tag | None, *, by: Member, name: str, description: str, sense: Any = None) -> Tag:
    """Make or change a tag. A new name leaves the old one as an alias and its address as a redirect.

    `sense` is the published sense that the tag stands for, None for none: in
    its threads it settles what the terms of that sense mean. Refused for a
    sense that is not published, but for the one that the tag has already.
    """
    _ask_may_keep(by)
    if tag is None:
        _refuse_taken(name, None)
        tag = _tag_named(name, is_sample=False)
    else:
        tag = _locked(tag)
    if sense and sense.pk != tag.sense_id and not _is_published(sense):
        raise Refused(_("A tag stands for a published sense."))
    _rename(tag, name)
    tag.description, tag.sense = description, sense
    tag.save()
    grow_site_version()
    return tag


@transaction.atomic(durable=True)
def merge(tag: Tag, *, into: Tag, by: Member) -> Tag:
    """Move all threads, aliases and followers of one tag to another; its name stays as an alias."""
    _ask_may_keep(by)
    locked = {t.pk: t for t in Tag.objects.select_for_update().filter(pk__in=[tag.pk, into.pk]).order_by("pk")}
    if len(locked) < 2:  # noqa: PLR2004 the two
        raise Refused(_("Choose another tag to merge into."))
    tag, into = locked[tag.pk], locked[into.pk]
    into.is_sample = False
    into.save()
    there_already = into.taggings.values("content_object")
    tag.taggings.filter(content_object__in=there_already).delete()
    tag.taggings.update(tag=into)
    tag.aliases.update(tag=into)
    move_followers(tag, into=into)
    _add_alias(into, tag.name, tag.slug)
    tag.delete()
    grow_site_version()
    return into


@transaction.atomic(durable=True)
def add_alias(tag: Tag, *, by: Member, name: str) -> TagAlias:
    """Let another name lead to a tag."""
    _ask_may_keep(by)
    tag = _locked(tag)
    _refuse_taken(name, None)
    alias = _add_alias(tag, name, slug(name, fallback="tag"))
    tag.save()
    grow_site_version()
    return alias


@transaction.atomic(durable=True)
def remove_alias(alias: TagAlias, *, by: Member) -> None:
    """Let a name no longer lead anywhere, so that it may become a tag again."""
    _ask_may_keep(by)
    alias.delete()
    grow_site_version()


def _is_published(sense: Any) -> bool:
    """As of now, and locked: nobody retires it before the tag is written."""
    return bool(type(sense).objects.select_for_update(no_key=True).filter(pk=sense.pk, state="published"))


def _ask_may_keep(by: Member) -> None:
    if not may_keep_tags(by):
        raise PermissionDenied(_("Only curators change tags."))


def _kept_tags(names: Sequence[str], *, is_sample: bool) -> list[Tag]:
    """The tags of these names, locked by id against a merge that would take one away before it is written."""
    while True:
        found = {_tag_named(name, is_sample=is_sample).pk for name in names}
        locked = list(Tag.objects.select_for_update(no_key=True).filter(pk__in=found).order_by("pk"))
        if len(locked) == len(found):
            return locked  # else one was merged a moment ago, and its name leads elsewhere now


def _locked(tag: Tag) -> Tag:
    locked: Tag | None = Tag.objects.select_for_update(no_key=True).filter(pk=tag.pk).first()
    if locked is None:
        raise Refused(_("This tag was merged into another meanwhile."))
    locked.is_sample = False  # what a curator has worked on is no sample any more
    return locked


def _tag_named(name: str, *, is_sample: bool) -> Tag:
    """The tag of this name or alias, made if need be: `INSERT … ON CONFLICT`, so two at once make one.

    The tag is looked for before the alias: a merge that commits in between
    takes the tag away and leaves the alias, which is then found.
    """
    known = key(name)
    base = slug(name, fallback="tag")
    for attempt in count(1):
        tag: Tag | None = Tag.objects.filter(key=known).first() or Tag.objects.filter(aliases__key=known).first()
        if tag:
            return tag
        address = base if attempt == 1 else f"{base}-{attempt}"
        if not TagAlias.objects.filter(slug=address).exists():
            Tag.objects.bulk_create(
                [Tag(name=name, key=known, slug=address, is_sample=is_sample)], ignore_conflicts=True
            )
    raise AssertionError("count() does not end")


def _rename(tag: Tag, name: str) -> None:
    """Give a locked tag a new name; the old one stays as an alias where key or address change."""
    if key(name) == tag.key:
        tag.name = name
        return
    TagAlias.objects.filter(key=key(name), tag=tag).delete()
    _refuse_taken(name, tag)
    _add_alias(tag, tag.name, tag.slug)
    tag.name, tag.key = name, key(name)
    base = slug(name, fallback="tag")
    tag.slug = next(s for n in count(1) if _is_free(s := base if n == 1 else f"{base}-{n}", tag))


def _is_free(address: str, tag: Tag) -> bool:
    others = Tag.objects.exclude(pk=tag.pk).filter(slug=address).exists()
    return not others and not TagAlias.objects.filter(slug=address).exclude(tag=tag).exists()


def _refuse_taken(name: str, tag: Tag | None) -> None:
    owner = Tag.objects.filter(key=key(name)).first()
    alias = TagAlias.objects.select_related("tag").filter(key=key(name)).first()
    taken = owner or (alias.tag if alias else None)
    if taken and taken != tag:
        raise Refused(
            _("“%(name)s” already leads to the tag “%(tag)s”. Merge the two instead.") % {"name": name, "tag": taken}
        )


def _add_alias(tag: Tag, name: str, address: str) -> TagAlias:
    return TagAlias.objects.update_or_create(key=key(name), defaults={"name": name, "slug": address, "tag": tag})[0]
