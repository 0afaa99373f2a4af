"""A source in Markdown without the quotations of posts that are no longer shown, to be read, copied or compared."""

import re
from collections.abc import Callable, Container, Iterable
from typing import NamedTuple

from markdown_it.token import Token

from markup.limits import Unrenderable
from markup.render import FORBIDDEN, PARSER

# What stands before a quotation's first words: the marks of all that it stands in, and its own.
_MARKS = re.compile(r"[ \t>*+\-0-9.)]*>[ ]?")


class _Quotation(NamedTuple):
    """Of a post, with its first line and the one after its last."""

    post: int
    start: int
    end: int


def elide(sources: Iterable[str], *, shown: Callable[[set[int]], Container[int]], gone: str) -> list[str]:
    """Texts in which quotations of posts give way to one line, but of those that `shown` gives back of all quoted ones.

    What is a quotation is said by the parser that also writes the page, so that both leave out the same: within lists
    and other quotations, with lines that go on without a mark, and however the address of the post is written.
    """
    parsed = [(source, _quotations(source)) for source in sources]
    quoted = {each.post for _source, quotations in parsed for each in quotations or ()}
    kept = shown(quoted) if quoted else ()
    return [
        f"> {gone}\n" if found is None else _without(source, [each for each in found if each.post not in kept], gone)
        for source, found in parsed
    ]


def _without(source: str, quotations: list[_Quotation], gone: str) -> str:
    if not quotations:
        return source
    lines, kept, done = _clean(source).split("\n"), list[str](), 0
    for _post, start, end in quotations:
        if start < done:
            continue
        marks = _MARKS.match(lines[start])
        kept += [*lines[done:start], f"{marks.group() if marks else '> '}{gone}"]
        done = end
    return "\n".join(kept + lines[done:])


def _quotations(source: str) -> list[_Quotation] | None:
    """The quotations of posts; None for a text that limits which came after it refuse. A parse, where one may be."""
    try:
        tokens: list[Token] = PARSER.parse(_clean(source), {}) if ">" in source else []
    except Unrenderable:
        return None
    quotes = [token for token in tokens if token.type == "blockquote_open" and "data-post" in token.attrs]
    return [_Quotation(int(token.attrs["data-post"]), *token.map) for token in quotes if token.map]


def _clean(source: str) -> str:
    return FORBIDDEN.sub("\ufffd", source.replace("\r\n", "\n").replace("\r", "\n"))
