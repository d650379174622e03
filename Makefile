# Everything a newcomer needs: `make demo` and `make test` set up by themselves.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
UV     := $(shell command -v uv 2>/dev/null)
BENCH  := .venv-bench
# Folders with data sets to measure on, if you have them: make bench DATA=../data REAL=../articles
DATA   ?=
REAL   ?=
# How many runs `make faults` makes; their seeds are 0, 1, 2 …
RUNS   ?= 200

.DEFAULT_GOAL := help
.PHONY: help setup demo test check lint types unit faults bench clean

help:  ## show this help
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(VENV)/.ready  ## make the environment (.venv) from the pinned requirements

# Each environment from its own pins: what the benchmarks compare with stays out of the others.
$(VENV)/.ready: requirements/dev.txt
$(BENCH)/.ready: requirements/bench.txt
$(VENV)/.ready $(BENCH)/.ready: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Miyar needs Python 3.11 or newer, $(PYTHON) is older: make PYTHON=python3.12 …" >&2; exit 2; }
ifdef UV
	@$(UV) venv -q --allow-existing --python $(PYTHON) $(@D)
	@$(UV) pip install -q --python $(@D)/bin/python --require-hashes -r requirements/$(if $(filter $(BENCH)/%,$@),bench,dev).txt
	@$(UV) pip install -q --python $(@D)/bin/python --no-deps -e .
else
	@$(PYTHON) -m venv $(@D)
	@$(@D)/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/$(if $(filter $(BENCH)/%,$@),bench,dev).txt
	@$(@D)/bin/python -m pip install -q --disable-pip-version-check --no-deps -e .
endif
	@touch $@

demo: setup  ## the whole journey on corpus/, with a real Label Studio, ending at a report page
	@$(BIN)/miyar demo

test: setup  ## all tests: unit, property, integration (real server), browser
	@$(BIN)/python -m pytest -n auto --dist loadgroup $(ARGS)

unit: setup  ## only the tests that need no server and no browser
	@$(BIN)/python -m pytest -n auto --dist loadgroup tests/unit tests/property $(ARGS)

faults: setup  ## random faults between Miyar and a real Label Studio, by seed [RUNS=200]
	@MIYAR_FAULT_RUNS=$(RUNS) MIYAR_FAULT_KILLS=10 MIYAR_FAULT_REPORT=benchmarks/results/faults.json \
	  $(BIN)/python -m pytest tests/faults $(ARGS)

bench: $(BENCH)/.ready  ## measure speed and quality beside peers in the same run [DATA= REAL=]
	@$(BENCH)/bin/python -m benchmarks.run $(if $(DATA),--data $(DATA)) $(if $(REAL),--real $(REAL))

lint: setup  ## ruff and the import contracts
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports

types: setup  ## mypy, strict
	@$(BIN)/mypy

check: lint types test  ## what CI runs

clean:  ## remove environments, caches and everything the workspace can make again
	rm -rf $(VENV) $(BENCH) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache corpus/runs corpus/articles corpus/gold
