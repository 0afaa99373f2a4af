"""How far a member has read: noted when a page is opened, never backwards, never for visitors."""

import pytest

from tests.factories import member, thread
from threads.actions.reading import mark_read
from threads.models import ReadMark

pytestmark = pytest.mark.django_db


def _marks():
    return list(ReadMark.objects.values_list("member__username", "number"))


def test_opening_a_page_notes_its_last_number(client):
    client.force_login(member("bea"))
    client.get(thread(posts=4).get_absolute_url())
    assert _marks() == [("bea", 4)]


def test_a_visitor_leaves_nothing(client):
    client.get(thread().get_absolute_url())
    assert _marks() == []


def test_an_earlier_page_read_later_takes_nothing_back():
    long, bea = thread(), member("bea")
    mark_read(long, by=bea, number=30)
    mark_read(long, by=bea, number=2)
    assert _marks() == [("bea", 30)]


def test_reading_again_writes_nothing(client):
    long = thread()
    client.force_login(member("bea"))
    client.get(long.get_absolute_url())
    read_at = ReadMark.objects.get().read_at
    client.get(long.get_absolute_url())
    assert ReadMark.objects.get().read_at == read_at


def test_asking_for_the_head_of_a_page_is_not_reading_it(client):
    long = thread()
    client.force_login(member("bea"))
    client.head(long.get_absolute_url())
    assert _marks() == []
