# Everything works on a fresh machine with Python >= 3.11, git and make:
#
#   make demo                                     the whole job on a simulated organization
#   make test                                     all tests
#   make security-audit-all                       audit every account of your organization
#   make security-audit-accounts Accounts="ID ID"   audit these accounts

PYTHON ?= python3
BIN := .venv/bin
OPTIONS ?=

# Byte code is what makes the second start fast.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-fast test-trino lint format docs bench security-audit-all security-audit-accounts image-check clean

help:
	@sed -n 's/^# \{0,1\}//p' Makefile | head -n 6

setup:
	@$(PYTHON) scripts/setup.py

demo: setup
	@$(BIN)/baseline demo $(OPTIONS)

test: setup
	$(BIN)/pytest -n 2 -m "not tools" $(OPTIONS)
	$(BIN)/pytest -m tools $(OPTIONS)

# Without the tests that install and run the real Prowler and ScoutSuite.
test-fast: setup
	$(BIN)/pytest -n 2 -m "not tools" $(OPTIONS)

# Every saved query and every expression of the dialect, on DuckDB and on a real Trino server. Needs
# Java 17 and Maven, which brings the server (300 MB) once.
test-trino: setup
	$(BIN)/pytest -m trino --trino $(OPTIONS) tests/query/test_trino.py

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/cfn-lint --non-zero-exit-code informational src/baseline/templates/*.yaml
	$(BIN)/cog --check docs/reference/commands.md docs/reference/configuration.md docs/reference/queries.md docs/reference/dialect.md

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: setup
	$(BIN)/cog -r docs/reference/commands.md docs/reference/configuration.md docs/reference/queries.md docs/reference/dialect.md

bench: setup
	$(BIN)/python benchmarks/run.py $(OPTIONS)

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
	rm -rf .venv .tools demo
