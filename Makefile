# alphasweep: `make demo` and `make test` do everything on a fresh Debian 12 with Swift 6.3.

SHELL := /bin/bash
RECORDINGS := .alphasweep/recordings
BUILD := swift build -c release
BIN := .build/release
PYTHON := python3
APT := $(if $(filter 0,$(shell id -u)),,sudo )apt-get
# Idle threads sleep: OpenMP's and OpenBLAS's pools would otherwise spin against each other.
export OMP_WAIT_POLICY := passive
# What is built and run against; gnuplot draws, espeak-ng spells phonemes.
LIBRARIES := libtorch-dev libopenblas0-pthread libsndfile1-dev libsoxr-dev libespeak-ng-dev \
  espeak-ng libsqlite3-dev libssl-dev gnuplot-nox
# Some 13 MB: tests start a private Slurm of one node with it, and are skipped where it is missing.
CLUSTER := slurm-wlm munge
# Recordings of the quickstart and of its encoder's pre-training: the held-out proof looks at both.
SPEECH := fillets-ng-data-cs fillets-ng-data-nl fillets-ng-data gcin-voice hedgewars-data \
  tuxpaint-stamps-default klettres-data ktuberling-data

.PHONY: demo test install cluster recordings build bench lint clean pretrain soak parity fuzz help

help: ## Says what there is to make
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /make \1\t/' | expand -t 24

demo: install ## Installs, fetches recordings, builds, and runs the quickstart to its report
	@$(MAKE) --no-print-directory -j2 build recordings
	$(BIN)/alphasweep run experiments/quickstart.yaml
	@echo "The report: results/quickstart/report.html"

test: install cluster ## Installs what is needed and passes the tests
	swift build --build-tests
	@set -o pipefail; swift test --skip-build 2>&1 | tee .build/tests.log \
	  || { printf '\nWhat failed (the whole of it is in .build/tests.log):\n'; \
	    grep -A 2 'recorded an issue' .build/tests.log | grep -E 'recorded an issue|↳' | cut -c 1-400; \
	    grep -E '^✘ Test .* failed|error: ' .build/tests.log | cut -c 1-200; exit 1; }

install: ## Installs the Debian packages that alphasweep is built from
	@dpkg-query -W -f '$${db:Status-Status} $${Package}\n' $(LIBRARIES) 2>/dev/null \
	  | grep -c '^installed' | grep -qx $(words $(LIBRARIES)) \
	  || { $(APT) update && $(APT) install --yes --no-install-recommends $(LIBRARIES); }

cluster: ## Installs the Slurm that tests are run against (root only, as the tests)
	@[ "$$(id -u)" != 0 ] || dpkg-query -W -f '$${db:Status-Status} $${Package}\n' $(CLUSTER) 2>/dev/null \
	  | grep -c '^installed' | grep -qx $(words $(CLUSTER)) \
	  || $(APT) install --yes --no-install-recommends $(CLUSTER) \
	  || echo "Slurm could not be installed: its tests will be skipped"

recordings: $(SPEECH:%=$(RECORDINGS)/.%) ## Fetches the recordings

# Each package is unpacked aside of nothing else: a stamp says that it is whole.
$(RECORDINGS)/.%:
	@mkdir -p $(RECORDINGS)/.fetch-$*
	cd $(RECORDINGS)/.fetch-$* && apt-get download $* && dpkg-deb -x $*_*.deb ..
	@rm -rf $(RECORDINGS)/.fetch-$* && touch $@

build: ## Builds the programs for speed
	$(BUILD)

pretrain: install recordings build ## Pre-trains the quickstart's encoder anew (an hour or two)
	$(BIN)/alphasweep run experiments/pretrain-tiny.yaml

bench: install build ## Prints times beside those of transformers, numpy, ninja and others (PYTHON= has them)
	@$(BIN)/alphasweep-bench --python $(PYTHON)

parity: install build ## Compares encoders at published sizes with transformers and s3prl (PYTHON= has them)
	$(PYTHON) Tests/Parity/encoders.py $(BIN)/alphasweep-bench

soak: install cluster build recordings ## Kills sweeps and trainings again and again, and compares all bits with undisturbed ones
	Tests/Soak/same_bits.sh $(BIN) experiments/quickstart.yaml $(RECORDINGS)
	Tests/Soak/killed_training.sh $(BIN) experiments $(RECORDINGS)
	Tests/Soak/ends.sh $(BIN)
	Tests/Soak/kill_loop.sh $(BIN) speech
	Tests/Soak/kill_loop.sh $(BIN) batches
	Tests/Soak/fault_loop.sh $(BIN) speech
	Tests/Soak/fault_loop.sh $(BIN) batches
	@if [ "$$(id -u)" = 0 ] && command -v slurmd munged > /dev/null; then \
	  Tests/Soak/cluster.sh $(BIN) experiments $(RECORDINGS); \
	else echo "on Slurm: skipped, which needs root, slurm-wlm and munge"; fi

# Inputs for each of the two readers.
RUNS := 5000000
fuzz: ## Feeds the readers of foreign files with libFuzzer's inputs (RUNS= of them each)
	Tests/Fuzz/run.sh $(RUNS)

lint: ## Checks the format of all sources
	swift format lint --strict --recursive Sources Tests Package.swift

clean: ## Removes what was built; artifacts and recordings stay
	rm -rf .build
