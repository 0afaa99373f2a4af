"""What an attacker tried, and what became of it."""

import os
import stat
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.core import mail
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.urls import reverse
from django_tasks_db.models import DBTaskResult

from markup.slugs import confusable_key
from members.actions import accounts
from members.actions.naming import refuse_imitation, refuse_username
from members.forms import LineField, NameField
from members.models import Member
from members.permissions import Refused
from pmo_cmo import localdb
from tests import factories
from tests.people import PASSWORD, a_member, run_jobs
from tests.test_ground import ask
from threads.forms import TagsField
from threads.models import Thread

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parent.parent
SIGN_UP = {"username": "eileen", "email": "eileen@example.org", "password1": PASSWORD, "name": "Eileen Roden"}


@pytest.fixture(autouse=True)
def _no_limits_from_other_tests(settings):
    settings.CACHES = settings.CACHES | {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    cache.clear()


# --- Who has an account ----------------------------------------------------------------------------------------------


def hashes_of(client, monkeypatch, login):
    made = []
    encode = MD5PasswordHasher.encode

    def counted(self, password, salt):
        made.append(login)
        return encode(self, password, salt)

    monkeypatch.setattr(MD5PasswordHasher, "encode", counted)
    client.post("/accounts/login/", {"login": login, "password": "wrong words here"})
    monkeypatch.setattr(MD5PasswordHasher, "encode", encode)
    return len(made)


def test_signing_in_costs_as_many_hashes_for_nobody_as_for_somebody(client, monkeypatch):
    a_member()
    logins = ("anna@example.org", "nobody@example.org", "anna", "nobody")
    assert [hashes_of(client, monkeypatch, login) for login in logins] == [1, 1, 1, 1]


def test_a_reset_for_an_unknown_address_costs_the_same_and_sends_nothing(client):
    a_member()
    for email in ("anna@example.org", "nobody@example.org"):
        client.post("/accounts/password/reset/", {"email": email})
    assert DBTaskResult.objects.ready().count() == 2
    run_jobs()
    assert [message.to for message in mail.outbox] == [["anna@example.org"]]


def test_starting_to_change_the_address_asks_for_the_password_and_then_goes_on(client):
    member = a_member()
    client.post("/accounts/login/", {"login": "anna", "password": PASSWORD})
    client.force_login(member)  # a session that somebody found open
    new = {"action_add": "", "email": "thief@example.org"}
    asked = client.post("/accounts/email/", new)
    assert asked["Location"].startswith("/accounts/reauthenticate/?next=")
    page = client.get(asked["Location"])
    assert 'name="next" value="/accounts/email/"' in page.text
    wrong = client.post("/accounts/reauthenticate/", {"password": "wrong words here", "next": "/accounts/email/"})
    assert wrong.status_code in {200, 422}
    assert not member.emailaddress_set.filter(email="thief@example.org").exists()
    client.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": "/accounts/email/"})
    assert member.emailaddress_set.filter(email="thief@example.org", verified=False).exists()


# --- Who else reads this machine -------------------------------------------------------------------------------------


def run_python(*words, **environment):
    given = {name: value for name, value in os.environ.items() if name != "DJANGO_ALLOW_ASYNC_UNSAFE"}
    subprocess.run(
        [sys.executable, *words], cwd=ROOT, env=given | environment, check=True, capture_output=True, umask=0o022
    )


def test_what_the_portal_writes_is_its_owners_alone(tmp_path):
    var = tmp_path / "var"
    var.mkdir(mode=0o755)
    words = "from django.core.mail import send_mail; send_mail('Hello', 'A link.', None, ['anna@example.org'])"
    run_python("manage.py", "shell", "-v", "0", "-c", words, PORTAL_VAR=str(var), EMAIL_HOST="", DATABASE_URL="")
    assert stat.S_IMODE(var.stat().st_mode) == 0o700
    written = [var / "postgres.log", var / "mail", *(var / "mail").iterdir()]
    assert len(written) == 3
    assert [path.name for path in written if path.stat().st_mode & 0o077] == []


def test_a_folder_for_everybodys_files_is_not_taken_away_from_them(tmp_path):
    tmp_path.chmod(0o1777)
    localdb.own_folder(tmp_path)
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o1777


def test_the_log_of_the_database_holds_no_statements(tmp_path):
    with localdb.running(tmp_path, fast=True):
        assert ask(tmp_path, "SHOW log_min_error_statement") == ("panic",)


# --- Characters that are no text -------------------------------------------------------------------------------------

ODD = [chr(code) for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\t\n\r"]
ODD += ["\ufdd0", "\ufffe", "\uffff", "\U0001ffff", "\U0010fffe", "\ud800", "\ue000", "\u202e", "\u200b", "\u2028"]
ODD += ["&#xFFFF;", "&#0;", "&#x1;", "&#xD800;", "]]>", "<!--", "&bogus;"]


def cleaned(field, value):
    try:
        return field.clean(value)
    except ValidationError:
        return None


@pytest.mark.parametrize("odd", ODD, ids=ascii)
def test_no_odd_character_breaks_a_feed(client, odd):
    """What forms let through of a title, a tag and a name, and any body at all, parses as XML."""
    title = cleaned(LineField(max_length=200), f"Where {odd} ends") or "Where it ends"
    tags = cleaned(TagsField(), [f"risk{odd}y"]) or ["risky"]
    name = cleaned(NameField(max_length=80), f"Anna {odd} Berg") or "Anna Berg"
    body = f"What {odd} is.\n\n    {odd}\n\n`{odd}` [{odd}](https://example.org/{odd})"
    if "\0" in body or "\ud800" in body:  # the form refuses or the browser cannot send these
        body = "Plain."
    made = factories.start(a_member(name=name), title=title, body=body, tags=tags).thread
    tag = made.tags.get()
    for path in ("/feeds/threads.atom", f"/threads/{made.pk}/feed.atom", reverse("tag_feed", args=[tag.slug])):
        response = client.get(path)
        assert response.status_code == 200
        assert ET.fromstring(response.content).tag.endswith("feed")  # noqa: S314 our own


@pytest.mark.parametrize(
    "odd", ["\x01", "\x7f", "\ufdd0", "\ufffe", "\uffff", "\U0001ffff", "\u202e", "\u2066", "\ue000"]
)
def test_a_line_and_a_tag_hold_only_what_can_be_seen(odd):
    assert cleaned(LineField(), f"Anna{odd}Berg") is None
    assert cleaned(TagsField(), [f"ri{odd}sk"]) is None


def test_letters_and_signs_of_every_kind_are_text():
    for line in ("Ждан Øye", "李明", "नमस्ते", "🚀", "🫨 today", "👩🏽‍💻 at work", "a — b"):
        assert cleaned(LineField(), line) == line
        assert cleaned(TagsField(), [line + "x"]) == [line + "x"]


@pytest.mark.parametrize("blank", ["\u3164\u3164", "\u115f\u1160", "\uffa0", "\u2800\u2800", "\u00ad", "\u034f\ufe0f"])
def test_what_nobody_sees_is_no_name_title_or_username(blank):
    assert cleaned(LineField(), blank) is None
    assert cleaned(NameField(), blank) is None
    assert cleaned(TagsField(), [blank * 2]) is None
    with pytest.raises(Refused):
        refuse_username(blank)
    with pytest.raises(Refused):
        refuse_username(f"anna{blank}")


def test_an_empty_line_is_for_the_field_to_judge():
    assert LineField(required=False).clean("") == ""


# --- Names -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["Mona Ꮇod", "ꓟona Mod", "ꓟꓳꓠꓮ ꓟꓳꓓ", "Mona ꓟꓳꓓ", "ᴍona Mod", "Mona ꮇod", "Mоna Mоd"])
def test_no_alphabet_makes_a_second_mona(name):
    a_member("mona", name="Mona Mod", is_staff=True)
    with pytest.raises(Refused):
        refuse_imitation(name)


@pytest.mark.parametrize("name", ["Ⲙona Berg", "Anna 𐐔erg", "Annжa", "Ꭶona Berg", "ꓭona"])
def test_a_name_that_mixes_alphabets_is_refused(name):
    with pytest.raises(Refused, match="alphabets"):
        refuse_imitation(name)


@pytest.mark.parametrize(
    "name",
    [
        *("Wei Li 李伟", "Анна Berg", "Nino ნინო", "Ani Անի", "Ελένη Smith", "D’Arcy O‘Neil", "ꓡꓲ ꓢꓴ", "Kビル"),
        *("Øyvind Ærø", "Nguyễn Thị", "Kealiʻi", "محمد Ali", "דוד Cohen", "J. R. 2nd", "İpek Ş.", "ᏣᎳᎩ"),
    ],
)
def test_names_of_real_people_in_any_alphabet_are_open(name):
    refuse_imitation(name)


@pytest.mark.parametrize(
    "name",
    [
        *("Mona Mod (Moderator)", "Site Administrator", "Mona – ADMIN", "Portal Staff", "Support: Mona"),
        *("Mona Мoderator", "Curators’ Mona", "Mona_Moderator", "Mona Adm1n"),
    ],
)
def test_a_name_claims_no_role_that_one_has_not(name):
    with pytest.raises(Refused, match="kept for"):
        refuse_imitation(name)
    refuse_imitation(name, member=a_member(is_staff=True, name="Anna"))


def test_words_that_only_begin_like_a_role_are_names():
    for name in ("Mona Stafford", "Supporta Li", "Admina Berg"):
        refuse_imitation(name)


def test_an_account_made_at_the_console_is_protected_like_others():
    made = Member.objects.create_superuser("mona", "mona@example.org", PASSWORD)
    assert made.name_key == confusable_key("mona")
    with pytest.raises(Refused, match="run this portal"):
        refuse_imitation("Mоna")


def test_an_account_without_a_key_gets_one_with_the_next_save():
    member, boss = a_member(), factories.administrator()
    Member.objects.filter(pk=member.pk).update(name_key="")
    accounts.deactivate(member, by=boss)
    assert Member.objects.get(pk=member.pk).name_key == "anna"


# --- Staff -----------------------------------------------------------------------------------------------------------


def on_site(row):
    kind = ContentType.objects.get_for_model(row)
    return reverse("admin:view_on_site", args=[kind.pk, row.pk])


def test_on_the_site_leads_only_whom_the_screen_lets_in(client):
    thread = factories.hidden_thread(factories.thread())
    client.force_login(factories.curator())
    assert client.get(on_site(thread)).status_code == 403
    client.force_login(factories.moderator())
    assert client.get(on_site(thread))["Location"] == thread.get_absolute_url()
    assert client.get(on_site(Thread(pk=0))).status_code == 404


def test_on_the_site_leads_to_nothing_that_has_no_screen(client):
    client.force_login(factories.administrator())
    permission = Permission.objects.first()
    assert client.get(on_site(permission)).status_code == 404
    assert client.get("/admin/r/999999/1/").status_code == 404
    assert client.get("/admin/r/x/1/").status_code == 404


def test_who_may_look_at_members_cannot_guess_at_what_is_not_shown(client):
    looks = a_member("looks", is_staff=True)
    looks.user_permissions.add(Permission.objects.get(codename="view_member"))
    client.force_login(looks)
    assert client.get("/admin/members/member/?is_staff__exact=1").status_code == 200
    for lookup in ("password__startswith", "email__startswith", "emailaddress__email__startswith", "last_login__gt"):
        assert client.get(f"/admin/members/member/?{lookup}=a").status_code == 400, lookup


# --- Sign-up ---------------------------------------------------------------------------------------------------------


def test_closed_sign_up_makes_no_account_and_offers_none(client, settings):
    thread = factories.thread()
    settings.SIGNUP_OPEN = False
    for response in (client.get("/accounts/signup/"), client.post("/accounts/signup/", SIGN_UP)):
        assert "takes no new members" in response.text
        assert "without an account" in response.text
    assert not Member.objects.filter(username="eileen").exists()
    for path in ("/accounts/login/", thread.get_absolute_url(), "/"):
        page = client.get(path).text
        assert reverse("account_signup") not in page
    settings.PORTAL_PRIVATE = True
    assert "without an account" not in client.get("/accounts/signup/").text


def test_open_sign_up_is_offered(client):
    thread = factories.thread()
    for path in ("/accounts/login/", thread.get_absolute_url(), "/"):
        assert reverse("account_signup") in client.get(path).text


@pytest.mark.parametrize(
    ("private", "asked", "is_open"), [("", "", True), ("yes", "", False), ("yes", "yes", True), ("", "no", False)]
)
def test_a_private_portal_is_closed_to_newcomers_unless_told_otherwise(private, asked, is_open):
    program = f"from pmo_cmo import settings; assert settings.SIGNUP_OPEN is {is_open}"
    run_python("-c", program, PORTAL_PRIVATE=private, SIGNUP_OPEN=asked)


def test_opening_sign_up_makes_pages_for_visitors_anew():
    program = "from pmo_cmo import settings; settings.SIGNUP_OPEN = not settings.SIGNUP_OPEN; "
    run_python("-c", program + "assert settings._release_id() != settings.RELEASE_ID", RELEASE_ID="")
