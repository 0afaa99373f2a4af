"""What a language has outside its catalogue: how dates are written, and words that other packages would choose."""

import ast
import re
from datetime import UTC, datetime
from importlib import import_module

import pytest
from babel.messages.catalog import Catalog
from django.apps import apps
from django.conf import settings
from django.test import Client
from django.utils.formats import date_format
from django.utils.translation import override

from pmo_cmo import catalogues
from tests import factories
from tests.source import modules, nodes, templates
from threads.models import Post, Thread

FOR_MACHINES = {"c", "Y-m-d"}
DATE_IN_TEMPLATE = re.compile(r"\|date:([\"'])(.*?)\1")
NINTH_OF_OCTOBER = datetime(2026, 10, 9, 14, 5, tzinfo=UTC)
WRITTEN = {
    "en-gb": {
        "DATE_FORMAT": "9 Oct 2026",
        "LONG_DATE_FORMAT": "9 October 2026",
        "PLAIN_DATE_FORMAT": "2026-10-09",
        "YEAR_MONTH_FORMAT": "October 2026",
        "MOMENT_FORMAT": "9 Oct 2026, 14:05",
        "ZONED_MOMENT_FORMAT": "9 Oct 2026, 14:05 UTC",
        "LONG_MOMENT_FORMAT": "9 October 2026, 14:05 UTC",
    },
    "de": {
        "DATE_FORMAT": "9.\u00a0Okt. 2026",
        "LONG_DATE_FORMAT": "9.\u00a0Oktober 2026",
        "PLAIN_DATE_FORMAT": "09.10.2026",
        "YEAR_MONTH_FORMAT": "Oktober 2026",
        "MOMENT_FORMAT": "9.\u00a0Okt. 2026, 14:05",
        "ZONED_MOMENT_FORMAT": "9.\u00a0Okt. 2026, 14:05 UTC",
        "LONG_MOMENT_FORMAT": "9.\u00a0Oktober 2026, 14:05 UTC",
    },
    "es": {
        "DATE_FORMAT": "9 de octubre de 2026",
        "LONG_DATE_FORMAT": "9 de octubre de 2026",
        "PLAIN_DATE_FORMAT": "09/10/2026",
        "YEAR_MONTH_FORMAT": "octubre de 2026",
        "MOMENT_FORMAT": "9 de octubre de 2026, 14:05",
        "ZONED_MOMENT_FORMAT": "9 de octubre de 2026, 14:05 UTC",
        "LONG_MOMENT_FORMAT": "9 de octubre de 2026, 14:05 UTC",
    },
}


@pytest.mark.parametrize(("language", "name"), [(language, name) for language in WRITTEN for name in WRITTEN[language]])
def test_each_language_writes_dates_its_own_way(language, name):
    with override(language):
        assert date_format(NINTH_OF_OCTOBER, name) == WRITTEN[language][name]


def test_every_language_has_every_name_of_a_date():
    assert set(WRITTEN) == {code for code, _ in settings.LANGUAGES}
    for language in WRITTEN:
        formats = import_module(f"{settings.FORMAT_MODULE_PATH}.{language.partition('-')[0]}.formats")
        assert {name for name in vars(formats) if name.endswith("_FORMAT")} == set(WRITTEN["en-gb"])


def test_dates_for_people_are_written_by_name():
    """A format spelled out is one language's; a name that no language has would be taken for letters of a format."""
    spelled = {
        (path, said)
        for path, text in templates().items()
        for _, said in DATE_IN_TEMPLATE.findall(text)
        if said not in {*WRITTEN["en-gb"], *FOR_MACHINES}
    }
    spelled |= {
        (path, ast.unparse(call))
        for path, tree in modules().items()
        for call in nodes(tree, ast.Call)
        if ast.unparse(call.func).endswith("date_format")
        and (len(call.args) < 2 or ast.literal_eval(call.args[1]) not in WRITTEN["en-gb"])
    }
    assert not spelled


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("language", "short", "long"),
    [
        ("en", ">9 Oct 2026<", '"9 October 2026, 14:05 UTC"'),
        ("de", ">9.\u00a0Okt. 2026<", '"9.\u00a0Oktober 2026, 14:05 UTC"'),
        ("es", ">9 de octubre de 2026<", '"9 de octubre de 2026, 14:05 UTC"'),
    ],
)
def test_a_page_shows_its_dates_in_the_language_of_its_reader_and_one_time_for_machines(client, language, short, long):
    thread = factories.thread(posts=1)
    Thread.objects.update(last_posted_at=NINTH_OF_OCTOBER)
    Post.objects.update(created_at=NINTH_OF_OCTOBER)
    page = client.get("/threads/", headers={"accept-language": language}).text
    assert f'<time datetime="2026-10-09T14:05:00+00:00" title={long}{short}/time>' in page
    assert f"title={long}" in client.get(thread.get_absolute_url(), headers={"accept-language": language}).text


@pytest.mark.django_db
def test_whoever_joins_is_asked_for_a_username_by_the_word_of_our_catalogue(settings, tmp_path):
    """German has “Anmeldename” in allauth's catalogue, “Benutzername” everywhere in ours."""
    ours = Catalog(locale="de")
    ours.add("Username", "Benutzername")
    (tmp_path / "de" / "LC_MESSAGES").mkdir(parents=True)
    (tmp_path / "de" / "LC_MESSAGES" / "django.mo").write_bytes(catalogues.as_mo(ours))
    assert catalogues.in_sources().get("Username")
    settings.LOCALE_PATHS = [tmp_path, *settings.LOCALE_PATHS]
    asked = Client().get("/accounts/signup/", headers={"accept-language": "de"}).text
    assert re.search(r'<label for="id_username">\s*Benutzername\s*</label>', asked)
    assert "Anmeldename" not in asked


def test_the_names_of_our_apps_are_in_the_catalogues():
    sources = catalogues.in_sources()
    for name, english in (("members", "Members"), ("glossary", "Glossary"), ("threads", "Threads")):
        assert sources.get(english)
        with override("en-gb"):
            assert str(apps.get_app_config(name).verbose_name) == english
    with override("de"):
        assert str(apps.get_app_config("glossary").verbose_name) == "Glossar"


def test_a_noun_and_a_verb_that_are_one_word_in_english_are_two_sentences():
    sources = catalogues.in_sources()
    assert {place for place, _ in sources.get("Reply").locations} == {"templates/threads/_acts.html"}
    assert sources.get("Reply", "noun")
    assert sources.get("Search")
    assert {place for place, _ in sources.get("Search", "verb").locations} == {"templates/search.html"}
