# The commands of the house. Everything real is in scripts/, so that it can be read and run without make.

# Outside the checkout, so that several checkouts share what they have built.
export CARGO_TARGET_DIR ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/callhouse/target

SCALE ?= 1
times = $$(awk 'BEGIN { printf "%d", $(SCALE) * $(1) }')

.PHONY: help demo test check bench bench-growth bench-compare setup

help: ## What can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' Makefile

demo: ## A running callhouse with live made-up calls, and things to try
	@scripts/setup --build
	@[ -e "$(CARGO_TARGET_DIR)/release/callhouse" ] || echo "building; the first time takes about 25 minutes on two cores"
	@cargo build --release --locked --bin callhouse
	@"$(CARGO_TARGET_DIR)/release/callhouse" demo

test: ## Everything: installs what is missing, checks, all tests (real Kafka, kills, foreign clients)
	@scripts/setup
	@scripts/test

check: ## The fast half: format, lints, unit tests
	@scripts/test --fast

bench: ## Measures callhouse beside DuckDB and ClickHouse; SCALE= multiplies the calls
	@bench/run --keep --calls $(call times,1000000) --query-calls $(call times,10000000)

bench-growth: ## Measures how costs grow from 1 to 100 million calls
	@bench/run --growth --keep

bench-compare: ## The last measurement beside the one before it of the same sizes
	@bench/run --compare

setup: ## Only installs what the tests need
	@scripts/setup
