"""The portal's name in templates. It needs no context, so error pages can say it too."""

from django import template
from django.conf import settings
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def portal_name() -> str:
    return str(settings.PORTAL_NAME)


@register.simple_tag
def brand() -> SafeString:
    """Write the name with its slash accented, as in “PMO/CMO”."""
    slash = format_html("<b>{}</b>", "/")
    return format_html_join(slash, "{}", ((part,) for part in settings.PORTAL_NAME.split("/")))


@register.simple_tag
def site_address() -> str:
    """The portal's address as the operator gave it, never taken from a request's Host header."""
    return str(settings.SITE_URL)
