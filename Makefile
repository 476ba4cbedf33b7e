# Two commands for everyone: `make run` and `make test`. All of them live in infra/bin.
.PHONY: run test test-long bench format lock manage

run:
	@python3 infra/bin run $(if $(PORT),--port $(PORT))

# TESTS names what pytest runs instead of everything: make test TESTS=tests/stac
test:
	@python3 infra/bin test $(TESTS)

test-long:
	@python3 infra/bin test-long $(TESTS)

# BENCH gives options: make bench BENCH="--size 300000 --rounds 3"; BENCH=--help tells all
bench:
	@python3 infra/bin bench -- $(BENCH)

format:
	@python3 infra/bin format

lock:
	@python3 infra/bin lock

# Django's commands on what `make run` runs: make manage DO="shell"
manage:
	@python3 infra/bin manage $(DO)
