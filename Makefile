# Two commands matter: `make book` and `make test`. `make help` lists the rest.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
# What is installed: the pins of the lock; or the lowest, or the newest versions that the bounds of pyproject.toml allow.
DEPENDENCIES ?= lock
EVERYTHING := -r pyproject.toml --extra book --extra test --extra scale
INSTALL_lock := -r requirements.lock
INSTALL_lowest := --resolution lowest-direct $(EVERYTHING)
INSTALL_newest := --upgrade $(EVERYTHING)
# One thread a worker: two programs that both use all cores slow each other down. A third worker computes while another one waits.
ONE_THREAD := OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1

.PHONY: help setup data book slides unit test reproduce links messages lab clean

help: ## Show what can be made
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

# Compiled once here, a notebook's imports take a third of the time; where PYTHONDONTWRITEBYTECODE is set, nothing else compiles them.
$(VENV)/.installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed; this is " + sys.version.split()[0] + ". Try: make PYTHON=python3.12 book")'
	@echo "== Setting up $(VENV) (one or two minutes with a good line; 6 GB on Linux)"
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade uv
	$(BIN)/uv pip install --python $(BIN)/python --compile-bytecode $(INSTALL_$(DEPENDENCIES))
	$(BIN)/uv pip install --python $(BIN)/python --no-deps -e .
	$(BIN)/python book/copy_mathjax.py
	@touch $@

setup: $(VENV)/.installed ## Create .venv with everything the course needs

data: setup ## Generate the mini data (seven minutes on two cores, once)
	@echo "== Mini data"
	$(BIN)/visret data get town town-elsewhere photo-copies named town-train town-views film museum yard

book: data ## Run every chapter and publish book/_build/html/index.html (ANSWERS=1: with answers to exam questions, in another folder)
	ANSWERS=$(ANSWERS) $(BIN)/python book/build.py

slides: data ## Turn every chapter into a deck: book/_build/html/slides/*.html
	$(BIN)/visret slides

unit: data ## Only the notebooks' shape, and the unit and reference tests
	@echo "== Notebooks: shape, exercises in step"
	$(BIN)/visret notebooks check
	@echo "== Unit and reference tests"
	$(ONE_THREAD) $(BIN)/python -m pytest -n 3 --dist loadfile -q tests --ignore=tests/site

test: unit ## Run everything: unit, reference, notebooks, exercises, site
	@echo "== Chapters and solutions, each run once; the book from what they showed"
	$(BIN)/python book/build.py
	@echo "== The built site in a browser"
	$(BIN)/python -m pytest -q tests/site -n 2

reproduce: data ## Measure every table of the mini tier again, and compare with the records
	$(BIN)/visret reproduce --tier mini

messages: book ## Every sentence of the book as message catalogues for translators: book/_build/messages
	$(BIN)/jupyter-book build book --path-output book/_build/messages --builder custom --custom-builder gettext

links: book ## Ask every address that the book names whether it is still there; needs a network
	$(BIN)/jupyter-book build book --builder linkcheck

lab: data ## Open the chapters in JupyterLab
	$(BIN)/jupyter lab notebooks

clean: ## Remove what was built; .venv and the data cache stay
	rm -rf book/_build book/notebooks .pytest_cache
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +
