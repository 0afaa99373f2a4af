"""The frame of every page: what it holds without a query, what it never shows, and its scripts' integrity."""

import hashlib
import re
from base64 import b64decode
from pathlib import Path

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.management import call_command
from django.template import Context, Template
from django.template.loader import get_template, render_to_string

from pmo_cmo.templatetags import assets

ERROR_PAGES = ["400.html", "403.html", "404.html", "429.html", "500.html", "503.html"]
ROOT = Path(__file__).resolve().parent.parent
ACCOUNT_PAGES = sorted((ROOT / "templates/account").glob("*.html"))


@pytest.mark.parametrize("name", ERROR_PAGES)
def test_an_error_page_needs_no_context_and_no_database(name):
    html = get_template(name).render()
    assert html.count("<h1") == 1
    assert "PMO<b>/</b>CMO" in html
    assert "csrfmiddlewaretoken" not in html


@pytest.mark.parametrize("name", ERROR_PAGES)
def test_an_error_page_says_the_sentence_it_is_given_as_text(name):
    html = get_template(name).render({"sentence": "Somebody <b>locked</b> it."})
    assert "Somebody &lt;b&gt;locked&lt;/b&gt; it." in html


def test_a_refusal_for_good_shows_its_own_reason():
    assert "You may not post in this thread." in get_template("403.html").render(
        {"exception": "You may not post in this thread."}
    )


def test_a_visitor_gets_no_form_that_posts(rf):
    request = rf.get("/threads/")
    request.user = AnonymousUser()
    html = render_to_string("base_narrow.html", {"user": request.user}, request)
    assert 'method="post"' not in html
    assert "csrfmiddlewaretoken" not in html
    assert "?next=/threads/" in html


def test_the_page_one_is_on_is_marked_in_the_navigation(rf):
    for path, value in [("/glossary/", "page"), ("/glossary/cmo/", "true")]:
        request = rf.get(path)
        request.user = AnonymousUser()
        html = render_to_string("base_narrow.html", {"user": request.user}, request)
        assert re.findall(r'aria-current="(\w+)">([^<]+)<', html) == [(value, "Glossary")]


def test_kept_text_comes_back_letter_by_letter_but_never_a_password():
    fields = [
        ("body", "\n</textarea><script>alert(1)</script>\n\nlast line\n"),
        ("token", "abc"),
        ("password", "secret-1"),
        ("password1", "secret-2"),
        ("csrfmiddlewaretoken", "old"),
    ]
    html = render_to_string("_kept_text.html", {"fields": fields, "action": "/threads/1/reply/"})
    assert ">\n\n&lt;/textarea&gt;&lt;script&gt;alert(1)&lt;/script&gt;\n\nlast line\n</textarea>" in html
    assert '<input type="hidden" name="token" value="abc">' in html
    assert "secret" not in html
    assert "old" not in html


def _integrity(element):
    return b64decode(re.search(r'integrity="sha384-([^"]+)"', element)[1])


def test_a_script_carries_the_digest_of_the_file_in_the_folder():
    element = Template("{% load assets %}{% script 'terms.js' %}").render(Context())
    assert 'src="/static/terms.js"' in element
    assert _integrity(element) == hashlib.sha384((ROOT / "static/terms.js").read_bytes()).digest()


def test_a_script_carries_the_digest_of_the_file_as_served_once_files_are_collected(settings, tmp_path):
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}
    }
    call_command("collectstatic", interactive=False, verbosity=0)
    element = assets._element("terms.js")
    served = tmp_path / re.search(r'src="/static/(terms\.[0-9a-f]{12}\.js)"', element)[1]
    assert _integrity(element) == hashlib.sha384(served.read_bytes()).digest()


def test_a_script_that_does_not_exist_is_said_by_name():
    with pytest.raises(FileNotFoundError, match=r"nowhere\.js"):
        assets._element("nowhere.js")


def test_the_account_pages_have_one_heading_and_no_style():
    assert ACCOUNT_PAGES
    for page in ACCOUNT_PAGES:
        source = page.read_text()
        assert source.count("<h1") + source.count('extends "base_own.html"') == 1, page
        assert "style=" not in source, page


def test_the_mails_name_the_portal_and_its_address_as_configured(settings):
    settings.PORTAL_NAME = "Practice"
    settings.SITE_URL = "https://portal.example"
    context = {"user": {"username": "eva & co"}, "activate_url": "https://portal.example/x/?a=1&b=2"}
    text = render_to_string("account/email/email_confirmation_signup_message.txt", context)
    subject = render_to_string("account/email/email_confirmation_signup_subject.txt", context)
    assert "Practice" in subject
    assert "eva & co" in text
    assert "https://portal.example/x/?a=1&b=2" in text
    assert text.rstrip().endswith("Practice\nhttps://portal.example")
