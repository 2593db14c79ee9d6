# Every target works on a fresh machine: bootstrap provides what is missing.
export PKG_CONFIG_PATH := $(CURDIR)/.deps/lib/pkgconfig:$(PKG_CONFIG_PATH)

# One configuration, so that everything compiles once: tests and demo want the optimised emulator.
RELEASE := -c release
SWIFT := $(wildcard Package.swift Sources Tests Benchmarks)

.PHONY: build test test-long demo fmt lint bench compat compat-rootfs docs bootstrap guests rootfs clean

build: bootstrap
	swift build $(RELEASE)

test: bootstrap guests rootfs
	swift build $(RELEASE) --build-tests
	swift test $(RELEASE) --skip-build

test-long: export GODWIT_TEST_LONG = 1
test-long: test

demo: build rootfs
	Scripts/demo

fmt:
	swift format --in-place --parallel --recursive $(SWIFT)

lint:
	swift format lint --strict --parallel --recursive $(SWIFT)

# BENCH="--rounds 9 getppid python3" says how often, and which rows by words of their names.
bench: build guests rootfs compat-rootfs
	swift run $(RELEASE) --package-path Benchmarks Benchmarks $(BENCH)

compat-rootfs: bootstrap
	Scripts/rootfs amd64 apps
	Scripts/rootfs arm64 apps

# COMPAT="git test_json --isa arm64" says which; all of them take about an hour and make the document.
compat: build compat-rootfs
	Scripts/compat $(COMPAT)

docs: build
	Scripts/docs

bootstrap:
	Scripts/bootstrap

guests: bootstrap
	Scripts/guests

rootfs: bootstrap
	Scripts/rootfs amd64
	Scripts/rootfs arm64

clean:
	rm -rf .build Benchmarks/.build .deps/guests
