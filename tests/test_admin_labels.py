"""What the screens of curators and moderators call things can be said in every language of the portal."""

import pytest
from django.apps import apps
from django.contrib.admin.utils import flatten_fieldsets, label_for_field
from django.utils.functional import Promise

from pmo_cmo.admin import site
from tests import factories

SCREENS = [site.get_model_admin(model) for model in apps.get_models() if site.is_registered(model)]


def _label(name, screen):
    """As Django has it for a column, or for a line that is only read; of “__str__” it gives no lazy text."""
    return screen.opts.verbose_name if name == "__str__" else label_for_field(name, screen.model, screen)


def _names(screen, request):
    for each in (screen, *screen.get_inline_instances(request, screen.model())):
        yield f"name of {each.opts.model_name}", getattr(each, "verbose_name", None) or each.opts.verbose_name
        plural = getattr(each, "verbose_name_plural", None) or each.opts.verbose_name_plural
        yield f"plural of {each.opts.model_name}", plural


def _columns(screen, request):
    for name in screen.get_list_display(request):
        yield f"column {name}", _label(name, screen)


def _filters(screen, request):
    for each in screen.get_list_filter(request):
        name = each[0] if isinstance(each, tuple) else each
        yield f"filter {name}", name.title if isinstance(name, type) else _label(name, screen)


def _lines(screen, request):
    """Of the empty form and of that of a row, each with its inlines; what is hidden has no label."""
    for row in (None, screen.model()):
        yield from _lines_of_form(screen, request, row, screen.get_form(request, row))
        for inline in screen.get_inline_instances(request, row):
            yield from _lines_of_form(inline, request, row, inline.get_formset(request, row).form)


def _lines_of_form(screen, request, row, form):
    read = screen.get_readonly_fields(request, row)
    for title, _options in screen.get_fieldsets(request, row):
        if title is not None:
            yield f"heading {title}", title
    for name in flatten_fieldsets(screen.get_fieldsets(request, row)):
        if name in read:
            yield f"{screen.opts.model_name}.{name}", _label(name, screen)
        elif not form.base_fields[name].widget.is_hidden:
            yield f"{screen.opts.model_name}.{name}", form.base_fields[name].label


@pytest.mark.django_db
@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.opts.model_name)
def test_every_label_of_the_admin_can_be_translated(screen, rf):
    request = rf.get("/")
    request.user = factories.administrator()
    said = {where: label for part in (_names, _columns, _filters, _lines) for where, label in part(screen, request)}
    plain = sorted(where for where, label in said.items() if not isinstance(label, Promise))
    assert not plain, f"without gettext_lazy: {', '.join(plain)}"
