# make serve   set up, build the index if it is stale, serve http://127.0.0.1:8000
# make test    set up and run the tests
# make check   ruff, formatting, mypy
# make bench   measure; results go to BENCHMARKS.md by hand (SECTIONS=… for some)

PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin

.PHONY: serve test check bench clean

serve: $(VENV)/.installed
	@$(BIN)/qa serve

test: $(VENV)/.dev-installed
	$(BIN)/python -m pytest

check: $(VENV)/.dev-installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/.dev-installed
	$(BIN)/python -m tests.bench $(SECTIONS)

clean:
	rm -rf $(VENV)

$(VENV)/bin/pip:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"

# The constraints are the versions everything was tested with.
$(VENV)/.installed: pyproject.toml constraints.txt | $(VENV)/bin/pip
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable .
	@touch $@

$(VENV)/.dev-installed: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --group dev
	@touch $@
