# Commands; each sets up what it needs, once. See README.md.
SHELL := /bin/bash
PYTHON ?= python3
VENV ?= .venv
CORES ?= all
# Further options for Snakemake, for example: make study ARGS="--configfile budgets/smoke.yaml"
ARGS ?=
# make report: the archive of histories, and where its report goes
ARCHIVE ?= archive
OUT ?= results/archive
# Further keys of the configuration for it, for example: make report CONFIG="'seeds=[0, 1]'"
CONFIG ?=
# make new: the folder to make, from where make is called on
STUDY ?=
# make archive: results to take finished runs from, and the archive they go to
FROM ?= results/full
TO ?= archive

SNAKEMAKE = $(VENV)/bin/snakemake --cores $(CORES)
NNREPRO = PYTHONPATH="$(CURDIR)/scripts" "$(abspath $(VENV))/bin/python" -m nnrepro
READY = $(VENV)/.requirements.lock
BENCH_VENV = .venv-bench
BENCH_READY = $(BENCH_VENV)/.requirements.lock
EXPORT_VENV = .venv-export
AUDIT_VENV = .venv-audit
AUDIT_READY = $(AUDIT_VENV)/.requirements.lock
DOCS_VENV = .venv-docs
DOCS_READY = $(DOCS_VENV)/.requirements.lock
UV_VENV = .venv-uv
UV_READY = $(UV_VENV)/.requirements.lock

# Snakemake keeps a cache at home; where that cannot be written, it is kept here.
ifneq ($(shell mkdir -p "$${XDG_CACHE_HOME:-$${HOME:-/dev/null}/.cache}" 2>/dev/null && \
    test -w "$${XDG_CACHE_HOME:-$${HOME:-/dev/null}/.cache}" && echo writable),writable)
export XDG_CACHE_HOME := $(CURDIR)/.snakemake/cache
endif

.PHONY: help demo test test-faults test-export test-slurm test-pythons study new report archive plan bench check docs lock licences \
    audit

help: ## show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 18

$(READY): requirements.lock scripts/setup.sh
	bash scripts/setup.sh "$(PYTHON)" "$(VENV)" $< "$(CURDIR)/scripts"

demo: $(READY) ## a small study on generated data: results/demo/report/index.html
	$(SNAKEMAKE) --profile profiles/demo $(ARGS)
	@echo "The report: results/demo/report/index.html"

study: $(READY) ## the study of config.yaml, with all cores
	$(SNAKEMAKE) $(ARGS)

# Of make -C only the shell that calls it knows where it is called.
CALLED = $(if $(findstring w,$(firstword -$(MAKEFLAGS))),$(or $(PWD),$(CURDIR)),$(CURDIR))
new: $(READY) ## a study of your own: make new STUDY=folder, with options in ARGS
	@cd "$(CALLED)" && $(NNREPRO) new $(if $(STUDY),"$(STUDY)") $(ARGS)

report: $(READY) ## tables, figures and report from an archive: results/archive/report/index.html
	$(SNAKEMAKE) --config archive="$(ARCHIVE)" results="$(OUT)" $(CONFIG) $(ARGS)
	@echo "The report: $(OUT)/report/index.html"

archive: $(READY) ## finished runs of results/full into archive/; FROM=, TO=, PREDICTIONS=1
	$(NNREPRO) archive $(FROM) --to "$(TO)" $(if $(PREDICTIONS),--predictions) \
	    $(if $(REPLACE),--replace) $(if $(COMPRESS),--compress) $(ARGS)

plan: $(READY) ## runs done and to do, and the time they will take
	$(NNREPRO) plan --cores $(CORES) $(ARGS)

test: $(READY) ## the test suite
	$(VENV)/bin/python -m pytest --numprocesses auto --dist worksteal $(ARGS)

test-faults: $(READY) ## accidents to a whole study, some three minutes; full disks need root
	$(VENV)/bin/python -m pytest tests/workflow/faults -m faults --numprocesses auto --durations=0 $(ARGS)

test-export: requirements.lock pyproject.toml ## what is written for other programs, with these in .venv-export
	test -x $(EXPORT_VENV)/bin/python || $(PYTHON) -m venv $(EXPORT_VENV)
	$(EXPORT_VENV)/bin/pip install --quiet --requirement requirements.lock
	$(EXPORT_VENV)/bin/pip install --quiet ".[export,completion]"
	$(EXPORT_VENV)/bin/python -m pytest tests/export tests/cli/test_completion.py -rs --durations=0 $(ARGS)

test-pythons: $(READY) $(UV_READY) ## what needs no TensorFlow, on the other Pythons that are installed
	bash scripts/test_pythons.sh $(UV_VENV)/bin/uv $(VENV)/bin/python build/pythons requirements.lock

test-slurm: $(READY) ## the study on a Slurm of one node, with accidents; as root on Debian, some minutes
	@command -v slurmctld munged >/dev/null || { apt-get update -qq && \
	    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq slurm-wlm munge; }
	$(VENV)/bin/python -m pytest tests/workflow/slurm -m slurm -p no:randomly --durations=0 $(ARGS)

bench: $(READY) $(BENCH_READY) ## speed against peers, about ten minutes: benchmarks/results
	PYTHONPATH=scripts $(VENV)/bin/python -m benchmarks --torch-python $(BENCH_VENV)/bin/python $(ARGS)

# PyTorch, for the benchmarks alone
$(BENCH_READY): benchmarks/requirements.lock scripts/setup.sh
	bash scripts/setup.sh "$(PYTHON)" $(BENCH_VENV) $<

check: $(READY) ## formatters, linters and types
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/snakefmt --check Snakefile rules workflow
	$(VENV)/bin/mypy
	$(VENV)/bin/snakemake --lint

docs: $(DOCS_READY) ## the documentation as a site: build/site/index.html
	NO_MKDOCS_2_WARNING=1 $(DOCS_VENV)/bin/mkdocs build

$(DOCS_READY): envs/docs.lock scripts/setup.sh
	bash scripts/setup.sh "$(PYTHON)" $(DOCS_VENV) $<

$(UV_READY): envs/uv.lock scripts/setup.sh
	bash scripts/setup.sh "$(PYTHON)" $(UV_VENV) $<

LOCK = $(UV_VENV)/bin/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header
lock: $(UV_READY) ## resolve pyproject.toml into the lock files
	$(LOCK) --group dev --output-file requirements.lock pyproject.toml
	$(LOCK) --group pyproject.toml:audit --constraints requirements.lock \
	    --output-file envs/audit.lock
	$(LOCK) --group pyproject.toml:docs --constraints requirements.lock \
	    --output-file envs/docs.lock
	$(LOCK) --group pyproject.toml:uv --output-file envs/uv.lock
	$(LOCK) --group pyproject.toml:bench --constraints requirements.lock \
	    --output-file benchmarks/requirements.lock

licences: $(READY) ## the licences of all locked packages: docs/reference/licences.md
	PYTHONPATH=scripts $(VENV)/bin/python scripts/licences.py requirements.lock docs/reference/licences.md

# --strict: a package that the database does not know, or cannot be asked about, is no clean package.
audit: $(AUDIT_READY) ## known vulnerabilities of the locked packages; asks pypi.org
	$(AUDIT_VENV)/bin/pip-audit --strict --disable-pip --no-deps --requirement requirements.lock \
	    --requirement envs/audit.lock --requirement envs/docs.lock --requirement envs/uv.lock --requirement benchmarks/requirements.lock $(ARGS)

$(AUDIT_READY): envs/audit.lock scripts/setup.sh
	bash scripts/setup.sh "$(PYTHON)" $(AUDIT_VENV) $<
