# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Frames by hand, with every field at the caller's mercy; raw sockets in several namespaces.

Shares no code with the product. Nothing here knows what an answer should be.
"""
import ctypes
import os
import select
import socket
import struct
import time

ETH_P_ALL = 3
_libc = ctypes.CDLL(None, use_errno=True)


def csum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ip6addr(text):
    return socket.inet_pton(socket.AF_INET6, text)


def ip4addr(text):
    return socket.inet_aton(text)


def iid(addr, port):
    a, b, c, d = ip4addr(addr)
    return bytes([(port & 0xFF) ^ 2, port >> 8, a, 0xFF, 0xFE, b, c, d])


def sixbed4(prefix, addr, port):
    return socket.inet_ntop(socket.AF_INET6, ip6addr(prefix)[:8] + iid(addr, port))


def upper_csum(src, dst, proto, data):
    return csum(src + dst + struct.pack("!II", len(data), proto) + data)


def ip6(src, dst, proto, payload, hops=64, tclass=0, plen=None, version=6):
    """An IPv6 packet; `payload` is taken as it is."""
    head = struct.pack("!IHBB", version << 28 | tclass << 20, len(payload) if plen is None else plen, proto, hops)
    return head + ip6addr(src) + ip6addr(dst) + payload


def udp6(src, dst, data=b"hello, world", sport=7000, dport=7001):
    head = struct.pack("!HHHH", sport, dport, 8 + len(data), 0)
    c = upper_csum(ip6addr(src), ip6addr(dst), 17, head + data)
    return head[:6] + struct.pack("!H", c or 0xFFFF) + data


def icmp6(src, dst, kind, body, code=0, bad_csum=False):
    message = struct.pack("!BBH", kind, code, 0) + body
    c = upper_csum(ip6addr(src), ip6addr(dst), 58, message)
    return message[:2] + struct.pack("!H", c ^ (0x5555 if bad_csum else 0)) + message[4:]


def udp4(src, sport, dst, dport, data, checksum=None, length=None):
    """checksum: None right, an integer as given."""
    n = 8 + len(data) if length is None else length
    head = struct.pack("!HHHH", sport, dport, n, 0)
    if checksum is None:
        pseudo = ip4addr(src) + ip4addr(dst) + struct.pack("!HH", 17, n)
        checksum = csum(pseudo + head + data) or 0xFFFF
    return head[:6] + struct.pack("!H", checksum) + data


def ip4(src, dst, payload, frag=0, ident=1, options=b"", tos=0, length=None, bad_csum=False):
    vhl = 0x45 + len(options) // 4
    n = 20 + len(options) + len(payload) if length is None else length
    head = struct.pack("!BBHHHBBH", vhl, tos, n, ident, frag, 64, 17, 0) + ip4addr(src) + ip4addr(dst) + options
    c = csum(head) ^ (0x0101 if bad_csum else 0)
    return head[:10] + struct.pack("!H", c) + head[12:] + payload


class Namespace:
    """A raw socket on a device of another network namespace."""

    def __init__(self, name, dev):
        here = os.open("/proc/self/ns/net", os.O_RDONLY)
        there = os.open(f"/run/netns/{name}", os.O_RDONLY)
        self._enter(there)
        self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        self.sock.bind((dev, ETH_P_ALL))
        self.sock.setsockopt(socket.SOL_SOCKET, 33, 8 << 20)  # SO_RCVBUFFORCE
        self.mac = self.sock.getsockname()[4]
        self._enter(here)
        os.close(here)
        os.close(there)

    @staticmethod
    def _enter(fd):
        if _libc.setns(fd, 0x40000000):
            raise OSError(ctypes.get_errno(), "setns")

    def send(self, dst_mac, ethertype, packet):
        frame = dst_mac + self.mac + struct.pack("!H", ethertype) + packet
        self.sock.send(frame.ljust(60, b"\0") if len(frame) < 60 else frame)

    def received(self, wait=0.0):
        """Frames that have come in, waiting at most `wait` seconds for the first."""
        out = []
        deadline = time.monotonic() + wait
        while True:
            ready = select.select([self.sock], [], [], max(0, deadline - time.monotonic()) if not out else 0)[0]
            if not ready:
                return out
            frame, where = self.sock.recvfrom(65536)
            if where[2] != socket.PACKET_OUTGOING:
                out.append(frame)
