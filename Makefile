# The targets of the project. `make` alone lists them.
KINDRED_DATA ?= ../shared/data
# The command with the store in PostgreSQL. All targets name the same traits, so that nothing is compiled twice.
TRAITS := --traits default,Postgres
# The tests and the command that they try are a debug build.
BUILT := .build/debug
SHELL_SCRIPTS := Scripts/fuzz Scripts/sanitize Scripts/check-examples Scripts/check-implicit Scripts/check-style \
	Scripts/setup Scripts/demo Scripts/serve Scripts/serve-postgres Scripts/postgres-cluster Scripts/spark-cluster \
	.ci/run Tests/Fixtures/make-v1.sh Sources/KindredSpark/Protocol/generate
PYTHON_SCRIPTS := Scripts/fetch-movielens Scripts/accuracy.py Scripts/compare-models.py Scripts/check-exports.py \
	Scripts/running_server.py Scripts/check-gorse.py Scripts/soak-kills.py Scripts/soak-items.py \
	Scripts/soak-server.py \
	Scripts/soak-replicas.py Scripts/load.py Scripts/bench-replicas.py Scripts/bench-server.py Scripts/peer_service.py Scripts/bench-peers.py Scripts/bench-python.py Scripts/wheel \
	Tests/Page/server.py Tests/Page/page_test.py \
	Scripts/check-spark.py Python/kindred/*.py Python/tests/*.py
SWIFT_SOURCES := Sources Tests Snippets Examples Package.swift \
	Benchmarks/Sources Benchmarks/Package.swift Fuzz/Sources Fuzz/Package.swift

.PHONY: help demo serve serve-postgres replicas replicasbench test test-page ci-long exports gorse \
	kills soak servebench accuracy compare bench bench-peers bench-python examples fuzz sanitize spark lint format docs man wheel \
	test-wheel test-implicit test-interface

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

demo: ## train on MovieLens 100K and recommend films to a new user
	@Scripts/setup python
	@swift build $(TRAITS) -c release --product kindred
	@Scripts/demo

serve: ## make a store with MovieLens, train, and serve it at http://127.0.0.1:8080
	@Scripts/setup python
	@swift build $(TRAITS) -c release --product kindred
	@Scripts/serve

serve-postgres: ## serve MovieLens from three servers over a private PostgreSQL, behind nginx
	@Scripts/setup postgres
	@swift build $(TRAITS) -c release --product kindred
	@Scripts/serve-postgres

replicas: ## kill servers and the database under load, and check what three servers answered; OPTIONS="--kills 20"
	@Scripts/setup postgres
	@swift build $(TRAITS) -c release --product kindred
	@Scripts/soak-replicas.py .build/release/kindred $(OPTIONS)

replicasbench: ## measure servers over PostgreSQL with MovieLens 1M, beside one over SQLite and behind nginx
	@Scripts/setup postgres && Scripts/setup bench
	@swift build $(TRAITS) -c release --product kindred
	@Scripts/bench-replicas.py .build/release/kindred $$(Scripts/fetch-movielens 1m)

test: ## build and run the tests; compiles the snippets too
	@Scripts/setup tests
	swift build $(TRAITS) --build-tests
	swift test $(TRAITS) --skip-build --skip HeartbeatTests
	swift test $(TRAITS) --skip-build --filter HeartbeatTests

ci-long: exports test-implicit test-interface spark sanitize ## the checks that take up to an hour
	$(MAKE) fuzz MINUTES=1

test-page: .venv/page ## test the page in a browser; OPTIONS="--data 1m --clicks 100" measures a click
	@Scripts/setup page
	@[ -n "$(KINDRED)" ] || swift build $(TRAITS) --product kindred
	@.venv/bin/python Tests/Page/page_test.py --kindred "$(or $(KINDRED),$(BUILT)/kindred)" $(OPTIONS)

exports: .venv/exports ## check that implicit loads an exported model and ranks alike
	@swift build $(TRAITS) -c release --product kindred
	@.venv/bin/python Scripts/check-exports.py .build/release/kindred

wheel: ## build the Python package into dist/
	@Scripts/setup wheel
	@Scripts/wheel

# A fresh environment with NumPy alone shows what an installation needs; the tests' own packages follow.
test-wheel: wheel ## install the Python package into a fresh environment and test it
	@rm -rf .venv-wheel && python3 -m venv .venv-wheel
	@.venv-wheel/bin/pip install -q --disable-pip-version-check dist/kindred-*.whl
	@.venv-wheel/bin/python -c "import kindred; kindred.EASE().fit(([1, 1, 2], [1, 2, 1])).recommend(2)"
	@.venv-wheel/bin/pip install -q --disable-pip-version-check scipy pandas polars pyarrow pytest nbclient ipykernel
	@[ -n "$(KINDRED)" ] || swift build $(TRAITS) --product kindred
	cd Python/tests && KINDRED="$(or $(KINDRED),$(CURDIR)/$(BUILT)/kindred)" \
		../../.venv-wheel/bin/python -m pytest -q -p no:cacheprovider .

test-implicit: test-wheel ## run implicit's own tests of recommenders on the class that replaces its own
	@.venv-wheel/bin/pip install -q --disable-pip-version-check implicit==0.7.3
	@Scripts/check-implicit .venv-wheel/bin/python

test-interface: ## test the C interface from C under the address sanitizer
	@Scripts/setup
	KINDRED_WHEEL=1 swift build --product KindredC --sanitize address --scratch-path .build/interface
	clang -c -std=c11 -Wall -Wextra -g -fsanitize=address -ISources/KindredC Tests/KindredC/interface.c \
		-o .build/interface/interface.o
	swiftc -sanitize=address .build/interface/interface.o .build/interface/debug/libKindredC.a \
		-o .build/interface/interface
	SWIFT_BACKTRACE=enable=no ASAN_OPTIONS=detect_leaks=0 .build/interface/interface .build/interface

kills: ## kill the server 200 times under load, and check every rating it answered
	@Scripts/setup
	@swift build $(TRAITS) -c release --product kindred
	@Scripts/soak-kills.py .build/release/kindred 200

gorse: .venv/gorse ## run every method of gorse's Python clients against the server
	@swift build $(TRAITS) --product kindred
	@.venv/bin/python Scripts/check-gorse.py $(BUILT)/kindred

soak: .venv/soak kills ## kills; 10,000 new items in a minute; ten minutes of bad input; requests made from OpenAPI
	@swift build $(TRAITS) -c release --product kindred
	@Scripts/soak-items.py .build/release/kindred $$(Scripts/fetch-movielens 1m)
	@.venv/bin/python Scripts/soak-server.py .build/release/kindred 10

servebench: .venv/bench ## measure the server with MovieLens 1M, beside FastAPI with implicit
	@swift build $(TRAITS) -c release --product kindred
	@Scripts/setup bench
	@.venv/bin/python Scripts/bench-server.py .build/release/kindred $$(Scripts/fetch-movielens 1m) --peers

# The Python packages of the checks, installed once each.
.venv/gorse: PACKAGES = PyGorse==0.5.1
.venv/soak: PACKAGES = schemathesis==4.32.5
.venv/exports: PACKAGES = implicit==0.7.3
.venv/page: PACKAGES = playwright==1.65.2 axe-playwright-python==0.1.8
.venv/bench: PACKAGES = implicit==0.7.3 fastapi uvicorn uvloop httptools threadpoolctl
.venv/exports .venv/gorse .venv/soak .venv/page .venv/bench:
	@Scripts/setup python
	@test -d .venv || python3 -m venv .venv
	@.venv/bin/pip install -q --disable-pip-version-check $(PACKAGES)
	@touch $@

spark: ## train on a Spark cluster of this machine, and break it meanwhile; RATINGS=FILE and ONLY=als choose
	@Scripts/setup spark
	swift build --traits default,Spark --product kindred
	swift build --traits default,Spark --product kindredPackageTests
	swift test --traits default,Spark --skip-build --filter KindredSparkTests
	@Scripts/spark-cluster Scripts/check-spark.py .build/debug/kindred $(if $(ONLY),--only $(ONLY)) $(RATINGS)

accuracy: ## check the accuracy on public data; ONLY="TEXT" selects rows
	@Scripts/setup python
	@swift build $(TRAITS) -c release --product kindred
	@KINDRED_DATA="$(KINDRED_DATA)" Scripts/accuracy.py $(if $(ONLY),--only "$(ONLY)")

compare: ## hold the models against those that the command OLD=PATH trains; ONLY="TEXT" chooses
	@[ -n "$(OLD)" ] || { echo "OLD=PATH, the command of an older build, is missing"; exit 1; }
	@Scripts/setup python
	@swift build $(TRAITS) -c release --product kindred
	@Scripts/compare-models.py "$(OLD)" .build/release/kindred $(if $(ONLY),--only "$(ONLY)")

bench: ## measure the engines; CASES="sgd reading" selects, DATA=1m|18m|90m sizes
	@Scripts/setup
	@swift build -c release --package-path Benchmarks --product kindred-bench
	@Benchmarks/.build/release/kindred-bench --data $(or $(DATA),18m) $(CASES)

bench-peers: ## measure Kindred and its peers alternately; DATA=18m ROUNDS=5
	@Scripts/setup python
	@swift build -c release --package-path Benchmarks --product kindred-bench
	@swift build $(TRAITS) -c release --product kindred
	@Scripts/bench-peers.py --data $(or $(DATA),18m) --rounds $(or $(ROUNDS),5) --write BENCHMARKS.md

bench-python: test-wheel ## measure the Python package against implicit; RATINGS=FILE its lines hold a user, an item and a value
	@[ -n "$(RATINGS)" ] || { echo "RATINGS=FILE, numbers of users and items with values, is missing"; exit 1; }
	@.venv-wheel/bin/pip install -q --disable-pip-version-check implicit==0.7.3 threadpoolctl
	@.venv-wheel/bin/python Scripts/bench-python.py "$(RATINGS)"

examples: ## build and run what the documentation shows
	@Scripts/setup
	@swift build $(TRAITS) --build-tests
	@Scripts/check-examples

fuzz: ## feed the parsers random bytes for MINUTES=1 each, or RUNS=n inputs; TARGETS="items json" chooses
	@Scripts/setup
	@Scripts/fuzz $(or $(MINUTES),1) $(or $(RUNS),-1) $(TARGETS)

sanitize: ## run the tests under sanitizers; KIND=address or KIND=thread chooses one
	@Scripts/setup
	@Scripts/sanitize $(KIND)

lint: ## check formatting and syntax
	@Scripts/setup python
	swift format lint --strict --recursive $(SWIFT_SOURCES)
	Scripts/check-style
	for script in $(SHELL_SCRIPTS); do bash -n $$script || exit 1; done
	PYTHONPYCACHEPREFIX=.build/pycache python3 -m py_compile $(PYTHON_SCRIPTS)

format: ## format the Swift code
	swift format --in-place --recursive $(SWIFT_SOURCES)

man: ## write the manual pages and the completions for shells into .build/man
	@Scripts/setup
	@swift build $(TRAITS) -c release --product kindred
	@swift package $(TRAITS) plugin generate-manual --multi-page
	@mkdir -p .build/man
	@cp .build/plugins/GenerateManual/outputs/KindredCLI/* .build/man/
	@for shell in bash zsh fish; do \
		.build/release/kindred --generate-completion-script $$shell >.build/man/kindred.$$shell || exit 1; \
	done

docs: ## write the documentation into .build/docs
	@Scripts/setup
	KINDRED_DOCS=1 swift package --allow-writing-to-directory .build/docs \
		generate-documentation --target Kindred --output-path .build/docs
