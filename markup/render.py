"""The one function that turns what a person typed into HTML, for posts, previews, feeds, mail and the admin.

Two walls: markdown-it writes no HTML of the user's (`html=False`), and nh3 lets through a closed list only. One newline
is a line break, as everywhere else where people paste text into a box.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from markup import images
from markup.limits import MAX_BYTES, MAX_NESTING, TooDeep, TooLarge, Unrenderable, check, gettext_noop
from markup.links import autolink, is_allowed, post_at
from markup.text import excerpt, plain_text

__all__ = [
    "MAX_BYTES",
    "MAX_NESTING",
    "RENDERER_VERSION",
    "TooDeep",
    "TooLarge",
    "Unrenderable",
    "excerpt",
    "plain_text",
    "render",
]

# Raise it with every change of what `render` writes: stored HTML of an older version is rendered again.
RENDERER_VERSION = 4

# All addresses of one text together, in characters: a long one defined once may be used by reference 10,000 times.
MAX_ADDRESSES = 4 * MAX_BYTES

# Control characters but tab and newlines, lone surrogates, and the code points that HTML forbids.
FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"
    + "".join(chr((plane << 16) + 0xFFFE) + chr((plane << 16) + 0xFFFF) for plane in range(1, 17))
    + "]"
)
TASK = re.compile(r"\[([ xX])\](?=\s)")
CONTAINERS = frozenset({"blockquote_open", "bullet_list_open", "ordered_list_open"})
ALIGNMENTS = {"text-align:right": "align-right", "text-align:center": "align-center"}
IMAGE_ATTRIBUTES = {"src", "srcset", "sizes", "alt", "width", "height"}
DIRECTED = ("p", "li", "h3", "h4", "h5", "h6", "th", "td")

CLEANER = nh3.Cleaner(
    tags={"p", "br", "hr", "em", "strong", "s", "code", "pre", "a", "img", "blockquote", "ul", "ol", "li", "div"}
    | {"h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td"},
    attributes={"a": {"href", "title"}, "ol": {"start"}, "blockquote": {"data-post"}, "img": IMAGE_ATTRIBUTES},
    attribute_filter=lambda tag, name, value: value if tag != "img" or images.is_own(name, value) else None,
    allowed_classes={"li": {"task"}, "th": set(ALIGNMENTS.values()), "td": set(ALIGNMENTS.values())},
    # Not in `set_tag_attribute_values`, which writes them in another order in each process.
    tag_attribute_values={
        "div": {"class": {"table-scroll"}, "role": {"group"}, "tabindex": {"0"}},
        "img": {"loading": {"lazy"}, "decoding": {"async"}},
    },
    # Arabic and Hebrew paragraphs run right to left. Not on quotations and lists: there `auto` skips children that say
    # `dir` themselves, and would say nothing.
    set_tag_attribute_values={tag: {"dir": "auto"} for tag in DIRECTED},
    url_schemes={"http", "https", "mailto"},
    url_relative=lambda address: address if is_allowed(address) else None,
    link_rel="ugc nofollow noopener",
)


@lru_cache(maxsize=8)  # a form has looked at the text that its action writes a moment later
def render(source: str) -> str:
    """Safe HTML for a text in Markdown: CommonMark with tables, strikethrough, task lists and bare addresses.

    Raises nothing but `Unrenderable` (`TooLarge`, `TooDeep`), and that before the parser where it can be known by then.
    No h1 or h2, no image but the portal's own (an address elsewhere would tell who reads), no scheme but http, https
    and mailto. Costs about 0.5 ms for a post of 1 KB.
    """
    check(source)
    text = FORBIDDEN.sub("\ufffd", source)
    env: EnvType = {}
    tokens = PARSER.parse(text, env)
    return CLEANER.clean(PARSER.renderer.render(tokens, PARSER.options, env))


class Parser(MarkdownIt):
    """markdown-it with our closed list of addresses; a link it refuses stays in the text as it was typed."""

    def validateLink(self, url: str) -> bool:  # noqa: N802  # the library's name
        return is_allowed(url)


def _build() -> Parser:
    # maxNesting is the parser's own limit, beyond which it drops text without a word: higher than ours can reach.
    parser = Parser("commonmark", {"html": False, "breaks": True, "maxNesting": 4 * MAX_NESTING, "langPrefix": ""})
    parser.enable(["table", "strikethrough"])
    parser.core.ruler.push("check_tokens", _check_tokens)
    parser.core.ruler.push("images", _show_own_images)
    parser.core.ruler.push("autolink", _link_bare_addresses)
    parser.core.ruler.push("empty_links", _name_empty_links)
    parser.core.ruler.push("headings", _shift_headings)
    parser.core.ruler.push("tasks", _show_tasks)
    parser.core.ruler.push("tables", _align_tables)
    parser.core.ruler.push("quotes", _mark_quotes)
    parser.add_render_rule("table_open", _open_table)
    parser.add_render_rule("table_close", _close_table)
    return parser


def _check_tokens(state: StateCore) -> None:
    """Count what the parser really found; `markup.limits` could only estimate it."""
    depth, addresses = 0, 0
    for token in state.tokens:
        if token.type in CONTAINERS:
            depth += 1
        elif token.type.replace("_close", "_open") in CONTAINERS:
            depth -= 1
        if depth > MAX_NESTING or _inline_depth(token.children or ()) > MAX_NESTING:
            sentence = gettext_noop(
                "Quotations, lists and emphasis may stand at most %(most)d deep inside one another."
            )
            raise TooDeep(sentence, most=MAX_NESTING)
        addresses += sum(_address_length(child) for child in token.children or ())
        if addresses > MAX_ADDRESSES:
            raise TooLarge(
                gettext_noop("The addresses in this text are too long together. Please use fewer or shorter links.")
            )


def _inline_depth(tokens: Sequence[Token]) -> int:
    depth = deepest = 0
    for token in tokens:
        depth += token.nesting
        deepest = max(deepest, depth)
    return deepest


def _address_length(token: Token) -> int:
    return sum(len(str(value)) for value in token.attrs.values())


def _inline(state: StateCore) -> list[Token]:
    return [token for token in state.tokens if token.type == "inline" and token.children]


def _show_own_images(state: StateCore) -> None:
    """An image of the portal's own is shown; any other becomes a link with its description as words."""
    shown = 0
    for parent in _inline(state):
        children: list[Token] = []
        links = 0
        for token in parent.children or ():
            links += token.nesting if token.type in {"link_open", "link_close"} else 0
            if token.type != "image":
                children.append(token)
                continue
            picture = images.read(str(token.attrs["src"]))
            shown += 1 if picture else 0
            children += _shown(token, picture, links) if picture else _as_link(token, links)
        parent.children = children
    if shown > images.MOST:
        sentence = gettext_noop("A text shows at most %(most)d images. Please spread them over several posts.")
        raise TooLarge(sentence, most=images.MOST)


def _shown(token: Token, picture: images.Picture, links: int) -> list[Token]:
    """The image, leading to itself at its full size where its description can name the link."""
    words = _words(token.children or ()).strip()
    image = Token("image", "img", 0, attrs=images.attributes(picture) | {"alt": ""}, content=words)
    image.children = [_text(words)]
    return [image] if links or not words else _link(f"/images/{picture.name}", image)


def _as_link(token: Token, links: int) -> list[Token]:
    """Its description as a link; inside another link, the words alone."""
    address = str(token.attrs["src"])
    text = _text(_words(token.children or ()).strip() or address)
    return [text] if links else _link(address, text)


def _words(tokens: Sequence[Token]) -> str:
    """The plain words of an image's description, which may hold emphasis and images of its own."""
    return "".join(
        _words(token.children) if token.children else " " if token.type.endswith("break") else token.content
        for token in tokens
    )


def _link_bare_addresses(state: StateCore) -> None:
    for parent in _inline(state):
        children: list[Token] = []
        links = 0
        for token in parent.children or ():
            links += token.nesting if token.type in {"link_open", "link_close"} else 0
            if token.type != "text" or links:
                children.append(token)
                continue
            for words, address in autolink(token.content):
                href = state.md.normalizeLink(address) if address else ""
                children += _link(href, _text(words)) if href and is_allowed(href) else [_text(words)]
        parent.children = children


def _name_empty_links(state: StateCore) -> None:
    """A link without words could be neither seen nor heard, so its address becomes its words."""
    for parent in _inline(state):
        children: list[Token] = []
        opened = -1
        for token in parent.children or ():
            if token.type == "link_open":
                opened = len(children)
            elif token.type == "link_close" and not any(child.content.strip() for child in children[opened + 1 :]):
                children.append(_text(str(children[opened].attrs.get("href") or "/")))
            children.append(token)
        parent.children = children


def _link(address: str, inner: Token) -> list[Token]:
    return [Token("link_open", "a", 1, attrs={"href": address}), inner, Token("link_close", "a", -1)]


def _text(words: str) -> Token:
    return Token("text", "", 0, content=words)


def _shift_headings(state: StateCore) -> None:
    """The outermost heading of a post is an h3, and no level is left out, whatever its author chose."""
    open_levels: list[int] = []
    tag = ""
    empty: set[int] = set()
    for index, token in enumerate(state.tokens):
        if token.type == "heading_open":
            level = int(token.tag[1])
            open_levels = [outer for outer in open_levels if outer < level] + [level]
            tag = token.tag = f"h{min(2 + len(open_levels), 6)}"
            if not state.tokens[index + 1].content.strip():
                empty |= {index, index + 1, index + 2}
        elif token.type == "heading_close":
            token.tag = tag
    if empty:
        state.tokens = [token for index, token in enumerate(state.tokens) if index not in empty]


def _show_tasks(state: StateCore) -> None:
    """`- [ ]` and `- [x]` become ☐ and ☑ as text: nothing to press, and read aloud like any sign."""
    for item, paragraph, inline in zip(state.tokens, state.tokens[1:], state.tokens[2:], strict=False):
        if item.type == "list_item_open" and paragraph.type == "paragraph_open" and inline.children:
            first = inline.children[0]
            found = TASK.match(first.content) if first.type == "text" else None
            if found:
                first.content = ("☐" if found.group(1) == " " else "☑") + first.content[found.end() :]
                item.attrSet("class", "task")


def _mark_quotes(state: StateCore) -> None:
    """A quotation that begins with a link to a post is that post's: the page writes its author in place of the link."""
    four = zip(state.tokens, state.tokens[1:], state.tokens[2:], state.tokens[3:], strict=False)
    for quote, paragraph, inline, end in four:
        if quote.type != "blockquote_open" or paragraph.type != "paragraph_open" or not inline.children:
            continue
        children = inline.children
        post = post_at(str(children[0].attrs.get("href", "")))
        closing = next((at for at, token in enumerate(children) if token.type == "link_close"), 0)
        after = children[closing + 1 :]
        if post and closing and (not after or after[0].type.endswith("break")):
            quote.attrSet("data-post", str(post))
            inline.children = after[1:]
            if not inline.children:
                paragraph.hidden = end.hidden = True


def _align_tables(state: StateCore) -> None:
    """Classes instead of `style`, which the content policy forbids; an empty heading cell is no heading."""
    for cell, inline, close in zip(state.tokens, state.tokens[1:], state.tokens[2:], strict=False):
        if cell.type not in {"th_open", "td_open"}:
            continue
        alignment = ALIGNMENTS.get(str(cell.attrs.pop("style", "")))
        if alignment:
            cell.attrSet("class", alignment)
        if not inline.content.strip():
            cell.tag = close.tag = "td"


def _open_table(_: RendererHTML, __: Sequence[Token], ___: int, ____: OptionsDict, _____: EnvType) -> str:
    # Focusable, so that a wide table can be scrolled by keyboard; a group without a label leaves nothing to translate.
    return '<div class="table-scroll" role="group" tabindex="0"><table>\n'


def _close_table(_: RendererHTML, __: Sequence[Token], ___: int, ____: OptionsDict, _____: EnvType) -> str:
    return "</table></div>\n"


PARSER = _build()
