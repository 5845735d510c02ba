// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The privileges that a daemon really has, as the kernel tells; see show_privs.h. Proved by
 * selftests/net/test_privs.sh.
 */
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/types.h>

#include "show_privs.h"

/* The first number behind @name, if the line begins with that. */
static bool field(const char *line, const char *name, int base, unsigned long long *value)
{
	size_t len = strlen(name);

	if (strncmp(line, name, len))
		return false;
	*value = strtoull(line + len, NULL, base);
	return true;
}

static void take_line(const char *line, struct show_privs *p)
{
	unsigned long long n;

	field(line, "CapEff:", 16, &p->caps);
	if (field(line, "Uid:", 10, &n))
		p->uid = (unsigned int)n;
	if (field(line, "NoNewPrivs:", 10, &n))
		p->no_new_privs = n == 1;
	if (field(line, "Seccomp:", 10, &n))
		p->filtered = n == 2;
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
