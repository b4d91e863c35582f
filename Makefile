# Every target sets up what it needs: the virtual environment is remade when a lock changes.

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/pip --disable-pip-version-check install --quiet --require-hashes
# Worker processes for the tests, at most four; `make test WORKERS=0` runs them in one.
WORKERS ?= logical
PYTEST := $(BIN)/pytest -n $(WORKERS) --maxprocesses 4
export PORT ?= 8080

.DEFAULT_GOAL := help
.PHONY: help run serve test test-long lint bench messages lock clean docs

help:
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' Makefile | expand -t 20

# pip comes last, so that a set-up cut short is begun again.
.venv/bin/pip:
	$(PYTHON) -m venv .venv

# Developers have the larger set: what serves the application is part of it.
.venv/run.stamp: requirements.txt | .venv/bin/pip
	$(PIP) --requirement requirements.txt
	@touch $@

.venv/dev.stamp: requirements-dev.txt | .venv/bin/pip
	$(PIP) --requirement requirements-dev.txt
	@touch $@ .venv/run.stamp

run: .venv/run.stamp ## set up and serve on 127.0.0.1:$PORT (8080)
	@$(BIN)/python run.py

serve: .venv/run.stamp ## serve with gunicorn, for a machine that others use
	@$(BIN)/flask --app run init
	@$(BIN)/gunicorn --config gunicorn.conf.py

test: .venv/dev.stamp ## every test that fits six minutes
	$(PYTEST) -m "not long"

test-long: .venv/dev.stamp ## the tests that need longer
	$(PYTEST) -m long

lint: .venv/dev.stamp ## style of the code
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

bench: .venv/dev.stamp ## measure; see bench/run.py
	@if [ -f bench/run.py ]; then $(BIN)/python bench/run.py; else echo "bench/run.py: nothing to measure yet"; fi

docs: .venv/run.stamp ## write the documents that come from the tables
	$(BIN)/python -m app.handbook

messages: .venv/dev.stamp ## collect and compile the texts to translate
	$(BIN)/pybabel -q extract --mapping pyproject.toml --no-location --sort-output \
		-k N_ -k lazy_gettext -k _l -o translations/messages.pot app
	@[ -d translations/en ] || $(BIN)/pybabel -q init -l en -i translations/messages.pot -d translations
	$(BIN)/pybabel -q update --no-fuzzy-matching --no-wrap -i translations/messages.pot -d translations
	$(BIN)/pybabel -q compile -d translations

lock: ## lock requirements*.in anew (needs uv); UPGRADE=--upgrade takes newer releases
	uv pip compile $(LOCK) requirements.in -o requirements.txt
	uv pip compile $(LOCK) requirements-dev.in -o requirements-dev.txt

LOCK = --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	--no-emit-index-url --no-emit-find-links $(UPGRADE)

clean: ## remove what can be made again; keeps instance/
	rm -rf .venv .pytest_cache .ruff_cache .hypothesis htmlcov .coverage .coverage.* coverage.xml
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
