# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# `make help` lists the targets. Non-recursive; dependencies are found by the compilers (-MMD);
# everything made goes to $(BUILD).

BUILD	?= build
CC	?= gcc
CLANG	?= clang
BPFTOOL ?= $(firstword $(wildcard /usr/sbin/bpftool) bpftool)
LLVM_STRIP ?= llvm-strip
PREFIX	?= /usr/local
DESTDIR ?=
SBINDIR	 = $(PREFIX)/sbin
MANDIR	 = $(PREFIX)/share/man
DATADIR	 = $(PREFIX)/share/6bed4
DOCDIR	 = $(PREFIX)/share/doc/6bed4
ANYCAST	 = $(DOCDIR)/examples/anycast
ANYCAST_SH = tools/anycast/6bed4-health tools/anycast/frr-announce
UNITDIR	 = $(PREFIX)/lib/systemd/system
USERSDIR = $(PREFIX)/lib/sysusers.d
CONFDIR	 = /etc/6bed4
BASHDIR	 = $(PREFIX)/share/bash-completion/completions
ZSHDIR	 = $(PREFIX)/share/zsh/site-functions
FISHDIR	 = $(PREFIX)/share/fish/vendor_completions.d
COMPLETIONS = $(BASHDIR) $(ZSHDIR) $(FISHDIR)
V	?= 0
ifeq ($(V),0)
Q	 = @
say	 = @echo "  $(1)	$(2)"
endif

VERSION	 = 0.1

# Another architecture: CROSS=aarch64-linux-gnu or another GNU triplet, and BUILD= elsewhere. Libraries and headers are
# in SYSROOT (tools/sysroot.sh). clang is this machine's for all; bpftool refuses objects of the other byte order, so
# for them it is the target's, under qemu-user.
BPFTARGET = bpf
PKGCONFIG = pkg-config
ifdef CROSS
SYSROOT	?= $(abspath $(BUILD))/root
CC	 = $(CROSS)-gcc --sysroot=$(SYSROOT)
PKGCONFIG = PKG_CONFIG_SYSROOT_DIR=$(SYSROOT) PKG_CONFIG_LIBDIR=$(SYSROOT)/usr/lib/$(CROSS)/pkgconfig:$(SYSROOT)/usr/share/pkgconfig \
	    pkg-config
BPFTARGET := $(if $(shell $(CROSS)-gcc -dM -E -x c /dev/null | grep 'BYTE_ORDER__ __ORDER_BIG'),bpfeb,bpfel)
QEMU	 = qemu-$(firstword $(subst -, ,$(CROSS)))-static -L $(SYSROOT)
ifeq ($(BPFTARGET),bpfeb)
BPFTOOL	 = $(QEMU) $(SYSROOT)/usr/sbin/bpftool
endif
endif
# What is unpacked there: no package is installed for another architecture.
CROSS_LIBS = libc6-dev libgcc-s1 libbpf-dev libxdp-dev libcap-dev libseccomp-dev libpcap-dev libnftables-dev libmnl-dev \
	   libjson-c-dev libcmocka-dev bpftool

PKGS	 = libbpf libxdp libmnl json-c libcap libseccomp libpcap
# Package names on Debian 12. Without those of the virtual machine, its tests are skipped.
VM_DEBS	 = qemu-system-x86 busybox-static xdp-tools
DEBS	 = build-essential clang llvm libclang-rt-14-dev lld pkg-config libbpf-dev libxdp-dev bpftool \
	   libcap-dev libseccomp-dev libpcap-dev libnftables-dev libmnl-dev libjson-c-dev libcmocka-dev libelf-dev iproute2 iputils-ping iputils-tracepath traceroute \
	   ethtool nftables conntrack tcpdump tshark iperf3 curl jq python3-minimal python3-scapy python3-jsonschema libcap2-bin \
	   util-linux procps mandoc cppcheck clang-tidy \
	   strace valgrind binutils systemd debhelper dpkg-dev lintian mmdebstrap zsh fish python3-prometheus-client bird2
# For make check-cross besides.
CROSS_DEBS = gcc-s390x-linux-gnu qemu-user-static gcc-aarch64-linux-gnu qemu-system-arm qemu-system-misc

WARN	 = -Wall -Wextra -Werror
CFLAGS	?= -O2 -g
HARDEN	 = -fPIE -fstack-protector-strong -D_FORTIFY_SOURCE=2
cflags	 = -std=gnu11 $(WARN) -D_GNU_SOURCE -DBED4_VERSION='"$(VERSION)"' -Iinclude -Iuser \
	   -I$(BUILD)/skel $(shell $(PKGCONFIG) --cflags $(PKGS) 2>/dev/null) -MMD -MP
ldlibs	 = $(shell $(PKGCONFIG) --libs $(PKGS) 2>/dev/null)
ldflags	 = -pie -Wl,-z,relro,-z,now
san	 = -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
ifdef CROSS # libasan does not run under qemu-user; what UBSan finds ends the program there
san	 = -fsanitize=undefined -fsanitize-undefined-trap-on-error -fno-omit-frame-pointer
endif
BPFFLAGS = -g -O2 -target $(BPFTARGET) -mcpu=v3 $(WARN) -Iinclude -Ivmlinux -MMD -MP

CORE	 = $(wildcard user/core/*.c)
USER	 = $(wildcard user/*.c user/io/*.c) $(CORE)
USER_O	 = $(USER:%.c=$(BUILD)/%.o)
BPF	 = $(wildcard bpf/*.bpf.c)
SKEL	 = $(BPF:bpf/%.bpf.c=$(BUILD)/skel/%.skel.h)
UNIT	 = $(patsubst selftests/unit/%.c,$(BUILD)/unit/%,$(wildcard selftests/unit/test_*.c))
PROG	 = $(patsubst selftests/prog/%.c,$(BUILD)/prog/%,$(wildcard selftests/prog/test_*.c))
EXHAUST	 = $(patsubst selftests/exhaust/%.c,$(BUILD)/exhaust/%,$(wildcard selftests/exhaust/test_*.c))
FUZZ	 = $(patsubst selftests/fuzz/%.c,$(BUILD)/fuzz/%,$(wildcard selftests/fuzz/fuzz_*.c))
BENCH	 = $(BUILD)/bench/bench
COMPAT	 = $(BUILD)/6bed4peer $(BUILD)/6bed4router
FIXTURE_O = $(BUILD)/selftests/prog/fixture.o $(BUILD)/selftests/prog/self.o
TEST_SKEL = $(BUILD)/skel/poison.skel.h $(BUILD)/skel/bench_base.skel.h \
	    $(BUILD)/skel/bench_live.skel.h $(BUILD)/skel/flow.skel.h $(BUILD)/skel/flood.skel.h
NET	 = $(BUILD)/net/flow $(BUILD)/net/interrupt $(BUILD)/net/clock.so $(BUILD)/net/noseccomp.so \
	   $(BUILD)/bpf/guests.bpf.o

FUZZ_SECONDS ?= 60
SOAK_MINUTES ?= 20
SOAK_SEED ?=
KEEP	?= 0

.PHONY: all dist sysroot deb help deps deps-quiet install uninstall clean tests check check-quick check-long check-cross deps-cross check-vm deps-vm bench \
	fuzz fuzz-build soak demo demo-down demo-anycast lint
.DELETE_ON_ERROR:
.SECONDARY:

all: $(BUILD)/6bed4ctl $(COMPAT)

help:
	@echo 'make              build $(BUILD)/6bed4ctl'
	@echo 'make deps         install the Debian 12 packages that building and testing need'
	@echo 'make install      to $$(DESTDIR)$(PREFIX); make uninstall removes the same files'
	@echo 'make demo         a lab in network namespaces: router, peers, NAT, native host'
	@echo '                  (KEEP=1 leaves it up; make demo-down ends it)'
	@echo 'make demo-anycast two routers with one address: how peers share them, and what a failure costs'
	@echo 'make check        everything that has to pass, at most 25 minutes on 2 cores'
	@echo 'make check-quick  the part that runs in 90 seconds'
	@echo 'make check-long   the whole matrices'
	@echo 'make check-cross  arm64 and s390x: all builds, unit tests under qemu-user, fixtures under their kernels'
	@echo '                  (make CROSS=aarch64-linux-gnu BUILD=build/cross/arm64 sysroot all: docs/arm.md)'
	@echo 'make check-vm     fixtures and core scenarios on Debian 12'"'"'s kernel, Linux 6.1, under QEMU'
	@echo 'make bench        what each path costs, as ratios to plain forwarding; BENCH_JSON=FILE'
	@echo 'make fuzz         each fuzzer for FUZZ_SECONDS=$(FUZZ_SECONDS)'
	@echo 'make soak         SOAK_MINUTES=$(SOAK_MINUTES) of traffic and random faults, invariants each minute; SOAK_SEED=n'
	@echo 'make lint         include directions, manual, SPDX lines, cppcheck, clang-tidy'
	@echo 'make deb          the Debian package, in $(BUILD)/deb'
	@echo 'make dist         a tarball of what is committed, in $(BUILD)'
	@echo 'make clean        remove $(BUILD)'
	@echo 'V=1 shows commands. The kernel tests, demo and bench need root.'

# --- dependencies -------------------------------------------------------------------------------

deps:
	$(Q)tools/deps.sh $(DEBS)

deps-cross:
	$(Q)tools/deps.sh $(CROSS_DEBS)

# Where they cannot be had, what needs them is skipped, and says so.
deps-vm: deps
	-$(Q)tools/deps.sh $(VM_DEBS)

# --- build --------------------------------------------------------------------------------------

sysroot:
	$(Q)tools/sysroot.sh $(shell dpkg-architecture -t $(CROSS) -q DEB_HOST_ARCH 2>/dev/null) $(SYSROOT) $(CROSS_LIBS)

$(BUILD)/bpf/%.bpf.o: bpf/%.bpf.c
	@mkdir -p $(@D)
	$(call say,BPF,$<)
	$(Q)$(CLANG) $(BPFFLAGS) -MF $(@:.o=.d) -MT $@ -c $< -o $@.tmp
	$(Q)$(LLVM_STRIP) -g $@.tmp -o $@ && rm -f $@.tmp

$(BUILD)/skel/%.skel.h: $(BUILD)/bpf/%.bpf.o
	@mkdir -p $(@D)
	$(call say,SKEL,$@)
	$(Q)$(BPFTOOL) gen skeleton $< name $*_bpf > $@.tmp && mv $@.tmp $@

$(BUILD)/user/%.o: user/%.c | $(SKEL)
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(cflags) $(CFLAGS) $(HARDEN) -c $< -o $@

$(BUILD)/selftests/%.o: selftests/%.c | $(SKEL) $(TEST_SKEL)
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(cflags) $(CFLAGS) -Iselftests/prog -c $< -o $@

$(BUILD)/6bed4ctl: $(USER_O)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(ldflags) $^ $(ldlibs) -o $@

# The reference implementation's names of the same program.
$(COMPAT): | $(BUILD)/6bed4ctl
	$(Q)ln -sf 6bed4ctl $@

# --- tests --------------------------------------------------------------------------------------

# The pure code, with sanitizers: the core's objects once, a program per test.
DOCTOR	 = $(wildcard user/doctor.c user/doctor_*.c)
$(BUILD)/unit/test_doctor $(BUILD)/unit/test_doctor_nft: \
		$(patsubst %.c,$(BUILD)/san/%.o,$(filter-out user/doctor_facts.c user/doctor_machine.c,$(DOCTOR)))
$(BUILD)/unit/test_doctor $(BUILD)/unit/test_doctor_nft: unit_libs = -ljson-c

$(BUILD)/san/%.o: %.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(cflags) -O1 -g $(san) -c $< -o $@

$(BUILD)/unit/%: $(BUILD)/san/selftests/unit/%.o $(CORE:%.c=$(BUILD)/san/%.o) \
		$(addprefix $(BUILD)/san/user/,opt.o optval.o conf.o log.o sane.o words.o advice.o effective.o optfile.o doubts.o complete.o \
			gauges.o metrics.o http.o scrape.o packet.o pcapng.o) \
		$(addprefix $(BUILD)/san/user/io/,burst.o ctl.o gso.o gro.o notify.o parcel.o) \
		$(BUILD)/san/selftests/prog/self.o
	@mkdir -p $(@D)
	$(call say,UNIT,$@)
	$(Q)$(CC) $(san) $^ $(unit_libs) -lcmocka -o $@

$(BUILD)/unit/test_watch: $(BUILD)/san/user/watch.o
$(BUILD)/unit/test_health: $(BUILD)/san/user/health.o

# Everything there is of something: optimized, without sanitizers.
$(BUILD)/exhaust/%: $(BUILD)/selftests/exhaust/%.o $(BUILD)/selftests/prog/self.o
	@mkdir -p $(@D)
	$(call say,EXHAUST,$@)
	$(Q)$(CC) $(CFLAGS) $^ -lcmocka -lpthread -o $@

# The real objects under BPF_PROG_RUN.
$(BUILD)/prog/test_fastpath: $(addprefix $(BUILD)/user/io/,fastpath.o fastpath_attach.o fastpath_maps.o owner.o nl.o rtnl.o attach_xdp.o \
		attach_tc.o device.o pin.o) $(CORE:%.c=$(BUILD)/%.o)

$(BUILD)/prog/test_privs: $(addprefix $(BUILD)/user/io/,privs.o confine.o)

$(BUILD)/prog/%: $(BUILD)/selftests/prog/%.o $(FIXTURE_O)
	@mkdir -p $(@D)
	$(call say,PROG,$@)
	$(Q)$(CC) $(CFLAGS) $^ $(ldlibs) -lcmocka -lpthread -o $@

$(BUILD)/cov/%.o: %.c
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(cflags) -O1 -g $(san) -fsanitize=fuzzer-no-link -c $< -o $@

# What talks to the kernel is linked whole; the fuzzer stands in for the calls below it.
$(BUILD)/fuzz/fuzz_netlink: $(addprefix $(BUILD)/cov/user/io/,nl.o rtnl.o hops.o device.o)
$(BUILD)/fuzz/fuzz_netlink: fuzz_libs = -lmnl
$(BUILD)/fuzz/fuzz_maps: $(addprefix $(BUILD)/cov/user/,show.o cmd_status.o cmd_stats.o cmd_neigh.o show_neigh.o cmd_metrics.o words.o \
		advice.o watch.o cmd_watch.o term.o metrics.o gauges.o io/counters.o io/maps_view.o io/pin.o)
$(BUILD)/fuzz/fuzz_maps: fuzz_libs = -ljson-c
$(BUILD)/fuzz/fuzz_doctor: $(addprefix $(BUILD)/cov/user/,doctor_nft.o doctor_gai.o)
$(BUILD)/fuzz/fuzz_doctor: fuzz_libs = -ljson-c

$(BUILD)/fuzz/%: $(BUILD)/cov/selftests/fuzz/%.o $(CORE:%.c=$(BUILD)/cov/%.o) \
		$(addprefix $(BUILD)/cov/user/,opt.o optval.o conf.o sane.o http.o io/gso.o io/gro.o)
	@mkdir -p $(@D)
	$(call say,FUZZ,$@)
	$(Q)$(CLANG) $(san) -fsanitize=fuzzer $^ $(fuzz_libs) -o $@

fuzz-build: $(FUZZ)

# Tools of the scenarios.
$(BUILD)/net/flow: $(BUILD)/selftests/net/flow.o
	@mkdir -p $(@D)
	$(call say,NET,$@)
	$(Q)$(CC) $(CFLAGS) $^ $(ldlibs) -o $@

$(BUILD)/net/interrupt: $(BUILD)/selftests/net/interrupt.o
	@mkdir -p $(@D)
	$(call say,NET,$@)
	$(Q)$(CC) $(CFLAGS) $^ -o $@

$(BUILD)/net/%.so: selftests/net/%.c
	@mkdir -p $(@D)
	$(call say,NET,$@)
	$(Q)$(CC) $(WARN) $(CFLAGS) -D_GNU_SOURCE -fPIC -shared $< -o $@

# The generator of floods that a scenario uses.
$(BUILD)/bpf/%.bpf.o: selftests/flood/%.bpf.c
	@mkdir -p $(@D)
	$(call say,BPF,$<)
	$(Q)$(CLANG) $(BPFFLAGS) -MF $(@:.o=.d) -MT $@ -c $< -o $@

$(BUILD)/flood: $(BUILD)/selftests/flood/flood.o
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $^ $(ldlibs) -lpthread -o $@

tests: $(BUILD)/6bed4ctl $(COMPAT) $(UNIT) $(PROG) $(NET) $(BUILD)/flood

check: deps-vm
	$(Q)$(MAKE) --no-print-directory tests fuzz-build $(EXHAUST)
	$(Q)selftests/run --full

check-cross: deps deps-cross
	$(Q)selftests/run --long '^cross/'

check-quick:
	$(Q)$(MAKE) --no-print-directory tests
	$(Q)selftests/run --quick

check-long: deps-cross deps-vm
	$(Q)$(MAKE) --no-print-directory tests fuzz-build $(EXHAUST)
	$(Q)selftests/run --long

check-vm: deps-vm
	$(Q)$(MAKE) --no-print-directory tests
	$(Q)selftests/run --long '^vm/'

fuzz: $(FUZZ)
	$(Q)tools/fuzz.sh $(FUZZ_SECONDS) $(FUZZ)

soak: deps
	$(Q)$(MAKE) --no-print-directory $(BUILD)/6bed4ctl $(NET)
	$(Q)tools/soak.sh $(SOAK_MINUTES) $(SOAK_SEED)

lint: $(SKEL) $(BUILD)/6bed4ctl
	$(Q)tools/lint.sh
	$(Q)tools/manual.sh $(BUILD)/6bed4ctl docs/6bed4ctl.8
	$(Q)tools/analyze.sh $(BUILD)/skel

# --- bench and demo -----------------------------------------------------------------------------

$(BUILD)/bpf/%.bpf.o: selftests/prog/%.bpf.c
	@mkdir -p $(@D)
	$(call say,BPF,$<)
	$(Q)$(CLANG) $(BPFFLAGS) -MF $(@:.o=.d) -MT $@ -c $< -o $@

$(BUILD)/bpf/%.bpf.o: selftests/net/%.bpf.c
	@mkdir -p $(@D)
	$(call say,BPF,$<)
	$(Q)$(CLANG) $(BPFFLAGS) -MF $(@:.o=.d) -MT $@ -c $< -o $@

$(BUILD)/bpf/%.bpf.o: selftests/bench/%.bpf.c
	@mkdir -p $(@D)
	$(call say,BPF,$<)
	$(Q)$(CLANG) $(BPFFLAGS) -MF $(@:.o=.d) -MT $@ -Ibpf -c $< -o $@

$(BENCH): $(BUILD)/selftests/bench/bench.o $(FIXTURE_O)
	@mkdir -p $(@D)
	$(call say,BENCH,$@)
	$(Q)$(CC) $(CFLAGS) $^ $(ldlibs) -lcmocka -o $@

$(BUILD)/bench/neigh: $(BUILD)/selftests/bench/neigh.o $(FIXTURE_O) \
		$(addprefix $(BUILD)/user/io/,fastpath.o fastpath_attach.o fastpath_maps.o owner.o nl.o rtnl.o attach_xdp.o \
			attach_tc.o device.o pin.o) \
		$(CORE:%.c=$(BUILD)/%.o)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $^ $(ldlibs) -lcmocka -o $@

$(BUILD)/bench/live: $(BUILD)/selftests/bench/live.o
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $^ $(ldlibs) -o $@

$(BUILD)/bench/relay: $(BUILD)/selftests/bench/relay.o
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $^ -o $@

bench: $(BENCH) $(BUILD)/bench/neigh $(BUILD)/bench/live $(BUILD)/bench/relay $(BUILD)/6bed4ctl
	$(Q)BENCH_JSON=$(BENCH_JSON) selftests/bench/all.sh

demo: deps
	$(Q)$(MAKE) --no-print-directory all
	$(Q)KEEP=$(KEEP) tools/demo.sh up

demo-down:
	$(Q)tools/demo.sh down

demo-anycast: deps
	$(Q)$(MAKE) --no-print-directory all
	$(Q)tools/demo-anycast.sh

# --- installation -------------------------------------------------------------------------------

install: $(BUILD)/6bed4ctl
	install -d $(DESTDIR)$(SBINDIR) $(DESTDIR)$(MANDIR)/man8 $(DESTDIR)$(UNITDIR) $(DESTDIR)$(USERSDIR)
	install -d -m 750 $(DESTDIR)$(CONFDIR)
	install -m 755 $(BUILD)/6bed4ctl $(DESTDIR)$(SBINDIR)/6bed4ctl
	ln -sf 6bed4ctl $(DESTDIR)$(SBINDIR)/6bed4peer
	ln -sf 6bed4ctl $(DESTDIR)$(SBINDIR)/6bed4router
	install -m 644 docs/*.8 $(DESTDIR)$(MANDIR)/man8
	install -d $(DESTDIR)$(MANDIR)/man5 $(DESTDIR)$(MANDIR)/man7
	install -m 644 docs/6bed4.conf.5 $(DESTDIR)$(MANDIR)/man5
	install -m 644 docs/6bed4.7 $(DESTDIR)$(MANDIR)/man7
	install -d $(DESTDIR)$(DATADIR)
	install -m 644 tools/6bed4.lua $(DESTDIR)$(DATADIR)/6bed4.lua
	install -d $(DESTDIR)$(ANYCAST)
	install -m 644 docs/anycast.md $(DESTDIR)$(DOCDIR)
	install -m 644 $(filter-out $(ANYCAST_SH),$(wildcard tools/anycast/*)) $(DESTDIR)$(ANYCAST)
	install -m 755 $(ANYCAST_SH) $(DESTDIR)$(ANYCAST)
	install -d $(COMPLETIONS:%=$(DESTDIR)%)
	$(QEMU) $(BUILD)/6bed4ctl completion bash >$(DESTDIR)$(BASHDIR)/6bed4ctl
	$(QEMU) $(BUILD)/6bed4ctl completion zsh >$(DESTDIR)$(ZSHDIR)/_6bed4ctl
	$(QEMU) $(BUILD)/6bed4ctl completion fish >$(DESTDIR)$(FISHDIR)/6bed4ctl.fish
	sed 's|@SBINDIR@|$(SBINDIR)|' systemd/6bed4@.service.in >$(DESTDIR)$(UNITDIR)/6bed4@.service
	chmod 644 $(DESTDIR)$(UNITDIR)/6bed4@.service
	install -m 644 systemd/6bed4.sysusers $(DESTDIR)$(USERSDIR)/6bed4.conf

uninstall:
	rm -f $(DESTDIR)$(SBINDIR)/6bed4ctl $(DESTDIR)$(SBINDIR)/6bed4peer $(DESTDIR)$(SBINDIR)/6bed4router
	rm -f $(patsubst docs/%,$(DESTDIR)$(MANDIR)/man8/%,$(wildcard docs/*.8))
	rm -f $(DESTDIR)$(MANDIR)/man5/6bed4.conf.5 $(DESTDIR)$(MANDIR)/man7/6bed4.7
	rm -f $(DESTDIR)$(UNITDIR)/6bed4@.service $(DESTDIR)$(USERSDIR)/6bed4.conf
	rm -f $(DESTDIR)$(DATADIR)/6bed4.lua $(DESTDIR)$(DOCDIR)/anycast.md
	rm -f $(patsubst tools/anycast/%,$(DESTDIR)$(ANYCAST)/%,$(wildcard tools/anycast/*))
	rm -f $(DESTDIR)$(BASHDIR)/6bed4ctl $(DESTDIR)$(ZSHDIR)/_6bed4ctl $(DESTDIR)$(FISHDIR)/6bed4ctl.fish
	-rmdir $(DESTDIR)$(ANYCAST) $(DESTDIR)$(DOCDIR)/examples $(DESTDIR)$(DOCDIR) 2>/dev/null
	-rmdir $(DESTDIR)$(DATADIR) $(DESTDIR)$(CONFDIR) 2>/dev/null

# --- packages -----------------------------------------------------------------------------------

# Of what is committed; the same commit gives the same bytes.
dist:
	@mkdir -p $(BUILD)
	$(Q)git archive --format=tar --prefix=6bed4-$(VERSION)/ HEAD | gzip -9n >$(BUILD)/6bed4-$(VERSION).tar.gz
	@echo $(BUILD)/6bed4-$(VERSION).tar.gz

deb:
	$(Q)tools/deb.sh $(BUILD)/deb

clean:
	rm -rf $(BUILD)

-include $(shell find $(BUILD) \( -path $(BUILD)/deb -o -path $(BUILD)/cross -o -path $(BUILD)/root \) -prune -o -name '*.d' -type f -print 2>/dev/null)
