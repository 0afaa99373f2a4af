"""Discussions: threads of posts, their tags, and what moderation keeps about them."""

from threads.models.counts import WordUse, WordUseKind
from threads.models.events import EventKind, ThreadEvent, with_events
from threads.models.images import Image
from threads.models.moderation import Claim, ClaimKind, Flag, FlagReason, ModerationEntry
from threads.models.posts import Post, PostRevision, PostState, ShownAs
from threads.models.reading import (
    Bookmark,
    Follow,
    FollowLevel,
    Reaction,
    ReactionKind,
    ReadMark,
    followed_by,
    with_reactions,
)
from threads.models.tags import Tag, TagAlias, ThreadTag
from threads.models.telling import ToldWord
from threads.models.threads import POSTS_PER_PAGE, Thread, ThreadState
from threads.models.unread import MOST_NEW, unread_by, unread_count, with_first_new, with_new
from threads.models.words import (
    MOST_UNDEFINED,
    CellEvidence,
    ChoiceState,
    Evidence,
    EvidenceState,
    MeaningAsker,
    MeaningRequest,
    Mention,
    Stance,
    ThreadSense,
    beginning,
    with_questions,
    with_undefined,
    with_words,
)
from threads.models.writing import (
    Draft,
    PersonMention,
    Reference,
    ReferenceKind,
    ThreadRevision,
    with_references,
)

__all__ = [
    "MOST_NEW",
    "MOST_UNDEFINED",
    "POSTS_PER_PAGE",
    "Bookmark",
    "CellEvidence",
    "ChoiceState",
    "Claim",
    "ClaimKind",
    "Draft",
    "EventKind",
    "Evidence",
    "EvidenceState",
    "Flag",
    "FlagReason",
    "Follow",
    "FollowLevel",
    "Image",
    "MeaningAsker",
    "MeaningRequest",
    "Mention",
    "ModerationEntry",
    "PersonMention",
    "Post",
    "PostRevision",
    "PostState",
    "Reaction",
    "ReactionKind",
    "ReadMark",
    "Reference",
    "ReferenceKind",
    "ShownAs",
    "Stance",
    "Tag",
    "TagAlias",
    "Thread",
    "ThreadEvent",
    "ThreadRevision",
    "ThreadSense",
    "ThreadState",
    "ThreadTag",
    "ToldWord",
    "WordUse",
    "WordUseKind",
    "beginning",
    "followed_by",
    "unread_by",
    "unread_count",
    "with_events",
    "with_first_new",
    "with_new",
    "with_questions",
    "with_reactions",
    "with_references",
    "with_undefined",
    "with_words",
]
