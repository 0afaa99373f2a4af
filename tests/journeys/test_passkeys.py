"""A passkey in a real browser, with Chromium's own virtual authenticator; an app with codes, computed."""

import re
import time

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from playwright.sync_api import expect

from tests.people import PASSWORD, a_member

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def at_home(live_server, visitors):
    """The portal by its name: passkeys belong to a name and not to a number."""
    visitors.address = live_server.url.replace("127.0.0.1", "localhost")
    return visitors


def with_authenticator(page):
    """A page whose browser holds a device that makes passkeys and recognises its owner."""
    devices = page.context.new_cdp_session(page)
    devices.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    options |= {"isUserVerified": True, "automaticPresenceSimulation": True}
    made = devices.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return devices, made["authenticatorId"]


def sign_in(page):
    page.get_by_label("Username or e-mail address").fill("bruno")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def open_security(page):
    page.goto("/accounts/2fa/")
    if "login" in page.url:
        sign_in(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Passkeys and second factor")


def say_who(page):
    """The password once more, before a weighty change."""
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()


def test_a_passkey_is_set_up_signs_in_alone_and_is_removed(at_home):
    a_member("bruno", name="Bruno Costa")
    page = at_home.visit()
    devices, device = with_authenticator(page)
    open_security(page)
    page.get_by_role("link", name="Add a passkey").click()
    say_who(page)
    page.get_by_label("What do you call it?").fill("My blue key")
    page.get_by_role("button", name="Set it up").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Recovery codes")
    expect(page.get_by_text("The passkey is set up.")).to_be_visible()
    assert len(devices.send("WebAuthn.getCredentials", {"authenticatorId": device})["credentials"]) == 1
    page.get_by_role("link", name="Done").click()
    expect(page.get_by_text("My blue key")).to_be_visible()

    page.get_by_role("button", name="Sign out").click()
    page.goto("/accounts/login/?next=/me/settings/")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("link", name="Bruno Costa")).to_be_visible()
    expect(page).to_have_url(re.compile("/me/settings/$"))

    page.goto("/accounts/2fa/")
    page.get_by_role("link", name="Remove").click()
    if page.get_by_role("heading", level=1).inner_text() == "Is it you?":
        page.get_by_role("link", name="Use a passkey").click()
        page.get_by_role("button", name="Use a passkey").click()
    page.get_by_role("button", name="Remove it").click()
    expect(page.get_by_text("None yet.")).to_be_visible()


def test_a_key_that_stands_beside_the_password_is_asked_for_after_it(at_home):
    a_member("bruno", name="Bruno Costa")
    page = at_home.visit()
    with_authenticator(page)
    open_security(page)
    page.get_by_role("link", name="Add a passkey").click()
    say_who(page)
    page.get_by_label("Sign in with it alone").uncheck()
    page.get_by_role("button", name="Set it up").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Recovery codes")
    page.get_by_role("button", name="Sign out").click()
    page.goto("/accounts/login/")
    sign_in(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("One more thing")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("link", name="Bruno Costa")).to_be_visible()


def test_a_browser_without_the_passkey_says_so_and_stays_where_it_is(at_home):
    a_member("bruno", name="Bruno Costa")
    page = at_home.visit()
    devices, device = with_authenticator(page)
    devices.send("WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": False})
    page.goto("/accounts/login/")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was done")
    expect(page).to_have_url(re.compile("/accounts/login/$"))


def test_an_app_with_codes_is_set_up_and_asked_for(visitors, script):
    a_member("bruno", name="Bruno Costa")
    page = visitors.visit(script=script)
    open_security(page)
    page.get_by_role("link", name="Set up an app").click()
    say_who(page)
    secret = page.locator("main code").inner_text()
    expect(page.get_by_role("img", name="The secret below")).to_be_visible()
    page.get_by_label("Code").fill(code_of(secret))
    page.get_by_role("button", name="Set it up").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Recovery codes")
    recovery = page.locator("main pre").inner_text().split()[0]
    page.get_by_role("button", name="Sign out").click()
    page.goto("/accounts/login/")
    sign_in(page)
    page.get_by_label("Code").fill("000000")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("This code is not right")
    page.get_by_label("Code").fill(recovery)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("link", name="Bruno Costa")).to_be_visible()


def test_sessions_are_listed_and_ended(visitors, script):
    bruno = a_member("bruno", name="Bruno Costa")
    other = visitors.visit()
    other.goto("/accounts/login/")
    sign_in(other)
    expect(other.get_by_role("link", name="Bruno Costa")).to_be_visible()
    page = visitors.visit(as_member=bruno, script=script)
    page.goto("/me/sessions/")
    expect(page.get_by_text("This browser")).to_have_count(1)
    page.get_by_role("button", name=re.compile("End the session of Chrome")).click()
    expect(page.get_by_text("The session is ended")).to_be_visible()
    other.goto("/me/settings/")
    expect(other.get_by_role("heading", level=1)).to_have_text("Sign in")


def code_of(secret):
    """What an app shows now."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))
