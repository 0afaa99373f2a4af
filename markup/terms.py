"""Finding the terms of the glossary in a text, and marking them in the HTML of a post.

The lookup goes from the first word of a spelling to the longest that fits. Never one regex of the whole glossary: with
4,815 terms and 20 posts a dictionary took 4 ms, a regex 477 ms.
"""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from markup.words import PAD, TAG, cut, normal, undotted

# Stands in place of a block's tag and of everything that is not read: no phrase goes across it.
WALL = "\x00"
INLINE_TAGS = frozenset({"em", "strong", "s"})
# A link leads elsewhere already, code is exact, a quotation leads to its own thread.
UNMARKED_TAGS = frozenset({"a", "code", "pre", "h1", "h2", "h3", "h4", "h5", "h6", "button", "blockquote"})
ENTITIES = {"&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&nbsp;": " "}
HYPHENS = frozenset("-‐‑")
SHOUTED_WORDS = 5
TWO = 2  # words, by which a spelling is looked up
MOST_KEPT_WORDS, LONGEST_KEPT_WORD = 20_000, 40  # some 3 MB in a process

_TAG_OR_ENTITY = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)[^<>]*>|&(?:amp|lt|gt|quot|nbsp);")
# From the first of several signs only, and without going back: 64 KB of dots took minutes.
SENTENCE_END = re.compile(rf"(?<![.!?…])[.!?…]++[\"'”’)\]]*+\s|[\n{WALL}]+")
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


class Undefined(NamedTuple):
    """A place of an acronym that nobody has defined; `key` names it (`markup.slugs.key`), `html` as in a mark."""

    key: str
    html: str


class Place(NamedTuple):
    """Where such an acronym stands: text[start:end]."""

    start: int
    end: int
    key: str


class _Shape(NamedTuple):
    """How far a spelling reaches: its number of words, and the signs before and after them, as in C++."""

    words: int
    before: str
    after: str


class Linked(tuple[str | Mark | Undefined, ...]):
    """The pieces of a post: HTML as it stands, and the first mark of each word. Immutable, to be cached or pickled."""

    __slots__ = ()

    @property
    def terms(self) -> frozenset[int]:
        return frozenset(piece.term for piece in self if isinstance(piece, Mark))


class Lexicon:
    """An immutable lookup of spellings. Where two are the same, an exact one wins, then the one given first."""

    __slots__ = ("_exact", "_folded", "_phrases", "_shapes")

    def __init__(self, spellings: Iterable[Spelling]) -> None:
        self._exact: dict[str, int] = {}
        self._folded: dict[str, int] = {}
        self._phrases: set[str] = set()  # of three words and more, as folded words
        shapes: dict[str, dict[str, set[_Shape]]] = {}
        for spelling in spellings:
            key, words, shape = _read(spelling.text)
            if not words:
                continue
            if spelling.exact:
                self._exact.setdefault(key, spelling.term)
            else:
                self._folded.setdefault(key.casefold(), spelling.term)
            if shape.words > TWO:
                self._phrases.add(" ".join(words))
            shapes.setdefault(words[0], {}).setdefault(words[1] if shape.words > 1 else "", set()).add(shape)
        # First word → second word, or nothing for a spelling of one word → shapes, the longest first. Those of one
        # word stand with each second word as well, so that a place in a text costs one look.
        self._shapes = {
            first: {
                second: tuple(sorted(found | seconds.get("", set()), key=_longest_first))
                for second, found in seconds.items()
            }
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
        read = _Text(text)
        folded, places = read.folded, read.places
        end = 0
        for index, seconds in enumerate(map(self._shapes.get, folded)):
            if seconds is None or places[2 * index] < end:
                continue
            shapes = seconds.get(folded[index + 1]) or seconds.get("")
            if shapes and (match := self._longest(read, index, shapes)) and match.start >= end:
                matches.append(match)
                end = match.end
        return matches

    def _longest(self, read: "_Text", index: int, shapes: Sequence[_Shape]) -> Match | None:
        text, places = read.text, read.places
        for shape in shapes:
            after_last = index + shape.words
            if shape.words > TWO and " ".join(read.folded[index:after_last]) not in self._phrases:
                continue
            if after_last > len(read.words):
                continue
            start, end = places[2 * index] - len(shape.before), places[2 * after_last - 1] + len(shape.after)
            if text[end - 1 : end] == TAG:
                end = start + len(text[start:end].rstrip(TAG))
            term = self._term(_key(text[start:end], read.words[index:after_last]), index, read)
            if term is not None and start >= 0 and _stands_alone(text, start, end, shape):
                return Match(start, end, term)
        return None

    def _term(self, key: str, index: int, read: "_Text") -> int | None:
        term = self._exact.get(key)
        if term is None or read.is_shouted_around(index, self._exact):
            return self._folded.get(key.casefold())
        return term


class _Folds(dict[str, str]):
    """Words in the form in which they are looked up, kept for all texts: most words of a text stood in others."""

    def __missing__(self, word: str) -> str:
        folded = _folded(word)
        if len(word) <= LONGEST_KEPT_WORD:
            if len(self) >= MOST_KEPT_WORDS:
                self.clear()
            self[word] = folded
        return folded


_folds = _Folds()


class _Text:
    """A text in words; `folded` has one more, which is empty, so that each word has one that follows."""

    __slots__ = ("_sentences", "folded", "places", "text", "words")

    def __init__(self, text: str) -> None:
        self.text = text
        self.words, self.places = cut(text)
        self.folded = [*map(_folds.__getitem__, self.words), ""]
        self._sentences: _Shouts | None = None

    def is_shouted_around(self, index: int, known: Mapping[str, int]) -> bool:
        """Whether the word stands in a sentence that is all in capitals; words must be asked for in order."""
        if not self._may_be_shouted(index):
            return False
        if self._sentences is None:
            self._sentences = _Shouts(self, known)
        return self._sentences.around(self.places[2 * index])

    def _may_be_shouted(self, index: int) -> bool:
        """Whether its neighbours allow that: nearly everywhere one of the next two words answers."""
        capitals = 1
        for row in (
            self.words[max(index - SHOUTED_WORDS, 0) : index][::-1],
            self.words[index + 1 : index + 1 + SHOUTED_WORDS],
        ):
            for word in row:
                if word.isupper():
                    capitals += 1
                elif word.lower() != word.upper():
                    break
            else:
                capitals += len(row) == SHOUTED_WORDS and SHOUTED_WORDS  # who knows how it goes on
        return capitals >= SHOUTED_WORDS


class _Shouts:
    """Whether a place lies in a sentence that is all in capitals, where an acronym cannot be told from a word.

    A list of known acronyms alone is no such sentence. Each sentence is looked at once.
    """

    def __init__(self, read: _Text, known: Mapping[str, int]) -> None:
        self.read, self.known = read, known
        self.sentences = self._each()
        self.end, self.shouted = 0, False

    def around(self, place: int) -> bool:
        """Answer for a place; places must be asked in order."""
        while place >= self.end:
            self.end, self.shouted = next(self.sentences)
        return self.shouted

    def _each(self) -> Iterator[tuple[int, bool]]:
        words, starts, text = self.read.words, self.read.places[::2], self.read.text
        first = 0
        for end in [*(found.end() for found in SENTENCE_END.finditer(text)), len(text) + 1]:
            after = bisect_left(starts, end, first, len(words))
            yield end, self._is_shouted(words[first:after])
            first = after

    def _is_shouted(self, sentence: list[str]) -> bool:
        cased = [word for word in sentence if word.lower() != word.upper()]
        return (
            len(cased) >= SHOUTED_WORDS
            and all(word.isupper() for word in cased)
            and not all(undotted(normal(word)) in self.known for word in cased)
        )


def link_terms(
    html: str,
    lexicon: Lexicon,
    *,
    skip: frozenset[int] = frozenset(),
    undefined: Callable[[str], Iterable[Place]] | None = None,
) -> Linked:
    """Cut rendered HTML at the first mark of each term; joined again, the pieces are the same HTML.

    `html` is what `markup.render.render` wrote: nh3 escapes `<` and `>` in attributes, so a tag ends at the first `>`.
    `skip` holds terms that are not marked here, such as the one that a definition defines. `undefined` answers with the
    places of acronyms in the text that `readable` made, in order; those within a term are left out.
    """
    pieces: list[str | Mark | Undefined] = []
    marked: set[int | str] = set(skip)
    position = 0
    text = readable(html)
    matches = lexicon.find(text)
    for start, end, word in _in_order(text, matches, undefined(text)) if undefined else matches:
        if word in marked:
            continue
        marked.add(word)
        if start > position:
            pieces.append(html[position:start])
        shown = html[start:end]
        pieces.append(Mark(word, shown) if isinstance(word, int) else Undefined(word, shown))
        position = end
    if position < len(html):
        pieces.append(html[position:])
    return Linked(pieces)


def _in_order(text: str, matches: Sequence[Match], places: Iterable[Place]) -> Iterator[Match | Place]:
    """Both by where they stand. A place that shares a sign with a term, or holds a tag, is no place of its own."""
    next_one = 0
    for place in places:
        while next_one < len(matches) and matches[next_one].start < place.end:
            yield matches[next_one]
            next_one += 1
        is_within = next_one > 0 and matches[next_one - 1].end > place.start
        if not is_within and TAG not in text[place.start : place.end]:
            yield place
    yield from matches[next_one:]


def write(
    linked: Linked, *, seen: set[int | str], link: Callable[[Mark], str], ask: Callable[[Undefined], str] | None = None
) -> str:
    """The HTML of one piece of a page, with a link at each word that is not yet in `seen`, to which it is added.

    `link` answers with the whole element around `mark.html`, or with nothing where there is to be no link; so does
    `ask` for acronyms that nobody has defined, which are plain text without it.
    """
    written: list[str] = []
    for piece in linked:
        if isinstance(piece, str):
            written.append(piece)
            continue
        if isinstance(piece, Mark):
            word: int | str = piece.term
            element = "" if word in seen else link(piece)
        else:
            word = piece.key
            element = "" if word in seen or ask is None else ask(piece)
        if element:
            seen.add(word)
        written.append(element or piece.html)
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


def _read(text: str) -> tuple[str, list[str], _Shape]:
    """A spelling's key, its words folded, and its shape."""
    text = " ".join(text.split())
    words, places = cut(text)
    if not words:
        return "", [], _Shape(0, "", "")
    before, after = text[: places[0]], text[places[-2] :]
    return _key(text, words), [_folded(word) for word in words], _Shape(len(words), before, after)


def _longest_first(shape: _Shape) -> tuple[int, int]:
    return -shape.words, -len(shape.before) - len(shape.after)


def _folded(word: str) -> str:
    if word.isascii() and word.isalnum():  # nearly all words, at a third of the cost
        return word.lower()
    return undotted(normal(word)).casefold()


def _key(text: str, words: Sequence[str]) -> str:
    """What is compared: one word without dots, or a phrase with single spaces and straight apostrophes."""
    if text.isascii() and text.isalnum():
        return text
    if len(words) == 1 and "." in words[0]:
        text = text.replace(words[0], undotted(words[0]))
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
