# Every target but `install` sets up what it needs first; that is quick when nothing is to do.
.PHONY: install demo test check unit integration e2e bench campaign docs
BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest

install:
	@sh tools/install.sh
demo: install
	@sh tools/demo.sh
check: install
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/lint-imports
unit: install
	$(PYTEST) tests/unit tests/house -n 2
integration: install
	$(PYTEST) tests/integration
e2e: install
	$(PYTEST) tests/e2e
test: check
	$(PYTEST) tests -n 2 --dist loadgroup
