# Every target but `install` sets up what it needs first; that is quick when nothing is to do.
BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest
.PHONY: install check unit integration test

install:
	@sh tools/install.sh
check: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
unit: install
	$(PYTEST) -n 2 tests/unit tests/house
integration: install
	$(PYTEST) -n 2 --dist loadgroup tests/integration
test: check
	$(PYTEST) -n 2 --dist loadgroup
