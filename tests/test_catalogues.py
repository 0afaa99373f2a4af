"""Catalogues of translations: what is read out of the sources, and what is found wrong."""

import gettext

import pytest
from babel.messages.catalog import Catalog
from django.core.management import CommandError, call_command

from pmo_cmo import catalogues

PYTHON = """
from django.utils.translation import gettext as _, ngettext, pgettext
a = _("One sentence, " "in two parts.")
b = f"{_('Inside')} {name}"
c = ngettext("%(n)d post", "%(n)d posts", n)
d = pgettext("month", "May")
e = _(name)
"""
TEMPLATE = """<p title="{% translate 'It is (so)' %}">{{ x|default:_("None") }}
{% blocktranslate trimmed count posts=n with who=name %}
    {{ posts }} post of {{ who }}
{% plural %}
    {{ posts }} posts of {{ who }}
{% endblocktranslate %}</p>
"""


@pytest.fixture
def sources(settings, tmp_path):
    """Small sources of their own, read from files."""
    (tmp_path / "app").mkdir()
    (tmp_path / "templates").mkdir()
    (tmp_path / "app" / "words.py").write_text(PYTHON)
    (tmp_path / "templates" / "page.html").write_text(TEMPLATE)
    settings.BASE_DIR, settings.FIRST_PARTY = tmp_path, ["app"]
    settings.LOCALE_PATHS = [tmp_path / "locale"]
    return catalogues.in_sources()


def begun(sources):
    catalogues.write("de", sources)
    return catalogues.read("de")


def translated(sources, **otherwise):
    """A German catalogue in which every sentence stands for itself, but for those said `otherwise`."""
    catalogue = begun(sources)
    for message in catalogue:
        if message.id:
            message.string = otherwise.get(message.id if isinstance(message.id, str) else message.id[0], message.id)
    return kept(catalogue)


def kept(catalogue):
    with catalogues.place_of("de").open("wb") as file:
        catalogues.write_po(file, catalogue)
    catalogues.place_of("de", "mo").write_bytes(catalogues.as_mo(catalogues.read("de")))


def test_every_sentence_of_python_and_of_templates_is_found(sources):
    assert {(message.id, message.context) for message in sources if message.id} == {
        ("One sentence, in two parts.", None),
        ("Inside", None),
        (("%(n)d post", "%(n)d posts"), None),
        ("May", "month"),
        ("It is (so)", None),
        ("None", None),
        (("%(posts)s post of %(who)s", "%(posts)s posts of %(who)s"), None),
    }
    assert [place for message in sources if message.id == "Inside" for place, _ in message.locations] == [
        "app/words.py"
    ]


def test_a_new_catalogue_is_empty_and_says_so(sources):
    begun(sources)
    faults = catalogues.faults("de", sources)
    assert len(faults) == 7
    assert all("not translated" in fault for fault in faults)


def test_a_complete_catalogue_has_no_fault_and_speaks(sources):
    translated(sources, Inside="Innen")
    assert catalogues.faults("de", sources) == []
    with catalogues.place_of("de", "mo").open("rb") as file:
        assert gettext.GNUTranslations(file).gettext("Inside") == "Innen"


def test_making_it_anew_changes_nothing(sources):
    translated(sources)
    catalogues.write("de", sources)
    before = [catalogues.place_of("de", kind).read_bytes() for kind in ("po", "mo")]
    catalogues.write("de", sources)
    assert before == [catalogues.place_of("de", kind).read_bytes() for kind in ("po", "mo")]


@pytest.mark.parametrize(
    ("otherwise", "fault"),
    [
        ({"Inside": ""}, "not translated"),
        ({"%(n)d post": ("%(n)d Beitrag", "")}, "not translated"),
        ({"%(n)d post": ("ein Beitrag", "Beiträge")}, "other placeholders"),
        ({"Inside": "Innen %(n)d"}, "other placeholders"),
    ],
)
def test_what_is_missing_or_would_break_is_told(sources, otherwise, fault):
    translated(sources, **otherwise)
    (found,) = catalogues.faults("de", sources)
    assert fault in found


def test_one_of_a_plural_need_not_say_its_number(sources):
    translated(sources, **{"%(n)d post": ("ein Beitrag", "%(n)d Beiträge")})
    assert catalogues.faults("de", sources) == []


def test_sources_that_changed_are_told_and_brought_in(sources):
    translated(sources)
    changed = Catalog()
    for message in sources:
        if message.id and message.id != "Inside":
            changed.add(message.id, context=message.context)
    changed.add("Outside")
    assert [fault.split(":")[1].strip() for fault in catalogues.faults("de", changed)] == [
        "not in the catalogue",
        "not in the sources any more",
    ]
    catalogues.write("de", changed)
    (found,) = catalogues.faults("de", changed)
    assert found == "de: not translated: “Outside”"


def test_a_doubtful_sentence_and_an_old_mo_are_told(sources):
    translated(sources)
    catalogue = catalogues.read("de")
    catalogue.get("Inside").flags.add("fuzzy")
    with catalogues.place_of("de").open("wb") as file:
        catalogues.write_po(file, catalogue)
    doubtful, old = catalogues.faults("de", sources)
    assert "marked as doubtful" in doubtful
    assert "django.mo" in old


def test_the_command_begins_a_catalogue_and_fails_where_one_is_not_complete(sources, capsys):
    call_command("catalogues", "de")
    assert "de: 7 sentences, 7 of them not translated." in capsys.readouterr().out
    with pytest.raises(CommandError, match="not translated: “Inside”"):
        call_command("catalogues", check=True)
    translated(sources)
    call_command("catalogues", check=True)
