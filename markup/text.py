"""The visible words of rendered HTML, and short pieces of them."""

import re
import unicodedata
from html import unescape

from markup.images import in_words
from markup.references import without_quotes

# What every text that `render` wrote starts with, and what hardly any typed text does.
_RENDERED = re.compile(r"<(?:p|ul|ol|h[3-6]|pre|blockquote|div|hr)\b[^<>]*>")
_TAG = re.compile(r"</?([a-z][a-z0-9]*)[^<>]*>")
_INLINE = frozenset({"a", "em", "img", "strong", "s", "code", "mark", "td", "th"})
_CELL = re.compile(r"\n?<t[dh]\b[^<>]*>")
_QUOTE_ENDS = re.compile(r"(</?blockquote\b[^<>]*>)")
_START = re.compile(r'\bstart="([0-9]+)"')
_NEXT_CELL = re.compile(r"(?<=</t[dh]>)(?=\s*<t[dh]\b)")
_LIST = re.compile(r"<(/?)(ol|ul|li)\b([^<>]*)>(?:\s*<p\b[^<>]*>)?")
_ELLIPSIS = "…"


def plain_text(html: str) -> str:
    """The text that a reader of rendered HTML sees, a line for each block, without a trace of markup."""
    text = unescape(_TAG.sub(_end_of_line, _CELL.sub(" ", html)))
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return "\n".join(line for line in lines if line)


def own_text(html: str) -> str:
    """The visible text without quotations, which are somebody else's words; NUL stands in the place of each.

    So no words from before and after a quotation read as one stretch.
    """
    kept, depth = [], 0
    for piece in _QUOTE_ENDS.split(html):
        if piece.startswith("<blockquote"):
            depth += 1
            kept.append("<p>\x00</p>")
        elif piece.startswith("</blockquote"):
            depth -= 1
        elif not depth:
            kept.append(piece)
    return plain_text("".join(kept))


def own_words(html: str) -> str:
    """The same as lines to be cut and quoted."""
    return "\n".join(line for line in own_text(html).split("\n") if line != "\x00")


def quotable(html: str) -> str:
    """The same to be quoted as a whole: … for what it quotes itself, cells apart, items of lists with their signs."""
    numbers: list[int | None] = []  # of the next item of each open list; None for one without numbers

    def sign(tag: re.Match[str]) -> str:
        is_end, name, attributes = tag.groups()
        if name == "li":
            return tag.group() + ("" if is_end else _sign_of_item(numbers))
        if is_end:
            numbers.pop()
        else:
            start = _START.search(attributes)
            numbers.append(int(start[1]) if start else 1 if name == "ol" else None)
        return tag.group()

    apart = _NEXT_CELL.sub(" |", _LIST.sub(sign, html))
    return own_text(apart).replace("\x00", "…").strip("…\n")


def _sign_of_item(numbers: list[int | None]) -> str:
    number = numbers[-1]
    if number is None:
        return "- "
    numbers[-1] = number + 1
    return f"{number}. "


def _end_of_line(tag: re.Match[str]) -> str:
    return "" if tag.group(1) in _INLINE else "\n"


def excerpt(html_or_text: str, length: int) -> str:
    """The beginning on one line, at most `length` characters with the … that ends it, cut between words.

    Without quotations of posts, which may be withdrawn, and with the descriptions of images. Rendered HTML is known by
    the block that it starts with; anything else is taken as the text that it is.
    """
    text = plain_text(in_words(without_quotes(html_or_text))) if _RENDERED.match(html_or_text) else html_or_text
    return cut(" ".join(text.split()), length)


def cut(text: str, length: int) -> str:
    """A text of at most `length` characters: whole words and …, or, where one word is longer, a part of it."""
    if len(text) <= length:
        return text
    end = max(length - 1, 0)
    space = text.rfind(" ", 0, end + 1)
    if space > end // 2:
        end = space
    while end and unicodedata.category(text[end]).startswith("M"):  # a mark stays with its letter
        end -= 1
    return text[:end].rstrip(" ,;:–—-") + _ELLIPSIS if length else ""
