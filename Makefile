.DEFAULT_GOAL := help
.PHONY: help run dev test model chaos bench check

help: ## Show what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

run: dist/server.js ## Install, build and start on http://localhost:8080, with a database in ./data
	@NODE_ENV=$${NODE_ENV:-development} exec node --enable-source-maps dist/server.js

dev: node_modules/.package-lock.json ## As run, and reload when a source changes
	@NODE_ENV=$${NODE_ENV:-development} npm run --silent dev

test: node_modules/.package-lock.json ## Install and run all tests
	@npm run --silent test

model: node_modules/.package-lock.json ## Run the replication protocol through a million simulated schedules, in 5 minutes; COUNT, SEED
	@npm run --silent model -- $(or $(COUNT),1000000) $(SEED)

chaos: node_modules/.package-lock.json ## Break replicas and database while keys change, for 10 minutes; CHANGES, REPLICAS, SECONDS, SEED
	@node --import=tsx test/chaos/run.ts --changes=$(or $(CHANGES),10000) --replicas=$(or $(REPLICAS),4) \
		--seconds=$(or $(SECONDS),600) --seed=$(or $(SEED),1) $(ARGS)

bench: node_modules/.package-lock.json ## Measure what authentication costs, in a quarter of an hour; SCENARIO, QUICK
	@node --import=tsx bench/run.ts --scenario=$(SCENARIO) $(if $(QUICK),--quick)

check: node_modules/.package-lock.json ## All that CI checks: format, lint, types, dead code, API description, tests
	@npm run --silent check

# npm writes this file at the end of every installation.
node_modules/.package-lock.json: package-lock.json
	@node -e "process.features.require_module || (console.error('Node 20.19, 22.12 or later is needed, this is', process.version), process.exit(1))"
	npm ci --include=dev --no-progress --loglevel=error
	@touch $@

dist/server.js: node_modules/.package-lock.json package.json tsconfig.json tsconfig.build.json \
		$(shell find app.ts server.ts migrate.ts canary.ts canary embedded-postgres exports lib plugins routes schemas migrations -type f)
	npm run --silent build
