// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The BPF side seen from user space: opens both objects on one set of pinned maps, loads what a mode
 * needs. How it is attached is in fastpath_attach.c, what goes into the maps in fastpath_maps.c. Must not
 * know the protocol. Proved by selftests/prog and selftests/net.
 */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "io/attach.h"
#include "io/device.h"
#include "io/fastpath_priv.h"
#include "io/pin.h"

/* `info` is the first to come and the last to go: while it is there, so is what it tells of. */
const char *const fastpath_map_names[] = { "info",  "self",    "stats",  "slow",
					   "neigh", "policy4", "events", "pulse",
					   "told",  "nexthop", "percpu", "hopgen", "hops",
					   "limit", "losses", "gauges", "capture", "rings", "shots",
					   "slowshot", NULL };

/* The last line that libbpf or libxdp complained with: their return codes alone say too little. */
static char complaint[256];

static int keep_complaint(const char *fmt, va_list ap)
{
	vsnprintf(complaint, sizeof(complaint), fmt, ap);
	complaint[strcspn(complaint, "\n")] = 0;
	return 0;
}

static int hear_libbpf(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	return level == LIBBPF_WARN ? keep_complaint(fmt, ap) : 0;
}

static int hear_libxdp(enum libxdp_print_level level, const char *fmt, va_list ap)
{
	return level == LIBXDP_WARN ? keep_complaint(fmt, ap) : 0;
}

/* libxdp keeps its dispatchers on a bpffs of its own choice; point it at the one that we use. */
static void point_libxdp(const char *pin_dir)
{
	const char *end = strstr(pin_dir, "/6bed4");
	const char *next;
	char root[FASTPATH_PATH];

	while (end && (next = strstr(end + 1, "/6bed4/")))
		end = next;
	if (!end || (size_t)(end - pin_dir) >= sizeof(root))
		return;
	memcpy(root, pin_dir, end - pin_dir);
	root[end - pin_dir] = 0;
	setenv("LIBXDP_BPFFS", root, 0);
}

void fastpath_set_up_libraries(const char *pin_dir)
{
	libbpf_set_print(hear_libbpf);
	libxdp_set_print(hear_libxdp);
	libbpf_set_strict_mode(LIBBPF_STRICT_ALL);
	point_libxdp(pin_dir);
}

static bool info_is_ours(int fd)
{
	struct bpf_map_info info = {};
	__u32 len = sizeof(info), zero = 0;
	struct bed4_info value;

	/* Not written yet: an earlier load got no further. */
	return !bpf_obj_get_info_by_fd(fd, &info, &len) && info.value_size == sizeof(value) &&
	       !bpf_map_lookup_elem(fd, &zero, &value) &&
	       (value.made.abi == BED4_ABI || !value.made.abi);
}

/* Whoever captures has descriptors of the maps, and would wait for ever. */
static void end_capture(const char *dir)
{
	struct bed4_capture value;
	struct bpf_map_info info = {};
	__u32 len = sizeof(info), zero = 0;
	char path[FASTPATH_PATH];
	int fd = pin_path(path, sizeof(path), dir, "capture") ? -1 : bpf_obj_get(path);

	if (fd < 0)
		return;
	if (!bpf_obj_get_info_by_fd(fd, &info, &len) && info.value_size == sizeof(value) &&
	    !bpf_map_lookup_elem(fd, &zero, &value)) {
		value.until = 0;
		value.ended = 1;
		bpf_map_update_elem(fd, &zero, &value, BPF_EXIST);
	}
	close(fd);
}

int fastpath_unpin(const char *dir)
{
	int i, err, ret = 0;

	end_capture(dir);
	for (i = 0; fastpath_map_names[i]; i++)
		;
	while (i--) {
		err = pin_remove(dir, fastpath_map_names[i]);
		ret = ret ? ret : err;
	}
	err = pin_rmdirs(dir);
	return ret ? ret : err;
}

/* Pins of another ABI are removed, so that they are rebuilt and never misread. */
static int drop_foreign_pins(const char *dir)
{
	char path[FASTPATH_PATH];
	bool ours = true;
	int fd, err = pin_path(path, sizeof(path), dir, "info");

	if (err)
		return err;
	fd = bpf_obj_get(path);
	if (fd >= 0) {
		ours = info_is_ours(fd);
		close(fd);
	}
	return ours ? 0 : fastpath_unpin(dir);
}

/* Sizes @map; a pinned one of another size is removed, so that it is made anew. */
static int size_map(struct bpf_map *map, const char *dir, __u32 entries)
{
	struct bpf_map_info info = {};
	__u32 len = sizeof(info);
	char path[FASTPATH_PATH];
	int fd, err = pin_path(path, sizeof(path), dir, bpf_map__name(map));
	bool other;

	if (err)
		return err;
	fd = bpf_obj_get(path);
	if (fd >= 0) {
		other = !bpf_obj_get_info_by_fd(fd, &info, &len) && info.max_entries != entries;
		close(fd);
		err = other ? pin_remove(dir, bpf_map__name(map)) : 0;
	}
	return err ? err : bpf_map__set_max_entries(map, entries);
}

/* Names and, where the operator has a say, sizes. */
static int set_maps(struct bpf_object *obj, const char *dir, const struct fastpath_config *c)
{
	struct bpf_map *neigh = bpf_object__find_map_by_name(obj, "neigh");
	struct bpf_map *nexthop = bpf_object__find_map_by_name(obj, "nexthop");
	char path[FASTPATH_PATH];
	struct bpf_map *map;
	int i, err, cpus = libbpf_num_possible_cpus();

	if (!neigh || !nexthop || cpus < 0)
		return -ENOENT;
	err = size_map(neigh, dir, c->neigh_max);
	if (!err)
		err = size_map(nexthop, dir, c->role == BED4_ROLE_ROUTER ? c->hop_slots * (__u32)cpus : 1);

	for (i = 0; !err && fastpath_map_names[i]; i++) {
		map = bpf_object__find_map_by_name(obj, fastpath_map_names[i]);
		if (!map)
			return -ENOENT;
		err = pin_path(path, sizeof(path), dir, fastpath_map_names[i]);
		if (!err)
			err = bpf_map__set_pin_path(map, path);
	}
	return err;
}

/*
 * How many jiffies a next hop may be used: three quarters of a second, so that a change which nobody
 * tells of is noticed within one. The coarse clocks advance once per jiffy.
 */
static __u32 hop_life(void)
{
	struct timespec jiffy;

	if (clock_getres(CLOCK_MONOTONIC_COARSE, &jiffy) || jiffy.tv_nsec < 100000)
		return 75;
	return 750000000 / (__u32)jiffy.tv_nsec;
}

/* Both objects declare the same constants; only their generated types differ. */
#define SET_CONSTANTS(ro, c)                                                                       \
	do {                                                                                       \
		unsigned int i_;                                                                   \
                                                                                                   \
		(ro)->cfg_role = (c)->role;                                                        \
		(ro)->cfg_underlay = (c)->underlay;                                                \
		(ro)->cfg_tun = (c)->tun;                                                          \
		(ro)->cfg_out[0] = (c)->underlay;                                                  \
		for (i_ = 0; i_ < (c)->v6_count; i_++)                                             \
			(ro)->cfg_out[i_ + 1] = (c)->v6_dev[i_];                                   \
		(ro)->cfg_out_count = (c)->v6_count + 1;                                           \
		(ro)->cfg_account = (c)->account;                                                  \
		(ro)->cfg_account_below = (c)->account ? 0xffffffffu / (c)->account : 0;           \
		(ro)->cfg_hop_mask = (c)->hop_slots - 1;                                           \
		(ro)->cfg_hop_life = hop_life();                                                   \
		(ro)->cfg_csum = (c)->csum;                                                        \
		(ro)->cfg_dscp = (c)->dscp;                                                        \
		(ro)->cfg_df = (c)->df;                                                            \
		(ro)->cfg_mss = (c)->mss;                                                          \
		(ro)->cfg_plan = (c)->plan == BED4_PLAN_SERVER;                                    \
		(ro)->cfg_kernel_forward = (c)->forward == BED4_FORWARD_KERNEL;                    \
	} while (0)

/* The maps of an object that is open and not loaded yet, in the order of their names. 0 or -ENOENT. */
static int know_maps(struct bpf_map *maps[FASTPATH_MAPS], const struct bpf_object *obj)
{
	int i;

	for (i = 0; fastpath_map_names[i]; i++) {
		maps[i] = bpf_object__find_map_by_name(obj, fastpath_map_names[i]);
		if (!maps[i])
			return -ENOENT;
	}
	return 0;
}

/*
 * Opens the TC object, which all maps are in. Twice in the life of an instance: first for the maps alone,
 * because what is made is noted in one of them before it is made; then, when the devices are there, with
 * the programs that the mode needs.
 */
static int load_tc(struct fastpath *fp, bool programs, struct err *e)
{
	struct bed4_tc_bpf *tc = bed4_tc_bpf__open();
	bool forward = programs && fp->mode != BED4_MODE_OFF;
	struct bpf_map *maps[FASTPATH_MAPS] = {};
	int err;

	if (!tc)
		return err_set(e, -errno, "cannot open the TC programs: %s", complaint);
	SET_CONSTANTS(tc->rodata, &fp->config);
	tc->rodata->cfg_limit_seed = fp->limit_seed;
	bpf_program__set_autoload(tc->progs.bed4_tc_in, forward);
	bpf_program__set_autoload(tc->progs.bed4_tc_out, forward);
	bpf_program__set_autoload(tc->progs.bed4_tun_guard, programs);
	bpf_program__set_autoload(tc->progs.bed4_set_neigh, programs);
	bpf_program__set_autoload(tc->progs.bed4_put_shot, programs);
	err = know_maps(maps, tc->obj);
	if (!err)
		err = set_maps(tc->obj, fp->pin_dir, &fp->config);
	if (!err)
		err = bed4_tc_bpf__load(tc);
	if (!err) {
		bed4_tc_bpf__destroy(fp->tc);
		fp->tc = tc;
		memcpy(fp->map, maps, sizeof(maps));
		fp->set_neigh = programs ? bpf_program__fd(tc->progs.bed4_set_neigh) : -1;
		fp->put_shot = programs ? bpf_program__fd(tc->progs.bed4_put_shot) : -1;
		return 0;
	}
	bed4_tc_bpf__destroy(tc);
	return err_set(e, err, "the kernel refused the maps or TC programs: %s (%s); needs Linux 6.1 or "
			       "newer and CAP_BPF, CAP_PERFMON, CAP_NET_ADMIN",
		       strerror(-err), *complaint ? complaint : "no details");
}

/* The devices that XDP programs go onto. */
unsigned int fastpath_xdp_devices(const struct fastpath_config *c, unsigned int devs[DEVS_MAX])
{
	unsigned int i, n = 0;

	devs[n++] = c->underlay;
	for (i = 0; i < c->v6_count && c->forward == BED4_FORWARD_XDP; i++) {
		if (c->v6_dev[i] != c->underlay)
			devs[n++] = c->v6_dev[i];
	}
	return n;
}

/* What comes in by a veth may never have left this machine. */
static bool has_veth(const struct fastpath_config *c)
{
	unsigned int devs[DEVS_MAX], i, n = fastpath_xdp_devices(c, devs);
	bool found = false;

	for (i = 0; i < n; i++)
		found |= device_is_veth(devs[i]);
	return found;
}

/* Frames larger than Ethernet's may come in several buffers. */
static bool has_jumbo(const struct fastpath_config *c)
{
	unsigned int devs[DEVS_MAX], i, n = fastpath_xdp_devices(c, devs);
	bool found = false;

	for (i = 0; i < n; i++)
		found |= device_mtu(devs[i]) > 1500;
	return found;
}

/* Is one of ours attached without a dispatcher, as an earlier load had to? */
static bool replaces_alone(const struct fastpath *fp)
{
	unsigned int devs[DEVS_MAX], i, n = fastpath_xdp_devices(&fp->config, devs);
	bool alone = false;

	for (i = 0; i < n; i++)
		alone |= xdp_is_alone(devs[i], &fp->owner);
	return alone;
}

static int load_alone(struct fastpath *fp)
{
	if (fp->xdp->rodata->cfg_frags)
		bpf_program__set_flags(fp->xdp->progs.bed4_xdp, BPF_F_XDP_HAS_FRAGS);
	return bed4_xdp_bpf__load(fp->xdp);
}

/* Attaching loads it, as libxdp decides about its program type. */
static int prepare_libxdp(struct fastpath *fp)
{
	int err;

	fp->prog = xdp_program__from_bpf_obj(fp->xdp->obj, "xdp");
	err = (int)libxdp_get_error(fp->prog);
	if (err)
		fp->prog = NULL;
	if (!err && fp->xdp->rodata->cfg_frags)
		err = xdp_program__set_xdp_frags_support(fp->prog, true);
	return err;
}

static int open_xdp(struct fastpath *fp, struct err *e)
{
	int err;

	fp->xdp = bed4_xdp_bpf__open();
	if (!fp->xdp)
		return err_set(e, -errno, "cannot open the XDP program: %s", complaint);
	SET_CONSTANTS(fp->xdp->rodata, &fp->config);
	fp->xdp->rodata->cfg_limit_seed = fp->limit_seed;
	fp->xdp->rodata->cfg_no_tx = device_is_veth(fp->config.underlay);
	fp->xdp->rodata->cfg_unfinished = has_veth(&fp->config);
	fp->xdp->rodata->cfg_generic = fp->mode == BED4_MODE_GENERIC;
	fp->xdp->rodata->cfg_frags = has_jumbo(&fp->config);
	err = set_maps(fp->xdp->obj, fp->pin_dir, &fp->config);
	if (err)
		return err_set(e, err, "cannot prepare the maps of the XDP program: %s", strerror(-err));
	err = replaces_alone(fp) ? load_alone(fp) : prepare_libxdp(fp);
	if (!err)
		return 0;
	return err_set(e, err, "cannot use the XDP program: %s (%s)", strerror(-err), complaint);
}

static enum bed4_mode choose_mode(const struct fastpath_config *c)
{
	char driver[32];

	if (c->mode != BED4_MODE_AUTO)
		return c->mode;
	device_driver(c->underlay, driver);
	return device_has_whole_packets(driver) ? BED4_MODE_TC : BED4_MODE_NATIVE;
}

/* A map's memory, or without a map as much of our own; NULL with errno set. */
static void *map_memory(const struct bpf_map *map, size_t size, int prot)
{
	void *p = map ? mmap(NULL, size, prot, MAP_SHARED, bpf_map__fd(map), 0) :
			mmap(NULL, size, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

#define LIMIT_BYTES (BED4_LIMIT_ROWS * sizeof(struct bed4_bucket))

static int map_all(struct fastpath *fp)
{
	struct bed4_tc_bpf *tc = fp->tc;

	fp->slow_size = BED4_HOOK_DAEMON * BED4_OUTCOME_COUNT * sizeof(struct bed4_count);
	fp->slow = map_memory(tc ? tc->maps.slow : NULL, fp->slow_size, PROT_READ | PROT_WRITE);
	fp->pulse = map_memory(tc ? tc->maps.pulse : NULL, sizeof(*fp->pulse), PROT_READ);
	fp->hopgen = map_memory(tc ? tc->maps.hopgen : NULL, sizeof(*fp->hopgen), PROT_READ | PROT_WRITE);
	fp->losses = map_memory(tc ? tc->maps.losses : NULL, sizeof(*fp->losses), PROT_READ | PROT_WRITE);
	fp->gauges = map_memory(tc ? tc->maps.gauges : NULL, sizeof(*fp->gauges), PROT_READ | PROT_WRITE);
	fp->limit = map_memory(tc ? tc->maps.limit : NULL, LIMIT_BYTES, PROT_READ);
	fp->capture = map_memory(tc ? tc->maps.capture : NULL, sizeof(*fp->capture), PROT_READ);
	fp->slowshot = map_memory(tc ? tc->maps.slowshot : NULL, sizeof(*fp->slowshot), PROT_READ | PROT_WRITE);
	return fp->slow && fp->pulse && fp->hopgen && fp->losses && fp->gauges && fp->limit && fp->capture &&
			       fp->slowshot ? 0 : -errno;
}

static int open_maps(struct fastpath *fp, struct err *e)
{
	int err = drop_foreign_pins(fp->pin_dir);

	if (getrandom(&fp->limit_seed, sizeof(fp->limit_seed), 0) != sizeof(fp->limit_seed))
		return err_set(e, -errno, "cannot get random numbers: %s", strerror(errno));
	if (err)
		return err_set(e, err, "cannot remove old pins in %s: %s", fp->pin_dir, strerror(-err));
	err = pin_mkdirs(fp->pin_dir);
	if (err)
		return err_set(e, err, "cannot make %s: %s; is a bpffs mounted there?", fp->pin_dir,
			       strerror(-err));
	err = load_tc(fp, false, e);
	if (err)
		return err;
	err = map_all(fp);
	return err ? err_set(e, err, "cannot map the maps' memory: %s", strerror(-err)) : 0;
}

int fastpath_load(struct fastpath *fp, unsigned int tun, const struct bed4_made *before, struct err *e)
{
	int err;

	fp->config.tun = tun;
	if (fastpath_is_bare(fp))
		return 0;
	owner_init(&fp->owner, bpf_map__fd(fp->tc->maps.self), before);
	err = load_tc(fp, true, e);
	if (!err && (fp->mode == BED4_MODE_NATIVE || fp->mode == BED4_MODE_GENERIC))
		err = open_xdp(fp, e);
	if (err)
		return err;
	err = fastpath_open_events(fp);
	return err ? err_set(e, err, "cannot open the event ring: %s", strerror(-err)) : 0;
}

bool fastpath_has_xdp(const struct fastpath *fp)
{
	return fp->mode == BED4_MODE_NATIVE || fp->mode == BED4_MODE_GENERIC;
}

int fastpath_guard_fd(const struct fastpath *fp)
{
	return fastpath_is_bare(fp) ? -1 : bpf_program__fd(fp->tc->progs.bed4_tun_guard);
}

static int open_bare(struct fastpath **out, struct fastpath *fp, struct err *e)
{
	int err;

	fp->mode = BED4_MODE_OFF;
	err = map_all(fp);
	if (!err) {
		*out = fp;
		return 0;
	}
	fastpath_close(fp);
	return err_set(e, err, "out of memory");
}

void fastpath_give(const struct fastpath *fp, int fds[FASTPATH_FDS])
{
	unsigned int i;

	_Static_assert(sizeof(fastpath_map_names) / sizeof(*fastpath_map_names) + 1 == FASTPATH_FDS,
		       "one for each map, one in the place of NULL, and one more");
	for (i = 0; fastpath_map_names[i]; i++)
		fds[i] = fastpath_map_fd(fp, fastpath_map_names[i]);
	fds[i] = fp->set_neigh;
	fds[i + 1] = fp->put_shot;
}

/* The object is opened for its table of maps only; the kernel never sees it. */
static int take_maps(struct fastpath *fp, const int fds[FASTPATH_FDS])
{
	int i, err = know_maps(fp->map, fp->tc->obj);
	__u32 size;

	for (i = 0; !err && fastpath_map_names[i]; i++) {
		size = bpf_map__value_size(fp->map[i]);
		err = bpf_map__reuse_fd(fp->map[i], fds[i]);
		if (!err && bpf_map__value_size(fp->map[i]) != size)
			err = -EPROTO;
	}
	return err;
}

int fastpath_take(struct fastpath **out, const struct fastpath_config *config, enum bed4_mode mode,
		  const int fds[FASTPATH_FDS], struct err *e)
{
	struct fastpath *fp = calloc(1, sizeof(*fp));
	int err;

	if (!fp)
		return err_set(e, -ENOMEM, "out of memory");
	fp->config = *config;
	fp->config.pin_dir = fp->pin_dir; /* none: it makes no pins */
	fp->mode = mode;
	fastpath_set_up_libraries(fp->pin_dir);
	fp->set_neigh = fcntl(fds[FASTPATH_FDS - 2], F_DUPFD_CLOEXEC, 0);
	fp->put_shot = fcntl(fds[FASTPATH_FDS - 1], F_DUPFD_CLOEXEC, 0);
	fp->taken = true;
	fp->tc = bed4_tc_bpf__open();
	err = fp->set_neigh < 0 || fp->put_shot < 0 || !fp->tc ? -errno : take_maps(fp, fds);
	if (!err)
		err = map_all(fp);
	if (!err)
		err = fastpath_open_events(fp);
	if (!err) {
		*out = fp;
		return 0;
	}
	fastpath_close(fp);
	return err_set(e, err, "cannot use the maps that were handed over: %s", strerror(-err));
}

int fastpath_open(struct fastpath **out, const struct fastpath_config *config, struct err *e)
{
	struct fastpath *fp = calloc(1, sizeof(*fp));
	struct stat st;
	bool fresh;
	int err;

	if (!fp)
		return err_set(e, -ENOMEM, "out of memory");
	fp->config = *config;
	if (!config->pin_dir)
		return open_bare(out, fp, e);
	fp->mode = choose_mode(config);
	if (snprintf(fp->pin_dir, sizeof(fp->pin_dir), "%s", config->pin_dir) >=
	    (int)sizeof(fp->pin_dir)) {
		free(fp);
		return err_set(e, -ENAMETOOLONG, "pin path too long: %s", config->pin_dir);
	}
	fp->config.pin_dir = fp->pin_dir;
	fastpath_set_up_libraries(fp->pin_dir);
	fresh = stat(fp->pin_dir, &st) != 0;
	err = open_maps(fp, e);
	if (err) {
		fastpath_close(fp);
		if (fresh)
			fastpath_unpin(config->pin_dir);
		return err;
	}
	*out = fp;
	return 0;
}

void fastpath_close(struct fastpath *fp)
{
	if (!fp)
		return;
	ring_buffer__free(fp->ring);
	if (fp->slow)
		munmap(fp->slow, fp->slow_size);
	if (fp->pulse)
		munmap((void *)fp->pulse, sizeof(*fp->pulse));
	if (fp->hopgen)
		munmap(fp->hopgen, sizeof(*fp->hopgen));
	if (fp->losses)
		munmap(fp->losses, sizeof(*fp->losses));
	if (fp->gauges)
		munmap(fp->gauges, sizeof(*fp->gauges));
	if (fp->limit)
		munmap((void *)fp->limit, LIMIT_BYTES);
	if (fp->capture)
		munmap((void *)fp->capture, sizeof(*fp->capture));
	if (fp->slowshot)
		munmap(fp->slowshot, sizeof(*fp->slowshot));
	if (fp->prog)
		xdp_program__close(fp->prog);
	if (fp->taken && fp->set_neigh >= 0)
		close(fp->set_neigh);
	if (fp->taken && fp->put_shot >= 0)
		close(fp->put_shot);
	bed4_xdp_bpf__destroy(fp->xdp);
	bed4_tc_bpf__destroy(fp->tc);
	free(fp);
}
