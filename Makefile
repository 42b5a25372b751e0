SHELL := python3
.SHELLFLAGS := -IS tests/family.py  # a bash that leaves no process behind, however it ends
demo help: SHELL := /bin/bash  # a demo ends itself in good order, for which it may take its time
demo help: .SHELLFLAGS := -c
.DEFAULT_GOAL := help
.PHONY: alerts signal-kills honesty market programs week demo test quick test-hours test-matrix restarts check bench bench-quick soak chaos silences attack screenshots script format lock packages packages-dev needs help

unexport PYTHONDONTWRITEBYTECODE  # desks and tests start processes by the hundred, and each would compile all its modules
BIN := .venv/bin

demo: packages  ## A whole desk with a simulated broker on http://127.0.0.1:8000/ (PORT= chooses another port)
	@ENVIRONMENT=demo exec $(BIN)/python manage.py demo

SUITE = $(BIN)/python -m pytest --basetemp=$$TMPDIR/1 -n 5 --dist loadfile --no-loadscope-reorder
ALONE = $(BIN)/python -m pytest --basetemp=$$TMPDIR/2 --last-failed --last-failed-no-failures none

test: packages-dev needs check  ## Every check and every test; installs what they need
	$(SUITE) || { [ $$? -eq 1 ] && echo "== Once more, with nothing beside it, what failed while five ran at once:" && $(ALONE); }

quick: packages-dev  ## What needs no browser, no PostgreSQL, no second process and no patience, in a minute and a half
	$(BIN)/python -m pytest --basetemp=$$TMPDIR/1 -q -n 5 --dist loadfile --select quick

test-hours: packages-dev needs  ## What needs no browser, at six hours of New York (18 minutes; HOURS="monday doubled" chooses, HOURS=--whole)
	$(BIN)/python -m tests.hours $(HOURS)

PAIRS = postgresql+redis-tcp postgresql+valkey-unix sqlite+redis-unix sqlite+valkey-tcp

test-matrix: packages-dev needs  ## Every test on each pair of database and layer (half an hour; PAIRS= chooses)
	@.ci/redis
	@$(BIN)/python -m tests.support.backends $(PAIRS)
	@failed=; for pair in $(PAIRS); do \
		echo "== $$pair"; \
		TEST_DATABASE=$${pair%+*} TEST_LAYER=$${pair#*+} $(SUITE) || failed+=" $$pair"; \
	done; [ -z "$$failed" ] || { echo "Failed on:$$failed" >&2; exit 1; }

restarts: packages-dev  ## A demo that is traded in, killed and started again, five times, a day apart (DAYS= and ACTS= choose)
	DEMO_RUNS=$(or $(DAYS),5) DEMO_ACTS=$(or $(ACTS),150) $(BIN)/python -m pytest -q -s tests/scenarios/demos

check: packages-dev  ## Format, lint, types, templates, migrations, architecture and docs
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	git ls-files -z 'templates/*.html' | xargs -0 --no-run-if-empty $(BIN)/djade --check --target-version 5.2
	$(BIN)/mypy .
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python manage.py check --fail-level WARNING
	$(BIN)/python -m pytest -q tests/config/test_architecture.py tests/config/test_docs.py tests/config/test_security_docs.py

bench: packages-dev  ## What streaming costs, beside the obvious designs, then station by station (minutes); JSON in bench/results/
	$(BIN)/python -m bench.transport
	$(BIN)/python -m bench.venue_load
	$(BIN)/python -m bench.adapter_cost
	$(BIN)/python -m bench.board_cost
	$(BIN)/python -m bench.chain_cost
	$(BIN)/python -m bench.fact_latency
	$(BIN)/python -m bench.ledger_growth
	$(BIN)/python -m bench.desk_page
	$(BIN)/python -m bench.news_cost
	$(BIN)/python -m bench.news_latency
	$(BIN)/python -m bench.mcp_latency
	$(BIN)/python -m bench.alert_cost
	$(BIN)/python -m bench.market_cost
	$(BIN)/python -m bench.feature_cost
	$(BIN)/python -m bench.signal_cost

bench-quick: packages-dev  ## The main figures of that, in under a minute
	$(BIN)/python -m bench.transport --quick

soak: packages-dev needs  ## Half an hour of streaming, an hour of comings and goings, days in virtual time, storms at full size
	$(BIN)/python -m bench.flat --minutes 30
	$(BIN)/python -m tests.scenarios.leaks --minutes 60
	SOAK=1 $(BIN)/python -m pytest -q tests/scenarios/leaks tests/brokers/tastytrade/test_a_day.py $(addprefix tests/scenarios/streaming/test_,one_simulated_day.py reconnect_storm.py random_messages.py) tests/market/test_by_tradier.py

silences: packages-dev needs  ## Freezes a web process, a streams process, the network and a venue under open pages, 12 times each (15 minutes; CALM=3600: and none for an hour)
	SILENCES=$(or $(SILENCES),12) CALM=$(or $(CALM),60) $(BIN)/python -m pytest -q -s tests/browser/test_silence.py

attack: packages-dev needs  ## Sign-ins, pages and downloads by the hundred, and what people notice of them (NAMES=sign-ins)
	ulimit -n 16384; $(BIN)/python -m tests.scenarios.attacks $(NAMES)

chaos: packages-dev needs  ## Every fault at full length: SEEDS=20 ONLY=web,host-killed CHAOS="--database postgresql"; adds to docs/chaos.md
	@.ci/redis
	$(BIN)/python -m tests.scenarios.chaos --seeds $(or $(SEEDS),1) $(if $(ONLY),--only $(ONLY)) $(CHAOS)
	$(if $(ONLY),,$(BIN)/python -m tests.scenarios.chaos.books --acts $(or $(ACTS),100000))

alerts: packages-dev  ## The law of alerts: random rules over random markets, gaps, kills and outages, beside a judge (SEEDS=20, 20 s each)
	$(BIN)/python -m tests.alerts.law $(or $(SEEDS),20)

signal-kills: packages-dev  ## Kills owners of signals, hands them over, sets the clock: each signal has one outcome (N=50, SEED=1)
	$(BIN)/python -m tests.scenarios.signals.kills $(or $(N),50)

honesty: packages-dev  ## Whether luck or a cheat ever passes for a signal, and whether knowledge is found (QUICK=1, SEED=2, SEEDS=50, ONLY=C1,C4, PROCESSES=1)
	@QUICK=$(QUICK) SEED=$(SEED) SEEDS=$(SEEDS) ONLY=$(ONLY) PROCESSES=$(PROCESSES) $(BIN)/python -m tests.signals.honesty

market: packages-dev  ## The simulated market beside what is published of real ones, and whether past and live join (SEEDS=100)
	$(BIN)/python -m tests.scenarios.market --seeds $(or $(SEEDS),100)

programs: needs  ## The conformance suite of MCP against the desk's server, seven clients at whole desks that restart, and the lines of docs/mcp.md (10 minutes; ONLY=real: the suite's scenarios without fixtures)
	npm ci --prefix tests/external_clients/mcp --prefer-offline --loglevel=error
	VENV=.venv-mcp .ci/packages requirements-mcp.txt
	$(BIN)/python -m pytest -q tests/external_clients/mcp/suite.py tests/external_clients/mcp/whole_desks.py tests/external_clients/mcp/set_up_lines.py $(if $(ONLY),-k $(ONLY))

week: packages-dev  ## A week of alerts while no page is open, in virtual time
	SOAK=1 $(BIN)/python -m pytest -q tests/scenarios/alerts/test_one_simulated_week.py

screenshots: packages-dev needs  ## Pictures of the desk in every state, theme and width, into docs/screenshots
	$(BIN)/python -m tests.screenshots

script: packages-dev needs  ## Make of static/js and static/css what pages load; after every change to them
	packing/pack

format: packages-dev  ## Write code and templates the one way
	$(BIN)/ruff check --fix --select I .
	$(BIN)/ruff format .
	git ls-files -z 'templates/*.html' | xargs -0 --no-run-if-empty $(BIN)/djade --target-version 5.2

COMPILE = $(BIN)/uv pip compile --no-config --universal --generate-hashes \
	--python-version 3.11 --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" --quiet

lock: packages-dev  ## Compile the requirements anew, with hashes
	$(COMPILE) requirements.in -o requirements.txt
	$(COMPILE) requirements-dev.in -o requirements-dev.txt
	$(COMPILE) requirements-outside.in -o requirements-outside.txt
	$(COMPILE) requirements-tradier.in -o requirements-tradier.txt
	$(COMPILE) requirements-alpaca.in -o requirements-alpaca.txt
	$(COMPILE) requirements-apprise.in -o requirements-apprise.txt
	$(COMPILE) requirements-parquet.in -o requirements-parquet.txt
	$(COMPILE) requirements-mcp.in -o requirements-mcp.txt
	npm install --prefix tests/external_clients --package-lock-only --loglevel=error
	npm install --prefix tests/external_clients/mcp --package-lock-only --loglevel=error
	npm install --prefix packing --package-lock-only --loglevel=error

packages: ; @.ci/packages requirements.txt

packages-dev: ; @.ci/packages requirements.txt requirements-dev.txt

needs: packages-dev ; @.ci/needs

help:  ## This menu
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 13
