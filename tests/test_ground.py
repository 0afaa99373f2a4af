import pytest
from django.db import connection


@pytest.mark.django_db
def test_the_tests_have_a_database_of_their_own():
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, current_database()")
        user, name = cursor.fetchone()
    assert user == "portal_owner"
    assert name.startswith("test_portal")
