# Everything a newcomer needs: `make demo` opens a shop, `make test` proves the whole.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
BENCH ?= quick

.PHONY: setup develop demo test check bench docs lock clean

setup: $(VENV)/.base

develop: $(VENV)/.dev

$(VENV)/.base: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed; set PYTHON=python3.12" if sys.version_info < (3, 11) else 0)'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.base
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

demo: setup
	$(BIN)/tonggan demo

test: develop
	$(BIN)/python -m pytest

check: develop
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports --no-cache
	$(BIN)/basedpyright --level error

bench: develop
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[bench]'
	$(BIN)/tonggan bench --size $(BENCH)

docs: develop
	$(BIN)/python docs/make_pictures.py

lock: develop
	$(BIN)/python -m pip freeze --exclude-editable | sed "s/+cpu$$//" > constraints.txt

clean:
	rm -rf $(VENV) build dist demo-shop artefacts .pytest_cache .ruff_cache .import_linter_cache .hypothesis
