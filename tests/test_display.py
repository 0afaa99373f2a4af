"""Language and time zone of the reader: their own choice, then the cookie, then the browser."""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone, translation

from markup.render import Unrenderable, render
from members.actions import inbox
from members.display import time_zones, zone_of
from members.models import Member
from tests.factories import again, member, start
from threads.forms import BodyField
from threads.models import Post, Thread

pytestmark = pytest.mark.django_db

REFUSED = "This text is too long: a post may hold %(most)d KB. Please shorten or divide it."
MOMENT = datetime(2026, 7, 1, 22, 30, tzinfo=UTC)


@pytest.fixture
def two_languages(settings):
    settings.LANGUAGES = [("en-gb", "English"), ("es", "Español")]


@pytest.fixture
def thread():
    post = start(title="When?")
    Post.objects.update(created_at=MOMENT)
    Thread.objects.update(created_at=MOMENT, last_posted_at=MOMENT)
    return again(post.thread)


def language_of(response):
    return re.search(r'<html lang="([^"]+)"', response.content.decode()).group(1)


def chosen(client, **said):
    return client.post("/me/display/", {"marks": "page", **said})


def test_a_member_reads_times_in_the_zone_they_chose(client, thread):
    reader = member()
    client.force_login(reader)
    assert "1 July 2026, 22:30 UTC" in client.get(thread.get_absolute_url()).content.decode()
    assert chosen(client, time_zone="Asia/Kolkata").status_code == 302
    assert again(reader).time_zone == "Asia/Kolkata"
    for address in (thread.get_absolute_url(), "/threads/"):
        page = client.get(address).content.decode()
        assert "2 July 2026, 04:00 IST" in page
        assert 'datetime="2026-07-02T04:00:00+05:30"' in page
        assert 'data-time-zone="Asia/Kolkata"' in page


def test_a_browser_says_the_zone_of_a_member_who_chose_none_and_it_is_kept_with_what_they_send(client, thread):
    reader = member()
    client.force_login(reader)
    assert '<meta name="zone" content="">' in client.get("/threads/").content.decode()
    client.cookies["zone"] = "Asia/Calcutta"
    assert "2 July 2026, 04:00 IST" in client.get("/threads/").content.decode()
    assert again(reader).browser_zone == "", "looking keeps nothing"
    answer = client.post("/me/inbox/", {"all": "read"})
    assert (answer.cookies["zone"].value, again(reader).browser_zone) == ("", "Asia/Calcutta")
    page = client.get("/threads/").content.decode()
    assert "2 July 2026, 04:00 IST" in page
    assert '<meta name="zone" content="Asia/Calcutta">' in page
    assert "As my browser says (Calcutta)" in client.get("/me/display/").content.decode()
    Member.objects.update(mail_rhythm="daily")
    digest = inbox.next_digest(again(reader), after=MOMENT)
    assert digest == datetime(2026, 7, 2, 1, 30, tzinfo=UTC), "seven in the morning there"


def test_what_a_member_chose_counts_whatever_their_browser_says(client, thread):
    reader = member(time_zone="Europe/Berlin", browser_zone="Asia/Tokyo")
    client.force_login(reader)
    client.cookies["zone"] = "America/New_York"
    page = client.get("/threads/").content.decode()
    assert "2 July 2026, 00:30 CEST" in page
    assert '<meta name="zone"' not in page
    client.post("/me/inbox/", {"all": "read"})
    assert again(reader).browser_zone == "Asia/Tokyo"


@pytest.mark.parametrize("said", ["Mars/Olympus", "../../etc/passwd", "localtime", "Europe/Berlin\\011", "x" * 3000])
def test_a_browser_that_says_no_zone_changes_nothing(client, thread, said):
    reader = member(browser_zone="Asia/Tokyo")
    client.force_login(reader)
    client.cookies["zone"] = said
    assert "2 July 2026, 07:30 JST" in client.get("/threads/").content.decode()
    assert client.post("/me/inbox/", {"all": "read"}).status_code < 400
    assert again(reader).browser_zone == "Asia/Tokyo"


def test_visitors_share_their_pages_whatever_a_cookie_says(client, thread):
    page = client.get("/threads/")
    client.cookies["zone"] = "Asia/Tokyo"
    other = client.get("/threads/")
    assert (page.content, page["ETag"]) == (other.content, other["ETag"])
    assert b'name="zone"' not in other.content


def test_a_zone_ends_with_the_request(client, thread):
    client.force_login(member(time_zone="Asia/Kolkata"))
    client.get("/threads/")
    assert timezone.get_current_timezone_name() == "UTC"
    client.logout()
    page = client.get("/threads/").content.decode()
    assert "22:30 UTC" in page
    assert "data-time-zone" not in page


def test_a_zone_that_nobody_knows_is_refused_and_one_that_is_gone_harms_nothing(client, thread):
    reader = member(time_zone="Atlantis/Capital")
    client.force_login(reader)
    assert "22:30 UTC" in client.get("/threads/").content.decode()
    assert zone_of(reader) is None
    assert chosen(client, time_zone="Mars/Olympus").status_code == 422
    assert again(reader).time_zone == "Atlantis/Capital"


def test_the_zones_to_choose_from_are_places_and_all_of_them_are_known():
    zones = [zone for _, places in time_zones() for zone, _ in places]
    assert {"Europe/Berlin", "America/Argentina/Buenos_Aires", "Etc/UTC"} <= set(zones)
    assert not {"EST5EDT", "US/Pacific"} & set(zones)
    assert all(ZoneInfo(zone) for zone in zones)


def test_one_language_is_no_choice(client, settings):
    settings.LANGUAGES = [("en-gb", "English")]
    assert 'name="language"' not in client.get("/me/display/").content.decode()


def test_a_members_language_goes_before_cookie_and_browser(client, two_languages):
    reader = member()
    client.force_login(reader)
    client.cookies["language"] = "en-gb"
    assert chosen(client, language="es").status_code == 302
    assert again(reader).language == "es"
    response = client.get("/threads/", headers={"accept-language": "en"})
    assert (language_of(response), response["Content-Language"]) == ("es", "es")
    assert translation.get_language() in {"en-gb", "es"}
    chosen(client)
    assert language_of(client.get("/threads/", headers={"accept-language": "es"})) == "en-gb"  # of the cookie


def test_a_visitors_choice_is_a_cookie_and_goes_before_the_browser(client, two_languages):
    assert language_of(client.get("/threads/", headers={"accept-language": "es-MX,en;q=0.5"})) == "es"
    answer = chosen(client, language="en-gb")
    cookie = answer.cookies["language"]
    assert (cookie.value, cookie["httponly"], cookie["samesite"]) == ("en-gb", True, "Lax")
    assert language_of(client.get("/threads/", headers={"accept-language": "es"})) == "en-gb"
    page = client.get("/me/display/").content.decode()
    assert re.search(r'<option value="en-gb" selected\s*>', page)
    assert "time_zone" not in page
    chosen(client, language="")
    assert language_of(client.get("/threads/", headers={"accept-language": "es"})) == "es"


def test_each_language_has_its_own_kept_page(client, two_languages):
    client.get("/threads/", headers={"accept-language": "en"})
    spanish = client.get("/threads/", headers={"accept-language": "es"})
    assert spanish["Cache-Control"] == "public, no-cache"
    assert language_of(spanish) == "es"
    assert language_of(client.get("/threads/", headers={"accept-language": "en"})) == "en-gb"


def test_a_language_that_is_not_offered_is_refused_and_one_that_was_does_no_harm(client, two_languages):
    reader = member(language="eo")
    assert chosen(client, language="xx").status_code == 422
    client.cookies["language"] = 'x"y'
    assert client.get("/threads/").status_code == 200
    client.force_login(reader)
    assert language_of(client.get("/threads/")) == "en-gb"


def test_countries_are_named_in_the_readers_language(client, two_languages):
    start(member("greta", country="DE"), title="Wer spricht?")
    assert "Alemania" in client.get("/threads/", headers={"accept-language": "es"}).content.decode()
    assert "Germany" in client.get("/threads/").content.decode()


def test_what_was_not_asked_is_kept(client, settings):
    settings.LANGUAGES = [("en-gb", "English")]
    reader = member(language="es", time_zone="Europe/Madrid")
    client.force_login(reader)
    chosen(client, time_zone="Europe/Madrid")  # with one language nothing asks for it
    assert (again(reader).language, again(reader).time_zone) == ("es", "Europe/Madrid")


@pytest.mark.parametrize(("code", "direction"), [("ar", ' dir="rtl"'), ("en-gb", "")])
def test_a_page_runs_as_its_language_does(client, settings, code, direction):
    settings.LANGUAGES = [("en-gb", "English"), ("ar", "العربية")]
    page = client.get("/threads/", headers={"accept-language": code}).content.decode()
    assert f'<html lang="{code}"{direction}>' in page


def test_an_error_page_says_it_in_the_members_language(client, two_languages):
    client.force_login(member(language="es"))
    response = client.get("/threads/999999/")
    assert (response.status_code, language_of(response)) == (404, "es")


def test_what_markup_refuses_is_said_in_the_readers_language(monkeypatch):
    monkeypatch.setattr("threads.forms.gettext", {REFUSED: "Höchstens %(most)d KB."}.__getitem__)
    with pytest.raises(ValidationError, match="Höchstens 64 KB"):
        BodyField().clean("a" * 70_000)
    with pytest.raises(Unrenderable, match="64 KB"):  # in English for who has no reader
        render("a" * 70_000)
