"""Keeping what posts refer to. Shared steps of actions, under the thread's lock."""

from collections.abc import Collection
from itertools import chain, islice, zip_longest

from django.db.models import F, Q

from markup.references import find
from members.actions.site import grow_site_version
from threads import references
from threads.models import PersonMention, Post, Reference, ReferenceKind, Thread


def note(post: Post, *, anew: bool = False) -> bool:
    """Keep what a post quotes and names; `anew` for one that was there: what it no longer does is forgotten.

    A number goes on meaning the post that it meant, wherever that was moved. Returns whether it refers to posts of
    other discussions, whose pages say so.
    """
    rows, people = references.resolve(post.body_html, post.thread, post=post if anew else None)
    own = [row for row in rows if row["id"] != post.pk]
    kept = [
        Reference(
            post=post, target_id=row["id"], kind=row["kind"], number=row["written"], stands_in=row.get("stands_in")
        )
        for row in own
    ]
    if anew:
        _forget(post, kept, [member.pk for member in people])
    Reference.objects.bulk_create(
        kept,
        update_conflicts=True,
        unique_fields=["post", "target", "kind", "number"],
        update_fields=["stands_in"],
    )
    PersonMention.objects.bulk_create(
        [PersonMention(post=post, member=member) for member in people], ignore_conflicts=True
    )
    return any(row["thread"] != post.thread_id for row in own)


def lock(post: Post) -> None:
    """Lock what stands between a locked post and others, in one order: those may be edited at once in their threads."""
    rows = Reference.objects.select_for_update(no_key=True).filter(Q(post=post) | Q(target=post)).order_by("pk")
    list(rows.values_list("pk"))


def recheck(post: Post) -> None:
    """Say of each quotation of a locked post whether its words stand in the text that it has now; a step of edits.

    What its author has changed since stands in an earlier version, as it did before; what a moderator took out stands
    in none that readers see. At most three statements, whatever the number of quotations.
    """
    is_foreign = post.edited_by_id != post.author_id
    rows = post.referred_by.exclude(kind=ReferenceKind.NUMBER).select_related("post").order_by("pk")
    changed = list(rows.only("stands_in", "target", "post__body_html"))
    found = [[each for each in find(row.post.body_html).quotations if each.post == post.pk] for row in changed]
    standing = iter(references.where_standing(chain.from_iterable(found), [post])[post.pk])
    for row, quotations in zip(changed, found, strict=True):
        before = row.stands_in if row.stands_in and not is_foreign else []
        now = list(islice(standing, len(quotations)))
        row.stands_in = [
            earlier if is_ == references.NOWHERE and earlier else is_ for is_, earlier in zip_longest(now, before)
        ]
    Reference.objects.bulk_update(changed, ["stands_in"], batch_size=500)


def are_elsewhere(post: Post) -> bool:
    """Whether pages of other discussions show this post, or that it refers to theirs."""
    elsewhere = Reference.objects.filter(Q(post=post) | Q(target=post)).exclude(post__thread=F("target__thread"))
    return elsewhere.exists()


def tell(post: Post, *, before: bool = False) -> None:
    """Say that a post shows otherwise now, or no more, to those pages; called last, as it locks the site's version."""
    if before or are_elsewhere(post):
        grow_site_version()


def tell_of(thread: Thread) -> None:
    """The same of all posts of a thread."""
    leading = Reference.objects.filter(post__thread=thread).exclude(target__thread=thread)
    if leading.exists() or Reference.objects.filter(target__thread=thread).exclude(post__thread=thread).exists():
        grow_site_version()


def tell_of_moved(posts: Collection[int], *threads: Thread) -> None:
    """The same of posts that have another place now; the pages of these threads are new anyway."""
    leading = Reference.objects.filter(post__in=posts).exclude(target__thread__in=threads)
    led = Reference.objects.filter(target__in=posts).exclude(post__thread__in=threads)
    if leading.exists() or led.exists():
        grow_site_version()


def _forget(post: Post, kept: list[Reference], people: list[int]) -> None:
    wanted = {(row.target_id, row.kind, row.number) for row in kept}
    gone = [row.pk for row in post.references.all() if (row.target_id, row.kind, row.number) not in wanted]
    if gone:
        Reference.objects.filter(pk__in=gone).delete()
    post.person_mentions.exclude(member__in=people).delete()
