/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a network device is and can do, as far as it matters to programs on it. Must not know what the
 * programs are for.
 */
#ifndef IO_DEVICE_H
#define IO_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * The index of the device of that name, 0 when there is none. 0 or -errno, when the kernel could not say: not
 * to be taken for none.
 */
int device_index(const char *name, unsigned int *ifindex);

/* Name of the kernel driver ("veth", "virtio_net"); "" when it does not tell. */
void device_driver(unsigned int ifindex, char name[32]);

bool device_is_veth(unsigned int ifindex);

/*
 * Do packets larger than the MTU arrive by a device of that driver or kind, as their sender has made them (GSO)?
 * XDP would force MTU-sized ones, so `auto` takes TC there, and native XDP elsewhere.
 */
bool device_has_whole_packets(const char *driver);

/* The device's MTU in bytes; 0 when it does not tell. */
unsigned int device_mtu(unsigned int ifindex);

/* Does it take VLAN tags off a frame before XDP sees it? */
bool device_hides_vlan(unsigned int ifindex);

/* What its driver offers for XDP, as the kernel tells since 6.3; false: it does not tell. */
#define DEVICE_XDP_BASIC (1ull << 0) /* native programs */
#define DEVICE_XDP_XMIT	 (1ull << 2) /* sends what is redirected to it; perhaps only with a program attached */
#define DEVICE_XDP_FRAGS (1ull << 5) /* receives frames in several buffers */
bool device_xdp_features(unsigned int ifindex, uint64_t *features);

/*
 * Can it send what XDP redirects to it; with @frags, also frames in several buffers? True when the kernel
 * does not tell (before 6.3). A driver may learn it only when a program is attached.
 */
bool device_takes_redirects(unsigned int ifindex, bool frags);

#endif
