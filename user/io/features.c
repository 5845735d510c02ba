// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What the kernel offers, by trying; see features.h. libbpf's own probes where it has one; where a kernel takes
 * a program and lets it fail later, the program is run. Proved by selftests/net/test_look.sh and, on other
 * kernels, by what load does there.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <sched.h>
#include <seccomp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <xdp/libxdp.h>

#include "io/device.h"
#include "io/features.h"

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71
#endif

/* Younger than the headers that we build on. */
#define ROOM_ENCAP	   (1 << 1 | 1 << 4 | 1 << 5) /* outer IPv4, UDP; checksums stay */
#define ROOM_DECAP_IPV6	   (1 << 8 | 1 << 5)
#define XDP_HAS_FRAGS	   (1U << 5)
#define TCX_INGRESS	   46
#define OUTER_LEN	   28
#define BPFFS_MAGIC_NUMBER 0xcafe4a11

static enum feature_answer answer(bool yes)
{
	return yes ? FEATURE_YES : FEATURE_NO;
}

/* --- programs, maps, helpers ---------------------------------------------------------------------- */

static enum feature_answer of_probe(int ret)
{
	return ret < 0 ? FEATURE_UNKNOWN : answer(ret);
}

static enum feature_answer prog_type(int type)
{
	return of_probe(libbpf_probe_bpf_prog_type((enum bpf_prog_type)type, NULL));
}

static enum feature_answer map_type(int type)
{
	return of_probe(libbpf_probe_bpf_map_type((enum bpf_map_type)type, NULL));
}

static enum feature_answer xdp_helper(int id)
{
	return of_probe(libbpf_probe_bpf_helper(BPF_PROG_TYPE_XDP, (enum bpf_func_id)id, NULL));
}

static enum feature_answer tc_helper(int id)
{
	return of_probe(libbpf_probe_bpf_helper(BPF_PROG_TYPE_SCHED_CLS, (enum bpf_func_id)id, NULL));
}

#define INSN(code_, dst, src, off_, imm_) \
	{ .code = (code_), .dst_reg = (dst), .src_reg = (src), .off = (off_), .imm = (imm_) }
#define MOV(reg, value) INSN(BPF_ALU64 | BPF_MOV | BPF_K, reg, 0, 0, value)
#define CALL(id)	INSN(BPF_JMP | BPF_CALL, 0, 0, 0, id)
#define EXIT_()		INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)

static int load_insns(enum bpf_prog_type type, const struct bpf_insn *insns, size_t n, __u32 flags)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .prog_flags = flags);

	return bpf_prog_load(type, "bed4_probe", "GPL", insns, n, &opts);
}

static int load_nothing(enum bpf_prog_type type, int ret, __u32 flags)
{
	const struct bpf_insn insns[] = { MOV(BPF_REG_0, ret), EXIT_() };

	return load_insns(type, insns, sizeof(insns) / sizeof(*insns), flags);
}

static enum feature_answer closed(int fd)
{
	if (fd < 0)
		return FEATURE_NO;
	close(fd);
	return FEATURE_YES;
}

static enum feature_answer xdp_frags(int arg)
{
	(void)arg;
	return closed(load_nothing(BPF_PROG_TYPE_XDP, 2, XDP_HAS_FRAGS));
}

/* An Ethernet frame with IPv4, UDP and an empty IPv6 packet. */
static void fill_frame(__u8 frame[128])
{
	memset(frame, 0, 128);
	frame[12] = 0x08; /* IPv4 */
	frame[14] = 0x45;
	frame[17] = 128 - 14;
	frame[22] = 64;
	frame[23] = IPPROTO_UDP;
	frame[39] = 128 - 34;
	frame[42] = 0x60;
}

/* Makes room, or takes it away, and says what the helper returned: kernels know the flags at run time only. */
static enum feature_answer adjust_room(int flags)
{
	const struct bpf_insn insns[] = {
		MOV(BPF_REG_2, flags == ROOM_ENCAP ? OUTER_LEN : -OUTER_LEN), MOV(BPF_REG_3, BPF_ADJ_ROOM_MAC),
		MOV(BPF_REG_4, flags), CALL(BPF_FUNC_skb_adjust_room), EXIT_(),
	};
	int fd = load_insns(BPF_PROG_TYPE_SCHED_CLS, insns, sizeof(insns) / sizeof(*insns), 0), err;
	__u8 frame[128], out[256];
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = frame, .data_size_in = sizeof(frame), .data_out = out,
		    .data_size_out = sizeof(out));

	if (fd < 0)
		return FEATURE_NO;
	fill_frame(frame);
	err = bpf_prog_test_run_opts(fd, &run);
	close(fd);
	return err ? FEATURE_UNKNOWN : answer(!run.retval);
}

static enum feature_answer map_memory(int arg)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_MMAPABLE);
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "bed4_probe", 4, 4096, 1, &opts);
	void *p;

	(void)arg;
	if (fd < 0)
		return FEATURE_NO;
	p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	return p == MAP_FAILED ? FEATURE_NO : answer(!munmap(p, 4096));
}

static enum feature_answer kernel_btf(int arg)
{
	struct btf *btf = btf__load_vmlinux_btf();

	(void)arg;
	if (libbpf_get_error(btf))
		return FEATURE_NO;
	btf__free(btf);
	return FEATURE_YES;
}

static enum feature_answer jit(int arg)
{
	int fd = open("/proc/sys/net/core/bpf_jit_enable", O_RDONLY | O_CLOEXEC);
	char c = 0;

	(void)arg;
	if (fd < 0)
		return FEATURE_UNKNOWN; /* no such file in a network namespace of its own */
	if (read(fd, &c, 1) != 1)
		c = 0;
	close(fd);
	return c ? answer(c != '0') : FEATURE_UNKNOWN;
}

/* --- in a network namespace that nobody sees ------------------------------------------------------ */

/* A TUN device in the present namespace; its descriptor or -1. */
static int make_tun(short flags, unsigned int *ifindex)
{
	struct ifreq ifr = { .ifr_flags = flags };
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

	if (fd >= 0 && ioctl(fd, TUNSETIFF, &ifr)) {
		close(fd);
		fd = -1;
	}
	if (ifindex)
		*ifindex = fd < 0 ? 0 : if_nametoindex(ifr.ifr_name);
	return fd;
}

static enum feature_answer tun(int arg)
{
	(void)arg;
	return closed(make_tun(IFF_TUN | IFF_NO_PI, NULL));
}

static enum feature_answer tun_offload(int arg)
{
	int fd = make_tun(IFF_TUN | IFF_NO_PI | IFF_VNET_HDR, NULL);
	bool yes = fd >= 0 && !ioctl(fd, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO6 | TUN_F_TSO_ECN);

	(void)arg;
	closed(fd);
	return answer(yes);
}

static enum feature_answer clsact(int arg)
{
	unsigned int ifindex;
	int fd = make_tun(IFF_TUN | IFF_NO_PI, &ifindex), prog, err = -1;
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)ifindex, .attach_point = BPF_TC_EGRESS);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = 1, .priority = 1);

	(void)arg;
	if (fd < 0)
		return FEATURE_UNKNOWN;
	prog = load_nothing(BPF_PROG_TYPE_SCHED_CLS, -1, 0);
	opts.prog_fd = prog;
	if (prog >= 0 && !bpf_tc_hook_create(&hook))
		err = bpf_tc_attach(&hook, &opts);
	closed(prog);
	closed(fd);
	return answer(!err);
}

static enum feature_answer tcx(int arg)
{
	unsigned int ifindex;
	int fd = make_tun(IFF_TUN | IFF_NO_PI, &ifindex), prog, link = -1;

	(void)arg;
	if (fd < 0)
		return FEATURE_UNKNOWN;
	prog = load_nothing(BPF_PROG_TYPE_SCHED_CLS, -1, 0);
	if (prog >= 0)
		link = bpf_link_create(prog, (int)ifindex, (enum bpf_attach_type)TCX_INGRESS, NULL);
	closed(prog);
	closed(fd);
	return closed(link);
}

/* XDP in the kernel's own hook, which every device has. */
static enum feature_answer xdp_generic(int arg)
{
	unsigned int ifindex;
	int fd = make_tun(IFF_TAP | IFF_NO_PI, &ifindex), prog, err = -1;

	(void)arg;
	if (fd < 0)
		return FEATURE_UNKNOWN;
	prog = load_nothing(BPF_PROG_TYPE_XDP, 2, 0);
	if (prog >= 0)
		err = bpf_xdp_attach((int)ifindex, prog, XDP_FLAGS_SKB_MODE, NULL);
	closed(prog);
	closed(fd);
	return answer(!err);
}

/* --- the rest of the kernel ------------------------------------------------------------------------ */

static enum feature_answer udp_option(int option)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), on = 1;
	bool yes = fd >= 0 && !setsockopt(fd, IPPROTO_UDP, option, &on, sizeof(on));

	closed(fd);
	return answer(yes);
}

static enum feature_answer netns_cookie(int arg)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	unsigned long long cookie;
	socklen_t len = sizeof(cookie);
	bool yes = fd >= 0 && !getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &len);

	(void)arg;
	closed(fd);
	return answer(yes);
}

static enum feature_answer pidfd(int arg)
{
	(void)arg;
	return closed((int)syscall(SYS_pidfd_open, getpid(), 0));
}

static enum feature_answer seccomp_filter(int arg)
{
	(void)arg;
	return answer(seccomp_api_get() >= 3); /* asks the kernel; 3: it has KILL_PROCESS */
}

static enum feature_answer bpffs(int arg)
{
	static const char *const paths[] = { "/sys/fs/bpf", "/run/6bed4/bpf" };
	struct statfs fs;
	size_t i;

	(void)arg;
	for (i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		if (!statfs(paths[i], &fs) && (unsigned int)fs.f_type == BPFFS_MAGIC_NUMBER)
			return FEATURE_YES;
	}
	return FEATURE_NO;
}

static enum feature_answer ipv6(int arg)
{
	(void)arg;
	return closed(socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0));
}

static enum feature_answer file_says_on(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char c = 0;

	if (fd < 0)
		return FEATURE_NO;
	if (read(fd, &c, 1) != 1)
		c = '0';
	close(fd);
	return answer(c != '0');
}

static enum feature_answer forwarding(int arg)
{
	(void)arg;
	return file_says_on("/proc/sys/net/ipv6/conf/all/forwarding");
}

static enum feature_answer capability(int cap)
{
	cap_t caps = cap_get_proc();
	cap_flag_value_t value = CAP_CLEAR;
	int err;

	if (!caps)
		return FEATURE_UNKNOWN;
	err = cap_get_flag(caps, cap, CAP_EFFECTIVE, &value);
	cap_free(caps);
	return err ? FEATURE_NO : answer(value == CAP_SET);
}

/* --- the table ------------------------------------------------------------------------------------- */

enum { AS_IS, BY_BPF, IN_NETNS }; /* needs privileges for BPF; is to be asked in a namespace of its own */

static const struct probe {
	int how;
	enum feature_answer (*ask)(int arg);
	int arg;
} probes[] = {
#define X(group, name, need, how, ask, arg, use, without) { how, ask, arg },
#include "io/features_table.h"
#undef X
};

const struct feature features[] = {
#define X(group, name, need, how, ask, arg, use, without) { group, name, need, use, without },
#include "io/features_table.h"
#undef X
	{ .name = NULL },
};

#define PROBES (sizeof(probes) / sizeof(*probes))

_Static_assert(PROBES <= FEATURES_MAX, "FEATURES_MAX");

static bool may_bpf(void)
{
	return capability(CAP_SYS_ADMIN) == FEATURE_YES ||
	       (capability(CAP_BPF) == FEATURE_YES && capability(CAP_PERFMON) == FEATURE_YES &&
		capability(CAP_NET_ADMIN) == FEATURE_YES);
}

/* The child: answers one by one, until it may not. */
static void ask_in_netns(int fd)
{
	enum feature_answer a;
	size_t i;

	if (unshare(CLONE_NEWNET))
		return;
	for (i = 0; i < PROBES; i++) {
		a = probes[i].how == IN_NETNS ? probes[i].ask(probes[i].arg) : FEATURE_UNKNOWN;
		if (write(fd, &a, sizeof(a)) != sizeof(a))
			return;
	}
}

/* A child with a network namespace of its own, so that nothing of this one's is touched. */
static void from_child(enum feature_answer into[FEATURES_MAX])
{
	enum feature_answer a;
	int fds[2];
	size_t i;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC))
		return;
	pid = fork();
	if (!pid) {
		close(fds[0]);
		ask_in_netns(fds[1]);
		_exit(0);
	}
	close(fds[1]);
	for (i = 0; pid > 0 && i < PROBES && read(fds[0], &a, sizeof(a)) == sizeof(a); i++) {
		if (probes[i].how == IN_NETNS)
			into[i] = a;
	}
	close(fds[0]);
	if (pid > 0)
		waitpid(pid, NULL, 0);
}

static int say_nothing(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	(void)level;
	(void)fmt;
	(void)ap;
	return 0;
}

void features_probe(enum feature_answer into[FEATURES_MAX])
{
	bool may = may_bpf();
	size_t i;

	libbpf_set_print(say_nothing);
	for (i = 0; i < PROBES; i++) {
		into[i] = FEATURE_UNKNOWN;
		if (probes[i].how == AS_IS || (probes[i].how == BY_BPF && may))
			into[i] = probes[i].ask(probes[i].arg);
	}
	if (may && capability(CAP_SYS_ADMIN) == FEATURE_YES)
		from_child(into);
}

/* --- devices and versions --------------------------------------------------------------------------- */

void features_of_device(unsigned int ifindex, struct feature_device *d)
{
	uint64_t bits;

	*d = (struct feature_device){ .xdp = FEATURE_UNKNOWN, .redirect = FEATURE_UNKNOWN, .frags = FEATURE_UNKNOWN };
	device_driver(ifindex, d->driver);
	if (!device_xdp_features(ifindex, &bits))
		return;
	d->xdp = answer(bits & DEVICE_XDP_BASIC);
	d->redirect = answer(bits & DEVICE_XDP_XMIT);
	d->frags = answer(bits & DEVICE_XDP_FRAGS);
}

void features_kernel(char buf[FEATURES_VERSION])
{
	struct utsname u;

	buf[0] = 0;
	if (!uname(&u))
		snprintf(buf, FEATURES_VERSION, "%.60s", u.release);
}

void features_libbpf(char buf[FEATURES_VERSION])
{
	snprintf(buf, FEATURES_VERSION, "%s", libbpf_version_string() + (*libbpf_version_string() == 'v'));
}

/* libxdp has no call for it: its file's name, behind the links, ends with the version. */
void features_libxdp(char buf[FEATURES_VERSION])
{
	char path[PATH_MAX];
	const char *at;
	Dl_info info;

	buf[0] = 0;
	if (!dladdr((void *)xdp_program__close, &info) || !realpath(info.dli_fname, path))
		return;
	at = strstr(path, ".so.");
	if (at)
		snprintf(buf, FEATURES_VERSION, "%.60s", at + 4);
}
