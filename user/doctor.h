/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * `doctor`: facts about the machine and an instance are gathered first (doctor_facts.c), then checks, which
 * are functions of facts alone, report what they find. A finding is one line with the command that mends it.
 * Names among the facts are plain (doctor_is_plain()), for they stand in commands.
 */
#ifndef DOCTOR_H
#define DOCTOR_H

#include "io/ethtool.h"
#include "io/look.h"
#include "show.h"

#define DOCTOR_DEVS	 (2 + BED4_V6DEV_MAX)
#define DOCTOR_DEFAULTS	 8
#define DOCTOR_FINDINGS	 192 /* of one report; there are fewer checks times devices */
#define DOCTOR_TEXT	 320
#define DOCTOR_FIX	 640
#define DOCTOR_UNKNOWN	 (-1) /* of answers that are numbers or 1 and 0: nobody tells */
#define DOCTOR_NO_ROLE	 (-1) /* not loaded, and no configuration file says */

/* --- facts --------------------------------------------------------------------------------------- */

/* Of the machine and this network namespace, whatever is loaded. */
struct doctor_machine {
	unsigned int major, minor; /* of the kernel */
	int jit, btf, ringbuf, lpm, xdp, cls; /* has it that? */
	int sch_ingress;
	bool initial; /* the machine's own network namespace */
	char bpffs[64]; /* where one is in sight; "" nowhere */
	unsigned int bpffs_mode;
	char missing[256]; /* what loading needs and this process has not; "" nothing */
	int tun; /* /dev/net/tun: 0 or -errno */
	int unsynchronised; /* the wall clock */
	int year;
	unsigned int cpus;
	char *gai; /* /etc/gai.conf, NULL: there is none */
	char *nft; /* the ruleset as JSON, NULL: it could not be read */
	int nft_err; /* why */
	int legacy_forward6, legacy_input4, legacy_output4; /* nft_legacy_rules() */
	long ct_count, ct_max; /* connections tracked */
	long forwarding6, disable6, rp_filter; /* net.*.conf.all */
};

struct doctor_dev {
	char name[16];
	bool there, up, running;
	bool vlans; /* VLAN devices stand on it */
	unsigned int ifindex, mtu;
	char kind[16], driver[32];
	char master[16], master_kind[16]; /* what it belongs to; "" nothing */
	char lower[16]; /* what a VLAN stands on */
	struct ethtool_state eth;
	int redirects; /* can it send what XDP redirects to it? */
	int redirects_frags; /* in frames of several buffers, too? */
	char far[16], far_ns[64]; /* of a veth, the other end; "" not to be seen, "" this namespace */
	struct ethtool_state far_eth;
	int xdp_ours, xdp_others; /* programs on it */
	int tc_ours, tc_others; /* filters on ingress (egress of the TUN device); others: before ours */
	long forwarding4, forwarding6, rp_filter, accept_ra, disable6; /* sysctls */
	int irqs, irq_cpus; /* its interrupts, and how many CPUs may serve one of them */
};

/* An instance, or a device that might become one. */
struct doctor_target {
	char iface[BED4_NAME_LEN];
	const struct show *show; /* NULL: not loaded */
	int role; /* enum bed4_role or DOCTOR_NO_ROLE */
	enum bed4_mode mode; /* in effect, or what would be tried */
	enum bed4_forward forward;
	unsigned int mtu, port; /* port: 0 not known yet */
	__be32 listen, server; /* 0: not known */
	bool default_route, df, auto_mode;
	struct doctor_dev dev[DOCTOR_DEVS]; /* the underlay, the TUN device where loaded, the IPv6 side */
	unsigned int devs, first_v6;
	struct look_route default4[DOCTOR_DEFAULTS], default6[DOCTOR_DEFAULTS];
	int default4_count, default6_count; /* or -errno */
	int server_err, prefix_err; /* of the routes to them */
	struct look_route to_server, to_prefix;
	int label; /* the kernel has one for the prefix */
	int listen_own; /* `listen` is an address of this machine */
	int port_bound; /* somebody is bound to it */
	int addr_on_tun;
	char tun_shared[BED4_NAME_LEN]; /* another instance with the same TUN device; "" none */
	char conf_error[DOCTOR_TEXT / 2]; /* what is wrong with its configuration file; "" nothing */
	const char *tun_manager; /* who manages it but us; NULL nobody */
	char load[BED4_OPTIONS_LEN + 64]; /* the command that loads it again */
};

/* --- findings ------------------------------------------------------------------------------------ */

enum doctor_severity { DOCTOR_OK, DOCTOR_SKIP, DOCTOR_NOTE, DOCTOR_WARN, DOCTOR_FAIL };

struct doctor_finding {
	enum doctor_severity severity;
	const char *id;
	char iface[BED4_NAME_LEN]; /* "": the machine */
	char text[DOCTOR_TEXT], fix[DOCTOR_FIX]; /* fix "": nothing to mend */
};

struct doctor_report {
	struct doctor_finding *findings; /* DOCTOR_FINDINGS of them, the caller's */
	unsigned int count;
};

/* What a check is given. */
struct doctor {
	const struct doctor_machine *m;
	const struct doctor_target *t; /* NULL where the check is about the machine */
	struct doctor_report *report;
	const char *id; /* of the check at work */
};

/*
 * A check: when nothing is reported by @run, it is fine, as @fine says. @applies NULL: always. Ids are
 * stable: scripts know them.
 */
struct doctor_check {
	const char *id, *fine;
	bool (*applies)(const struct doctor *d);
	void (*run)(struct doctor *d);
};

extern const struct doctor_check doctor_machine_checks[], doctor_device_checks[], doctor_net_checks[],
	doctor_firewall_checks[], doctor_state_checks[]; /* each ends with an id of NULL */

/* Runs all checks of the machine, or of @t, into @report. */
void doctor_examine_machine(const struct doctor_machine *m, struct doctor_report *report);
void doctor_examine(const struct doctor_machine *m, const struct doctor_target *t, struct doctor_report *report);

/* Reports; doctor_fix() gives the command that mends the last finding. A full report takes no more. */
__attribute__((format(printf, 3, 4))) void doctor_add(struct doctor *d, enum doctor_severity severity,
						       const char *fmt, ...);
__attribute__((format(printf, 2, 3))) void doctor_fix(struct doctor *d, const char *fmt, ...);

const char *doctor_severity_name(enum doctor_severity severity);

/* The worst of all findings; DOCTOR_OK of an empty report. */
enum doctor_severity doctor_worst(const struct doctor_report *report);

/* --- what checks share --------------------------------------------------------------------------- */

bool doctor_is_loaded(const struct doctor *d);
bool doctor_is_router(const struct doctor *d);
bool doctor_is_peer(const struct doctor *d);
bool doctor_has_xdp(const struct doctor *d); /* in effect or going to be tried, native or generic */
bool doctor_is_xdp_dev(const struct doctor *d, unsigned int i); /* one that XDP is, or would be, on */

/*
 * May @s stand in a command for a shell? Anybody who has a network namespace of his own gives devices such
 * names as he likes.
 */
bool doctor_is_plain(const char *s);

/* "net.ipv4.conf.eth0.rp_filter", with slashes where the device's name has a dot in it. */
const char *doctor_sysctl_name(const char *family, const char *dev, const char *name, char buf[96]);

/* Does the line "@name @value" stand in the effective options? @value NULL: whatever it is. */
bool doctor_has_option(const struct doctor_target *t, const char *name, const char *value);

#endif
