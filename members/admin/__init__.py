"""The Django admin: `base` under every screen, and the screen of people."""

from members.admin.base import Act, ActionAdmin, ReasonForm, acting, explained
from members.admin.people import MemberAdmin

__all__ = ["Act", "ActionAdmin", "MemberAdmin", "ReasonForm", "acting", "explained"]
