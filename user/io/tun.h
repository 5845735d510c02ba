/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The TUN device: persistent, so that its TC program goes on working when the daemon is gone. Must
 * not know what is written to it.
 */
#ifndef IO_TUN_H
#define IO_TUN_H

#include <stdbool.h>
#include <sys/types.h>

#include "err.h"
#include "io/gso.h"

/*
 * Creates the TUN device @name, or adopts it when it is there already, and sets it up: persistent,
 * MTU, no addresses of the kernel's making, no RA accepted, up. *@made says whether it was created.
 * Returns a non-blocking descriptor, or -errno with @e set and nothing left behind. On success
 * *@ifindex is set.
 */
int tun_open(const char *name, unsigned int mtu, bool *made, unsigned int *ifindex, struct err *e);

/*
 * Has the program @prog_fd (-1: none) decide which packets get into the queue; it stays with the device.
 * 0 or -errno.
 */
int tun_guard(int fd, int prog_fd);

/*
 * Reads one packet, which may stand for many (gso.h), with its description. Returns its length, or
 * -errno (-EAGAIN: none).
 */
ssize_t tun_read(int fd, struct virtio_net_hdr *vnet, void *packet, size_t size);

/* Writes one packet that may stand for many; false: the kernel did not take it. */
bool tun_write(int fd, const struct gro_batch *batch);

#endif
