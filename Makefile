# make demo    set up, design the demo network, check it, print the key figures, draw the report
# make test    set up, linters, types, import floors, tests (what continuous integration runs)
# Needs Python >= 3.11 with pip, and make; everything else goes into $(VENV).

PYTHON   ?= python3
VENV     ?= .venv
WORKERS  ?= 2
INSTANCE ?= instances/atlantic
RESULT   ?= results/$(notdir $(INSTANCE))

BIN     := $(VENV)/bin
PIP     := PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_CONSTRAINT=constraints.txt PIP_BUILD_CONSTRAINT=constraints.txt $(BIN)/python -m pip
RUN_ENV := $(VENV)/.donornet-run
DEV_ENV := $(VENV)/.donornet-dev
LOCKED  := pyproject.toml constraints.txt

.PHONY: help demo test test-all lint format lock clean

help:
	@sed -n 's/^# //p' Makefile | head -n 3
	@echo 'also:        make test-all, make lint, make format, make lock, make clean; PYTHON=python3.12 names another Python'

demo: $(RUN_ENV)
	$(BIN)/donornet solve $(INSTANCE) --gap 0.01 --out $(RESULT)
	$(BIN)/donornet check $(INSTANCE) $(RESULT)
	$(BIN)/donornet report $(RESULT) --instance $(INSTANCE)
	@echo "Open $(RESULT)/report.html; the design and its tables lie beside it (result.json, kpis.csv, ...)."

test: lint
	$(BIN)/python -m pytest -n $(WORKERS)

test-all: lint
	$(BIN)/python -m pytest -n $(WORKERS) -m ""

lint: $(DEV_ENV)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(DEV_ENV)
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

lock: $(DEV_ENV)
	$(BIN)/python .ci/lock.py

clean:
	@if [ -f $(VENV)/pyvenv.cfg ]; then rm -rf $(VENV); fi
	rm -rf results/atlantic .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis build dist
	find model tests -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamps say that $(VENV) holds what pyproject.toml and constraints.txt ask for; an environment without them is adopted.
$(RUN_ENV): $(LOCKED) | $(BIN)/python
	@echo "Installing donornet and its dependencies into $(VENV) ..."
	@$(PIP) install --quiet -e .
	@touch $@

$(DEV_ENV): $(LOCKED) | $(BIN)/python
	@echo "Installing donornet with its development tools into $(VENV) ..."
	@$(PIP) install --quiet -e '.[dev]'
	@touch $@ $(RUN_ENV)

$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || { \
	  echo "donornet needs Python 3.11 or newer, and there is no '$(PYTHON)'; name one: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else 1)' || { \
	  echo "donornet needs Python 3.11 or newer, but '$(PYTHON)' is `$(PYTHON) -V 2>&1`; name another: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@echo "Creating the environment $(VENV) ..."
	@$(PYTHON) -m venv $(VENV) || { rm -f $(BIN)/python; exit 1; }
