# Everything a person or a machine does with this repository. "make help" lists it.
# Debian 12 or 13; "make setup" installs what is missing.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

GO       ?= go
BUILD    := build
SHARED   ?= ../shared
VERSION  := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
BUILT    := $(shell git log -1 --format=%cI 2>/dev/null || true)
LDFLAGS  := -X main.version=$(VERSION) -X main.built=$(BUILT)
PROGRAMS := kioskd kiosk-browser kioskctl onestopd

# Two packages at a time: compiling OpenCV bindings for the race detector takes about 1 GB each.
TESTFLAGS ?= -p 2 -timeout 20m

PACKAGES := gcc g++ pkg-config git libopencv-dev libpcsclite-dev pcscd libccid vsmartcard-vpcd libasound2-dev \
            chromium fonts-noto-core espeak-ng vorbis-tools libopenjp2-tools libeac-dev libzxing-dev fonts-ocr-b \
            pulseaudio pulseaudio-utils libasound2-plugins postgresql mtools dosfstools systemd-container
SUDO     := $(shell [ "$$(id -u)" = 0 ] || echo sudo)

# ST1005 and SA1019 are left to golangci-lint, which knows the exceptions written beside the code.
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
GOLANGCI    := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0

.PHONY: help setup build demo test unit e2e shots bench bsi bench-chip soak-chip det bench-vision bench-office bench-search soak-vision eval-vision powercut model conformance fuzz lint tools models clips clean

help: ## this list
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## /\1\t/' | while IFS=$$'\t' read -r name text; do \
		printf '  make %-13s %s\n' "$$name" "$$text"; done

setup: ## installs the Debian packages that are missing (with sudo when not root)
	@missing=(); \
	for p in $(PACKAGES); do \
		[ "$$(dpkg-query -W -f='$${db:Status-Status}' "$$p" 2>/dev/null || true)" = installed ] || missing+=("$$p"); \
	done; \
	if [ $${#missing[@]} -gt 0 ]; then \
		echo "setup: installing $${missing[*]}"; \
		$(SUDO) apt-get update -q; \
		DEBIAN_FRONTEND=noninteractive $(SUDO) apt-get install -y -q --no-install-recommends "$${missing[@]}"; \
	fi
	@command -v $(GO) >/dev/null || { echo "setup: Go 1.26 is missing: install it from https://go.dev/dl/"; exit 1; }

build: ## builds kioskd, kioskctl and onestopd into build/
	@mkdir -p $(BUILD)
	@for p in $(PROGRAMS); do \
		if [ -d kiosk/cmd/$$p ]; then echo "build $(BUILD)/$$p"; $(GO) build -ldflags '$(LDFLAGS)' -o $(BUILD)/$$p ./kiosk/cmd/$$p; fi; \
	done

demo: setup build clips ## sets up, builds and runs everything on simulated devices; Ctrl-C stops it
	@models="$${KIOSK_MODELS:-}"; \
	if [ -z "$$models" ] && [ ! -f $(SHARED)/data/models/MANIFEST.json ]; then \
		if $(BUILD)/kioskctl models fetch $(BUILD)/models; then models=$(BUILD)/models; \
		else echo "demo: no models could be had: every citizen will be sent to the officer"; fi; \
	fi; \
	places=; [ ! -f $(SHARED)/data/places/communes.json ] || places=$(SHARED)/data/places; \
	exec $(BUILD)/kioskctl demo -dir $(BUILD)/demo -clips $(BUILD)/clips -models "$$models" -places "$$places"

test: setup unit e2e ## sets up and runs all tests: Go with the race detector, the browser

# These compute, one goroutine each, for minutes under the race detector: on pictures, on curves, on parsed bytes. What is concurrent
# in them is named below; who uses them from several goroutines is tested with the race detector.
PLAIN := vision/face vision/liveness vision/ocrb vision/paper vision/qr vision/visiontest drivers/apdu drivers/tcl kiosk/mrz kiosk/cccd \
         kiosk/cmd/kioskctl drivers/emrtd $(addprefix drivers/emrtd/,bsi chipbench dh ec emrtdtest icao lds pa tlv)

unit: ## the Go tests, with the race detector where anything is concurrent
	$(GO) test -race $(TESTFLAGS) $$($(GO) list ./... | grep -vE '^motcua/($(subst $() ,|,$(strip $(PLAIN))))$$')
	$(GO) test -race $(TESTFLAGS) -run 'Hub|Camera' ./vision/face
	$(GO) test -race $(TESTFLAGS) -run 'Watch|Tap|Resume|Remembered|Bounded' ./drivers/emrtd
	$(GO) test $(TESTFLAGS) $(addprefix ./,$(PLAIN))

e2e: build ## the browser tests, when Node and Chromium are there
	@if [ ! -f ui/e2e/package.json ]; then echo "e2e: no browser tests in ui/e2e"; \
	elif ! command -v npm >/dev/null || ! command -v chromium >/dev/null || [ "$$(node -p 'process.versions.node.split(".")[0]')" -lt 20 ]; then \
		echo "e2e: SKIPPED, it needs Node 20 or later with npm, and chromium"; \
	else cd ui/e2e && { [ -d node_modules ] && [ node_modules -nt package-lock.json ] || npm ci --no-audit --no-fund; } && npm test; fi

shots: ## the gallery of every screen into build/shots (index.html): sizes, themes, languages, both panels
	@cd ui/e2e && { [ -d node_modules ] && [ node_modules -nt package-lock.json ] || npm ci --no-audit --no-fund; } && node shots.mjs

bench: ## chip read, face stages, search, seal and queue, start-up, memory
	@mkdir -p $(BUILD)
	$(GO) test -run '^$$' -bench . -benchmem -p 1 ./... | tee $(BUILD)/bench.txt
	@awk -f kiosk/daemon/bench.awk $(BUILD)/bench.txt

.PHONY: bench-visit
bench-visit: ## whole visits on simulated devices with a card's true times: the identity step, the machine's share (N=10)
	KIOSK_BENCH_VISIT=$${N:-10} $(GO) test -run '^TestVisitTimes$$' -count 1 -v -timeout 30m ./kiosk/daemon

bsi: ## the BSI TR-03105-5.1 test plan: passed, failed, not applicable with reasons, into build/bsi.md
	@mkdir -p $(BUILD)
	$(GO) test -run '^TestPlan$$' -count 1 ./drivers/emrtd/bsi -report $(abspath $(BUILD))/bsi.md || { tail -40 $(BUILD)/bsi.md; exit 1; }
	@cat $(BUILD)/bsi.md

bench-chip: ## chip reads over every link model: time, wire, card, ours; a table and a chart in build/
	@mkdir -p $(BUILD)
	KIOSK_BENCH_MD=$(abspath $(BUILD))/chip.md KIOSK_BENCH_SVG=$(abspath $(BUILD))/chip.svg \
		$(GO) test -run '^$$' -bench Chip -benchtime 3x -timeout 20m ./drivers/emrtd/chipbench

soak-chip: ## 10,000 chip reads with random keys and leading zeros: PACE, CA, AA, PA (SOAK says how many)
	KIOSK_SOAK=$${SOAK:-10000} $(GO) test -run '^TestSoak' -count 1 -v -timeout 120m ./drivers/emrtd ./drivers/emrtd/emrtdtest ./drivers/emrtd/chipbench

det: build ## error rates of the recogniser on SHARED's faces, plain and as in DG2: a table and a DET curve in build/
	$(BUILD)/kioskctl face eval -pairs $(SHARED)/data/faces/dev/pairs.tsv -root $(SHARED)/data/faces/dev -condition dg2 -svg $(BUILD)/det.svg -md $(BUILD)/det.md

bench-vision: ## the face pipeline, ours and a bare C++ program, per stage: a table in build/
	@mkdir -p $(BUILD)
	KIOSK_BENCH_MD=$(abspath $(BUILD))/vision.md $(GO) test -run '^$$' -bench BenchmarkVision -benchtime 1x -timeout 30m ./vision/face

bench-search: ## search in the starter and in 7,000 procedures, ours and SQLite's FTS5: p50, p99, build; a table in build/
	@mkdir -p $(BUILD)
	@printf '| method | procedures | build ms | p50 µs | p99 µs |\n|---|---|---|---|---|\n' > $(BUILD)/search.md
	KIOSK_BENCH_MD=$(abspath $(BUILD))/search.md $(GO) test -run '^$$' -bench SearchSizes -benchtime 1x ./kiosk/catalogue
	KIOSK_BENCH_MD=$(abspath $(BUILD))/search.md $(GO) test -tags sqlite_fts5 -run '^$$' -bench FTS5 -benchtime 1x ./kiosk/store
	@cat $(BUILD)/search.md

soak-vision: ## 20,000 frames: no picture left, memory flat (SOAK says how many); the vision process killed and stopped 100 times
	KIOSK_SOAK=$${SOAK:-20000} $(GO) test -tags matprofile -run '^TestSoak$$' -count 1 -v -timeout 120m ./vision/face
	KIOSK_SOAK=100 $(GO) test -run '^TestSoakKills$$' -count 1 -v ./vision/child

eval-vision: ## 300 machine-readable zones, 200 scenes of pages, 26 clips of each attack, asked to turn as well: the figures of their packages (hours)
	KIOSK_CARDS=100 $(GO) test -run '^TestGeneratedCards$$' -count 1 -v -timeout 60m ./vision/ocrb
	KIOSK_SCENES=200 $(GO) test -run '^Test(PagesAreFoundAndTurned|BadPicturesAreRefused)$$' -count 1 -v -timeout 60m ./vision/paper
	KIOSK_LIVENESS_CLIPS=26 $(GO) test -run '^Test(Attacks|AskedToTurn|TurnedPhotographs)$$' -count 1 -v -timeout 180m ./vision/liveness

.PHONY: units-test
units-test: build clips ## boots the units under a true systemd in a container: sandboxes, watchdogs, white screen (root, two minutes)
	@if [ "$$(id -u)" != 0 ] || ! command -v systemd-nspawn >/dev/null; then echo "units-test: SKIPPED, it needs root and systemd-nspawn (systemd-container)"; \
	else $(GO) test -run '^TestBoot$$' -count 1 -v -timeout 15m ./systemd -boot | grep -vE '^ +\[ *[0-9.]+\]' ; fi

# Debian's form of the version, and the date of the sources: the same sources and tools make the same packages.
DEBVERSION := $(shell v=$$(git describe --tags --always --dirty 2>/dev/null || echo dev); case $$v in ([0-9]*.*) echo "$$v";; (*) echo "0~git$$(git log -1 --format=%cd --date=format:%Y%m%d%H%M%S 2>/dev/null || echo 0).$$v";; esac | tr - .)
SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2>/dev/null || echo 0)

.PHONY: deb deb-test
deb: build clips ## Debian packages into build/deb: motcua-kiosk, motcua-appliance, motcua-office (for this machine's architecture; lintian, when it is there)
	@[ "$${ARCH:-$$(dpkg --print-architecture)}" = "$$(dpkg --print-architecture)" ] || { \
		echo "deb: a package is made on a machine (or in a root) of its own architecture, because Debian's libraries are looked up there"; exit 1; }
	@mkdir -p $(BUILD)/deb && rm -f $(BUILD)/deb/*.deb
	VERSION=$(DEBVERSION) SOURCE_DATE_EPOCH=$(SOURCE_DATE_EPOCH) systemd/deb/build.sh $(BUILD)/deb
	@if command -v lintian >/dev/null; then lintian --fail-on error --suppress-tags-from-file systemd/deb/lintian $(BUILD)/deb/*.deb; fi

deb-test: build clips ## builds the packages twice, compares them, installs, upgrades, removes and purges them in a root of their own (root)
	@if [ "$$(id -u)" != 0 ]; then echo "deb-test: SKIPPED, it needs root"; else $(GO) test -run '^TestPackages$$' -count 1 -v -timeout 15m ./systemd -deb; fi

powercut: ## cuts the power of kiosk and office in N states (10000), at every write and flush, and the real programs in N/100: nothing lost, nothing doubled
	POWERCUT_N=$${N:-10000} $(GO) test -count 1 -v -timeout 180m ./kiosk/powercut

model: ## visits every state of the outbox, the network and the office with larger bounds than the tests do
	MODEL=full $(GO) test -run '^TestModel' -count 1 -v -timeout 120m ./kiosk/outbox

bench-office: ## intake of 10 kiosks × 100 dossiers × 3 papers of 300 KB on SQLite and PostgreSQL, beside plain INSERTs: a table in build/
	@mkdir -p $(BUILD)
	KIOSK_BENCH_OFFICE=$(abspath $(BUILD))/office.md $(GO) test -run '^TestBenchOffice$$' -count 1 -v -timeout 60m ./kiosk/onestop/postgres

conformance: ## asks the intake suite of a running office, as the kiosk whose folder INTAKE_KIOSK is (it leaves dossiers there)
	INTAKE_KIOSK=$(abspath $(INTAKE_KIOSK)) $(GO) test -count 1 -v -run '^TestRemote$$' ./kiosk/backoffice

fuzz: ## every fuzz target for FUZZTIME each (10s)
	@for pkg in $$($(GO) list ./...); do \
		for f in $$($(GO) test -list '^Fuzz' $$pkg | grep '^Fuzz' || true); do \
			echo "fuzz $$pkg $$f"; $(GO) test -run '^$$' -fuzz "^$$f\$$" -fuzztime $${FUZZTIME:-10s} -fuzzminimizetime 1x $$pkg; \
		done; \
	done

lint: ## gofmt and golangci-lint (make tools), which holds vet and staticcheck; without it these two
	@out=$$(gofmt -l $$(git ls-files -co --exclude-standard '*.go')); \
	if [ -n "$$out" ]; then echo "gofmt: these files are not formatted:"; echo "$$out"; exit 1; fi
	@if command -v golangci-lint >/dev/null; then golangci-lint run; \
	elif [ -x $(BUILD)/tools/golangci-lint ]; then $(BUILD)/tools/golangci-lint run; \
	else $(GO) vet ./... && $(GO) run $(STATICCHECK) -checks inherit,-ST1005,-SA1019 ./... && \
		echo "lint: golangci-lint is not here, it finds more; \"make tools\" builds it (minutes)"; fi

tools: $(BUILD)/tools/golangci-lint ## builds golangci-lint once into build/tools

$(BUILD)/tools/golangci-lint:
	GOBIN=$(abspath $(BUILD)/tools) $(GO) install $(GOLANGCI)

models: ## model files into build/models, from MODELS_FROM (../shared/data/models) or from upstream; hashes are checked
	@from="$${MODELS_FROM:-$(SHARED)/data/models}"; mkdir -p $(BUILD)/models; \
	if [ -f "$$from/MANIFEST.json" ]; then cp -u "$$from"/* $(BUILD)/models/; chmod u+w $(BUILD)/models/*; \
	else $(GO) run ./kiosk/cmd/kioskctl models fetch $(BUILD)/models; fi; \
	KIOSK_MODELS=$(abspath $(BUILD)/models) $(GO) run ./kiosk/cmd/kioskctl doctor -only models; \
	echo "use them with: export KIOSK_MODELS=$(abspath $(BUILD)/models)"

clips: ## makes the spoken prompts with espeak-ng into build/clips; silence when espeak-ng is missing
	@if [ ! -d drivers/speaker/makeclips ]; then exit 0; fi; \
	if command -v espeak-ng >/dev/null && command -v oggenc >/dev/null; then $(GO) run ./drivers/speaker/makeclips -out $(BUILD)/clips; \
	else echo "clips: espeak-ng or oggenc (vorbis-tools) is missing; the kiosk stays silent"; fi

# What the image is made with, beside what "make setup" installs. CI builds no image.
IMAGE_PACKAGES := mmdebstrap squashfs-tools cryptsetup-bin dosfstools mtools gdisk xz-utils qemu-system-x86 ovmf

.PHONY: image-setup image image-repro image-test
image-setup:
	@missing=(); \
	for p in $(IMAGE_PACKAGES); do \
		[ "$$(dpkg-query -W -f='$${db:Status-Status}' "$$p" 2>/dev/null || true)" = installed ] || missing+=("$$p"); \
	done; \
	if [ $${#missing[@]} -gt 0 ]; then DEBIAN_FRONTEND=noninteractive $(SUDO) apt-get install -y -q --no-install-recommends "$${missing[@]}"; fi

image: image-setup models clips ## the image of a kiosk and its signed update, into build/image/kiosk (as root; minutes; KIOSK_RELEASE_KEY signs)
	bash systemd/image/image.sh $${ARCH:-amd64} $(BUILD)/image/kiosk

image-repro: image-setup ## builds the small image twice from one cache of packages (FLAVOUR=kiosk: the whole one) and compares the SHA-256
	for n in 1 2; do bash systemd/image/image.sh $${ARCH:-amd64} $(BUILD)/image/repro$$n $${FLAVOUR:-test}; done
	diff $(BUILD)/image/repro1/SHA256SUMS $(BUILD)/image/repro2/SHA256SUMS && echo "image-repro: the same bytes" && cat $(BUILD)/image/repro1/SHA256SUMS

image-test: image-setup ## starts the small image in QEMU: updates, falls back, rolls back, refuses, N (5) power cuts; a table at the end
	SERIAL=1 VERSION=1.0 bash systemd/image/image.sh amd64 $(BUILD)/image/test/1 test
	SERIAL=2 VERSION=2.0 bash systemd/image/image.sh amd64 $(BUILD)/image/test/2 test
	SERIAL=3 VERSION=3.0 SICK=1 bash systemd/image/image.sh amd64 $(BUILD)/image/test/sick test
	mkdir -p $(BUILD)/image/test/log
	$(GO) test -count 1 -v -timeout 300m ./systemd/image -images $(abspath $(BUILD))/image/test -log $(abspath $(BUILD))/image/test/log -cuts $${N:-5} | tee $(BUILD)/image/test/table.txt

clean: ## removes what was built
	rm -rf $(BUILD) ui/e2e/node_modules
