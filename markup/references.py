"""What a text refers to: quoted posts, posts by their number (`#12`), people by their name (`@anna`).

`render` marks a quotation that begins with a link to a post, `> [#12](/posts/812/)`; who is quoted stands in no text,
but is written into the page, so that it follows a rename, an erasure and a withdrawal.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

_TOKEN = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)([^<>]*)>")
_QUOTED = re.compile(r'data-post="([0-9]+)"')
# Not within a word, an address or an entity.
_NUMBER = re.compile(r"(?<![\w&/#.-])#([1-9][0-9]{0,5})(?![\w-])")
_NAME = re.compile(r"(?<![\w@/.+-])@([\w.+-]{1,40})")
# Nothing is looked for in what leads elsewhere already, in code, or in somebody else's words.
_CLOSED = frozenset({"a", "code", "pre", "blockquote"})
MOST = 50  # of each kind, in one text


@dataclass(frozen=True, slots=True)
class Quotation:
    """What a text quotes of a post, as HTML; `is_within` another quotation or by itself."""

    post: int
    html: str
    is_within: bool


@dataclass
class Found:
    """What a text refers to, in order: its quotations, and each number and each name, as it was written, once."""

    quotations: list[Quotation] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    names: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.quotations or self.numbers or self.names)

    @property
    def quoted(self) -> dict[int, bool]:
        """The posts that are quoted, and whether only within other quotations."""
        found: dict[int, bool] = {}
        for quotation in self.quotations:
            if quotation.post in found or len(found) < MOST:
                found[quotation.post] = quotation.is_within and found.get(quotation.post, True)
        return found


def find(html: str) -> Found:
    """What the HTML that `render` wrote refers to; at most `MOST` of each kind."""
    found = Found()
    if "data-post" not in html and "#" not in html and "@" not in html:
        return found

    def read(text: str) -> str:
        found.numbers += [int(number) for number in _NUMBER.findall(text)]
        found.names += [name.rstrip(".-") for name in _NAME.findall(text)]
        return text

    def cited(post: int, inner: str) -> str:
        return _note_quotation(found, post, inner, is_within=False)

    _walk(html, read, cited)
    found.numbers = list(dict.fromkeys(found.numbers))[:MOST]
    found.names = [name for name in dict.fromkeys(found.names) if name][:MOST]
    return found


def _note_quotation(found: Found, post: int, inner: str, *, is_within: bool) -> str:
    """In the order in which `write` fills them in: those within another one come before it."""
    if "data-post" in inner:
        _walk(inner, lambda text: text, lambda pk, html: _note_quotation(found, pk, html, is_within=True))
    found.quotations.append(Quotation(post, inner, is_within))
    return inner


def write(
    html: str,
    *,
    quote: Callable[[int, str], str],
    numbers: Mapping[int, str],
    people: Mapping[str, str],
) -> str:
    """Rendered HTML with its references filled in.

    `quote(post, inner)` answers with a whole quotation; `numbers` and `people`
    (by name in lower case) hold HTML of links. What is in neither stays as it was typed.
    """

    def link(text: str) -> str:
        if numbers:
            text = _NUMBER.sub(lambda found: numbers.get(int(found.group(1)), found.group()), text)
        return _NAME.sub(lambda found: _person(found.group(1), people), text) if people else text

    def cite(post: int, inner: str) -> str:
        return quote(post, _walk(inner, lambda text: text, cite))  # a quotation within a quotation

    return _walk(html, link, cite)


def without_quotes(html: str) -> str:
    """Rendered HTML without the quotations of posts: for excerpts, which nobody looks over when a post is withdrawn."""
    return _walk(html, lambda text: text, lambda _post, _inner: "") if "data-post" in html else html


def quotation(post: int, number: int, words: str) -> str:
    """How a post is quoted in Markdown: a link to it, then its words, and an empty line to go on after."""
    lines = "\n".join(f"> {line}".rstrip() for line in words.strip().split("\n"))
    return f"> [#{number}](/posts/{post}/)\n{lines}\n\n"


def _person(written: str, people: Mapping[str, str]) -> str:
    """The link of a name, without the full stop that ends its sentence."""
    name = written.rstrip(".-")
    link = people.get(name.lower())
    return f"@{written}" if link is None else link + written[len(name) :]


def _walk(html: str, text: Callable[[str], str], quote: Callable[[int, str], str]) -> str:
    """HTML with `text` applied to what may refer, and `quote` to the inside of each outermost quotation of a post."""
    written: list[str] = []
    position = closed = depth = 0
    post = inner = -1
    for tag in _TOKEN.finditer(html):
        start, end = tag.span()
        is_end, name, attributes = tag.groups()
        if post < 0:
            written.append(html[position:start] if closed else text(html[position:start]))
        if name in _CLOSED:
            closed += -1 if is_end else 1
        if name == "blockquote":
            depth += -1 if is_end else 1
            cited = None if is_end or post >= 0 else _QUOTED.search(attributes)
            if cited:
                post, inner, outer = int(cited.group(1)), end, depth
            elif is_end and post >= 0 and depth < outer:
                written.append(quote(post, html[inner:start]))
                post, position = -1, end
                continue
        if post < 0:
            written.append(html[start:end])
        position = end
    written.append(text(html[position:]) if post < 0 else html[inner:])
    return "".join(written)
