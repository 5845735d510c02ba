// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Privileges; see caps.h. Proved by selftests/net. */
#include <errno.h>
#include <stdbool.h>
#include <sys/capability.h>

#include "io/caps.h"

static bool have(cap_t caps, cap_value_t cap)
{
	cap_flag_value_t value = CAP_CLEAR;

	return !cap_get_flag(caps, cap, CAP_EFFECTIVE, &value) && value == CAP_SET;
}

int caps_check(struct err *e)
{
	cap_t caps = cap_get_proc();
	bool admin, net, bpf, perfmon;

	if (!caps)
		return err_set(e, -errno, "cannot read this process's capabilities");
	admin = have(caps, CAP_SYS_ADMIN);
	net = have(caps, CAP_NET_ADMIN);
	bpf = have(caps, CAP_BPF);
	perfmon = have(caps, CAP_PERFMON);
	cap_free(caps);
	if (net && (bpf || admin) && (perfmon || admin))
		return 0;
	return err_set(e, -EPERM, "missing capability %s: run as root, or grant CAP_NET_ADMIN, CAP_BPF "
				  "and CAP_PERFMON; or use a TUN device that is yours, with the fast path off",
		       !net ? "CAP_NET_ADMIN" : !bpf && !admin ? "CAP_BPF" : "CAP_PERFMON");
}
