# Two commands do all on a fresh machine with Python 3.11 or later:  make demo  and  make test
PYTHON ?= python3
VENV   ?= .venv
OUT    ?= demo-report
BIN    := $(VENV)/bin

.PHONY: demo test check lock clean help
help:
	@echo "make demo   set up and analyse the demonstration clip (report in $(OUT)/)"
	@echo "make test   set up and run the tests"
	@echo "make check  ruff, mypy and the dependency check"

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "vidcheck needs Python 3.11 or later: make PYTHON=/path/to/python3.12 demo"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "Python cannot make a virtual environment. On Debian: apt install python3-venv"; exit 1; }

# One stamp for each set of packages, so that a change of the requirements installs again.
$(VENV)/.installed: pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

$(VENV)/.installed-test: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test]'
	@touch $@

$(VENV)/.installed-check: $(VENV)/.installed-test
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test,check]'
	@touch $@

demo: $(VENV)/.installed
	$(BIN)/vidcheck demo -o $(OUT)

test: $(VENV)/.installed-test
	$(BIN)/python -m pytest -q

check: $(VENV)/.installed-check
	$(BIN)/ruff check vidcheck models tests benchmarks
	$(BIN)/ruff format --check vidcheck models tests benchmarks
	$(BIN)/mypy
	$(BIN)/python -m pip check

clean:
	rm -rf $(VENV) $(OUT) build dist .mypy_cache .ruff_cache .pytest_cache
