# Every target but `install` sets up what it needs first; that is quick when nothing is to do.
# The lab needs root: without it, the tests that use it are run with sudo.
BIN := .venv/bin
ROOT := $(shell [ "$$(id -u)" = 0 ] || echo sudo -E)
PYTEST := $(BIN)/python -m pytest -n 2 --dist loadgroup
.PHONY: install demo check unit integration e2e test

install:
	@sh tools/install.sh
demo: install
	@KEEP=$(KEEP) sh tools/demo.sh
check: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
unit: install
	$(PYTEST) tests/unit tests/house
integration: install
	$(ROOT) $(PYTEST) tests/integration
e2e: install
	$(ROOT) $(PYTEST) tests/e2e
test: check
	$(ROOT) $(PYTEST)
