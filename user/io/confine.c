// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The seccomp filter of a running daemon; see privs.h. What is not in these tables fails with EPERM, as
 * it would for want of a privilege, and what nobody but an intruder calls ends the process. Proved by
 * selftests/prog/test_privs.c and, that nothing is missing, by selftests/net/test_privs.sh.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <seccomp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "io/privs.h"

#define SOCK_TYPES 0xf /* the type without its flags */

/* On descriptors that are open, on time, memory and ourselves. */
static const int calls[] = {
	SCMP_SYS(read),		SCMP_SYS(readv),	 SCMP_SYS(write),	   SCMP_SYS(writev),
	SCMP_SYS(recvfrom),	SCMP_SYS(recvmsg),	 SCMP_SYS(recvmmsg),	   SCMP_SYS(sendto),
	SCMP_SYS(sendmsg),	SCMP_SYS(sendmmsg),	 SCMP_SYS(accept4),	   SCMP_SYS(bind),
	SCMP_SYS(connect),	SCMP_SYS(setsockopt),	 SCMP_SYS(getsockopt),	   SCMP_SYS(getsockname),
	SCMP_SYS(close),	SCMP_SYS(dup),		 SCMP_SYS(fcntl),	   SCMP_SYS(fstat),
	SCMP_SYS(newfstatat),	SCMP_SYS(epoll_wait),	 SCMP_SYS(epoll_pwait),	   SCMP_SYS(epoll_ctl),
	SCMP_SYS(poll),		SCMP_SYS(ppoll),	 SCMP_SYS(clock_gettime),  SCMP_SYS(clock_getres),
	SCMP_SYS(clock_nanosleep), SCMP_SYS(nanosleep),  SCMP_SYS(gettimeofday),   SCMP_SYS(time),
	SCMP_SYS(getrandom),	SCMP_SYS(brk),		 SCMP_SYS(munmap),	   SCMP_SYS(mremap),
	SCMP_SYS(madvise),	SCMP_SYS(futex),	 SCMP_SYS(membarrier),	   SCMP_SYS(getpid),
	SCMP_SYS(gettid),	SCMP_SYS(geteuid),	 SCMP_SYS(rt_sigreturn),   SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigaction), SCMP_SYS(restart_syscall), SCMP_SYS(exit),	   SCMP_SYS(exit_group),
	SCMP_SYS(getrusage),	SCMP_SYS(shutdown),
};

/* Programs, other processes, the kernel itself. */
static const int deadly[] = {
	SCMP_SYS(execve),	SCMP_SYS(execveat),	    SCMP_SYS(ptrace),
	SCMP_SYS(process_vm_writev), SCMP_SYS(process_vm_readv), SCMP_SYS(init_module),
	SCMP_SYS(finit_module), SCMP_SYS(kexec_load),	    SCMP_SYS(mount),
	SCMP_SYS(pivot_root),	SCMP_SYS(setns),	    SCMP_SYS(unshare),
	SCMP_SYS(setuid),	SCMP_SYS(setresuid),	    SCMP_SYS(setreuid),
};

/* Maps are read and written, and the one program run that changes them in place. None is made or loaded. */
static const int bpf_commands[] = {
	BPF_MAP_LOOKUP_ELEM, BPF_MAP_UPDATE_ELEM, BPF_MAP_DELETE_ELEM,	  BPF_MAP_GET_NEXT_KEY,
	BPF_PROG_TEST_RUN,   BPF_MAP_LOOKUP_BATCH, BPF_OBJ_GET_INFO_BY_FD,
};

/* Netlink, the tunnel's socket when the address changes, the system log. */
static const struct { int family, type; } sockets[] = {
	{ AF_NETLINK, SOCK_RAW },
	{ AF_INET, SOCK_DGRAM },
	{ AF_UNIX, SOCK_DGRAM },
};

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static int allow_all(scmp_filter_ctx ctx)
{
	size_t i;
	int err = 0;

	for (i = 0; !err && i < COUNT(calls); i++)
		err = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, calls[i], 0);
	for (i = 0; !err && i < COUNT(deadly); i++)
		err = seccomp_rule_add(ctx, SCMP_ACT_KILL_PROCESS, deadly[i], 0);
	return err;
}

static int allow_by_argument(scmp_filter_ctx ctx)
{
	size_t i;
	int err;

	/* Memory, but none that can be run. */
	err = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
			       SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	if (!err)
		err = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
				       SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	for (i = 0; !err && i < COUNT(bpf_commands); i++)
		err = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(bpf), 1,
				       SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)bpf_commands[i]));
	for (i = 0; !err && i < COUNT(sockets); i++)
		err = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(socket), 2,
				       SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)sockets[i].family),
				       SCMP_A1(SCMP_CMP_MASKED_EQ, SOCK_TYPES,
					       (scmp_datum_t)sockets[i].type));
	return err;
}

int privs_confine(struct err *e)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int err = ctx ? allow_all(ctx) : -ENOMEM;

	if (!err)
		err = allow_by_argument(ctx);
	if (!err)
		err = seccomp_load(ctx);
	seccomp_release(ctx);
	return err ? err_set(e, err, "cannot confine the daemon by seccomp: %s; does the kernel lack "
				     "CONFIG_SECCOMP_FILTER?", strerror(-err)) : 0;
}
