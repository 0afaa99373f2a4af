"""An employer's single sign-on: OpenID Connect against a small server of the tests' own."""

from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.socialaccount.models import SocialAccount
from django.test import Client
from django.urls import reverse
from django.utils.html import escape

from members.models import Member
from tests.employer import employer
from tests.people import PASSWORD, a_member
from tests.test_attacks import run_python

pytestmark = pytest.mark.django_db
LOGIN = "/accounts/oidc/sso/login/"


@pytest.fixture
def provider(settings):
    with employer(settings) as made:
        yield made


def sign_on(client, query=""):
    """Through the employer's server and back, as a browser would go."""
    away = client.post(LOGIN + query)
    address = away["Refresh"].removeprefix("0; url=")
    assert f'href="{escape(address)}"' in away.text
    asked = parse_qs(urlsplit(address).query)
    assert asked["code_challenge_method"] == ["S256"]
    return client.get("/accounts/oidc/sso/login/callback/", {"code": "c", "state": asked["state"][0]})


def join(client, **said):
    form = {"username": "rita", "email": "rita@acme.example", "name": "Rita Roe", "role": "PMO Lead"} | said
    return client.post(reverse("socialaccount_signup"), form)


def test_somebody_new_says_their_name_and_is_signed_in_from_then_on(provider, client):
    assert "Continue with Acme" in client.get("/accounts/login/").text
    assert sign_on(client)["Location"] == reverse("socialaccount_signup")
    page = client.get(reverse("socialaccount_signup")).text
    assert 'value="Rita Roe"' in page
    assert 'value="rita@acme.example"' in page
    join(client)
    rita = Member.objects.get()
    assert (rita.name, rita.role_family, rita.is_confirmed) == ("Rita Roe", "pmo", True)
    assert not rita.has_usable_password()
    assert client.get("/me/settings/").status_code == 200
    again = Client()
    sign_on(again)
    assert again.get("/me/settings/").status_code == 200
    assert Member.objects.count() == 1
    assert provider.codes[0]["client_secret"] == ["s"]


def test_a_sign_on_cannot_take_a_name_that_imitates(provider, client):
    a_member("bo", name="Bo Berg")
    sign_on(client)
    assert "looks like another member" in join(client, name="Bо Berg").text
    assert Member.objects.count() == 1


@pytest.mark.parametrize(
    ("says", "domains", "is_let_in"),
    [
        ({}, ["acme.example"], True),
        ({}, [], False),
        ({}, ["example"], False),
        ({"email": "rita@evil.example"}, ["acme.example"], False),
        ({"email_verified": False}, ["acme.example"], False),
        ({"email": "rita@acme.example.evil.example"}, ["acme.example"], False),
    ],
)
def test_a_private_portal_takes_in_people_of_its_own_domains_only(provider, client, settings, says, domains, is_let_in):
    settings.PORTAL_PRIVATE = True
    settings.SIGNUP_OPEN = False
    settings.OIDC_DOMAINS = domains
    provider.says |= says
    answer = sign_on(client)
    if not is_let_in:
        assert "takes no new members" in answer.text
    join(client)
    assert Member.objects.exists() is is_let_in


def test_an_address_that_the_sign_on_did_not_confirm_opens_no_account_in_a_closed_portal(provider, client, settings):
    settings.SIGNUP_OPEN = False
    settings.OIDC_DOMAINS = ["acme.example"]
    sign_on(client)
    assert "Only the address" in join(client, email="private@example.org").text
    assert not Member.objects.exists()


@pytest.mark.parametrize(
    ("domains", "verified", "comes_in"),
    [(["acme.example"], True, True), ([], True, False), (["acme.example"], False, False)],
)
def test_an_account_that_has_the_address_is_entered_only_where_the_domain_is_the_portals_own(
    provider, client, settings, domains, verified, comes_in
):
    settings.OIDC_DOMAINS = domains
    provider.says["email_verified"] = verified
    rita = a_member("rita", email="rita@acme.example")
    sign_on(client)
    assert (client.get("/me/settings/").status_code == 200) is comes_in
    assert SocialAccount.objects.filter(user=rita).exists() is comes_in


def test_a_member_connects_the_sign_on_and_disconnects_it(provider, client):
    rita = a_member("rita", email="rita@elsewhere.example")
    client.post("/accounts/login/", {"login": "rita", "password": PASSWORD})
    assert "Not connected" in client.get("/accounts/sign-on/").text
    asked = sign_on(client, "?process=connect")
    client.post(asked["Location"], {"password": PASSWORD})
    account = SocialAccount.objects.get(user=rita)
    assert "Connected with Acme since" in client.get("/accounts/sign-on/").text
    client.post("/accounts/sign-on/", {"account": account.pk})
    assert not SocialAccount.objects.exists()


def test_nobody_connects_a_sign_on_in_an_open_browser_without_the_password(provider, client):
    client.force_login(a_member("rita"))
    assert sign_on(client, "?process=connect")["Location"] == reverse("account_reauthenticate")
    assert not SocialAccount.objects.exists()


def test_a_second_factor_is_asked_after_a_sign_on_as_well(provider, client, settings):
    settings.OIDC_DOMAINS = ["acme.example"]
    rita = a_member("rita", email="rita@acme.example")
    rita.authenticator_set.create(type="totp", data={"secret": "x"})
    assert sign_on(client)["Location"] == reverse("mfa_authenticate")
    assert client.get("/me/settings/").status_code == 302


def test_a_sign_on_that_is_entered_by_a_link_asks_first_and_a_failing_one_says_so(provider, client):
    assert "Go on with Acme?" in client.get(LOGIN).text
    answer = client.get("/accounts/oidc/sso/login/callback/", {"error": "server_error", "state": "x"})
    assert "The sign-on did not work" in answer.text


def test_a_sign_on_that_is_away_is_no_fault_of_ours(provider, settings):
    provider.close()
    answer = Client(raise_request_exception=False).post(LOGIN)
    assert answer.status_code < 500
    assert "The sign-on did not work" in answer.text


def test_it_is_all_settings():
    program = (
        "from pmo_cmo import settings;"
        "assert settings.OIDC_NAME == 'Acme';"
        "assert settings.OIDC_DOMAINS == ['acme.example', 'acme.test']"
    )
    said = {"OIDC_NAME": "Acme", "OIDC_SERVER_URL": "https://login.acme.example/realms/all", "OIDC_CLIENT_ID": "portal"}
    run_python("-c", program, **said, OIDC_CLIENT_SECRET="s", OIDC_DOMAINS="Acme.example, acme.test")
    off = "from pmo_cmo import settings; assert not settings.SOCIALACCOUNT_PROVIDERS; assert settings.OIDC_NAME == ''"
    run_python("-c", off)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"OIDC_SERVER_URL": "https://login.acme.example"}, "OIDC_CLIENT_ID"),
        ({"OIDC_SERVER_URL": "http://login.acme.example", "OIDC_CLIENT_ID": "x"}, "https"),
    ],
)
def test_half_a_sign_on_is_refused_at_the_start(said, words):
    program = (
        "from django.core.exceptions import ImproperlyConfigured as Wrong\n"
        "try:\n    from pmo_cmo import settings\n"
        f"except Wrong as error:\n    assert {words!r} in str(error), error\n"
        "else:\n    raise SystemExit('It started.')"
    )
    run_python("-c", program, **said)
