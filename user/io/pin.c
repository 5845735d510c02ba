// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Directories and pins on a bpffs. Must not know what is pinned. Proved by selftests/net: nothing
 * is left behind after unload.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/pin.h"

int pin_path(char *buf, size_t size, const char *dir, const char *name)
{
	int n = snprintf(buf, size, "%s/%s", dir, name);

	return n < 0 || (size_t)n >= size ? -ENAMETOOLONG : 0;
}

int pin_mkdirs(const char *dir)
{
	char path[PATH_MAX];
	char *p;

	if (strlen(dir) >= sizeof(path))
		return -ENAMETOOLONG;
	memcpy(path, dir, strlen(dir) + 1);
	for (p = path + 1; *p; p++) {
		if (*p != '/')
			continue;
		*p = 0;
		if (mkdir(path, 0700) && errno != EEXIST)
			return -errno;
		*p = '/';
	}
	return mkdir(path, 0700) && errno != EEXIST ? -errno : 0;
}

int pin_remove(const char *dir, const char *name)
{
	char path[PATH_MAX];
	int err = pin_path(path, sizeof(path), dir, name);

	if (err)
		return err;
	return unlink(path) && errno != ENOENT ? -errno : 0;
}

int pin_rmdirs(const char *dir)
{
	char path[PATH_MAX];
	char *slash;

	if (strlen(dir) >= sizeof(path))
		return -ENAMETOOLONG;
	if (rmdir(dir) && errno != ENOENT)
		return errno == ENOTEMPTY ? 0 : -errno; /* somebody keeps something else there */
	memcpy(path, dir, strlen(dir) + 1);
	do {
		slash = strrchr(path, '/');
		if (!slash || slash == path)
			break;
		*slash = 0;
	} while (!rmdir(path) || errno == ENOENT);
	return 0;
}
