# The project's verbs. Every one does its own set-up.
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
RUN := $(BIN)/python
DATA := $(abspath ../shared/data)
# Decisions and stores: what must be covered, branches too, to 95 %.
PROVED := */nouns.py,scheduler/health.py,scheduler/outages.py,scheduler/outlet_status.py,scheduler/history.py,crawler/damage.py,crawler/cadence.py,crawler/urls.py,crawler/dates.py,crawler/addresses.py,crawler/entries.py,crawler/storage/*,crawler/schema.py,alerts/planning.py,alerts/wanting.py,alerts/retrying.py,alerts/revising.py,alerts/pacing.py,crawler/clock.py,crawler/date_words.py,crawler/revisions.py,alerts/schema.py,alerts/storage/*,alerts/stories/*,alerts/matching/*,alerts/messages/*
export MARSAD_DATA ?= $(if $(wildcard $(DATA)/README.md),$(DATA),)

.PHONY: help setup demo test check proof soak bench eval docs lock
help: ## list the verbs
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 18

setup: $(BIN)/.synced ## make .venv with the locked parts and the command .venv/bin/marsad

$(BIN)/.synced: requirements.lock pyproject.toml
	@echo "set-up: installing the locked parts into .venv (about ten seconds)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "set-up: Marsad needs Python 3.11 or newer; name one with make PYTHON=python3.12"; exit 1; }
	@test -x .uv/bin/uv || $(PYTHON) -m pip install --quiet --root-user-action=ignore --disable-pip-version-check --target .uv uv
	@.uv/bin/uv venv --quiet --allow-existing --python $(PYTHON) .venv
	@.uv/bin/uv pip sync --quiet --python $(RUN) --require-hashes requirements.lock
	@.uv/bin/uv pip install --quiet --python $(RUN) --no-deps --no-build-isolation --editable .
	@touch $@

demo: setup ## run the whole service against the bundled newsroom (ARGS=--stay keeps publishing)
	@echo "demo: a small newsroom publishes on 127.0.0.1, Marsad watches it"
	@$(BIN)/marsad demo $(ARGS)

test: setup check ## every check and every test
	@echo "test: running the suite"
	@$(RUN) -m pytest -n 3 --dist worksteal --cov --cov-report= $(ARGS)
	@echo "test: branch coverage of decisions and stores, at least 95 %"
	@$(RUN) -m coverage report --fail-under=95 --include='$(PROVED)'

check: setup ## format, lint, types, import contracts
	@echo "check: ruff, mypy, import-linter"
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

proof: setup ## the long proofs at full counts (minutes to an hour)
	@MARSAD_PROOF=full $(RUN) -m pytest -m proof -s $(ARGS)

soak: setup ## seven simulated days with a hundred outlets and faults on (some minutes)
	@MARSAD_PROOF=full $(RUN) -m pytest tests/soak -m proof -s $(ARGS)

bench: setup ## every benchmark, as ratios against peers in the same run
	@for file in benchmarks/*.py; do echo "bench: $$file"; $(RUN) $$file || exit 1; done

eval: setup ## the quality floors, with their figures
	@$(RUN) -m pytest tests/eval -s $(ARGS)

docs: setup ## write the guide's list of commands and the list of runbooks from the code
	@for file in docs/*.py; do PYTHONPATH=. $(RUN) $$file || exit 1; done

lock: setup ## compile requirements.lock anew from pyproject.toml
	@.uv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --extra dev \
	  --no-emit-index-url --no-emit-find-links --no-annotate --no-header pyproject.toml requirements-build.in -o requirements.lock
