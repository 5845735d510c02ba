# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""unit_calls.py UNIT TRACE: prints the system calls in a trace of strace that the SystemCallFilter= lines of the
unit refuse. The sets behind @names are those of systemd-analyze. Must not know what is traced."""
import re
import subprocess
import sys


def members(name):
    text = subprocess.run(["systemd-analyze", "syscall-filter", name], capture_output=True, text=True, check=True)
    calls = set()
    for line in text.stdout.splitlines()[1:]:
        word = line.strip()
        if word.startswith("@"):
            calls |= members(word)
        elif word and not word.startswith("#"):
            calls.add(word)
    return calls


allowed = members("@default")
for line in open(sys.argv[1]):
    if not line.startswith("SystemCallFilter="):
        continue
    words = line.strip().split("=", 1)[1]
    minus = words.startswith("~")
    for word in words.lstrip("~").split():
        calls = members(word) if word.startswith("@") else {word}
        allowed = allowed - calls if minus else allowed | calls

used = set()
for line in open(sys.argv[2]):
    call = re.match(r"(?:\d+ +)?([a-z_0-9]+)\(", line)
    if call:
        used.add(call.group(1))
if len(used) < 20:
    print("only", len(used), "calls in the trace")
print(" ".join(sorted(used - allowed)))
