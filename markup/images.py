"""Pictures of the portal's own: an address says all that a page needs to know of one.

`/images/<22 letters>-1600x900.webp` is the picture at its full width, `…-1600x900-480.webp` the same at 480 pixels.
So what `render` writes follows from the text alone, and nothing moves on a page while a picture comes in.
"""

import re
from typing import NamedTuple

WIDTHS = (480, 960, 1600)  # pixels; a picture is never made wider than it came
TALLEST = 5000  # pixels
MOST = 50  # in one text
# On a page: as wide as .prose in portal.css, and no taller than a window; the whole is behind its link.
WIDEST_SHOWN = 576
TALLEST_SHOWN = 640

_STEM = r"[A-Za-z0-9_-]{22}-(?P<width>[1-9][0-9]{0,3})x(?P<height>[1-9][0-9]{0,3})"
_ADDRESS = re.compile(rf"/images/(?P<name>(?P<stem>{_STEM})(?:-(?P<at>[1-9][0-9]{{2,3}}))?\.webp)")
_IMG = re.compile(r"<img\b[^<>]*>")
_SRC = re.compile(r'\bsrc="([^"<>]*)"')
_ALT = re.compile(r'\balt="([^"<>]*)"')
_PATH = re.compile(r'(?<=[" ])/images/')
_HREF = re.compile(r'(<a\b[^<>]*\bhref=")(?=/)')
# Whatever Markdown or HTML would take for markup within a description.
_SIGNS = re.compile(r"[\\\[\]*_`<>&~!]")


class Picture(NamedTuple):
    """What an address says: `name` of the picture at its full width, its size, and the width that is asked for."""

    name: str
    width: int
    height: int
    at: int

    @property
    def file(self) -> str:
        """Of the width that is asked for."""
        return file_of(self.name, self.at, self.width)


def read(address: str) -> Picture | None:
    """A picture by its address; None for every address that no picture of ours can have."""
    found = _ADDRESS.fullmatch(address)
    if not found:
        return None
    width, height, at = (int(found[part] or found["width"]) for part in ("width", "height", "at"))
    if at not in widths(width) or width > WIDTHS[-1] or height > TALLEST or (found["at"] and at == width):
        return None
    return Picture(f"{found['stem']}.webp", width, height, at)


def widths(width: int) -> list[int]:
    """In which widths a picture is kept, the full one last."""
    return [each for each in WIDTHS if each < width] + [width]


def file_of(name: str, at: int, width: int) -> str:
    """The name of a picture's file at one width."""
    return name if at == width else f"{name.removesuffix('.webp')}-{at}.webp"


def attributes(picture: Picture) -> dict[str, str | int | float]:
    """What an img needs, but for its description."""
    shown = round(min(picture.width, WIDEST_SHOWN, picture.width * TALLEST_SHOWN / picture.height)) or 1
    size = {"width": shown, "height": round(picture.height * shown / picture.width) or 1}
    paths = [(f"/images/{file_of(picture.name, at, picture.width)}", at) for at in widths(picture.width)]
    said: dict[str, str | int | float] = {
        "src": f"/images/{picture.name}",
        **size,
        "loading": "lazy",
        "decoding": "async",
    }
    if len(paths) > 1:
        said |= {"srcset": ", ".join(f"{path} {at}w" for path, at in paths), "sizes": f"min(100vw, {shown}px)"}
    return said


def is_own(name: str, value: str) -> bool:
    """Whether an attribute of an img leads to pictures of the portal only; other attributes lead nowhere."""
    if name == "srcset":
        return all(read(part.strip().partition(" ")[0]) for part in value.split(","))
    return name != "src" or read(value) is not None


def names_in(html: str) -> list[str]:
    """The names of the pictures that rendered HTML shows, each once, in order."""
    if "<img" not in html:
        return []
    sources = (_SRC.search(tag) for tag in _IMG.findall(html))
    pictures = (read(source[1]) for source in sources if source)
    return list(dict.fromkeys(picture.name for picture in pictures if picture))


def in_words(html: str) -> str:
    """Rendered HTML with the descriptions of pictures in their place."""
    if "<img" not in html:
        return html
    return _IMG.sub(lambda tag: f" {alt[1]} " if (alt := _ALT.search(tag.group())) else " ", html)


def with_whole_addresses(html: str, site: str) -> str:
    """Rendered HTML whose links and pictures name the site, for readers that show it elsewhere."""
    html = _HREF.sub(lambda found: found.group() + site, html)
    return _IMG.sub(lambda tag: _PATH.sub(f"{site}/images/", tag.group()), html) if "<img" in html else html


def in_markdown(name: str, alt: str) -> str:
    """How a text shows a picture: one line, whatever signs its description holds."""
    return f"![{_SIGNS.sub(_escaped, ' '.join(alt.split()))}](/images/{name})"


def _escaped(sign: re.Match[str]) -> str:
    return "\\" + sign.group()
