// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Rings and leases of captures; see capture.h. Proved by selftests/net/test_capture.sh. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "io/capture.h"
#include "io/ctl.h"
#include "io/instance.h"
#include "io/pin.h"

#define LEASE	  3000000000ull /* ns */
#define RENEW	  500000000ull /* ns; while many records come */
#define LOOK_EACH 64 /* records, at the clock */

struct capture {
	struct capture_config config;
	int lock, map, rings, ring_fd;
	struct bed4_capture *shared;
	struct ring_buffer *ring;
	__u64 renewed;
	unsigned int records, gaps;
};

static __u64 now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (__u64)ts.tv_sec * 1000000000ull + (__u64)ts.tv_nsec;
}

static int get_pin(const struct instance *in, const char *name)
{
	char path[INSTANCE_PATH + 16];
	int fd = pin_path(path, sizeof(path), in->pin_dir, name) ? -1 : bpf_obj_get(path);

	return fd < 0 ? -errno : fd;
}

static int open_pins(struct capture *c, struct err *e)
{
	struct instance in;
	int err = instance_init(&in, c->config.iface, false, e);

	if (err)
		return err;
	if (!instance_pinned(&in))
		return -ENOENT;
	c->map = get_pin(&in, "capture");
	c->rings = get_pin(&in, "rings");
	if (c->map >= 0 && c->rings >= 0)
		return 0;
	return err_set(e, -EPROTO, "cannot open the maps in %s: %s; are you root, and is it loaded by this version?",
		       in.pin_dir, strerror(c->map < 0 ? -c->map : -c->rings));
}

static int open_maps(struct capture *c, bool *alive, struct err *e)
{
	struct ctl_reply reply;
	unsigned int i;
	int err = ctl_ask(c->config.iface, "capture", 5, &reply, e);

	*alive = !err;
	if (err == -ENOENT)
		return open_pins(c, e);
	if (err)
		return err;
	if (!reply.code && reply.fd_count == 2) {
		c->map = reply.fds[0];
		c->rings = reply.fds[1];
		return 0;
	}
	for (i = 0; i < reply.fd_count; i++)
		close(reply.fds[i]);
	return err_set(e, -EPROTO, "the daemon of %s is of another version: `6bed4ctl reload %s`", c->config.iface,
		       c->config.iface);
}

static int map_shared(struct capture *c, struct err *e)
{
	struct bpf_map_info info = {};
	__u32 len = sizeof(info);
	void *p;

	if (bpf_obj_get_info_by_fd(c->map, &info, &len) || info.value_size != sizeof(*c->shared))
		return err_set(e, -EPROTO, "%s is loaded by another version: `6bed4ctl reload %s`", c->config.iface,
			       c->config.iface);
	p = mmap(NULL, sizeof(*c->shared), PROT_READ | PROT_WRITE, MAP_SHARED, c->map, 0);
	if (p == MAP_FAILED)
		return err_set(e, -ENOMEM, "cannot map the capture's memory: %s", strerror(errno));
	c->shared = p;
	return 0;
}

/* One at a time; an abstract socket is gone with its process. */
static int take_lock(struct capture *c, struct err *e)
{
	char name[64];

	snprintf(name, sizeof(name), "6bed4-capture/%s", c->config.iface);
	c->lock = ctl_bind(name);
	if (c->lock == -EADDRINUSE)
		return err_set(e, -EBUSY, "process %u captures on %s already: end that one first", c->shared->pid,
			       c->config.iface);
	return c->lock < 0 ? err_set(e, c->lock, "cannot lock the capture: %s", strerror(-c->lock)) : 0;
}

static int hear(void *ctx, void *data, size_t size)
{
	struct capture *c = ctx;

	if (!(++c->records % LOOK_EACH) && now_ns() - c->renewed > RENEW)
		capture_renew(c);
	return c->config.fn(c->config.arg, data, size);
}

static int make_ring(struct capture *c, struct err *e)
{
	size_t size = (size_t)sysconf(_SC_PAGESIZE), wanted = (size_t)c->config.ring * 1024;

	while (size < wanted)
		size *= 2;
	c->ring_fd = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "capture_ring", 0, 0, (__u32)size, NULL);
	if (c->ring_fd >= 0)
		c->ring = ring_buffer__new(c->ring_fd, hear, c, NULL);
	return c->ring ? 0 : err_set(e, -ENOMEM, "cannot make a ring of %zu KiB: %s", size / 1024, strerror(errno));
}

int capture_open(struct capture **out, const struct capture_config *config, bool *alive, struct err *e)
{
	struct capture *c = calloc(1, sizeof(*c));
	int err;

	if (!c)
		return err_set(e, -ENOMEM, "out of memory");
	c->config = *config;
	c->lock = c->map = c->rings = c->ring_fd = -1;
	err = open_maps(c, alive, e);
	if (!err)
		err = map_shared(c, e);
	if (!err)
		err = take_lock(c, e);
	if (!err)
		err = make_ring(c, e);
	if (err) {
		capture_close(c);
		return err;
	}
	c->shared->until = 0;
	c->shared->ended = 0;
	c->shared->pid = (__u32)getpid();
	c->shared->snaplen = config->snaplen;
	memcpy(c->shared->outcomes, config->outcomes, sizeof(config->outcomes));
	memset(c->shared->lost, 0, sizeof(c->shared->lost));
	*out = c;
	return 0;
}

int capture_renew(struct capture *c)
{
	__u64 now = now_ns(), until = __atomic_load_n(&c->shared->until, __ATOMIC_RELAXED);
	__u32 zero = 0;

	if (capture_ended(c))
		return 0;
	if (until <= now) { /* the first time, or the daemon may have taken us for dead */
		if (bpf_map_update_elem(c->rings, &zero, &c->ring_fd, BPF_ANY))
			return -errno;
		c->gaps += c->renewed != 0;
	}
	c->renewed = now;
	__atomic_store_n(&c->shared->until, now + LEASE, __ATOMIC_RELEASE);
	return 0;
}

int capture_fd(const struct capture *c)
{
	return ring_buffer__epoll_fd(c->ring);
}

int capture_read(struct capture *c)
{
	int n = ring_buffer__consume(c->ring);

	return n < 0 ? n : 0;
}

void capture_stop(struct capture *c)
{
	__u32 zero = 0;

	__atomic_store_n(&c->shared->until, 0, __ATOMIC_RELEASE);
	bpf_map_delete_elem(c->rings, &zero);
	c->shared->pid = 0;
}

bool capture_ended(const struct capture *c)
{
	return __atomic_load_n(&c->shared->ended, __ATOMIC_ACQUIRE);
}

unsigned int capture_gaps(const struct capture *c)
{
	return c->gaps;
}

__u64 capture_lost(const struct capture *c, enum bed4_hook hook)
{
	return __atomic_load_n(&c->shared->lost[hook], __ATOMIC_RELAXED);
}

void capture_close(struct capture *c)
{
	int *fds[] = { &c->ring_fd, &c->rings, &c->map, &c->lock };
	size_t i;

	if (c->ring)
		capture_stop(c);
	ring_buffer__free(c->ring);
	if (c->shared)
		munmap(c->shared, sizeof(*c->shared));
	for (i = 0; i < sizeof(fds) / sizeof(*fds); i++) {
		if (*fds[i] >= 0)
			close(*fds[i]);
	}
	free(c);
}
