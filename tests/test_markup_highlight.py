from html import unescape

import pytest
from hypothesis import given, strategies as st

from markup.highlight import best_excerpt, highlight, words


def is_pmo(word):
    return word.replace(".", "").lower() in {"pmo", "cmo"}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("PMO/CMO", ["PMO", "CMO"]),
        ("PMO's PMO’s", ["PMO", "s"]),
        ("P.M.O. is", ["P.M.O.", "is"]),
        ("e-PMO snake_case", ["e", "PMO", "snake", "case"]),
        ("Größe हिन्दी", ["Größe", "हिन्दी"]),
        ("a a A", ["a", "A"]),
        ("… — 🚀", []),
    ],
)
def test_words_are_those_of_search(text, found):
    assert words(text) == found


def test_matching_words_are_marked_and_everything_is_escaped():
    assert highlight("<b> the PMO/CMO & “pmo”", is_pmo) == (
        "&lt;b&gt; the <mark>PMO</mark>/<mark>CMO</mark> &amp; “<mark>pmo</mark>”"
    )


@given(st.text())
def test_highlighting_never_changes_the_text(text):
    html = highlight(text, lambda word: len(word) % 2 == 0)
    plain = html.replace("<mark>", "").replace("</mark>", "")
    assert "<" not in plain
    assert ">" not in plain
    assert unescape(plain) == unescape(text.replace("&", "&amp;"))


def test_the_excerpt_stands_where_most_matches_are():
    text = "PMO once. " + "Nothing here. " * 30 + "Then PMO and CMO and PMO again. " + "Nothing here. " * 30
    found = best_excerpt(text, is_pmo, 80)
    assert "PMO and CMO and PMO" in found
    assert found.startswith("…")
    assert found.endswith("…")


def test_without_a_match_the_excerpt_is_the_beginning():
    assert best_excerpt("one two three", is_pmo, 9) == "one two…"


@given(
    st.lists(st.sampled_from(["a", "word", "PMO", "CMO", "longer,", "and;", "x.\n"]), max_size=80).map(" ".join),
    st.integers(20, 60),
)
def test_an_excerpt_keeps_its_length_and_shows_a_match(text, length):
    found = best_excerpt(text, is_pmo, length)
    assert len(found) <= length
    assert any(is_pmo(word) for word in words(found)) == any(is_pmo(word) for word in words(text))
