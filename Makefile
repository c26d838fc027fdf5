# make audit   audit this machine            make audit ARGS="-i inventory/example --limit office"
# make test    set up and run all tests      make test ARGS="-k fetchmail"
# make lint    the quality tests alone
# make bench   all that is measured, in less than a quarter of an hour; the parts by themselves, in other sizes:
# make bench-audit    what an audit costs beside a ping, in the lab          make bench-audit ARGS="50 5": 50 hosts, 5 rounds
# make bench-report   what a report costs, for 100 to 100,000 hosts      make bench-report ARGS="100 10000"
# make bench-jobs     what a fleet costs a job of AWX, in memory and events  make bench-jobs ARGS="5000 20": 5,000 hosts, 20 forks
# make bench-fleet    what a fleet costs the controller, by hosts and forks  make bench-fleet ARGS="10000:50": 10,000 hosts, 50 forks
# make bench-store    what the store and the merge cost, for 100 to 100,000 hosts     make bench-store ARGS="100 10000"
# make bench-profile  where the cost of one audit lies, at the controller and on its host, in the lab
# make bench-assess   what it costs to assess saved evidence anew
# make fuzz    a million inputs for each parser, for hours      make fuzz ARGS="1000 crontab"
# make traces  note anew by what each reader of a mail client is called in
# make format  lay out the Python files, and mend what can be mended by itself
# make venv    only the Python environments
# make requirements   pin anew what requirements/*.in name (needs uv)
#
# PYTHON=/path/to/python3.12 picks another Python for the environments.

SHELL := /bin/bash
.DEFAULT_GOAL := help
BENCHES := audit profile fleet jobs assess report store
.PHONY: help audit test lint bench $(BENCHES:%=bench-%) fuzz traces format venv packages requirements clean
.NOTPARALLEL:

ARGS ?=
BIN := .venv/bin
BENCH := PYTHONPATH=playbooks/collections:tests:tests/integration $(BIN)/python tests/bench/bench_
CONTROLLER := .venv/.controller
TOOLS := .venv/.tools
OLDEST := .venv-2.16/.controller

# Files of tests by two processes, in the order that they stand in: those that take longest first, so that both end together.
TWO_AT_ONCE := -n 2 --dist loadfile --no-loadscope-reorder

# Named, because Ansible ignores the ansible.cfg of a directory that others may write to, and with it our callback.
export ANSIBLE_CONFIG := $(CURDIR)/ansible.cfg
export PYTHON

help:
	@sed -n 's/^# \{0,1\}//p;/^$$/q' Makefile

audit: $(CONTROLLER)
	@$(BIN)/ansible-playbook playbooks/audit.yml $(ARGS)

test: packages venv
	@$(BIN)/python -m tests.run $(TWO_AT_ONCE) tests/integration tests/quality tests/unit $(ARGS)

lint: venv
	@$(BIN)/python -m pytest tests/quality $(ARGS)

# All of them in sizes that take less than a quarter of an hour together; each by itself takes ARGS.
bench: packages venv
	@$(BENCH)audit.py 20 2
	@$(BENCH)profile.py
	@$(BENCH)fleet.py 100:50 1000:20 1000:50
	@$(BENCH)jobs.py 500 20
	@$(BENCH)assess.py
	@$(BENCH)report.py 100 10000
	@$(BENCH)store.py 100 10000

$(BENCHES:%=bench-%): bench-%: packages venv
	@$(BENCH)$*.py $(ARGS)

fuzz: $(TOOLS)
	@$(BIN)/python -m pip --quiet install --require-hashes -r requirements/fuzz.txt
	@PYTHONPATH=playbooks/collections:tests $(BIN)/python tests/fuzz/with_atheris.py $(ARGS)

traces: $(TOOLS)
	@PYTHONPATH=playbooks/collections $(BIN)/python tests/trace_recorder.py plugins/module_utils/clients/traces.py
	@$(BIN)/ruff format --quiet plugins/module_utils/clients/traces.py

format: $(TOOLS)
	@$(BIN)/ruff check --fix --exit-zero --quiet
	@$(BIN)/ruff format

venv: $(TOOLS) $(OLDEST)

packages:
	@tests/setup/install.sh

$(CONTROLLER): requirements/controller.txt requirements/make-venv.sh
	@requirements/make-venv.sh .venv requirements/controller.txt
	@touch $@

$(TOOLS): requirements/test.txt $(CONTROLLER)
	@requirements/make-venv.sh .venv requirements/test.txt
	@touch $@

$(OLDEST): requirements/core-2.16.txt requirements/make-venv.sh
	@requirements/make-venv.sh .venv-2.16 requirements/core-2.16.txt
	@touch $@

# In this order: each is held to what the ones before it pin.
requirements:
	@for name in controller core-2.16 test fuzz; do \
	    uv --no-config pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-header \
	        --upgrade requirements/$$name.in --output-file requirements/$$name.txt || exit; \
	done

clean:
	rm -rf .venv .venv-2.16 .cache .hypothesis .ansible
