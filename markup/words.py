"""What counts as a word, for term marks, highlighting and names: letters, digits and marks by Unicode category."""

import re
import unicodedata
from collections.abc import Iterator
from itertools import accumulate

# Soft hyphen, zero-width characters, direction marks, variation selectors: seen by nobody, so no part of a spelling.
IGNORED = "\u00ad\u034f\u061c\u200b-\u200f\u2060-\u2064\ufe00-\ufe0f\ufeff"
# A stretch of characters that stands for a tag inside a word, written by `markup.terms` so that offsets stay.
TAG = "\x01"
# The rest of the length of an entity, after the character that it stands for.
PAD = "\x02"
# Scripts written without spaces, and Korean, whose particles follow a foreign word at once: a term may stand in a row
# of their letters ("我们的PMO很好"), so each such row is a word of its own.
UNSPACED = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff"


def _ranges(categories: frozenset[str]) -> str:
    """The inside of a character class for all code points of these general categories.

    Marks stand below 0x20000, but for variation selectors, which nobody sees.
    """
    points = [point for point in range(0x20000) if unicodedata.category(chr(point)) in categories]
    starts = [point for point, before in zip(points, [-1, *points], strict=False) if point != before + 1]
    ends = [point for point, after in zip(points, [*points[1:], -1], strict=True) if point != after - 1]
    return "".join(f"\\U{start:08x}-\\U{end:08x}" for start, end in zip(starts, ends, strict=True))


# Combining marks belong to the letter before them.
MARKS = _ranges(frozenset({"Mn", "Mc"}))
# Dotted letters ("P.M.O.") are one word; `normal` takes their dots away.
_DOTTED = r"[^\W\d_](?:\.[^\W\d_])+\.?(?!\w)"
_LETTERS = rf"[^\W{UNSPACED}]"
_ANY = re.compile(rf"({_DOTTED}|{_LETTERS}+(?:[{MARKS}{IGNORED}{TAG}]+{_LETTERS}*)*|[{UNSPACED}]+)")
# The same for a text of Western characters only, twice as fast; and for one without dotted letters, faster again.
_WESTERN_LETTERS = "".join(re.findall(r"\w", bytes(range(256)).decode("cp1252", "ignore")))
_WESTERN_WORD = rf"[{_WESTERN_LETTERS}]+(?:[\xad{TAG}]+[{_WESTERN_LETTERS}]*)*"
_WESTERN = re.compile(rf"({_DOTTED}|{_WESTERN_WORD})")
_UNDOTTED = re.compile(rf"({_WESTERN_WORD})")
_DOT_IN_WORD = re.compile(r"\.[^\W\d_]")
_UNSEEN = re.compile(f"[{IGNORED}{TAG}{PAD}]")


def each_word(text: str) -> Iterator[re.Match[str]]:
    """The words of a text, in order, with their places. Linear."""
    return _pattern(text).finditer(text)


def cut(text: str) -> tuple[list[str], list[int]]:
    """The same words at once, without an object for each: word n stands at text[places[2 * n] : places[2 * n + 1]]."""
    parts = _pattern(text).split(text)
    return parts[1::2], list(accumulate(map(len, parts)))


def _pattern(text: str) -> re.Pattern[str]:
    if not _is_western(text):
        return _ANY
    return _WESTERN if _DOT_IN_WORD.search(text) else _UNDOTTED


def _is_western(text: str) -> bool:
    if not text.isascii():
        try:
            text.encode("cp1252")
        except UnicodeEncodeError:
            return False
    return True


def normal(text: str) -> str:
    """Text in the form in which spellings are compared: NFKC, and without what nobody sees."""
    if text.isascii():
        return text.replace(TAG, "").replace(PAD, "")
    return unicodedata.normalize("NFKC", _UNSEEN.sub("", text))


def undotted(word: str) -> str:
    """P.M.O. as PMO."""
    return word.replace(".", "")
