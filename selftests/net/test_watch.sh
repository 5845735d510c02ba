#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# modes: tc
#
# --watch: in a terminal drawn in place, which is as it was when it ends, however it ends; without one blocks
# that grow; with -j an object a line. What is computed and laid out is selftests/unit/test_watch.c's.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=topology.sh
. "$(dirname "$0")/topology.sh"

cat >"$WORK/term.py" <<'PYTHON'
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# term.py HOW COMMAND...: runs it in a terminal of 24 rows, waits until it has drawn twice, ends it by HOW, and
# checks that the terminal is as it was. What was drawn goes to standard output.
import fcntl, os, pty, re, select, signal, struct, sys, termios, time
how, command = sys.argv[1], sys.argv[2:]
master, slave = pty.openpty()
fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
before = termios.tcgetattr(slave)
pid = os.fork()
if not pid:
    os.setsid()
    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
    for fd in (0, 1, 2):
        os.dup2(slave, fd)
    os.environ.update(TERM="xterm", LANG="C.UTF-8")
    os.execvp(command[0], command)
text = ""
def until(condition, seconds=30):
    global text
    end = time.time() + seconds
    while time.time() < end:
        if condition():
            return True
        if select.select([master], [], [], 0.1)[0]:
            text += os.read(master, 65536).decode(errors="replace")
    return False
def stopped():
    got, what = os.waitpid(pid, os.WNOHANG | os.WUNTRACED)
    return got and os.WIFSTOPPED(what)
def fits(rows, columns): # the last whole picture
    frames = re.sub(r"\x1b\[[0-9?]*[A-IK-Za-z]", "", text).split("\x1b[J")
    drawn = frames[-2].replace("\r", "").split("\n") if len(frames) > 1 else []
    return drawn and len(drawn) <= rows and max(map(len, drawn)) <= columns
def ended():
    global status
    got, status = os.waitpid(pid, os.WNOHANG)
    return got
def fail(what):
    print(text)
    print("failed:", what)
    os.kill(pid, signal.SIGKILL)
    sys.exit(99)
if not until(lambda: text.count("q ends") > 1):
    fail("it does not draw")
if termios.tcgetattr(slave)[3] & (termios.ECHO | termios.ICANON):
    fail("keys are echoed")
if how == "size":
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", 5, 20, 0, 0))
    if not until(lambda: fits(5, 20)):
        fail("it does not fit a smaller terminal")
    how = "q"
if how == "stop": # ^Z puts the terminal back, and going on takes it again
    os.write(master, b"\x1a")
    if not until(stopped):
        fail("^Z does not stop it")
    if termios.tcgetattr(slave) != before:
        fail("the terminal is not put back by ^Z")
    text = ""
    os.kill(pid, signal.SIGCONT)
    if not until(lambda: "q ends" in text):
        fail("it does not go on")
    how = "q"
if how == "unload":
    os.system(os.environ["UNLOAD"])
elif how.startswith("SIG"):
    os.kill(pid, getattr(signal, how))
else:
    os.write(master, {"q": b"q", "^C": b"\x03"}[how])
if not until(ended):
    fail("it does not end")
while select.select([master], [], [], 0.1)[0]:
    text += os.read(master, 65536).decode()
print(text)
if termios.tcgetattr(slave) != before or not "\x1b[?1049l" in text or text.count("\x1b[?25h") < 1:
    print("failed: the terminal is not as it was")
    sys.exit(99)
sys.exit(os.waitstatus_to_exitcode(status))
PYTHON
in_term() { ns peer1 /usr/bin/python3 "$WORK/term.py" "$@"; }
lines() { test "$(wc -l <"$WORK/$1.log")" -ge "$2"; }
# grown NAME COMMAND...: it runs until there are two blocks or lines, then ends by SIGINT with exit code 0
grown() {
	local name=$1 lines=$2
	shift 2
	bg_ns "$name" peer1 "$CTL" "$@"
	wait_for 20 lines "$name" "$lines" || return 1
	kill -TERM "$last_pid"
	wait "$last_pid"
}

check "nothing loaded" refused 3 "nothing loaded" "$CTL" stats nodev --watch
check "a wrong interval" refused 2 "0.1 to 3600" "$CTL" stats --watch=0
lab
warm_up
check "router loads" load_router tc
check "peer1 loads" load_peer peer1
bg_ns ping peer1 ping -i 0.01 $HOST6

for what in status stats; do
	for how in q ^C SIGTERM SIGHUP size stop; do
		check "$what --watch ends by $how, and leaves the terminal as it was" in_term $how "$CTL" $what --watch 0.2
	done
done
in_term q "$CTL" status eth0 --watch=0.2 >"$WORK/status.txt"
check "status --watch draws the instance" grep -q "6bed4: $(address peer1)" "$WORK/status.txt"
check "  and a rate of what is sent" grep -qE "sent by the router +[0-9.]*[1-9]" "$WORK/status.txt"
check "  in blocks where the terminal knows them" grep -q "█" "$WORK/status.txt"
check "  in colour" grep -q $'\033\[1m' "$WORK/status.txt"
no_color() { NO_COLOR=1 in_term q "$CTL" status --watch 0.2 | tee /dev/stderr | grep -c $'\033\[[13]*1m'; }
check "NO_COLOR: without" equal "$(no_color 2>/dev/null)" 0

check "stats --watch without a terminal grows" grown grow 8 stats eth0 --watch 0.2
check "  plain" equal "$(grep -c $'\033' "$WORK/grow.log")" 0
check "  with a rate" grep -qE "tc-out out-router +forward +[0-9.]*[1-9]" "$WORK/grow.log"
check "status --watch without a terminal grows" grown grow2 40 status --watch 0.2
check "  plain" equal "$(grep -c $'\033' "$WORK/grow2.log")" 0
check "stats --watch -j: an object a line" grown json 3 stats -j --watch 0.2
# The counter has grown by as much as the rate and the time say.
rate() {
	head -3 "$WORK/json.log" | jq -s 'map(. as $l | .instances[0].outcomes[] | select(.name == "out-router") |
		{ grown: (.packets_per_second * $l.seconds | round), packets }) |
		length == 3 and .[1].grown > 0 and .[2].packets - .[1].packets == .[2].grown'
}
check "  that parses, with rates that agree with the counters" equal "$(rate)" true
check "status --watch -j: an object a line" grown json2 3 status -j --watch 0.2
check "  that parses" equal "$(head -3 "$WORK/json2.log" | jq -s 'length')" 3

UNLOAD="nsenter --net=/run/netns/$TAG-peer1 $CTL unload eth0"
export UNLOAD
check "it ends when the instance is unloaded, with 3" exits 3 in_term unload "$CTL" status eth0 --watch 0.2
finish
