# Everything runs in .venv, which is created on first use. PYTHON selects the interpreter.
PYTHON ?= python3
BIN := .venv/bin
MANAGE := $(BIN)/python manage.py
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --custom-compile-command "make lock" pyproject.toml
# Without ensurepip (as on Debian without python3-venv) .venv has no pip, and the machine's own pip is used.
INSTALL = $$(test -x $(BIN)/pip && echo $(BIN)/pip || echo $(PYTHON) -m pip --python $(BIN)/python) \
	install --quiet --disable-pip-version-check -r

# run: the whole mirror on this machine. unit: the tests that need no service, in seconds. test: lint and all but
# the slow tests; with ARGS only that part. prove: the slow tests. bench: the benchmarks. million: a large mirror
# to try things on. screenshots: the pictures of the documents. lock: pins the dependencies.
.PHONY: run test unit lint audit prove bench screenshots million lock programs server-programs clean

run: .venv/run.installed
	@$(MANAGE) up $(ARGS)

ifdef ARGS
# A part, such as ARGS=tests/events/sources: no lint, and one process, which starts faster.
test: .venv/dev.installed
	$(BIN)/pytest $(ARGS)
else
# --dist loadfile: the tests of one file run in one process, because they share the servers that they start.
# pytest runs last, so that its summary is the last line of the output.
test: lint programs
	$(BIN)/pytest -n 2 --dist loadfile
endif

unit: .venv/dev.installed
	$(BIN)/pytest -m unit -q $(ARGS)

lint: .venv/dev.installed
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy .
	$(BIN)/lint-imports --no-logo
	$(MANAGE) check --deploy --fail-level WARNING
	$(BIN)/python .ci/audit.py

# Searches the pinned dependencies for known vulnerabilities; part of lint. If the vulnerability service cannot
# be reached, it says so and does not fail.
audit: .venv/dev.installed
	$(BIN)/python .ci/audit.py

prove: .venv/dev.installed server-programs
	$(BIN)/pytest -m prove -n 2 --dist worksteal

bench: .venv/dev.installed
	$(BIN)/python -m bench $(ARGS)

million: .venv/dev.installed
	$(BIN)/python -m bench.million $(ARGS)

screenshots: .venv/dev.installed programs
	$(BIN)/pytest -q tests/browser/screenshots.py

lock: .venv/dev.installed
	$(LOCK) -o requirements.txt
	$(LOCK) --extra dev -c requirements.txt -o requirements-dev.txt

# Installs the programs of Debian that tests start, if they are missing and this user is root.
programs:
	@.ci/install_programs.sh chromium nginx:nginx-light promtool:prometheus systemd-analyze:systemd logrotate

server-programs: programs
	@.ci/install_programs.sh rabbitmq-server redis-server

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
