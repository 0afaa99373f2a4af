"""Pictures as people send them, made into files that may be shown: decoded, turned upright, written anew as WebP.

Nothing of what was sent is kept but its pixels: no place and time of a camera, no second file behind the first.
"""

import io
import math
import threading
import warnings
from dataclasses import dataclass
from typing import IO

from django.conf import settings
from django.utils.translation import gettext as _
from PIL import Image, ImageOps

from markup.images import TALLEST, WIDTHS, widths
from members.permissions import Refused

FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
DRAWN = frozenset({"PNG", "GIF"})  # mostly screens and diagrams, whose small letters a lossy file blurs
MOST_PIXELS = 40_000_000  # 160 MB while it is decoded
MOST_DRAWN = 1_000_000  # bytes of a file that was sent; whatever is larger takes long and stays large
MOST_LOSSLESS = 400_000  # bytes of one file
QUALITY = 84
METHOD = 4  # of libwebp, 0 to 6: six takes twice as long for 2 %
SIDEWAYS = frozenset({5, 6, 7, 8})  # EXIF orientations that exchange width and height
ORIENTATION = 0x0112
# What iPhones and newer cameras write, by its brand at the beginning.
HEIC = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})
AVIF = frozenset({b"avif", b"avis"})

# One at a time in each process: what is decoded is big, and so the memory that it takes has a bound.
_decoding = threading.Lock()
# Pillow itself warns of headers that claim too much: here that ends it.
warnings.simplefilter("error", Image.DecompressionBombWarning)


@dataclass(frozen=True)
class Picture:
    """What becomes of one: its size, and its file at each width."""

    width: int
    height: int
    files: dict[int, bytes]

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(map(len, self.files.values()))


def made_of(file: IO[bytes]) -> Picture:
    """Read what somebody sent. Raises `Refused` with a sentence that says what to do. Takes up to two seconds."""
    start = file.read(settings.IMAGE_MOST_BYTES + 1)
    _ask_small(len(start))
    _ask_known(start)
    with _decoding:
        try:
            return _written(_decoded(start), is_drawn=_format(start) in DRAWN and len(start) <= MOST_DRAWN)
        except Refused:
            raise
        except (Image.DecompressionBombError, Image.DecompressionBombWarning) as bomb:
            raise Refused(_too_many_pixels()) from bomb
        except Exception as trouble:  # a decoder that reads anybody's bytes may raise anything
            raise Refused(
                _("This image cannot be read. Open it in a program for images, save it anew and add it again.")
            ) from trouble


def _ask_small(size: int) -> None:
    if not size:
        raise Refused(_("This file is empty. Choose another one."))
    if size > settings.IMAGE_MOST_BYTES:
        most = settings.IMAGE_MOST_BYTES // 1_000_000
        raise Refused(_("This image has more than %(most)d MB. Make it smaller, then add it again.") % {"most": most})


def _ask_known(start: bytes) -> None:
    """Say it in words where it is known what somebody has, and not only what it is not."""
    brand = start[8:12] if start[4:8] == b"ftyp" else b""
    if brand in HEIC:
        raise Refused(_("HEIC images, as iPhones take them, are not read here. Save it as JPEG and add it again."))
    if brand in AVIF:
        raise Refused(_("AVIF images are not read here. Save it as JPEG or PNG and add it again."))
    head = start[:1000].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith((b"<svg", b"<?xml", b"<!doctype svg")):
        raise Refused(_("SVG drawings are not shown here. Save it as PNG and add it again."))
    if not _format(start):
        raise Refused(_("This is no image that can be shown here. JPEG, PNG, WebP and GIF can."))


def _format(start: bytes) -> str:
    """By its first bytes, whatever the file is called."""
    signs = {b"\xff\xd8\xff": "JPEG", b"\x89PNG\r\n\x1a\n": "PNG", b"GIF87a": "GIF", b"GIF89a": "GIF"}
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return "WEBP"
    return next((name for sign, name in signs.items() if start.startswith(sign)), "")


def _too_many_pixels() -> str:
    return _("This image has more than %(most)d million pixels. Make it smaller, then add it again.") % {
        "most": MOST_PIXELS // 1_000_000
    }


def _decoded(data: bytes) -> Image.Image:
    """Upright, at its full width or ours, in red, green, blue and, where it has some, transparency."""
    with Image.open(io.BytesIO(data), formats=FORMATS) as opened:
        if opened.width * opened.height > MOST_PIXELS:  # as its header says: nothing is decoded yet
            raise Refused(_too_many_pixels())
        sideways = opened.getexif().get(ORIENTATION) in SIDEWAYS
        width, height = _fitting(*((opened.height, opened.width) if sideways else opened.size))
        # A decoder of JPEG leaves out what is not needed; it may come out larger than asked for, never smaller.
        opened.draft("RGB", (height, width) if sideways else (width, height))
        opened.load()
        image = ImageOps.exif_transpose(opened)
    if image.mode.startswith("I"):  # sixteen bits of grey
        image = image.point(lambda value: value * (1 / 257)).convert("L")
    image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    return image.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=3.0)


def _fitting(width: int, height: int) -> tuple[int, int]:
    """The size at which it is kept: never larger than it came."""
    scale = min(1, WIDTHS[-1] / width, TALLEST / height)
    return max(1, math.floor(width * scale)), max(1, math.floor(height * scale))


def _written(image: Image.Image, *, is_drawn: bool) -> Picture:
    width, height = image.size
    files = {width: _as_webp(image, is_drawn=is_drawn)}
    for at in widths(width)[:-1]:
        smaller = image.resize((at, max(1, round(height * at / width))), Image.Resampling.LANCZOS, reducing_gap=3.0)
        files[at] = _as_webp(smaller, is_drawn=is_drawn)
    return Picture(width, height, files)


def _as_webp(image: Image.Image, *, is_drawn: bool) -> bytes:
    if is_drawn:
        data = _encoded(image, lossless=True)
        if len(data) <= MOST_LOSSLESS:
            return data
    return _encoded(image, lossless=False)


def _encoded(image: Image.Image, *, lossless: bool) -> bytes:
    out = io.BytesIO()
    quality = 70 if lossless else QUALITY  # where nothing is lost it is the effort
    # Named and empty, so that nothing of the file that was sent comes along.
    image.save(out, "WEBP", lossless=lossless, quality=quality, method=METHOD, exif=b"", icc_profile=b"", xmp=b"")
    return out.getvalue()
