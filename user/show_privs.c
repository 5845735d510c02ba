// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The privileges that a daemon really has, as the kernel tells; see show_privs.h. Proved by
 * selftests/net/test_privs.sh.
 */
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/types.h>

#include "show_privs.h"

static void take_line(const char *line, struct show_privs *p)
{
	sscanf(line, "Uid: %u", &p->uid);
	sscanf(line, "CapEff: %llx", &p->caps);
	sscanf(line, "NoNewPrivs: %u", &p->no_new_privs);
	sscanf(line, "Seccomp: %u", &p->seccomp);
}

bool show_privs_read(struct show_privs *p, unsigned int pid)
{
	char path[32], line[256];
	FILE *f;

	*p = (struct show_privs){};
	snprintf(path, sizeof(path), "/proc/%u/status", pid);
	f = fopen(path, "re");
	if (!f)
		return false;
	while (fgets(line, sizeof(line), f))
		take_line(line, p);
	fclose(f);
	return true;
}

const char *show_privs_user(const struct show_privs *p, char *buf, size_t size)
{
	const struct passwd *pw = getpwuid(p->uid);

	if (pw)
		snprintf(buf, size, "%s", pw->pw_name);
	else
		snprintf(buf, size, "%u", p->uid);
	return buf;
}

bool show_privs_cap(const struct show_privs *p, int cap, char *buf, size_t size)
{
	char *name = p->caps >> cap & 1 ? cap_to_name(cap) : NULL;

	if (!name)
		return false;
	snprintf(buf, size, "%s", name);
	cap_free(name);
	return true;
}
