# Two commands need nothing but python3 and make: `make demo` and `make test`.
# The work is in scripts/, which do without make too.

PYTHON  ?= python3
BIN     := .venv/bin
STAMP   := .venv/.installed
# One more than there are cores, of which CI has two: tests wait for servers. A free worker takes over what waits at another.
WORKERS ?= 3
# Passed on to pytest: make test ARGS="-k location"
ARGS    ?=
# How much `make fuzz` does: ten times what `make test` does, or a plain number for each test.
CASES   ?= x10
# So long it then runs the reader under atheris, where there is a wheel of that for this Python.
SECONDS ?= 300

.PHONY: help demo test test-s3-server lint types fuzz bench servers install clean

help:
	@echo "make demo    audit a broken site and explain one of its requests"
	@echo "make test    lint, types, and every test, on real servers"
	@echo "make test-s3-server   the tests that ask a real S3 server, Ceph's gateway"
	@echo "make fuzz    the differential and fuzz tests with a fresh seed and CASES=$(CASES), then the reader for SECONDS=$(SECONDS)"
	@echo "make lint    ruff            make types   mypy --strict"
	@echo "make bench   benchmarks      make clean   remove what was built here"

demo: install
	@scripts/demo

test: install servers lint types
	$(BIN)/pytest -n $(WORKERS) --dist worksteal $(ARGS)

# A real S3 server takes ten seconds to start, so that it is started for these alone.
test-s3-server: install
	@scripts/install-s3-server
	AUDIT403_S3_SERVER=1 $(BIN)/pytest tests/s3_server $(ARGS)

lint: install
	$(BIN)/ruff check

types: install
	$(BIN)/mypy

fuzz: install servers
	AUDIT403_CASES=$(CASES) $(BIN)/pytest -m differential -n $(WORKERS) $(ARGS)
	@if $(BIN)/python -c 'import atheris' 2>/dev/null || $(BIN)/pip install --disable-pip-version-check -q --only-binary :all: atheris; \
	then $(BIN)/python scripts/fuzz-reader $(SECONDS); \
	else echo "fuzz: there is no atheris for this Python; hypothesis alone has fuzzed the reader"; fi

bench: install servers
	$(BIN)/python benchmarks/run.py $(ARGS)

# bootstrap decides itself whether anything is to be done, and then takes some milliseconds.
install:
	@PYTHON="$(PYTHON)" scripts/bootstrap

servers:
	@scripts/install-servers

clean:
	rm -rf .venv .test-work build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
