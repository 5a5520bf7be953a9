# make demo   a scorecard of the sample export, from nothing
# make test   all tests that guard main
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test test-odd test-even slow slow-odd slow-even lint docs sample-data bench clean

demo: $(VENV)/installed
	$(BIN)/cs-metrics report sample_data/zendesk --tz Europe/Berlin

# Test files by turns, so that each of two cores has half of them.
ODD := $(shell ls tests/test_*.py | awk 'NR % 2 == 1')
EVEN := $(shell ls tests/test_*.py | awk 'NR % 2 == 0')
PYTEST := $(BIN)/python -m pytest -p no:cacheprovider

test slow: $(VENV)/installed-test
	$(MAKE) --no-print-directory --jobs=2 --output-sync=target $@-odd $@-even

test-odd:
	$(PYTEST) $(ODD)

test-even:
	$(PYTEST) $(EVEN)

slow-odd:
	$(PYTEST) -m slow $(ODD)

slow-even:
	$(PYTEST) -m slow $(EVEN)

lint: $(VENV)/installed-lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

docs: $(VENV)/installed-test
	$(BIN)/python -m tests.docs

sample-data: $(VENV)/installed-test
	$(BIN)/python -m tests.simulator

bench: $(VENV)/installed-bench
	$(BIN)/python tests/bench/run.py
	$(BIN)/python tests/bench/json_size.py

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip

$(VENV)/installed: $(VENV)/bin/python pyproject.toml
	$(BIN)/pip install --quiet --editable .
	touch $@

$(VENV)/installed-test: $(VENV)/bin/python pyproject.toml
	$(BIN)/pip install --quiet --editable ".[test]"
	touch $@

$(VENV)/installed-lint: $(VENV)/bin/python pyproject.toml
	$(BIN)/pip install --quiet --editable ".[test,lint]"
	touch $@

$(VENV)/installed-bench: $(VENV)/bin/python pyproject.toml
	$(BIN)/pip install --quiet --editable ".[bench]"
	touch $@

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache
