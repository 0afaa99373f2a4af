"""What changed between two versions of a text, word by word."""

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import groupby
from typing import Literal, NamedTuple

Kind = Literal["same", "gone", "new"]

# SequenceMatcher compares in the worst case each piece with each, over and over: 600 × 600 pieces took 0.1 s.
MAX_PAIRS = 360_000
# A word and the white space after it apart, so that a new line break does not make a word new.
_WORDS = re.compile(r"\s+|\w+|[^\w\s]")
_SENTENCES = re.compile(r"[^\n.!?]*[.!?\n]+[^\S\n]*|[^\n.!?]+")


class Change(NamedTuple):
    """A stretch of text that both versions hold, or only the old one (gone), or only the new one."""

    kind: Kind
    text: str


def word_diff(old: str, new: str) -> list[Change]:
    """The changes from one text to another: same and gone together are the old text, same and new the new one.

    By words where that is quick enough, else by sentences and words within them, else as a whole: two texts of 64 KB
    that share nothing are answered as well.
    """
    return list(_joined(_by_words(old, new)))


def _by_words(old: str, new: str) -> Iterator[Change]:
    before, after = _WORDS.findall(old), _WORDS.findall(new)
    head, tail = _common_ends(before, after)
    yield Change("same", "".join(before[:head]))
    old_middle, new_middle = before[head : len(before) - tail], after[head : len(after) - tail]
    if len(old_middle) * len(new_middle) <= MAX_PAIRS:
        for kind, pieces, others in _blocks(old_middle, new_middle):
            yield from (
                _replaced("".join(pieces), "".join(others)) if kind == "replace" else (Change("same", "".join(pieces)),)
            )
    else:
        yield from _by_sentences("".join(old_middle), "".join(new_middle))
    yield Change("same", "".join(before[len(before) - tail :]))


def _by_sentences(old: str, new: str) -> Iterator[Change]:
    before, after = _SENTENCES.findall(old), _SENTENCES.findall(new)
    if len(before) * len(after) > MAX_PAIRS or min(len(before), len(after)) <= 1:
        yield from _replaced(old, new)
        return
    for kind, pieces, others in _blocks(before, after):
        if kind == "replace":
            yield from _within("".join(pieces), "".join(others))
        else:
            yield Change("same", "".join(pieces))


def _within(old: str, new: str) -> Iterator[Change]:
    if len(_WORDS.findall(old)) * len(_WORDS.findall(new)) <= MAX_PAIRS:
        yield from _by_words(old, new)
    else:
        yield from _replaced(old, new)


def _blocks(
    before: Sequence[str], after: Sequence[str]
) -> Iterator[tuple[Literal["same", "replace"], Sequence[str], Sequence[str]]]:
    for tag, start, end, other_start, other_end in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        yield "same" if tag == "equal" else "replace", before[start:end], after[other_start:other_end]


def _replaced(old: str, new: str) -> Iterator[Change]:
    yield Change("gone", old)
    yield Change("new", new)


def _common_ends(before: Sequence[str], after: Sequence[str]) -> tuple[int, int]:
    """How many pieces at the beginning and at the end are the same, without counting one twice."""
    shortest = min(len(before), len(after))
    head = 0
    while head < shortest and before[head] == after[head]:
        head += 1
    tail = 0
    while tail < shortest - head and before[-1 - tail] == after[-1 - tail]:
        tail += 1
    return head, tail


def _joined(changes: Iterator[Change]) -> Iterator[Change]:
    """Without empty ones, and neighbours of one kind as one."""
    for kind, group in groupby((change for change in changes if change.text), key=lambda change: change.kind):
        yield Change(kind, "".join(change.text for change in group))
