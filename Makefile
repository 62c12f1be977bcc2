# hexlaw: `make reproduce` trains, rates and reports; `make test` checks everything.
# Both build .venv from requirements.lock first; nothing else has to be installed.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
DOCS   := .venv-docs
BUILD  := build
PACKAGES := games mcts training analysis experiments

.PHONY: help setup reproduce test check lint docs course course-data lock clean

help:
	@echo 'make reproduce   train a ladder of agents, rate them, fit the law, write report/index.html'
	@echo 'make test        lint, types and tests'
	@echo 'make check       lint and types only'
	@echo 'make setup       build $(VENV) from requirements.lock'
	@echo 'make docs        the documentation as a site in $(BUILD)/site'
	@echo 'make course      the class bundle, every notebook run, in $(BUILD)/hexlaw-course.zip'
	@echo 'make lock        renew requirements.lock and docs/requirements.lock (needs uv)'

setup: $(STAMP)

# uv installs the same lock file several times faster where it is at hand. The lock is complete, so
# pip need not resolve it again (--no-deps). Byte code is compiled here, on all cores: where Python is
# told not to keep it (PYTHONDONTWRITEBYTECODE), every process would need ten seconds to compile it.
$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(None if (3, 11) <= v[:2] < (3, 14) else \
	  f"hexlaw needs Python 3.11 to 3.13, found {v.major}.{v.minor}; name another one: make PYTHON=python3.12 …")'
	@echo 'Setting up $(VENV) from requirements.lock (one to three minutes, once) …'
	@if command -v uv >/dev/null 2>&1; then \
	  uv venv --quiet --allow-existing --python $(PYTHON) $(VENV) && \
	  uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock && \
	  uv pip install --quiet --python $(BIN)/python --no-deps -e .; \
	else \
	  $(PYTHON) -m venv $(VENV) && \
	  $(BIN)/pip install --quiet --disable-pip-version-check --no-compile --no-deps --require-hashes -r requirements.lock && \
	  $(BIN)/pip install --quiet --disable-pip-version-check --no-deps -e .; \
	fi
	-@$(BIN)/python -m compileall -q -j 0 $(VENV)/lib $(PACKAGES) >/dev/null
	@touch $@

reproduce: setup
	$(BIN)/hexlaw reproduce --preset laptop

lint: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright --pythonpath $(BIN)/python

check: lint

test: check
	$(BIN)/python -m pytest -n auto --dist loadfile

# Tools of the site and of notebooks, with hexlaw as `pip install hexlaw` alone brings it: notebooks
# that pass here need neither JAX nor a database.
$(DOCS)/.installed: docs/requirements.lock
	$(PYTHON) -m venv $(DOCS)
	$(DOCS)/bin/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r docs/requirements.lock
	@touch $@

docs: setup $(DOCS)/.installed
	$(BIN)/python docs/gather.py $(BUILD)/pages
	$(DOCS)/bin/zensical build --clean --strict --config-file $(BUILD)/mkdocs.yml
	$(BIN)/python docs/check_site.py $(BUILD)/site

course: $(DOCS)/.installed
	$(DOCS)/bin/python docs/course/build.py $(BUILD)/hexlaw-course
	HEXLAW_COURSE_STRICT=1 PYTHONPATH=$(CURDIR) $(DOCS)/bin/python -m pytest -q -c /dev/null \
	  --nbmake --nbmake-timeout=120 -p no:cacheprovider $(BUILD)/hexlaw-course/answers
	$(DOCS)/bin/python docs/course/build.py $(BUILD)/hexlaw-course --pack

course-data: setup
	$(BIN)/python docs/course/make_data.py

lock:
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
	  --no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock' \
	  --group test --group lint --extra all \
	  pyproject.toml -o requirements.lock
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
	  --no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock' \
	  --group docs pyproject.toml -o docs/requirements.lock

clean:
	rm -rf $(VENV) $(DOCS) $(BUILD) .pytest_cache .ruff_cache .hypothesis
