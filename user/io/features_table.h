/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * X(group, name, need, how to ask, probe, its argument, what we use it for, what becomes of that without it).
 * Read twice by features.c, with different meanings of X: once for what is said, once for what is asked.
 */
X("privileges", "CAP_NET_ADMIN", FEATURE_NEEDED, AS_IS, capability, CAP_NET_ADMIN,
  "TUN device, addresses, routes, attaching", "load and unload refuse: run them as root")
X("privileges", "CAP_BPF", FEATURE_NEEDED, AS_IS, capability, CAP_BPF,
  "maps and programs", "load and unload refuse: run them as root")
X("privileges", "CAP_PERFMON", FEATURE_NEEDED, AS_IS, capability, CAP_PERFMON,
  "programs without the slow checks for the unprivileged", "load refuses: run it as root")
X("privileges", "CAP_SYS_ADMIN", FEATURE_BETTER, AS_IS, capability, CAP_SYS_ADMIN,
  "mounting a bpffs where there is none", "a bpffs has to be mounted already")

X("maps", "array", FEATURE_NEEDED, BY_BPF, map_type, BPF_MAP_TYPE_ARRAY,
  "what an instance is, next hops", "nothing can be loaded")
X("maps", "array-mmap", FEATURE_NEEDED, BY_BPF, map_memory, 0,
  "the daemon's counters, without a system call", "nothing can be loaded")
X("maps", "percpu-array", FEATURE_NEEDED, BY_BPF, map_type, BPF_MAP_TYPE_PERCPU_ARRAY,
  "counters", "nothing can be loaded")
X("maps", "hash", FEATURE_NEEDED, BY_BPF, map_type, BPF_MAP_TYPE_HASH,
  "neighbours", "nothing can be loaded")
X("maps", "lru-hash", FEATURE_NEEDED, BY_BPF, map_type, BPF_MAP_TYPE_LRU_HASH,
  "gateways in use, to be kept fresh", "nothing can be loaded")
X("maps", "lpm-trie", FEATURE_NEEDED, BY_BPF, map_type, BPF_MAP_TYPE_LPM_TRIE,
  "--permit-v4, --deny-v4", "nothing can be loaded")
X("maps", "ringbuf", FEATURE_NEEDED, BY_BPF, map_type, BPF_MAP_TYPE_RINGBUF,
  "telling the daemon of new neighbours", "nothing can be loaded")

X("programs", "socket-filter", FEATURE_NEEDED, BY_BPF, prog_type, BPF_PROG_TYPE_SOCKET_FILTER,
  "the guard against loops on the TUN device", "nothing can be loaded")
X("programs", "syscall", FEATURE_NEEDED, BY_BPF, prog_type, BPF_PROG_TYPE_SYSCALL,
  "changing a neighbour without losing its counts", "nothing can be loaded")
X("programs", "tc", FEATURE_NEEDED, BY_BPF, prog_type, BPF_PROG_TYPE_SCHED_CLS,
  "--fast-path tc, and what XDP leaves to it", "only --fast-path off")
X("programs", "xdp", FEATURE_BETTER, BY_BPF, prog_type, BPF_PROG_TYPE_XDP,
  "--fast-path native and generic", "auto takes tc")
X("programs", "xdp-generic", FEATURE_BETTER, IN_NETNS, xdp_generic, 0,
  "--fast-path generic, with any driver", "use tc")
X("programs", "xdp-frags", FEATURE_BETTER, BY_BPF, xdp_frags, 0,
  "XDP on devices with an MTU of more than 1500", "use tc there")
X("programs", "freplace", FEATURE_BETTER, BY_BPF, prog_type, BPF_PROG_TYPE_EXT,
  "libxdp's dispatcher: XDP programs of others beside ours", "ours is alone; one that is there stays, and load says so")
X("programs", "jit", FEATURE_BETTER, AS_IS, jit, 0,
  "programs as machine code", "interpreted, many times slower: sysctl net.core.bpf_jit_enable=1")
X("programs", "btf", FEATURE_BETTER, AS_IS, kernel_btf, 0,
  "libxdp's dispatcher, field names in bpftool", "as without freplace")

X("helpers", "tc-decap-ipv6", FEATURE_BETTER, BY_BPF, adjust_room, ROOM_DECAP_IPV6,
  "stripping in TC, by one call", "tc-change-proto does it, but not for datagrams that the kernel has merged")
X("helpers", "tc-change-proto", FEATURE_BETTER, BY_BPF, tc_helper, BPF_FUNC_skb_change_proto,
  "stripping in TC before Linux 6.3", "TC may have to pass what comes in to the daemon; XDP strips all the same")
X("helpers", "tc-encap-udp", FEATURE_BETTER, BY_BPF, adjust_room, ROOM_ENCAP,
  "encapsulating in TC", "the daemon sends")
X("helpers", "tc-redirect-neigh", FEATURE_NEEDED, BY_BPF, tc_helper, BPF_FUNC_redirect_neigh,
  "sending with the kernel's neighbour table", "only --fast-path off")
X("helpers", "tc-change-head", FEATURE_NEEDED, BY_BPF, tc_helper, BPF_FUNC_skb_change_head,
  "encapsulating from the TUN device", "only --fast-path off")
X("helpers", "tc-csum-diff", FEATURE_NEEDED, BY_BPF, tc_helper, BPF_FUNC_csum_diff,
  "checksums of the outer header", "only --fast-path off")
X("helpers", "xdp-fib-lookup", FEATURE_BETTER, BY_BPF, xdp_helper, BPF_FUNC_fib_lookup,
  "routing in XDP", "use tc: the kernel routes")
X("helpers", "xdp-adjust-head", FEATURE_BETTER, BY_BPF, xdp_helper, BPF_FUNC_xdp_adjust_head,
  "stripping and encapsulating in XDP", "use tc")
X("helpers", "xdp-adjust-meta", FEATURE_BETTER, BY_BPF, xdp_helper, BPF_FUNC_xdp_adjust_meta,
  "handing stripped packets to TC", "use tc")
X("helpers", "xdp-adjust-tail", FEATURE_BETTER, BY_BPF, xdp_helper, BPF_FUNC_xdp_adjust_tail,
  "answering Packet Too Big in XDP", "use tc")
X("helpers", "xdp-get-buff-len", FEATURE_BETTER, BY_BPF, xdp_helper, BPF_FUNC_xdp_get_buff_len,
  "frames in several buffers", "use tc")
X("helpers", "ringbuf-output", FEATURE_NEEDED, BY_BPF, tc_helper, BPF_FUNC_ringbuf_output,
  "telling the daemon of new neighbours", "only --fast-path off")
X("helpers", "ktime-get-boot-ns", FEATURE_NEEDED, BY_BPF, tc_helper, BPF_FUNC_ktime_get_boot_ns,
  "when a neighbour was last heard", "only --fast-path off")
X("helpers", "jiffies64", FEATURE_NEEDED, BY_BPF, tc_helper, BPF_FUNC_jiffies64,
  "the age of a cached next hop", "only --fast-path off")

X("attaching", "clsact", FEATURE_NEEDED, IN_NETNS, clsact, 0,
  "attaching TC programs", "only --fast-path off: is the module sch_ingress there?")
X("attaching", "tcx", FEATURE_SPARE, IN_NETNS, tcx, 0,
  "nothing: clsact works everywhere, and `tc filter show` shows it", "nothing is missed")

X("system", "tun", FEATURE_NEEDED, IN_NETNS, tun, 0,
  "the tunnel's device", "nothing can be loaded: `modprobe tun`, or give the container /dev/net/tun")
X("system", "tun-offload", FEATURE_BETTER, IN_NETNS, tun_offload, 0,
  "TCP segments of up to 64 KB through the daemon", "the daemon takes packets one by one")
X("system", "ipv6", FEATURE_NEEDED, AS_IS, ipv6, 0,
  "what the tunnel is for", "nothing can be loaded: is the kernel booted with ipv6.disable=1?")
X("system", "ipv6-forwarding", FEATURE_BETTER, AS_IS, forwarding, 0,
  "a router; a peer does not need it", "`sysctl -w net.ipv6.conf.all.forwarding=1` before a router is loaded")
X("system", "bpffs", FEATURE_BETTER, AS_IS, bpffs, 0,
  "pinned maps: what is loaded outlives its daemon", "load mounts one at /sys/fs/bpf, or at /run/6bed4/bpf")
X("system", "udp-gro", FEATURE_BETTER, AS_IS, udp_option, UDP_GRO,
  "the daemon receives several datagrams at once", "it receives them one by one")
X("system", "netns-cookie", FEATURE_NEEDED, AS_IS, netns_cookie, 0,
  "telling network namespaces apart", "nothing can be loaded")
X("system", "pidfd", FEATURE_BETTER, AS_IS, pidfd, 0,
  "--foreground: waiting for a daemon", "--foreground refuses")
X("system", "seccomp", FEATURE_BETTER, AS_IS, seccomp_filter, 0,
  "the daemon's filter of system calls", "load refuses to run without")
