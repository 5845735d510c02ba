// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Settings by files; see proc.h. Proved by selftests/net/test_peer.sh and test_systemd.sh. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "io/proc.h"

int proc_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), err = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		err = -errno;
	close(fd);
	return err;
}
