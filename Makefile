# Two commands for everyone: `make run` and `make test`. All of them live in infra/bin.
.PHONY: run test test-long format lock manage

run:
	@python3 infra/bin run $(if $(PORT),--port $(PORT))

# TESTS names what pytest runs instead of everything: make test TESTS=tests/stac
test:
	@python3 infra/bin test $(TESTS)

test-long:
	@python3 infra/bin test-long $(TESTS)

format:
	@python3 infra/bin format

lock:
	@python3 infra/bin lock

# Django's commands on what `make run` runs: make manage DO="shell"
manage:
	@python3 infra/bin manage $(DO)
