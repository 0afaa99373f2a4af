# Needs python3 (3.11 or newer) and make; everything else is installed into .venv. `make` alone lists the targets.
PYTHON ?= python3
VENV := .venv/bin/python
APPS := pmo_cmo threads glossary members markup

TEMPLATES = $(shell find templates $(APPS) -path '*templates*' -name '*.html' 2>/dev/null)
CHECKS := check-types check-style check-layers check-templates check-catalogues check-django

.PHONY: help run test check $(CHECKS) fmt lock clean environment environment-dev

help:
	@echo 'make run     start the portal at http://127.0.0.1:8000 (HOST and PORT change that)'
	@echo 'make test    run all tests, with a database and a browser of their own'
	@echo 'make check   run every check that needs no tests: style, types, layers, templates, translations, migrations'
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

# Two at a time; each says its name when it starts, and all of them are run even if one finds something.
check: environment-dev
	@$(MAKE) --no-print-directory --jobs=2 --keep-going --output-sync=line $(CHECKS)
	@echo 'All checks passed.'

check-types:
	@echo '→ types (mypy)'
	@$(VENV) -m mypy --no-error-summary

check-style:
	@echo '→ style (ruff)'
	@$(VENV) -m ruff check --quiet
	@$(VENV) -m ruff format --check --quiet || { $(VENV) -m ruff format --check; exit 1; }

check-layers:
	@echo '→ layers (import-linter)'
	@said=$$(.venv/bin/lint-imports --no-logo 2>&1) || { echo "$$said"; exit 1; }

check-templates:
	@echo '→ templates (djade)'
	@said=$$(.venv/bin/djade --check --target-version 5.2 $(TEMPLATES) 2>&1) || { echo "$$said"; exit 1; }

check-catalogues:
	@echo '→ translations (manage.py catalogues --check)'
	@PORTAL_VAR=var/check $(VENV) manage.py catalogues --check

check-django:
	@echo '→ Django (check --deploy, makemigrations --check)'
	@SITE_URL=https://portal.example PORTAL_VAR=var/check $(VENV) manage.py check --deploy --fail-level WARNING
	@PORTAL_VAR=var/check $(VENV) manage.py makemigrations --check --dry-run

fmt: environment-dev
	@$(VENV) -m ruff check --fix --quiet || true
	@$(VENV) -m ruff format --quiet
	@$(if $(TEMPLATES),.venv/bin/djade --target-version 5.2 $(TEMPLATES) || true)

lock:
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --upgrade requirements.in -o requirements.lock
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --upgrade requirements-postgres.in -o requirements-postgres.lock
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --upgrade requirements-dev.in -o requirements-dev.lock

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
