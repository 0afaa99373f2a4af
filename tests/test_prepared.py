from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import AnonymousUser
from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection
from django.test.utils import CaptureQueriesContext

from members.models import Member
from members.prepared import Prepared
from tests.factories import start
from threads.actions.drafts import save
from threads.models import Draft, Post, Thread

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


def test_a_row_of_a_model_comes_as_the_orm_brings_it_with_what_is_annotated():
    def drafts(pk, by):
        reader = Member(pk=by)
        return Thread.objects.filter(pk=pk).annotate(
            own=Draft.objects.of_thread(reader), numbers=ArraySubquery(Post.objects.order_by("pk").values("number"))
        )

    ask, first = Prepared(drafts, pk=int, by=int), start()
    author, thread = first.author, first.thread
    assert ask.first(pk=thread.pk, by=author.pk).own is None
    save(by=author, thread=thread, token=uuid4(), based_on=0, body="Not yet.")
    found, expected = ask.first(pk=thread.pk, by=author.pk), drafts(thread.pk, author.pk).get()
    assert vars(found).keys() == vars(expected).keys()
    assert {**vars(found), "_state": None} == {**vars(expected), "_state": None}
    assert (found.own["body"], found.numbers) == ("Not yet.", [1])
    assert not found._state.adding
    assert ask.first(pk=0, by=author.pk) is None


def test_values_of_every_kind_stand_where_they_were_written():
    def posts(token, body, since):
        return Post.objects.filter(token=token, body=body, created_at__gt=since).values_list("pk")

    ask, first = Prepared(posts, token=UUID, body=str, since=datetime), start(body="100 %s, %% and 'quotes'")
    said = {"token": first.token, "body": first.body, "since": first.created_at - timedelta(seconds=1)}
    assert ask(**said) == [(first.pk,)]
    assert ask(**said | {"since": first.created_at}) == []
    assert ask(**said | {"token": uuid4()}) == []
