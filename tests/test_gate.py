import re

import pytest
from django.test import Client
from django.urls import reverse

from members.models import Member
from tests.people import a_member

pytestmark = pytest.mark.django_db
HERE = "http://testserver"
TYPED = {"name": "Anna B.", "about": "A long text,\nin <b>two</b> lines.", "csrfmiddlewaretoken": "x" * 32}


@pytest.fixture(autouse=True)
def _this_host(settings):
    settings.ALLOWED_HOSTS = ["testserver"]


@pytest.fixture
def browser():
    """A client that is held to CSRF tokens, as browsers are."""
    return Client(enforce_csrf_checks=True)


def token_on(response):
    return re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', response.text)[1]


def test_a_visitor_who_asks_for_a_members_page_is_led_to_sign_in_and_back(client):
    response = client.get("/me/settings/?a=1")
    assert response.status_code == 302
    assert response["Location"] == "/accounts/login/?next=/me/settings/%3Fa%3D1"


def test_a_post_without_a_session_shows_the_typed_text_and_the_way_to_sign_in(client):
    response = client.post("/me/settings/?a=1", {"name": "Anna", "about": "A long text,\nin <b>two</b> lines."})
    assert response.status_code == 403
    assert "A long text,\nin &lt;b&gt;two&lt;/b&gt; lines." in response.text
    assert 'action="/me/settings/?a=1"' in response.text
    assert reverse("account_login") in response.text
    assert "no-store" in response["Cache-Control"]


def test_a_post_without_a_session_can_be_sent_again_after_signing_in_elsewhere(browser):
    member = a_member()
    browser.get("/accounts/login/")
    kept = browser.post("/me/settings/", TYPED, headers={"Origin": HERE})
    browser.force_login(member)
    typed = TYPED | {"csrfmiddlewaretoken": token_on(kept)}
    assert browser.post("/me/settings/", typed, headers={"Origin": HERE}).status_code == 302
    member.refresh_from_db()
    assert member.name == "Anna B."


def test_a_stale_token_keeps_the_text_and_its_page_carries_a_token_that_works(browser):
    browser.force_login(a_member())
    stale = browser.post("/me/settings/", TYPED, headers={"Origin": HERE})
    assert stale.status_code == 403
    assert "in &lt;b&gt;two&lt;/b&gt; lines." in stale.text
    assert "x" * 32 not in stale.text
    again = browser.post("/me/settings/", TYPED | {"csrfmiddlewaretoken": token_on(stale)}, headers={"Origin": HERE})
    assert again.status_code == 302
    assert Member.objects.get().about == TYPED["about"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {"Referer": "https://elsewhere.example/page"},
        {"Referer": "http://[broken"},
        {"Origin": "http://testserver.elsewhere.example"},
        {},
    ],
)
def test_what_another_site_sends_is_not_shown_back(browser, headers):
    browser.force_login(a_member())
    response = browser.post("/me/settings/", TYPED, headers=headers)
    assert response.status_code == 403
    assert "A long text" not in response.text
    assert "<textarea" not in response.text


def test_a_referer_of_this_host_is_enough_where_there_is_no_origin(browser):
    browser.force_login(a_member())
    response = browser.post("/me/settings/", TYPED, headers={"Referer": f"{HERE}/me/settings/"})
    assert "A long text" in response.text


def test_passwords_are_never_shown_back(browser):
    typed = {"username": "bo", "email": "bo@example.org", "name": "Bo Berg", "password1": "very secret words"}
    response = browser.post("/accounts/signup/", typed, headers={"Origin": HERE})
    assert response.status_code == 403
    assert "Bo Berg" in response.text
    assert "very secret words" not in response.text


def test_a_stale_form_for_signing_in_is_shown_again_with_a_sentence(browser):
    response = browser.post(
        "/accounts/login/?next=/threads/",
        {"login": "anna", "password": "very secret words"},
        headers={"Origin": HERE},
        follow=True,
    )
    assert response.redirect_chain == [("/accounts/login/?next=/threads/", 302)]
    assert "open for too long" in response.text
    assert "very secret words" not in response.text
