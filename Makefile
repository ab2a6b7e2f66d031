PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test release lint bench audit pictures lock clean
demo: .venv/.ready       ## a sample class, graded from start to end
	$(BIN)/autograder demo

test: .venv/.ready lint  ## everything that CI runs; some tests wait, so one more than cores
	$(BIN)/python -m pytest --numprocesses=$$(($$(nproc) + 1)) --maxprocesses=4 \
		--dist=loadfile --no-loadscope-reorder

release: .venv/.ready    ## student versions of all assignments
	$(BIN)/autograder release

lint: .venv/.ready
	$(BIN)/ruff check . && $(BIN)/ruff format --check autograder tests && $(BIN)/mypy

bench: .venv/.ready      ## speed beside stock nbgrader, in one run
	$(BIN)/python -m autograder.bench

audit: .venv/.ready      ## do the tests judge well? All assignments, in full
	$(BIN)/autograder audit --keep --repeat 10 --page audit.html --into docs/audit.md

pictures: .venv/.ready   ## of the guides, at their present state
	$(BIN)/python -m tests.pictures

lock:                    ## newest versions that pyproject.toml allows
	rm -rf .venv && $(PYTHON) -m venv .venv && $(BIN)/pip install --quiet '.[course,test]'
	$(BIN)/pip freeze --exclude sequence-models-course > requirements.lock

clean:
	rm -rf .venv demo

.venv/.ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3"; exit 1; }
	@echo "Setting up .venv (some minutes the first time)"
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@
