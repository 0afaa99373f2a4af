"""Second factors, passkeys, sessions, and what staff need before the admin opens."""

import re
import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from allauth.usersessions.models import UserSession
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from members.adapters import SecondFactorAdapter
from members.sessions import browser_of
from tests import factories
from tests.people import PASSWORD, a_member, run_jobs

pytestmark = pytest.mark.django_db
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture(autouse=True)
def _no_limits_from_other_tests(settings):
    settings.CACHES = settings.CACHES | {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    cache.clear()


def signed_in(username="anna", **headers):
    """A browser that signed in with its password, so that it is not asked for it again at once."""
    client = Client(headers=headers)
    assert client.post("/accounts/login/", {"login": username, "password": PASSWORD}).status_code == 302
    return client


def code_of(secret):
    """What an app shows now."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


def with_app(username="anna"):
    """A browser whose member has set an app up, and the app's secret."""
    client = signed_in(username)
    page = client.get("/accounts/2fa/totp/activate/", follow=True)
    if "Type your password" in page.text:
        page = client.post(
            page.request["PATH_INFO"] + "?" + page.request["QUERY_STRING"], {"password": PASSWORD}, follow=True
        )
    secret = re.search(r"<code>(\w+)</code>", page.text)[1]
    answer = client.post("/accounts/2fa/totp/activate/", {"code": code_of(secret)})
    assert answer["Location"] == reverse("mfa_view_recovery_codes")
    return client, secret


# --- An app with codes -----------------------------------------------------------------------------------------------


def test_after_an_app_is_set_up_a_password_alone_signs_nobody_in():
    a_member()
    _client, secret = with_app()
    other = Client()
    asked = other.post("/accounts/login/", {"login": "anna", "password": PASSWORD})
    assert asked["Location"] == reverse("mfa_authenticate")
    assert other.get("/me/settings/").status_code == 302
    wrong = other.post(asked["Location"], {"code": "000000"})
    assert "This code is not right" in wrong.text
    assert other.get("/me/settings/").status_code == 302
    cache.clear()  # the code that set it up counts as used
    other.post(asked["Location"], {"code": code_of(secret)})
    assert other.get("/me/settings/").status_code == 200


def test_a_recovery_code_signs_in_once():
    a_member()
    client, _secret = with_app()
    code = re.search(r"<pre>(\d{8})", client.get(reverse("mfa_view_recovery_codes")).text)[1]
    statuses = []
    for _time in range(2):
        other = Client()
        other.post("/accounts/login/", {"login": "anna", "password": PASSWORD})
        other.post(reverse("mfa_authenticate"), {"code": code})
        statuses.append(other.get("/me/settings/").status_code)
    assert statuses == [200, 302]


def test_the_secret_of_an_app_is_not_kept_in_clear_and_is_worth_nothing_under_another_key(settings):
    member = a_member()
    _client, secret = with_app()
    row = Authenticator.objects.get(user=member, type=Authenticator.Type.TOTP)
    assert secret not in str(row.data)
    assert TOTP(row).validate_code(code_of(secret)) or SecondFactorAdapter().decrypt(row.data["secret"]) == secret
    settings.SECRET_KEY = "another"
    lost = SecondFactorAdapter().decrypt(row.data["secret"])
    assert lost not in {"", secret}
    assert not TOTP(row).validate_code(code_of(secret))


def test_the_picture_of_a_secret_fits_the_policy():
    drawn = SecondFactorAdapter().build_totp_svg("otpauth://totp/anna?secret=ABC")
    assert drawn.startswith("<svg")
    assert "style" not in drawn
    assert "<?xml" not in drawn


def test_setting_up_and_taking_away_is_told_by_mail_and_asks_for_the_password_first(
    django_capture_on_commit_callbacks,
):
    member = a_member()
    with django_capture_on_commit_callbacks(execute=True):
        client, _secret = with_app()
    client.post(reverse("mfa_deactivate_totp"))
    run_jobs()
    assert [message.to for message in mail.outbox] == [[member.email]] * len(mail.outbox)
    subjects = " ".join(message.subject for message in mail.outbox)
    assert "asks for codes" in subjects
    assert "No more codes" in subjects
    lazy = Client()
    lazy.force_login(member)
    for name in ("mfa_activate_totp", "mfa_add_webauthn", "my_data_file", "close_account"):
        assert lazy.get(reverse(name))["Location"].startswith(reverse("account_reauthenticate")), name


# --- Staff -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["/admin/", "/admin/desk/", "/admin/members/member/", "/admin/threads/post/"])
def test_the_admin_opens_to_staff_only_with_a_second_factor_where_it_is_required(settings, address):
    factories.administrator("ada")
    client = signed_in("ada")
    assert client.get(address).status_code == 200
    settings.STAFF_MFA_REQUIRED = True
    led = client.get(address)
    assert (led.status_code, led["Location"]) == (302, reverse("mfa_index"))
    assert "then the admin opens" in client.get(led["Location"]).text
    cache.clear()
    with_app("ada")
    assert client.get(address).status_code == 200


def test_recovery_codes_alone_are_no_second_factor(settings):
    ada = factories.administrator("ada")
    settings.STAFF_MFA_REQUIRED = True
    Authenticator.objects.create(user=ada, type=Authenticator.Type.RECOVERY_CODES, data={})
    client = Client()
    client.force_login(ada)
    assert client.get("/admin/").status_code == 302


def test_who_is_no_staff_is_not_told_of_the_second_factor(settings):
    settings.STAFF_MFA_REQUIRED = True
    client = Client()
    client.force_login(a_member())
    assert client.get("/admin/")["Location"].startswith("/admin/login/")


# --- Sessions --------------------------------------------------------------------------------------------------------


def test_each_browser_stands_in_the_list_and_this_one_is_marked():
    a_member()
    here, _there = signed_in(**{"User-Agent": FIREFOX}), signed_in(**{"User-Agent": "curl/8"})
    page = here.get("/me/sessions/").text
    assert "Firefox on Linux" in page
    assert "Unknown browser" in page
    assert page.count("This browser") == 1


def test_one_other_session_is_ended_or_all_of_them():
    member = a_member()
    here, second, third = signed_in(), signed_in(), signed_in()
    row = UserSession.objects.get(session_key=second.session.session_key)
    assert here.post("/me/sessions/", {"end": row.pk}).status_code == 302
    assert [c.get("/me/settings/").status_code for c in (here, second, third)] == [200, 302, 200]
    here.post("/me/sessions/", {"end": "others"})
    assert [c.get("/me/settings/").status_code for c in (here, third)] == [200, 302]
    assert UserSession.objects.filter(user=member).count() == 1


def test_nobody_ends_the_session_of_somebody_else_or_their_own_by_a_slip():
    a_member()
    a_member("bo", name="Bo Berg")
    here, other = signed_in(), signed_in("bo")
    for number in (
        UserSession.objects.get(session_key=other.session.session_key).pk,
        UserSession.objects.get(session_key=here.session.session_key).pk,
        "9" * 30,
        "x",
        "",
    ):
        answer = here.post("/me/sessions/", {"end": number})
        assert answer.status_code == 422, number
        assert 'role="alert"' in answer.text
    assert other.get("/me/settings/").status_code == 200
    assert here.get("/me/settings/").status_code == 200


def test_sessions_that_a_new_password_ended_are_not_listed():
    a_member()
    here, _other = signed_in(), signed_in()
    new = "quite another sentence 8"
    here.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
    assert here.get("/me/sessions/").text.count('class="row"') == 1


def test_a_session_from_before_the_list_was_kept_is_put_into_it():
    client = Client()
    client.force_login(a_member())
    assert "This browser" in client.get("/me/sessions/").text


def test_the_list_costs_the_same_for_one_session_and_for_ten(django_assert_max_num_queries):
    a_member()
    here = signed_in()
    for _browser in range(10):
        signed_in()
        cache.clear()
    with django_assert_max_num_queries(7):
        here.get("/me/sessions/")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (FIREFOX, "Firefox on Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1", "Safari on iPhone"),
        ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36", "Chrome on Android"),
        ("<script>", "Unknown browser"),
    ],
)
def test_a_browser_is_named_by_its_own_line(line, words):
    assert browser_of(line) == words
