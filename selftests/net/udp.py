# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""UDP over IPv6, to see datagrams of several sizes arrive and return intact.

udp.py echo PORT         answers each datagram with itself
udp.py ask ADDRESS PORT  sends some, compares what returns
"""
import os
import socket
import sys


def echo(port):
    s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    s.bind(("::", port))
    while True:
        data, who = s.recvfrom(65536)
        s.sendto(data, who)


def exchange(s, data):
    """Datagrams may be lost while the sender learns the path's MTU; changed they may never be."""
    for _ in range(5):
        s.send(data)
        try:
            return s.recv(65536) == data
        except TimeoutError:
            pass
    return False


def ask(address, port):
    s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    s.settimeout(1)
    s.connect((address, port))
    # The last one is larger than the tunnel's MTU and travels in fragments.
    for size in (1, 100, 1232, 3000):
        if not exchange(s, os.urandom(size)):
            sys.exit(f"{size} bytes did not come back intact")


if sys.argv[1] == "echo":
    echo(int(sys.argv[2]))
else:
    ask(sys.argv[2], int(sys.argv[3]))
