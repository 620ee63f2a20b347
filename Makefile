# Each target does all of its own set-up. PYTHON=… chooses the interpreter (3.11 or newer).
PYTHON ?= python3
VENV := .venv
PIP := $(VENV)/bin/python -m pip --disable-pip-version-check -qq
UV := $(or $(shell command -v uv),$(VENV)/bin/uv)
LOCK := UV_CUSTOM_COMPILE_COMMAND="make lock" $(UV) pip compile pyproject.toml --quiet --generate-hashes \
	--no-emit-index-url --no-emit-find-links --universal -p 3.11
# Test files run beside one another, each process with servers of its own; most of them wait for those.
JOBS ?= 3
CJK_FONTS := /usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc

.PHONY: help demo test browser soak chaos fuzz bench lock clean chromium wrk screenshots
.NOTPARALLEL:

help:
	@echo "make demo         a shop to look at, with everything that it needs; Ctrl-C ends it"
	@echo "make demo ONCE=1  the main job once from an empty database, with a table of what it did"
	@echo "make test         all checks and tests"
	@echo "make browser      every page in three languages, two widths, light and dark: make test has a part of it"
	@echo "make soak         the ledger against its model, for half an hour"
	@echo "make chaos        kills everything again and again under load, for 20 minutes, and checks the books: chaos.json;"
	@echo "                  DURATION=seconds SEED=number"
	@echo "make fuzz         requests, forms, webhooks and files as nobody sane sends them: fuzz.json; TIMES=number SEED=number"
	@echo "make bench        how fast it is: a table and bench.json; ONLY=name,name and SCALE=0.01 for less of it"
	@echo "                  DATA=DIR reads labelled rows in other ways, too (train extra)"
	@echo "make screenshots  the pictures of the README, taken of a demo of their own"
	@echo "make lock         new requirements.lock and requirements-dev.lock from pyproject.toml"
	@echo "make clean        remove .venv, caches and builds; data in var/ stays"

demo: $(VENV)/demo.stamp
	@exec $(VENV)/bin/regulars demo $(if $(filter-out 0,$(ONCE)),--once)

test: $(VENV)/test.stamp chromium
	@echo "ruff" && $(VENV)/bin/ruff check --quiet . && $(VENV)/bin/ruff format --quiet --check .
	@echo "mypy" && $(VENV)/bin/mypy
	@echo "import-linter" && $(VENV)/bin/lint-imports
	@echo "pytest" && $(VENV)/bin/python -m pytest -q --ignore=tests/browser \
		-n $(JOBS) --dist loadfile --no-loadscope-reorder --durations=20; others=$$?; \
	echo "pages in a browser" && $(VENV)/bin/python -m pytest -q tests/browser -n 2 --dist loadfile; exit $$((others | $$?))

browser: $(VENV)/test.stamp chromium
	@REGULARS_LOOKS=all $(VENV)/bin/python -m pytest -q tests/browser

bench: $(VENV)/test.stamp wrk
	@$(VENV)/bin/python -m tests.benchmarks $(if $(ONLY),--only $(ONLY)) $(if $(SCALE),--scale $(SCALE)) \
		$(if $(DATA),--data $(DATA)) \
		$(if $(filter-out 0,$(WRITE_DOCS)),--write-docs)

soak: $(VENV)/test.stamp
	@HYPOTHESIS_PROFILE=soak $(VENV)/bin/python -m pytest -q tests/db/test_ledger_model.py

chaos: $(VENV)/test.stamp
	@$(VENV)/bin/python -m tests.chaos $(if $(DURATION),--seconds $(DURATION)) $(if $(SEED),--seed $(SEED))

fuzz: $(VENV)/test.stamp
	@REGULARS_FUZZ=all REGULARS_FUZZ_OUT=fuzz.json REGULARS_FUZZ_TIMES=$(TIMES) REGULARS_FUZZ_SEED=$(SEED) \
		$(VENV)/bin/python -m pytest -q tests/fuzz

screenshots: $(VENV)/test.stamp chromium
	@$(VENV)/bin/python -m admin.demo.screenshots

lock: | $(VENV)/bin/python
	@test -x $(UV) || $(PIP) install uv
	@$(LOCK) --extra embedded --extra traces --extra test -o requirements-dev.lock
	@$(LOCK) --extra embedded --extra traces -c requirements-dev.lock -o requirements.lock

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Regulars needs Python 3.11 or newer; choose one with: make PYTHON=/path/to/python3.11 …"; exit 1; }
	@echo "Making $(VENV)"
	@$(PYTHON) -m venv $(VENV) || \
		{ rm -rf $(VENV); echo "Python's venv module is needed: apt-get install python3-venv"; exit 1; }

$(VENV)/demo.stamp: requirements.lock pyproject.toml | $(VENV)/bin/python
$(VENV)/test.stamp: requirements-dev.lock pyproject.toml | $(VENV)/bin/python
# The lock is complete: without --no-deps, pip would still look for newer versions of what has extras.
$(VENV)/%.stamp:
	@echo "Installing $< (minutes the first time, then only when it changes)"
	@$(PIP) install --require-hashes --no-deps -r $<
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

# Browser tests need Debian's chromium and fonts with Chinese characters; without them they are skipped.
chromium:
	@if command -v chromium >/dev/null && test -e $(CJK_FONTS); then exit 0; fi; \
	if test "$$(id -u)" = 0 && command -v apt-get >/dev/null; then \
		echo "Installing chromium and fonts-noto-cjk"; \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium fonts-noto-cjk \
			>/dev/null && exit 0; \
	fi; \
	command -v chromium >/dev/null || echo "Browser tests are skipped: chromium is missing."; \
	test -e $(CJK_FONTS) || echo "Chinese text in screenshots shows as boxes: fonts-noto-cjk is missing."; \
	echo "As root: apt-get install chromium fonts-noto-cjk"

# Benchmarks over HTTP need wrk; without it they are not run.
wrk:
	@if command -v wrk >/dev/null; then exit 0; fi; \
	if test "$$(id -u)" = 0 && command -v apt-get >/dev/null; then \
		echo "Installing wrk"; \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq wrk >/dev/null && exit 0; \
	fi; \
	echo "Benchmarks over HTTP are not run: wrk is missing. As root: apt-get install wrk"
