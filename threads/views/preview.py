"""What the page will show of a text before it is posted: the same words, marks, quotations and names."""

from collections.abc import Iterable
from typing import Any

from glossary import lexicon
from markup.render import RENDERER_VERSION
from members.display import marks_of
from members.models import Marks
from members.views.gate import MemberRequest
from threads import references
from threads.lexicon import SettledTerm, UndefinedWord, Word, mark_terms, settle_terms, undefined_of, words_of
from threads.models import MOST_UNDEFINED, Post, Thread, beginning, with_questions, with_undefined, with_words


def place_of(request: MemberRequest, pk: int | None, tags: Iterable[str] = ()) -> Any:
    """The thread that a text will stand in, with its words and questions; without one, what its tags will bring.

    One statement for a thread, two for a beginning.
    """
    threads = with_questions(with_words(Thread.objects.visible_to(request.user), request.user), request.user)
    thread = threads.filter(pk=pk).first() if pk else None
    return thread or beginning(request.user, tags)


def preview_of(request: MemberRequest, body: str, html: str, place: Any, *, edited: Post | None) -> dict[str, object]:
    """`preview` (HTML) and `term_data` of a text for a place (`place_of`): a new post's, or an edited one's.

    `html` is the text rendered. The place says afterwards what it will when the text is posted.
    """
    words = lexicon.current()
    post: Any = Post(body=body, body_html=html, renderer_version=RENDERER_VERSION, thread=place)
    post.number = edited.number if edited else place.last_number + 1
    _spell_out(post, place, edited, words_of(post.body_html, words))
    posts = [*_before(request, post), post]
    undefined = undefined_of(posts, place, words)
    met = mark_terms(posts, words, marks=marks_of(request), known=place.known_words, undefined=undefined)
    rows, people = references.resolve(post.body_html, place if place.pk else None, post=edited)
    told: list[SettledTerm | UndefinedWord] = [*settle_terms(met, place), *undefined.values()]
    return {
        "preview": references.write(post.html, rows, [member.username for member in people], here=place.pk),
        "term_data": {str(word.id): word.as_json(request.user) for word in told},
    }


def _spell_out(post: Any, place: Any, edited: Post | None, found: list[Word]) -> None:
    """Let post and place say what they will when the words of this text are kept: those of its earlier version go."""
    undefined = [word for word in found if word.term is None and not word.words]
    post.undefined_words = [{"key": word.key, "text": word.text} for word in undefined[:MOST_UNDEFINED]]
    others = [row for row in place.spelled_out if edited is None or row["post"] != edited.pk]
    own = [{"key": word.key, "words": word.words, "number": post.number, "post": 0} for word in found if word.words]
    place.spelled_out = [*others, *own]


def _before(request: MemberRequest, post: Post) -> list[Any]:
    """The posts above it on its page, where what they mark is not marked again."""
    if not post.thread.pk or marks_of(request) != Marks.PAGE:
        return []
    posts = post.thread.posts.visible_to(request.user).for_page(post.page).filter(number__lt=post.number)
    return list(with_undefined(posts))
