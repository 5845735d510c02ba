# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""A file over UDP, in datagrams of a given size, each sent until it is acknowledged.

udp_file.py serve PORT FILE              stores what comes, until all of it is there; then ends
udp_file.py send ADDRESS PORT SIZE FILE  sends it; fails when a datagram never gets through
"""
import socket
import struct
import sys
import time

WINDOW = 64
HEAD = struct.Struct("!II")  # number of this datagram, how many there are


def listen(port):
    s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, 33, 8 << 20)  # SO_RCVBUFFORCE
    s.bind(("::", port))
    return s


def serve(port, path):
    s, parts, total = listen(port), {}, None
    s.settimeout(60)
    while total is None or len(parts) < total:
        data, who = s.recvfrom(65536)
        number, total = HEAD.unpack_from(data)
        parts[number] = data[HEAD.size:]
        s.sendto(data[:HEAD.size], who)
    with open(path, "wb") as f:
        f.write(b"".join(parts[i] for i in range(total)))
    s.settimeout(1)  # the last acknowledgements may be lost
    try:
        while True:
            data, who = s.recvfrom(65536)
            s.sendto(data[:HEAD.size], who)
    except TimeoutError:
        pass


def send(address, port, size, path):
    with open(path, "rb") as f:
        data = f.read()
    step = size - HEAD.size
    chunks = [data[i:i + step] for i in range(0, len(data), step)]
    s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    s.connect((address, port))
    s.settimeout(0.2)
    todo, flying, deadline = iter(enumerate(chunks)), {}, time.monotonic() + 60
    left = len(chunks)
    while left:
        while len(flying) < WINDOW:
            number, chunk = next(todo, (None, None))
            if number is None:
                break
            flying[number] = chunk
            put(s, number, len(chunks), chunk)
        try:
            number = HEAD.unpack_from(s.recv(65536))[0]
            left -= flying.pop(number, None) is not None
        except (TimeoutError, OSError):
            if time.monotonic() > deadline:
                sys.exit(f"{left} of {len(chunks)} datagrams of {size} bytes never got through")
            for number, chunk in flying.items():
                put(s, number, len(chunks), chunk)


def put(s, number, total, chunk):
    try:
        s.send(HEAD.pack(number, total) + chunk)
    except OSError:
        pass  # an ICMPv6 error about an earlier one; this one is sent again


if sys.argv[1] == "serve":
    serve(int(sys.argv[2]), sys.argv[3])
else:
    send(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), sys.argv[5])
