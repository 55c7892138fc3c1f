# Trapline. `make demo` needs Go alone: it builds and runs the first lesson.
# `make build` adds the CPU library where apt has it; `make test` installs what
# is missing on a bare Debian 12 or 13.

GO      ?= go
FUZZ    ?= 30s
BENCH   ?= .
SUDO    := $(shell [ "$$(id -u)" = 0 ] || echo sudo)

# Debian packages: the CPU library; GNU as and ld for scenarios without a
# listing, 32-bit compiling, C++, perf probe and a queue's server for the tests; what unpacks and
# makes Debian's sources; what runs other hosts' programs; a browser.
BUILD_PACKAGES    := libunicorn-dev gcc libc6-dev
TEST_PACKAGES     := binutils gcc-multilib g++ redis-server nodejs linux-perf
SOURCE_PACKAGES   := dpkg-dev bzip2 xz-utils make tcl
PORTABLE_PACKAGES := qemu-user nodejs
WEB_PACKAGES      := chromium nodejs $(if $(shell command -v npm),,npm)
COMMAND_PACKAGES  := bash bc bzip2 coreutils curl dc dash diffutils file findutils gawk gcc gdb git jq lua5.4 m4 make nano openssl \
	patch perl python3 redis-server sed sqlite3 tar tcl xz-utils zstd

# The build tag of the CPU library, where a libunicorn.a can be linked. A
# library that proves not to fit when the program starts is a note and the
# interpreter. LIBRARY= builds without.
LIBRARY ?= $(shell $(GO) build -tags unicorn ./internal/emu/unicorn 2>/dev/null && echo -tags unicorn)

.PHONY: demo build test test-go test-go-listed web test-web portable release fuzz fuzz-search litmus litmus-native divide scale silicon referee soak bench busybox busybox-probes programs programs-fp libc-test selftests against-host lint deps deps-test deps-portable deps-release deps-web clean

demo:
	$(GO) build -o bin/trapline ./cmd/trapline
	bin/trapline run first-probe
	@echo "Every lesson: bin/trapline list. A race, found by search: bin/trapline explore smp-missed-probe"
	@echo "Walk through this one, forwards and backwards: bin/trapline tui first-probe"

build: deps
	$(GO) build $(LIBRARY) -o bin/trapline ./cmd/trapline
	bin/trapline version

# PROCESSOR=unicorn runs every test with steps in the library.
PROCESSOR ?= interp
test: deps deps-test
	$(GO) vet $(LIBRARY) ./...
	$(GO) test $(LIBRARY) -ldflags '-X trapline/internal/emu.processorByDefault=$(PROCESSOR)' ./...

# Every test that needs neither cgo nor the CPU library: internal/rigs/needs/needs.txt
# lists those that do.
test-go: deps-test
	CGO_ENABLED=0 $(GO) vet ./...
	CGO_ENABLED=0 $(GO) run ./internal/rigs/needs

# Without the library, each line of that list has a test that fails.
test-go-listed: deps-test
	CGO_ENABLED=0 $(GO) run ./internal/rigs/needs -listed

# The site: bin/web/index.html, one page with the machine in it, for a web server
# or opened as a file. Nothing is fetched.
web:
	@mkdir -p bin/web
	GOOS=js GOARCH=wasm $(GO) build -trimpath -ldflags '-s -w -X main.version=$(or $(shell git describe --always --dirty 2>/dev/null),unknown)' -o bin/machine.wasm ./internal/web/machine
	$(GO) run ./internal/web/site -machine bin/machine.wasm -exec "$$($(GO) env GOROOT)/lib/wasm/wasm_exec.js" -o bin/web

# The site in Chromium: every lesson is stepped, branched, searched and answered,
# its states are those of the terminal, and axe finds nothing. bin/pictures has ten
# lessons to be looked at; SLACK is how many times longer a busy machine may take. axe-core and
# the checker of the scripts' types come from npm.
SLACK ?= 1
WEB_TOOLS := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/trapline/npm
test-web: deps-web web
	npm install --silent --no-save --prefix $(WEB_TOOLS) axe-core@4.10.3 typescript@5.9.2
	$(WEB_TOOLS)/node_modules/.bin/tsc -p internal/web/ui/jsconfig.json
	$(GO) vet -tags chromium ./internal/web
	$(GO) test -tags chromium ./internal/web -timeout 4h -v -axe $(WEB_TOOLS)/node_modules/axe-core/axe.min.js -slack $(SLACK)

# The program for other hosts, and the last state of every built-in scenario with
# and without the library, on linux/arm64 and on js/wasm: all equal. Floating point
# is tested on linux/arm64.
portable: deps deps-portable
	@mkdir -p bin/portable
	for host in linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64; do \
		CGO_ENABLED=0 GOOS=$${host%/*} GOARCH=$${host#*/} $(GO) build -o bin/portable/ ./cmd/trapline || exit 1; \
	done
	$(GO) build $(LIBRARY) -o bin/portable/library ./internal/rigs/hashes
	CGO_ENABLED=0 $(GO) build -o bin/portable/amd64 ./internal/rigs/hashes
	CGO_ENABLED=0 GOARCH=arm64 $(GO) build -o bin/portable/arm64 ./internal/rigs/hashes
	GOOS=js GOARCH=wasm $(GO) build -o bin/portable/wasm ./internal/rigs/hashes
	cd bin/portable && ./library >library.txt && ./amd64 >amd64.txt && qemu-aarch64 ./arm64 >arm64.txt && \
		node "$$($(GO) env GOROOT)/lib/wasm/wasm_exec_node.js" wasm >wasm.txt && wc -l library.txt && \
		for host in amd64 arm64 wasm; do cmp library.txt $$host.txt || exit 1; done
	CGO_ENABLED=0 GOARCH=arm64 $(GO) test -exec qemu-aarch64 ./internal/emu/softfloat
	CGO_ENABLED=0 GOARCH=arm64 $(GO) test -exec qemu-aarch64 ./internal/linux -run TestFloatHash

# Archives of six systems and the page, with their sums. None needs anything
# installed; the CPU library is left out, "trapline version" says so.
RELEASE = $(or $(shell git describe --tags --always --dirty 2>/dev/null),unknown)
release: deps-release web
	@rm -rf bin/release && mkdir -p bin/release
	for host in linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64; do \
		os=$${host%/*} arch=$${host#*/}; name=trapline-$(RELEASE)-$$os-$$arch; \
		mkdir -p bin/release/$$name/docs && cp LICENSE *.md bin/release/$$name && cp -r docs/*.md docs/*.svg docs/walkthroughs bin/release/$$name/docs && \
		CGO_ENABLED=0 GOOS=$$os GOARCH=$$arch $(GO) build -trimpath -ldflags '-s -w' -o bin/release/$$name ./cmd/trapline && \
		if [ $$os = windows ]; then (cd bin/release && zip -qr $$name.zip $$name); \
		else tar -C bin/release --owner=0 --group=0 -czf bin/release/$$name.tar.gz $$name; fi && \
		rm -r bin/release/$$name || exit 1; \
	done
	tar -C bin --owner=0 --group=0 -czf bin/release/trapline-$(RELEASE)-page.tar.gz web
	cd bin/release && sha256sum *.tar.gz *.zip >SHA256SUMS && cat SHA256SUMS

# A million random and mutated byte strings as guest code, in each mode and both
# rings; ANY programs of random system calls, of each width; then every fuzz target for FUZZ each.
CASES   ?= 1000000
ANY     ?= 300
fuzz: deps deps-test
	$(GO) test $(LIBRARY) ./internal/rigs/fuzz -run TestGuestBytes -cases $(CASES) -timeout 3h -v
	$(GO) test $(LIBRARY) ./internal/linux -run TestAnyCalls -any $(ANY) -timeout 3h
	@$(GO) test $(LIBRARY) -list '^Fuzz' ./... 2>/dev/null | awk '/^Fuzz/ {n[k++]=$$1; next} /^ok/ {for (i=0;i<k;i++) print $$2, n[i]; k=0}' | \
	while read -r pkg name; do \
		echo "$$pkg $$name"; \
		$(GO) test $(LIBRARY) -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZ) -fuzzminimizetime 1x "$$pkg" || exit 1; \
	done

# INSTRUCTIONS random ones and as many sequences in each mode, here and on the
# processor that runs the tests; and CASES on the library as the second processor.
INSTRUCTIONS ?= 100000
silicon: deps deps-test
	$(GO) test $(LIBRARY) ./internal/emu/interp -run TestSilicon -instructions $(INSTRUCTIONS) -timeout 3h -v
	$(GO) test $(LIBRARY) ./internal/rigs/silicon -run 'Agree|Pointers' -sequences $(INSTRUCTIONS) -vectors $(INSTRUCTIONS) -timeout 3h -v

referee: deps
	$(GO) test $(LIBRARY) ./internal/emu/interp -run TestReferee -cases $(CASES) -timeout 3h -v

# SCENARIOS generated scenarios from seed START on, each searched in ways that
# must agree, also in WAY (without a reduction, divided ...; "all"); THOROUGH of them with 10,000 random executions of each kind. What
# differs is made small and put into FOLDER, if it is given.
SCENARIOS ?= 10000
START     ?= 1
THOROUGH  ?= 300
FOLDER    ?=
fuzz-search: deps deps-test
	GOGC=400 $(GO) test $(LIBRARY) ./internal/rigs/fuzzsearch -run 'TestSearch|TestGrains' -scenarios $(SCENARIOS) -start $(START) -thorough $(THOROUGH) \
		$(if $(FOLDER),-folder $(abspath $(FOLDER))) $(if $(WAY),-way "$(WAY)") -timeout 48h -v

# PROGRAMS generated memory-order tests beside the operational model.
PROGRAMS ?= 2000
litmus: deps deps-test
	$(GO) test $(LIBRARY) ./internal/litmus -run Generated -programs $(PROGRAMS) -timeout 4h -v

# RUNS of each of twelve memory-order tests on this processor, in both modes.
RUNS ?= 1000000
litmus-native: deps deps-test
	$(GO) test $(LIBRARY) ./internal/litmus -run ThisProcessor -native $(RUNS) -timeout 4h -v

# One large search by MEMBERS worker processes, of which one is killed every 5 s,
# SEARCHES times, beside one process: verdict, violation and counts are the same.
SEARCHES ?= 20
MEMBERS  ?= 4
CPUS     ?= 5
LOOPS    ?= 8
divide: deps deps-test
	$(GO) test $(LIBRARY) ./internal/sweep/queue -run '^TestDividedSearches$$' -searches $(SEARCHES) -members $(MEMBERS) -kill 5s \
		-cpus $(CPUS) -loops $(LOOPS) -turns 3 -timeout 10h -v

# Tables of docs/performance.md: searches of every schedule of up to 8 vCPUs, two
# workers beside one, 600 searches as one sweep and as 600 commands, and the first
# violation of each race on 8 vCPUs. A quiet machine is needed for the times.
scale: deps
	$(GO) test $(LIBRARY) ./cmd/trapline -run xxx -bench 'Scale|Parallel|Sweep' -benchtime 1x -timeout 3h
	$(GO) test $(LIBRARY) ./internal/scenario -run xxx -bench RacesOnEightCPUs -benchtime 3x

# Random scenarios and programs for SOAK, with memory, goroutines and library
# instances watched.
SOAK    ?= 10m
soak: deps
	$(GO) test $(LIBRARY) ./internal/rigs/soak -run TestSoak -soak $(SOAK) -timeout 2h -v

bench: deps
	$(GO) test $(LIBRARY) -run '^$$' -bench '$(BENCH)' -benchmem ./...

# What the tests of real programs run: Debian's busybox-static of both
# architectures and musl's i386 port, in the cache directory, where the tests
# look; TRAPLINE_BUSYBOX names another one. The package lists are its own, so
# that the system's architectures stay as they are.
BUSYBOX ?= $(or $(TRAPLINE_BUSYBOX),$(or $(XDG_CACHE_HOME),$(HOME)/.cache)/trapline/busybox)
busybox:
	@mkdir -p $(BUSYBOX)/lists/partial
	@cd $(BUSYBOX) && fetch() { \
		apt="apt-get -qq -o APT::Architecture=$$2 -o APT::Architectures=$$2 -o APT::Sandbox::User= -o Dir::State::Lists=$(BUSYBOX)/lists"; \
		$$apt update || :; $$apt download $$1:$$2 && dpkg-deb -x $$1_*_$$2.deb $$2; \
	}; \
	for a in amd64 i386; do \
		[ -x busybox.$$a ] || { fetch busybox-static $$a && cp "$$(find $$a -path "*/bin/busybox")" busybox.$$a; } || exit 1; \
	done; \
	[ -f musl-i386.specs ] || { fetch musl-dev i386 && sed 's|/usr/|$(BUSYBOX)/i386/usr/|g; s|-nostdlib|-m elf_i386 -nostdlib|' \
		i386/usr/lib/i386-linux-musl/musl-gcc.specs >musl-i386.specs; }
	@echo "export TRAPLINE_BUSYBOX=$(BUSYBOX)"

# Programs of busybox with uprobes on every function, and at every instruction of
# its HOT hottest ones. "make test" does the same with one of these.
HOT     ?= 40
busybox-probes: deps busybox
	$(GO) test $(LIBRARY) ./internal/uprobes/traceuprobe -run TestBusybox -hot $(HOT) -timeout 1h -v

# Programs of floating point and vectors as gcc makes them for x86-64-v3 and for
# x87, beside their native runs: the project's own, and busybox, lua, zstd and
# sqlite from Debian's sources, which are fetched and built in PROGRAMS.
PROGRAMS ?= $(or $(TRAPLINE_PROGRAMS),$(or $(XDG_CACHE_HOME),$(HOME)/.cache)/trapline/programs)
programs-fp: deps deps-test
	@$(call install,$(SOURCE_PACKAGES))
	$(MAKE) -s -f internal/linux/testdata/debian.mk DIR=$(PROGRAMS)
	TRAPLINE_PROGRAMS=$(PROGRAMS) $(GO) test $(LIBRARY) ./internal/linux -run 'TestFloat|TestDebianPrograms' -all-programs -timeout 1h -v

# Names and lines of programs beside nm's and perf probe's answers. Commands of Debian's
# as it has them, dynamic, beside their native runs: what they print and which files they leave; gdb on a
# program inside; SOCKETS programs of random operations on sockets (half a second each) and TREES on files. Ways to the
# host and bombs.
# The programs of CASES, if it is given, as its README says (not the number that the fuzzers take).
SOCKETS ?= 500
TREES   ?= 100
FOLDER_OF_CASES = $(if $(filter-out file,$(origin CASES)),$(CASES),$(TRAPLINE_CASES))
programs: deps deps-test
	@$(call install,$(COMMAND_PACKAGES) rustc)
	$(GO) test $(LIBRARY) ./internal/uprobes/source -run AsPerf -every-argument -v
	$(GO) test $(LIBRARY) ./internal/uprobes/places -run Names -every-name -v
	$(GO) test $(LIBRARY) ./cmd/trapline -run TestNamesSeeEveryCall -every-build -v
	$(GO) test $(LIBRARY) ./cmd/trapline -run TestProgramsPage -every-page-command -v
	$(GO) test $(LIBRARY) ./internal/linux -run 'TestDebianCommands|TestDebugger' -all-commands -timeout 1h -v
	$(GO) test $(LIBRARY) ./internal/linux -run 'Host$$|Bomb|Hostile' -sockets $(SOCKETS) -trees $(TREES) -timeout 1h
	$(if $(FOLDER_OF_CASES),TRAPLINE_CASES=$(abspath $(FOLDER_OF_CASES)) $(GO) test $(LIBRARY) ./cmd/trapline -run TestUserCases -v)

# Programs of random operations, natively and in the machine.
against-host: deps deps-test
	$(GO) test $(LIBRARY) ./internal/linux -run AgainstTheHost -calls 100 -trees 100 -sockets 100 -timeout 1h -v

# musl's libc-test, whose sources are in LIBC_TEST: the mathematical programs on glibc and on
# musl in both widths, all others static and dynamic.
LIBC_TEST ?= $(TRAPLINE_LIBC_TEST)
libc-test: deps deps-test busybox
	@$(call install,musl-tools)
	TRAPLINE_LIBC_TEST=$(LIBC_TEST) $(GO) test $(LIBRARY) ./internal/linux -run TestLibcTest -timeout 2h -v

# The kernel's own selftests (x86, timers, futexes, breakpoints, ptrace) of Debian's linux-source, natively and
# in the machine. SELFTESTS is where they are, or are unpacked to.
SELFTESTS ?= $(BUSYBOX)/selftests
selftests: deps deps-test
	@[ -f $(SELFTESTS)/arch/x86/include/asm/desc_defs.h ] || { $(call install,linux-source xz-utils) && mkdir -p $(SELFTESTS) && \
		tar -xf "$$(ls /usr/src/linux-source-*.tar.xz | tail -1)" -C $(SELFTESTS) --strip-components=1 --wildcards '*/tools/testing/selftests' '*/tools/include' '*/include/uapi' '*/arch/x86/include/asm/desc_defs.h'; }
	TRAPLINE_SELFTESTS=$(SELFTESTS)/tools/testing/selftests $(GO) test $(LIBRARY) ./internal/linux -run TestSelftests -timeout 2h -v

# The linters' versions are pinned in tools.mod, apart from what the program
# itself needs. deadcode looks at programs and tests together.
TOOL = GOFLAGS=$(subst -tags ,-tags=,$(LIBRARY)) $(GO) tool -modfile=tools.mod
lint: deps
	@out=$$(gofmt -l .); [ -z "$$out" ] || { echo "not gofmted:"; echo "$$out"; exit 1; }
	@mkdir -p bin
	$(GO) vet $(LIBRARY) ./...
	$(GO) test ./cmd/trapline -run 'Import|Vocabulary|SecondTables|WhichWorld'
	$(TOOL) staticcheck ./...
	$(TOOL) unparam ./...
	@echo $(TOOL) deadcode -test ./...; out=$$($(TOOL) deadcode -test ./...) || exit 1; [ -z "$$out" ] || { echo "$$out"; exit 1; }
	$(TOOL) deadcode -json ./cmd/trapline >bin/deadcode.json
	$(GO) test ./cmd/trapline -run TestUnreachable -unreachable $(abspath bin/deadcode.json)

# The library is a gain, not a need.
deps:
	@($(call install,$(BUILD_PACKAGES))) || echo "without the CPU library: long programs run slower" >&2

deps-test:
	@$(call install,$(TEST_PACKAGES))

deps-portable:
	@$(call install,$(PORTABLE_PACKAGES))

deps-release:
	@$(call install,zip)

deps-web:
	@$(call install,$(WEB_PACKAGES))

clean:
	rm -rf bin

# install PACKAGES: only those that are missing, and only where there is apt.
define install
missing=; \
for p in $(1); do dpkg-query -W -f '$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$p"; done; \
if [ -n "$$missing" ]; then \
	if ! command -v apt-get >/dev/null; then echo "please install:$$missing" >&2; exit 1; fi; \
	echo "installing$$missing"; \
	$(SUDO) apt-get install -y -qq $$missing >/dev/null || { $(SUDO) apt-get update -qq && $(SUDO) apt-get install -y -qq $$missing >/dev/null; }; \
fi
endef
