import re
import threading
import time

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.core import mail
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from members.actions import accounts
from members.actions.naming import refuse_imitation, refuse_username
from members.models import Member, SiteVersion
from members.permissions import Refused
from tests.people import PASSWORD, a_member, run_jobs
from threads.models import Post, Thread

pytestmark = pytest.mark.django_db
FORM = {
    "username": "eileen",
    "email": "Eileen@Example.org",
    "password1": PASSWORD,
    "name": "Eileen  Roden",
    "role": "Consulting Director",
    "organisation": "a training house",
    "location": "Solihull, West Midlands, United Kingdom",
}
SENT = "/accounts/confirm-email/"


@pytest.fixture(autouse=True)
def _no_limits_from_other_tests(settings):
    settings.CACHES = settings.CACHES | {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    cache.clear()


def links_in(message):
    return re.findall(r"https?://\S+", message.body)


def path_of(link, settings):
    assert link.startswith(f"{settings.SITE_URL}/")
    return link.removeprefix(settings.SITE_URL)


def confirm(client, message, settings):
    link = next(link for link in links_in(message) if "confirm-email" in link)
    return client.post(path_of(link, settings))


# --- Signing up ------------------------------------------------------------------------------------------------------


def test_signing_up_confirming_signing_in_and_settings(client, settings):
    assert client.post("/accounts/signup/", FORM)["Location"] == SENT
    run_jobs()
    assert [message.to for message in mail.outbox] == [["eileen@example.org"]]
    confirm(client, mail.outbox[0], settings)
    member = Member.objects.get()
    assert (member.name, member.country.code, member.role_family) == ("Eileen Roden", "GB", "consulting")
    assert member.is_confirmed
    client.logout()
    for login in ("eileen", "EILEEN@example.org"):
        response = client.post("/accounts/login/", {"login": login, "password": PASSWORD})
        assert response.status_code == 302
        assert client.get("/me/settings/").status_code == 200
        client.logout()


def test_confirming_in_the_browser_that_signed_up_signs_in(client, settings):
    client.post("/accounts/signup/", FORM)
    run_jobs()
    confirm(client, mail.outbox[0], settings)
    assert client.get("/me/settings/").status_code == 200


def test_confirming_in_another_browser_signs_nobody_in(client, settings):
    client.post("/accounts/signup/", FORM)
    run_jobs()
    other = type(client)()
    confirm(other, mail.outbox[0], settings)
    assert Member.objects.get().is_confirmed
    assert other.get("/me/settings/").status_code == 302


def test_looking_at_the_link_confirms_nothing(client, settings):
    client.post("/accounts/signup/", FORM)
    run_jobs()
    client.get(path_of(next(x for x in links_in(mail.outbox[0]) if "confirm-email" in x), settings))
    assert not Member.objects.get().is_confirmed


def test_nobody_signs_in_before_confirming_and_the_mail_comes_again(client):
    member = a_member(confirmed=False)
    response = client.post("/accounts/login/", {"login": "anna", "password": PASSWORD})
    assert response["Location"] == SENT
    assert client.get("/me/settings/").status_code == 302
    run_jobs()
    assert [message.to for message in mail.outbox] == [[member.email]]


def test_signing_up_does_not_wait_for_the_mail_server(client, settings):
    settings.EMAIL_BACKEND = "no.such.Backend"
    assert client.post("/accounts/signup/", FORM)["Location"] == SENT
    assert DBTaskResult.objects.ready().count() == 1


def test_signing_up_with_a_known_address_is_answered_like_a_new_one(client):
    a_member("known", email="eileen@example.org")
    known = client.post("/accounts/signup/", FORM)
    new = type(client)().post("/accounts/signup/", FORM | {"email": "new@example.org"})
    assert (known.status_code, known["Location"]) == (new.status_code, new["Location"])
    assert known.cookies.keys() == new.cookies.keys()
    assert client.get(SENT).status_code == 200
    assert not Member.objects.filter(email="eileen@example.org").exclude(username="known").exists()
    run_jobs()
    to_known = next(message for message in mail.outbox if message.to == ["eileen@example.org"])
    assert "confirm-email" not in to_known.body


def test_a_reset_is_answered_alike_for_known_and_unknown_addresses(client):
    a_member()
    known = client.post("/accounts/password/reset/", {"email": "anna@example.org"})
    unknown = client.post("/accounts/password/reset/", {"email": "nobody@example.org"})
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])


def test_a_wrong_password_is_answered_alike_for_known_and_unknown_people(client):
    a_member()
    answers = [
        client.post("/accounts/login/", {"login": login, "password": "wrong words here"}).text
        for login in ("anna@example.org", "nobody@example.org")
    ]
    without_what_was_typed = [re.sub(r'value="[^"]*"', "", answer) for answer in answers]
    assert without_what_was_typed[0] == without_what_was_typed[1]


@pytest.mark.parametrize(
    "again",
    [{"username": "EILEEN", "email": "other@example.org"}, {"username": "EILEEN", "email": "EILEEN@EXAMPLE.ORG"}],
)
def test_a_username_is_taken_whatever_the_case(client, again):
    a_member("eileen")
    response = client.post("/accounts/signup/", FORM | again)
    assert "This username is taken." in response.text
    assert Member.objects.count() == 1
    assert "Consulting Director" in response.text


def test_an_address_is_taken_whatever_the_case():
    a_member("known", email="eileen@example.org")
    with pytest.raises(IntegrityError), transaction.atomic():
        Member.objects.create(username="other", email="EILEEN@example.org")


def test_a_form_sent_twice_at_once_is_answered_twice_alike(client, monkeypatch):
    monkeypatch.setattr(
        "allauth.account.forms.BaseSignupForm.clean_username", lambda form: form.cleaned_data["username"]
    )
    monkeypatch.setattr("allauth.account.forms.BaseSignupForm.validate_unique_email", lambda _form, email: email)
    first = client.post("/accounts/signup/", FORM)
    second = type(client)().post("/accounts/signup/", FORM)
    assert (second.status_code, second["Location"]) == (first.status_code, first["Location"])
    taken = type(client)().post("/accounts/signup/", FORM | {"email": "else@example.org"})
    assert taken["Location"] == "/accounts/signup/"
    assert Member.objects.count() == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"name": "x" * 81},
        {"name": "Ei\0leen"},
        {"name": "Ei\u202eleen"},
        {"name": "…!"},
        {"username": ""},
        {"username": "x" * 41},
        {"username": ".."},
        {"username": "a/b"},
        {"username": "a\0b"},
        {"username": "<b>"},
        {"username": "someone@example.org"},
        {"username": "Admin"},
        {"username": "аdmin"},
        {"username": "sample-eve"},
        {"username": "me"},
        {"email": "no address"},
        {"email": "a\0@example.org"},
        {"password1": "short"},
        {"password1": "password123"},
        {"password1": "eileen@example.org"},
        {"role": "x" * 121},
        {"location": "Lee\0ds"},
        {"organisation": "x" * 1_000_000},
    ],
)
def test_what_cannot_be_is_refused_in_words_and_the_rest_is_kept(client, wrong):
    response = client.post("/accounts/signup/", FORM | wrong)
    assert response.status_code in {200, 422}
    assert 'role="alert"' in response.text
    kept = "Consulting Director" if "role" not in wrong else "a training house"
    assert kept in response.text
    assert not Member.objects.exists()
    assert not DBTaskResult.objects.exists()


def test_html_in_a_name_is_text(client, settings):
    client.post("/accounts/signup/", FORM | {"name": "<script>alert(1)</script>"})
    run_jobs()
    confirm(client, mail.outbox[0], settings)
    page = client.get("/people/eileen/")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page.text
    assert "<script>alert" not in page.text


def test_links_in_mail_come_from_the_site_and_never_from_the_host_header(client, settings):
    settings.ALLOWED_HOSTS = ["*"]
    a_member()
    headers = {"Host": "evil.example"}
    client.post("/accounts/signup/", FORM, headers=headers)
    client.post("/accounts/signup/", FORM | {"username": "two", "email": "anna@example.org"}, headers=headers)
    client.post("/accounts/password/reset/", {"email": "anna@example.org"}, headers=headers)
    client.post("/accounts/password/reset/", {"email": "nobody@example.org"}, headers=headers)
    run_jobs()
    assert len(mail.outbox) == 3  # none to nobody@example.org
    for message in mail.outbox:
        assert "evil.example" not in message.subject + message.body
        assert links_in(message)
        assert all(link.startswith(settings.SITE_URL) for link in links_in(message))


def test_a_mail_that_a_job_sends_twice_is_one_mail_to_a_mailbox(client):
    client.post("/accounts/signup/", FORM)
    row = DBTaskResult.objects.get()
    for _attempt in range(2):
        row.task.call(*row.task_result.args, **row.task_result.kwargs)
    first, second = mail.outbox
    assert first.extra_headers["Message-ID"] == second.extra_headers["Message-ID"]


def test_a_forgotten_password_is_set_anew_by_a_link(client, settings):
    member = a_member()
    client.post("/accounts/password/reset/", {"email": "ANNA@example.org"})
    run_jobs()
    link = next(link for link in links_in(mail.outbox[0]) if "reset/key" in link)
    form = client.get(path_of(link, settings), follow=True)
    new = "quite another sentence 8"
    client.post(form.request["PATH_INFO"], {"password1": new, "password2": new})
    member.refresh_from_db()
    assert member.check_password(new)


def test_other_sessions_end_when_a_password_is_set(client, settings):
    member = a_member()
    client.force_login(member)
    member.set_password("quite another sentence 8")
    member.save()
    assert client.get("/me/settings/").status_code == 302


@pytest.mark.parametrize(
    "next_url",
    ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "/\\evil.example", "http:///evil.example"],
)
def test_nobody_is_led_to_another_site(client, next_url):
    a_member()
    response = client.post("/accounts/login/", {"login": "anna", "password": PASSWORD, "next": next_url})
    assert response["Location"] == "/"


def test_after_signing_in_one_is_back_where_one_was(client):
    a_member()
    response = client.post("/accounts/login/", {"login": "anna", "password": PASSWORD, "next": "/me/settings/"})
    assert response["Location"] == "/me/settings/"


# --- Names -----------------------------------------------------------------------------------------------------------


def test_two_people_may_have_the_same_name():
    a_member(name="Anna Berg")
    refuse_imitation("Anna Berg")
    refuse_imitation("anna  BERG")
    refuse_imitation("Änna Berg")


@pytest.mark.parametrize("lookalike", ["Аnna Berg", "Anna Bеrg", "A n n a Bеrg"])
def test_a_name_in_lookalike_letters_is_refused(lookalike):
    a_member(name="Anna Berg")
    with pytest.raises(Refused, match="looks like"):
        refuse_imitation(lookalike)


def test_nobody_takes_the_name_of_staff_and_staff_keep_theirs():
    member = a_member(name="Anna Berg", is_staff=True)
    with pytest.raises(Refused, match="run this portal"):
        refuse_imitation("anna berg")
    refuse_imitation("Anna Berg", member=member)


@pytest.mark.parametrize("name", ["Bob", "BOB", " bob "])
def test_nobody_takes_another_members_username_for_a_name(name):
    bob = a_member("bob", name="Robert Roe")
    with pytest.raises(Refused, match="username of another"):
        refuse_imitation(name)
    refuse_imitation(name, member=bob)
    refuse_imitation("Bob Roe")


@pytest.mark.parametrize(
    "name", ["Name withheld", "unattributed", "Nаme withheld", "Name nicht genannt", "Sin atribución", "Anonym"]
)
def test_no_name_is_what_stands_where_nobody_is_named(name):
    with pytest.raises(Refused, match="kept for the portal"):
        refuse_imitation(name)


def test_a_name_holds_no_sign_of_a_mention():
    with pytest.raises(Refused, match="mentioned"):
        refuse_imitation("@ana")


@pytest.mark.parametrize("name", ["Moderator", "аdmin", "S y s t e m", "Moderación", "Anónima"])
def test_no_name_speaks_for_the_portal(name):
    with pytest.raises(Refused):
        refuse_imitation(name)


@pytest.mark.parametrize(
    "name", ["Practice Room", "practiceroom", "The Practice Room Team", "Рractice Room", "Moderadora"]
)
def test_no_name_is_the_portals_own_with_or_without_a_word_that_speaks_for_it(settings, name):
    settings.PORTAL_NAME = "Practice Room"
    with pytest.raises(Refused, match="kept for the portal"):
        refuse_imitation(name)


def test_a_name_may_share_a_word_with_the_portal(settings):
    settings.PORTAL_NAME = "Practice Room"
    refuse_imitation("Anna Room")
    refuse_imitation("Theo Practice")


def test_sample_people_take_no_names_away():
    accounts.create_sample_member(username="sample-anna", name="Anna Berg")
    refuse_imitation("Anna Bеrg")


def test_ordinary_usernames_are_open():
    for username in ("anna", "anna.berg-2", "Ждан", "李明", "pm_o+1"):
        refuse_username(username)


# --- Settings --------------------------------------------------------------------------------------------------------

SETTINGS = {"name": "Anna", "role": "", "organisation": "", "location": "", "country": "", "role_family": ""}
SETTINGS |= {"sector": "", "organisation_size": "", "about": ""}


def test_country_and_kind_of_role_follow_location_and_role_until_chosen_otherwise(client):
    member = a_member()
    client.force_login(member)

    def save(**typed):
        assert client.post("/me/settings/", SETTINGS | typed).status_code == 302
        member.refresh_from_db()
        return (member.country.code or "", member.role_family)

    assert save(location="Leeds, UK", role="PMO Lead") == ("GB", "pmo")
    moved = {"location": "Lyon, France", "role": "Change Manager"}
    assert save(**moved, country="GB", role_family="pmo") == ("FR", "change")
    assert save(**moved, country="BE", role_family="other") == ("BE", "other")
    assert save(location="Oslo, Norway", role="PMO Lead", country="BE", role_family="other") == ("BE", "other")
    assert save(location="Oslo, Norway", role="PMO Lead") == ("", "")


def test_settings_that_are_not_right_yet_keep_what_was_typed_and_the_old_name_in_the_head(client):
    client.force_login(a_member(name="Anna Berg"))
    response = client.post("/me/settings/", SETTINGS | {"name": "", "about": "Something long.", "sector": "no such"})
    assert response.status_code == 422
    assert "Something long." in response.text
    assert "Anna Berg" in response.text


def test_an_imitating_name_is_refused_on_the_form_and_by_the_action(client):
    a_member("bo", name="Bo Berg")
    member = a_member()
    client.force_login(member)
    response = client.post("/me/settings/", SETTINGS | {"name": "Bо Berg", "about": "Kept."})
    assert response.status_code == 422
    assert "looks like another member’s" in response.text
    assert "Kept." in response.text
    with pytest.raises(Refused):
        accounts.update_profile(member, by=member, name="Bо Berg")


def test_a_changed_name_grows_the_site_version(client):
    member = a_member()
    before = SiteVersion.objects.get().version
    accounts.update_profile(member, by=member, name="Anna Zoe")
    assert SiteVersion.objects.get().version > before


def test_what_no_kept_page_shows_does_not_grow_the_site_version():
    """Else every page that is kept for visitors would be written anew."""
    member = a_member()
    before = SiteVersion.objects.get().version
    accounts.update_profile(member, by=member, name=member.name, role="PMO Lead", location="Leeds, UK", about="New.")
    assert SiteVersion.objects.get().version == before


def test_only_oneself_changes_ones_profile():
    with pytest.raises(PermissionDenied):
        accounts.update_profile(a_member(), by=a_member("bo"), name="Bo")


def test_a_profile_is_nothing_but_what_it_says_it_is():
    member = a_member()
    with pytest.raises(TypeError, match="is_staff"):
        accounts.update_profile(member, by=member, is_staff=True)


@pytest.mark.django_db(transaction=True)
def test_two_who_change_one_member_at_once_lose_nothing_of_each_other():
    """The second waits for the row, then reads what the first has written."""
    member = a_member()

    def change_the_role():
        accounts.update_profile(member, by=member, role="PMO Lead")
        connection.close()

    second = threading.Thread(target=change_the_role)
    with transaction.atomic():
        first = Member.objects.select_for_update(no_key=True).get()
        second.start()
        wait_until_somebody_waits_for_a_lock()
        first.organisation = "a regional bank"
        first.save()
    second.join(timeout=30)
    member.refresh_from_db()
    assert (member.role, member.organisation) == ("PMO Lead", "a regional bank")


def wait_until_somebody_waits_for_a_lock():
    for _try in range(600):
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
        time.sleep(0.05)
    raise AssertionError("Nobody waited for the row.")


# --- People ----------------------------------------------------------------------------------------------------------


def test_a_persons_page_has_one_address_whatever_the_case(client):
    a_member("Anna", about="I run <b>offices</b>.")
    assert client.get("/people/aNNA/")["Location"] == "/people/Anna/"
    page = client.get("/people/Anna/")
    assert "I run &lt;b&gt;offices&lt;/b&gt;." in page.text
    assert "anna@example.org" not in page.text


def test_nobodys_page_is_public_before_their_address_is_confirmed(client):
    member = a_member(confirmed=False)
    assert client.get("/people/anna/").status_code == 404
    client.force_login(member)
    assert client.get("/people/anna/").status_code == 200


@pytest.mark.parametrize("username", ["nobody", "a%2Fb", "x" * 3000])
def test_unknown_people_are_not_found(client, username):
    assert client.get(f"/people/{username}/").status_code == 404


def test_a_closed_account_and_a_private_portal_show_nobody(client, settings):
    a_member("closed", is_active=False)
    assert client.get("/people/closed/").status_code == 404
    a_member()
    settings.PORTAL_PRIVATE = True
    assert client.get("/people/anna/")["Location"] == "/accounts/login/?next=/people/anna/"


def test_a_sample_person_is_marked_and_cannot_sign_in(client):
    said = {"role": "PMO Lead", "location": "Oslo, Norway"}
    member = accounts.create_sample_member(username="sample-eve", name="Eve", **said)
    assert accounts.create_sample_member(username="sample-eve", name="Eve", **said) == member
    assert (member.country.code, member.role_family, member.is_sample) == ("NO", "pmo", True)
    page = client.get("/people/sample-eve/")
    assert "Sample person" in page.text
    assert "noindex" in page.text
    assert not member.has_usable_password()


# --- Staff -----------------------------------------------------------------------------------------------------------


def administrator():
    return accounts.create_administrator(username="boss", email="Boss@example.org", password=PASSWORD)


def test_the_first_administrator_signs_in_at_once(client):
    assert administrator().is_confirmed
    client.post("/accounts/login/", {"login": "boss@example.org", "password": PASSWORD})
    assert client.get("/admin/").status_code == 200


def test_an_account_is_closed_and_opened_again(client):
    boss, member = administrator(), a_member()
    client.force_login(member)
    accounts.deactivate(member, by=boss, reason="Spam.")
    assert client.get("/me/settings/").status_code == 302
    accounts.reactivate(member, by=boss)
    client.force_login(Member.objects.get(pk=member.pk))
    assert client.get("/me/settings/").status_code == 200


def test_nobody_closes_or_deletes_the_account_they_run_the_portal_with():
    boss = administrator()
    with pytest.raises(Refused):
        accounts.deactivate(boss, by=boss)
    with pytest.raises(Refused):
        accounts.delete_member(boss, by=boss)


def test_members_change_nobody_and_staff_nobody_above_them():
    boss, member, other = administrator(), a_member(), a_member("bo", is_staff=True)
    for act in (accounts.deactivate, accounts.delete_member):
        with pytest.raises(PermissionDenied):
            act(boss, by=other)
        with pytest.raises(PermissionDenied):
            act(boss, by=member)
    with pytest.raises(PermissionDenied):
        accounts.update_member_by_staff(member, by=other, is_staff=True)


def test_deleting_a_member_keeps_their_posts(django_user_model):
    member = a_member()
    thread = Thread.objects.create(title="What is a CMO?", slug="what-is-a-cmo", starter=member)
    post = Post.objects.create(
        thread=thread,
        number=1,
        author=member,
        author_name="Anna",
        body="It is.",
        body_html="<p>It is.</p>",
        renderer_version=1,
        created_at=timezone.now(),
    )
    accounts.delete_member(member, by=member)
    post.refresh_from_db()
    assert (post.author, post.author_name, post.body) == (None, "Anna", "It is.")
    assert not django_user_model.objects.exists()
    assert not EmailAddress.objects.exists()


def test_passwords_are_kept_by_argon2(settings):
    settings.PASSWORD_HASHERS = [h for h in settings.PASSWORD_HASHERS if "MD5" not in h]
    assert make_password(PASSWORD).startswith("argon2")
