# The commands of the toolkit. `make` alone lists them.
# Variables reach the shell as "$$NAME", so that spaces, Cyrillic letters and patterns survive.
.DEFAULT_GOAL := help
.NOTPARALLEL:
.SUFFIXES:
SHELL := /bin/sh
export SET DATA MONTH ARGS BENCH STUDY
# A notebook's kernel that may not keep its bytecode compiles pandas anew, three seconds each time.
unexport PYTHONDONTWRITEBYTECODE

READY := .venv/.ready

.PHONY: help report check new simulate test bench study lab lint format clean setup lock
help: ## this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' Makefile

report: $(READY) ## the month's reports: SET=public (default) or your own, MONTH=2017-12 (default: last complete)
	@.venv/bin/retention report --set "$${SET:-public}" $${MONTH:+--month "$$MONTH"}

check: $(READY) ## only the data checks, as pages and on the screen: SET=public (default) or your own
	@.venv/bin/retention check --set "$${SET:-public}"

new: $(READY) ## a first parameter file from a shop's files: SET=myshop DATA='exports/*.csv'
	@.venv/bin/retention new --set "$${SET:-}" --data "$${DATA:-}"

simulate: $(READY) ## a store whose truth is known: SET=big ARGS='--customers 1000000 --size late_harm=0'
	@.venv/bin/retention simulate --set "$${SET:-simulated}" $$ARGS

test: $(READY) ## every test; ARGS='-k lapse' for some of them
	@.venv/bin/python -m pytest -n auto --maxprocesses=4 --dist loadgroup $$ARGS

bench: $(READY) ## the benchmarks, against a peer; BENCH=ingest_second_run for one of them
	@PYTHONPATH=tests .venv/bin/python -m bench "$${BENCH:-}"

study: $(READY) ## the simulation studies; STUDY=corruptions_handled_share for one of them
	@PYTHONPATH=tests .venv/bin/python -m studies "$${STUDY:-}"

lab: $(READY) ## JupyterLab on the notebooks
	@.venv/bin/jupyter lab --notebook-dir=. $$([ "$$(id -u)" != 0 ] || echo --allow-root) notebooks

lint: $(READY) ## style, types, room borders, clean notebooks, complete message catalogue
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports
	@.venv/bin/nbstripout --verify notebooks/*.ipynb
	@.venv/bin/python -m retention_lib.reports.extract --check

format: $(READY) ## let ruff and nbstripout put the sources in order, and refresh what is made from them
	@.venv/bin/ruff check --fix --quiet . || true
	@.venv/bin/ruff format --quiet .
	@.venv/bin/nbstripout notebooks/*.ipynb
	@.venv/bin/python -m retention_lib.reports.extract
	@.venv/bin/python -m retention_lib.reports.profile_page
	@.venv/bin/python -m retention_lib.stores.simulation.dictionary

clean: ## remove what can be made again (reports, caches); keeps .venv and data/.keys
	@rm -rf outputs/* outputs/.published outputs/.building outputs/.locks outputs/.logs data/.cache
	@rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache build *.egg-info
	@find . -name __pycache__ -type d -not -path './.venv/*' -prune -exec rm -rf {} +
	@find . -name .ipynb_checkpoints -type d -not -path './.venv/*' -prune -exec rm -rf {} +

setup: $(READY) ## only prepare .venv from requirements.lock

lock: $(READY) ## resolve requirements.lock anew from pyproject.toml
	@.venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
	  --no-header --no-emit-index-url --extra dev --upgrade pyproject.toml -o requirements.lock

# A machine must have only Python 3.11-3.13 with its venv module; pip fetches uv (pinned by the lock), uv the rest.
# A working .venv is kept and brought in line with the lock: what it needs is fetched before anything is replaced.
$(READY): requirements.lock pyproject.toml
	@python=; for name in "$${PYTHON:-.venv/bin/python}" python3.12 python3.13 python3.11 python3; do \
	  if "$$name" -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; \
	  then python=$$name; break; fi; done; \
	if [ -z "$$python" ]; then \
	  echo "Python 3.11, 3.12 or 3.13 with its venv module is needed: on Debian or Ubuntu, apt install python3-venv" \
	  "(elsewhere install Python from your package manager), then run make again." >&2; exit 1; fi; \
	echo "Setting up .venv with $$("$$python" --version) from requirements.lock ..."; \
	{ [ "$$(.venv/bin/python -c 'import pip, platform; print(platform.python_version())' 2>/dev/null)" = \
	    "$$("$$python" -c 'import platform; print(platform.python_version())')" ] || \
	  "$$python" -m venv --clear .venv; } && \
	grep -A 200 '^uv==' requirements.lock | awk 'NR > 1 && /^[a-z]/ {exit} {print}' > .venv/uv.lock && \
	.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r .venv/uv.lock && \
	.venv/bin/uv pip sync --quiet --python .venv/bin/python --require-hashes requirements.lock && \
	.venv/bin/uv pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation --offline -e . && \
	touch $(READY)
