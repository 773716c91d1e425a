# The verbs of the project. `make` alone lists them.
KINDRED_DATA ?= ../shared/data
SHELL_SCRIPTS := Scripts/setup Scripts/demo .ci/run
PYTHON_SCRIPTS := Scripts/fetch-movielens Scripts/accuracy.py
SWIFT_SOURCES := Sources Tests Snippets Examples/Films/Sources Examples/Films/Package.swift Package.swift

.PHONY: help demo test accuracy lint format docs

help: ## list the verbs
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

demo: ## train on MovieLens 100K and recommend films to someone new
	@Scripts/setup python
	@swift build -c release --product kindred
	@Scripts/demo

test: ## build and run the tests; compiles the snippets too
	@Scripts/setup
	swift build --build-tests
	swift test --skip-build --skip HeartbeatTests
	swift test --skip-build --filter HeartbeatTests

accuracy: ## check the accuracy on public data; ONLY="TEXT" chooses rows
	@Scripts/setup python
	@swift build -c release --product kindred
	@KINDRED_DATA="$(KINDRED_DATA)" Scripts/accuracy.py $(if $(ONLY),--only "$(ONLY)")

lint: ## check format and syntax
	@Scripts/setup python
	swift format lint --strict --recursive $(SWIFT_SOURCES)
	for script in $(SHELL_SCRIPTS); do bash -n $$script || exit 1; done
	PYTHONPYCACHEPREFIX=.build/pycache python3 -m py_compile $(PYTHON_SCRIPTS)

format: ## format the Swift code
	swift format --in-place --recursive $(SWIFT_SOURCES)

docs: ## write the documentation into .build/docs
	@Scripts/setup
	swift package --allow-writing-to-directory .build/docs generate-documentation --target Kindred --output-path .build/docs
