#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# modes: native off
# long: native tc off
#
# TCP in bulk stays in pieces of many segments, each way as far as its mode can: by TC whole, by XDP on a
# peer merged again for the stack, by the daemon cut and merged; and what leaves the tunnel is as good
# for devices that can segment as for those that cannot. Every file arrives as it was.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=topology.sh
. "$(dirname "$0")/topology.sh"
MODE=${1:-tc}
PEER_MODE=$MODE

# Devices that take packets of 64 KB and open checksums, as most do; but not in front of XDP.
offload() {
	local end
	for end in "router eth0" "inet r0" "inet p1" "peer1 eth0" "router v6" "host6 eth0"; do
		# shellcheck disable=SC2086
		set -- $end
		ns "$1" ethtool -K "$2" tx on sg on tso on gso on gro on >/dev/null
	done
}

# mean NS HOOK OUTCOME: bytes of IPv6 per packet so far
mean() {
	ns "$1" "$CTL" stats eth0 -j |
		jq "[.instances[0].hooks[] | select(.hook == \"$2\") | .outcomes[] |
		     select(.name == \"$3\")][0] | if .packets then .bytes / .packets | floor else 0 end"
}
# mean_dev NS rx|tx: bytes per packet that the kernel has counted on the TUN device
mean_dev() { ns "$1" ip -j -s link show 6bed4 | jq ".[0].stats64.$2 | .bytes / (.packets + 0.001) | floor"; }
larger() { [ "$1" -gt "$2" ] || { echo "mean size $1, expected more than $2"; return 1; }; }

mkdir "$WORK/www"
head -c 12000000 /dev/urandom >"$WORK/www/file"
lab
warm_up
[ "$MODE" = native ] || offload
check "router loads ($MODE)" load_router "$MODE"
check "peer1 loads ($MODE)" load_peer peer1
A1=$(address peer1)

check "native fetches a file from peer" fetch host6 peer1 "$A1"
case $MODE in
tc)
	check "  sent whole" larger "$(mean peer1 tc-out out-router)" 8000
	check "  decapsulated whole" larger "$(mean router tc-in in-native)" 8000
	;;
off)
	check "  taken whole from the TUN device" larger "$(mean_dev peer1 tx)" 8000
	check "  written merged to the TUN device" larger "$(mean_dev router rx)" 2600
	;;
esac

check "peer fetches a file from native" fetch peer1 host6 $HOST6
case $MODE in
tc)
	check "  encapsulated whole" larger "$(mean router tc-out out)" 4000
	check "  received whole" larger "$(mean peer1 tc-in in-local)" 4000
	;;
native) check "  merged for the stack behind XDP" larger "$(mean peer1 tc-in stripped)" 2600 ;;
off) check "  written merged to the TUN device" larger "$(mean_dev peer1 rx)" 2600 ;;
esac

ns router ethtool -K v6 tx off sg off tso off gso off >/dev/null
check "the IPv6 side cannot segment: native fetches a file from peer" fetch host6 peer1 "$A1"
ns peer1 ethtool -K eth0 tx off sg off tso off gso off >/dev/null
ns router ethtool -K eth0 tx off sg off tso off gso off >/dev/null
check "nor can the underlay: native fetches a file from peer" fetch host6 peer1 "$A1"
check "  and peer from native" fetch peer1 host6 $HOST6
finish
