# A thin front for meson. `make help` lists the targets.

BUILD ?= build
SANITIZED ?= build-sanitized
PREFIX ?= /usr/local
OUT ?= out

# What Debian 12 must have: the build, the libraries, the pictures, the tests. And what only some tests take, which say so
# and are skipped where it is not to be had: a sweep as an array of jobs.
PACKAGES = gcc libc6-dev make meson ninja-build pkg-config \
	libglib2.0-dev libyaml-dev libjson-glib-dev libsqlite3-dev librandom123-dev \
	gnuplot-nox fonts-dejavu-core libcmocka-dev valgrind
TEST_PACKAGES = munge slurm-client slurmctld slurmd parallel

.PHONY: help demo test deps test-deps build bench install clean

help:
	@echo 'make demo     install what is missing, build, run the incident and its fix, draw the pictures'
	@echo 'make test     install what is missing, build and run every test'
	@echo 'make deps     install the Debian packages that are missing; make test-deps: those of the tests too'
	@echo 'make build    build $(BUILD)/podsim'
	@echo 'make bench    measure speed, as ratios in one run'
	@echo 'make install  install podsim and its manual page below $(PREFIX)'

# $(call install,PACKAGES)
define install
	missing=; for p in $(1); do \
		dpkg-query -W -f '$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$p"; \
	done; \
	if [ -n "$$missing" ]; then \
		as=; [ "$$(id -u)" = 0 ] || as=sudo; \
		echo "installing:$$missing"; \
		$$as apt-get update -qq && \
		DEBIAN_FRONTEND=noninteractive $$as apt-get install -y -qq --no-install-recommends $$missing >/dev/null; \
	fi
endef

deps:
	@$(call install,$(PACKAGES))

test-deps: deps
	@{ $(call install,$(TEST_PACKAGES)); } || echo 'not installed: tests that need them are skipped'

$(BUILD)/build.ninja:
	meson setup --buildtype=release -Ddebug=true $(BUILD)

$(SANITIZED)/build.ninja:
	meson setup --buildtype=debugoptimized -Db_sanitize=address,undefined -Db_lundef=false $(SANITIZED)

build: deps $(BUILD)/build.ninja
	ninja -C $(BUILD)

demo: build
	sh scenarios/demo.sh $(BUILD)/podsim $(OUT)

test: test-deps build $(SANITIZED)/build.ninja
	meson test -C $(BUILD) --no-rebuild --print-errorlogs
	ninja -C $(SANITIZED)
	PODSIM_TEST_SMALL=1 meson test -C $(SANITIZED) --no-rebuild --print-errorlogs --timeout-multiplier 4

bench: build
	sh bench/run.sh $(BUILD)

install: build
	DESTDIR=$(DESTDIR) meson install -C $(BUILD) --no-rebuild

clean:
	rm -rf $(BUILD) $(SANITIZED) $(OUT)
