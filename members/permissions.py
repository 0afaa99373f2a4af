"""Who may do what to people, and the word for “not now”, which every app's actions use."""

from members.models import Member, Reader


class Refused(Exception):  # noqa: N818 it is an answer, not an error
    """Not now: locked meanwhile, edited meanwhile, address not confirmed. Its sentence goes on the form.

    What may never be done is `django.core.exceptions.PermissionDenied`.
    """


def may_edit_profile(reader: Reader, member: Member) -> bool:
    """Everybody their own; staff use the admin."""
    return reader.is_authenticated and reader.pk == member.pk


def may_see_profile(reader: Reader, member: Member) -> bool:
    """Nobody's page is public before their address is confirmed: else signing up would be a way to publish."""
    if reader.is_authenticated and (reader.pk == member.pk or reader.is_moderator):
        return True
    return member.is_confirmed
