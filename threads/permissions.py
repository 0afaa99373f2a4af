"""Who may do what in discussions. No queries: what needs one (a confirmed address) is asked by the action."""

from members.models import Reader
from threads.models import Post, Thread


def may_moderate(reader: Reader) -> bool:
    return reader.is_authenticated and reader.is_moderator


def may_start(reader: Reader) -> bool:
    return reader.is_authenticated and reader.is_active


def may_reply(reader: Reader, thread: Thread) -> bool:
    """Members, in threads that readers see; a locked thread refuses for now, which is the action's to say."""
    return may_start(reader) and (not thread.is_hidden or may_moderate(reader))


def may_edit(reader: Reader, post: Post) -> bool:
    """One's own always, a moderator any. What a moderator has hidden is the moderators' to change."""
    return may_moderate(reader) or (_is_author(reader, post) and not post.is_hidden)


def may_edit_heading(reader: Reader, thread: Thread) -> bool:
    """Title, situation and tags: its starter, unless a moderator has hidden the thread, and moderators."""
    if may_moderate(reader):
        return True
    is_starter = reader.is_authenticated and reader.is_active and thread.starter_id == reader.pk
    return is_starter and not thread.is_hidden


def may_withdraw(reader: Reader, post: Post) -> bool:
    return _is_author(reader, post) and post.is_published


def may_bring_back(reader: Reader, post: Post) -> bool:
    return _is_author(reader, post) and post.is_withdrawn


def may_show_less(reader: Reader, post: Post) -> bool:
    """One's own post, whatever its state, while there is something left to take away."""
    return _is_author(reader, post)


def may_look_up(reader: Reader, post: Post) -> bool:
    """Moderators may ask who wrote a post whose name is withheld; asking is logged."""
    return may_moderate(reader) and not post.is_named


def may_report(reader: Reader, post: Post) -> bool:
    return may_start(reader) and not _is_author(reader, post)


def may_react(reader: Reader, post: Post) -> bool:
    """Members, to what everybody reads; nobody agrees with themselves."""
    return may_start(reader) and post.is_published and not post.thread.is_hidden and not _is_author(reader, post)


def may_claim(post: Post) -> bool:
    """Anybody, of an imported post: removal needs no account."""
    return post.thread.is_imported and post.author_id is None


def may_keep_tags(reader: Reader) -> bool:
    """Curators rename, merge and describe tags."""
    return reader.is_authenticated and reader.is_active and reader.is_staff and reader.has_perm("threads.change_tag")


def may_propose_evidence(reader: Reader, post: Post) -> bool:
    """Members, of posts that everybody sees."""
    return may_start(reader) and post.is_published and not post.thread.is_hidden


def may_publish_evidence(reader: Reader) -> bool:
    """Curators say what stands as evidence on a term's page."""
    return (
        reader.is_authenticated and reader.is_active and reader.is_staff and reader.has_perm("glossary.publish_sense")
    )


def may_propose_meaning(reader: Reader, thread: Thread) -> bool:
    """Members say what a word means in a thread; whether it stands is decided by those of `may_choose_meaning`."""
    return may_reply(reader, thread)


def may_choose_meaning(reader: Reader, thread: Thread) -> bool:
    """Its starter, a curator, a moderator; in what a moderator has hidden, moderators alone."""
    if may_moderate(reader):
        return True
    if not reader.is_authenticated or not reader.is_active or thread.is_hidden:
        return False
    return thread.starter_id == reader.pk or (reader.is_staff and reader.has_perm("glossary.change_sense"))


def may_answer_question(reader: Reader, thread: Thread, post: Post | None) -> bool:
    """Who wrote the post that a word was asked about, and who decides on meanings in the thread."""
    is_author = post is not None and _is_author(reader, post)
    return may_choose_meaning(reader, thread) or (is_author and not thread.is_hidden)


def may_cite(reader: Reader) -> bool:
    """Curators say which posts the cells of a comparison rest on."""
    allowed = reader.is_authenticated and reader.is_active and reader.is_staff
    return allowed and reader.has_perm("glossary.change_comparison")


def _is_author(reader: Reader, post: Post) -> bool:
    return reader.is_authenticated and reader.is_active and post.author_id == reader.pk
