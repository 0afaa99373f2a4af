"""Accounts and what their owners say of themselves.

Signing up is allauth's, through `members/adapters.py`; everything else about a
member is written here.
"""

from collections.abc import Collection, Iterable
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _

from markup.slugs import confusable_key
from members.actions.naming import refuse_imitation
from members.actions.site import grow_site_version
from members.affiliation import country_of, role_family_of
from members.models import Marks, Member
from members.permissions import Refused, may_edit_profile

# What a member says of themselves.
PROFILE = (
    *("name", "role", "organisation", "location", "country", "role_family", "sector", "organisation_size"),
    "about",
)


@transaction.atomic(durable=True)
def create_administrator(*, username: str, email: str, password: str) -> Member:
    """The first account of a portal: may do everything, its address taken as confirmed.

    For the operator at the console, who is asked for no permission. Raises
    `IntegrityError` where the username or the address is taken.
    """
    member = Member(username=username, email=email.lower(), name=username, is_staff=True, is_superuser=True)
    member.name_key = confusable_key(member.name)
    member.set_password(password)
    member.save(force_insert=True)
    if member.email:
        EmailAddress.objects.create(user=member, email=member.email, primary=True, verified=True)
    return member


@transaction.atomic(durable=True)
def create_sample_member(*, username: str, name: str, **said: str) -> Member:
    """A person of the sample content: nobody can sign in as them. Known by `username`, made once.

    `said` is any of `PROFILE`; country and kind of role are read out of the
    rest where it does not give them.
    """
    samples = Member.objects.samples().select_for_update(no_key=True)
    known: Member | None = samples.filter(username=username).first()
    if known:
        return known
    member = Member(username=username, is_sample=True, **_with_proposals(Member(), {"name": name, **said}))
    member.name_key = confusable_key(name)
    member.set_unusable_password()
    member.save(force_insert=True)
    return member


@transaction.atomic(durable=True)
def update_profile(member: Member, *, by: Member, **said: Any) -> Member:
    """Keep what a member says of themselves: any of `PROFILE`. Posts keep the affiliation of their day.

    A country or kind of role that the member has not chosen otherwise follows
    the new location and role. Raises `Refused` for a name that imitates
    somebody. The member's row is locked first.
    """
    member = _locked(member)
    if not may_edit_profile(by, member):
        raise PermissionDenied(_("You may change your own settings only."))
    _say(member, said)
    return member


@transaction.atomic(durable=True)
def update_member_by_staff(
    member: Member,
    *,
    by: Member,
    is_staff: bool | None = None,
    groups: Iterable[Group] | None = None,
    **said: Any,
) -> Member:
    """Change a member in the admin; None leaves a thing as it is. The member's row is locked first.

    Who may change members may not raise anybody above themselves: staff rights
    and groups are given by administrators only, and an administrator's account
    is changed by administrators only.
    """
    member = _locked(member)
    _may_manage(by, member, "members.change_member")
    wanted = None if groups is None else {group.pk for group in groups}
    raises = is_staff not in {None, member.is_staff} or (
        wanted is not None and wanted != set(member.groups.values_list("pk", flat=True))
    )
    if raises and not by.is_superuser:
        raise PermissionDenied(_("Only an administrator gives staff rights and groups."))
    member.is_staff = member.is_staff if is_staff is None else is_staff
    _say(member, said)
    if wanted is not None:
        member.groups.set(wanted)
    return member


@transaction.atomic(durable=True)
def choose_display(*, by: Member, marks: Marks, language: str = "", time_zone: str = "") -> None:
    """Say how pages are shown to oneself; empty: as the browser says. The member's row is locked first."""
    member = _locked(by)
    member.marks, member.language, member.time_zone = marks, language, time_zone
    member.save(update_fields=["marks", "language", "time_zone"])


@transaction.atomic(durable=True)
def deactivate(member: Member, *, by: Member, reason: str = "") -> Member:
    """Close an account: nobody signs in with it, and its page is gone. Their posts stay with their name.

    `reason` is kept in the admin's history of the account.
    """
    del reason
    if by.pk == member.pk:
        raise Refused(_("This is your own account. Ask another administrator to close it."))
    return _opened(member, by=by, is_active=False)


@transaction.atomic(durable=True)
def reactivate(member: Member, *, by: Member, reason: str = "") -> Member:
    """Open a closed account again."""
    del reason
    return _opened(member, by=by, is_active=True)


@transaction.atomic(durable=True)
def delete_member(member: Member, *, by: Member) -> None:
    """Delete an account. Posts stay, with the name of their day and without an author; nothing cascades to them.

    The member's row is locked first. Oneself or, with the permission, somebody
    else; an administrator's account by administrators only, and never one's
    own while one is staff: the portal would be left without.
    """
    member = _locked(member)
    if by.pk != member.pk:
        _may_manage(by, member, "members.delete_member")
    elif member.is_staff:
        raise Refused(_("This is your own account, and it has staff rights. Ask another administrator to delete it."))
    member.delete()
    grow_site_version()


@transaction.atomic(durable=True)
def keep_browser_zone(zone: str, *, by: Member) -> None:
    """Note which time zone a member's browser says it is in, one that `members.display.browser_zone_of` has read."""
    Member.objects.filter(pk=by.pk).update(browser_zone=zone)


def _locked(member: Member) -> Member:
    return Member.objects.select_for_update(no_key=True).get(pk=member.pk)  # type: ignore[no-any-return]


def _opened(member: Member, *, by: Member, is_active: bool) -> Member:
    member = _locked(member)
    _may_manage(by, member, "members.change_member")
    member.is_active = is_active
    member.name_key = confusable_key(member.shown_name)
    member.save(update_fields=["is_active", "name_key"])
    grow_site_version()
    return member


def _may_manage(by: Member, member: Member, permission: str) -> None:
    if not (by.is_active and by.is_staff and by.has_perm(permission)):
        raise PermissionDenied(_("You may not change other people’s accounts."))
    if member.is_superuser and not by.is_superuser:
        raise PermissionDenied(_("Only an administrator changes an administrator’s account."))


def _say(member: Member, said: dict[str, Any]) -> None:
    """Write what is said of a locked member; when another name is shown, tell the pages kept for visitors.

    They show nothing else of a member: role, organisation and place beside a
    post are those of its day.
    """
    if unknown := said.keys() - set(PROFILE):
        raise TypeError(f"Not part of a profile: {', '.join(sorted(unknown))}.")
    if said.get("name", member.name) != member.name:
        refuse_imitation(said["name"], member=member)
    before = member.shown_name
    for field, value in _with_proposals(member, said).items():
        setattr(member, field, value)
    member.name_key = confusable_key(member.shown_name)
    member.save()
    if member.shown_name != before:
        grow_site_version()


def _with_proposals(member: Member, said: dict[str, Any]) -> dict[str, Any]:
    """What is said, with country and kind of role read anew out of a changed location or role.

    A form sends all of its fields, so a choice is a value other than the one
    that stood there: who changes the location and leaves the country follows
    the location, who changes the country has chosen.
    """
    proposed = dict(said)
    for source, target, read in (("location", "country", country_of), ("role", "role_family", role_family_of)):
        before = getattr(member, source)
        if said.get(source, before) == before:
            continue
        stood = str(getattr(member, target))
        if stood == read(before) and str(said.get(target, stood) or "") == stood:
            proposed[target] = read(said[source])
    return proposed


@transaction.atomic(durable=True)
def remove_sample_members(*, keep: Collection[int]) -> int:
    """Take the people of the sample content out, but those whose posts stay (`keep`); returns how many went."""
    gone = Member.objects.samples().exclude(pk__in=keep)
    count: int = gone.count()
    gone.delete()
    grow_site_version()
    return count
