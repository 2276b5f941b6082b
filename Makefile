# Everything works on a fresh machine with Python >= 3.11, git and make:
#
#   make demo               the whole job on a simulated organization
#   make test               all tests; "make test-fast" without the real audit tools
#   make test-scale         the roll-out over twenty accounts and seventeen regions, and from random states
#   make test-trino         saved queries and the dialect on a real Trino server (Java 17, Maven)
#   make lint               style, types and templates, as CI checks them first
#   make scan               the templates against the policies of a security scanner (checkov)
#   make format             mend the style
#   make docs               write the generated parts of the reference anew
#   make bench              the benchmarks
#   make screenshots        the pictures of the README, of the report page and of the demo (Chromium)
#   make vendor             what the report page uses of others' work, anew (Node.js, npm)
#   make image-check        build the container image and audit with it
#   make security-audit-all                         audit every account of your organization
#   make security-audit-accounts Accounts="ID ID"   audit these accounts
#   make clean              remove what make has made: .venv, .tools, demo, web/node_modules

PYTHON ?= python3
BIN := .venv/bin
OPTIONS ?=

# Byte code is what makes the second start fast.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-fast test-scale test-trino lint scan format docs bench screenshots vendor security-audit-all security-audit-accounts image-check clean

help:
	@sed -n -e '/^#/!q' -e 's/^# \{0,1\}//p' Makefile

setup:
	@$(PYTHON) scripts/setup.py

demo: setup
	@$(BIN)/baseline demo $(OPTIONS)

test: setup
	@scripts/page-tools
	$(BIN)/pytest -n 2 -m "not tools and not scale" $(OPTIONS)
	$(BIN)/pytest -m tools $(OPTIONS)

# Without the tests that install and run the real Prowler and ScoutSuite.
test-fast: setup
	@scripts/page-tools
	$(BIN)/pytest -n 2 -m "not tools and not scale" $(OPTIONS)

# Deploy, verify and deploy again over twenty accounts and seventeen regions, and from random states
# with faults on the way, which takes minutes.
test-scale: setup
	$(BIN)/pytest -m scale $(OPTIONS)

# Every saved query and every expression of the dialect, on DuckDB and on a real Trino server. Needs
# Java 17 and Maven, which brings the server (300 MB) once.
test-trino: setup
	$(BIN)/pytest -m trino --trino $(OPTIONS) tests/query/test_trino.py

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	@scripts/lint-page
	$(BIN)/cfn-lint --non-zero-exit-code informational src/baseline/templates/*.yaml
	$(BIN)/cog --check docs/reference/commands.md docs/reference/configuration.md docs/reference/queries.md docs/reference/dialect.md

scan: setup
	@scripts/scan-templates

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: setup
	$(BIN)/cog -r docs/reference/commands.md docs/reference/configuration.md docs/reference/queries.md docs/reference/dialect.md

bench: setup
	$(BIN)/python benchmarks/run.py $(OPTIONS)

# Of the report page, for the README and for whoever changes it.
screenshots: setup
	$(BIN)/python scripts/screenshots.py $(OPTIONS)
	$(BIN)/python scripts/demo_picture.py

vendor:
	scripts/vendor

# In a container where Docker or Podman works, else directly.
security-audit-all:
	@scripts/audit -p $(OPTIONS)

security-audit-accounts:
	@test -n "$(Accounts)" || { echo 'Say which: make security-audit-accounts Accounts="123456789012"' >&2; exit 2; }
	@scripts/audit $(OPTIONS) $(Accounts)

# Builds the container image and audits with it, which takes minutes: no part of "make test".
image-check: setup
	scripts/image-check

clean:
	rm -rf .venv .tools demo web/node_modules
