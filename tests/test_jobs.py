"""Work in the background: mail that is tried again, old rows that go, workers that keep apart."""

import threading
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.cache import cache
from django.core.mail.backends.locmem import EmailBackend
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone
from django_tasks_db.management.commands import db_worker
from django_tasks_db.models import DBTaskResult

from members import jobs
from members.actions import upkeep
from members.models import Notification
from pmo_cmo.management.commands import worker
from tests import factories
from threads.models import Post

pytestmark = pytest.mark.django_db
MAIL = ("A subject", "A text.\n", ["anna@example.org"], "<1@portal.example>")


class Away(EmailBackend):
    def send_messages(self, messages):
        raise ConnectionRefusedError("Connection refused")


@pytest.fixture
def server_is_away(settings):
    settings.EMAIL_BACKEND = "tests.test_jobs.Away"


def work():
    """Do what is due, as the worker does it."""
    does = worker.worker_named("of tests")
    for row in list(DBTaskResult.objects.ready()):
        does.run_task(row)


def waiting():
    return DBTaskResult.objects.filter(status="READY")


def make_due():
    waiting().update(run_after=timezone.now())


def test_a_mail_that_was_refused_waits_for_its_next_attempt_and_then_goes(server_is_away, settings, caplog):
    jobs.send_mail.enqueue(*MAIL)
    before = timezone.now()
    work()
    again = waiting().get()
    assert timedelta(seconds=59) < again.run_after - before
    assert "<1@portal.example> was not sent, attempt 1: Connection refused" in caplog.text
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    make_due()
    work()
    assert mail.outbox[0].extra_headers["Message-ID"] == "<1@portal.example>"
    assert not waiting()


def test_a_mail_is_given_up_after_five_attempts_and_its_job_has_failed(server_is_away, caplog):
    jobs.send_mail.enqueue(*MAIL)
    pauses = []
    for _attempt in range(5):
        make_due()
        before = timezone.now()
        work()
        pauses += [round((row.run_after - before) / timedelta(minutes=1)) for row in waiting()]
    assert pauses == [1, 5, 30, 240]
    assert DBTaskResult.objects.failed().count() == 1
    assert "given up after 5 attempts: Connection refused" in caplog.text


def test_a_mail_that_can_never_be_written_fails_at_once():
    jobs.send_mail.enqueue("Two\nlines", *MAIL[1:])
    work()
    assert (DBTaskResult.objects.failed().count(), waiting().count()) == (1, 0)


# --- The worker ------------------------------------------------------------------------------------------------------
@pytest.fixture
def started(monkeypatch):
    """Start the worker without its loop and its rounds; returns the name it runs under."""
    names = []
    monkeypatch.setattr(db_worker.Worker, "run", lambda self: names.append(self.worker_id))
    monkeypatch.setattr(db_worker.Worker, "configure_signals", lambda _self: None)
    monkeypatch.setattr(worker, "_tidy_daily", lambda: None)
    monkeypatch.setattr(worker, "_find_mentions", lambda: None)
    monkeypatch.setattr(worker, "_send_mail", lambda _name: None)
    monkeypatch.setattr(worker, "_count_words", lambda: None)

    def start(**options):
        call_command("worker", **options)
        return names[-1]

    return start


def test_the_worker_says_what_fails_and_nothing_else(started, caplog):
    started()
    jobs.send_mail.enqueue("Two\nlines", *MAIL[1:])
    failed = waiting().get()
    work()
    jobs.send_mail.enqueue(*MAIL)
    work()
    assert [(record.levelname, str(failed.pk) in record.getMessage()) for record in caplog.records] == [("ERROR", True)]


def test_workers_of_two_folders_have_names_of_their_own_and_one_keeps_its_name(started, settings, tmp_path):
    here = started()
    assert started() == here
    settings.VAR_DIR = tmp_path
    assert started() != here
    assert started(name="second") == "second"


def test_a_name_under_which_no_mail_could_be_claimed_is_refused(started):
    with pytest.raises(CommandError, match="60 characters"):
        started(name="w" * 61)


def a_job(**said):
    said = {
        "args_kwargs": {"args": [], "kwargs": {}},
        "run_after": "9999-01-01T00:00Z",
        "backend_name": "default",
    } | said
    return DBTaskResult.objects.create(**said)


def test_jobs_begun_by_a_killed_worker_of_the_same_name_or_long_ago_are_begun_again(started):
    now = timezone.now()
    own = a_job(status="RUNNING", worker_ids=[started()], started_at=now)
    others = a_job(status="RUNNING", worker_ids=["other"], started_at=now)
    lost = a_job(status="RUNNING", worker_ids=["gone"], started_at=now - timedelta(hours=2))
    started()
    status = dict(DBTaskResult.objects.values_list("pk", "status"))
    assert [status[job.pk] for job in (own, others, lost)] == ["READY", "RUNNING", "READY"]


# --- Tidying ---------------------------------------------------------------------------------------------------------
def test_tidy_forgets_done_jobs_after_a_day_failed_ones_after_two_weeks_and_no_waiting_one():
    def at(**ago):
        return timezone.now() - timedelta(**ago)

    for _ in range(5):
        a_job(status="SUCCESSFUL", finished_at=at(hours=25))
    a_job(status="FAILED", finished_at=at(days=15))
    stay = {
        a_job(status="SUCCESSFUL", finished_at=at(hours=23)).pk,
        a_job(status="FAILED", finished_at=at(days=13)).pk,
        a_job(status="READY").pk,
        a_job(status="RUNNING", started_at=at(days=30)).pk,
    }
    call_command("tidy")
    assert set(DBTaskResult.objects.values_list("pk", flat=True)) == stay


def test_tidy_takes_out_notifications_of_long_ago_but_those_that_an_edit_would_tell_again(monkeypatch):
    monkeypatch.setattr(upkeep, "BATCH", 2)
    now, reader = timezone.now(), factories.member("bea")

    def told(name, *, days, read=None, mailed=True, kind="reply"):
        at = now - timedelta(days=days)
        row = Notification(member=reader, kind=kind, subject=name, created_at=at, mailed_at=at if mailed else None)
        row.read_at = None if read is None else now - timedelta(days=read)
        row.save()

    for number in range(5):
        told(f"read-{number}", days=100, read=91)
    told("unread", days=367)
    told("read lately", days=400, read=89)
    told("unread, of this year", days=365)
    told("waits for its mail", days=400, mailed=False)
    told("mentioned", days=400, read=400, kind="mention")
    told("quoted", days=400, kind="quote")
    call_command("tidy", verbosity=0)
    left = set(Notification.objects.values_list("subject", flat=True))
    assert left == {"unread, of this year", "waits for its mail", "mentioned", "quoted", "read lately"}


def test_tidy_takes_out_expired_sessions_in_as_many_steps_as_it_needs(monkeypatch):
    monkeypatch.setattr(upkeep, "BATCH", 3)
    for number in range(10):
        Session.objects.create(session_key=f"old{number}", expire_date=timezone.now() - timedelta(minutes=1))
    Session.objects.create(session_key="new", expire_date=timezone.now() + timedelta(days=1))
    call_command("tidy")
    assert Session.objects.get().pk == "new"


def rows_of_cache():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pmo_cmo_cache")
        return cursor.fetchone()[0]


def test_tidy_takes_expired_rows_out_of_the_cache(settings):
    cache.clear()  # of what tests with real transactions left
    cache.set("kept", 1, timeout=1000)
    for number in range(4):
        cache.set(f"old-{number}", 1, timeout=-1)
    call_command("tidy")
    assert (rows_of_cache(), cache.get("kept")) == (1, 1)


def test_a_limits_counter_stays_however_many_others_come():
    cache.clear()  # of what tests with real transactions left
    cache.set("counter", 7, timeout=1000)
    for number in range(400):
        cache.set(f"{number}-before-or-after", number, timeout=1000)
    assert cache.get("counter") == 7
    assert rows_of_cache() == 401


def test_an_iterator_leaves_no_cursor_open_between_statements():
    """A pooler may give the next statement to another connection, which does not know the cursor."""
    Session.objects.create(session_key="one", expire_date=timezone.now())
    rows = Session.objects.iterator()
    next(rows)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_cursors")
        assert cursor.fetchone() == (0,)


@pytest.mark.django_db(transaction=True)
def test_the_worker_renders_posts_of_an_older_version_at_its_start():
    post = factories.start(body="A **register**.")
    Post.objects.filter(pk=post.pk).update(body_html="<p>old</p>", renderer_version=1)
    rendering = threading.Thread(target=worker._render_old_posts)
    rendering.start()
    rendering.join()
    assert factories.again(post).body_html == post.body_html
