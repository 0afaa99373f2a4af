"""A source in Markdown without the quotations of posts that are no longer shown, to be read, copied or compared."""

import re
from collections.abc import Callable

from markup.limits import Unrenderable
from markup.references import POST_ADDRESS
from markup.render import FORBIDDEN, PARSER

# What stands before a quotation's first words: the marks of all that it stands in, and its own.
_MARKS = re.compile(r"[ \t>*+\-0-9.)]*>[ ]?")


def quoted_ids(source: str) -> list[int]:
    """The posts that a text may quote: all that it leads to."""
    return list(dict.fromkeys(int(post) for post in POST_ADDRESS.findall(source)))


def elide(source: str, *, keep: Callable[[int], bool], gone: str) -> str:
    """A text in which quotations of posts that `keep` does not know give way to one line.

    What is a quotation is said by the parser that also writes the page, so that both leave out the same: within lists
    and other quotations, and with lines that go on without a mark. It costs a parse, where there is something to lose.
    """
    if all(map(keep, quoted_ids(source))):
        return source
    source = FORBIDDEN.sub("\ufffd", source.replace("\r\n", "\n").replace("\r", "\n"))
    try:
        tokens = PARSER.parse(source, {})
    except Unrenderable:  # by limits that came after it
        return f"> {gone}\n"
    lines, kept, done = source.split("\n"), list[str](), 0
    for token in tokens:
        post = token.attrs.get("data-post") if token.type == "blockquote_open" else None
        if post is None or token.map is None or token.map[0] < done or keep(int(post)):
            continue
        start, end = token.map
        marks = _MARKS.match(lines[start])
        kept += [*lines[done:start], f"{marks.group() if marks else '> '}{gone}"]
        done = end
    return "\n".join(kept + lines[done:])
