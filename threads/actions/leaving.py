"""What becomes of the posts of somebody who closes their account and wants their name off them."""

from django.db import transaction

from members.models import AFFILIATION, Member
from threads.actions import references, steps
from threads.models import Post, ShownAs


@transaction.atomic(durable=True)
def withhold_in(thread_id: int, *, by: Member) -> None:
    """Take name, role, organisation and place of `by` out of their posts in one thread, whatever their state.

    One thread is one transaction, so that long memberships hold nobody up; a
    second run changes nothing. Locks the member, then the thread, which gets
    its counters anew.
    """
    steps.lock_member(by)
    thread = steps.lock_thread(thread_id)
    blank = {f"author_{field}": "" for field in AFFILIATION}
    Post.objects.filter(thread=thread, author=by).update(**blank, shown_as=ShownAs.WITHHELD, source_header="")
    steps.recount(thread)
    references.tell_of(thread)  # pages that quote these posts, which may stand long before the account goes
