"""The country of a place and the family of a role, from the words alone."""

import pytest
from django.conf import settings
from django.utils.translation import override
from django_countries.base import CountriesBase
from django_countries.data import COUNTRIES
from hypothesis import given, strategies as st

from members.affiliation import country_of, is_country, role_family_of
from members.models import RoleFamily

PLACES = [
    ("Solihull, West Midlands, United Kingdom", "GB"),
    ("Gwalior, Mp, India", "IN"),
    ("Rutherford, Nj, United States", "US"),
    ("Buenos Aires, Argentina", "AR"),
    ("Hackenheim, Germany", "DE"),
    ("London, UK", "GB"),
    ("London, U.K.", "GB"),
    ("Leeds, England", "GB"),
    ("Aberdeen, Scotland", "GB"),
    ("Cardiff, Wales", "GB"),
    ("Belfast, Northern Ireland", "GB"),
    ("Great Britain", "GB"),
    ("Austin, USA", "US"),
    ("Austin, U.S.", "US"),
    ("Austin, U.S.A.", "US"),
    ("Austin, U. S.", "US"),
    ("the United States of America", "US"),
    ("Utrecht, Holland", "NL"),
    ("Utrecht, The Netherlands", "NL"),
    ("Netherlands (the)", "NL"),
    ("Brno, Czech Republic", "CZ"),
    ("Seoul, South Korea", "KR"),
    ("Seoul, Korea, Republic of", "KR"),
    ("Seoul, Korea (South)", "KR"),
    ("Pyongyang, North Korea", "KP"),
    ("Seoul, Korea", ""),
    ("Moscow, Russia", "RU"),
    ("Москва, Россия", "RU"),
    ("Hanoi, Vietnam", "VN"),
    ("Hanoi, Viet Nam", "VN"),
    ("Tehran, Iran", "IR"),
    ("Tehran, Iran, Islamic Republic of", "IR"),
    ("Dubai, UAE", "AE"),
    ("Istanbul, Turkey", "TR"),
    ("Istanbul, Türkiye", "TR"),
    ("ISTANBUL, TURKIYE", "TR"),
    ("Abidjan, Ivory Coast", "CI"),
    ("Abidjan, Côte d’Ivoire", "CI"),
    ("Abidjan, Cote d'Ivoire", "CI"),
    ("Kowloon, Hong Kong", "HK"),
    ("Hong Kong, China", "HK"),
    ("Taipei, Taiwan", "TW"),
    ("Taipei, Taiwan, Province of China", "TW"),
    ("Skopje, Macedonia", "MK"),
    ("Mbabane, Swaziland", "SZ"),
    ("Yangon, Burma", "MM"),
    ("Praia, Cape Verde", "CV"),
    ("Praia, Cabo Verde", "CV"),
    ("Banjul, The Gambia", "GM"),
    ("Nassau, Bahamas", "BS"),
    ("Caracas, Venezuela", "VE"),
    ("La Paz, Bolivia", "BO"),
    ("Dar es Salaam, Tanzania", "TZ"),
    ("Dar es Salaam, United Republic of Tanzania", "TZ"),
    ("Damascus, Syria", "SY"),
    ("Vientiane, Laos", "LA"),
    ("Bandar Seri Begawan, Brunei", "BN"),
    ("Chisinau, Moldova", "MD"),
    ("Ramallah, Palestine", "PS"),
    ("Dili, East Timor", "TL"),
    ("Kinshasa, DR Congo", "CD"),
    ("Brazzaville, Republic of the Congo", "CG"),
    ("Kinshasa, Congo (Kinshasa)", "CD"),
    ("Somewhere, Congo (either of them)", ""),
    ("Basseterre, St. Kitts & Nevis", "KN"),
    ("Sarajevo, Bosnia & Herzegovina", "BA"),
    ("Willemstad, Curaçao", "CW"),
    ("Saint-Denis, Reunion", "RE"),
    ("Berlin (Germany)", "DE"),
    ("Berlin, Germany (remote)", "DE"),
    ("Berlin, (Germany)", "DE"),
    ("Berlin (office)", ""),
    ("Berlin, Germany.", "DE"),
    ("  berlin ,  GERMANY  ", "DE"),
    ("Paris", ""),
    ("San José, CA", ""),
    ("Worldwide", ""),
    ("New Mexico", ""),
    ("Germany, mostly", ""),
    ("Berlin,", ""),
    (",,,", ""),
    ("", ""),
    ("the", ""),
    ("London, Vereinigtes Königreich", "GB"),
    ("Edinburgh, Großbritannien", "GB"),
    ("Zürich, Schweiz", "CH"),
    ("Wien, Österreich", "AT"),
    ("Wien, OESTERREICH", "AT"),
    ("Den Haag, Niederlande", "NL"),
    ("Köln (Deutschland)", "DE"),
    ("Boston, Vereinigte Staaten von Amerika", "US"),
    ("Prag, Tschechische Republik", "CZ"),
    ("Ankara, Türkei", "TR"),
    ("Seúl, Corea del Sur", "KR"),
    ("Austin, Estados Unidos", "US"),
    ("Austin, EE. UU.", "US"),
    ("Austin, EE.UU.", "US"),
    ("Utrecht, Países Bajos", "NL"),
    ("Leeds, Reino Unido", "GB"),
    ("Ginebra, Suiza", "CH"),
    ("Praga, República Checa", "CZ"),
    ("Granada, España", "ES"),
    ("Monterrey, México", "MX"),
    # Names of something else as well.
    ("Granada", ""),
    ("Guadalupe", ""),
    ("Santa Lucía", ""),
    ("The Island", ""),
    ("Lubumbashi, Kongo", ""),
    ("Kinshasa, Kongo (Demokratische Republik)", "CD"),
    ("Marigot, San Martín", ""),
]
AMBIGUOUS = {
    "de": {"GD": "Granada", "IS": "Island", "CG": "Kongo"},
    "es": {"GD": "Granada", "GP": "Guadalupe", "LC": "Santa Lucía", "BL": "San Bartolomé", "MU": "Mauricio"},
}


@pytest.mark.parametrize(("location", "code"), PLACES)
def test_a_location_gives_the_country_it_ends_with(location, code):
    assert country_of(location) == code


@pytest.mark.parametrize("code", sorted(COUNTRIES))
def test_every_official_name_gives_its_own_country(code):
    with override(None):
        assert country_of(f"Somewhere, {COUNTRIES[code]}") == code


@pytest.mark.parametrize("language", sorted(AMBIGUOUS))
def test_every_name_in_a_language_of_the_portal_gives_its_own_country_or_none(language):
    named = [*COUNTRIES.items(), *CountriesBase.COMMON_NAMES.items()]
    with override(language):
        said = [(code, str(name)) for code, name in named]
    found = {(code, name): country_of(f"Somewhere, {name}") for code, name in said}
    wrong = {(code, name, read) for (code, name), read in found.items() if read not in {code, ""}}
    assert not wrong
    assert {code: name for (code, name), read in found.items() if not read} == AMBIGUOUS[language]


@pytest.mark.parametrize("reads", ["en-gb", "de", "es"])
def test_names_are_read_alike_whatever_language_the_reader_has_chosen(reads):
    with override(reads):
        assert [country_of(f"Vienna, {name}") for name in ("Austria", "Österreich")] == ["AT", "AT"]
        assert [country_of(f"Utrecht, {name}") for name in ("Niederlande", "Países Bajos")] == ["NL", "NL"]


def test_every_language_of_the_portal_is_read():
    assert {code for code, _ in settings.LANGUAGES} == {"en-gb", *AMBIGUOUS}


@pytest.mark.parametrize(
    "name", ["India", "u.k.", "The Netherlands", "Korea, Republic of", "Iran (Islamic Republic of)"]
)
def test_a_name_of_a_country_is_known_as_one(name):
    assert is_country(name)


@pytest.mark.parametrize("name", ["", "Paris", "Gwalior, Mp, India", "Indiana", "UKR", "Berlin (Germany)"])
def test_what_is_not_the_whole_name_of_a_country_is_none(name):
    assert not is_country(name)


ROLES = [
    ("", ""),
    ("   ", ""),
    ("Head of PMO", "pmo"),
    ("PMO Lead", "pmo"),
    ("P.M.O. analyst", "pmo"),
    ("PMO Consultant", "pmo"),
    ("Director, EPMO", "pmo"),
    ("Director, Enterprise Project Management Office", "pmo"),
    ("Project & Programme Management Office Manager", "pmo"),
    ("Project/Programme Support Office", "pmo"),
    ("Portfolio office", "pmo"),
    ("Change Manager", "change"),
    ("Head of Business Transformation", "change"),
    ("Change Management Consultant", "change"),
    ("Consulting Director", "consulting"),
    ("Senior Project Management Consultant", "consulting"),
    ("Independent adviser", "consulting"),
    ("Planning Group Leader", "planning"),
    ("Project Planner", "planning"),
    ("Lead Scheduler", "planning"),
    ("Project Controls Engineer", "planning"),
    ("Programme Manager", "delivery"),
    ("PROGRAM MANAGER", "delivery"),
    ("Global Project Economy Expert", "delivery"),
    ("Project Director", "delivery"),
    ("Scrum Master", "delivery"),
    ("Product Owner", "delivery"),
    ("CEO", "executive"),
    ("C.E.O.", "executive"),
    ("Chief Officer", "executive"),
    ("Chief Project Officer", "executive"),
    ("Chief Information Security Officer", "executive"),
    ("Managing Director", "executive"),
    ("Vice-President, Operations", "executive"),
    ("Co-Founder", "executive"),
    ("Owner", "executive"),
    ("Process owner", "other"),
    ("CMO", "other"),
    ("Helping to create solutions for everyone", "other"),
    ("Currency exchange clerk", "other"),
    ("Programmer", "other"),
    ("Airplane mechanic", "other"),
    ("Professional cat herder", "other"),
    ("!?", "other"),
    ("Assistant to the CEO", "other"),
    # German
    ("Leiter PMO", "pmo"),
    ("Leiterin Projektmanagement-Office", "pmo"),
    ("Projektbüro", "pmo"),
    ("Geschäftsführer", "executive"),
    ("Geschaeftsfuehrerin", "executive"),
    ("Mitglied der Geschäftsleitung", "executive"),
    ("Vorstandsvorsitzende", "executive"),
    ("Inhaberin", "executive"),
    ("Change-Managerin", "change"),
    ("Veränderungsmanagerin", "change"),
    ("Transformationsmanager", "change"),
    ("Beraterin", "consulting"),
    ("Unternehmensberater", "consulting"),
    ("Projektmanagement-Beraterin", "consulting"),
    ("Terminplanerin", "planning"),
    ("Leiter Projektplanung", "planning"),
    ("Projektcontroller", "planning"),
    ("Projektleiter", "delivery"),
    ("Projektleiter/in", "delivery"),
    ("ProjektleiterIn", "delivery"),
    ("Projektleiter:in", "delivery"),
    ("Teilprojektleiterin IT", "delivery"),
    ("Programm-Managerin", "delivery"),
    ("Projektmanager", "delivery"),
    ("Kundenberater", "other"),
    ("Stadtplanerin", "other"),
    ("Filmvorführer am Projektor", "other"),
    ("Programmiererin", "other"),
    ("Assistentin der Geschäftsführung", "other"),
    ("Assistenz des Vorstands", "other"),
    ("Referent Vorstand", "other"),
    ("Leiter", "other"),
    # Spanish
    ("responsable de PMO", "pmo"),
    ("Jefa de la Oficina de Gestión de Proyectos", "pmo"),
    ("Directora general", "executive"),
    ("Consejero delegado", "executive"),
    ("Presidenta", "executive"),
    ("Gestora del cambio", "change"),
    ("Director de transformación digital", "change"),
    ("Consultora", "consulting"),
    ("Consultor/a de proyectos", "consulting"),
    ("planificador", "planning"),
    ("Técnica de planificación", "planning"),
    ("jefe de proyecto", "delivery"),
    ("Jefe/a de proyecto", "delivery"),
    ("directora de programa", "delivery"),
    ("gerente de proyectos", "delivery"),
    ("Asistente de la directora de proyectos", "delivery"),
    ("Asistente del director general", "other"),
    ("Secretaria de la directora", "other"),
    ("Gerente", "other"),
    ("Agente de cambio", "other"),
    ("Proyectista", "other"),
    ("Programador", "other"),
]


@pytest.mark.parametrize(("role", "family"), ROLES)
def test_the_words_of_a_role_propose_its_family(role, family):
    assert role_family_of(role) == family


def test_every_family_is_proposed_by_some_role_and_no_other_value_is():
    assert {family for _, family in ROLES} == {"", *RoleFamily.values}


@given(st.text())
def test_any_text_gives_known_values(text):
    assert country_of(text) in {"", *COUNTRIES}
    assert role_family_of(text) in {"", *RoleFamily.values}
