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
 * Creates the TUN device @name, or takes it when it is there already and nobody holds it. Returns a
 * non-blocking descriptor, or -errno with @e set. A new device vanishes with the descriptor until it is set
 * up.
 */
int tun_open(const char *name, struct err *e);

/*
 * Sets up what @fd holds: persistent, MTU, no addresses of the kernel's making, no RA accepted, up.
 * *@ifindex is set. 0 or -errno with @e set.
 */
int tun_set_up(int fd, const char *name, unsigned int mtu, unsigned int *ifindex, struct err *e);

/* Takes @fd, somebody else's, as it is. *@ifindex is set. 0 or -errno with @e set. */
int tun_use(int fd, const char *name, unsigned int *ifindex, struct err *e);

/*
 * Has the program @prog_fd (-1: none) decide which packets get into the queue; it stays with the device.
 * 0 or -errno.
 */
int tun_guard(int fd, int prog_fd);

/* Takes that program off a device that nobody holds. */
void tun_unguard(const char *name);

/*
 * Reads one packet, which may stand for many (gso.h), with its description. Returns its length, or
 * -errno (-EAGAIN: none).
 */
ssize_t tun_read(int fd, struct virtio_net_hdr *vnet, void *packet, size_t size);

/* Writes one packet that may stand for many; false: the kernel did not take it. */
bool tun_write(int fd, const struct gro_batch *batch);

#endif
