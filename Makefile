# The verbs of the project. `make` alone lists them.
KINDRED_DATA ?= ../shared/data
SHELL_SCRIPTS := Scripts/setup Scripts/demo .ci/run
PYTHON_SCRIPTS := Tests/Page/server.py Tests/Page/page_test.py Scripts/fetch-movielens Scripts/accuracy.py
SWIFT_SOURCES := Sources Tests Snippets Examples/Films/Sources Examples/Films/Package.swift Package.swift

.PHONY: help demo test test-page accuracy lint format docs

help: ## list the verbs
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

demo: ## train on MovieLens 100K and recommend films to someone new
	@Scripts/setup python
	@swift build -c release --product kindred
	@Scripts/demo

test: ## build and run the tests; compiles the snippets too
	@Scripts/setup
	swift build --build-tests
	swift test --skip-build --skip HeartbeatTests
	swift test --skip-build --filter HeartbeatTests

test-page: ## play the page in a browser; OPTIONS="--data 1m --clicks 100" measures a click
	@Scripts/setup page
	@[ -n "$(KINDRED)" ] || swift build -c release --product kindred
	@.venv/bin/python Tests/Page/page_test.py $(if $(KINDRED),--kindred "$(KINDRED)") $(OPTIONS)

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
