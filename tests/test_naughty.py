"""Bad input over every form and every value of an address: a sentence, never a mistake of ours, the typed text kept."""

import html
import itertools
import re
from urllib.parse import quote

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.urls import reverse

from glossary.models import Sense
from members.actions.accounts import update_profile
from tests import addresses, factories
from tests.addresses import RULES, address
from tests.people import PASSWORD
from tests.world import one_world
from threads.actions import moderation, posting, tagging
from threads.models import Post

pytestmark = pytest.mark.django_db
MARK = '<b id="naughty">&amp;</b>'
VALUES = {
    "nothing": "",
    "spaces": " \t \u3000 ",
    "NUL": "a\x00b",
    "control characters": "a\x01\x1b[31m\x7fb",
    "HTML": f"{MARK}<script>alert(1)</script>",
    "template": "{{ settings.SECRET_KEY }}{% debug %}",
    "SQL": "'; DROP TABLE threads_post; --",
    "right to left": "abc\u202edcba\u2066x",
    "emoji": "🧑‍🤝‍🧑👍🏿",
    "no spaces": "W" * 60,
    "combining": "Z" + "\u0335" * 400,
    "long": "long " * 2_000,
    "folds into more": "ﷺ" * 120,
    "no character": "\ufffe\uffff\ufdd0",
    "number": "9" * 40,
    "negative": "-1",
    "fraction": "1e308",
    "dots": "../../etc/passwd",
    "percent": "%00%0d%0aSet-Cookie:a=b",
    "dash": "—" * 50,
    "several lines": "a\r\nb\nc\u2028d",
}
QUERIES = {
    "home": ["x"],
    "search": ["q"],
    "threads": ["order", "before", "tag"],
    "tag": ["order", "before"],
    "thread": ["page"],
    "thread_new": ["title"],
    "post_evidence": ["words"],
    "suggest_term": ["text"],
    "suggest_change": ["sense"],
    "admin:threads_evidence_changelist": ["state__exact"],
    "glossary": ["q", "letter"],
    "account_login": ["next"],
    "admin:threads_thread_changelist": ["q", "p", "o", "state__exact", "e", "unknown"],
    "admin:threads_post_changelist": ["q", "p"],
    "admin:glossary_sense_changelist": ["q", "state", "field__id__exact"],
    "admin:members_member_changelist": ["q", "o"],
    "admin:threads_tag_changelist": ["q"],
    "admin:threads_moderationentry_changelist": ["q"],
    "admin:autocomplete": ["term", "app_label"],
}
IDS = [0, 2**31, 2**63 - 1, 2**63, 10**40]
# Who fills in a form, and what it holds when nothing is wrong with it.
FORMS = {
    "thread_new": ("member", {"title": "A title", "body": "A text.", "tags": "risk, new tag", "token": ""}),
    "reply": ("member", {"body": "A text.", "token": "no token"}),
    "post_edit": ("author", {"body": "A text.", "based_on": "2"}),
    "post_report": ("member", {"reason": "spam", "note": "A note."}),
    "post_claim": ("visitor", {"kind": "remove", "contact": "someone@example.org", "note": "A note."}),
    "post_evidence": ("author", {"sense": "1", "stance": "defines", "words": "Wombats", "term": ""}),
    "suggest_term": ("member", dict.fromkeys(("text", "name", "definition", "note"), "Some words")),
    "suggest_change": ("member", {"meaning": "another", **dict.fromkeys(("name", "definition", "note"), "Some words")}),
    "settings": (
        "member",
        {
            **dict.fromkeys(("name", "role", "organisation", "location", "about"), "Some words"),
            "role_family": "pmo",
            "sector": "public",
            "organisation_size": "1-50",
            "country": "GB",
        },
    ),
    "account_signup": (
        "visitor",
        {
            **dict.fromkeys(("name", "role", "organisation", "location"), "Some words"),
            "username": "naughty",
            "email": "naughty@example.org",
            "password1": PASSWORD,
        },
    ),
    "account_login": ("visitor", {"login": "otto", "password": PASSWORD}),
    "account_reset_password": ("visitor", {"email": "otto@example.org"}),
    "account_email": ("member", {"email": "other@example.org", "action_add": ""}),
    "account_change_password": ("member", {"oldpassword": PASSWORD, "password1": "another long one 8"}),
    "admin:threads_thread_change": ("moderator", {"title": "Another title"}),
    "admin:threads_thread_hide": ("moderator", {"reason": "A reason."}),
    "admin:threads_thread_pin": ("moderator", {"reason": "A reason.", "until": "2050-01-01T00:00"}),
    "admin:threads_post_hide": ("moderator", {"reason": "A reason."}),
    "admin:threads_claim_grant": ("moderator", {"reason": "A reason."}),
    "admin:threads_tag_add": ("curator", {"name": "naughty", "description": "Some words"}),
    "admin:threads_tag_change": ("curator", {"name": "naughty", "description": "Some words"}),
    "admin:threads_tag_alias": ("curator", {"name": "naughty"}),
    "admin:threads_tag_merge": ("curator", {"into": "1"}),
    "admin:glossary_subjectfield_add": ("curator", {"name": "naughty"}),
    "admin:glossary_term_add": ("curator", {"text": "naughty", "case_rule": "fold"}),
    "admin:glossary_sense_add": ("curator", {"name": "naughty", "definition": "Some words that say it."}),
    "admin:glossary_sense_retire": ("curator", {"reason": "A reason."}),
    "admin:glossary_suggestion_accept": ("curator", {"name": "naughty", "definition": "It says it.", "reason": ""}),
    "admin:glossary_suggestion_decline": ("curator", {"reason": "A reason."}),
    "admin:threads_evidence_decline": ("curator", {"reason": "A reason."}),
    "admin:glossary_term_usual": ("curator", {"sense": "1"}),
    "admin:glossary_knownacronym_add": ("curator", {"text": "NTY", "note": "Some words"}),
    "admin:members_member_change": ("administrator", {"name": "Naughty", "role": "x", "about": "y"}),
    "admin:members_member_deactivate": ("administrator", {"reason": "A reason."}),
}
CASES = [(name, field) for name, (_who, data) in FORMS.items() for field in data]
# What stands in a box of one line or of several: it is shown again as it was typed.
TEXTS = {"title", "body", "note", "about", "description", "reason", "definition"}

CHOICES = {
    "role_family",
    "sector",
    "organisation_size",
    "country",
    "case_rule",
    "kind",
    "into",
    "sense",
    "stance",
    "about",
    "token",
}
FEW = ["nothing", "NUL", "HTML", "emoji", "long", "number", "negative"]


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), one_world() as world:
        world.hide()
        yield world


@pytest.fixture(autouse=True)
def _as_often_as_one_likes(settings):
    settings.ACCOUNT_RATE_LIMITS = False


def _client(world, kind):
    return world.sign_in(Client(raise_request_exception=False), kind)


@pytest.mark.parametrize(("name", "field"), CASES)
def test_no_value_of_a_form_is_a_mistake_of_ours(world, name, field):
    who, valid = FORMS[name]
    client = _client(world, who)
    for what in FEW if field in CHOICES else VALUES:
        value = VALUES[what]
        response = client.post(address(world, name), valid | {field: value})
        assert response.status_code in {200, 302, 400, 403, 409, 422}, what
        if response.status_code == 422 and field in TEXTS and value.isprintable() and value.strip():
            assert html.escape(value.strip()) in response.content.decode(), what
        assert MARK not in response.content.decode(), what


@pytest.mark.parametrize("name", FORMS)
def test_a_form_may_come_empty_as_bytes_or_as_something_else(world, name):
    who, valid = FORMS[name]
    client = _client(world, who)
    path = address(world, name)
    field = next(iter(valid))
    form = "application/x-www-form-urlencoded"
    bodies = [
        (b"", form),
        (f"{field}=%ED%A0%80%FF".encode(), form),  # a lone surrogate and no UTF-8 at all
        (b"\xff\xfe\x00", form),
        (b'{"a": 1}', "application/json"),
        (b"--x\r\nno part", "multipart/form-data; boundary=x"),
        (b"x", "multipart/form-data"),
        (b"a=b", "text/plain; charset=no-such-charset"),
        ("&".join(f"f{number}=1" for number in range(500)).encode(), form),
    ]
    for body, content_type in bodies:
        response = client.generic("POST", path, body, content_type=content_type)
        assert response.status_code in {200, 302, 400, 403, 415, 422}, (body[:40], content_type)


@pytest.mark.parametrize("name", ["thread_new", "reply", "post_edit", "post_report", "post_claim", "settings"])
def test_a_body_of_a_megabyte_is_refused_and_kept(world, name):
    who, valid = FORMS[name]
    field = next(field for field in ("body", "note", "about") if field in valid)
    text = "Megabyte after megabyte. " * 42_000
    response = _client(world, who).post(address(world, name), valid | {field: text})
    assert response.status_code == 422
    assert text.strip() in response.content.decode()


def test_more_than_anybody_types_is_refused_in_words(world):
    response = _client(world, "member").post(address(world, "reply"), {"body": "x" * 3_000_000})
    assert response.status_code in {400, 413}
    assert b"<h1" in response.content


@pytest.mark.parametrize(("name", "parameter"), [(name, p) for name, several in QUERIES.items() for p in several])
def test_no_value_in_an_address_is_a_mistake_of_ours(world, name, parameter):
    client = _client(world, "administrator" if name.startswith("admin:") else "visitor")
    for what, value in {**VALUES, "surrogate": "%ED%A0%80", "not UTF-8": "%FF"}.items():
        encoded = value if what in {"surrogate", "not UTF-8"} else quote(value)
        response = client.get(f"{address(world, name)}?{parameter}={encoded}")
        assert response.status_code in {200, 302, 400, 403, 404}, what
        assert MARK not in response.content.decode(), what


NUMBERED = [name for name in addresses.names() if not name.startswith(("account_", "admin:"))]


@pytest.mark.parametrize("kind", ["visitor", "administrator"])
def test_an_id_that_nothing_has_is_not_found(world, kind):
    client = _client(world, kind)
    for name, pk in itertools.product(NUMBERED, IDS):
        path = address(world, name)
        if re.search(r"/\d+/", path):
            response = client.get(re.sub(r"/\d+/", f"/{pk}/", path))
            asks_first = {"visitor": "/login/", "administrator": "/reauthenticate/"}[kind]
            signs_in = response.status_code == 302 and asks_first in response["Location"]
            assert response.status_code == 404 or signs_in, (name, pk)
    for pk in ("-1", "1.5", "x", "١"):
        assert client.get(f"/threads/{pk}/").status_code == 404
        assert client.get(f"/posts/{pk}/").status_code == 404


def test_an_id_that_nothing_has_leads_out_of_the_admin_in_words(world):
    client = _client(world, "administrator")
    for name, _kinds in addresses.admin_names():
        path = address(world, name)
        for pk in (2**63, "x", "%00", "_5F"):
            response = client.get(re.sub(r"/\d+/", f"/{pk}/", path))
            assert response.status_code in {200, 302, 400, 403, 404}, (name, pk)


@pytest.mark.parametrize("kind", ["visitor", "member"])
def test_any_name_in_an_address_is_found_or_not(world, kind):
    client = _client(world, kind)
    values = [quote(value.replace("\n", "").replace("\r", ""), safe="") for value in VALUES.values() if value.strip()]
    for value in [*values, "%00", "%ED%A0%80", "%FF", "..%2f", "a" * 4000]:
        paths = (f"/glossary/{value}/", f"/glossary/{value}/history/", f"/tags/{value}/", f"/tags/{value}/feed.atom")
        for path in (*paths, f"/people/{value}/", f"/threads/{world.thread.pk}/{value}/"):
            assert client.get(path).status_code in {301, 302, 400, 404}, path


def test_a_wrong_or_old_name_leads_to_the_right_one(world, client):
    for path, right in (
        (f"/threads/{world.thread.pk}/{quote('<b>')}/", world.thread.get_absolute_url()),
        ("/people/MONA/", "/people/mona/"),
        ("/tags/risks/", "/tags/risk/"),
        ("/glossary/wombat/", "/glossary/wombats/"),
    ):
        response = client.get(path)
        assert (response.status_code, response["Location"]) == (301, right)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/threads/?order=best", 400),
        ("/threads/?before=yesterday", 400),
        ("/threads/?before=99999999999999999999999-1", 400),
        ("/threads/?before=-1--1", 400),
        ("/threads/?tag=nothing", 404),
        ("/search/?q=" + "long+" * 200, 400),
    ],
)
def test_an_unknown_value_is_answered_with_a_sentence(world, client, path, status):
    response = client.get(path)
    assert response.status_code == status
    text = response.content.decode()
    assert len(re.findall("<h1", text)) == 1
    assert "Traceback" not in text


def test_html_typed_into_every_field_is_shown_as_text(world):
    """Each text that anybody may type, on every page that may show it, to who sees most."""
    by = world.author
    profile = dict.fromkeys(("name", "role", "organisation", "location", "about"), MARK)
    update_profile(by, by=by, **profile)
    by = factories.again(by)
    first = factories.start(by, title=MARK, body=f"{MARK}\n\n`{MARK}`\n\n> {MARK}", tags=[MARK])
    post = factories.reply(first.thread, by, body=MARK)
    posting.edit(post, by=by, body=f"{MARK} again", based_on=1)
    tag = first.thread.tags.get()
    tagging.save_tag(tag, by=world.curator, name=f"{MARK}!", description=MARK)
    moderation.report(post, by=world.member, reason="spam", note=MARK)
    moderation.lock(first.thread, by=world.moderator, reason=MARK)
    hidden = factories.reply(world.thread, by, body="Hidden.")
    moderation.hide_post(hidden, by=world.moderator, reason=MARK)
    imported = factories.imported_thread(f"{MARK}Boss| {MARK}, Leeds\n{MARK}\nSaving Changes...\n", title=MARK)
    claim = moderation.claim(imported.posts.get(), by=None, kind="remove", contact="a@example.org", note=MARK)
    factories.published_term(
        f"Term {MARK}", f"Sense {MARK}", f"What stands in {MARK} and nowhere else.", by=world.curator
    )
    world = _as(world, thread=first.thread, first=post, tag=factories.again(tag), claim=claim, member=by)
    world.sense = Sense.objects.get(name=f"Sense {MARK}")
    world.term = world.sense.terms.get()
    paths = [address(world, name) for name in (*RULES, *(name for name, _kinds in addresses.admin_names()))]
    paths += [reverse("search") + "?q=naughty", world.thread.get_absolute_url(), imported.get_absolute_url()]
    paths += [f"/people/{by.username}/", f"/threads/{hidden.thread_id}/{hidden.thread.slug}/"]
    shown = 0
    for kind in ("visitor", "administrator"):
        client = _client(world, kind)
        for path in paths:
            response = client.get(path)
            text = response.getvalue().decode()
            if response.get("Content-Type", "").startswith(("text/markdown", "text/plain")):
                continue  # the source is what it gives
            assert MARK not in text, path
            assert not re.search(r'<b id=\\?"naughty', text), path
            shown += "naughty" in text
    assert shown > 20


def _as(world, **changed):
    other = object.__new__(type(world))
    other.__dict__ = world.__dict__ | changed
    return other


def test_names_of_sixty_letters_and_the_same_name_twice_are_fine(world):
    name = "Wolfeschlegelsteinhausenbergerdorffwelchevoralternwarengewiss"
    for username in ("one", "two"):
        somebody = factories.member(username, role="R" * 60)
        update_profile(somebody, by=somebody, name=name)
        post = factories.reply(world.thread, factories.again(somebody), body="X" * 300)
    response = Client().get(post.get_absolute_url())
    assert response.content.decode().count(f">{name}<") == 2


# --- A database that is away, or busy --------------------------------------------------------------------------------
KEEPS_TEXT = ["thread_new", "reply", "post_edit", "post_report", "post_claim", "settings", "admin:threads_thread_hide"]


def _away(execute, sql, params, many, context):
    raise OperationalError("server closed the connection unexpectedly")


def _locked(execute, sql, params, many, context):
    if ("FOR NO KEY UPDATE" in sql or sql.startswith(("INSERT", "UPDATE"))) and "pmo_cmo_cache" not in sql:
        raise OperationalError("canceling statement due to lock timeout")
    return execute(sql, params, many, context)


@pytest.mark.parametrize("trouble", [_away, _locked], ids=["away", "locked"])
@pytest.mark.parametrize("name", KEEPS_TEXT)
def test_a_database_that_does_not_answer_is_503_with_the_text_kept(world, name, trouble):
    who, valid = FORMS[name]
    client = _client(world, who)
    typed = {field: f"kept {MARK}" if field in TEXTS and value != "spam" else value for field, value in valid.items()}
    with connection.execute_wrapper(trouble):
        response = client.post(address(world, name), typed)
    assert response.status_code == 503
    assert int(response["Retry-After"]) > 0
    assert response["Cache-Control"] == "private, no-store"
    text = response.content.decode()
    assert html.escape(f"kept {MARK}") in text
    assert MARK not in text


@pytest.mark.parametrize("name", [name for name in RULES if name not in {"robots", "search"}])
@pytest.mark.parametrize("kind", ["visitor", "member"])
def test_no_page_breaks_when_the_database_is_away(world, name, kind):
    client = _client(world, kind)
    with connection.execute_wrapper(_away):
        response = client.get(address(world, name))
    assert response.status_code in {200, 302, 503, 401 if name == "socialaccount_login_error" else 503}
    if response.status_code == 503:
        assert response["Retry-After"]
        assert response.content.count(b"<h1") == 1


def test_a_post_that_met_a_busy_database_was_not_made(world):
    before = Post.objects.count()
    client = _client(world, "member")
    with connection.execute_wrapper(_locked):
        assert client.post(address(world, "reply"), {"body": "Not made."}).status_code == 503
    assert Post.objects.count() == before
