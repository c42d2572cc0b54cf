# The two commands that matter are `make demo` and `make test`; everything they need they set up themselves.
# Written for GNU make 3.81, which is what a Mac has.

PYTHON := $(shell for name in python3.13 python3.12 python3.11 python3; do \
	command -v $$name >/dev/null 2>&1 && $$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$name && break; done)

ifeq ($(PYTHON),)
$(error Python 3.11 or newer is needed (Debian: apt-get install -y python3 python3-venv))
endif

.PHONY: demo test serve check bench setup test-long

demo: ## set up, run the main job on real input, print its summary
	@$(PYTHON) bootstrap.py demo

test: ## lint, contracts, the suite on SQLite, on PostgreSQL with brokers, in the browser
	@$(PYTHON) bootstrap.py test

serve: ## the site, a worker and the scheduler; one Ctrl-C stops all
	@$(PYTHON) bootstrap.py serve

check: ## lint, types, contracts: seconds
	@$(PYTHON) bootstrap.py check

bench: ## every benchmark, each as a ratio measured in one run
	@$(PYTHON) bootstrap.py bench

setup: ## only the set-up
	@$(PYTHON) bootstrap.py setup

test-long: ## soak, kills and fuzz
	@$(PYTHON) bootstrap.py test-long
