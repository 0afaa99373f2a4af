"""Where a list that is read page by page goes on: the time and the key of its last row, as one value of the address."""

from datetime import UTC, datetime

from django.core.exceptions import BadRequest
from django.utils.translation import gettext as _

LARGEST_ID = 2**63 - 1


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
