# Each target says what it does; `make` alone lists them. The steps themselves are in tools/.
.DEFAULT_GOAL := help
.PHONY: help setup setup-dev run test figures check bench pictures lock
.NOTPARALLEL:

PYTHON ?= python3
BIN := .venv/bin
export FIGURES ?= short

help: ## Lists what can be asked of make.
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | column -t -s '|'

setup: ## Installs what Opstap runs on into .venv, with the command opstap; quick when nothing changed.
	@$(PYTHON) -m tools.setup

setup-dev: ## Does the same, with what the tests and checks need from Python packages.
	@$(PYTHON) -m tools.setup dev

run: setup ## Runs web and clock with two demo cities, and prints their addresses (PORT=8000).
	@$(PYTHON) -m tools.demo

test: setup-dev ## Runs every test, on SQLite, on PostgreSQL and in Chromium (FIGURES=short).
	@$(PYTHON) -m tools.debian
	@$(BIN)/python -m tools.suite

figures: setup-dev ## Runs every test with the full counts, and writes docs/figures-met.md.
	@$(PYTHON) -m tools.debian
	@FIGURES=full $(BIN)/python -m tools.suite --figures-to docs/figures-met.md

check: setup-dev ## Checks style, types, and who imports whom.
	@status=0; for step in "ruff check" "ruff format --check" mypy "lint-imports --no-logo"; do \
		echo "$$step"; $(BIN)/$$step || status=1; \
	done; exit $$status

bench: setup-dev ## Measures speed beside a bare server, as a table and as JSON.
	@$(BIN)/python -m bench

pictures: setup-dev ## Takes the README's screenshots anew, from the demo.
	@$(BIN)/python -m tools.pictures

lock: setup ## Renews the lock files, within the bounds of pyproject.toml and package.json.
	@$(PYTHON) -m tools.lock
