# Everything here works on a machine that has Python 3.10 or newer and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# One more than there are cores: many a test waits for a time-out, or for a program.
WORKERS := $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)
NODE := tests/interop/node
GO := tests/interop/go
JAVA := tests/interop/java
LINUX := (forking|launch/(channel|folder|companions/linkage|keeping/.*)|sandbox/.*)\.py$$
ELSEWHERE := --follow-imports silent --exclude '$(LINUX)' alicred alicred_emulator
# pip learned dependency groups in 25.1.
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: help demo test coverage clients node go java lint docs docs-serve wheel-test dist bench performance performance-page default-chain refresh-timeline command-line differences conformance matrix clean

help: ## Show what there is
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 26

demo: $(VENV)/.demo ## A day in the life of an instance's credential, in a few seconds
	@$(BIN)/alicred-emulator demo

test: $(VENV)/.test ## The whole test suite
	@$(MAKE) --no-print-directory --keep-going clients || echo "the tests with a client that is missing are skipped"
	@# With byte code that is kept, every worker has read 10,000 tests in a third of the time.
	PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest --numprocesses=$(WORKERS)

coverage: $(VENV)/.coverage ## The suite once more, measured: every branch of both packages, or it is an error
	@$(MAKE) --no-print-directory --keep-going clients || echo "the tests with a client that is missing are skipped"
	rm -rf build/coverage
	$(BIN)/coverage run -m pytest --numprocesses=$(WORKERS)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

lint: $(VENV)/.lint ## ruff, mypy --strict, pyright, zizmor
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy --python-version 3.14
	@# As other systems see it; what is left out is for Linux, or for those who can fork.
	$(BIN)/mypy --platform darwin --cache-dir .mypy_cache/darwin $(ELSEWHERE)
	$(BIN)/mypy --platform win32 --cache-dir .mypy_cache/win32 $(ELSEWHERE)
	$(BIN)/pyright
	@# Whether every public name of an installed package has a type: 100 %, or it is an error.
	PATH="$(CURDIR)/$(BIN):$$PATH" PYTHONPATH="$(CURDIR)" $(BIN)/pyright --ignoreexternal --verifytypes alicred
	PATH="$(CURDIR)/$(BIN):$$PATH" PYTHONPATH="$(CURDIR)" $(BIN)/pyright --ignoreexternal --verifytypes alicred_emulator
	@# What may be asked of the network is asked by nobody here.
	$(BIN)/zizmor --offline --persona pedantic --quiet .github examples/downstream_ci

# Material for MkDocs tells in each run of a successor; that is no fault of a page.
docs: export NO_MKDOCS_2_WARNING = 1
docs: $(VENV)/.docs ## Build the documentation, in build/site; a warning is an error
	$(BIN)/mkdocs build --strict

docs-serve: export NO_MKDOCS_2_WARNING = 1
docs-serve: $(VENV)/.docs ## Serve the documentation while it is written
	$(BIN)/mkdocs serve

wheel-test: $(VENV)/.release ## Build the wheel and try it as a stranger would
	$(BIN)/python tests/wheel/try_the_wheel.py

dist: $(VENV)/.release ## What is published, in dist/: sdist, wheel, bills of materials, checksums
	rm -rf dist
	$(BIN)/python release/dist.py dist

bench: $(VENV)/.bench ## The figures of benchmarks/, with the peers measured beside
	PYTHON=$(BIN)/python benchmarks/run

performance: $(VENV)/.bench ## Measure, and write docs/performance.md anew
	@# A bar that was missed is status 1, and stands on the page.
	PYTHON=$(BIN)/python benchmarks/run --json docs/performance.json || test $$? -eq 1
	@$(MAKE) --no-print-directory performance-page

performance-page: $(VENV)/.test ## Write docs/performance.md anew from the kept docs/performance.json
	$(BIN)/python -m benchmarks.page

default-chain: $(VENV)/.test ## Write the tables of docs/default-chain.md anew from those in the code
	$(BIN)/python tests/docs/default_chain.py

refresh-timeline: $(VENV)/.test ## Draw docs/refreshing.svg anew: what alicred does on the emulator, on a clock that is moved
	$(BIN)/python -m tests.docs.refresh_timeline

command-line: $(VENV)/.test ## Write docs/reference/command-line.md anew from the parsers of both commands
	$(BIN)/python -m tests.docs.command_line

differences: $(VENV)/.test ## Write docs/differences.md anew from fixtures/machines.toml
	$(BIN)/python tests/machines/differences.py

conformance: $(VENV)/.test ## Write docs/conformance.md anew: the lifecycle stories told to alicred and to the SDK, in minutes
	@# The SDK does not live through all of them, which is status 1.
	$(BIN)/alicred-emulator conformance --subject alicred-sync --subject alicred-async \
		--subject sdk-sync --subject sdk-async --report docs || test $$? -eq 1

matrix: $(VENV)/.matrix ## The suite on every CPython of this machine, with the lowest and with the newest dependencies
	$(BIN)/nox

clean: ## Remove what the other targets made
	rm -rf $(VENV) $(NODE)/node_modules $(GO)/credential $(JAVA)/lib build dist .nox .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(VENV)/.pip:
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --upgrade 'pip>=25.1'
	@touch $@

$(VENV)/.demo: $(VENV)/.pip pyproject.toml
	$(PIP) install --editable '.[emulator]'
	@touch $@

$(VENV)/.test: $(VENV)/.demo
	$(PIP) install --group test
	@touch $@

clients: node go java ## What tests/interop/ runs in other languages, for those that the machine has

node: $(NODE)/node_modules/.package-lock.json

$(NODE)/node_modules/.package-lock.json: $(NODE)/package-lock.json
	@if command -v npm >/dev/null; then npm ci --prefix $(NODE) --silent --no-audit --no-fund; fi

go: $(GO)/credential

$(GO)/credential: $(GO)/main.go $(GO)/go.mod $(GO)/go.sum
	@if command -v go >/dev/null; then cd $(GO) && CGO_ENABLED=0 go build -trimpath -o credential .; fi

java: $(JAVA)/lib/Credential.class

$(JAVA)/lib/Credential.class: $(JAVA)/Credential.java $(JAVA)/pom.xml
	@if command -v mvn >/dev/null && command -v javac >/dev/null; then \
		mvn --quiet --batch-mode -Dstyle.color=never --file $(JAVA)/pom.xml dependency:copy-dependencies -DoutputDirectory=lib && \
		javac -cp '$(JAVA)/lib/*' -d $(JAVA)/lib $(JAVA)/Credential.java; fi

$(VENV)/.lint: $(VENV)/.test
	$(PIP) install --group lint
	@touch $@

$(VENV)/.release: $(VENV)/.pip pyproject.toml
	$(PIP) install --group release
	@touch $@

$(VENV)/.docs: $(VENV)/.pip pyproject.toml
	$(PIP) install --group docs
	@touch $@

$(VENV)/.matrix: $(VENV)/.pip pyproject.toml
	$(PIP) install --group matrix
	@touch $@

$(VENV)/.coverage: $(VENV)/.test
	$(PIP) install --group coverage
	@touch $@

$(VENV)/.bench: $(VENV)/.test
	$(PIP) install --group bench
	@touch $@
