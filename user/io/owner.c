// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Recognising our programs; see owner.h. Proved by selftests/prog/test_fastpath.c. */
#include <errno.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "io/owner.h"

#define MAPS_MAX 64 /* that one program uses; the verifier's own bound */

void owner_init(struct owner *o, int self_fd, const struct bed4_made *made)
{
	struct bpf_map_info info = {};
	__u32 len = sizeof(info);

	*o = (struct owner){};
	if (self_fd >= 0 && !bpf_obj_get_info_by_fd(self_fd, &info, &len))
		o->self_id = info.id;
	if (!made)
		return;
	o->prog_id[0] = made->xdp_id;
	o->prog_id[1] = made->tc_in_id;
	o->prog_id[2] = made->tc_out_id;
}

static int uses_map(__u32 prog_id, __u32 map_id)
{
	__u32 maps[MAPS_MAX] = {}, i, len;
	struct bpf_prog_info info = { .nr_map_ids = MAPS_MAX, .map_ids = (__u64)(unsigned long)maps };
	int fd = bpf_prog_get_fd_by_id(prog_id);
	int found = 0;

	if (fd < 0) /* without CAP_SYS_ADMIN nobody may look; then what was noted has to do */
		return errno == ENOENT || errno == EPERM ? 0 : -errno;
	len = sizeof(info);
	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		found = -errno;
	for (i = 0; found >= 0 && i < info.nr_map_ids && i < MAPS_MAX; i++)
		found |= maps[i] == map_id;
	close(fd);
	return found;
}

int owner_has(const struct owner *o, __u32 prog_id)
{
	unsigned int i;

	if (!prog_id)
		return 0;
	for (i = 0; i < sizeof(o->prog_id) / sizeof(*o->prog_id); i++) {
		if (o->prog_id[i] == prog_id)
			return 1;
	}
	return o->self_id ? uses_map(prog_id, o->self_id) : 0;
}
