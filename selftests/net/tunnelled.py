# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""UDP packets, each in a tunnel datagram, as frames: tunnelled.py NETNS DEV FAR-NETNS FAR-DEV
{SRC4:PORT DST4:PORT SRC6 DST6}...

From NETNS's DEV to the MAC of FAR-DEV; all addresses may be anybody's. Knows nothing of the tunnel.
"""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from pkt import Namespace, ip4, ip6, udp4, udp6

near, dev, far, far_dev = sys.argv[1:5]
out, mac = Namespace(near, dev), Namespace(far, far_dev).mac
words = sys.argv[5:]
while words:
    outer_src, outer_dst, src, dst = words[:4]
    words = words[4:]
    src4, sport = outer_src.split(":")
    dst4, dport = outer_dst.split(":")
    inner = ip6(src, dst, 17, udp6(src, dst))
    out.send(mac, 0x0800, ip4(src4, dst4, udp4(src4, int(sport), dst4, int(dport), inner)))
