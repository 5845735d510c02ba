// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Gathering facts on the machine; see doctor_facts.h. Must not judge. Proved by selftests/net/test_doctor.sh.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/netfilter.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timex.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "doctor_facts.h"
#include "doctor_gai.h"
#include "io/caps.h"
#include "io/nft.h"

/* 1, 0, or unknown where nobody may ask. */
static int known(int answer)
{
	return answer < 0 ? DOCTOR_UNKNOWN : answer;
}

/* A program that returns at once is loaded, looked at, and gone with its descriptor. */
static int is_compiled(void)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	struct bpf_prog_info info = {};
	__u32 len = sizeof(info);
	int fd = bpf_prog_load(BPF_PROG_TYPE_XDP, "bed4_probe", "GPL", insns, 2, NULL), ret = DOCTOR_UNKNOWN;

	if (fd < 0)
		return ret;
	if (!bpf_obj_get_info_by_fd(fd, &info, &len))
		ret = info.jited_prog_len > 0;
	close(fd);
	return ret;
}

static void machine_bpf(struct doctor_machine *m)
{
	m->jit = is_compiled();
	m->btf = !access("/sys/kernel/btf/vmlinux", F_OK);
	m->ringbuf = m->lpm = m->xdp = m->cls = DOCTOR_UNKNOWN;
	if (m->jit != DOCTOR_UNKNOWN || !*m->missing) { /* who may not load cannot tell "no" from "not you" */
		m->ringbuf = known(libbpf_probe_bpf_map_type(BPF_MAP_TYPE_RINGBUF, NULL));
		m->lpm = known(libbpf_probe_bpf_map_type(BPF_MAP_TYPE_LPM_TRIE, NULL));
		m->xdp = known(libbpf_probe_bpf_prog_type(BPF_PROG_TYPE_XDP, NULL));
		m->cls = known(libbpf_probe_bpf_prog_type(BPF_PROG_TYPE_SCHED_CLS, NULL));
	}
}

/* Is the word in that file? -1: there is no such file. */
static int listed(const char *path, const char *word)
{
	char line[4096];
	int found = 0;
	FILE *f = fopen(path, "re");

	if (!f)
		return DOCTOR_UNKNOWN;
	while (!found && fgets(line, sizeof(line), f))
		found = strstr(line, word) != NULL;
	fclose(f);
	return found;
}

/* What is there already, what could be loaded, what is built in. */
static int has_clsact(const char *release)
{
	char path[256];

	if (!access("/sys/module/sch_ingress", F_OK))
		return 1;
	snprintf(path, sizeof(path), "/lib/modules/%.128s/modules.dep", release);
	if (listed(path, "/sch_ingress.ko") == 1)
		return 1;
	return listed("/proc/kallsyms", " clsact_init");
}

static void machine_kernel(struct doctor_machine *m)
{
	struct utsname u;
	char *end;

	if (uname(&u))
		return;
	m->major = (unsigned int)strtoul(u.release, &end, 10);
	if (*end == '.')
		m->minor = (unsigned int)strtoul(end + 1, NULL, 10);
	m->sch_ingress = has_clsact(u.release);
}

static void machine_access(struct doctor_machine *m)
{
	struct instance in = {};
	struct err e = {};
	struct stat st;
	int fd;

	if (caps_check(&e))
		snprintf(m->missing, sizeof(m->missing), "%.*s", (int)sizeof(m->missing) - 1, e.text);
	if (!instance_init(&in, "x", false, NULL))
		snprintf(m->bpffs, sizeof(m->bpffs), "%.*s", (int)sizeof(m->bpffs) - 1, in.root);
	if (*m->bpffs && !stat(m->bpffs, &st))
		m->bpffs_mode = st.st_mode;
	fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	m->tun = fd < 0 ? -errno : 0;
	if (fd >= 0)
		close(fd);
}

static void machine_clock(struct doctor_machine *m)
{
	struct timex t = {};
	time_t now = time(NULL);
	struct tm tm;

	m->unsynchronised = adjtimex(&t) < 0 ? DOCTOR_UNKNOWN : !!(t.status & STA_UNSYNC);
	m->year = gmtime_r(&now, &tm) ? tm.tm_year + 1900 : 0;
}

static char *read_text(const char *path, size_t max)
{
	FILE *f = fopen(path, "re");
	char *text = f ? calloc(1, max + 1) : NULL;

	if (text)
		text[fread(text, 1, max, f)] = 0;
	if (f)
		fclose(f);
	return text;
}

static void machine_firewall(struct doctor_machine *m)
{
	m->nft_err = nft_read(&m->nft);
	m->legacy_forward6 = nft_legacy_rules(AF_INET6, NF_INET_FORWARD);
	m->legacy_input4 = nft_legacy_rules(AF_INET, NF_INET_LOCAL_IN);
	m->ct_count = look_sysctl("net/netfilter/nf_conntrack_count");
	m->ct_max = look_sysctl("net/netfilter/nf_conntrack_max");
}

void facts_machine(struct doctor_machine *m)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	memset(m, 0, sizeof(*m));
	m->cpus = cpus > 0 ? (unsigned int)cpus : 1;
	m->initial = look_is_initial();
	machine_access(m);
	machine_kernel(m);
	machine_bpf(m);
	machine_clock(m);
	machine_firewall(m);
	m->gai = read_text("/etc/gai.conf", GAI_SIZE_MAX);
	m->forwarding6 = look_sysctl("net/ipv6/conf/all/forwarding");
	m->disable6 = look_sysctl("net/ipv6/conf/all/disable_ipv6");
	m->rp_filter = look_sysctl("net/ipv4/conf/all/rp_filter");
}

void facts_machine_free(struct doctor_machine *m)
{
	free(m->gai);
	free(m->nft);
}
