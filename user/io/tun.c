// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The TUN device; see tun.h. Proved by selftests/net. */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "io/proc.h"
#include "io/rtnl.h"
#include "io/tun.h"

/* The kernel offers no netlink attribute for this one. */
static int refuse_ra(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/accept_ra", name);
	return proc_write(path, "0");
}

static int open_device(struct err *e)
{
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);

	if (fd >= 0)
		return fd;
	if (errno == EACCES)
		return err_set(e, -errno, "cannot open /dev/net/tun: %s; as root, `chmod 666 /dev/net/tun`, as udev "
					  "does: it gives nobody more than the devices that are theirs",
			       strerror(errno));
	return err_set(e, -errno, "cannot open /dev/net/tun: %s; load the module with `modprobe tun`, or "
				  "give the container that device",
		       strerror(errno));
}

/*
 * Packets of up to 64 KB in one piece, and checksums left to us (gso.c). A kernel that does not want to
 * gives packets one by one.
 */
static void take_whole(int fd)
{
	ioctl(fd, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO6 | TUN_F_TSO_ECN);
}

int tun_set_up(int fd, const char *name, unsigned int mtu, unsigned int *ifindex, struct err *e)
{
	int err = 0;

	*ifindex = if_nametoindex(name);
	if (!*ifindex || ioctl(fd, TUNSETPERSIST, 1))
		return err_set(e, -errno, "cannot keep the TUN device %s: %s", name, strerror(errno));
	err = refuse_ra(name);
	if (err)
		return err_set(e, err, "cannot switch off accept_ra of %s: %s; is IPv6 disabled?", name,
			       strerror(-err));
	err = rtnl_link_setup(*ifindex, mtu);
	if (!err)
		err = rtnl_link_forward4(*ifindex);
	if (err)
		return err_set(e, err, "cannot set up the TUN device %s: %s", name, strerror(-err));
	take_whole(fd);
	return 0;
}

int tun_use(int fd, const char *name, unsigned int *ifindex, struct err *e)
{
	*ifindex = if_nametoindex(name);
	if (!*ifindex)
		return err_set(e, -errno, "the TUN device %s is gone", name);
	take_whole(fd);
	return 0;
}

static int hold(int fd, const char *name)
{
	struct ifreq ifr = { .ifr_flags = IFF_TUN | IFF_NO_PI | IFF_VNET_HDR };

	strncpy(ifr.ifr_name, name, IFNAMSIZ - 1);
	return ioctl(fd, TUNSETIFF, &ifr) ? -errno : 0;
}

/* Why a device that is there cannot be adopted. */
static const char *why_not(int err)
{
	if (err == -EPERM)
		return "it is not this user's: `ip tuntap add dev NAME mode tun user USER` makes one that is";
	if (err == -EBUSY)
		return "another program holds it";
	if (err == -EINVAL)
		return "it is no TUN device (mode tun) with one queue";
	return "choose another one with --tun";
}

int tun_open(const char *name, struct err *e)
{
	bool there = if_nametoindex(name) != 0;
	int err, fd = open_device(e);

	if (fd < 0)
		return fd;
	err = hold(fd, name);
	if (!err)
		return fd;
	close(fd);
	return err_set(e, err, "cannot %s the TUN device %s: %s; %s", there ? "adopt" : "create", name,
		       strerror(-err), there ? why_not(err) : "choose another name with --tun");
}

int tun_guard(int fd, int prog_fd)
{
	return ioctl(fd, TUNSETFILTEREBPF, &prog_fd) ? -errno : 0;
}

void tun_unguard(const char *name)
{
	int fd = open_device(NULL);

	if (fd >= 0 && !hold(fd, name))
		tun_guard(fd, -1);
	if (fd >= 0)
		close(fd);
}

ssize_t tun_read(int fd, struct virtio_net_hdr *vnet, void *packet, size_t size)
{
	/* cppcheck-suppress ctuuninitvar ; it is filled here */
	struct iovec iov[] = { { vnet, sizeof(*vnet) }, { packet, size } };
	ssize_t n = readv(fd, iov, 2);

	if (n < 0)
		return -errno;
	return n < (ssize_t)sizeof(*vnet) ? -EAGAIN : n - (ssize_t)sizeof(*vnet);
}

bool tun_write(int fd, const struct gro_batch *batch)
{
	struct iovec iov[1 + sizeof(batch->iov) / sizeof(*batch->iov)];

	iov[0] = (struct iovec){ (void *)&batch->vnet, sizeof(batch->vnet) };
	memcpy(&iov[1], batch->iov, batch->iov_count * sizeof(*iov));
	return writev(fd, iov, (int)batch->iov_count + 1) == (ssize_t)(sizeof(batch->vnet) + batch->len);
}
