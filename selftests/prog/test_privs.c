// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What a process can no longer do after privs_drop() and privs_confine(): each attempt in a child of its
 * own, where it would have worked as root before. Must not know the daemon.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <pwd.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "io/privs.h"

/* Each returns 0 when it went through, else the errno. */

static int failed(long ret)
{
	return ret < 0 ? errno : 0;
}

static int open_to_write(void)
{
	return failed(open("/tmp/6bed4-test-privs", O_WRONLY | O_CREAT, 0600));
}

static int open_to_read(void)
{
	return failed(open("/etc/passwd", O_RDONLY));
}

static int make_directory(void)
{
	return failed(mkdir("/tmp/6bed4-test-privs-dir", 0700));
}

static int remove_file(void)
{
	return failed(unlink("/tmp/6bed4-test-privs"));
}

static int run_a_program(void)
{
	char *argv[] = { (char *)"/bin/true", NULL };

	return failed(execv("/bin/true", argv));
}

static int fork_a_child(void)
{
	return failed(fork());
}

static int trace_itself(void)
{
	return failed(ptrace(PTRACE_TRACEME, 0, NULL, NULL));
}

static int mount_something(void)
{
	return failed(mount("none", "/mnt", "tmpfs", 0, NULL));
}

static int be_root_again(void)
{
	return failed(setuid(0));
}

static int leave_namespaces(void)
{
	return failed(unshare(CLONE_NEWNS));
}

static int kill_init(void)
{
	return failed(kill(1, 0));
}

static int capture_packets(void)
{
	return failed(socket(AF_PACKET, SOCK_RAW, 0));
}

static int raw_ip(void)
{
	return failed(socket(AF_INET, SOCK_RAW, 1));
}

static int tcp(void)
{
	return failed(socket(AF_INET, SOCK_STREAM, 0));
}

static int make_a_map(void)
{
	union bpf_attr attr = { .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1 };

	return failed(syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof(attr)));
}

static int load_a_program(void)
{
	union bpf_attr attr = { .prog_type = BPF_PROG_TYPE_XDP };

	return failed(syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr)));
}

static int memory_to_run(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? errno : 0;
}

static int memory_made_to_run(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? 0 : failed(mprotect(p, 4096, PROT_READ | PROT_EXEC));
}

static int netlink(void)
{
	return failed(socket(AF_NETLINK, SOCK_RAW, 0));
}

static int udp(void)
{
	return failed(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
}

static int memory(void)
{
	return malloc(1 << 20) ? 0 : ENOMEM;
}

enum { GOES = -1, DIES = -2 };

static const struct {
	const char *what;
	int (*attempt)(void);
	int expected; /* errno, GOES or DIES */
} attempts[] = {
	{ "open a file to write", open_to_write, EPERM },
	{ "open a file to read", open_to_read, EPERM },
	{ "make a directory", make_directory, EPERM },
	{ "remove a file", remove_file, EPERM },
	{ "run a program", run_a_program, DIES },
	{ "fork", fork_a_child, EPERM },
	{ "be traced", trace_itself, DIES },
	{ "mount", mount_something, DIES },
	{ "be root again", be_root_again, DIES },
	{ "leave namespaces", leave_namespaces, DIES },
	{ "signal another process", kill_init, EPERM },
	{ "capture packets", capture_packets, EPERM },
	{ "send raw IPv4", raw_ip, EPERM },
	{ "speak TCP", tcp, EPERM },
	{ "make a BPF map", make_a_map, EPERM },
	{ "load a BPF program", load_a_program, EPERM },
	{ "get memory that can be run", memory_to_run, EPERM },
	{ "make memory runnable", memory_made_to_run, EPERM },
	{ "speak netlink", netlink, GOES },
	{ "speak UDP", udp, GOES },
	{ "get memory", memory, GOES },
};

#define BROKEN 250 /* exit code: privileges could not be dropped */

/* 0 to 249: errno of the attempt; GOES; DIES; BROKEN. */
static int outcome(int (*attempt)(void))
{
	struct err e = {};
	pid_t pid = fork();
	int status, ret;

	assert_true(pid >= 0);
	if (!pid) {
		ret = privs_drop(&e) || privs_confine(&e) ? BROKEN : attempt();
		_exit(ret);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFSIGNALED(status))
		return WTERMSIG(status) == SIGSYS ? DIES : BROKEN;
	return WEXITSTATUS(status) ? WEXITSTATUS(status) : GOES;
}

static void forbidden_calls(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(attempts) / sizeof(*attempts); i++) {
		int got = outcome(attempts[i].attempt);

		if (got != attempts[i].expected)
			fail_msg("%s: %d, expected %d", attempts[i].what, got, attempts[i].expected);
	}
}

static int is_reduced(void)
{
	const struct passwd *pw = getpwnam("_6bed4") ?: getpwnam("nobody");
	cap_t caps;
	int cap, allowed;

	cap_value_t two[] = { CAP_NET_ADMIN, CAP_BPF };
	cap_flag_value_t has;
	struct err e = {};

	if (!pw || privs_drop(&e) || getuid() != pw->pw_uid || geteuid() != pw->pw_uid || getegid() != pw->pw_gid ||
	    getgroups(0, NULL) || prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1 || prctl(PR_GET_DUMPABLE, 0, 0, 0, 0))
		return 1;
	caps = cap_get_proc();
	for (cap = 0; cap <= CAP_LAST_CAP; cap++) {
		allowed = cap == (int)two[0] || cap == (int)two[1];
		if (cap_get_flag(caps, cap, CAP_PERMITTED, &has) || (has == CAP_SET && !allowed) ||
		    cap_get_flag(caps, cap, CAP_INHERITABLE, &has) || has == CAP_SET ||
		    prctl(PR_CAPBSET_READ, cap, 0, 0, 0) == 1)
			return 2;
	}
	return cap_get_flag(caps, CAP_BPF, CAP_EFFECTIVE, &has) || has != CAP_SET ? 3 : 0;
}

static void user_and_capabilities(void **state)
{
	pid_t pid = fork();
	int status;

	(void)state;
	if (!pid)
		_exit(is_reduced());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(user_and_capabilities),
		cmocka_unit_test(forbidden_calls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
