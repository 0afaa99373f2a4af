import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test.utils import CaptureQueriesContext

from members.prepared import Prepared
from tests.factories import start
from threads.models import Thread

pytestmark = pytest.mark.django_db


def threads(pk):
    return Thread.objects.visible_to(AnonymousUser()).filter(pk=pk).values_list("pk", "title")


def test_it_finds_what_the_orm_finds_each_time_for_its_own_value():
    ask = Prepared(threads, pk=int)
    one, two = start(title="One").thread, start(title="Two").thread
    assert ask(pk=one.pk) == list(threads(one.pk)) == [(one.pk, "One")]
    assert ask(pk=two.pk) == [(two.pk, "Two")]
    assert ask(pk=2**63 - 1) == []


def test_a_private_portal_shows_nothing_and_asks_nothing(settings):
    ask = Prepared(threads, pk=int)
    thread = start().thread
    assert ask(pk=thread.pk)
    settings.PORTAL_PRIVATE = True
    with CaptureQueriesContext(connection) as asked:
        assert ask(pk=thread.pk) == []
    assert not asked.captured_queries
    settings.PORTAL_PRIVATE = False
    assert ask(pk=thread.pk)
