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


def grow_words_version(*, is_changed: bool) -> None:
    """Say that words were counted just now, and whether the figures on the glossary's page changed by it; called last.

    Other pages show none of them and stay as they are.
    """
    columns = "words = nextval('members_site_version'), " if is_changed else ""
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE members_siteversion SET {columns}words_counted_at = now() WHERE id = 1")  # noqa: S608 as above
