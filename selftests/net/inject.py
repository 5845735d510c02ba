# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""One UDP packet as a frame: inject.py NETNS DEV FAR-NETNS FAR-DEV SOURCE DESTINATION [HOPS].

From NETNS's DEV to the MAC of FAR-DEV; addresses may be anybody's. Knows nothing of tunnels.
"""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from pkt import Namespace, ip6, udp6

near, dev, far, far_dev, src, dst = sys.argv[1:7]
hops = int(sys.argv[7]) if len(sys.argv) > 7 else 64
Namespace(near, dev).send(Namespace(far, far_dev).mac, 0x86DD, ip6(src, dst, 17, udp6(src, dst), hops=hops))
