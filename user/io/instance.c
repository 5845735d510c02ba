// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Naming instances: pins, lock, state directory; finding those of this network namespace. Must not
 * know what the maps hold. Proved by selftests/net.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "io/ctl.h"
#include "io/instance.h"
#include "io/pin.h"

#define BPFFS_MAGIC   0xcafe4a11
#define BPFFS_USUAL   "/sys/fs/bpf"
#define BPFFS_PRIVATE "/run/6bed4/bpf"

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71
#endif

static bool is_bpffs(const char *path)
{
	struct statfs fs;

	return !statfs(path, &fs) && (unsigned int)fs.f_type == BPFFS_MAGIC;
}

/* Sysctls that exist once per machine are shown in the initial network namespace only. */
static bool in_initial_netns(void)
{
	return !access("/proc/sys/net/core/netdev_max_backlog", F_OK);
}

/*
 * Has `ip netns exec` given us a private /sys? It mounts sysfs anew, with the namespace's name as
 * the mount's source. A bpffs mounted below it would be seen by nobody else.
 */
static bool private_sys(void)
{
	FILE *f = fopen("/proc/self/mountinfo", "re");
	char line[1024], point[256], source[256];
	bool private = false;
	const char *rest;

	while (f && fgets(line, sizeof(line), f)) {
		rest = strstr(line, " - ");
		if (sscanf(line, "%*s %*s %*s %*s %255s", point) != 1 || strcmp(point, "/sys") || !rest ||
		    sscanf(rest, " - %*s %255s", source) != 1)
			continue;
		private = strcmp(source, "sysfs") != 0; /* the topmost mount comes last */
	}
	if (f)
		fclose(f);
	return private;
}

/* "" in the machine's own network namespace, else "netns-COOKIE": never reused, unlike inodes. */
static int netns_name(char *buf, size_t size)
{
	unsigned long long cookie = 0;
	socklen_t len = sizeof(cookie);
	int fd, err = 0;

	*buf = 0;
	if (in_initial_netns())
		return 0;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &len))
		err = -errno;
	close(fd);
	snprintf(buf, size, "netns-%llu", cookie);
	return err;
}

static int mount_bpffs(const char *at, struct err *e)
{
	int err = pin_mkdirs(at);

	if (!err && !is_bpffs(at) && mount("bpf", at, "bpf", 0, "mode=0700"))
		err = -errno;
	if (!err)
		return 0;
	return err_set(e, err, "no bpffs: cannot mount one at %s: %s; try `mount -t bpf bpf %s`", at,
		       strerror(-err), at);
}

/* The bpffs to use, "" when there is none in sight and none may be mounted. */
static int find_bpffs(const char **root, bool may_mount, struct err *e)
{
	*root = BPFFS_USUAL;
	if (is_bpffs(*root))
		return 0;
	if (private_sys() || is_bpffs(BPFFS_PRIVATE))
		*root = BPFFS_PRIVATE;
	if (is_bpffs(*root))
		return 0;
	if (may_mount)
		return mount_bpffs(*root, e);
	*root = "";
	return 0;
}

int instance_set_root(struct instance *in, const char *root, struct err *e)
{
	char netns[64];
	int n, err = netns_name(netns, sizeof(netns));

	if (err)
		return err_set(e, err, "cannot tell the network namespace: %s", strerror(-err));
	snprintf(in->root, sizeof(in->root), "%s", root);
	n = snprintf(in->pin_dir, sizeof(in->pin_dir), "%s/6bed4%s%s/%s", root, *netns ? "/" : "", netns,
		     in->iface);
	return n < (int)sizeof(in->pin_dir) ? 0 : err_set(e, -ENAMETOOLONG, "pin path too long: %s", root);
}

int instance_init(struct instance *in, const char *iface, bool mount, struct err *e)
{
	const char *root;
	char netns[64];
	int err = netns_name(netns, sizeof(netns));

	memset(in, 0, sizeof(*in));
	if (err)
		return err_set(e, err, "cannot tell the network namespace: %s; needs Linux 5.14 or newer",
			       strerror(-err));
	if (snprintf(in->iface, sizeof(in->iface), "%s", iface) >= (int)sizeof(in->iface))
		return err_set(e, -EINVAL, "%s: no such device, the name is too long", iface);
	err = find_bpffs(&root, mount, e);
	if (err)
		return err;
	if (*root)
		err = instance_set_root(in, root, e);
	if (err)
		return err;
	snprintf(in->state_dir, sizeof(in->state_dir), "%s%s",
		 *netns ? "/run/6bed4/" : "/var/lib/6bed4", netns);
	return 0;
}

/* Where the XDG base directories and systemd have a user's state; "" when nobody says. */
static int bare_state_dir(char *buf, size_t size, const char *tun)
{
	const char *state = getenv("STATE_DIRECTORY"), *xdg = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	int n = 0;

	*buf = 0;
	if (state && *state == '/')
		n = snprintf(buf, size, "%s/%s", state, tun);
	else if (xdg && *xdg == '/')
		n = snprintf(buf, size, "%s/6bed4/%s", xdg, tun);
	else if (home && *home == '/')
		n = snprintf(buf, size, "%s/.local/state/6bed4/%s", home, tun);
	return n < 0 || (size_t)n >= size ? -ENAMETOOLONG : 0;
}

int instance_init_bare(struct instance *in, const char *iface, const char *tun, struct err *e)
{
	int err;

	memset(in, 0, sizeof(*in));
	in->bare = true;
	snprintf(in->iface, sizeof(in->iface), "%s", iface);
	err = bare_state_dir(in->state_dir, sizeof(in->state_dir), tun);
	return err ? err_set(e, err, "the path of the state directory is too long") : 0;
}

/* A load that died early may have left an empty directory, or pins without `info`. */
bool instance_pinned(const struct instance *in)
{
	return *in->pin_dir && !access(in->pin_dir, F_OK);
}

int instance_lock(const struct instance *in, struct err *e)
{
	const struct timespec pause = { .tv_nsec = 50 * 1000 * 1000 };
	char name[64];
	int fd, tries;

	snprintf(name, sizeof(name), "6bed4-lock/%s", in->iface);
	for (tries = 0; tries < 600; tries++) {
		fd = ctl_bind(name);
		if (fd != -EADDRINUSE)
			break;
		nanosleep(&pause, NULL);
	}
	if (fd == -EADDRINUSE)
		return err_set(e, fd, "another load or unload of %s has been at work for 30 s; see "
				      "`ss -xlp | grep %s`", in->iface, name);
	return fd < 0 ? err_set(e, fd, "cannot lock %s: %s", in->iface, strerror(-fd)) : fd;
}

static unsigned int add_name(char names[INSTANCE_MAX][BED4_NAME_LEN], unsigned int n, const char *name)
{
	unsigned int i;

	if (n == INSTANCE_MAX || !*name || strlen(name) >= BED4_NAME_LEN)
		return n;
	for (i = 0; name[i]; i++) {
		if (name[i] <= ' ' || name[i] > '~') /* anybody may bind such a socket; they are shown */
			return n;
	}
	for (i = 0; i < n; i++) {
		if (!strcmp(names[i], name))
			return n;
	}
	memcpy(names[n], name, strlen(name) + 1);
	return n + 1;
}

/* Daemons that live: their abstract sockets, which belong to the network namespace. */
static unsigned int list_sockets(char names[INSTANCE_MAX][BED4_NAME_LEN], unsigned int n)
{
	FILE *f = fopen("/proc/net/unix", "re");
	char line[512], *name;

	while (f && fgets(line, sizeof(line), f)) {
		name = strstr(line, " @6bed4/");
		if (!name)
			continue;
		name += strlen(" @6bed4/");
		name[strcspn(name, "@\n")] = 0;
		n = add_name(names, n, name);
	}
	if (f)
		fclose(f);
	return n;
}

/* Is that the directory of another network namespace, as instance_set_root() calls it? */
static bool is_netns(const char *name)
{
	size_t len = strlen("netns-");

	return !strncmp(name, "netns-", len) && name[len] && !name[len + strspn(name + len, "0123456789")];
}

/* Those whose daemon is dead: their pins. */
static unsigned int list_pins(char names[INSTANCE_MAX][BED4_NAME_LEN], unsigned int n)
{
	struct instance in, probe;
	struct dirent *entry;
	char *slash;
	DIR *dir;

	if (instance_init(&in, "x", false, NULL) || !*in.pin_dir)
		return n;
	slash = strrchr(in.pin_dir, '/');
	*slash = 0;
	dir = opendir(in.pin_dir);
	while (dir && (entry = readdir(dir))) {
		if (entry->d_name[0] != '.' && !is_netns(entry->d_name) &&
		    !instance_init(&probe, entry->d_name, false, NULL) &&
		    instance_pinned(&probe))
			n = add_name(names, n, entry->d_name);
	}
	if (dir)
		closedir(dir);
	return n;
}

int instance_list(char names[INSTANCE_MAX][BED4_NAME_LEN])
{
	return (int)list_pins(names, list_sockets(names, 0));
}
