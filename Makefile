# `make build` and `make test` are all it takes; `make help` lists the rest. The README has the same steps without make.
PYTHON := .venv/bin/python
STAMP := .venv/.installed
SAMPLE_PATIENTS ?= 8142
SAMPLE_SEED ?= 1
# Two processes, each with whole files of tests: fixtures of a file are made once.
PYTEST := $(PYTHON) -m pytest --numprocesses 2 --dist loadfile
LINTED_SQL := models analyses tests/invariants

.DEFAULT_GOAL := help
.PHONY: help setup deliveries build test lint unit docs lock mutations trust clean

help: ## this list
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

setup: $(STAMP) ## install everything into .venv (Python 3.11 is all it takes; uv is used where it is there)

$(STAMP): requirements.txt
	@test -x $(PYTHON) || python3 -m venv .venv
	@if command -v uv > /dev/null; then uv pip install --quiet --python $(PYTHON) -r requirements.txt; \
	else $(PYTHON) -m pip install --quiet --disable-pip-version-check -r requirements.txt; fi
	@touch $(STAMP)

deliveries: $(STAMP) ## write sample deliveries, only where KIT_RAW_DIR is unset and data/raw is empty
	@if [ -z "$${KIT_RAW_DIR+set}" ] && [ -z "$$(ls -A data/raw 2> /dev/null)" ]; then \
		rm -rf data/.sample && mkdir -p data && \
		$(PYTHON) scripts/synthesize.py --patients $(SAMPLE_PATIENTS) --seed $(SAMPLE_SEED) --out data/.sample && \
		{ rmdir data/raw 2> /dev/null || true; } && mv data/.sample data/raw; \
	fi

build: deliveries ## read, build, check and publish the warehouse; ends with a summary
	@$(PYTHON) scripts/refresh.py

test: lint unit ## everything: style, dbt's own checks, unit tests, data tests, pytest

lint: $(STAMP) ## style of Python and SQL
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m ruff format --check .
	@$(PYTHON) -W ignore -m sqlfluff lint --processes 2 --disable-progress-bar $(LINTED_SQL)

unit: $(STAMP) ## dbt's checks and tests, and pytest, on small networks of their own
	@$(PYTEST)

docs: $(STAMP) ## the mapping guide and the cohort definitions under docs/, after a change of sources or seeds
	@$(PYTHON) scripts/mapping_guide.py

lock: $(STAMP) ## requirements.txt anew from pyproject.toml (needs uv)
	@echo "# Every package with its exact version, for all platforms: written by \`make lock\` from pyproject.toml, never by hand." > requirements.txt
	@uv pip compile pyproject.toml --universal --python-version 3.11 --no-header --quiet >> requirements.txt

mutations: $(STAMP) ## every mutation of a rule must make a test fail (about 20 minutes)
	@KIT_ALL_MUTATIONS=1 $(PYTHON) -m pytest tests/integration/test_mutations.py

trust: $(STAMP) ## attack it: faults, kills, readers, disclosure, canaries, with all their attempts (under an hour)
	@KIT_TRUST=full $(PYTEST) $(wildcard tests/integration/test_trust_*.py)

clean: ## remove what dbt and the tools keep; the warehouse and the deliveries stay
	@rm -rf target logs .pytest_cache .ruff_cache
