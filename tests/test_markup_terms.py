import pickle
import re
from string import ascii_letters

import pytest
from hypothesis import given, strategies as st

from markup.acronyms import places, undefined
from markup.render import render
from markup.slugs import key
from markup.terms import Lexicon, Linked, Mark, Spelling, Undefined, link_terms, readable, write

PMO, CMO, OFFICE, MANAGER, P3O, RND, IT, BACKLOG, STARTUP, CPP, PMO_LEAD = range(1, 12)
LEXICON = Lexicon(
    [
        Spelling("PMO", PMO, exact=True),
        Spelling("CMO", CMO, exact=True),
        Spelling("CMOs", CMO, exact=True),
        Spelling("Project Management Office", OFFICE, exact=False),
        Spelling("Project Manager", MANAGER, exact=False),
        Spelling("P3O", P3O, exact=True),
        Spelling("R&D", RND, exact=True),
        Spelling("IT", IT, exact=True),
        Spelling("Backlog", BACKLOG, exact=False),
        Spelling("start-up", STARTUP, exact=False),
        Spelling("C++", CPP, exact=True),
        Spelling("PMO Lead", PMO_LEAD, exact=False),
        Spelling("?!", 99, exact=True),
    ]
)


def found(text):
    return [text[match.start : match.end] for match in LEXICON.find(text)]


@pytest.mark.parametrize(
    ("text", "marks"),
    [
        ("(PMO)", ["PMO"]),
        ("PMO/CMO", ["PMO", "CMO"]),
        ("PMO / CMO", ["PMO", "CMO"]),
        ("PMO's", ["PMO"]),
        ("PMO’s", ["PMO"]),
        ("PMOs", []),
        ("CMOs", ["CMOs"]),
        ("CMOs’", ["CMOs"]),
        ("e-PMO", []),
        ("e‑PMO with a hyphen that does not break", []),
        ("PMO-led", []),
        ("- PMO", ["PMO"]),
        ("-PMO-", ["PMO"]),
        ("CMO–PMO", ["CMO", "PMO"]),
        ("CMO—PMO", ["CMO", "PMO"]),
        ("CMOS", []),
        ("xPMO", []),
        ("PMO2", []),
        ("my_PMO", []),
        ("P.M.O.", ["P.M.O."]),
        ("P.M.O", ["P.M.O"]),
        ("the P.M.O. is", ["P.M.O."]),
        ("p.m.o.", []),
        ("P.M.Office", []),
        ("the PMO.", ["PMO"]),
        ("PMO.Next", ["PMO"]),
        ("P3O", ["P3O"]),
        ("P3", []),
        ("СМО", []),
        ("РМО", []),
        ("ＰＭＯ", ["ＰＭＯ"]),
        ("PM\u00adO", ["PM\u00adO"]),
        ("PM\u200bO", ["PM\u200bO"]),
        ("\ufeffPMO\u200e", ["PMO\u200e"]),
        ("PMO🚀", ["PMO"]),
        ("🚀PMO", ["PMO"]),
        ("👩🏽‍💻PMO👩🏽‍💻", ["PMO"]),
        ("我们的PMO很好", ["PMO"]),
        ("PMO는", ["PMO"]),
        ("مكتب PMO جديد", ["PMO"]),
        ("PMO\u0301", []),
        ("pmo", []),
        ("Pmo", []),
        ("it and IT", ["IT"]),
        ("R&D", ["R&D"]),
        ("R & D", []),
        ("C++", ["C++"]),
        ("C++x", []),
        ("C", []),
        ("start-up", ["start-up"]),
        ("Start‑Up", ["Start‑Up"]),
        ("start up", []),
        ("backlog", ["backlog"]),
        ("BACKLOGS", []),
        ("project management office", ["project management office"]),
        ("Project\u00a0Management   Office", ["Project\u00a0Management   Office"]),
        ("project\nmanagement\noffice", ["project\nmanagement\noffice"]),
        ("project management, office", []),
        ("non-project management office", []),
        ("project management office-wide", []),
        ("PMO lead", ["PMO lead"]),
        ("PMO leader", ["PMO"]),
        ("project project manager", ["project manager"]),
        ("THE PROJECT MANAGEMENT OFFICE IS HERE", ["PROJECT MANAGEMENT OFFICE"]),
        ("WE SAY IT IS THE PMO", []),
        ("WE SAY THE PMO", ["PMO"]),
        ("WE SAY IT IS THE PMO. The PMO.", ["PMO"]),
        ("PMO, CMO, P3O, IT, CMO", ["PMO", "CMO", "P3O", "IT", "CMO"]),
        ("We say IT IS THE PMO", ["IT", "PMO"]),
        ("?!", []),
        ("", []),
    ],
)
def test_a_term_is_found_where_it_is_a_word_of_its_own(text, marks):
    assert found(text) == marks


def test_the_longer_term_wins_and_the_term_inside_it_is_not_marked():
    assert [match.term for match in LEXICON.find("PMO Lead, PMO")] == [PMO_LEAD, PMO]


def test_where_two_spellings_are_the_same_the_exact_one_wins_then_the_first():
    lexicon = Lexicon(
        [Spelling("pmo", 1, exact=False), Spelling("Pmo", 2, exact=False), Spelling("PMO", 3, exact=True)]
    )
    assert [match.term for match in lexicon.find("PMO pmo")] == [3, 1]
    assert len(lexicon) == 2


def mark(html, **options):
    return write(link_terms(html, LEXICON, **options), seen=set(), link=lambda mark: f"[{mark.term}:{mark.html}]")


@pytest.mark.parametrize(
    "html",
    [
        '<p><a href="/x">PMO</a></p>',
        "<p><code>PMO</code></p>",
        "<pre><code>PMO\n</code></pre>",
        "<h3>PMO</h3>",
        "<h6>A <em>PMO</em></h6>",
        "<button>PMO</button>",
        "<blockquote>\n<p>PMO</p>\n<blockquote><p>x</p></blockquote><p>PMO</p></blockquote>",
        '<p><a href="/PMO" title="PMO">x</a></p>',
        "<p>P<em>MO</em></p>",
        "<p><em>P</em>MO</p>",
        "<p><em>e-</em>PMO</p>",
        "<p>PMO<strong>s</strong></p>",
        "<p>PMO-<em>led</em></p>",
        "<p>project <em>management</em> office</p>",
        "<p>project</p><p>manager</p>",
        "<p>project<br>\nmanager</p>",
        "<p>&amp;PMOamp;</p>",
    ],
)
def test_nothing_is_marked_there(html):
    assert mark(html) == html


@pytest.mark.parametrize(
    ("html", "marked"),
    [
        ("<p>A <em>PMO</em>.</p>", "<p>A <em>[1:PMO]</em>.</p>"),
        ("<p><strong>Project manager</strong>s</p>", "<p><strong>Project manager</strong>s</p>"),
        ("<p>R&amp;D</p>", "<p>[6:R&amp;D]</p>"),
        ("<p>&lt;PMO&gt; &amp; &amp;</p>", "<p>&lt;[1:PMO]&gt; &amp; &amp;</p>"),
        ("<p>project&nbsp;manager</p>", "<p>[4:project&nbsp;manager]</p>"),
        ("<blockquote><p>PMO</p></blockquote><p>PMO</p>", "<blockquote><p>PMO</p></blockquote><p>[1:PMO]</p>"),
        ("<ul><li>PMO</li><li>CMO</li></ul>", "<ul><li>[1:PMO]</li><li>[2:CMO]</li></ul>"),
        ("<table><tr><td>PMO</td></tr></table>", "<table><tr><td>[1:PMO]</td></tr></table>"),
        ("<p>PMO PMO CMO CMOs</p>", "<p>[1:PMO] PMO [2:CMO] CMOs</p>"),
    ],
)
def test_the_first_mark_of_each_term_is_written(html, marked):
    assert mark(html) == marked


def test_a_definition_never_marks_its_own_term():
    assert mark("<p>PMO and CMO</p>", skip=frozenset({PMO})) == "<p>PMO and [2:CMO]</p>"


def test_a_term_is_a_link_once_on_a_page():
    seen = set()
    pieces = [link_terms(html, LEXICON) for html in ("<p>PMO</p>", "<p>CMO PMO</p>")]
    assert [write(piece, seen=seen, link=lambda mark: f"<a>{mark.html}</a>") for piece in pieces] == [
        "<p><a>PMO</a></p>",
        "<p><a>CMO</a> PMO</p>",
    ]
    assert seen == {PMO, CMO}


def test_where_the_link_is_empty_the_text_stays_and_the_next_place_is_asked():
    seen = set()
    linked = link_terms("<p>PMO</p>", LEXICON)
    assert write(linked, seen=seen, link=lambda _: "") == "<p>PMO</p>"
    assert seen == set()


def test_the_pieces_can_be_cached_and_name_their_terms():
    linked = link_terms("<p>PMO and CMO</p>", LEXICON)
    assert linked == ("<p>", Mark(PMO, "PMO"), " and ", Mark(CMO, "CMO"), "</p>")
    again = pickle.loads(pickle.dumps(linked))  # noqa: S301
    assert again == linked
    assert isinstance(again, Linked)
    assert again.terms == {PMO, CMO}


WORDS = st.sampled_from(
    [
        "PMO",
        "CMO",
        "CMOs",
        "P.M.O.",
        "project",
        "manager",
        "Project",
        "Management",
        "Office",
        "R&D",
        "<b>",
        "e-",
        "-led",
        "’s",
        "*",
        "**",
        "`",
        ">",
        "#",
        "IT",
        "\n",
        "\n\n",
        "&amp;",
        "|",
        "-",
        "[a](/b)",
        "ＰＭＯ",
        "СМО",
        "\xad",
        "\u200b",
        "🚀",
        "very",
        ".",
        "!",
        "\x00",
        "\x01",
        "\x02",
        "&nbsp;",
        "```",
        "~~",
    ]
)
TEXTS = st.lists(WORDS | st.text(max_size=5), max_size=40).map(" ".join) | st.lists(WORDS, max_size=40).map("".join)


@given(TEXTS)
def test_marking_never_changes_the_visible_text(source):
    html = render(source)
    linked = link_terms(html, LEXICON)
    assert write(linked, seen=set(), link=lambda mark: mark.html) == html
    assert write(linked, seen=set(), link=lambda _: "") == html
    marked = write(linked, seen=set(), link=lambda mark: f'<a class="term">{mark.html}</a>')
    assert re.sub("<[^>]*>", "", marked) == re.sub("<[^>]*>", "", html)
    assert all("<" not in piece.html for piece in linked if isinstance(piece, Mark))


def undefined_in(html):
    """What the detector finds in a post that was written, as the page finds its places anew."""
    taken = [(match.start, match.end) for match in LEXICON.find(readable(html))]
    known = {"pmo", "cmo", "cmos", "p3o", "r&d", "it"}
    return {key(text): text for text in undefined(html, known, taken=taken)}


@given(TEXTS)
def test_asking_at_undefined_acronyms_never_changes_the_visible_text_and_leaves_the_marks_of_terms(source):
    html = render(source)
    wanted = undefined_in(html)
    linked = link_terms(html, LEXICON, undefined=lambda text: places(text, wanted))
    assert write(linked, seen=set(), link=lambda mark: mark.html) == html
    assert write(linked, seen=set(), link=lambda _: "", ask=lambda _: "") == html
    asked = write(linked, seen=set(), link=lambda mark: mark.html, ask=lambda word: f"<a>{word.html}</a>")
    assert re.sub("<[^>]*>", "", asked) == re.sub("<[^>]*>", "", html)
    pieces = [piece for piece in linked if isinstance(piece, Undefined)]
    assert {piece.key for piece in pieces} <= wanted.keys()
    assert len({piece.key for piece in pieces}) == len(pieces)
    assert all("<" not in piece.html for piece in pieces)
    assert linked.terms == link_terms(html, LEXICON).terms


@pytest.mark.parametrize(
    "asked",
    [
        "The ‹SOX› board.",
        "‹SOX›, SOXs and SOX again.",
        "Our ‹DPIAs›; **‹SRO›**/‹SOX›.",
        "`SOX` and [SOX](https://a.example/) and ‹SOX›.",
        "> SOX\n\nOf ‹SOX›.",
        "# SOX\n\nSOX-1042 and e-SOX, then ‹SOX›.",
        "THIS IS NOT WHAT SOX WANTS HERE. But ‹SOX› does.",
        "S**O**X, which is ‹SOX›.",
        "The ‹S.O.X.› board.",
        "A PMO lead, ‹SOX› & CMO.",
        "A Sarbanes Oxley Xylophone (SOX).",
    ],
)
def test_an_undefined_acronym_is_asked_about_once_where_the_detector_saw_it(asked):
    html = render(asked.translate({ord("‹"): None, ord("›"): None}))
    wanted = undefined_in(html)
    linked = link_terms(html, LEXICON, undefined=lambda text: places(text, wanted))
    assert write(linked, seen=set(), link=lambda mark: mark.html, ask=lambda word: f"‹{word.html}›") == render(asked)


def test_an_undefined_acronym_that_was_seen_on_the_page_stays_plain():
    linked = link_terms("<p>SOX</p>", LEXICON, undefined=lambda text: places(text, {"sox": "SOX"}))
    assert write(linked, seen={"sox"}, link=lambda _: "", ask=lambda word: f"<a>{word.html}</a>") == "<p>SOX</p>"
    assert pickle.loads(pickle.dumps(linked)) == linked  # noqa: S301 our own


@given(TEXTS)
def test_marks_stand_in_order_inside_the_text_and_never_overlap(text):
    matches = LEXICON.find(text)
    places = [place for match in matches for place in (match.start, match.end)]
    assert places == sorted(places)
    assert all(0 <= match.start < match.end <= len(text) for match in matches)


@given(st.lists(st.text(ascii_letters + " .-'&", min_size=1, max_size=12), min_size=1, max_size=5), TEXTS)
def test_any_spelling_can_be_in_the_lexicon(names, text):
    lexicon = Lexicon(Spelling(name, number, exact=bool(number % 2)) for number, name in enumerate(names))
    for match in lexicon.find(f"{text}\n{names[0]}\n"):
        assert match.term < len(names)
