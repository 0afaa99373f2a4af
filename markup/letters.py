"""Rendered posts as they go out by mail: whole addresses, nothing that is fetched, no classes of our pages."""

import re
from html import escape, unescape

_TOKEN = re.compile(r"<(/?)([a-z][a-z0-9]*)\b([^<>]*)>")
_HREF = re.compile(r'\bhref="([^"]*)"')
_ALT = re.compile(r'\balt="([^"]*)"')
_KEPT = frozenset({"p", "br", "hr", "em", "strong", "s", "code", "pre", "a", "blockquote", "ul", "ol", "li"})
_KEPT |= frozenset({"h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td"})
_BLOCKS = frozenset({"p", "hr", "pre", "blockquote", "ul", "ol", "h3", "h4", "h5", "h6", "table"})


def html_for_mail(html: str, site: str) -> str:
    """Rendered HTML with whole addresses; images are told in words, for a mail fetches nothing."""

    def rewrite(token: re.Match[str]) -> str:
        end, tag, rest = token.groups()
        if tag == "img":
            return _image(rest)
        if tag not in _KEPT:
            return ""
        if tag == "a" and not end and (href := _HREF.search(rest)):
            return f'<a href="{_whole(href[1], site)}">'
        direction = ' dir="auto"' if 'dir="auto"' in rest else ""
        return f"<{end}{tag}{direction}>"

    return _TOKEN.sub(rewrite, html)


def text_for_mail(html: str, site: str) -> str:
    """The same as plain text: paragraphs apart, quotations behind “>”, addresses in brackets."""
    writer = _Writer(site)
    source, place = html, 0
    for token in _TOKEN.finditer(source):
        writer.say(source[place : token.start()])
        place = token.end()
        end, tag, rest = token.groups()
        (writer.close if end else writer.open)(tag, rest)
    writer.say(source[place:])
    return writer.text()


class _Writer:
    """Plain text out of rendered HTML, line by line."""

    def __init__(self, site: str) -> None:
        self.site = site
        self.lines: list[str] = []
        self.line = ""
        self.link = ""
        self.quotes = self.lists = self.code = 0

    def say(self, text: str) -> None:
        text = unescape(text)
        if self.code:
            *whole, text = text.split("\n")
            for line in whole:
                self.line += line
                self.end_line()
        else:
            text = " ".join(text.split("\n")) if self.line else text.lstrip()
        self.line += text

    def open(self, tag: str, attributes: str) -> None:
        if tag == "img":
            self.line += unescape(_image(attributes))
        elif tag == "a":
            href = _HREF.search(attributes)
            self.link = unescape(_whole(href[1], self.site)) if href else ""
        elif tag in _BLOCKS | {"li", "tr", "br"}:
            self.end_line()
            if self.lines and self.lines[-1].strip("> "):
                self.apart(tag)
            self.deeper(tag, 1)
            self.line = "  " * (self.lists - 1) + "- " if tag == "li" else ""

    def close(self, tag: str, attributes: str) -> None:
        del attributes
        if tag == "a":
            shown = not self.link or self.line.endswith((self.link, self.link.removeprefix("mailto:")))
            self.line += "" if shown else f" ({self.link})"
        elif tag in {"td", "th"}:
            self.line = self.line.rstrip() + " |"
        elif tag in _BLOCKS | {"li", "tr"}:
            self.line = self.line.rstrip().removesuffix(" |")
            self.end_line()
            self.deeper(tag, -1)
            self.apart(tag)

    def deeper(self, tag: str, step: int) -> None:
        self.quotes += step if tag == "blockquote" else 0
        self.lists += step if tag in {"ul", "ol"} else 0
        self.code += step if tag == "pre" else 0

    def apart(self, tag: str) -> None:
        """An empty line before and after a block, but between the items of a list."""
        if tag in _BLOCKS and not self.lists:
            while self.lines and not self.lines[-1].strip("> "):
                self.lines.pop()
            self.lines += [("> " * self.quotes).rstrip()] if self.lines else []

    def end_line(self) -> None:
        if self.line.strip(" -"):
            self.lines.append("> " * self.quotes + self.line.rstrip())
            self.line = ""

    def text(self) -> str:
        self.end_line()
        return "\n".join(self.lines).strip("\n")


def _whole(address: str, site: str) -> str:
    return escape(site) + address if address.startswith("/") else address


def _image(attributes: str) -> str:
    alt = _ALT.search(attributes)
    return f"[{alt[1]}]" if alt and alt[1] else "[…]"
