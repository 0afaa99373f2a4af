"""How long a table of 6,000 rows takes: its dry run, the import, the dry run of the second time.

Run with `make environment-dev && .venv/bin/python -m pytest bench/csv_import.py -s`; it prints seconds.
"""

# ruff: noqa: S101, PLR2004  a test by its tool, which checks what it measures
import time
from collections.abc import Callable

import pytest

from glossary.actions import csv_import
from glossary.models import Sense, Term
from tests.glossaries import curator
from tests.test_csv_import import cells, many


@pytest.mark.django_db
def test_six_thousand_rows_of_which_six_hundred_acronyms_have_several_meanings() -> None:
    rows = cells(*many(4800, 600))
    assert len(rows) == 6000
    by, times = curator(), {}

    def timed(name: str, step: Callable[[], csv_import.Plan]) -> csv_import.Plan:
        start = time.perf_counter()
        done = step()
        times[name] = time.perf_counter() - start
        return done

    plan = timed("dry run", lambda: csv_import.plan(rows))
    timed("import", lambda: csv_import.import_rows(rows, by=by, expected=plan.digest, publishes=True))
    again = timed("second dry run", lambda: csv_import.plan(rows))
    assert again.count("unchanged") == 6000
    timed("second import", lambda: csv_import.import_rows(rows, by=by, expected=again.digest))
    print({name: round(seconds, 2) for name, seconds in times.items()})
    assert Sense.objects.count() == 6000
    assert Term.objects.count() == 4800 + 6000
