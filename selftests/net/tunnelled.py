# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""One UDP packet in a tunnel datagram as a frame: tunnelled.py NETNS DEV FAR-NETNS FAR-DEV
SRC4:PORT DST4:PORT SRC6 DST6.

From NETNS's DEV to the MAC of FAR-DEV; all addresses may be anybody's. Knows nothing of the tunnel.
"""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from pkt import Namespace, ip4, ip6, udp4, udp6

near, dev, far, far_dev, outer_src, outer_dst, src, dst = sys.argv[1:9]
src4, sport = outer_src.split(":")
dst4, dport = outer_dst.split(":")
inner = ip6(src, dst, 17, udp6(src, dst))
packet = ip4(src4, dst4, udp4(src4, int(sport), dst4, int(dport), inner))
Namespace(near, dev).send(Namespace(far, far_dev).mac, 0x0800, packet)
