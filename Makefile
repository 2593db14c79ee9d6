# Every target works on a fresh machine: bootstrap provides what is missing.
export PKG_CONFIG_PATH := $(CURDIR)/.deps/lib/pkgconfig:$(PKG_CONFIG_PATH)

# One configuration, so that everything compiles once: tests and demo want the optimised emulator.
RELEASE := -c release
SWIFT := $(wildcard Package.swift Sources Tests Benchmarks)

# On an ARM64 machine the build for ARM64 hosts is the usual one.
ARM64_BUILD := $(if $(filter x86_64,$(shell uname -m)),arm64)
ARM64_SWIFT := PKG_CONFIG_PATH="$(CURDIR)/.deps/arm64/lib/pkgconfig" swift build $(RELEASE) \
	--swift-sdks-path .deps/arm64/sdks --swift-sdk arm64
ARM64_RUN := qemu-aarch64-static -L .deps/arm64/sysroot \
	-E LD_LIBRARY_PATH="$(CURDIR)/.deps/arm64/sysroot/usr/lib/swift/linux"

.PHONY: build test test-build test-long demo demo-desktop fmt lint bench bench-roots compat compat-rootfs compat-heavy docs bootstrap guests conformance-bundle rootfs sshd browser \
	arm64 arm64-supervisor arm64-run arm64-test arm64-machine cpu-test cpu-fuzz fuzz mutate golden clean

build: bootstrap
	swift build $(RELEASE) --product godwit
	swift build $(RELEASE) --product godwit-supervisor

# On an x86-64 machine the build for ARM64 hosts takes part, under qemu-user. Both are built at once: the largest modules keep
# one processor busy each.
test: bootstrap guests rootfs sshd browser
	$(MAKE) --no-print-directory --jobs 2 test-build $(ARM64_BUILD:=-supervisor)
	swift test $(RELEASE) --skip-build

# Product by product: --build-tests would compile the whole of protoc, which nothing here runs. The tests come first,
# since what they need takes longest to compile and is most of the rest.
test-build: bootstrap
	swift build $(RELEASE) --product godwitPackageTests
	swift build $(RELEASE) --product godwit
	swift build $(RELEASE) --product godwit-supervisor
	swift build $(RELEASE) --product broken-kernel

test-long: export GODWIT_TEST_LONG = 1
test-long: compat-rootfs test arm64-test arm64-machine

# What this machine's build can do is shown before the one for ARM64 hosts is made.
demo: build rootfs
	Scripts/demo
	$(if $(ARM64_BUILD),$(MAKE) $(ARM64_BUILD))
	Scripts/demo journey

# A desktop that goes to an ARM64 host and comes back, with a viewer connected: Docs/Desktop.md.
demo-desktop: build $(ARM64_BUILD)
	Scripts/demo-desktop

fmt:
	swift format --in-place --parallel --recursive $(SWIFT)

lint:
	swift format lint --strict --parallel --recursive $(SWIFT)

# BENCH="--rounds 9 getppid python3" says how often, and which rows by words of their names.
bench: build guests rootfs compat-rootfs bench-roots
	Scripts/bench-machine
	swift run $(RELEASE) --package-path Benchmarks Benchmarks $(BENCH)

# What the benchmarks' real programs run in: roots of 1.6 GB for each ISA, and a newer qemu-user.
bench-roots: build guests rootfs
	Scripts/bench-roots

compat-rootfs: bootstrap
	Scripts/rootfs amd64 apps
	Scripts/rootfs arm64 apps

# COMPAT="git test_json --isa arm64" says which; all of them take about an hour and make the document.
compat: build compat-rootfs
	Scripts/compat $(COMPAT)

# Browsers, an office suite and more: roots of some 3 GB for each ISA. COMPAT as above.
compat-heavy: build
	Scripts/rootfs amd64 heavy
	Scripts/rootfs arm64 heavy
	Scripts/compat --heavy $(COMPAT)

docs: build guests
	Scripts/docs

bootstrap:
	Scripts/bootstrap

guests: bootstrap
	Scripts/guests

# The Linux conformance suite for machines that have neither Godwit nor Swift: Docs/Conformance.md.
conformance-bundle: guests
	Scripts/conformance-bundle

rootfs: bootstrap
	Scripts/rootfs amd64
	Scripts/rootfs arm64
	Scripts/rootfs riscv64

# For tests that reach other machines by ssh.
sshd: bootstrap
	Scripts/sshd

# For tests of the supervisor's console.
browser: bootstrap
	Scripts/browser

# ARM64 hosts, on an x86-64 one: built with Scripts/arm64-host's Swift SDK, and played by qemu-user.
arm64: bootstrap
	Scripts/arm64-host
	$(ARM64_SWIFT) --scratch-path .build-arm64 --static-swift-stdlib --product godwit

arm64-supervisor: arm64
	$(ARM64_SWIFT) --scratch-path .build-arm64 --static-swift-stdlib --product godwit-supervisor

# ARGS="run --root .deps/rootfs/arm64 -- /bin/uname -a"
arm64-run: arm64
	$(ARM64_RUN) .build-arm64/release/godwit $(ARGS)

# The unit tests on ARM64. Those of the command are left out: what they start is not there. So are the long forms, which
# would take hours under qemu-user.
arm64-test: arm64 guests
	$(ARM64_SWIFT) --scratch-path .build-arm64/tests --product godwitPackageTests
	$(ARM64_RUN) -E GODWIT_TEST_EMULATED=1 -U GODWIT_TEST_LONG .build-arm64/tests/release/godwitPackageTests.xctest \
		--testing-library swift-testing --skip GodwitTests

# Every form of the ISAs' instructions, against this machine's processor and qemu-user.
# CPU_TEST="--isa aarch64 --seed 7" says which, and with what operands.
cpu-test: build
	-Scripts/cpu-oracle
	Scripts/cpu-test $(CPU_TEST) .build/release/godwit

# How many small mistakes in the library OS the Linux conformance suite notices: about an hour.
# MUTATE="--seed 7 --isa aarch64" says which mistakes, and in what programs' eyes.
mutate: bootstrap guests
	Scripts/mutate $(MUTATE)

# Random code for the translators, built with their checks and AddressSanitizer: so many seconds for each ISA.
CPU_FUZZ_SECONDS := 600
cpu-fuzz: bootstrap
	Scripts/cpu-fuzz $(CPU_FUZZ_SECONDS)

# What reads snapshots, with libFuzzer and AddressSanitizer: so many seconds for each target.
# FUZZ_TARGETS="container processes" says which.
FUZZ_SECONDS := 600
fuzz: build guests
	Scripts/fuzz $(FUZZ_SECONDS) $(FUZZ_TARGETS)

# Snapshots of this version of the format and the state, for all later ones to resume.
golden: build guests
	Scripts/golden

# Whole emulated ARM64 machines, with their own kernels.
arm64-machine: build arm64 rootfs
	Scripts/arm64-machine

clean:
	rm -rf .build .build-arm64 Benchmarks/.build .deps/guests
