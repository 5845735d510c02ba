// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Control groups and mount namespaces; see join.h. Proved by selftests/net/test_systemd.sh. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/join.h"
#include "io/proc.h"

/* Writes "0", which means the writer, into the file that lists a group's processes. */
static int enter(const char *root, const char *group)
{
	char path[512];

	if (snprintf(path, sizeof(path), "%s%s/cgroup.procs", root, group) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	return proc_write(path, "0");
}

/* "0::/GROUP" or "N:name=systemd:/GROUP", the two that managers go by; else 0. */
static int enter_line(char *line)
{
	char *group;
	int err;

	line[strcspn(line, "\n")] = 0;
	group = strchr(line, ':');
	group = group ? strchr(group + 1, ':') : NULL;
	if (!group || strstr(group, "/.."))
		return 0; /* not within our view */
	*group++ = 0;
	if (strstr(line, ":name=systemd"))
		return enter("/sys/fs/cgroup/systemd", group);
	if (strcmp(line, "0:"))
		return 0;
	err = enter("/sys/fs/cgroup/unified", group);
	return err == -ENOENT ? enter("/sys/fs/cgroup", group) : err;
}

static bool has_line(const char *path, const char *line)
{
	FILE *f = fopen(path, "re");
	char other[512];
	bool found = false;

	while (f && !found && fgets(other, sizeof(other), f))
		found = !strcmp(other, line);
	if (f)
		fclose(f);
	return found;
}

static int join_groups(pid_t pid)
{
	char path[64], line[512];
	int err = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/cgroup", (int)pid);
	f = fopen(path, "re");
	if (!f)
		return -errno;
	while (!err && fgets(line, sizeof(line), f)) {
		if (!has_line("/proc/self/cgroup", line))
			err = enter_line(line);
	}
	fclose(f);
	return err;
}

static int join_mounts(pid_t pid)
{
	struct stat ours, theirs;
	char path[64];
	int fd, err;

	snprintf(path, sizeof(path), "/proc/%d/ns/mnt", (int)pid);
	if (stat("/proc/self/ns/mnt", &ours) || stat(path, &theirs))
		return -errno;
	if (ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino)
		return 0;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = setns(fd, CLONE_NEWNS) ? -errno : 0;
	close(fd);
	return err;
}

int join_process(pid_t pid, struct err *e)
{
	int err = join_groups(pid);

	if (err)
		return err_set(e, err, "cannot join the control group of process %d: %s", (int)pid, strerror(-err));
	err = join_mounts(pid);
	return err ? err_set(e, err, "cannot join the mount namespace of process %d: %s", (int)pid,
			     strerror(-err)) : 0;
}
