import inspect
import re

import pytest
from django import forms
from django.contrib.admin import ModelAdmin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission
from django.contrib.messages import get_messages
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from members.actions import accounts
from members.admin import MemberAdmin, base
from members.models import Member, SiteVersion
from pmo_cmo.admin import site
from pmo_cmo.groups import GROUPS, permissions_of, set_up_groups
from tests.people import PASSWORD, a_member

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss(client):
    boss = accounts.create_administrator(username="boss", email="boss@example.org", password=PASSWORD)
    client.force_login(boss)
    return boss


def fields_of(page):
    """What a browser would send of the change form, unchanged."""
    form = page.context["adminform"].form
    values = {bound.html_name: bound.value() for bound in form}
    return {name: value for name, value in values.items() if value not in (None, False)}


def test_django_does_nothing_in_its_two_views_but_wrap_the_steps_that_we_call():
    read_only = 'if request.method in ("GET", "HEAD", "OPTIONS", "TRACE"): '
    wrap = "with transaction.atomic(using=router.db_for_write(self.model)): "
    change = "return self._changeform_view(request, object_id, form_url, extra_context)"
    delete = "return self._delete_view(request, object_id, extra_context)"
    for view, step in ((ModelAdmin.changeform_view, change), (ModelAdmin.delete_view, delete)):
        source = re.sub(r"\s+", " ", inspect.getsource(inspect.unwrap(view))).strip()
        assert source.endswith(f": {read_only}{step} {wrap}{step}")
        assert source.count("self.") == 3


def test_a_screen_that_names_no_action_saves_and_deletes_nothing(rf):
    screen = base.ActionAdmin(Member, site)
    for attempt in (
        lambda: screen.save_model(rf.post("/"), Member(), None, change=False),
        lambda: screen.delete_model(rf.post("/"), Member()),
        lambda: screen.delete_queryset(rf.post("/"), Member.objects.all()),
    ):
        with pytest.raises(NotImplementedError, match="action"):
            attempt()
    assert screen.save_related(rf.post("/"), None, [], change=False) is None


def test_every_screen_writes_through_actions():
    assert site._registry
    for screen in site._registry.values():
        assert isinstance(screen, base.ActionAdmin)
        assert type(screen).changeform_view is base.ActionAdmin.changeform_view
        assert type(screen).delete_view is base.ActionAdmin.delete_view
        assert not screen.list_editable


# --- The doors -------------------------------------------------------------------------------------------------------


def test_right_credentials_at_the_admins_own_door_sign_nobody_in(client):
    accounts.create_administrator(username="boss", email="boss@example.org", password=PASSWORD)
    response = client.post("/admin/login/?next=/admin/", {"username": "boss", "password": PASSWORD})
    assert response.status_code == 302
    assert response["Location"].startswith("/accounts/login/")
    assert "_auth_user_id" not in client.session


def test_staff_who_are_signed_in_cannot_sign_in_as_another_there(client, boss):
    a_member("bo", is_staff=True)
    client.post("/admin/login/", {"username": "bo", "password": PASSWORD})
    assert client.session["_auth_user_id"] == str(boss.pk)


def test_visitors_are_led_to_sign_in_and_members_are_not_let_in(client):
    led = client.get("/admin/members/member/", follow=True)
    assert led.redirect_chain[-1][0] == "/accounts/login/?next=%2Fadmin%2Fmembers%2Fmember%2F"
    client.force_login(a_member())
    response = client.get("/admin/", follow=True)
    assert response.status_code == 403


def test_passwords_of_staff_change_where_all_passwords_change(client, boss):
    assert client.get("/admin/password_change/")["Location"] == "/accounts/password/change/"
    assert client.get(f"/admin/members/member/{boss.pk}/password/").status_code in {302, 404}


# --- Lists -----------------------------------------------------------------------------------------------------------


def test_lists_never_count(client, boss):
    for number in range(3):
        a_member(f"anna{number}")
    with CaptureQueriesContext(connection) as queries:
        assert "anna2" in client.get("/admin/members/member/").text
    listed = [query["sql"] for query in queries if "unread_threads" not in query["sql"]]  # asked with the session
    assert not [sql for sql in listed if "COUNT(" in sql.upper()]


def test_a_list_pages_through_its_first_rows_and_says_that_there_are_more(client, boss, monkeypatch):
    monkeypatch.setattr(base, "LISTED_AT_MOST", 6)
    monkeypatch.setattr(MemberAdmin, "list_per_page", 3)
    for number in range(7):
        a_member(f"anna{number}")
    first, second, third = (client.get(f"/admin/members/member/?p={page}") for page in (1, 2, 3))
    assert "The first 6" in first.text
    assert "anna6" in first.text
    assert "anna3" in second.text
    assert "anna3" not in first.text
    assert third.status_code == 302


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("ann", {"anna", "Annabel"}),
        ("ANNA", {"anna", "Annabel"}),
        ("BO@example.org", {"bo"}),
        ("bo@", set()),
        ("Zoe Smith", {"bo"}),
        ("%", set()),
    ],
)
def test_members_are_found_by_how_a_username_begins_or_a_whole_address_or_name(client, boss, words, found):
    a_member("anna")
    a_member("Annabel")
    a_member("bo", name="Zoe Smith")
    page = client.get("/admin/members/member/", {"q": words})
    assert {member.username for member in page.context["cl"].result_list} == found


# --- Forms -----------------------------------------------------------------------------------------------------------


def test_a_member_is_changed_through_the_action(client, boss):
    member = a_member(role="PMO Lead", role_family="pmo")
    address = f"/admin/members/member/{member.pk}/change/"
    moderators = Group.objects.get(name="Moderators")
    typed = fields_of(client.get(address)) | {
        "name": "Anna Z",
        "role": "Change Lead",
        "is_staff": "on",
        "groups": [moderators.pk],
    }
    assert client.post(address, typed).status_code == 302
    member = Member.objects.get(pk=member.pk)
    assert (member.name, member.role_family, member.is_moderator) == ("Anna Z", "change", True)
    assert LogEntry.objects.get().is_change()


def test_what_an_action_refuses_stands_on_the_form_with_the_typed_text(client, boss):
    a_member("bo", name="Bo Berg")
    member = a_member()
    address = f"/admin/members/member/{member.pk}/change/"
    typed = fields_of(client.get(address)) | {"name": "Bо Berg", "about": "Typed and kept."}
    page = client.post(address, typed)
    assert "looks like another member’s" in page.text
    assert "Typed and kept." in page.text
    member.refresh_from_db()
    assert (member.name, member.about) == ("Anna", "")
    assert not LogEntry.objects.exists()


def test_a_broken_constraint_is_told_in_its_own_words(client, boss, monkeypatch):
    def save(_screen, _request, obj, _form, change):
        with transaction.atomic():
            Member.objects.filter(pk=obj.pk).update(email="BO@example.org")

    a_member("bo")
    member = a_member()
    monkeypatch.setattr(MemberAdmin, "save_model", save)
    address = f"/admin/members/member/{member.pk}/change/"
    typed = fields_of(client.get(address)) | {"about": "Typed and kept."}
    page = client.post(address, typed)
    assert "An account with this e-mail address exists." in page.text
    assert "Typed and kept." in page.text


def test_a_fault_of_ours_is_not_shown_as_the_persons(client, boss, monkeypatch):
    def save(*_arguments, **_named):
        raise IntegrityError("null value in column")

    monkeypatch.setattr(MemberAdmin, "save_model", save)
    address = f"/admin/members/member/{a_member().pk}/change/"
    typed = fields_of(client.get(address))
    with pytest.raises(IntegrityError):
        client.post(address, typed)


@pytest.mark.django_db(transaction=True)
def test_durable_actions_run_under_the_admins_own_views(client):
    """In a test with real transactions, where Django would refuse a durable action within another."""
    boss = accounts.create_administrator(username="boss", email="boss@example.org", password=PASSWORD)
    client.force_login(boss)
    member = a_member()
    address = f"/admin/members/member/{member.pk}/change/"
    assert client.post(address, fields_of(client.get(address)) | {"name": "Anna Z"}).status_code == 302
    assert client.post(f"/admin/members/member/{member.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not Member.objects.filter(pk=member.pk).exists()
    assert [entry.is_deletion() for entry in LogEntry.objects.order_by("pk")] == [False, True]


def test_a_refused_deletion_is_said_and_not_logged(client, boss):
    page = client.post(f"/admin/members/member/{boss.pk}/delete/", {"post": "yes"})
    assert page["Location"] == f"/admin/members/member/{boss.pk}/change/"
    assert any("own account" in str(message) for message in get_messages(page.wsgi_request))
    assert Member.objects.filter(pk=boss.pk).exists()
    assert not LogEntry.objects.exists()


def test_staff_without_all_rights_give_none(client):
    helper = a_member("bo", is_staff=True)
    helper.user_permissions.set(Permission.objects.filter(codename__in=["view_member", "change_member"]))
    client.force_login(helper)
    member = a_member()
    address = f"/admin/members/member/{member.pk}/change/"
    typed = fields_of(client.get(address)) | {"is_staff": "on", "groups": [Group.objects.get(name="Curators").pk]}
    client.post(address, typed)
    member.refresh_from_db()
    assert not member.is_staff
    assert not member.groups.exists()


# --- Acts that need a reason -----------------------------------------------------------------------------------------


def test_an_act_needs_a_reason_is_done_by_its_action_and_kept_in_the_history(client, boss):
    member = a_member()
    change, act = (f"/admin/members/member/{member.pk}/{last}/" for last in ("change", "deactivate"))
    assert f'href="{act}"' in client.get(change).text
    assert client.get(act).status_code == 200
    assert client.post(act, {"reason": " "}).status_code == 422
    assert client.post(act, {"reason": "Spam in five threads."})["Location"] == change
    member.refresh_from_db()
    assert not member.is_active
    assert LogEntry.objects.get().get_change_message() == "Close this account: Spam in five threads."
    assert f'href="{act}"' not in client.get(change).text


def test_a_refused_act_keeps_the_typed_reason(client, boss):
    page = client.post(f"/admin/members/member/{boss.pk}/deactivate/", {"reason": "I am leaving."})
    assert page.status_code == 422
    assert "your own account" in page.text
    assert "I am leaving." in page.text


def test_an_act_is_closed_to_staff_without_its_permission_and_unknown_for_nothing(client, boss):
    helper = a_member("bo", is_staff=True)
    helper.user_permissions.set(Permission.objects.filter(codename="view_member"))
    assert client.get("/admin/members/member/99999999/deactivate/").status_code == 302
    client.force_login(helper)
    act = f"/admin/members/member/{helper.pk}/deactivate/"
    assert client.get(act).status_code == 403
    assert client.post(act, {"reason": "Why not."}).status_code == 403


# --- Inlines ---------------------------------------------------------------------------------------------------------


class _Line(forms.Form):
    text = forms.CharField()


def test_inlines_reach_the_action_as_rows_without_the_empty_and_the_deleted(rf):
    formset = forms.formset_factory(_Line, extra=1, can_delete=True)(
        {
            "form-TOTAL_FORMS": "4",
            "form-INITIAL_FORMS": "2",
            "form-0-text": "kept",
            "form-1-text": "gone",
            "form-1-DELETE": "on",
            "form-2-text": "new",
            "form-3-text": "",
        },
        initial=[{"text": "kept"}, {"text": "gone"}],
    )
    assert formset.is_valid()
    formset.model = Member
    request = rf.post("/")
    request.formsets_of_admin = [formset]
    screen = base.ActionAdmin(Member, site)
    assert screen.inline_rows(request, Member) == [{"text": "kept"}, {"text": "new"}]
    assert screen.inline_rows(request, Group) == []


# --- Groups ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", GROUPS)
def test_groups_may_do_exactly_what_the_table_says(name):
    held = Group.objects.get(name=name).permissions.values_list("content_type__app_label", "codename")
    assert set(held) == permissions_of(name)


def test_curators_do_not_moderate_and_moderators_do_not_publish():
    assert ("members", "moderate") in permissions_of("Moderators") - permissions_of("Curators")
    assert ("glossary", "publish_sense") in permissions_of("Curators") - permissions_of("Moderators")
    for group in GROUPS:
        assert not {pair for pair in permissions_of(group) if pair[0] in {"auth", "admin", "account"}}


def test_groups_are_set_any_number_of_times_and_put_right():
    group = Group.objects.get(name="Curators")
    group.permissions.add(Permission.objects.get(codename="delete_member"))
    version = SiteVersion.objects.get().version
    set_up_groups()
    set_up_groups()
    assert group.permissions.count() == len(permissions_of("Curators"))
    assert SiteVersion.objects.get().version == version


@pytest.mark.django_db(transaction=True)
def test_a_flush_brings_groups_and_rows_back_with_a_version_never_used_before():
    before = SiteVersion.objects.get().version
    call_command("flush", interactive=False, verbosity=0)
    assert set(Group.objects.values_list("name", flat=True)) == set(GROUPS)
    assert SiteVersion.objects.get().version > before
