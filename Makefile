# make run    build what is missing, start everything, Ctrl-C stops it
# make test   every check and every test
# `make help` tells the rest. Any Python >= 3.11 does: make run PYTHON=/path/to/python3.12

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

PYTHON ?= $(shell for name in python3.11 python3.12 python3.13 python3.14 python3; do \
	if $$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; \
	then command -v $$name; break; fi; done)
VENV := .venv/bin/python
RUN_STAMP := .venv/.installed-requirements
DEV_STAMP := .venv/.installed-requirements-dev
VENDOR_STAMP := static/vendor/.stamp
CATALOGUES := $(wildcard callcenter/translations/*/LC_MESSAGES/messages.po)
COMPILED := $(CATALOGUES:.po=.mo)
TEMPLATE := callcenter/translations/messages.pot
CODE := callcenter workers sandbox migrations tests scripts wsgi.py

.PHONY: help run test lint browser-tests bench catalogue lock clean check-python

help:
	@echo "make run    start the platform (http://127.0.0.1:8000); PORT=8010 make run for another port"
	@echo "make test   lint, types, house rules, all tests (needs Chromium for the browser tests)"
	@echo "make lint   the checks alone"
	@echo "make bench  one line of JSON per operation: p50, p95, SQL statements"
	@echo "make catalogue  bring the words of the screens into the translations"
	@echo "make lock   resolve requirements*.in and package.json anew (needs uv)"
	@echo "make clean  remove what was built; var/ (your data) stays"

run: $(RUN_STAMP) $(VENDOR_STAMP) $(COMPILED)
	@$(VENV) -m callcenter.cli.launcher

test: lint
	@$(VENV) -m pytest -n 2 --dist loadscope --no-loadscope-reorder

lint: $(DEV_STAMP) $(VENDOR_STAMP) $(COMPILED)
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports

bench: $(DEV_STAMP) $(VENDOR_STAMP) $(COMPILED)
	@$(VENV) -m tests.bench

# No place, no date and no guess: a change of words is the only difference a commit shows.
catalogue: $(RUN_STAMP)
	@.venv/bin/pybabel -q extract -F babel.cfg -k _l -k lazy_gettext -k lazy_ngettext:1,2 \
		--no-location --sort-output --omit-header --no-wrap -o $(TEMPLATE) .
	@for file in $(CATALOGUES); do \
		language=$${file#callcenter/translations/}; \
		.venv/bin/pybabel -q update -i $(TEMPLATE) -o $$file -l $${language%%/*} --no-wrap \
			--no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date || exit 1; done
	@rm -f $(TEMPLATE)

lock: $(RUN_STAMP)
	@for name in requirements requirements-dev; do \
		env -u PIP_FIND_LINKS -u UV_FIND_LINKS uv pip compile -q --no-config --upgrade \
			--generate-hashes --python-version 3.11 --universal --no-annotate --no-header \
			--no-emit-index-url --no-emit-find-links $$name.in -o $$name.txt || exit 1; done
	@$(VENV) scripts/front_end.py lock

clean:
	rm -rf .venv node_modules static/vendor .mypy_cache .ruff_cache .pytest_cache .hypothesis
	rm -rf .import_linter_cache test-results $(COMPILED)
	find $(CODE) -name __pycache__ -type d -prune -exec rm -rf {} +

check-python:
	@if [ -z "$(PYTHON)" ]; then \
		echo "error: Python 3.11 or newer is required, none was found (make run PYTHON=/path/to/it)" >&2; \
		exit 1; fi

# The stamps hold the digest of the lock they were installed from, see scripts/environment.py.
$(RUN_STAMP): requirements.txt scripts/environment.py | check-python
	@"$(PYTHON)" scripts/environment.py requirements.txt

$(DEV_STAMP): requirements-dev.txt scripts/environment.py | check-python $(RUN_STAMP)
	@"$(PYTHON)" scripts/environment.py requirements-dev.txt

$(VENDOR_STAMP): package-lock.json scripts/front_end.py | $(RUN_STAMP)
	@echo "Fetching the front-end packages of package-lock.json"
	@$(VENV) scripts/front_end.py
	@touch $@

%.mo: %.po | $(RUN_STAMP)
	@.venv/bin/pybabel -q compile -i $< -o $@
