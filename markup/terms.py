"""Finding the terms of the glossary in a text, and marking them in the HTML of a post.

The lookup goes from the first word of a spelling to the longest that fits. Never one regex of the whole glossary: with
4,815 terms and 20 posts a dictionary took 4 ms, a regex 477 ms.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from markup.words import PAD, TAG, each_word, normal, undotted

# Stands in place of a block's tag and of everything that is not read: no phrase goes across it.
WALL = "\x00"
INLINE_TAGS = frozenset({"em", "strong", "s"})
# A link leads elsewhere already, code is exact, a quotation leads to its own thread.
UNMARKED_TAGS = frozenset({"a", "code", "pre", "h1", "h2", "h3", "h4", "h5", "h6", "button", "blockquote"})
ENTITIES = {"&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&nbsp;": " "}
HYPHENS = frozenset("-‐‑")
SHOUTED_WORDS = 5

_TAG_OR_ENTITY = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)[^<>]*>|&(?:amp|lt|gt|quot|nbsp);")
SENTENCE_END = re.compile(rf"[.!?…]+[\"'”’)\]]*\s|[\n{WALL}]+")
_APOSTROPHES = str.maketrans({"’": "'", "ʼ": "'", "‘": "'", "‐": "-", "‑": "-"})


@dataclass(frozen=True, slots=True)
class Spelling:
    """One way of writing a term. Exact for acronyms, whose case counts; a plural is a spelling of its own."""

    text: str
    term: int
    exact: bool


class Match(NamedTuple):
    """A term found at text[start:end]."""

    start: int
    end: int
    term: int


class Mark(NamedTuple):
    """A place for a term's link; `html` is the text that was matched, as HTML without any tag."""

    term: int
    html: str


class _Shape(NamedTuple):
    """How far a spelling reaches: its number of words, and the signs before and after them, as in C++."""

    words: int
    before: str
    after: str


class Linked(tuple[str | Mark, ...]):
    """The pieces of a post: HTML as it stands, and the first mark of each term. Immutable, to be cached or pickled."""

    __slots__ = ()

    @property
    def terms(self) -> frozenset[int]:
        return frozenset(piece.term for piece in self if isinstance(piece, Mark))


class Lexicon:
    """An immutable lookup of spellings. Where two are the same, an exact one wins, then the one given first."""

    __slots__ = ("_exact", "_folded", "_shapes")

    def __init__(self, spellings: Iterable[Spelling]) -> None:
        self._exact: dict[str, int] = {}
        self._folded: dict[str, int] = {}
        shapes: dict[str, dict[str, set[_Shape]]] = {}
        for spelling in spellings:
            key, first, second, shape = _read(spelling.text)
            if not first:
                continue
            if spelling.exact:
                self._exact.setdefault(key, spelling.term)
            else:
                self._folded.setdefault(key.casefold(), spelling.term)
            shapes.setdefault(first, {}).setdefault(second, set()).add(shape)
        # First word → second word, or nothing for a spelling of one word → shapes, the longest first.
        self._shapes = {
            first: {second: tuple(sorted(found, key=_longest_first)) for second, found in seconds.items()}
            for first, seconds in shapes.items()
        }

    def __len__(self) -> int:
        return len(self._exact) + len(self._folded)

    def find(self, text: str) -> list[Match]:
        """The terms in a plain text, leftmost and longest, not overlapping. Linear in the text, whatever the size.

        Boundaries go by Unicode category; a hyphen joins (e-PMO is not PMO), a slash parts. Acronyms are not looked
        for in a sentence of five or more words that is all in capitals.
        """
        matches: list[Match] = []
        words = list(each_word(text))
        folded = [_folded(word.group()) for word in words]
        shouts = _Shouts(text, words, self._exact)
        end = 0
        for index, (first, second) in enumerate(zip(folded, [*folded[1:], ""], strict=False)):
            seconds = self._shapes.get(first)
            if seconds is None:
                continue
            shapes = (seconds.get(second, ()) if second else ()) + seconds.get("", ())
            if not shapes or words[index].start() < end:
                continue
            match = self._longest(text, words, index, shapes, shouts)
            if match and match.start >= end:
                matches.append(match)
                end = match.end
        return matches

    def _longest(
        self, text: str, words: Sequence[re.Match[str]], index: int, shapes: Sequence[_Shape], shouts: "_Shouts"
    ) -> Match | None:
        for shape in shapes:
            last = index + shape.words - 1
            if last >= len(words):
                continue
            start, end = words[index].start() - len(shape.before), words[last].end() + len(shape.after)
            if text[end - 1 : end] == TAG:
                end = start + len(text[start:end].rstrip(TAG))
            term = self._term(_key(text[start:end], words[index : last + 1]), words[index].start(), shouts)
            if term is not None and start >= 0 and _stands_alone(text, start, end, shape):
                return Match(start, end, term)
        return None

    def _term(self, key: str, place: int, shouts: "_Shouts") -> int | None:
        term = self._exact.get(key)
        if term is None or shouts.around(place):
            return self._folded.get(key.casefold())
        return term


class _Shouts:
    """Whether a place lies in a sentence that is all in capitals, where an acronym cannot be told from a word.

    A list of known acronyms alone is no such sentence. Each sentence is looked at once.
    """

    def __init__(self, text: str, words: Sequence[re.Match[str]], known: dict[str, int]) -> None:
        self.text, self.words, self.known = text, words, known
        self.sentences: Iterator[tuple[int, bool]] | None = None
        self.end, self.shouted = 0, False

    def around(self, place: int) -> bool:
        """Answer for a place; places must be asked in order."""
        if self.sentences is None:
            self.sentences = self._read()
        while place >= self.end:
            self.end, self.shouted = next(self.sentences)
        return self.shouted

    def _read(self) -> Iterator[tuple[int, bool]]:
        index = 0
        for end in [*(found.end() for found in SENTENCE_END.finditer(self.text)), len(self.text) + 1]:
            sentence: list[str] = []
            while index < len(self.words) and self.words[index].start() < end:
                sentence.append(self.words[index].group())
                index += 1
            yield end, self._is_shouted(sentence)

    def _is_shouted(self, sentence: list[str]) -> bool:
        cased = [word for word in sentence if word.lower() != word.upper()]
        return (
            len(cased) >= SHOUTED_WORDS
            and all(word.isupper() for word in cased)
            and not all(undotted(normal(word)) in self.known for word in cased)
        )


def link_terms(html: str, lexicon: Lexicon, *, skip: frozenset[int] = frozenset()) -> Linked:
    """Cut rendered HTML at the first mark of each term; joined again, the pieces are the same HTML.

    `html` is what `markup.render.render` wrote: nh3 escapes `<` and `>` in attributes, so a tag ends at the first `>`.
    `skip` holds terms that are not marked here, such as the one that a definition defines.
    """
    pieces: list[str | Mark] = []
    marked = set(skip)
    position = 0
    for match in lexicon.find(readable(html)):
        if match.term in marked:
            continue
        marked.add(match.term)
        if match.start > position:
            pieces.append(html[position : match.start])
        pieces.append(Mark(match.term, html[match.start : match.end]))
        position = match.end
    if position < len(html):
        pieces.append(html[position:])
    return Linked(pieces)


def write(linked: Linked, *, seen: set[int], link: Callable[[Mark], str]) -> str:
    """The HTML of one piece of a page, with a link at each term that is not yet in `seen`, to which it is added.

    `link` answers with the whole element around `mark.html`, or with nothing where there is to be no link.
    """
    written: list[str] = []
    for piece in linked:
        if isinstance(piece, str):
            written.append(piece)
        elif piece.term in seen or not (element := link(piece)):
            written.append(piece.html)
        else:
            seen.add(piece.term)
            written.append(element)
    return "".join(written)


def readable(html: str) -> str:
    """The text of HTML at the same offsets: tags and what is not marked are filled up with signs of the same length."""
    parts: list[str] = []
    position = unmarked = 0
    for found in _TAG_OR_ENTITY.finditer(html):
        start, end = found.span()
        parts.append(WALL * (start - position) if unmarked else html[position:start])
        closing, name = found.groups()
        if name is None:
            parts.append(_entity(found.group()))
        elif name in INLINE_TAGS:
            parts.append(TAG * (end - start))
        else:
            if name in UNMARKED_TAGS:
                unmarked = max(unmarked - 1, 0) if closing else unmarked + 1
            parts.append(WALL * (end - start))
        position = end
    parts.append(WALL * (len(html) - position) if unmarked else html[position:])
    return "".join(parts)


def _entity(entity: str) -> str:
    character = ENTITIES[entity]
    return character * len(entity) if character == " " else character.ljust(len(entity), PAD)


def _read(text: str) -> tuple[str, str, str, _Shape]:
    """A spelling's key, its first and second word folded, and its shape."""
    text = " ".join(text.split())
    words = list(each_word(text))
    if not words:
        return "", "", "", _Shape(0, "", "")
    before, after = text[: words[0].start()], text[words[-1].end() :]
    first, second = [*(_folded(word.group()) for word in words[:2]), ""][:2]
    return _key(text, words), first, second, _Shape(len(words), before, after)


def _longest_first(shape: _Shape) -> tuple[int, int]:
    return -shape.words, -len(shape.before) - len(shape.after)


def _folded(word: str) -> str:
    if word.isascii() and word.isalnum():  # nearly all words, at a third of the cost
        return word.lower()
    return undotted(normal(word)).casefold()


def _key(text: str, words: Sequence[re.Match[str]]) -> str:
    """What is compared: one word without dots, or a phrase with single spaces and straight apostrophes."""
    if text.isascii() and text.isalnum():
        return text
    if len(words) == 1 and "." in words[0].group():
        text = text.replace(words[0].group(), undotted(words[0].group()))
    if text.isascii():
        return " ".join(normal(text).split())
    return " ".join(normal(text).translate(_APOSTROPHES).split())


def _stands_alone(text: str, start: int, end: int, shape: _Shape) -> bool:
    """A match holds no tag, no hyphen joins it to a word, and no letter touches a sign of its own, as in C++x."""
    if TAG in text[start:end]:
        return False
    if text[start - 1 : start] == " " == text[end : end + 1]:  # nearly everywhere
        return True
    before, after = _next_two(text, start - 1, -1), _next_two(text, end, 1)
    return not (
        _joins(before)
        or _joins(after)
        or (shape.before and before[:1].isalnum())
        or (shape.after and after[:1].isalnum())
    )


def _joins(neighbours: str) -> bool:
    return len(neighbours) > 1 and neighbours[0] in HYPHENS and neighbours[1].isalnum()


def _next_two(text: str, place: int, step: int) -> str:
    """The two characters from a place on, in one direction, tags left out."""
    found = ""
    while 0 <= place < len(text) and len(found) < 2:  # noqa: PLR2004  # two, as the name says
        if text[place] != TAG:
            found += text[place]
        place += step
    return found
