#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""
scrapers.py HOST PORT COUNT SECONDS: so many clients of an HTTP server at once that do it no good, for that
long: silent ones, slow ones, ones that break off, that send garbage or too much, or that take no answer. Who is
refused or thrown out comes again. Says how many connections it has made; fails if that were none.
"""
import errno
import select
import socket
import sys
import time

HOST, PORT, COUNT, SECONDS = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
GET = b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"
WORDS = [b"", b"GET /met", GET, GET * 200, b"\0" * 100, b"x" * 100000, b"POST /metrics HTTP/1.1\r\nHost: x\r\n\r\n" + b"x" * 50000]
made = 0


def connect(n):
    global made
    s = socket.socket(socket.AF_INET6 if ":" in HOST else socket.AF_INET)
    s.setblocking(False)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    err = s.connect_ex((HOST, PORT))
    if err not in (0, errno.EINPROGRESS):
        s.close()
        return None
    made += err == 0
    return [s, WORDS[n % len(WORDS)], n]


def step(client):
    """False: it is over."""
    sock, words, n = client
    try:
        if words:
            sent = sock.send(words[:1] if n % 3 == 0 else words)
            client[1] = words[sent:]
        elif n % 5 == 0:
            return False
        elif n % 5 > 2 and not sock.recv(100):
            return False
    except BlockingIOError:
        pass
    except OSError:
        return False
    return True


def main():
    end = time.monotonic() + SECONDS
    clients, n = {}, 0
    while time.monotonic() < end:
        while len(clients) < COUNT:
            client = connect(n)
            n += 1
            if not client:
                break
            clients[client[0].fileno()] = client
        poller = select.poll()
        for fd in clients:
            poller.register(fd, select.POLLOUT | select.POLLIN)
        for fd, _ in poller.poll(100):
            if not step(clients[fd]):
                clients.pop(fd)[0].close()
        time.sleep(0.02)
    print(f"{n} tried, {len(clients)} at the end")
    return 0 if n >= COUNT else 1


sys.exit(main())
