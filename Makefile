# Two commands do all on a fresh machine with Python 3.11 or later:  make demo  and  make test
PYTHON ?= python3
VENV   ?= .venv
OUT    ?= demo-report
BIN    := $(VENV)/bin

.PHONY: demo test check audit lock clean help
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
	@# The benchmarks call what changes: names, arguments and overridden methods must still be there.
	$(BIN)/mypy benchmarks --disable-error-code misc --disable-error-code arg-type --disable-error-code assignment \
	  --disable-error-code return-value --disable-error-code no-any-return --disable-error-code var-annotated \
	  --disable-error-code import-not-found --no-warn-unused-ignores
	$(BIN)/python -m pip check
	$(BIN)/python docs/make_licences.py --check
	@$(MAKE) --no-print-directory audit

# Known vulnerabilities of what the lock names; the data lie on the network, and without it one line says so.
# Where an index has packages and not what is known about them, pip-audit says "No known vulnerabilities found" and means none.
audit: $(VENV)/.installed-check
	@$(BIN)/pip-audit --requirement requirements.lock --require-hashes --disable-pip --progress-spinner off > $(VENV)/audit.log 2>&1 \
	  && { asked=$$(grep -c '==' requirements.lock); missed=$$(grep -c 'could not be audited' $(VENV)/audit.log); \
	       if [ $$missed -eq 0 ]; then cat $(VENV)/audit.log; \
	       elif [ $$missed -eq $$asked ]; then echo "pip-audit: skipped, its data cannot be reached"; \
	       else cat $(VENV)/audit.log; echo "pip-audit: $$missed of $$asked packages were not looked at"; fi; } \
	  || { grep -qE 'ConnectionError|ConnectTimeout|ReadTimeout|Max retries|Failed to (connect|upgrade)|ServiceError|urlopen' $(VENV)/audit.log \
	       && echo "pip-audit: skipped, its data cannot be reached"; } \
	  || { cat $(VENV)/audit.log; exit 1; }

# Needs uv (pip install uv).
lock:
	uv pip compile pyproject.toml --extra credentials --extra dask -c constraints.txt --generate-hashes \
	  --python-version 3.11 --python-platform x86_64-manylinux_2_28 --no-header --no-annotate --quiet -o requirements.lock
	@{ printf '%s\n' "# The reproducible install, with hashes (CPython 3.11, Linux x86_64, glibc 2.28 or later):" \
	  "#   pip install --require-hashes -r requirements.lock && pip install --no-deps vidcheck" \
	  "# Made from pyproject.toml and constraints.txt with:  make lock"; cat requirements.lock; } > requirements.lock.new
	@mv requirements.lock.new requirements.lock

clean:
	rm -rf $(VENV) $(OUT) build dist .mypy_cache .ruff_cache .pytest_cache
