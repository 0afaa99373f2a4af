"""Templates ask the database nothing, but by the panels named in one list, and by each of those once."""

import re
from contextlib import contextmanager
from unittest import mock

import pytest
from django.db import connection
from django.template.backends.django import Template
from django.template.library import InclusionNode, SimpleNode
from django.test import Client

from tests.addresses import RULES, WITH_QUERY, address
from tests.world import one_world
from threads.models import Tag
from threads.templatetags.panels import PANELS

pytestmark = pytest.mark.django_db
# Read when first asked for, once a request, whatever the page shows: the session, the account, its permissions.
OF_THE_REQUEST = re.compile(
    r'SELECT .* FROM "(django_session" WHERE|members_member" WHERE "members_member"."id" = |auth_permission" )'
)


@contextmanager
def _templates_ask_nothing():
    """Refuse every statement while a template renders; one for each of the panels."""
    state = {"renders": 0, "panel": None, "left": 0}
    rendered, included = Template.render, {kind: kind.render for kind in (InclusionNode, SimpleNode)}

    def render(template, *args, **kwargs):
        state["renders"] += 1
        try:
            return rendered(template, *args, **kwargs)
        finally:
            state["renders"] -= 1

    def include(node, context):
        if node.func.__name__ not in PANELS:
            return included[type(node)](node, context)
        state["left"] = 1
        try:
            return included[type(node)](node, context)
        finally:
            state["left"] = 0

    def refuse(execute, sql, params, many, context):
        if state["renders"] and not OF_THE_REQUEST.match(sql):
            assert state["left"], f"a template asked: {sql}"
            state["left"] -= 1
        return execute(sql, params, many, context)

    panels = [mock.patch.object(kind, "render", include) for kind in included]
    with mock.patch.object(Template, "render", render), panels[0], panels[1], connection.execute_wrapper(refuse):
        yield


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), one_world() as world:
        world.hide()
        yield world


@pytest.mark.parametrize("kind", ["visitor", "author", "moderator"])
@pytest.mark.parametrize(("name", "query"), [*((name, "") for name in RULES), *WITH_QUERY])
def test_no_template_asks_the_database_but_by_a_panel(world, name, query, kind):
    client = world.sign_in(Client(), kind)
    path = address(world, name) + (f"?{query}" if query else "")
    with _templates_ask_nothing():
        response = client.get(path)
    assert response.status_code < 500


def test_a_form_that_is_sent_back_asks_nothing_in_its_template(world):
    client = world.sign_in(Client(), "author")
    with _templates_ask_nothing():
        for name in ("thread_new", "reply", "post_edit", "settings", "post_claim"):
            assert client.post(address(world, name), {"body": "Wombats", "preview": ""}).status_code in {200, 422}


def test_the_guard_of_templates_sees_a_query_in_one(world):
    with _templates_ask_nothing(), pytest.raises(AssertionError, match="a template asked"):
        Template(mock.Mock(render=lambda _context: list(Tag.objects.all())), mock.Mock()).render({})
