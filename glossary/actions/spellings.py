"""How far the job has come that finds the mentions of changed spellings anew."""

from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from glossary.models import SpellingChange


@transaction.atomic(durable=True)
def mark_respelled(changes: Sequence[SpellingChange], *, up_to: int, is_done: bool) -> None:
    """Keep the last post that was looked at, or that all were; the job's own step, so there is no `by`."""
    rows = SpellingChange.objects.filter(pk__in=[change.pk for change in changes])
    rows.update(done_up_to=up_to, done_at=timezone.now() if is_done else None)
