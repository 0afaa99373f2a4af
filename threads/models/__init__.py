"""Discussions: threads of posts, their tags, and what moderation keeps about them."""

from threads.models.counts import WordUse, WordUseKind
from threads.models.moderation import Claim, ClaimKind, Flag, FlagReason, ModerationEntry
from threads.models.posts import Post, PostRevision, PostState
from threads.models.reading import ReadMark
from threads.models.tags import Tag, TagAlias, ThreadTag
from threads.models.threads import POSTS_PER_PAGE, Thread, ThreadState
from threads.models.words import (
    CellEvidence,
    ChoiceState,
    Evidence,
    EvidenceState,
    MeaningAsker,
    MeaningRequest,
    Mention,
    Stance,
    ThreadSense,
    with_words,
)

__all__ = [
    "POSTS_PER_PAGE",
    "CellEvidence",
    "ChoiceState",
    "Claim",
    "ClaimKind",
    "Evidence",
    "EvidenceState",
    "Flag",
    "FlagReason",
    "MeaningAsker",
    "MeaningRequest",
    "Mention",
    "ModerationEntry",
    "Post",
    "PostRevision",
    "PostState",
    "ReadMark",
    "Stance",
    "Tag",
    "TagAlias",
    "Thread",
    "ThreadSense",
    "ThreadState",
    "ThreadTag",
    "WordUse",
    "WordUseKind",
    "with_words",
]
