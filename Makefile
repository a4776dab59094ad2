# Commands; each sets up what it needs, once. See README.md.
SHELL := /bin/bash
PYTHON ?= python3
VENV ?= .venv
CORES ?= all
# Further options for Snakemake, for example: make study ARGS="--configfile budgets/smoke.yaml"
ARGS ?=

SNAKEMAKE = $(VENV)/bin/snakemake --cores $(CORES)
READY = $(VENV)/.requirements.lock

.PHONY: help demo test study check lock clean-venv

help: ## show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 18

$(READY): requirements.lock scripts/setup.sh
	bash scripts/setup.sh "$(PYTHON)" "$(VENV)"

demo: $(READY) ## a small study on generated data: results/demo/report/index.html
	$(SNAKEMAKE) --profile profiles/demo $(ARGS)
	@echo "The report: results/demo/report/index.html"

study: $(READY) ## the study of config.yaml, with all cores
	$(SNAKEMAKE) $(ARGS)

test: $(READY) ## the test suite
	$(VENV)/bin/python -m pytest $(ARGS)

check: $(READY) ## formatters, linters and types
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/snakefmt --check Snakefile rules
	$(VENV)/bin/mypy
	$(VENV)/bin/snakemake --lint

lock: ## resolve pyproject.toml into requirements.lock (needs uv)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	    --no-header --group dev --output-file requirements.lock pyproject.toml
