"""Reading a discussion page that was copied as text.

The pages of our own stand in `data/pasted`, each with what it must give beside it.
"""

import html
import re
import tomllib
import unicodedata
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import example, given, settings, strategies as st

from markup.render import render
from threads import pasted
from threads.pasted import Unreadable, as_markdown, decode, digest_of, read, read_bytes
from threads.pasted_header import Header, boundaries, parse

REAL_THREAD = Path(__file__).parents[2] / "shared" / "seed" / "pmo-vs-cmo.txt"
PAGES = sorted((Path(__file__).parent / "data" / "pasted").glob("*.txt"))
EILEEN = (
    "Eileen Roden",
    "Consulting Director",
    "House of PMO and PMO Learning",
    "Solihull, West Midlands, United Kingdom",
)
AKSHAY = ("AKSHAY JAIN", "Planning Group Leader", "YOKOGAWA, Bahrain", "Gwalior, Mp, India")
LINDA = (
    "Linda Zinn",
    "Director, Enterprise Project Management Office",
    "FlightSafety International",
    "Rutherford, Nj, United States",
)
SERGIO = (
    "Sergio Luis Conte",
    "Helping to create solutions for everyone",
    "Worldwide based Organizations",
    "Buenos Aires, Argentina",
)
THOMAS = ("Thomas Walenta", "Global Project Economy Expert", "", "Hackenheim, Germany")
NOBODY = ("", "", "", "")


def affiliation(post):
    return post.name, post.role, post.organisation, post.location


def visible(markdown):
    """What a reader sees of a text, each run of white space as one space."""
    return squeezed(html.unescape(re.sub(r"<[^>]*>", "", render(markdown))))


def squeezed(text):
    return " ".join(text.split())


def typed(markdown):
    """The text that `as_markdown` was given: its backslashes taken away again."""
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", markdown)


def read_or_none(reading, source):
    """What was read; nothing when it was refused with a sentence. Any other exception goes through."""
    try:
        return reading(source)
    except Unreadable as refusal:
        if not str(refusal).endswith("."):
            raise
    return None


@pytest.fixture
def real():
    if not REAL_THREAD.exists():
        pytest.skip("The real thread is not laid beside this checkout; it is not ours to keep in the repository.")
    return REAL_THREAD.read_bytes()


def test_the_real_thread_gives_its_eleven_posts_with_the_affiliations_of_that_day(real):
    thread = read_bytes(real)
    assert thread.trailers == 11
    assert [affiliation(post) for post in thread.posts] == [
        EILEEN,
        AKSHAY,
        EILEEN,
        LINDA,
        NOBODY,
        SERGIO,
        AKSHAY,
        NOBODY,
        SERGIO,
        NOBODY,
        THOMAS,
    ]
    assert {post.name for post in thread.posts if post.name} == {p[0] for p in (EILEEN, AKSHAY, LINDA, SERGIO, THOMAS)}
    assert thread.notes == ()
    assert all(post.notes == () for post in thread.posts)


def test_the_real_thread_keeps_its_paragraphs_and_words(real):
    posts = read_bytes(real).posts
    assert [post.body.count("\n\n") + 1 for post in posts] == [1, 1, 1, 1, 1, 1, 1, 2, 1, 2, 3]
    assert posts[2].body == "Change Management Office."
    shown = " ".join(f"{post.raw_header} {visible(post.body)}".strip() for post in posts)
    assert shown == squeezed(real.decode().replace("Saving Changes...", " "))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_of_our_own_gives_what_stands_beside_it(page):
    expected = tomllib.loads(page.with_suffix(".toml").read_text())
    thread = read_bytes(page.read_bytes())
    assert thread.trailers == expected["trailers"]
    assert [affiliation(post) for post in thread.posts] == [
        tuple(post.get(part, "") for part in ("name", "role", "organisation", "location")) for post in expected["posts"]
    ]
    for post, wanted in zip(thread.posts, expected["posts"], strict=True):
        assert post.body.count("\n\n") + 1 == wanted["paragraphs"]
        assert bool(post.raw_header) == bool(wanted.get("name") or wanted.get("raw"))
        assert_reported(post.notes, wanted.get("reported", []))
    assert_reported(thread.notes, expected.get("reported", []))


def assert_reported(notes, wanted):
    assert len(notes) == len(wanted)
    for note, part in zip(notes, wanted, strict=True):
        assert part in note
        assert note.endswith(".")


def test_every_page_of_our_own_is_told_what_it_must_give():
    assert len(PAGES) >= 6
    assert all(page.with_suffix(".toml").exists() for page in PAGES)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_no_word_of_a_page_is_lost(page):
    text = page.read_text()
    shown = " ".join(f"{post.raw_header} {visible(post.body)}".strip() for post in read(text).posts)
    assert shown == squeezed(re.sub(r"Saving Changes\.\.\.$", " ", text, flags=re.MULTILINE))


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Eileen RodenConsulting", ["Eileen Roden", "Consulting"]),
        ("AKSHAY JAINPlanning", ["AKSHAY JAIN", "Planning"]),
        ("Ana SilvaPMO Lead", ["Ana Silva", "PMO Lead"]),
        ("FlightSafety", ["Flight", "Safety"]),
        ("SharePointLead", ["Share", "Point", "Lead"]),
        ("AcmeUSA", ["Acme", "USA"]),
        ("GmbHBerlin", ["Gmb", "H", "Berlin"]),
        ("ЖданОлегович", ["Ждан", "Олегович"]),
        ("ÉlodieØye", ["Élodie", "Øye"]),
        (
            unicodedata.normalize("NFD", "RenéÉlodie"),
            [unicodedata.normalize("NFD", part) for part in ("René", "Élodie")],
        ),
        ("Smith-McDonaldPlanner", ["Smith-McDonald", "Planner"]),
        ("Head of PMOsLisbon", ["Head of PMOs", "Lisbon"]),
        ("Ana Silva, PhDConsultant", ["Ana Silva, PhD", "Consultant"]),
        ("AcmeMcAllen", ["Acme", "McAllen"]),
    ],
)
def test_parts_run_together_are_found_by_the_shape_of_their_letters(text, parts):
    edges = [0, *boundaries(text), len(text)]
    assert [text[a:b] for a, b in pairwise(edges)] == parts


@pytest.mark.parametrize(
    "word",
    [
        *("McDonald", "MacLeod", "DeShawn", "VanDyke", "FitzGerald", "O'Neill", "O’Neill", "ONeill", "eBay", "iPhone"),
        *("PMO", "PMOs", "CMOs", "PMO's", "MSc", "PhD", "PgMP", "PMO/CMO", "e-PMO", "Jean-Luc", "J.R.", "王伟Project"),
        *("", "a", "A", "أحمد", "PMO2Lead", "Jr.Project"),
    ],
)
def test_what_belongs_together_is_never_parted(word):
    assert boundaries(word) == []


def test_the_last_of_several_places_is_the_location():
    header = parse("Ana SilvaPMO Lead| Lagos, NigeriaPorto, PortugalLeeds, United Kingdom")
    assert (header.organisation, header.location) == ("Lagos, NigeriaPorto, Portugal", "Leeds, United Kingdom")


def test_two_boundaries_and_a_place_make_a_header_but_a_closing_full_stop_makes_a_sentence():
    assert isinstance(parse("Dora LimaChange ManagerCoimbra, Portugal"), Header)
    assert not isinstance(parse("Dora LimaChange ManagerCoimbra, Portugal."), Header)


def test_only_the_first_line_or_the_one_after_a_trailer_can_be_a_header():
    first = "Hello\nAna SilvaPMO Lead| AcmeLisbon, Portugal\nBye Saving Changes..."
    thread = read(f"{first}\n\n  \nAna SilvaPMO Lead| AcmeFaro, Portugal\nHi Saving Changes...")
    assert [post.name for post in thread.posts] == ["", "Ana Silva"]
    assert thread.posts[0].body == "Hello\n\nAna SilvaPMO Lead| AcmeLisbon, Portugal\n\nBye"


def test_a_long_line_is_a_paragraph_and_no_header():
    line = "Ana SilvaPMO Lead| " + "very " * 100 + "AcmeLisbon, Portugal"
    assert read(f"{line}\nSaving Changes...").posts[0].name == ""


def test_an_empty_post_keeps_its_place():
    thread = read(
        "Ana SilvaPMO Lead| AcmeLisbon, Portugal\nSaving Changes...\nSaving Changes...\nText. Saving Changes..."
    )
    assert [(post.name, post.body) for post in thread.posts] == [("Ana Silva", ""), ("", ""), ("", "Text.")]
    assert thread.posts[0].notes == ("This post has no text.",)
    assert thread.posts[1].notes == ("This post is empty.",)


def test_a_missing_last_trailer_is_reported_and_its_post_kept():
    thread = read("One. Saving Changes...\nTwo.")
    assert thread.trailers == 1
    assert [post.body for post in thread.posts] == ["One.", "Two."]
    assert_reported(thread.notes, ["The last post is not closed"])


def test_the_trailer_is_known_in_every_way_it_is_copied():
    thread = read(
        "One. Saving Changes...\nTwo. Saving Changes…\nThree.\nSaving\u00a0Changes...  \r\nFour.Saving Changes..."
    )
    assert thread.trailers == 4
    assert [post.body for post in thread.posts] == ["One.", "Two.", "Three.", "Four."]


def test_windows_line_ends_and_trailing_spaces_change_nothing():
    unix = "Ana SilvaPMO Lead| AcmeLisbon, Portugal\nOne.\n\nTwo. Saving Changes...\n"
    windows = "\ufeff" + unix.replace("\n", "   \r\n")
    assert read(windows) == read(unix)


SAVED_AGAIN = [
    lambda text: text.replace("\n", "\r\n"),
    lambda text: text.replace("\n", "\r"),
    lambda text: "\ufeff" + text,
    lambda text: text.replace("\n", "  \n"),
    lambda text: text.replace("\n\n", "\n\n\n\n"),
    lambda text: "\n" + text + "\n\n",
    lambda text: text.replace("...", "…"),
    lambda text: text.replace(" ", "\u00a0"),
    lambda text: unicodedata.normalize("NFD", text),
]


@pytest.mark.parametrize("saved_again", SAVED_AGAIN)
def test_the_same_page_saved_again_is_known_again(saved_again):
    text = "Élodie MartinPMO Lead| AcmeLyon, France\nOne.\n\nTwo. Saving Changes...\nThree. Saving Changes..."
    assert saved_again(text) != text
    assert read(saved_again(text)).digest == read(text).digest


def test_another_page_has_another_digest():
    assert digest_of("One. Saving Changes...") != digest_of("One! Saving Changes...")
    assert re.fullmatch(r"[0-9a-f]{64}", digest_of(""))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "This file is empty."),
        ("\ufeff \r\n\t", "This file is empty."),
        ("A text without any end.", "No post in this file is closed"),
        ("saving changes...", "No post in this file is closed"),
        ("Saving Changes...\n Saving Changes…", "holds nothing but"),
        ("One.\0 Saving Changes...", "bytes that are no text"),
        ("One.\ud800 Saving Changes...", "bytes that are no text"),
        ("x" * pasted.SIZE_LIMIT + " Saving Changes...", "larger than 5 MB"),
    ],
)
def test_what_is_no_copied_page_is_refused_with_a_sentence(text, sentence):
    with pytest.raises(Unreadable, match=sentence) as refusal:
        read(text)
    assert str(refusal.value).endswith(".")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_file_says_its_encoding_itself(encoding):
    data = "Żaneta says “né”. Saving Changes...".encode(encoding)
    assert decode(data).endswith("Saving Changes...")
    thread = read_bytes(data)
    assert thread.posts[0].body == "Żaneta says “né”."
    assert thread.notes == ()


def test_a_file_of_an_old_windows_is_read_and_reported():
    thread = read_bytes("René’s plan. Saving Changes…".encode("cp1252"))
    assert thread.posts[0].body == "René’s plan."
    assert_reported(thread.notes, ["read as Windows-1252"])


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "This file is empty."),
        (b"\xff\xfea", "begins like UTF-16"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "not plain text"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\x01\x02", "not plain text"),
        (b"caf\xe9 \x81 Saving Changes...", "not plain text"),
        (b"One.\x00 Saving Changes...", "bytes that are no text"),
        ("One. Saving Changes...".encode("utf-32"), "bytes that are no text"),
        (b"x" * (pasted.SIZE_LIMIT + 1), "larger than 5 MB"),
    ],
)
def test_a_file_that_is_no_text_is_refused_with_a_sentence(data, sentence):
    with pytest.raises(Unreadable, match=sentence):
        read_bytes(data)


AS_TYPED = [
    "# not a heading",
    "#12 is what I answer to",
    "> not a quotation",
    "* not a list",
    "- nor this",
    "+ nor this",
    "- - -",
    "---",
    "***",
    "___",
    "1. first",
    "12) twelfth",
    "2024. What a year",
    "    four spaces of code",
    "\ttab of code",
    "*emphasis* and **strong** and 2 * 3 * 4",
    "_emphasis_, __init__ and snake_case_words",
    "`code` and ```fence```",
    "~~struck~~ ~~~",
    "<b>bold</b> and <https://example.com> and a < b",
    "[link](https://example.com), ![image](x.png), [ref][1]",
    "[1]: https://example.com",
    "AT&amp;T, AT&T and &copy; &#35;",
    r"a\*b, C:\new\*.txt and the end \ ".strip(),
    "ends with \\",
    "\\# and \\\\",
    "| a | b |",
    "https://example.com/a_b_c?x=1&y=2",
    "=====",
    "- [x] done",
    ": definition",
    "Title\n=====\nText\n-----",
    "| a | b |\n| - | - |\n| c | d |",
    "1. one\n2. two\n\n\n3. three",
    "```\ncode\n```",
]


@pytest.mark.parametrize("text", AS_TYPED)
def test_a_text_comes_out_as_it_was_typed(text):
    assert visible(as_markdown(text)) == squeezed(text)
    assert set(re.findall(r"<(\w+)", render(as_markdown(text)))) <= {"p", "a"}


def test_running_text_needs_no_backslash():
    text = "The PMO's plan (v2.1), 50 % done - see https://example.com/a_b: who's in? Yes! 3 > 2 & R+D; “so” it goes…"
    assert as_markdown(text) == text


SIGNS = st.text(alphabet=" \n\t#*_>`<[]()!~|\\&;-+=:/.1aAb\"'", max_size=60)


@settings(deadline=None)
@given(st.text(max_size=200) | SIGNS)
@example("a\x0bb\x85c\u2028d")
@example("&nbsp;&#0;&#x1F600;")
@example("\ufdd0a\x7fb")
def test_any_text_shows_the_words_that_were_typed(text):
    assert visible(as_markdown(text)) == squeezed(pasted._UNSEEN_CONTROL.sub("", text))
    assert typed(as_markdown(text)).split() == pasted._UNSEEN_CONTROL.sub("", text).split()


HEADERISH = st.lists(
    st.sampled_from(
        ["Ana ", "Silva", "PMO", " Lead", "| ", "Acme", "Lisbon", ", ", "Portugal", "McDonald", ".", "van ", "JAIN"]
    )
    | st.text(max_size=5),
    max_size=12,
).map("".join)
LINES = st.lists(HEADERISH | st.just("Saving Changes...") | SIGNS, max_size=12)


@settings(deadline=None)
@given(st.text() | LINES.map("\n".join) | LINES.map(" Saving Changes...\n".join))
def test_reading_refuses_with_a_sentence_or_loses_no_word(text):
    thread = read_or_none(read, text)
    if not thread:
        return
    kept = [word for post in thread.posts for word in f"{post.raw_header} {typed(post.body)}".split()]
    ended = re.sub(r"Saving[ \xa0]Changes[ \xa0]*(\.\.\.|…)\s*?(?=[\r\n\x0b\x0c\x85\u2028\u2029]|\Z)", " ", text)
    assert "".join(kept) == "".join(pasted._UNSEEN_CONTROL.sub("", ended.removeprefix("\ufeff")).split())
    for post in thread.posts:
        parts = "".join(affiliation(post)).replace("|", "")
        whole = unicodedata.normalize("NFC", post.raw_header).replace("|", "")
        assert not post.name or "".join(parts.split()) == "".join(whole.split())


@settings(deadline=None)
@given(st.binary() | st.text().map(str.encode) | st.text().map(lambda text: text.encode("utf-16")))
def test_any_file_is_read_or_refused_with_a_sentence(data):
    thread = read_or_none(read_bytes, data + b"\nOne. Saving Changes...")
    assert thread is None or thread.trailers
