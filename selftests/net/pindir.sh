#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The pin directory of eth0 in this network namespace, found without the product's help.
exec /usr/bin/python3 -c '
import socket, struct
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
cookie, = struct.unpack("=Q", s.getsockopt(socket.SOL_SOCKET, 71, 8))
print(f"/sys/fs/bpf/6bed4/netns-{cookie}/eth0")'
