"""Plurals that somebody says, and none that nobody says."""

import pytest

from glossary.english import plural


@pytest.mark.parametrize(
    "text",
    [
        *("due diligence", "continuous integration", "continuous improvement", "continuous delivery"),
        *("agile delivery", "agile", "kanban", "hypercare", "project scope", "scope of work", "technical debt"),
        *("change fatigue", "change saturation", "resistance to change", "contract administration", "solar power"),
        *("strategic alignment", "sustainment", "curriculum vitae", "parts per million", "plan, do, check, act"),
        *("PRINCE2", "SAFe", "MoSCoW", "PMBOK", "BAU", "CAPEX", "Project Management Institute", "Microsoft Project"),
        *("value for money", "corporate responsibility", "retrieval-augmented generation", "backlog refinement"),
    ],
)
def test_what_nobody_counts_has_no_plural(text):
    assert plural(text) is None


@pytest.mark.parametrize(
    ("text", "several"),
    [
        ("cost per mille", "costs per mille"),
        ("delivery manager", "delivery managers"),
        ("agile coach", "agile coaches"),
        ("team responsibility", "team responsibilities"),
        ("improvement", "improvements"),
        ("value office", "value offices"),
        ("ROI", "ROIs"),
        ("CoE", "CoEs"),
        ("post-merger integration", "post-merger integrations"),
    ],
)
def test_what_is_counted_has_one(text, several):
    assert plural(text) == several
