# Two commands to know: `make run` and `make test`. Each sets up .venv from uv.lock first.
SHELL := /bin/bash
BIN := .venv/bin
PYTHON ?= python3
export PYTHON
# Every process would compile all sources again, and every worker of the tests their assertions.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test test-full lint style types kernels docs serve notebook bench audit setup

run: .venv/.synced ## the main job: a small world, every kind of question, a report with pictures
	@$(BIN)/linkrisk demo

# Four workers for two cores: those with the Neo4j and the explorer wait for a server or a
# browser most of the time. A file's tests stay together, for they share worlds.
PYTEST := $(BIN)/python -m pytest -n 4 --dist loadfile

# Types are read on one core while the other compiles what each process of the tests would compile
# for itself: the kernels, and, where it was never done, the tests with their assertions.
READY := $(MAKE) --no-print-directory --jobs=2 types kernels .venv/.collected

test: style ## everything that must hold before a change is handed in
	@$(READY)
	@$(PYTEST)

test-full: style ## the same with the large counts
	@$(READY)
	@$(PYTEST) -m ""

lint: style types

style: .venv/.synced
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .

types: .venv/.synced
	@$(BIN)/mypy && $(BIN)/lint-imports

kernels: .venv/.synced
	@$(BIN)/python -m api.rehearsal

.venv/.collected: .venv/.synced
	@$(BIN)/python -m pytest --collect-only -qq >$@.log 2>&1 || { cat $@.log; exit 1; }
	@touch $@

docs: .venv/.synced ## write docs/algorithms.md and docs/cli.md from the registry
	@$(BIN)/python -m api.docs

serve: .venv/.synced ## the service on http://127.0.0.1:8000, its token in the printed address
	@$(BIN)/linkrisk serve

notebook: .venv/.synced ## JupyterLab on the investigators' notebooks
	@$(BIN)/jupytext --quiet --to ipynb --update notebooks/*.py
	@$(BIN)/jupyter lab notebooks/first_steps.ipynb

bench: .venv/.synced ## the measurements that docs and README quote
	@$(BIN)/linkrisk bench

audit: .venv/.synced ## known weaknesses of what is installed; asks the registry's advisory service
	@uv export --quiet --frozen --no-emit-project --format requirements-txt --output-file .venv/requirements.txt
	@$(BIN)/pip-audit --strict --disable-pip --requirement .venv/requirements.txt

setup: .venv/.synced

.venv/.synced: uv.lock pyproject.toml .ci/setup
	@.ci/setup
