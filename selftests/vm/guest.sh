#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Inside the virtual machine, after init: mounts what a running system has, runs each line of
# /run/vm/jobs (NAME SECONDS COMMAND...), leaves its output in /run/vm/NAME.tap and the time that it took in
# /run/vm/NAME.time, and switches the machine off. Nothing is begun that may not end before the machine has to.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C
word() { tr ' ' '\n' </proc/cmdline | sed -n "s/^$1=//p"; }
TOP=$(word vm.top)
LEVEL=$(word vm.level)
VM_NICS=$(word vm.nics)
export LEVEL VM_NICS

mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
mount -t tmpfs shm /dev/shm
mount -t bpf bpf /sys/fs/bpf
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount -t tracefs tracefs /sys/kernel/tracing
mount -t debugfs debugfs /sys/kernel/debug
ln -sfn /proc/self/fd /dev/fd
ln -sfn fd/0 /dev/stdin && ln -sfn fd/1 /dev/stdout && ln -sfn fd/2 /dev/stderr
# What the scenarios use, where nothing loads it by itself.
for m in tun veth sch_ingress cls_bpf fou sit; do
	modprobe $m
done
ip link set lo up
# nic0a and nic0b are the ends of one cable: their addresses say so, in whatever order they were found.
for dev in /sys/class/net/eth*; do
	mac=$(cat "$dev/address")
	ip link set "${dev##*/}" name "nic$((0x${mac:12:2}))${mac:16:1}"
done
hostname vm
cd "$TOP" || exit
: >/run/vm/up

SECONDS_MAX=$(word vm.seconds)
while read -r name seconds command; do
	start=$SECONDS
	read -r up _ </proc/uptime
	[ $((${up%.*} + seconds + 20)) -le "$SECONDS_MAX" ] || continue
	# shellcheck disable=SC2086
	CMOCKA_MESSAGE_OUTPUT=TAP timeout -k 10 "$seconds" $command >"/run/vm/$name.tap" 2>&1 </dev/null
	echo "# exit $?" >>"/run/vm/$name.tap"
	echo $((SECONDS - start)) >"/run/vm/$name.time"
done </run/vm/jobs
dmesg >/run/vm/dmesg
: >/run/vm/done
busybox poweroff -f
