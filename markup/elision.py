"""A source in Markdown without the quotations of posts that are no longer shown, to be read, copied or compared."""

import re
from collections.abc import Callable, Iterator

from markdown_it.token import Token

from markup.limits import Unrenderable
from markup.render import FORBIDDEN, PARSER

# What stands before a quotation's first words: the marks of all that it stands in, and its own.
_MARKS = re.compile(r"[ \t>*+\-0-9.)]*>[ ]?")


def quoted_ids(source: str) -> list[int]:
    """The posts that a text quotes, those within other quotations too."""
    try:
        return list(dict.fromkeys(post for post, _start, _end in _quotations(source)))
    except Unrenderable:  # `elide` leaves nothing of it
        return []


def elide(source: str, *, keep: Callable[[int], bool], gone: str) -> str:
    """A text in which quotations of posts that `keep` does not know give way to one line.

    What is a quotation is said by the parser that also writes the page, so that both leave out the same: within lists
    and other quotations, with lines that go on without a mark, and however the address of the post is written.
    """
    try:
        found = [(start, end) for post, start, end in _quotations(source) if not keep(post)]
    except Unrenderable:  # by limits that came after it
        return f"> {gone}\n"
    if not found:
        return source
    lines, kept, done = _clean(source).split("\n"), list[str](), 0
    for start, end in found:
        if start < done:
            continue
        marks = _MARKS.match(lines[start])
        kept += [*lines[done:start], f"{marks.group() if marks else '> '}{gone}"]
        done = end
    return "\n".join(kept + lines[done:])


def _quotations(source: str) -> Iterator[tuple[int, int, int]]:
    """Each quotation of a post with its first line and the one after its last; it costs a parse, where one may be."""
    tokens: list[Token] = PARSER.parse(_clean(source), {}) if ">" in source else []
    for token in tokens:
        post = token.attrs.get("data-post") if token.type == "blockquote_open" else None
        if post is not None and token.map is not None:
            yield int(post), token.map[0], token.map[1]


def _clean(source: str) -> str:
    return FORBIDDEN.sub("\ufffd", source.replace("\r\n", "\n").replace("\r", "\n"))
