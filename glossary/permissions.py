"""Who may do what in the glossary: readers read, curators (staff with these permissions) keep it.

No queries but the account's permissions, which Django keeps for the request.
"""

from glossary.models import Sense, SenseState
from members.models import Reader


def _may(reader: Reader, permission: str) -> bool:
    return reader.is_authenticated and reader.is_active and reader.is_staff and reader.has_perm(permission)


def may_publish(reader: Reader) -> bool:
    """Publish and retire senses, and change what is published."""
    return _may(reader, "glossary.publish_sense")


def may_save_sense(reader: Reader, sense: Sense | None) -> bool:
    """Draft a new sense (None) or change one; what readers see already is changed only by who may publish."""
    if sense is None:
        return _may(reader, "glossary.add_sense")
    allowed = _may(reader, "glossary.change_sense")
    return allowed and (sense.state not in {SenseState.PUBLISHED, SenseState.RETIRED} or may_publish(reader))


def may_delete_sense(reader: Reader, sense: Sense) -> bool:
    """Only what no reader has ever seen; everything else is retired."""
    return _may(reader, "glossary.delete_sense") and sense.published_at is None


def may_keep_terms(reader: Reader) -> bool:
    """Change a term's text, its spellings and its usual sense."""
    return _may(reader, "glossary.change_term")


def may_keep_fields(reader: Reader) -> bool:
    """Add, rename and delete subject fields."""
    return _may(reader, "glossary.change_subjectfield")


def may_compare(reader: Reader) -> bool:
    """Write, publish and withdraw comparisons of two terms."""
    return _may(reader, "glossary.change_comparison")


def may_keep_known_acronyms(reader: Reader) -> bool:
    """Say which acronyms everybody here knows."""
    return _may(reader, "glossary.add_knownacronym")


def may_suggest(reader: Reader) -> bool:
    """Every member asks the curators for a term, a meaning or a change."""
    return reader.is_authenticated and reader.is_active


def may_decide_suggestions(reader: Reader) -> bool:
    """Take suggestions up or decide against them."""
    return _may(reader, "glossary.change_suggestion")
