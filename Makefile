# make demo   a scorecard of the sample export, from nothing
# make test   all tests that guard main
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test slow lint docs sample-data bench clean

demo: $(VENV)/installed
	$(BIN)/cs-metrics report sample_data/zendesk --tz Europe/Berlin

test: $(VENV)/installed-test
	$(BIN)/python -m pytest

slow: $(VENV)/installed-test
	$(BIN)/python -m pytest -m slow

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
