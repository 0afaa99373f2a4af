"""Posts that the cells of a comparison rest on."""

from collections.abc import Collection
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from members.actions.site import grow_site_version
from members.models import Member
from members.permissions import Refused
from threads.models import CellEvidence, Post
from threads.permissions import may_cite

MOST_POSTS = 10  # at one cell


@transaction.atomic(durable=True)
def cite_cells(row: Any, *, by: Member, left_posts: Collection[int], right_posts: Collection[int]) -> None:
    """Make the posts cited at the two cells of a comparison's row exactly these, given by their numbers in /posts/….

    Raises ValidationError on `left_posts` or `right_posts` for a number whose
    post not everybody sees, unless it is cited there already: what was hidden
    later stays cited, and is shown again when the post is.
    """
    if not may_cite(by):
        raise PermissionDenied(_("You may not change comparisons."))
    # The row is locked, so that two who cite at once do not mix their lists.
    known = type(row).objects.select_for_update(no_key=True).filter(pk=row.pk).first()
    if known is None:
        raise Refused(_("This row was deleted meanwhile."))
    wanted = {(True, post) for post in left_posts} | {(False, post) for post in right_posts}
    there = {(each.is_left, each.post_id): each.pk for each in CellEvidence.objects.filter(row=known.pk)}
    new = wanted - there.keys()
    if max(len(set(left_posts)), len(set(right_posts))) > MOST_POSTS:
        raise Refused(_("A cell cites at most %(most)d posts.") % {"most": MOST_POSTS})
    _check(new)
    CellEvidence.objects.filter(pk__in=[pk for cell, pk in there.items() if cell not in wanted]).delete()
    CellEvidence.objects.bulk_create(
        CellEvidence(row_id=known.pk, is_left=is_left, post_id=post) for is_left, post in sorted(new)
    )
    if new or there.keys() - wanted:
        grow_site_version()


def _check(cells: Collection[tuple[bool, int]]) -> None:
    seen = set(Post.objects.published().filter(pk__in={post for _side, post in cells}).values_list("pk", flat=True))
    for side, name in ((True, "left_posts"), (False, "right_posts")):
        posts = {post for is_left, post in cells if is_left is side}
        if unseen := sorted(posts - seen):
            raise ValidationError({name: _("There is no post %(number)d that everybody sees.") % {"number": unseen[0]}})
