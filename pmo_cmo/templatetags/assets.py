"""Script elements: the portal's own modules with their integrity, and data for machines."""

import functools
import hashlib
import json
from base64 import b64encode
from pathlib import Path

from django import template
from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import ManifestStaticFilesStorage, staticfiles_storage
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

register = template.Library()


def _served_file(name: str) -> Path:
    """The file a browser will get: the hashed one once static files are collected, else the one in `static/`."""
    if isinstance(staticfiles_storage, ManifestStaticFilesStorage) and not settings.DEBUG:
        return Path(staticfiles_storage.path(staticfiles_storage.stored_name(name)))
    found = finders.find(name)
    if not isinstance(found, str):
        raise FileNotFoundError(f"There is no script “{name}” in static/.")
    return Path(found)


def _element(name: str) -> SafeString:
    digest = b64encode(hashlib.sha384(_served_file(name).read_bytes()).digest()).decode()
    return format_html(
        '<script type="module" src="{}" integrity="sha384-{}"></script>', staticfiles_storage.url(name), digest
    )


_kept_element = functools.cache(_element)


@register.simple_tag
def script(name: str) -> SafeString:
    """Write the element that loads one module of `static/`.

    The digest is taken once per process; while DEBUG is on, at every page,
    so an edited script is not refused by the browser. Raises
    FileNotFoundError when there is no such file.
    """
    return _element(name) if settings.DEBUG else _kept_element(name)


# As in Django's json_script: no value can end the element or start a comment.
_ESCAPES = {ord(">"): "\\u003E", ord("<"): "\\u003C", ord("&"): "\\u0026"}


@register.simple_tag
def structured_data(value: object) -> SafeString:
    """Write schema.org data as JSON-LD, which the content security policy allows."""
    return format_html('<script type="application/ld+json">{}</script>', _json(value))


@register.simple_tag
def term_panels(terms: dict[str, object] | None) -> SafeString:
    """Write what terms.js shows beside the marked words of a page; nothing where none is marked."""
    if not terms:
        return SafeString()
    more = gettext("More about {term}")  # {term} is filled in by the script
    return format_html('<script type="application/json" id="terms" data-more="{}">{}</script>', more, _json(terms))


def _json(value: object) -> SafeString:
    return mark_safe(json.dumps(value, ensure_ascii=False).translate(_ESCAPES))  # noqa: S308 escaped here
