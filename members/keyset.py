"""Lists that are read page by page, newest first: the address of a page says where the one before it ended."""

from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import BadRequest
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

LARGEST_ID = 2**63 - 1


def page_of(rows: QuerySet[Any, Any], before: str, *, by: str, size: int) -> tuple[list[Any], str]:
    """A page of rows, the newest `by` a time first, and what its address says of the next one; empty for the last.

    `before` is what the address says; raises BadRequest with a sentence where nothing of this wrote it. One statement,
    whose bound on the time lets an index begin there.
    """
    if before:
        moment, pk = read_cursor(before)
        rows = rows.filter(Q(**{f"{by}__lte": moment}) & (Q(**{f"{by}__lt": moment}) | Q(pk__lt=pk)))
    found = list(rows.order_by(f"-{by}", "-pk")[: size + 1])
    page = found[:size]
    return page, cursor_of(getattr(page[-1], by), page[-1].pk) if len(found) > size else ""


def cursor_of(moment: datetime, pk: int) -> str:
    """`<microseconds since 1970>-<id>`."""
    return f"{round(moment.timestamp() * 1_000_000)}-{pk}"


def read_cursor(cursor: str) -> tuple[datetime, int]:
    """What `cursor_of` wrote; raises BadRequest with a sentence for anything else."""
    try:
        moment, pk = (int(part) for part in cursor.split("-"))
        return datetime.fromtimestamp(moment / 1_000_000, tz=UTC), min(pk, LARGEST_ID)
    except (ValueError, OverflowError, OSError) as trouble:
        raise BadRequest(_("This page of the list does not exist. Start again from the newest.")) from trouble
