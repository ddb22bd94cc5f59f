# Thin names over the project's own commands; `make` alone lists them.

MAKEFLAGS += --no-print-directory
unexport PYTHONPATH PYTHONHOME PYTHONDONTWRITEBYTECODE
bin := .venv/bin
bench := build/bench-venv/bin
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help venv engines demo test quick test-all pythons snapshots new-diagnostic new-transform lint lock dist release conformance page pictures vsix site docs bench bench-peers bench-instructions bench-check bench-asking bench-lsp bench-hostile bench-guard bench-ready bench-commands bench-delivery bench-delivery-short bench-accounts bench-backlog bench-overlap bench-postgres bench-serving bench-kafka bench-page bench-spark bench-figures crosscheck image fuzz fuzz-guided mutate reliability quarter swaps clean

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' Makefile

venv: .venv/.made ## make .venv, with everything for development
	@:

.venv/.made: requirements.lock pyproject.toml
	@sh .ci/venv

engines: venv ## add Spark, Ray, DuckDB and Polars to .venv, for the tests that use them; some 700 MB
	@sh .ci/venv .venv .ci/engines.lock

demo: venv ## map a shop's events and deliver them to a local server that answers as the service does
	@$(bin)/python playground/demo.py

site: venv ## build the site into build/site/: the documentation, and the playground in it; needs Node 20
	@$(bin)/python .ci/site.py

test: lint ## check the code, then run the tests. TEST_DEPTH=full, TEST_SEED=7: deeper
	@$(bin)/python -m pytest -q -n auto --dist worksteal

quick: lint ## check the code, then run a share of each room's quick tests
	@TEST_DEPTH=quick $(bin)/python -m pytest -q -x -n auto --dist worksteal --snapshot-warn-unused \
		$$(grep -ls '^pytestmark = .*mark.quick' tests/*/test_*.py)

test-all: ## all tests, with new seeds: before something lands
	@TEST_DEPTH=full TEST_SEED=$${TEST_SEED:-$$(date +%s)} $(MAKE) test

pythons: ## the wheel with the tests of `make quick` on each Python here, and with the lowest and newest dependencies; an hour
	@sh .ci/pythons $(ONLY)

snapshots: venv ## write the snapshots of the tests anew, then show what changed
	@$(bin)/python -m pytest -q --snapshot-update $(if $(TESTS),$(TESTS),tests/compiler/test_diagnostics.py tests/compiler/test_code.py tests/compiler/test_trace.py)
	@git diff --stat -- tests

new-diagnostic: venv ## begin a diagnostic: make new-diagnostic CODE=M418 TITLE='rule that overlaps another'
	@$(bin)/python .ci/new.py diagnostic "$(CODE)" "$(TITLE)"

new-transform: venv ## begin a transform: make new-transform NAME=slug MODULE=text
	@$(bin)/python .ci/new.py transform "$(NAME)" "$(MODULE)"

lint: venv ## ruff and mypy
	@$(bin)/ruff check
	@$(bin)/ruff format --check
	@$(bin)/mypy

lock: ## write requirements.lock anew from pyproject.toml; pinned versions stay
	@sh .ci/lock

dist: ## the wheel, the sdist and the SBOM of the last commit into build/dist/, each made twice, and tried
	@python3 .ci/dist.py

release: venv ## set the version, date the changelog, commit, make dist, tag: make release VERSION=0.2.0; publishes nothing
	@$(bin)/python .ci/release.py "$(VERSION)"

conformance: venv ## ask this project the cases of conformance/, and print how many it answers right
	@$(bin)/python conformance/run.py -- $(bin)/python conformance/adapter.py

page: ## build the playground page, mapper/playground/static, from playground/page; needs npm
	@npm ci --prefix playground/page --ignore-scripts --no-audit --no-fund --loglevel error
	@npm run build --prefix playground/page --silent

docs: venv ## write the generated pages of docs/ and schemas/ anew
	@$(bin)/python -m tests.support.made_pages

pictures: page ## draw the picture of the page in docs/ anew; needs Chromium
	@$(bin)/python -m tests.playground.pictures

vsix: ## build the extension for VS Code into build/; needs npm
	@cd editors/vscode && npm ci --ignore-scripts --loglevel error && npm run --silent build
	@python3 editors/vscode/pack.py build

bench: build/bench-venv/.made ## measure how fast events are mapped, beside code written by hand
	@$(bench)/python benchmarks/speed.py
	@$(bench)/python benchmarks/picture.py
	@$(bench)/python benchmarks/report.py

bench-peers: build/bench-venv/.made ## install other tools that `make bench` shows beside; needs npm
	@sh .ci/venv build/bench-venv benchmarks/peers/requirements.txt
	@mkdir -p build/bench-peers && cp benchmarks/peers/package.json benchmarks/peers/package-lock.json build/bench-peers
	@npm ci --prefix build/bench-peers --ignore-scripts --no-audit --no-fund --loglevel error

bench-instructions: venv ## count the instructions of an event and of a check; fails where they are too many
	@$(bin)/python benchmarks/instructions.py --most json=2.1 orjson=1.13 released=1.25 decoded=1.0 bytes=0.75 guard=0.56 guarded=1.09 suppressed=1.15 constructs=1.1 cart-251=1.1 cart-1000=4.45 cart-10000=44
	@$(bin)/python benchmarks/check_instructions.py --most 1.07 --again 0.15

build/bench-venv/.made: requirements.lock pyproject.toml
	@sh .ci/venv build/bench-venv

bench-check: venv ## measure how long a hundred mappings take to check
	@$(bin)/python benchmarks/checking.py

bench-asking: venv ## measure how long an author waits for answers about a mapping that is being edited
	@$(bin)/python benchmarks/asking.py

bench-lsp: venv ## measure how long an editor waits for the language server
	@$(bin)/python benchmarks/language_server.py

bench-hostile: venv ## measure how long hostile mappings take to check
	@$(bin)/python benchmarks/hostile.py

bench-guard: venv ## measure what the guard costs, beside what it costs to make a payload
	@$(bin)/python benchmarks/guard.py

bench-ready: venv ## measure every form of each ready mapping, and the guard, on events that are sent; one beside code by hand
	@$(bin)/python benchmarks/ready_mappings.py
	@$(bin)/python benchmarks/ready_peers.py

bench-commands: venv ## measure how long people wait for commands
	@$(bin)/python benchmarks/commands.py

bench-delivery: venv ## measure how fast events are delivered, from a file to receipts; takes half an hour
	@$(bin)/python benchmarks/delivering.py

bench-delivery-short: venv ## the same for `mapper send` alone: median rates by the clock and by the processor; under 3 minutes
	@$(bin)/python benchmarks/delivering.py --short

bench-accounts: venv ## measure one process that delivers for a thousand accounts
	@$(bin)/python benchmarks/delivering.py --only accounts

bench-backlog: venv ## measure an outbox in which two million events wait; needs 4 GB in a temporary folder, takes some minutes
	@$(bin)/python benchmarks/backlog.py

bench-overlap: venv ## measure `mapper overlap` of two million events; needs 2 GB in a temporary folder, takes some minutes
	@$(bin)/python benchmarks/overlap.py

bench-postgres: venv ## measure the processor time of an outbox in PostgreSQL, of the server and of the client; needs PostgreSQL
	@$(bin)/python benchmarks/postgres.py

bench-spark: engines ## measure the processor time of an event in Spark, beside `mapper run`; needs Java, takes ten minutes
	@$(bin)/python benchmarks/spark.py

bench-serving: venv ## measure how many events `mapper serve` accepts, and how soon it answers; takes two minutes
	@$(bin)/python benchmarks/serving.py

bench-kafka: venv ## measure how many events `mapper consume` accepts from Kafka; takes a minute
	@$(bin)/python benchmarks/consuming.py

bench-page: site ## measure how soon the static site starts, and from a keystroke to the payload; needs Chromium
	@$(bin)/python benchmarks/page.py

bench-figures: venv ## the figures that are asked for beside those that were seen last, into docs/speed.md
	@$(bin)/python benchmarks/figures.py

fuzz: venv ## expressions, events and changed mappings beside oracles, new ones each day; takes a while
	@$(bin)/python -m tests.generators.fuzz_expressions $$(date +%Y%m%d) 2000000
	@$(bin)/python -m tests.compiler.test_interpreter $$(date +%Y%m%d)00000 200
	@$(bin)/python -m tests.compiler.test_mutated_mappings $$(date +%Y%m%d)00000 20000

fuzz-guided: ## coverage-guided fuzzing of mappings, expressions, events and transforms, a minute each
	@sh .ci/fuzz

crosscheck: venv ## our payloads before the official OpenAPI file, the official client and Prism
	@sh .ci/crosscheck

image: ## check the Dockerfile and the compose file with other tools, and build the image by Docker or buildah
	@sh .ci/image $(BASE)

reliability: venv ## the long form of the tests of delivery; takes an hour
	@TEST_DEPTH=full KILL_RUNS=700 KILL_RANDOM_RUNS=100 POWER_CUT_IMAGES=100000 BIT_FLIPS=8000 SIMULATION_SEEDS=100000 \
		COURIERS=8 COURIER_FAULTS=200 SEAM_KILLS=200 \
		$(bin)/python -m pytest -q tests/delivery/test_kill.py tests/delivery/test_outbox_disk.py \
		tests/delivery/test_simulation.py tests/delivery/test_several_couriers.py tests/scale

quarter: venv ## `mapper serve` lives for 90 days on a clock of its own; prints what became of its events; ten minutes
	@mkdir -p build && $(bin)/python -m tests.quarter 90 build/quarter.log build/quarter.truth

swaps: venv ## `mapper serve` is replaced ten times under load, and killed ten times; prints what was refused and lost
	@TEST_DEPTH=full SERVE_KILLS=10 $(bin)/python -m pytest -q -s \
		tests/serving/test_renewal.py::test_processes_replace_each_other_under_load_and_no_connection_is_refused \
		tests/serving/test_serve_kills.py::test_what_was_acknowledged_before_a_kill_is_delivered_and_nothing_is_kept_twice

mutate: venv ## mutation score of the compiler's tests, by a sample; takes an hour or more
	@sh .ci/mutate

clean: ## take away .venv and everything that was built or cached
	@rm -rf .venv build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -prune -exec rm -rf {} +
