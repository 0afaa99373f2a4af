"""Two people may bear the same name; where they speak, readers can tell them apart."""

import pytest

from tests import factories
from threads.actions import posting

pytestmark = pytest.mark.django_db
SIGN_UP = {"role": "", "organisation": "", "location": "", "password1": "a-long-Passphrase-7", "rules": "on"}


@pytest.fixture
def anna():
    return factories.member("anna", name="Anna Berg")


@pytest.fixture
def thread(anna):
    return factories.start(anna).thread


def page(client, thread):
    return client.get(thread.get_absolute_url())


def test_a_name_alone_stands_without_its_username(client, thread):
    factories.member("anna-2", name="Anna Borg")
    assert "@anna" not in page(client, thread).text


@pytest.mark.parametrize("name", ["Anna Berg", "anna berg"])
def test_who_bears_the_name_of_another_is_told_apart_by_the_username(client, anna, thread, name):
    other = factories.member("berg", name=name)
    factories.reply(thread, other)
    shown = page(client, thread).text
    assert '<span class="handle" dir="ltr">@anna</span>' in shown
    assert '<span class="handle" dir="ltr">@berg</span>' in shown


def test_the_page_kept_for_visitors_says_so_from_the_moment_of_joining(client, thread):
    known = page(client, thread)
    assert "@anna" not in known.text
    said = {**SIGN_UP, "username": "berg", "name": "Anna Berg", "email": "berg@example.org"}
    assert client.post("/accounts/signup/", said).status_code == 302
    client.logout()
    again = client.get(thread.get_absolute_url(), headers={"if-none-match": known["ETag"]})
    assert again.status_code == 200
    assert "@anna" in again.text


def test_a_withheld_post_shows_no_username(client, anna, thread):
    factories.member("berg", name="Anna Berg")
    post = factories.reply(thread, anna)
    for shown_as in ("role", "withheld"):
        post = posting.show_less(post, by=anna, shown_as=shown_as)
        assert page(client, thread).text.count("@anna") == 1, "at her first post only"
