from html.parser import HTMLParser

import pytest
from hypothesis import given, settings, strategies as st

from markup.limits import MAX_CELLS
from markup.links import is_allowed
from markup.render import MAX_BYTES, MAX_NESTING, TooDeep, TooLarge, Unrenderable, excerpt, plain_text, render

# The closed list, written a second time on purpose: a change of the first one is to be noticed.
ATTRIBUTES = {
    "a": {"href", "title", "rel"},
    "ol": {"start"},
    "li": {"class", "dir"},
    "div": {"class", "role", "tabindex"},
    "th": {"class", "dir"},
    "td": {"class", "dir"},
    **{tag: {"dir"} for tag in ("p", "h3", "h4", "h5", "h6")},
    **{tag: set() for tag in ("br", "hr", "em", "strong", "s", "code", "pre", "blockquote", "ul")},
    **{tag: set() for tag in ("table", "thead", "tbody", "tr")},
}
VALUES = {
    "dir": {"auto"},
    "rel": {"ugc nofollow noopener"},
    "class": {"task", "table-scroll", "align-right", "align-center"},
    "role": {"group"},
    "tabindex": {"0"},
}


class Judge(HTMLParser):
    """Fails at the first tag or attribute outside the closed list, and at a tag that is closed wrongly."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.open = []

    def handle_starttag(self, tag, attrs):
        assert tag in ATTRIBUTES
        for name, value in attrs:
            assert name in ATTRIBUTES[tag]
            assert value in VALUES.get(name, {value})
            if name == "href":
                assert value.lower().startswith(("http://", "https://", "mailto:", "/"))
                assert not value.startswith(("//", "/\\"))
        if tag not in {"br", "hr"}:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_comment(self, data):
        raise AssertionError(data)

    handle_decl = handle_pi = unknown_decl = handle_comment


def judge(html):
    parser = Judge()
    parser.feed(html)
    parser.close()
    assert parser.open == []
    assert not any(ord(char) < 32 and char not in "\t\n" for char in html)


@pytest.mark.parametrize(
    ("source", "html"),
    [
        ("One\ntwo", '<p dir="auto">One<br>\ntwo</p>'),
        ("*a* **b** ~~c~~ `d`", '<p dir="auto"><em>a</em> <strong>b</strong> <s>c</s> <code>d</code></p>'),
        ("# a", '<h3 dir="auto">a</h3>'),
        ("#### a\n#### b", '<h3 dir="auto">a</h3>\n<h3 dir="auto">b</h3>'),
        (
            "# a\n### b\n## c\n# d",
            '<h3 dir="auto">a</h3>\n<h4 dir="auto">b</h4>\n<h4 dir="auto">c</h4>\n<h3 dir="auto">d</h3>',
        ),
        ("a\n===", '<h3 dir="auto">a</h3>'),
        ("#\n\na", '<p dir="auto">a</p>'),
        ("> a", '<blockquote>\n<p dir="auto">a</p>\n</blockquote>'),
        ("3. a", '<ol start="3">\n<li dir="auto">a</li>\n</ol>'),
        ("- [ ] a", '<ul>\n<li class="task" dir="auto">☐ a</li>\n</ul>'),
        ("- [X] **a**", '<ul>\n<li class="task" dir="auto">☑ <strong>a</strong></li>\n</ul>'),
        ("- [y] a", '<ul>\n<li dir="auto">[y] a</li>\n</ul>'),
        ("[ ] a", '<p dir="auto">[ ] a</p>'),
        ("```sql\n<a>\n```", "<pre><code>&lt;a&gt;\n</code></pre>"),
        ("<b>a</b>", '<p dir="auto">&lt;b&gt;a&lt;/b&gt;</p>'),
        ("<!-- a -->", '<p dir="auto">&lt;!-- a --&gt;</p>'),
        ("a\x00b\x07c\ud800d\ufffee", '<p dir="auto">a�b�c�d�e</p>'),
        ("a\r\nb\rc", '<p dir="auto">a<br>\nb<br>\nc</p>'),
        ("", ""),
        (" \n\t\n", ""),
    ],
)
def test_markdown_becomes_html(source, html):
    assert render(source).strip() == html


def link(address, words):
    return f'<p dir="auto"><a href="{address}" rel="ugc nofollow noopener">{words}</a></p>'


@pytest.mark.parametrize(
    ("source", "html"),
    [
        ("[a](http://b.c)", link("http://b.c", "a")),
        ("[a](/threads/1/)", link("/threads/1/", "a")),
        ("[a](mailto:b@c.de)", link("mailto:b@c.de", "a")),
        ("[a][b]\n\n[b]: https://c.de", link("https://c.de", "a")),
        ("[](http://b.c)", link("http://b.c", "http://b.c")),
        ("[&nbsp;](http://b.c)", link("http://b.c", "&nbsp;http://b.c")),
        ("[](/)", link("/", "/")),
        ("<https://b.c>", link("https://b.c", "https://b.c")),
        ("https://b.c/d_e_f?g=1&h=2#i", link("https://b.c/d_e_f?g=1&amp;h=2#i", "https://b.c/d_e_f?g=1&amp;h=2#i")),
        ("www.b.c", link("https://www.b.c", "www.b.c")),
        ("a.b+c@d.ef", link("mailto:a.b+c@d.ef", "a.b+c@d.ef")),
        ("![a *b*](http://c.de/f.png)", link("http://c.de/f.png", "a b")),
        ("![](http://c.de/f.png)", link("http://c.de/f.png", "http://c.de/f.png")),
        ("[![a](http://c.de/f.png)](http://g.hi)", link("http://g.hi", "a")),
        ("![a ![b](http://c.de)](http://f.gh)", link("http://f.gh", "a b")),
    ],
)
def test_links_go_to_allowed_places_only_and_have_words(source, html):
    assert render(source).strip() == html


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("(see http://b.c/d_(e)).", "http://b.c/d_(e)"),
        ("“http://b.c/d”,", "http://b.c/d"),
        ("http://b.c/d, and", "http://b.c/d"),
        ("*http://b.c/d*", "http://b.c/d"),
        ("x:http://b.c", None),
        ("http://", None),
        ("http://.", None),
        ("www.", None),
        ("ASP.net and P.M.O and node.js", None),
        ("a@b", None),
        ("@member", None),
        ("`http://b.c`", None),
    ],
)
def test_a_bare_address_ends_where_its_sentence_goes_on(source, words):
    html = render(source)
    assert (f">{words}</a>" in html) if words else ("<a " not in html)


@pytest.mark.parametrize(
    "source",
    [
        "[a](javascript:alert(1))",
        "[a](JaVaScRiPt:alert(1))",
        "[a](java&#10;script:alert(1))",
        "[a](&#106;avascript:alert(1))",
        "[a](\x01javascript:alert(1))",
        "[a](vbscript:x)",
        "[a](data:text/html;base64,PHNjcmlwdD4=)",
        "![a](data:image/svg+xml;base64,PHN2Zz4=)",
        "![a](javascript:alert(1))",
        "<javascript:alert(1)>",
        "<data:text/html,x>",
        "[a]\n\n[a]: javascript:alert(1)",
        "[a](//evil.example)",
        "[a](\\\\evil.example)",
        "[a](ftp://a.b)",
        "[a](file:///etc/passwd)",
        "[a](relative)",
        "[a](#fragment)",
        "[a](http:/evil)",
        "[a](http:///evil)",
        "[a](tel:1)",
        "ftp://a.b //c.d javascript:alert(1)",
    ],
)
def test_an_address_elsewhere_stays_text(source):
    html = render(source)
    assert "<a " not in html
    assert "<img" not in html
    assert plain_text(html)


def test_a_path_of_this_site_never_leads_out_of_it():
    assert 'href="/%5Cevil.example"' in render("[a](/\\evil.example)")
    assert not is_allowed("/\\evil.example")
    assert not is_allowed("//evil.example")
    assert not is_allowed("/\t/evil.example")


def test_attributes_hold_no_angle_bracket_so_a_tag_ends_at_the_first_one():
    assert 'title="a&lt;b&gt;c"' in render('[x](/y "a<b>c")')


HOSTILE = [
    "<script>alert(1)</script>",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<img src=x onerror=alert(1)>",
    "<a href='javascript:alert(1)'>x</a>",
    "<iframe srcdoc='<script>'></iframe>",
    "<style>@import 'x'</style>",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "</p></div></body></html>",
    "<!--><script>--><![CDATA[<script>]]><?php ?>",
    "<table><td><textarea><title></textarea>",
    '"><script>alert(1)</script>',
    "' onmouseover='alert(1)",
    "&lt;script&gt;&#60;script&#62;&#x3c;script",
    "<scr\x00ipt>",
    "javascript:/*--></title></style></textarea></script></xmp><svg/onload='+/\"/+/onmouseover=1/+/[*/[]/+alert(1)//'>",
]
PLACES = [
    "{}",
    "# {}",
    "> {}",
    "- {}",
    "- [ ] {}",
    "1. {}",
    "**{}**",
    "~~{}~~",
    "`{}`",
    "```{}\n{}\n```",
    "    {}",
    "[{}](http://a.b)",
    "[a](http://a.b/{})",
    "[a](<http://a.b/{}>)",
    '[a](http://a.b "{}")',
    "![{}](http://a.b)",
    '![a](http://a.b/{} "{}")',
    "[{}]\n\n[{}]: http://a.b",
    "[a]\n\n[a]: http://a.b '{}'",
    "<http://a.b/{}>",
    "http://a.b/{}",
    "| {} | b |\n|:-:|--|\n| {} | b |",
]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_html_is_text_wherever_it_stands(hostile, place):
    judge(render(place.replace("{}", hostile)))


NAUGHTY = [
    "ÅÍÎÏ˝ÓÔÒÚÆ☃",
    "Ω≈ç√∫˜µ≤≥÷",
    "田中さんにあげて下さい",
    "مُنَاقَشَةُ سُبُلِ",
    "הָיְתָה",
    "Ṱ̺̺̕o͞ ̷i̲̬͇̪͙n̝̗͕v̟̜̘̦͟o̶̙̰̠kè͚̮̺̪̹̱̤",
    "\u202etest\u202c\u2066x",
    "👾 🙇 💁 🙅 👨‍👩‍👦",
    "\u2028\u2029\u0085\u180e",
    "{{7*7}} ${x} %s %n {% csrf_token %}",
    "' OR 1=1 --",
    "\\",
    "\U0010ffff\ufdd0",
    "𝕿𝖍𝖊",
    "CON PRN NUL ../../etc/passwd",
    "&#0; &#xD800; &#x110000; &#x1; &nosuch;",
    "[a](http://[::1/) [b](http://xn--a\udc00) http://[ http://a.b:99999999/%zz%",
]


@pytest.mark.parametrize("source", NAUGHTY)
def test_naughty_strings_are_rendered(source):
    html = render(source)
    judge(html)
    html.encode()


PIECES = st.sampled_from(
    [
        *HOSTILE,
        *NAUGHTY,
        *PLACES,
        "\n",
        "\n\n",
        "    ",
        "> ",
        "- ",
        "1. ",
        "# ",
        "|",
        "|-|-|\n",
        "[",
        "]",
        "](",
        "![",
        ")",
        "*",
        "_",
        "~~",
        "`",
        "```\n",
        "<",
        ">",
        "&",
        "\\",
        "http://",
        "www.",
        "a@b.cd",
        "[a]: ",
        '"',
        "[ ] ",
        "\x00",
        "\ud800",
    ]
)


@settings(max_examples=300)
@given(st.lists(PIECES | st.text(max_size=8), max_size=30).map("".join))
def test_html_never_holds_what_is_not_on_the_closed_list(source):
    try:
        html = render(source)
    except Unrenderable:
        return
    judge(html)
    assert render(source) == html


def test_a_text_of_64_kb_is_rendered_and_one_more_byte_is_refused():
    assert plain_text(render("a" * MAX_BYTES)) == "a" * MAX_BYTES
    with pytest.raises(TooLarge, match="64 KB"):
        render("a" * (MAX_BYTES + 1))
    with pytest.raises(TooLarge):
        render("é" * (MAX_BYTES // 2 + 1))


@pytest.mark.parametrize(
    "deep",
    [
        lambda depth: ">" * depth + "a",
        lambda depth: "> " * depth + "a",
        lambda depth: "- " * depth + "a",
        lambda depth: "1. " * depth + "a",
        lambda depth: "\n".join("  " * level + "- a" for level in range(depth)),
        lambda depth: "\n".join("\t" * level + "- a" for level in range(depth)),
        lambda depth: "> - " * (depth // 2) + "> " * (depth % 2) + "a",
        lambda depth: "[" * depth + "a",
        lambda depth: (
            "*a **b " * (depth // 2) + "*a " * (depth % 2) + "x" + " c*" * (depth % 2) + "** d*" * (depth // 2)
        ),
    ],
)
def test_thirty_levels_are_rendered_and_one_more_is_refused(deep):
    assert "a" in plain_text(render(deep(MAX_NESTING)))
    with pytest.raises(TooDeep):
        render(deep(MAX_NESTING + 1))


@pytest.mark.parametrize(
    "source",
    [
        ">" * 60_000,
        "[" * 60_000,
        "![" * 30_000,
        "- " * 30_000 + "a",
        "*" * 30_000 + "a" + "*" * 30_000,
        ">" * 29 + "a\n" + "b\n" * 30_000,
        "| a " * 3_000 + "|\n" + "|-" * 3_000 + "|\n" + "|\n" * 20_000,
        "|a|b|\n|-|-|\n" + "|a|b|\n" * (MAX_CELLS // 2),
        "[a]: /" + "x" * 20_000 + "\n\n" + "[a]" * 15_000,
    ],
)
def test_what_would_keep_the_parser_busy_is_refused(source):
    with pytest.raises(Unrenderable, match=r"^[A-Z].*\.$"):
        render(source)


@pytest.mark.parametrize(
    "source",
    [
        "Name: " + "_" * 500,
        "*" * 500,
        "=" * 500,
        "```\n" + "[" * 500 + "\n```",
        "[a] " * 500,
        "\\[" * 500,
        "- a\n\n" * 500,
        "> a\n" * 500,
        "|" * 500,
        "- - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - -",
        "* * * * * * * * * * * * * * * * * * * * * * * * * * * * * * * * * * * * * * *",
        "\n".join(" " * level + "a" for level in range(200)),
    ],
)
def test_what_only_looks_deep_is_rendered(source):
    judge(render(source))


@pytest.mark.parametrize(
    "source",
    [
        "`" * 60_000,
        "a_ " * 20_000,
        "[a](<b" * 29,
        "<" * 60_000,
        "&" * 60_000,
        "http://a" * 8_000,
        "a@" * 30_000,
        "a." * 30_000,
        "~" * 60_000,
        "\n" * 60_000,
        "a    \n" * 10_000,
        "a\u0301" * 20_000,
    ],
)
def test_what_looks_endless_is_rendered_whole(source):
    judge(render(source))


def test_a_table_can_be_scrolled_by_keyboard_and_aligns_by_class():
    html = render("| a | |\n|--:|:-:|\n| 1 | 2 |")
    assert html.startswith('<div class="table-scroll" role="group" tabindex="0"><table>')
    assert '<th class="align-right" dir="auto">a</th>' in html
    assert '<td class="align-center" dir="auto"></td>' in html
    assert "style" not in html


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("# a\n\nb *c*d\ne", "a\nb cd\ne"),
        ("- a\n- [x] b", "a\n☑ b"),
        ("| a | b |\n|-|-|\n| c | d |", "a b\nc d"),
        ("&lt;b&gt; `<i>` &amp;amp;", "<b> <i> &amp;"),
        ("![words](http://a.b)", "words"),
        ("", ""),
    ],
)
def test_plain_text_is_what_a_reader_sees(source, text):
    assert plain_text(render(source)) == text


@pytest.mark.parametrize(
    ("text", "length", "short"),
    [
        ("one two three", 13, "one two three"),
        ("one two three", 12, "one two…"),
        ("one two, three", 9, "one two…"),
        ("<p>one &amp; two</p>", 20, "one & two"),
        ("a < b and <i>", 20, "a < b and <i>"),
        ("a\n\nb", 20, "a b"),
        ("x" * 30, 5, "xxxx…"),
        ("e\u0301" * 9, 4, "e\u0301…"),
        ("one", 0, ""),
    ],
)
def test_an_excerpt_ends_at_a_word(text, length, short):
    assert excerpt(text, length) == short


@given(st.text(), st.integers(0, 50))
def test_an_excerpt_is_never_longer_than_asked(text, length):
    assert len(excerpt(text, length)) <= length
