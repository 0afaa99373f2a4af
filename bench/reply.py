"""What posting a reply costs beside a form post that inserts one row, alone and eight at once; fsync is on in both.

    .venv/bin/python -m bench.reply

The form post is a view without any middleware: it validates a form of one field and inserts one row, a draft, in a
transaction of its own. The reply goes through everything: session, account, form, rendering, words, references,
inboxes, counters. Both are called in the same process on the same database, in turn; “at once” are eight processes.
"""

from bench.many import people, portal  # noqa: I001  first, for it sets Django up
import multiprocessing
import statistics
import sys
import time
from uuid import uuid4

from django import forms
from django.core.cache import cache
from django.core.handlers.base import BaseHandler
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseRedirect
from django.test import Client, RequestFactory, override_settings
from django.urls import path

from bench.terms import TEXT
from threads.models import Draft, Thread

POSTS, ROUNDS, AT_ONCE = 2_000, 40, 8  # a member may write 60 a minute
HOST = {"host": "127.0.0.1"}


class RowForm(forms.Form):
    member = forms.IntegerField()
    body = forms.CharField()


def insert_a_row(request: HttpRequest) -> HttpResponse:
    form = RowForm(request.POST)
    if not form.is_valid():
        return HttpResponseBadRequest()
    with transaction.atomic():
        Draft.objects.create(member_id=form.cleaned_data["member"], body=form.cleaned_data["body"])
    return HttpResponseRedirect("/")


urlpatterns = [path("row/", insert_a_row)]


def bare() -> BaseHandler:
    handler = BaseHandler()
    with override_settings(MIDDLEWARE=[]):
        handler.load_middleware()
    return handler


def measure(number: int) -> tuple[list[float], list[float]]:
    """Milliseconds of each row and of each reply, by a member and in a thread of this process's own."""
    member = people()[number]
    thread = Thread.objects.filter(slug__startswith="one-of-many-").order_by("pk")[number]
    client, handler, rows, replies = Client(headers=HOST), bare(), list[float](), list[float]()
    client.force_login(member)
    for _ in range(ROUNDS):
        body = f"{uuid4()} {TEXT}"[:600]
        start = time.perf_counter()
        request = RequestFactory(headers=HOST).post("/row/", {"member": member.pk, "body": body})
        request.urlconf = __name__  # type: ignore[attr-defined]
        answer = handler.get_response(request)
        rows.append((time.perf_counter() - start) * 1000)
        said = {"body": body, "token": str(uuid4()), "shown_as": "all"}
        start = time.perf_counter()
        reply = client.post(f"/threads/{thread.pk}/reply/", said)
        replies.append((time.perf_counter() - start) * 1000)
        if (answer.status_code, reply.status_code) != (302, 302):
            sys.exit(f"{answer.status_code}, {reply.status_code}: {reply.content.decode()[:2000]}")
    return rows, replies


def at_once() -> tuple[list[float], list[float]]:
    connection.close()  # no process may use another's
    with multiprocessing.get_context("fork").Pool(AT_ONCE) as pool:
        measured = pool.map(measure, range(1, AT_ONCE + 1), chunksize=1)
    return [ms for rows, _replies in measured for ms in rows], [ms for _rows, replies in measured for ms in replies]


def say(name: str, rows: list[float], replies: list[float]) -> None:
    row, reply = statistics.median(rows), statistics.median(replies)
    print(f"{name}: a row {row:.1f} ms, a reply {reply:.1f} ms, {reply / row:.1f} ×")


def main() -> None:
    with portal(POSTS):
        cache.clear()
        say("alone", *measure(0))
        say(f"{AT_ONCE} at once", *at_once())
        Draft.objects.filter(member__in=people(), thread=None).delete()


if __name__ == "__main__":
    main()
