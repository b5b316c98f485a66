# Two commands do everything on a fresh machine: `make run FOLDER=~/Documents` and `make test`.
# Whatever they build lies in .venv/; `make clean` takes it away.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-print-directory --no-builtin-rules
.DEFAULT_GOAL := help

FOLDER ?= ~/Documents
VENV := .venv
BIN := $(VENV)/bin
# Tests take as many workers as there are cores, four at most: each starts daemons and workers of its own.
PYTEST := $(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist worksteal
# The tests' models lie beside their environment, so that a test run writes nothing into the home folder.
TEST_MODEL_IDS := minilm-l6-int8 smollm2-135m-q4_1 qwen2.5-coder-0.5b-q4km
TEST_MODELS := $(if $(LSFS_MODELS),$(LSFS_MODELS),$(CURDIR)/$(VENV)/models)

export FOLDER

.PHONY: help run test test-long check format clean setup setup-dev test-models

help: ## List these targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | sort | expand -t 14

run: setup ## Set everything up, index FOLDER (default ~/Documents) and try a few searches
	@packaging/first_run.sh "$$FOLDER"

test: setup-dev test-models ## Set everything up and run every test that is not marked long
	@LSFS_MODELS="$(TEST_MODELS)" $(PYTEST) $(ARGS)

test-long: setup-dev test-models ## Run the tests that take minutes
	@LSFS_MODELS="$(TEST_MODELS)" $(PYTEST) -m long $(ARGS)

check: setup-dev ## What CI runs: format, lint, types, layers, then every test
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports
	@$(MAKE) test

format: setup-dev ## Format the code and mend what ruff can mend by itself
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

clean: ## Take away the environment and everything that was built
	rm -rf $(VENV) build dist .hypothesis .ruff_cache .mypy_cache .pytest_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

setup:
	@packaging/environment.sh llm mount mcp
	@packaging/system_packages.sh

setup-dev:
	@packaging/environment.sh llm mount mcp dev
	@packaging/system_packages.sh

test-models:
	@LSFS_MODELS="$(TEST_MODELS)" $(BIN)/lsfs models pull $(TEST_MODEL_IDS)
