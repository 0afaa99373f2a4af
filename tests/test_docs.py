"""The documents name what is there: targets, commands, settings, files; and the repository names no machine."""

import ast
import re
import subprocess
from pathlib import Path
from urllib.parse import unquote

import pytest
from django.core.management import get_commands

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
NAMES = [str(document.relative_to(ROOT)) for document in DOCUMENTS]
OPERATORS = ROOT / "docs" / "operators.md"

TARGET = re.compile(r"^([a-z][a-z-]*):", re.MULTILINE)
MAKE = re.compile(r"(?:`|^|; |&& )make ([a-z][a-z-]*)", re.MULTILINE)
COMMAND = re.compile(r"manage\.py ([a-z_]+)")
LINK = re.compile(r"\]\(([^)\s]+)\)")
VARIABLE = re.compile(r"\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*\b")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)

# Spelled in parts, so that this file does not hold what it looks for.
FOREIGN = [
    *("/wo" + "rk/", "/ro" + "ot/", "/home/" + "[a-z]"),
    *("python" + r"hosted\.", "pypi" + r"\.org", "registry" + r"\.npm", "index" + "-url"),
]
NO_TEXT = {".png", ".ico", ".woff2"}


def text_of(name):
    return (ROOT / name).read_text(encoding="utf-8")


def targets():
    return set(TARGET.findall(text_of("Makefile")))


def environment_names(path):
    """The names that a module asks `os.environ` for, or `_flag`, which does."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Subscript) and ast.unparse(node.value) == "os.environ":
            names |= {ast.literal_eval(node.slice)} if isinstance(node.slice, ast.Constant) else set()
        asks = isinstance(node, ast.Call) and ast.unparse(node.func) in {"os.environ.get", "_flag"}
        if asks and isinstance(node.args[0], ast.Constant):
            names.add(node.args[0].value)
    return names


def settings_read():
    return {name for path in ("settings.py", "images_place.py") for name in environment_names(ROOT / "pmo_cmo" / path)}


def settings_told():
    """The names in the first column of the table under “Settings”."""
    section = OPERATORS.read_text(encoding="utf-8").partition("\n## Settings\n")[2].partition("\n## ")[0]
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    return {name for cell in rows for name in re.findall(r"`([A-Z_]+)`", cell)}


def anchors(path):
    words = [re.sub(r"[^\w\- ]", "", heading.lower()) for heading in HEADING.findall(path.read_text(encoding="utf-8"))]
    return {word.replace(" ", "-") for word in words}


def test_the_readme_names_the_three_commands_of_a_newcomer():
    assert {"run", "test", "check"} <= set(MAKE.findall(text_of("README.md")))


@pytest.mark.parametrize("name", NAMES)
def test_every_make_target_in_the_documents_exists(name):
    assert set(MAKE.findall(text_of(name))) <= targets()


@pytest.mark.parametrize("name", NAMES)
def test_every_command_in_the_documents_exists(name):
    assert set(COMMAND.findall(text_of(name))) <= {*get_commands(), "help"}


def test_every_command_of_the_portal_stands_in_the_documents():
    own = {path.stem for path in ROOT.glob("*/management/commands/*.py")} - {"__init__"}
    told = {command for name in NAMES for command in COMMAND.findall(text_of(name))}
    assert "prepare" in own
    assert own - told == {"first_administrator"}  # `make run` calls it


def test_every_option_of_a_command_in_the_documents_exists():
    source = "\n".join(path.read_text(encoding="utf-8") for path in ROOT.glob("*/management/commands/*.py"))
    own = {path.stem for path in ROOT.glob("*/management/commands/*.py")}
    used = re.findall(r"manage\.py ([a-z_]+)([^`\n]*)", "\n".join(text_of(name) for name in NAMES))
    options = {option for command, rest in used if command in own for option in re.findall(r"--[a-z-]+", rest)}
    assert "--dry-run" in options
    assert {option for option in options if f'"{option}"' not in source} == set()


def test_every_environment_variable_that_the_settings_read_is_told_to_operators():
    read = settings_read()
    assert "SITE_URL" in read
    assert read - set(VARIABLE.findall(OPERATORS.read_text(encoding="utf-8"))) == set()
    assert read - settings_told() == {"PORTAL_ROLE"}  # the portal sets it itself, which stands below the table


def test_every_environment_variable_that_operators_are_told_of_is_read():
    told = settings_told()
    assert "SITE_URL" in told
    server = {name for path in ("run.py", "serving.py") for name in environment_names(ROOT / "pmo_cmo" / path)}
    assert told - settings_read() - server == set()


@pytest.mark.parametrize("name", NAMES)
def test_every_relative_link_in_the_documents_leads_somewhere(name):
    here = ROOT / name
    for link in LINK.findall(text_of(name)):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = unquote(link).partition("#")
        target = (here.parent / path).resolve() if path else here
        assert target.is_relative_to(ROOT), link
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_every_decision_stands_in_the_list_of_decisions_once():
    folder = ROOT / "docs" / "decisions"
    listed = LINK.findall((folder / "README.md").read_text(encoding="utf-8"))
    files = sorted(path.name for path in folder.glob("0*.md"))
    assert files == sorted(listed)
    assert len({name[:4] for name in files}) == len(files), "a number is given once"


@pytest.mark.parametrize("path", sorted((ROOT / "docs" / "decisions").glob("0*.md")), ids=lambda path: path.name)
def test_a_decision_is_short_and_says_what_follows(path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 40
    assert HEADING.findall(text)[1:] == ["Context", "Decision", "Consequence"]


def kept_files():
    """What git keeps; where git does not answer, what lies in the folders of the portal."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S607
    kept = [ROOT / name for name in listed.stdout.split("\0") if name]
    folders = ("pmo_cmo", "threads", "glossary", "members", "markup", "templates", "static", "tests", "docs", "bench")
    return kept or [*ROOT.glob("*"), *(path for folder in folders for path in (ROOT / folder).rglob("*"))]


def test_no_kept_file_names_a_machine_or_a_registry():
    looked_for = re.compile("|".join(FOREIGN))
    files = [path for path in kept_files() if path.is_file() and path.suffix not in NO_TEXT]
    assert ROOT / "Makefile" in files
    found = []
    for path in files:
        text = path.read_text(encoding="utf-8", errors="replace")
        found += [f"{path.relative_to(ROOT)}: {match.group()}" for match in looked_for.finditer(text)]
    assert found == []


def test_the_files_that_every_project_has_are_there():
    assert "BSD 3-Clause License" in text_of("LICENSE")
    assert "The PMO/CMO portal's authors" in text_of("LICENSE")
    assert "## [Unreleased]" in text_of("CHANGELOG.md")
    assert len(text_of("README.md").splitlines()) < 120
