"""The database is gone, too slow, or takes no writes: 503, the typed text kept, and “Send again” works afterwards."""

import contextlib
import re
from uuid import uuid4

import pytest
from django.db import OperationalError, ProgrammingError, connection
from django.test import Client

from members.models import Member
from pmo_cmo.views import errors
from tests.factories import again, member, start
from threads.models import Post

pytestmark = pytest.mark.django_db(transaction=True)
FROM_HERE = {"Origin": "http://testserver"}  # as browsers say with every POST
TEXT = "A long text,\nin <b>two</b> lines."
KEPT = "A long text,\nin &lt;b&gt;two&lt;/b&gt; lines."


@pytest.fixture(autouse=True)
def _this_host(settings):
    settings.ALLOWED_HOSTS = ["testserver"]


@pytest.fixture
def visitor():
    """A client that is held to CSRF tokens, and is shown our page for an error, as browsers are."""
    return Client(enforce_csrf_checks=True, raise_request_exception=False)


# --- How a database may be away --------------------------------------------------------------------------------------
@contextlib.contextmanager
def gone():
    def refuse(*_query):
        raise OperationalError("server closed the connection unexpectedly")

    with connection.execute_wrapper(refuse):
        yield


@contextlib.contextmanager
def locked():
    """Somebody else holds the locks that the action needs, for longer than anybody waits."""
    other = connection.copy()
    other.set_autocommit(False)
    with other.cursor() as cursor:
        cursor.execute("SELECT FROM members_member FOR UPDATE")
        if not cursor.rowcount:  # sign-up waits for no row of another
            cursor.execute("LOCK TABLE members_member IN EXCLUSIVE MODE")
    try:
        with setting("lock_timeout", "50ms"):
            yield
    finally:
        other.close()


@contextlib.contextmanager
def setting(name, value):
    with connection.cursor() as cursor:
        cursor.execute(f"SET {name} = '{value}'")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"RESET {name}")


def read_only():
    return setting("default_transaction_read_only", "on")


@pytest.fixture(params=[gone, locked, read_only])
def away(request):
    return request.param


# --- What somebody sends meanwhile -----------------------------------------------------------------------------------
def a_reply(author):
    thread = start().thread
    return f"/threads/{thread.pk}/reply/", {"body": TEXT, "token": str(uuid4()), "shown_as": "withheld", "draft": "0"}


def a_thread(author):
    said = {"title": "Where does a PMO end?", "context": "A bank", "tags": ["risk", "AI"], "shown_as": "withheld"}
    return "/threads/new/", {**said, "body": TEXT, "token": str(uuid4()), "draft": "0"}


def an_edit(author):
    return f"/posts/{start(author).pk}/edit/", {"body": TEXT, "based_on": "1"}


def settings_of_mine(author):
    return "/me/settings/?a=1", {"name": "Mona Lind", "about": TEXT}


SENT = {a_reply: Post, a_thread: Post, an_edit: Post, settings_of_mine: Member}


@pytest.fixture
def queries_of_error_page(monkeypatch):
    """Counts what is asked of the database from the moment that the error page is being written."""
    asked = []

    def count(execute, *query):
        asked.append(query[0])
        return execute(*query)

    real = errors.typed

    def from_here(request):
        asked.clear()
        return real(request)

    monkeypatch.setattr(errors, "typed", from_here)
    with connection.execute_wrapper(count):
        yield asked


def token_on(page):
    return re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)[1]


def is_kept(page, path):
    assert page.status_code == 503, page.text
    assert page["Retry-After"] == "10"
    assert page["Cache-Control"] == "private, no-store"
    assert KEPT in page.text
    assert f'action="{path}"' in page.text


@pytest.mark.parametrize("sent", SENT)
def test_what_a_member_sends_is_kept_and_can_be_sent_again(sent, away, visitor, queries_of_error_page):
    author = member()
    path, typed = sent(author)
    visitor.force_login(author)
    token = token_on(visitor.get(path))
    queries_of_error_page.append("before")
    with away():
        page = visitor.post(path, typed | {"csrfmiddlewaretoken": token}, headers=FROM_HERE)
        asked = list(queries_of_error_page)
    is_kept(page, path)
    assert asked == []
    assert token not in page.text
    sent_again = visitor.post(path, typed | {"csrfmiddlewaretoken": token_on(page)})
    assert sent_again.status_code == 302
    found = again(author).about if SENT[sent] is Member else Post.objects.latest("pk").body
    assert found == TEXT
    if sent in {a_thread, a_reply}:
        assert Post.objects.latest("pk").shown_as == "withheld"
    if sent is a_thread:
        thread = Post.objects.latest("pk").thread
        assert (thread.context, [tag.name for tag in thread.tags.order_by("key")]) == ("A bank", ["AI", "risk"])


def test_what_somebody_signs_up_with_is_kept_but_not_the_password(away, visitor, queries_of_error_page):
    token = token_on(visitor.get("/accounts/signup/"))
    typed = {"username": "bo", "email": "bo@example.org", "organisation": "Acme", "Password": "secret words"}
    typed |= {"password1": "very secret words", "csrfmiddlewaretoken": token, "name": "Bo Berg"}
    queries_of_error_page.append("before")
    with away():
        page = visitor.post("/accounts/signup/?next=/threads/", typed)
        asked = list(queries_of_error_page)
    assert (page.status_code, page["Retry-After"]) == (503, "10")
    assert asked == []
    assert "Bo Berg" in page.text
    assert 'action="/accounts/signup/?next=/threads/"' in page.text
    assert "secret words" not in page.text
    sent_again = visitor.post("/accounts/signup/", {"name": "Bo Berg", "csrfmiddlewaretoken": token_on(page)})
    assert "Bo Berg" in sent_again.text
    assert not Member.objects.exists()


def test_what_another_site_sends_meanwhile_is_not_shown_back(visitor):
    author = member()
    visitor.force_login(author)
    with gone():
        page = visitor.post("/me/settings/", {"about": TEXT}, headers={"Origin": "https://elsewhere.example"})
    assert page.status_code in {403, 503}
    assert "A long text" not in page.text


def test_a_mistake_of_ours_keeps_the_text_as_well(visitor, monkeypatch):
    author = member()
    path, typed = a_reply(author)
    visitor.force_login(author)
    typed["csrfmiddlewaretoken"] = token_on(visitor.get(path))
    with monkeypatch.context() as broken:
        broken.setattr("threads.views.posting.posting.reply", None)
        page = visitor.post(path, typed)
    assert page.status_code == 500
    assert KEPT in page.text
    assert visitor.post(path, typed | {"csrfmiddlewaretoken": token_on(page)}).status_code == 302


def test_a_page_that_is_only_read_says_that_the_database_is_away(visitor):
    with gone():
        page = visitor.get("/threads/")
    assert (page.status_code, page["Retry-After"]) == (503, "10")
    assert '<form class="kept"' not in page.text


def test_a_kept_connection_that_the_server_has_ended_is_noticed_before_it_is_used():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (kept,) = cursor.fetchone()
    assert connection.is_usable()
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [kept])
    other.close()
    assert not connection.is_usable()
    connection.health_check_enabled, connection.health_check_done = True, False  # as at the beginning of a request
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        assert cursor.fetchone() != (kept,)


def test_a_connection_that_was_left_in_the_middle_of_something_serves_nobody_else():
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("BEGIN")
            with pytest.raises(ProgrammingError):
                cursor.execute("SELECT nothing_of_this_name")
        assert not other.is_usable()
    finally:
        other.close()
