"""Marking the words that a search found in a plain text, and cutting out the place where they are densest."""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from html import escape

from markup.text import cut
from markup.words import each_word

_PART = re.compile(r"[^_]+")


def words(text: str) -> list[str]:
    """Each different word of a text once, as written, in order. PMO/CMO is two words, so is an_underscore."""
    return list(dict.fromkeys(text[start:end] for start, end in _places(text)))


def highlight(text: str, is_match: Callable[[str], bool]) -> str:
    """HTML of a plain text, escaped, with <mark> around each word for which `is_match` answers yes."""
    written: list[str] = []
    position = 0
    for start, end in _matching(text, is_match):
        written += [escape(text[position:start]), "<mark>", escape(text[start:end]), "</mark>"]
        position = end
    return "".join(written) + escape(text[position:])


def best_excerpt(text: str, is_match: Callable[[str], bool], length: int) -> str:
    """At most `length` characters on one line, where most matching words stand; else the beginning."""
    line = " ".join(text.split())
    matches = list(_matching(line, is_match))
    if len(line) <= length or not matches:
        return cut(line, length)
    # Room for … on both sides; the window that starts at a match and holds most of them, the first of these.
    room = max(length - 2, 1)
    ends = [end for _, end in matches]
    counts = [bisect_right(ends, start + room) - index for index, (start, _) in enumerate(matches)]
    best = counts.index(max(counts))
    first, last = matches[best][0], ends[max(best + counts[best] - 1, best)]
    start = _word_start(line, max(first - max(room - (last - first), 0) // 2, 0), first)
    if start == 0:
        return cut(line, length)
    return "…" + cut(line[start:], length - 1)


def _word_start(line: str, place: int, latest: int) -> int:
    if place == 0:
        return 0
    space = line.find(" ", place - 1, latest)
    return latest if space < 0 else space + 1


def _matching(text: str, is_match: Callable[[str], bool]) -> Iterator[tuple[int, int]]:
    known: dict[str, bool] = {}
    for start, end in _places(text):
        word = text[start:end]
        if word not in known:
            known[word] = is_match(word)
        if known[word]:
            yield start, end


def _places(text: str) -> Iterator[tuple[int, int]]:
    for word in each_word(text):
        for part in _PART.finditer(text, word.start(), word.end()):
            yield part.span()
