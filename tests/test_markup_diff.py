from itertools import pairwise

import pytest
from hypothesis import given, strategies as st

from markup.diff import Change, word_diff


def side(changes, kind):
    return "".join(change.text for change in changes if change.kind in {"same", kind})


@pytest.mark.parametrize(
    ("old", "new", "changes"),
    [
        ("", "", []),
        ("a", "a", [("same", "a")]),
        ("", "a", [("new", "a")]),
        ("a", "", [("gone", "a")]),
        ("one two three", "one 2 three", [("same", "one "), ("gone", "two"), ("new", "2"), ("same", " three")]),
        ("one three", "one two three", [("same", "one "), ("new", "two "), ("same", "three")]),
        ("The PMO.", "The PMO!", [("same", "The PMO"), ("gone", "."), ("new", "!")]),
    ],
)
def test_changes_are_words(old, new, changes):
    assert word_diff(old, new) == [Change(*change) for change in changes]


TEXTS = st.text() | st.lists(st.sampled_from(["a", "b", "c", ".", "\n", "PMO", "CMO", "é"]), max_size=60).map(" ".join)


@given(TEXTS, TEXTS)
def test_each_side_can_be_put_together_again(old, new):
    changes = word_diff(old, new)
    assert side(changes, "gone") == old
    assert side(changes, "new") == new
    assert all(change.text for change in changes)
    assert all(first.kind != second.kind for first, second in pairwise(changes))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("a " * 32_000, "b " * 32_000),
        ("a b " * 16_000, "b a " * 16_000),
        ("a\n" * 32_000, "b\n" * 32_000),
        ("a b. " * 600, "b c. " * 600),
        ("x" * 65_000, "y" * 65_000),
        ("a. " * 20_000, "b " + "a. " * 20_000 + "c"),
    ],
)
def test_long_texts_are_compared_too(old, new):
    changes = word_diff(old, new)
    assert side(changes, "gone") == old
    assert side(changes, "new") == new


def test_two_small_changes_far_apart_in_a_long_text_stay_small():
    sentences = [f"Sentence number {number} says something about projects." for number in range(500)]
    old = " ".join(sentences)
    new = old.replace("number 3 says", "number 3 said").replace("number 490 says", "number 490 said")
    assert [change for change in word_diff(old, new) if change.kind != "same"] == [
        Change("gone", "says"),
        Change("new", "said"),
    ] * 2
