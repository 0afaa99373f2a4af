"""The portal's own source as the tests of the architecture read it: syntax trees of Python, text of templates."""

import ast
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
APPS = ("pmo_cmo", "threads", "glossary", "members", "markup")
TEMPLATES = ROOT / "templates"


@cache
def modules():
    """Every Python file of the portal itself by its path from the top, with its syntax tree."""
    paths = [path for app in APPS for path in (ROOT / app).rglob("*.py")]
    return {str(path.relative_to(ROOT)): ast.parse(path.read_text()) for path in sorted(paths)}


def is_action(path):
    return "/actions/" in path or path.endswith("/actions.py")


def is_migration(path):
    return "/migrations/" in path


def nodes(tree, kind):
    return [node for node in ast.walk(tree) if isinstance(node, kind)]


def parents(tree):
    """The parent of each node."""
    return {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}


def sentences(tree):
    """The string constants of a module that are not docstrings."""
    docs = {
        node.body[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    return [node for node in nodes(tree, ast.Constant) if isinstance(node.value, str) and node not in docs]


@cache
def templates():
    """Every template by its path from templates/, without its comments."""
    return {
        str(path.relative_to(TEMPLATES)): re.sub(
            r"\{#.*?#\}|\{% comment %\}.*?\{% endcomment %\}", "", path.read_text(), flags=re.DOTALL
        )
        for path in sorted([*TEMPLATES.rglob("*.html"), *TEMPLATES.rglob("*.txt")])
    }
