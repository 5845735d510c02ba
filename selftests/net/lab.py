# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""The router of topology.sh seen from Python: its addresses, raw sockets on both of its sides, its counters.

Knows neither packets nor what becomes of them.
"""
import json
import subprocess

from pkt import Namespace

ROUTER4, PORT = "145.136.0.1", 25788
PREFIX = "2001:67c:127c::"
HOST = "2001:db8:6::2"
PEER = "131.1.0.2"  # exists, and its kernel knows nothing of what is sent here


def stats(tag, ctl):
    """Packets counted so far by (hook, outcome)."""
    out = subprocess.run(["nsenter", f"--net=/run/netns/{tag}-router", ctl, "stats", "eth0", "-j"],
                         check=True, capture_output=True).stdout
    hooks = json.loads(out)["instances"][0]["hooks"]
    return {(h["hook"], o["name"]): o["packets"] for h in hooks for o in h["outcomes"]}


class Lab:
    """Raw sockets at the far ends of the router's links; `tag` names the lab's namespaces."""

    def __init__(self, tag):
        self.under = Namespace(f"{tag}-inet", "r0")
        self.native = Namespace(f"{tag}-host6", "eth0")
        self.router_under = Namespace(f"{tag}-router", "eth0").mac
        self.router_native = Namespace(f"{tag}-router", "v6").mac

    def send(self, side, packet):
        """Onto the router's IPv4 link ("under") or its IPv6 link ("native")."""
        if side == "under":
            self.under.send(self.router_under, 0x0800, packet)
        else:
            self.native.send(self.router_native, 0x86DD, packet)
