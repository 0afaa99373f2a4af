import re
from datetime import timedelta
from io import BytesIO
from uuid import uuid4

import pytest
from django.test import RequestFactory
from django.urls import reverse
from django.utils import timezone

from pmo_cmo.wsgi import application
from tests import factories
from tests.factories import again, member, moderator, reply, start
from threads.actions import moderation, posting
from threads.models import POSTS_PER_PAGE, Claim, Flag, Post, Thread
from threads.models.threads import THREADS_PER_PAGE

pytestmark = pytest.mark.django_db


def text_of(response):
    return response.content.decode()


def signed_in(client, person):
    client.force_login(person)
    return client


# --- The list ---


def test_the_list_shows_newest_activity_first(client):
    older, newer = start(title="Older question").thread, start(title="Newer question")
    reply(older)
    page = text_of(client.get("/threads/"))
    assert page.index("Older question") < page.index("Newer question")
    assert newer.thread.title in page


def test_an_empty_portal_says_so(client):
    assert "Start the first discussion" in text_of(client.get("/threads/"))


def test_the_list_goes_on_where_it_ended_even_when_threads_move(client):
    threads = [start(title=f"Question {n:02}").thread for n in range(THREADS_PER_PAGE + 5)]
    first = text_of(client.get("/threads/"))
    following = re.search(r'href="\?before=([^"]+)"', first).group(1)
    reply(threads[0])  # the oldest moves to the top meanwhile
    second = text_of(client.get(f"/threads/?before={following}"))
    shown = {t.title for t in threads if t.title in first} | {t.title for t in threads if t.title in second}
    assert shown >= {t.title for t in threads[1:]}
    assert not [t for t in threads if t.title in first and t.title in second]


def test_threads_of_the_same_moment_are_neither_lost_nor_doubled(client):
    moment = timezone.now()
    threads = [start(title=f"Question {n:02}").thread for n in range(THREADS_PER_PAGE + 3)]
    Thread.objects.update(last_posted_at=moment)
    first = text_of(client.get("/threads/"))
    following = re.search(r'href="\?before=([^"]+)"', first).group(1)
    second = text_of(client.get(f"/threads/?before={following}"))
    assert all((t.title in first) != (t.title in second) for t in threads)


def test_unanswered_shows_only_what_has_no_reply(client):
    start(title="Nobody answered")
    reply(start(title="Somebody answered").thread)
    page = text_of(client.get("/threads/?order=unanswered"))
    assert "Nobody answered" in page
    assert "Somebody answered" not in page


@pytest.mark.parametrize(
    "query", ["order=hottest", "before=yesterday", "before=1-2-3", "before=99999999999999999999-1"]
)
def test_unknown_values_in_the_address_are_answered_with_a_sentence(client, query):
    response = client.get(f"/threads/?{query}")
    assert response.status_code == 400
    assert "There is no order" in text_of(response) or "Start again from the newest" in text_of(response)


def test_a_pinned_thread_stands_on_top_once(client):
    pinned = start(title="Read this first").thread
    start(title="Something newer")
    moderation.pin(pinned, by=moderator(), reason="Rules.", until=timezone.now() + timedelta(days=1))
    page = text_of(client.get("/threads/"))
    assert page.count("Read this first") == 1
    assert page.index("Read this first") < page.index("Something newer")


def test_a_tag_lists_its_threads_and_an_old_name_leads_there(client):
    start(title="About risk", tags=["risk"])
    start(title="About benefits", tags=["benefits"])
    page = text_of(client.get("/tags/risk/"))
    assert "About risk" in page
    assert "About benefits" not in page
    assert client.get("/threads/?tag=risk")["Location"] == "/tags/risk/"
    assert client.get("/tags/unknown/").status_code == 404


# --- A thread ---


def test_a_wrong_slug_leads_to_the_right_one(client):
    thread = start(title="Where does it end?").thread
    response = client.get(f"/threads/{thread.pk}/anything/")
    assert response.status_code == 301
    assert response["Location"] == thread.get_absolute_url()
    assert client.get(f"/threads/{thread.pk}/").status_code == 301


def test_a_title_of_signs_alone_has_an_address(client):
    thread = start(title="???").thread
    assert client.get(thread.get_absolute_url()).status_code == 200


def test_a_post_shows_name_role_organisation_and_place(client):
    linda = member("linda", name="Linda Berg", role="Head of PMO", organisation="Acme", location="Leeds, UK")
    page = text_of(client.get(start(linda).thread.get_absolute_url()))
    assert all(words in page for words in ("Linda Berg", "Head of PMO, Acme", "Leeds, UK"))


def test_an_unattributed_post_says_so(client):
    page = text_of(client.get(factories.imported_thread().get_absolute_url()))
    assert "Unattributed" in page
    assert "Is this yours? Claim it, or ask for removal" in page
    assert 'name="robots" content="noindex"' in page


def test_pages_hold_numbers_so_a_post_never_changes_its_page(client):
    mona = member()
    thread = factories.thread(mona, posts=POSTS_PER_PAGE + 2)
    last = thread.posts.order_by("-number").first()
    factories.hidden_post(thread.posts.get(number=3))
    address = reverse("post", args=[last.pk])
    assert client.get(address)["Location"] == f"{thread.get_absolute_url()}?page=2#post-{last.pk}"
    page = text_of(client.get(thread.get_absolute_url() + "?page=2"))
    assert f'id="post-{last.pk}"' in page
    assert page.count("<article") == 2


@pytest.mark.parametrize("page", ["0", "3", "-1", "one", "1.5", "٣", "9" * 30])
def test_pages_that_do_not_exist_are_not_found(client, page):
    thread = factories.thread(posts=2)
    response = client.get(thread.get_absolute_url(), {"page": page})
    assert response.status_code == 404


def test_a_term_is_marked_once_a_page_and_explained_in_the_margin(client):
    factories.published_term("CMO", definition="A standing unit that leads the people side of change.")
    thread = start(body="A CMO is not a CMO.").thread
    reply(thread, body="Whose CMO?")
    page = text_of(client.get(thread.get_absolute_url()))
    marks = re.findall(r'<a class="term" href="/glossary/cmo/" data-term', page)
    assert len(marks) == 1
    assert "A standing unit that leads the people side of change." in page


# --- Writing ---


def test_a_reply_lands_on_its_post(client):
    mona = member()
    thread = start().thread
    response = signed_in(client, mona).post(f"/threads/{thread.pk}/reply/", {"body": "Mine.", "token": uuid4()})
    post = Post.objects.get(author=mona)
    assert response["Location"] == post.get_absolute_url()


def test_a_preview_posts_nothing_and_keeps_the_text(client):
    factories.published_term("PMO")
    thread = start().thread
    response = signed_in(client, member()).post(
        f"/threads/{thread.pk}/reply/", {"body": "**Our** PMO", "preview": "1", "token": uuid4()}
    )
    page = text_of(response)
    assert response.status_code == 200
    assert "<strong>Our</strong>" in page
    assert 'href="/glossary/pmo/"' in page
    assert "**Our** PMO</textarea>" in page
    assert again(thread).post_count == 1


def test_a_preview_is_what_is_then_published(client):
    mona = member()
    thread = start().thread
    body = "A *list*:\n\n- one\n- <b>two</b>\n\n| a | b |\n|---|---|\n| 1 | 2 |"
    signed_in(client, mona)
    preview = text_of(client.post(f"/threads/{thread.pk}/reply/", {"body": body, "preview": "1"}))
    client.post(f"/threads/{thread.pk}/reply/", {"body": body, "token": uuid4()})
    assert Post.objects.get(author=mona).body_html in preview
    assert Post.objects.get(author=mona).body_html in text_of(client.get(thread.get_absolute_url()))


@pytest.mark.parametrize("body", ["", "   \n ", "x" * 1_000_000, ">" * 100 + " deep"])
def test_a_text_that_cannot_be_posted_is_kept(client, body):
    thread = start().thread
    response = signed_in(client, member()).post(f"/threads/{thread.pk}/reply/", {"body": body})
    assert response.status_code == 422
    assert body.strip()[:1000].replace(">", "&gt;")[:500] in text_of(response)
    assert again(thread).post_count == 1


def test_a_refused_reply_keeps_its_text(client):
    thread = start().thread
    moderation.lock(thread, by=moderator(), reason="Enough.")
    response = signed_in(client, member()).post(f"/threads/{thread.pk}/reply/", {"body": "My long thoughts."})
    assert response.status_code == 422
    assert "My long thoughts." in text_of(response)
    assert "locked" in text_of(response)


def test_starting_with_ticked_and_typed_tags(client):
    start(tags=["risk"])
    response = signed_in(client, member()).post(
        "/threads/new/", {"title": "New", "body": "Text.", "tags": ["risk", "AI, benefits"], "token": uuid4()}
    )
    assert response.status_code == 302
    thread = Thread.objects.get(title="New")
    assert set(thread.tags.values_list("name", flat=True)) == {"risk", "AI", "benefits"}


@pytest.mark.parametrize("tags", ["a,b,c,d,e,f", "x", "y" * 41])
def test_tags_beyond_the_rules_are_refused_and_everything_typed_is_kept(client, tags):
    response = signed_in(client, member()).post("/threads/new/", {"title": "New", "body": "Text.", "tags": tags})
    page = text_of(response)
    assert response.status_code == 422
    assert 'value="New"' in page
    assert "Text." in page
    assert tags.split(",")[0] in page
    assert not Thread.objects.exists()


def test_a_conflict_shows_both_texts_and_their_difference(client):
    mona = member()
    post = start(mona, body="The office ends here.")
    posting.edit(post, by=moderator(), body="The office ends there.", based_on=1)
    response = signed_in(client, mona).post(
        f"/posts/{post.pk}/edit/", {"body": "The office begins here.", "based_on": 1}
    )
    page = text_of(response)
    assert response.status_code == 409
    assert "The office ends there." in page
    assert "The office begins here.</textarea>" in page
    assert "<del>ends</del>" in page
    assert 'name="based_on" value="1"' in page  # of which a draft would be
    assert 'name="seen" value="2"' in page


def test_the_history_shows_what_changed(client):
    mona = member(name="Mona Lind")
    post = start(mona, body="Our PMO is small.")
    posting.edit(post, by=mona, body="Our PMO is large.", based_on=1)
    page = text_of(client.get(f"/posts/{post.pk}/history/"))
    assert "<del>small</del>" in page
    assert "<ins>large</ins>" in page
    assert page.count("Mona Lind") == 2


def test_a_hidden_posts_history_is_not_found(client):
    mona = member()
    thread = factories.thread(mona, posts=2)
    post = thread.posts.get(number=2)
    factories.hidden_post(post)
    for name in ("post", "post_history", "post_report", "post_claim", "post_edit"):
        visitor = client.get(reverse(name, args=[post.pk]))
        assert visitor.status_code in (302, 404)
        if visitor.status_code == 302:
            assert "/accounts/login/" in visitor["Location"]


def test_withdrawing_and_bringing_back_by_the_page(client):
    mona = member()
    post = reply(start().thread, by=mona)
    signed_in(client, mona)
    client.post(f"/posts/{post.pk}/withdraw/", {"withdraw": "1"})
    assert again(post).is_withdrawn
    client.post(f"/posts/{post.pk}/withdraw/", {"bring_back": "1"})
    assert again(post).is_published


def test_a_report_reaches_the_moderators(client):
    post = start()
    signed_in(client, member()).post(f"/posts/{post.pk}/report/", {"reason": "spam", "note": "Buys and sells."})
    assert Flag.objects.get().note == "Buys and sells."


def test_a_removal_is_asked_for_without_an_account(client):
    post = factories.imported_thread().posts.get(number=1)
    address = f"/posts/{post.pk}/claim/"
    assert client.post(address, {"kind": "remove", "note": "Mine."}).status_code == 422  # no way to answer
    client.post(address, {"kind": "remove", "contact": "mary@example.org", "note": "Mine."})
    assert Claim.objects.get().contact == "mary@example.org"
    assert client.post(address, {"kind": "mine", "contact": "mary@example.org"}).status_code == 422


def test_requests_for_removal_are_limited(client):
    post = factories.imported_thread().posts.get(number=1)
    said = {"kind": "remove", "contact": "mary@example.org"}
    statuses = [client.post(f"/posts/{post.pk}/claim/", said).status_code for _ in range(12)]
    assert statuses.count(302) == 10
    assert statuses[-1] == 422


# --- Feeds ---


def test_the_feed_tells_of_threads_by_addresses_of_the_portal(client, settings):
    post = start(title="Feeds & <tags>")
    feed = client.get("/feeds/threads.atom", headers={"host": "localhost"})
    assert feed["Content-Type"].startswith("application/atom+xml")
    assert f"{settings.SITE_URL}/posts/{post.pk}/" in text_of(feed)
    assert "Feeds &amp; &lt;tags&gt;" in text_of(feed)


def test_samples_stand_in_no_feed_and_no_sitemap(client):
    sample = factories.sample_thread(title="A sample question")
    assert "A sample question" not in text_of(client.get("/feeds/threads.atom"))
    assert sample.get_absolute_url() not in text_of(client.get("/sitemap.xml"))
    assert client.get(f"/threads/{sample.pk}/feed.atom").status_code == 404
    page = text_of(client.get(sample.get_absolute_url()))
    assert "This is a sample." in page
    assert 'name="robots" content="noindex"' in page


def test_imports_enter_the_sitemap_when_the_operator_says_so(client, settings):
    thread = factories.imported_thread()
    assert thread.get_absolute_url() not in text_of(client.get("/sitemap.xml"))
    settings.IMPORTS_INDEXED = True
    assert thread.get_absolute_url() in text_of(client.get("/sitemap.xml"))
    assert "noindex" not in text_of(client.get(thread.get_absolute_url()))


# --- What an attacker tried ---


@pytest.mark.parametrize("charset", ["punycode", "unicode_escape", "rot13", "hex", "idna", "utf-16", "nonsense"])
def test_whatever_charset_a_request_names_it_is_read_as_utf_8(charset):
    body = b'--X\r\nContent-Disposition: form-data; name="login"\r\n\r\n' + b"a-9" * 20_000 + b"\r\n--X--\r\n"
    environ = {
        "REQUEST_METHOD": "POST",
        "CONTENT_TYPE": f"multipart/form-data; boundary=X; charset={charset}",
        "CONTENT_LENGTH": str(len(body)),
        "QUERY_STRING": "tag=%5Cx00",
        "wsgi.input": BytesIO(body),
    }
    request = application.request_class(RequestFactory()._base_environ(**environ))
    assert request.GET["tag"] == "\\x00"
    assert request.POST["login"] == "a-9" * 20_000


@pytest.mark.parametrize("cookie", ['session="aaaaaaaa\\000"', "session=%00"])
def test_a_nul_in_a_cookie_is_refused(client, cookie):
    assert client.get("/threads/", headers={"cookie": cookie}).status_code == 400


def test_the_same_form_with_another_text_is_another_post(client):
    mona = member()
    thread = start().thread
    signed_in(client, mona)
    token = uuid4()
    for body in ("First thoughts.", "First thoughts.", "Second thoughts."):
        client.post(f"/threads/{thread.pk}/reply/", {"body": body, "token": token})
    assert list(Post.objects.filter(author=mona).order_by("number").values_list("body", flat=True)) == [
        "First thoughts.",
        "Second thoughts.",
    ]


def test_what_a_moderator_took_out_is_in_no_history_of_others(client):
    mona, boss = member(), moderator()
    post = start(mona, body="Our client is Zebra Ltd.")
    posting.edit(post, by=mona, body="Our client is Zebra Ltd, of Leeds.", based_on=1)
    posting.edit(post, by=boss, body="Our client is large.", based_on=2)
    address = f"/posts/{post.pk}/history/"
    assert "Zebra" not in text_of(client.get(address))
    posting.edit(post, by=mona, body="Our client is very large.", based_on=3)
    page = text_of(client.get(address))
    assert "Zebra" not in page
    assert "<ins>very </ins>" in page
    assert "Zebra" in text_of(signed_in(client, mona).get(address))
    assert "Zebra" in text_of(signed_in(client, boss).get(address))


def test_a_long_history_has_pages(client):
    mona = member()
    post = start(mona, body="Text 0.")
    for number in range(1, 25):
        posting.edit(post, by=mona, body=f"Text {number}.", based_on=number)
    page = text_of(client.get(f"/posts/{post.pk}/history/"))
    assert "Version 25" in page
    assert "Version 5<" not in page
    following = re.search(r'href="\?before=(\d+)"', page).group(1)
    older = text_of(client.get(f"/posts/{post.pk}/history/?before={following}"))
    assert "Version 5<" in older
    assert "Version 1<" in older
    assert "Version 6<" not in older


def test_who_posts_too_fast_is_told_and_loses_nothing(client, monkeypatch):
    monkeypatch.setattr(posting, "MOST_A_MINUTE", 2)
    thread = start().thread
    signed_in(client, member())
    for number in range(2):
        assert client.post(f"/threads/{thread.pk}/reply/", {"body": f"Number {number}."}).status_code == 302
    response = client.post(f"/threads/{thread.pk}/reply/", {"body": "Number three."})
    assert response.status_code == 422
    assert "Number three." in text_of(response)
    assert client.post("/threads/new/", {"title": "Another", "body": "And on."}).status_code == 422


def test_imports_stand_in_feeds_only_when_search_engines_may_have_them(client, settings):
    thread = factories.imported_thread(title="Copied from elsewhere")
    assert "Copied from elsewhere" not in text_of(client.get("/feeds/threads.atom"))
    assert client.get(f"/threads/{thread.pk}/feed.atom").status_code == 404
    settings.IMPORTS_INDEXED = True
    assert "Copied from elsewhere" in text_of(client.get("/feeds/threads.atom"))


def test_a_preview_shows_the_text_of_its_own_form_and_never_an_earlier_one(client):
    for name in ("olga", "otto"):
        client.force_login(factories.member(name))
        said = {"title": "A title", "body": f"Only {name} typed this.", "preview": "1"}
        shown = client.post(reverse("thread_new"), said).content.decode()
        assert shown.count(f"Only {name} typed this.") == 2  # in the box and in the preview


def test_many_pages_have_a_way_to_any_of_them(client):
    thread = factories.thread(posts=2)
    assert 'name="page"' not in text_of(client.get(thread.get_absolute_url()))
    Thread.objects.filter(pk=thread.pk).update(last_number=2000)
    page = text_of(client.get(f"{thread.get_absolute_url()}?page=40"))
    assert '<input type="number" name="page" min="1" max="80" value="40"' in page
    assert client.get(f"{thread.get_absolute_url()}?page=81").status_code == 404


def test_when_a_post_was_written_and_edited_is_said_exactly(client):
    post = start()
    moment = post.created_at.replace(year=2026, month=3, day=9, hour=14, minute=5)
    Post.objects.filter(pk=post.pk).update(created_at=moment, edited_at=moment.replace(hour=16))
    Thread.objects.filter(pk=post.thread_id).update(revision=99)
    page = text_of(client.get(post.thread.get_absolute_url()))
    assert '<span class="quiet">9 March 2026, 14:05 UTC</span>' in page
    assert re.search(
        r'Edited <time datetime="2026-03-09T16:05:[^"]*" title="9 March 2026, 16:05 UTC">9 Mar 2026</time>', page
    )
