# Everything runs in .venv, which is made on first use. PYTHON picks the interpreter.
PYTHON ?= python3
BIN := .venv/bin
MANAGE := $(BIN)/python manage.py
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --custom-compile-command "make lock" pyproject.toml
# A machine without ensurepip (Debian without python3-venv) lends its own pip.
INSTALL = $$(test -x $(BIN)/pip && echo $(BIN)/pip || echo $(PYTHON) -m pip --python $(BIN)/python) \
	install --quiet --disable-pip-version-check -r

.PHONY: run test unit lint audit prove bench lock chromium clean

run: .venv/run.installed
	@$(MANAGE) up $(ARGS)

# The last line is pytest's. A file's tests share what they start: they stay in one process.
# `make test ARGS=tests/events/sources` runs only that part: no lint, and one process, which starts faster.
ifdef ARGS
test: .venv/dev.installed
	$(BIN)/pytest $(ARGS)
else
test: lint chromium
	$(BIN)/pytest -n 2 --dist loadfile
endif

# The tests that need neither PostgreSQL nor Valkey, in seconds.
unit: .venv/dev.installed
	$(BIN)/pytest -m unit -q $(ARGS)

lint: .venv/dev.installed
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy .
	$(BIN)/lint-imports --no-logo
	$(MANAGE) check --deploy --fail-level WARNING
	$(BIN)/python .ci/audit.py

# Part of lint; where the vulnerability service cannot be reached, it says so and goes on.
audit: .venv/dev.installed
	$(BIN)/python .ci/audit.py

prove: .venv/dev.installed chromium
	$(BIN)/pytest -m prove -n 2 --dist worksteal

bench: .venv/dev.installed
	$(BIN)/python -m bench

lock: .venv/dev.installed
	$(LOCK) -o requirements.txt
	$(LOCK) --extra dev -c requirements.txt -o requirements-dev.txt

# For the admin's tests in a browser.
chromium:
	@command -v chromium >/dev/null || { test "$$(id -u)" = 0 && apt-get update -qq \
		&& DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null; } \
		|| echo "No chromium: the browser tests will fail. Install Debian's chromium package."

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis

.venv/run.installed: requirements.txt | $(BIN)/python
	$(INSTALL) requirements.txt
	@touch $@

.venv/dev.installed: requirements-dev.txt requirements.txt | $(BIN)/python
	$(INSTALL) requirements-dev.txt
	@touch $@ .venv/run.installed

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11 ...")'
	$(PYTHON) -m venv $$($(PYTHON) -c 'import ensurepip' 2>/dev/null || echo --without-pip) .venv
