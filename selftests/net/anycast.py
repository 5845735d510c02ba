#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Many 6bed4 peers in one process that talk to a native host, and that host.

anycast.py echo PORT                            answers each UDP datagram over IPv6
anycast.py peers PREFIX FIRST COUNT ROUTER HOST PORT RATE
    peers at COUNT IPv4 addresses from FIRST on, a UDP port each. First every one asks for its address by a router
    solicitation: "ready" when all have been told the one that their endpoint makes. Then each sends RATE numbered
    packets a second. SIGUSR1: "fresh N" is printed once every peer has had an answer to a packet sent since, N
    counting the signals. SIGTERM: waits for what is under way and prints an object of JSON on what was lost.

Must not know how many routers there are, nor how much loss is fine.
"""
import ipaddress
import json
import select
import signal
import socket
import struct
import sys
import time

from_port, ICMP6, UDP = 25788, 58, 17
RS = bytes.fromhex("6000000000103aff" + "00" * 16 + "ff02" + "00" * 13 + "02" + "85007aae00000000" + "0101000000000001")
BURST = 16  # packets that are sent at once at most
RCVBUFFORCE = 33  # of socket(7); Python has no name for it
LATE = 1.0  # s that an answer may take


def six(prefix, v4, port):
    """The 6bed4 address of an endpoint."""
    a = v4.packed
    return prefix.packed[:8] + bytes([(port & 0xFF) ^ 2, port >> 8, a[0], 0xFF, 0xFE, a[1], a[2], a[3]])


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


class Peer:
    def __init__(self, prefix, v4, port, host, dport):
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind((str(v4), port))
        self.sock.setblocking(False)
        self.own, self.host = six(prefix, v4, port), host.packed
        udp = struct.pack("!HHHH", 7000, dport, 16, 0) + b"\0\0\0\0\xff\xff\xff\xff"
        pseudo = self.own + self.host + struct.pack("!II", len(udp), UDP)
        udp = udp[:6] + struct.pack("!H", checksum(pseudo + udp) or 0xFFFF)
        self.head = struct.pack("!IHBB", 6 << 28, 16, UDP, 64) + self.own + self.host + udp
        self.seq, self.told, self.seen = 0, False, 0
        self.sent, self.answered = {}, 0
        self.last_good = None  # when the newest packet that was answered had been sent
        self.outage = 0.0  # the longest time between two such, in s

    def ask(self, router):
        self.sock.sendto(RS, (router, from_port))

    def send(self, router, now):
        # A number and its complement: the checksum stays.
        self.sent[self.seq] = now
        try:
            self.sock.sendto(self.head + struct.pack("!II", self.seq, ~self.seq & 0xFFFFFFFF), (router, from_port))
        except OSError:
            pass  # an ICMP error about an earlier one: lost, as it will be seen
        self.seq += 1

    def take(self, router):
        """The next datagram: True, something was there; an answer's sending time if it is one."""
        try:
            data, peer = self.sock.recvfrom(2048)
        except BlockingIOError:
            return False, None
        except OSError:
            return True, None
        if peer != (router, from_port) or len(data) < 48:
            return True, None
        if data[6] == ICMP6 and data[40] == 134 and data[24:40] == b"\xfe\x80" + b"\0" * 6 + self.own[8:]:
            self.told |= self.own[:8] in data[56:]
        if data[6] != UDP or data[8:24] != self.host or data[24:40] != self.own or len(data) != 56:
            return True, None
        sent = self.sent.pop(struct.unpack("!I", data[48:52])[0], None)
        if sent is not None:
            self.answered += 1
            if self.last_good is not None:
                self.outage = max(self.outage, sent - self.last_good)
            self.last_good = max(sent, self.last_good or sent)
        return True, sent


class Crowd:
    def __init__(self, peers, router):
        self.peers, self.router = peers, router
        self.by_fd = {p.sock.fileno(): p for p in peers}
        self.poll = select.epoll()
        for fd in self.by_fd:
            self.poll.register(fd, select.EPOLLIN)
        self.marks = self.printed = 0
        self.marked, self.fresh, self.stop = 0.0, set(), False

    def mark(self, *_):
        self.marks += 1
        self.marked, self.fresh = time.monotonic(), set()

    def end(self, *_):
        self.stop = True

    def hear(self, seconds):
        for fd, _ in self.poll.poll(seconds):
            while True:
                there, sent = self.by_fd[fd].take(self.router)
                if not there:
                    break
                if sent is not None and self.marks and sent >= self.marked:
                    self.fresh.add(fd)
        if self.marks > self.printed and len(self.fresh) == len(self.peers):
            self.printed = self.marks
            print("fresh", self.marks, flush=True)

    def solicit(self):
        again = 0.0
        while not self.stop and not all(p.told for p in self.peers):
            if time.monotonic() >= again:
                for p in self.peers:
                    p.told or p.ask(self.router)
                again = time.monotonic() + 1
            self.hear(0.05)

    def run(self, rate):
        gap = 1 / (rate * len(self.peers))
        begin, k = time.monotonic(), 0
        while not self.stop:
            now = time.monotonic()
            # Who was kept waiting does not send all that was due at once: queues of the lab would lose it.
            begin = max(begin, now - (k + BURST) * gap)
            while begin + k * gap <= now:
                self.peers[k % len(self.peers)].send(self.router, now)
                k += 1
            self.hear(max(0.001, begin + k * gap - time.monotonic()))
        deadline = time.monotonic() + LATE
        while time.monotonic() < deadline and any(p.sent for p in self.peers):
            self.hear(0.05)

    def report(self, rate):
        lost = [p for p in self.peers if p.sent]
        return {"peers": len(self.peers), "sent": sum(p.seq for p in self.peers),
                "answered": sum(p.answered for p in self.peers), "lost": sum(len(p.sent) for p in lost),
                "peers_with_loss": len(lost), "silent": sum(p.answered == 0 for p in self.peers),
                "outage_ms": round(1000 * max(0, max(p.outage for p in self.peers) - 1 / rate))}


def echo(port):
    sock = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, RCVBUFFORCE, 4 << 20)
    sock.bind(("::", port))
    print("ready", flush=True)
    while True:
        data, peer = sock.recvfrom(2048)
        try:
            sock.sendto(data, peer)
        except OSError:
            pass  # while there is no route, it is lost


def peers(prefix, first, count, router, host, port, rate):
    prefix = ipaddress.IPv6Address(prefix.split("/")[0])
    first, host = ipaddress.IPv4Address(first), ipaddress.IPv6Address(host)
    crowd = Crowd([Peer(prefix, first + i, 50000 + 2 * i, host, port) for i in range(count)], router)
    signal.signal(signal.SIGUSR1, crowd.mark)
    signal.signal(signal.SIGTERM, crowd.end)
    crowd.solicit()
    print("ready", flush=True)
    crowd.run(rate)
    print(json.dumps(crowd.report(rate)), flush=True)


if sys.argv[1] == "echo":
    echo(int(sys.argv[2]))
peers(*sys.argv[2:4], int(sys.argv[4]), *sys.argv[5:7], int(sys.argv[7]), int(sys.argv[8]))
