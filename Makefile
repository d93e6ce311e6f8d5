# make demo [AUDIO=path]   transcribe the sample recordings, or one of yours
# make demo PORTAL=1       and then serve the portal, with its data in the folder portal-data
# make test                lint, types and tests
# make test SLOW=1         the slow ones too: kills, clusters, outages, whole trainings
# make lint                lint and types alone
#
# Everything happens in .venv, which `make clean` removes. PYTHON names another Python (>= 3.11),
# TORCH another way to get PyTorch, which the tests of training need, for example
#   make test TORCH="torch --index-url https://download.pytorch.org/whl/cpu"
# A PyTorch that is in .venv already is kept. WORKERS is how many processes share the tests.

PYTHON ?= python3
TORCH ?= torch==2.13.0
WORKERS ?= 2
VENV := .venv
BIN := $(VENV)/bin
PACKAGE := pyproject.toml setup.py build_backend.py $(shell find src -type f -not -name '*.pyc' -not -name '*.so' | sed 's/ /\\ /g')
SCRIPTS := $(sort $(dir $(wildcard recipes/*.py recipes/*/*.py benchmarks/*.py)))

.PHONY: demo test lint check-python clean

demo: $(VENV)/runtime $(if $(PORTAL),$(VENV)/server)
	$(BIN)/attune transcribe $(if $(AUDIO),"$(AUDIO)",samples) --words
	$(if $(PORTAL),$(BIN)/attune serve --data portal-data)

test: lint
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile $(if $(SLOW),,-m "not slow")

lint: $(VENV)/development
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	@# Folder by folder: scripts stand outside of packages.
	@for folder in $(SCRIPTS); do echo "mypy $$folder"; $(BIN)/mypy "$$folder"*.py || exit 1; done

$(VENV)/runtime: $(BIN)/python $(PACKAGE)
	@# An editable installation for development serves as well, and stays.
	test -e $(VENV)/development || $(BIN)/python -m pip install --quiet .
	@touch $@

$(VENV)/server: $(VENV)/runtime
	test -e $(VENV)/development || $(BIN)/python -m pip install --quiet '.[server]'
	@touch $@

$(VENV)/development: $(BIN)/python pyproject.toml setup.py build_backend.py $(wildcard src/attune/decode/native/*)
	$(BIN)/python -c 'import torch' 2>/dev/null || $(BIN)/python -m pip install --quiet $(TORCH)
	$(BIN)/python -m pip install --quiet --editable '.[dev,train,import,server,s3,ray,client]'
	@touch $@

$(BIN)/python: | check-python
	@echo "Making the environment in $(VENV) ..."
	$(PYTHON) -m venv $(VENV)

check-python:
	@command -v $(PYTHON) >/dev/null || { \
	  echo "There is no $(PYTHON): install Python 3.11 or newer" \
	    "(Debian, Ubuntu: apt install python3 python3-venv)." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "$(PYTHON) is $$($(PYTHON) --version 2>&1), Attune needs Python 3.11 or newer: install" \
	    "one and name it, such as: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "$(PYTHON) cannot make virtual environments:" \
	    "apt install python3-venv (as root), then try again." >&2; exit 1; }

clean:
	rm -rf $(VENV) build
