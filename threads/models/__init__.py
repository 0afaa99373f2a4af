"""Discussions: threads of posts, their tags, and what moderation keeps about them."""

from threads.models.moderation import Claim, ClaimKind, Flag, FlagReason, ModerationEntry
from threads.models.posts import Post, PostRevision, PostState
from threads.models.tags import Tag, TagAlias, ThreadTag
from threads.models.threads import POSTS_PER_PAGE, Thread, ThreadState

__all__ = [
    "POSTS_PER_PAGE",
    "Claim",
    "ClaimKind",
    "Flag",
    "FlagReason",
    "ModerationEntry",
    "Post",
    "PostRevision",
    "PostState",
    "Tag",
    "TagAlias",
    "Thread",
    "ThreadState",
    "ThreadTag",
]
