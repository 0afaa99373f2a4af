"""The Django admin: `base` under every screen, and the screens of people and invitations."""

from members.admin.base import Act, ActionAdmin, ReasonForm, acting, explained
from members.admin.invitations import InvitationAdmin
from members.admin.people import MemberAdmin

__all__ = ["Act", "ActionAdmin", "InvitationAdmin", "MemberAdmin", "ReasonForm", "acting", "explained"]
