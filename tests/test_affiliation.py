"""The country of a place and the family of a role, from the words alone."""

import pytest
from django.utils.translation import override
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
]


@pytest.mark.parametrize(("location", "code"), PLACES)
def test_a_location_gives_the_country_it_ends_with(location, code):
    assert country_of(location) == code


@pytest.mark.parametrize("code", sorted(COUNTRIES))
def test_every_official_name_gives_its_own_country(code):
    with override(None):
        assert country_of(f"Somewhere, {COUNTRIES[code]}") == code


def test_names_are_english_whatever_language_the_reader_has_chosen():
    with override("de"):
        assert country_of("Vienna, Austria") == "AT"


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
