# Everything here works on a machine that has Python 3.10 or newer and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
NODE := tests/interop/node
# pip learned dependency groups in 25.1.
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: help demo test node lint wheel-test bench default-chain differences clean

help: ## Show what there is
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

demo: $(VENV)/.demo ## A day in the life of an instance's credential, in a few seconds
	@$(BIN)/alicred-emulator demo

test: $(VENV)/.test ## The whole test suite
	@$(MAKE) --no-print-directory node || echo "npm cannot install: the tests with Node.js are skipped"
	$(BIN)/python -m pytest --numprocesses=auto

lint: $(VENV)/.lint ## ruff, mypy --strict, pyright
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pyright

wheel-test: $(VENV)/.test ## Build the wheel and try it as a stranger would
	$(BIN)/python tests/wheel/try_the_wheel.py

bench: $(VENV)/.bench ## The figures of benchmarks/, with the peers measured beside
	$(BIN)/python -m benchmarks

default-chain: $(VENV)/.test ## Write the tables of docs/default-chain.md anew from those in the code
	$(BIN)/python tests/docs/default_chain.py

differences: $(VENV)/.test ## Write docs/differences.md anew from fixtures/machines.toml
	$(BIN)/python tests/machines/differences.py

clean: ## Remove what the other targets made
	rm -rf $(VENV) $(NODE)/node_modules build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis

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

# What the tests with Node.js run, where npm is there.
node: $(NODE)/node_modules/.package-lock.json

$(NODE)/node_modules/.package-lock.json: $(NODE)/package-lock.json
	@if command -v npm >/dev/null; then npm ci --prefix $(NODE) --silent --no-audit --no-fund; fi

$(VENV)/.lint: $(VENV)/.test
	$(PIP) install --group lint
	@touch $@

$(VENV)/.bench: $(VENV)/.test
	$(PIP) install --group bench
	@touch $@
