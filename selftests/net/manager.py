# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""manager.py UNIT IFACE DIR: does with one unit file what systemd would, where systemd is not to be had: runs
its steps, those without a + as the unit's user with just the unit's capabilities and behind a mount
namespace, listens to them, keeps descriptors, watches the main process, restarts it. DIR/log gets a line for
each event, DIR/main the main process's number; SIGHUP reloads, SIGTERM stops. Must not know what the steps do."""
import array
import os
import select
import shlex
import signal
import socket
import subprocess
import sys
import time

unit_file, iface, where = sys.argv[1:4]
log = open(where + "/log", "a", buffering=1)


def note(*words):
    print("%.3f" % time.monotonic(), *words, file=log)


def read_unit():
    settings = {}
    for line in open(unit_file):
        key, eq, value = line.strip().partition("=")
        if eq and not line.startswith("#"):
            settings.setdefault(key, []).append(value.replace("%i", iface))
    return settings


unit = read_unit()
one = lambda key, default="": unit.get(key, [default])[-1]
seconds = lambda text: float(text or 0)
address = where + "/notify"
sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
sock.bind(address)
os.chmod(address, 0o777)
sock.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
store = {}  # name -> descriptors
main = main_fd = None
ready = reloading = False
heard = 0.0
watchdog = seconds(one("WatchdogSec")) * float(os.environ.get("WATCHDOG_SCALE", 1))
user = os.environ.get("UNIT_USER", one("User"))


def environment(is_main, **more):
    env = {"PATH": os.environ["PATH"], "NOTIFY_SOCKET": address, **more}
    if is_main and watchdog:
        env["WATCHDOG_USEC"] = str(int(watchdog * 1e6))
    return env


def unprivileged(words):
    caps = ",".join("+" + c.lower().replace("cap_", "") for c in one("AmbientCapabilities").split())
    bound = ",".join("+" + c.lower().replace("cap_", "") for c in one("CapabilityBoundingSet").split())
    # No device but the harmless ones, no pins: as PrivateDevices= and a directory of root's have it.
    hide = "mount -t tmpfs none /sys/fs/bpf && mount -t tmpfs none /dev/net && exec \"$@\""
    return ["unshare", "--mount", "--propagation", "private", "sh", "-c", hide, "sh",
            "setpriv", "--reuid", user, "--regid", "nogroup", "--clear-groups", "--bounding-set", "-all," + bound,
            "--inh-caps", "-all," + caps, "--ambient-caps", "-all," + caps, "--no-new-privs"] + words


def command(line):
    plus = line.startswith("+")
    words = shlex.split(line.lstrip("+"))
    return words if plus else unprivileged(words)


def set_main(pid):
    global main, main_fd
    if main_fd is not None:
        os.close(main_fd)
    main, main_fd = pid, os.pidfd_open(pid)
    with open(where + "/main.new", "w") as f:
        f.write("%d\n" % pid)
    os.rename(where + "/main.new", where + "/main")


def take(fds, name):
    store.setdefault(name, []).extend(fds)
    note("stored", name, len(fds))


def on_message():
    global ready, reloading, heard
    data, extra, _, _ = sock.recvmsg(4096, 1024)
    fds, pid = array.array("i"), 0
    for level, kind, value in extra:
        if kind == socket.SCM_RIGHTS:
            fds.frombytes(value[:len(value) - len(value) % 4])
        elif kind == socket.SCM_CREDENTIALS:
            pid = int.from_bytes(value[:4], "little")
    told = dict(part.split("=", 1) for part in data.decode().split("\n") if "=" in part)
    note("message", pid, data.decode().replace("\n", " | "))
    if told.get("FDSTORE") == "1":
        take(fds, told.get("FDNAME", "stored"))
        fds = []
    if told.get("FDSTOREREMOVE") == "1":
        for fd in store.pop(told.get("FDNAME"), []):
            os.close(fd)
    for fd in fds:  # a barrier is answered by closing it
        os.close(fd)
    if "MAINPID" in told and int(told["MAINPID"]) != main:
        set_main(int(told["MAINPID"]))
        note("main", main)
    if told.get("RELOADING") == "1":
        reloading = True
    if told.get("READY") == "1":
        ready, reloading = True, False
    if told.get("WATCHDOG") == "1":
        heard = time.monotonic()


def listen(timeout):
    if select.select([sock], [], [], timeout)[0]:
        on_message()
        return True
    return False


def run_step(key, **more):
    """All lines of a step; the exit code of the first that fails."""
    for line in unit.get(key, []):
        if not line:
            continue
        step = subprocess.Popen(command(line), env=environment(False, **more), stdin=subprocess.DEVNULL)
        while step.poll() is None:
            listen(0.02)
        while listen(0):
            pass
        note("step", key, step.returncode)
        if step.returncode:
            return step.returncode
    return 0


def exec_main(fds, names):
    count = len(fds)
    held = [os.dup(os.dup2(fd, 100 + i)) for i, fd in enumerate(fds)]
    for i, fd in enumerate(held):
        os.dup2(fd, 3 + i, inheritable=True)
    env = environment(True)
    if count:
        env.update(LISTEN_FDS=str(count), LISTEN_FDNAMES=":".join(names))
    # The steps in front keep their process, so the number is right.
    env["LISTEN_PID"] = str(os.getpid())
    if "WATCHDOG_USEC" in env:
        env["WATCHDOG_PID"] = str(os.getpid())
    os.closerange(3 + count, 256)
    words = command(os.environ.get("WRAP_MAIN", "") + one("ExecStart"))
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    os.execvpe(words[0], words, env)


def start_main():
    global ready, heard
    ready, heard = False, time.monotonic()
    names = [name for name, fds in store.items() for _ in fds]
    fds = [fd for some in store.values() for fd in some]
    pid = os.fork()
    if not pid:
        try:
            exec_main(fds, names)
        finally:
            os._exit(203)
    set_main(pid)
    note("started", pid)


def main_ended():
    return bool(select.select([main_fd], [], [], 0)[0])


def reap():
    """How the main process ended; a successor's parent may be somebody else."""
    try:
        _, status = os.waitpid(main, 0)
    except ChildProcessError:
        return "success" if wanted_end else "signal"
    if os.WIFSIGNALED(status):
        return "signal"
    return "exit-code" if os.WEXITSTATUS(status) else "success"


asked = set()
wanted_end = False
for sig in (signal.SIGHUP, signal.SIGTERM):
    signal.signal(sig, lambda number, frame: asked.add(number))


def forget_store():
    for fds in store.values():
        for fd in fds:
            os.close(fd)
    store.clear()


def live():
    """Until the main process ends. Returns the result."""
    global wanted_end
    while True:
        listen(0.02)
        if signal.SIGTERM in asked and not wanted_end:
            wanted_end = True
            os.kill(main, signal.SIGTERM)
        if main_ended():
            return reap()
        if watchdog and ready and time.monotonic() - heard > watchdog:
            note("watchdog", main)
            os.kill(main, signal.SIGABRT)
            reap()
            return "watchdog"
        if signal.SIGHUP in asked:
            asked.discard(signal.SIGHUP)
            note("reload", run_step("ExecReload"), "reloading" if reloading else "ready")


while True:
    note("begin")
    if run_step("ExecStartPre"):
        result = "exit-code"
    else:
        start_main()
        result = live()
    while listen(0):
        pass
    note("ended", result)
    run_step("ExecStopPost", SERVICE_RESULT=result)
    if result == "success" or signal.SIGTERM in asked or one("Restart") != "on-failure":
        break
    note("restart")
    time.sleep(float(one("RestartSec", "0.1")))
forget_store()
note("dead", result)
