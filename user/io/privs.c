// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Giving up user and capabilities; see privs.h. Proved by selftests/prog/test_privs.c. */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#include "io/privs.h"

/* The last capability that this kernel knows may be one that we have no name for. */
static void empty_bounding_set(void)
{
	int cap;

	for (cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
}

static int become(const struct passwd *pw, struct err *e)
{
	if (!setgroups(0, NULL) && !setresgid(pw->pw_gid, pw->pw_gid, pw->pw_gid) &&
	    !setresuid(pw->pw_uid, pw->pw_uid, pw->pw_uid))
		return 0;
	return err_set(e, -errno, "cannot become user %s: %s; does this user namespace know it?", pw->pw_name,
		       strerror(errno));
}

static int keep_two(struct err *e)
{
	static const cap_value_t wanted[] = { CAP_NET_ADMIN, CAP_BPF };
	cap_t old = cap_get_proc(), caps = cap_init();
	cap_flag_value_t has;
	int err = !old || !caps ? -ENOMEM : 0;
	size_t i;

	for (i = 0; !err && i < sizeof(wanted) / sizeof(*wanted); i++) {
		if (cap_get_flag(old, wanted[i], CAP_PERMITTED, &has) || has != CAP_SET)
			continue; /* loaded without it, so it works without */
		cap_set_flag(caps, CAP_PERMITTED, 1, &wanted[i], CAP_SET);
		cap_set_flag(caps, CAP_EFFECTIVE, 1, &wanted[i], CAP_SET);
	}
	if (!err && cap_set_proc(caps))
		err = -errno;
	cap_free(old);
	cap_free(caps);
	return err ? err_set(e, err, "cannot give up capabilities: %s", strerror(-err)) : 0;
}

int privs_drop(struct err *e)
{
	const struct passwd *pw = geteuid() ? NULL : getpwnam("_6bed4");
	int err = 0;

	if (!geteuid() && !pw)
		pw = getpwnam("nobody");
	if (!geteuid() && !pw)
		return err_set(e, -ENOENT, "there is neither a user _6bed4 nor nobody to run as: "
					   "`adduser --system --no-create-home _6bed4`");
	tzset();
	empty_bounding_set();
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0))
		err = -errno;
	if (!err && pw)
		err = become(pw, e);
	if (!err)
		err = keep_two(e);
	if (!err && (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)))
		err = -errno;
	return err && e && !*e->text ? err_set(e, err, "cannot give up privileges: %s", strerror(-err)) : err;
}
