#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# modes: s390x
# only: --full
#
# What depends on byte order and is quickly seen: BPF objects of both orders, and the unit tests that read and write
# words, on a big-endian machine. The long run has test_arch.sh, which does all.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

ready clang
UNITS=(test_addr test_csum test_pcapng)
check "what is byte-order sensitive builds for $ARCH" make_cross "$OUT"/bpf/bed4_{xdp,tc}.bpf.o "${UNITS[@]/#/$OUT/unit/}"
check "BPF objects are of the target's byte order" of_order "$ORDER" "$OUT"/bpf/bed4_{xdp,tc}.bpf.o
for unit in "${UNITS[@]}"; do
	unit_program "$unit"
done
finish
