# Needs python3 (3.11 or newer) and make; everything else is installed into .venv. `make` alone lists the targets.
PYTHON ?= python3
VENV := .venv/bin/python
APPS := pmo_cmo threads glossary members markup
CODE := $(APPS) tests manage.py $(wildcard bench)

.PHONY: help run test check fmt lock clean environment environment-dev

help:
	@echo 'make run     start the portal at http://127.0.0.1:8000 (HOST and PORT change that)'
	@echo 'make test    run all tests, with a database and a browser of their own'
	@echo 'make check   run every check that needs no tests: style, types, layers, templates, migrations'
	@echo 'make fmt     format code and templates'
	@echo 'make lock    pin the newest allowed versions of all dependencies (needs uv)'
	@echo 'make clean   remove .venv and caches; your data in var/ stays'

environment:
	@$(PYTHON) -m pmo_cmo.environment run

environment-dev:
	@$(PYTHON) -m pmo_cmo.environment dev

run: environment
	@exec $(VENV) -m pmo_cmo.run

test: environment-dev
	@$(VENV) -m tests.browser
	@$(VENV) -m pytest -n 2 --dist loadfile $(ARGS)

check: environment-dev
	@$(VENV) -m tests.checks

fmt: environment-dev
	@$(VENV) -m ruff check --fix --quiet $(CODE) || true
	@$(VENV) -m ruff format --quiet $(CODE)
	@find templates $(APPS) -path '*templates*' -name '*.html' -exec .venv/bin/djade --target-version 5.2 {} + || true

lock:
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --upgrade requirements.in -o requirements.lock
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --upgrade requirements-postgres.in -o requirements-postgres.lock
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --upgrade requirements-dev.in -o requirements-dev.lock

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
