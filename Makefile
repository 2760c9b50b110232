# Every target sets up what it needs first. What uses the lab is run with sudo: it needs root.
ROOT := $(shell [ "$$(id -u)" = 0 ] || ! command -v sudo >/dev/null || echo sudo -E env HOME=$(HOME))
PYTEST := PYTHONDONTWRITEBYTECODE= .venv/bin/python -m pytest -n 2 --dist loadgroup
.PHONY: install demo test check unit integration e2e bench campaign report docs release

install:
	@sh tools/install.sh $(MAKECMDGOALS)
demo: install # KEEP=1 leaves it up; OUTPUT=json; DISTRIBUTION=k3s VERSION=latest
	@$(ROOT) .venv/bin/python -m kuberry.demo $(if $(KEEP),--keep) $(if $(OUTPUT),--output $(OUTPUT)) --root "$(ROOT)" $(if $(DISTRIBUTION),--distribution $(DISTRIBUTION)) $(if $(VERSION),--version $(VERSION))
check: install
	.venv/bin/ruff check . && .venv/bin/ruff format --check . && .venv/bin/mypy && .venv/bin/lint-imports --no-logo
unit: install
	$(PYTEST) tests/unit tests/house
integration: install
	$(ROOT) $(PYTEST) tests/integration
e2e: install
	$(ROOT) $(PYTEST) tests/e2e
test: install
	.venv/bin/ruff check . && .venv/bin/ruff format --check . && $(ROOT) $(PYTEST) -n 6 -m "not alone and not campaign" tests
	$(ROOT) $(PYTEST) -n 0 -m alone tests/integration/lab
bench: install
	$(ROOT) .venv/bin/python -m kuberry.bench
campaign: install # faults in the middle of 100 lines more; every property, with 200 times the examples
	$(ROOT) .venv/bin/python -m kuberry.campaign --count 100 && HYPOTHESIS_PROFILE=campaign $(ROOT) $(PYTEST) --timeout 3600 -m "campaign or not (integration or e2e)" tests
report: install # of all raw data that are here: build/report.html, build/report.pdf
	.venv/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/docs.txt; .venv/bin/python -m kuberry.paper
docs: install # the reference from the program, pictures from real runs, the manual: site/
	.venv/bin/python tools/reference.py && $(ROOT) .venv/bin/python tools/pictures.py && .venv/bin/python tools/manual.py
release: install # sdist and wheel, made twice, tried on clean Debian 12 and 13
	.venv/bin/python tools/release.py build && $(ROOT) .venv/bin/python tools/release.py try
