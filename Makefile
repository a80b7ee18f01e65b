# `make` sets up and runs everything at the config's scale; `make test` sets up and runs all tests.
# `make help` lists all targets. More for Snakemake, targets first: make ARGS="min_cut --config scale=smoke".

SHELL := bash
.DEFAULT_GOAL := run
export PATH := $(CURDIR)/.venv/bin:$(PATH)
unexport PYTHONPATH PYTHONDONTWRITEBYTECODE
CORES ?= all
# one line per job; `make QUIET=` shows all of Snakemake's messages
QUIET ?= --quiet host rules progress reason
# words after `--quiet` are read as its values, so that a flag has to separate them from the targets
SNAKEMAKE = snakemake --cores $(CORES) $(QUIET) --show-failed-logs --rerun-incomplete
ARGS ?=
# the scale of real images has its own config
chosen = $(if $(filter images,$1),--configfile images.yaml )--config scale=$1
# Snakemake uses only the last of two --config: given entries are joined to this one
scaled = $(if $(findstring --config ,$(ARGS)),$(subst --config ,$(call chosen,$1) ,$(ARGS)),$(ARGS) $(call chosen,$1))
# the scale of the run that ended last
RAN = $(shell ls -t results/*/claims.html 2>/dev/null | cut -d / -f 2 | grep -vx reference | head -n 1)

.PHONY: help setup setup-test check run smoke images plan progress probe resume report explorer redraw reference compare compare-images verify certify shares notebook site lint test generate clean

help: ## show this list
	@echo "make [TARGET] [CORES=2] [ARGS='more for Snakemake']; without a target it makes \"run\""
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## make the virtual environment, .venv
	@PYTHON="$(PYTHON)" envs/setup.sh run

setup-test: ## make the virtual environment with what the tests need
	@PYTHON="$(PYTHON)" envs/setup.sh test

check: setup ## check config files and ARGS, on which Snakemake would end in a traceback
	@python -m convac check -- $(ARGS)

run: check ## run every experiment at the config's scale (the default); laptop: about 50 minutes on 2 cores
	$(SNAKEMAKE) $(ARGS)

smoke: check ## run every experiment, tiny: 2 minutes on 2 cores with set-up
	$(SNAKEMAKE) $(call scaled,smoke)

images: check ## run the image experiments on published images (images.yaml): about 15 minutes on 2 cores
	$(SNAKEMAKE) $(call scaled,images)

plan: setup ## show what would run, with minutes, memory and disk
	@python -m convac plan --cores $(CORES) -- $(ARGS)

progress: setup ## show how far a run in another shell is: jobs done and left by experiment, minutes left
	@python -m convac progress

probe: setup ## measure what a scale needs on a cluster: jobs, core- or GPU-hours, memory, disk (ARGS="--scale SCALE")
	@python -m convac probe $(ARGS)

resume: check ## after a crash: wait for jobs that outlived Snakemake, unlock, finish
	python -m convac orphans --wait
	snakemake --unlock
	$(SNAKEMAKE) $(ARGS)

report: check ## write results/report.html: every figure and verdict of the last run, on one page
	snakemake --report results/report.html --report-stylesheet workflow/report/report.css $(if $(findstring scale=,$(ARGS)),$(ARGS),$(if $(RAN),$(call scaled,$(RAN)),$(ARGS)))

explorer: setup ## write results/explorer.html: charts of the reference tables, cuts of any tree (ARGS="--results results/laptop")
	python -m convac explorer $(ARGS)

redraw: check ## redraw the reference figures from the committed tables, without training
	$(SNAKEMAKE) redraw $(ARGS)
	$(SNAKEMAKE) redraw $(call scaled,images)

reference: setup ## make the laptop results the committed reference (FROM=results/images; results/redrawn: only figures)
	python -m convac reference --results $(or $(FROM),results/laptop)
	python -m convac certify
	python -m convac generate

compare: check ## compare a laptop run with the reference: what agrees, differs within its interval, or contradicts
	$(SNAKEMAKE) results/laptop/comparison.csv $(ARGS)
	@python -m convac compare

compare-images: check ## compare a run on published images with its reference
	$(SNAKEMAKE) results/images/comparison.csv $(call scaled,images)
	@python -m convac compare results/images/comparison.csv

verify: setup ## check results against their manifests, and name what a later run made again
	python -m convac verify

certify: ## check the certificates of the reference's exact ranks, with Python alone, without set-up (ARGS=--all: ranks up to 512)
	@$(or $(PYTHON),python3) certify/check.py $(ARGS)

shares: setup ## show the fraction of the jobs' time that their loops took (ARGS="--experiment NAME --scale SCALE")
	@python -m convac shares $(ARGS)

notebook: setup ## open the notebooks in JupyterLab, installed beside the pinned packages
	@python -c "import jupyterlab" 2>/dev/null || python -m pip install --quiet --constraint envs/requirements.txt --no-build-isolation --editable ".[notebook]"
	jupyter lab notebooks $(ARGS)

site: setup ## write the documentation with every public name and notebook: results/site/index.html, readable offline
	@python -c "import furo, myst_parser" 2>/dev/null || python -m pip install --quiet --constraint envs/requirements.txt --constraint envs/requirements-test.txt --no-build-isolation --editable ".[docs]"
	@python -m sphinx -q -E -W --keep-going -c docs/site . results/site
	@echo results/site/index.html

lint: setup-test ## check format, lint and types
	ruff check .
	ruff format --check .
	snakefmt --check Snakefile workflow
	snakemake --lint
	mypy

test: setup-test lint ## run linters and all tests: unit, physics and pipeline; about 22 minutes on 2 cores
	pytest -n 2 --dist worksteal -q

generate: setup ## write schema, data dictionary and the README's tables from the code
	python -m convac generate

clean: ## delete every result but the reference, and the caches
	find results/ -mindepth 1 -maxdepth 1 ! -name reference -exec rm -rf {} +
	rm -rf .snakemake .pytest_cache .mypy_cache .ruff_cache .hypothesis
