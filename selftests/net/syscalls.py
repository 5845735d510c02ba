#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""The points at which a command can be interrupted: syscalls.py kill|error LOG [WANTED], LOG by strace -f -n.

Prints "PROCESS NUMBER NTH NAME WORDS" a line, as interrupt.c wants it: the Nth call of that number by that
process, and what it was about. kill: calls after which something is different for others; error: also those
that take what can run out. At most WANTED of them, evenly. Must not know the product.
"""
import collections
import re
import sys

CHANGES = {"mkdir", "mkdirat", "unlink", "unlinkat", "rmdir", "rename", "renameat", "renameat2", "mount", "umount2",
           "ftruncate", "symlink", "chown", "fchown", "chmod", "fchmod", "setns", "unshare", "sendto", "sendmsg", "ioctl",
           "clone", "clone3", "fork", "vfork", "connect", "flock", "capset", "setresuid", "setresgid", "setgroups"}
BPF_CHANGES = {"OBJ_PIN", "MAP_UPDATE_ELEM", "MAP_DELETE_ELEM", "MAP_UPDATE_BATCH", "LINK_CREATE", "LINK_UPDATE",
               "LINK_DETACH", "PROG_ATTACH", "PROG_DETACH", "PROG_TEST_RUN"}
TAKES = {"socket", "epoll_create1", "epoll_ctl", "signalfd4", "eventfd2", "timerfd_create", "pipe2", "memfd_create",
         "bind", "setsockopt", "mmap", "getrandom", "membarrier", "prctl", "seccomp", "chdir", "dup", "read"}
BPF_TAKES = {"MAP_CREATE", "PROG_LOAD", "BTF_LOAD", "OBJ_GET", "PROG_BIND_MAP", "MAP_FREEZE", "OBJ_GET_INFO_BY_FD",
             "MAP_LOOKUP_ELEM", "PROG_GET_FD_BY_ID", "MAP_GET_FD_BY_ID"}
CALL = re.compile(r"^(\d+) +\[ *(\d+)\] ([a-z0-9_]+)\((.*)")


def about(name, rest):
    """Some words for people."""
    if name == "bpf":
        return rest.split(",")[0].replace("BPF_", "")
    words = re.findall(r"RTM_[A-Z]+|TUN[A-Z]+|SIOC[A-Z]+|\"/[^\"]*\"", rest)
    return words[0].replace(" ", "_") if words else ""


def changes(name, rest):
    if name == "bpf":
        return rest.split(",")[0].replace("BPF_", "") in BPF_CHANGES
    if name in ("openat", "open"):
        return "O_CREAT" in rest or "O_WRONLY" in rest
    if name == "write":
        return bool(re.match(r"([3-9]|\d\d+)</", rest))
    if name == "ioctl":
        return not re.search(r"SIOCG|SIOCETHTOOL|TUNGET", rest)
    if name == "bind":
        return "AF_NETLINK" not in rest
    return name in CHANGES and "RTM_GET" not in rest


def takes(name, rest):
    if name == "bpf":
        return rest.split(",")[0].replace("BPF_", "") in BPF_TAKES
    return name in TAKES or name in ("openat", "ioctl", "sendto")


def points(log, how):
    """(process, number, ordinal, name, words) in the order in which they were made."""
    seen, out, began, pids = collections.Counter(), [], set(), []
    for line in log:
        m = CALL.match(line)
        if not m:
            continue
        pid, number, name, rest = m.groups()
        if pid not in pids:
            pids.append(pid)
        seen[pid, name] += 1
        if name in ("socket", "capget") or pid != pids[0]:
            began.add(pid)  # the dynamic linker is through
        if pid not in began:
            continue
        done = not re.search(r"= -1 E", rest)
        if (done and changes(name, rest)) or (how == "error" and takes(name, rest)):
            out.append((pids.index(pid), number, seen[pid, name], name, about(name, rest)))
    return out


def main():
    with open(sys.argv[2], encoding="utf-8", errors="replace") as log:
        all_points = points(log, sys.argv[1])
    wanted = int(sys.argv[3]) if len(sys.argv) > 3 else 0
    step = -(-len(all_points) // wanted) if wanted else 1
    for point in all_points[step // 2::step]:
        print(*point)


main()
