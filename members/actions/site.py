"""What every cached page depends on."""

from django.db import connection


def grow_site_version(*, lexicon: bool = False) -> None:
    """Say that something which many pages show has changed; `lexicon`: the glossary's spellings or senses as well.

    A shared step of actions, called last: `SiteVersion` is the last lock of
    every transaction. The number comes from a sequence, so one that was rolled
    back never comes again.
    """
    columns = "version = next, lexicon = next" if lexicon else "version = next"
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE members_siteversion SET {columns} "  # noqa: S608 one of two constants
            "FROM (SELECT nextval('members_site_version') AS next) AS sequence WHERE id = 1"
        )
