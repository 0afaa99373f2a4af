"""Invitations, and a portal that is for its members only."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from members.actions import inviting
from members.admin.invitations import addresses_in
from members.models import INVITED_FOR, Invitation, InvitationState, Member
from members.permissions import Refused
from tests import factories
from tests.addresses import RULES, address
from tests.people import PASSWORD, a_member, run_jobs
from tests.races import at_once
from tests.world import World

pytestmark = pytest.mark.django_db
FORM = {"username": "quinn", "password1": PASSWORD, "name": "Quinn Lee", "role": "", "organisation": "", "location": ""}


@pytest.fixture(autouse=True)
def _no_limits_from_other_tests(settings):
    settings.CACHES = settings.CACHES | {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    cache.clear()


@pytest.fixture
def boss():
    return factories.administrator()


def invited(boss, email="quinn@example.org"):
    """The path of the link that was mailed to somebody."""
    mail.outbox.clear()
    inviting.invite([email], by=boss)
    run_jobs()
    return re.search(r"/invited/\S+", mail.outbox[-1].body)[0]


# --- Invitations -----------------------------------------------------------------------------------------------------


def test_who_was_invited_joins_where_sign_up_is_closed_and_counts_as_confirmed(boss, client, settings):
    settings.SIGNUP_OPEN = False
    settings.PORTAL_PRIVATE = True
    path = invited(boss)
    assert client.get(path)["Location"] == reverse("account_signup")
    page = client.get(reverse("account_signup")).text
    assert 'value="quinn@example.org"' in page
    assert "readonly" in page
    client.post(reverse("account_signup"), FORM | {"email": "quinn@example.org"})
    quinn = Member.objects.get(username="quinn")
    assert quinn.is_confirmed
    assert client.get("/me/settings/").status_code == 200  # signed in, without a second mail
    row = Invitation.objects.get()
    assert (row.state, row.accepted_by) == (InvitationState.ACCEPTED, quinn)
    assert Client().get(path).status_code == 404


@pytest.mark.parametrize("typed", ["other@example.org", "quinn@example.com", "quinn@example.org.evil.example"])
def test_an_invitation_lets_in_nobody_else(boss, client, settings, typed):
    settings.SIGNUP_OPEN = False
    client.get(invited(boss))
    answer = client.post(reverse("account_signup"), FORM | {"email": typed})
    assert "Only the address that was invited" in answer.text
    assert not Member.objects.filter(username="quinn").exists()


def test_where_sign_up_is_open_another_address_is_confirmed_by_mail_as_ever(boss, client):
    client.get(invited(boss))
    client.post(reverse("account_signup"), FORM | {"email": "other@example.org"})
    assert not Member.objects.get(username="quinn").is_confirmed
    assert Invitation.objects.get().state == InvitationState.OPEN


@pytest.mark.parametrize("end", ["withdrawn", "expired", "new link"])
def test_a_link_ends(boss, client, settings, end):
    settings.SIGNUP_OPEN = False
    path = invited(boss)
    client.get(path)  # in its session already
    row = Invitation.objects.get()
    if end == "withdrawn":
        inviting.withdraw_invitation(row, by=boss)
    elif end == "expired":
        Invitation.objects.update(created_at=timezone.now() - INVITED_FOR)
    else:
        assert invited(boss) != path
    answer = client.get(path)
    assert answer.status_code == 404
    assert "This invitation has ended" in answer.text
    assert "takes no new members" in client.get(reverse("account_signup")).text
    client.post(reverse("account_signup"), FORM | {"email": "quinn@example.org"})
    assert not Member.objects.filter(username="quinn").exists()


def test_an_expired_invitation_can_be_made_anew_and_only_the_digest_of_a_key_is_kept(boss):
    path = invited(boss)
    Invitation.objects.update(created_at=timezone.now() - timedelta(days=20))
    assert Invitation.objects.get().state == InvitationState.EXPIRED
    new = invited(boss)
    row = Invitation.objects.get()
    assert row.state == InvitationState.OPEN
    assert new != path
    assert new.split("/")[2] not in str(vars(row))


def test_members_are_named_and_not_invited_and_a_list_is_read_as_it_was_pasted(boss):
    a_member("anna")
    pasted = "Anna Berg <ANNA@example.org>; bo@example.org, bo@example.org\ncy@example.org  dee@example.org"
    found = addresses_in(pasted)
    assert found == ["anna@example.org", "bo@example.org", "cy@example.org", "dee@example.org"]
    done = inviting.invite(found, by=boss)
    assert done.members == ["anna@example.org"]
    assert [row.email for row in done.invitations] == found[1:]


def test_only_administrators_invite_and_withdraw(boss):
    invited(boss)
    for by in (a_member("anna"), factories.moderator(), factories.curator()):
        with pytest.raises(PermissionDenied):
            inviting.invite(["x@example.org"], by=by)
        with pytest.raises(PermissionDenied):
            inviting.withdraw_invitation(Invitation.objects.get(), by=by)


def test_too_many_or_no_addresses_are_refused(boss):
    with pytest.raises(Refused, match="at least one"):
        inviting.invite([], by=boss)
    with pytest.raises(Refused, match="500"):
        inviting.invite([f"a{number}@example.org" for number in range(501)], by=boss)
    assert not Invitation.objects.exists()


def test_the_admin_invites_a_list_lists_states_and_withdraws(boss, client):
    client.force_login(boss)
    a_member("anna")
    path = reverse("admin:members_invitation_add")
    wrong = client.post(path, {"addresses": "bo@example.org\nnonsense"})
    assert "No e-mail address: nonsense" in wrong.text
    assert "bo@example.org" in wrong.text  # what was typed
    assert not Invitation.objects.exists()
    page = client.post(path, {"addresses": "bo@example.org\ncy@example.org anna@example.org"}, follow=True)
    assert "2 addresses are invited." in page.text
    assert "They have an account already: anna@example.org." in page.text
    assert "All of them have an account" in client.post(path, {"addresses": "anna@example.org"}).text
    row = Invitation.objects.get(email="bo@example.org")
    client.post(reverse("admin:members_invitation_withdraw", args=[row.pk]), {"csrfmiddlewaretoken": "x"})
    screen = reverse("admin:members_invitation_changelist")
    for state, emails in {"open": {"cy"}, "withdrawn": {"bo"}, "expired": set(), "accepted": set()}.items():
        listed = client.get(screen, {"state": state}).text
        assert {name for name in ("bo", "cy") if f"{name}@example.org" in listed} == emails, state
    assert client.get(screen, {"state": "nonsense"}).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_two_administrators_who_invite_the_same_address_at_once_leave_one_open_invitation(boss):
    other = factories.administrator("otto")
    invited(boss)
    outcomes = at_once(
        lambda: inviting.invite(["quinn@example.org"], by=boss),
        lambda: inviting.invite(["quinn@example.org"], by=other),
    )
    assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    assert Invitation.objects.count() == 1


# --- A portal for its members only -----------------------------------------------------------------------------------

OPEN = {
    *("account_login", "account_inactive", "account_email_verification_sent", "account_confirm_email"),
    *("account_reset_password", "account_reset_password_done", "account_reset_password_from_key"),
    *("account_reset_password_from_key_done", "socialaccount_login_cancelled", "socialaccount_login_error"),
    *("account_closed", "account_signup", "robots", "healthz", "invited", "mail_stop"),
    *("openid_connect_login", "openid_connect_callback"),
}
LED = {"account_logout", "account_confirm_login_code", "mfa_authenticate", "mfa_login_webauthn", "socialaccount_signup"}


def test_visitors_of_a_private_portal_are_led_to_sign_in_from_every_address_but_the_ways_in(settings):
    world = World().hide()
    settings.PORTAL_PRIVATE = True
    settings.SIGNUP_OPEN = False
    for name in RULES:
        path = address(world, name)
        answer = Client(raise_request_exception=False).get(path)
        if name in OPEN:
            assert answer.status_code in {200, 404, 401}, name
        elif name not in LED:
            assert answer.status_code == 302, name
            assert answer["Location"] == f"/accounts/login/?next={path}", name
        assert "quokka" not in answer.text.lower(), name
        assert "no-store" in answer["Cache-Control"] or name == "robots", name


@pytest.mark.parametrize(
    ("there", "missing"),
    [
        ("/threads/{}/", "/threads/999999/"),
        ("/threads/{}/feed.atom", "/threads/999999/feed.atom"),
        ("/people/mona/", "/people/nobody/"),
        ("/nothing/like/it/", "/glossary/wombats/"),
        ("/threads/{}", "/threads/999999"),
    ],
)
def test_a_private_portal_answers_alike_whether_a_page_exists(settings, client, there, missing):
    thread = factories.thread(factories.member())
    settings.PORTAL_PRIVATE = True
    settings.ALLOWED_HOSTS = ["testserver"]
    paths = there.format(thread.pk), missing
    for method in (client.get, client.head):
        answers = [(a.status_code, a.headers.get("Location", "").replace(p, "…")) for p in paths for a in [method(p)]]
        assert answers[0] == answers[1]
        assert answers[0][0] == 302
    here = {"Origin": "http://testserver"}
    posted = [client.post(path, {"body": "Kept words."}, headers=here) for path in paths]
    assert [answer.status_code for answer in posted] == [403, 403]
    assert ["Kept words." in answer.text for answer in posted] == [True, True]


def test_what_a_visitor_of_a_public_portal_kept_is_not_confirmed_once_it_is_private(settings, client):
    thread = factories.thread()
    etag = client.get(thread.get_absolute_url())["ETag"]
    settings.PORTAL_PRIVATE = True
    assert client.get(thread.get_absolute_url(), headers={"if-none-match": etag}).status_code == 302


def test_the_sign_in_page_of_a_private_portal_offers_no_way_that_leads_back_to_it(settings, client):
    settings.PORTAL_PRIVATE = True
    page = client.get("/accounts/login/").text
    assert "<nav" not in page
    assert 'role="search"' not in page


def test_too_many_tries_with_a_passkey_are_told_so_in_words(client):
    path = "/accounts/2fa/webauthn/login/"
    asked = client.get(path, headers={"Accept": "application/json"}).json()
    assert asked["request_options"]["publicKey"]["userVerification"] == "required"
    answers = [client.post(path, {"credential": "{}"}) for _try in range(11)]
    assert answers[0]["Location"] == "/accounts/login/"
    assert answers[-1].status_code == 429
    assert "too many tries" in answers[-1].text


def test_members_of_a_private_portal_read_it(settings, client):
    thread = factories.thread()
    client.force_login(a_member())
    settings.PORTAL_PRIVATE = True
    assert client.get(thread.get_absolute_url()).status_code == 200
