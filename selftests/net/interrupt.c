// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Runs a command and interrupts it at one system call:
 *
 *   interrupt kill|error PROCESS NUMBER NTH COMMAND...
 *
 * PROCESS: 0 the command itself, 1 the first that it makes, and so on; NUMBER: of the system call; at its
 * NTH one, before it is done, the process is killed, or the call fails with ENOMEM and is not done. Then, or
 * when the command ends first, all go on by themselves. Exit code: the command's; 200 when it was
 * killed; 201 when the point was not met. Must not know what the command is.
 */
#include <elf.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define OPTIONS (PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | \
		 PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC)
#define PROCESSES 64

static struct { pid_t pid; bool gone; } all[PROCESSES];
static int count;

static int index_of(pid_t pid)
{
	int i;

	for (i = 0; i < count; i++) {
		if (all[i].pid == pid)
			return i;
	}
	if (count == PROCESSES)
		exit(2);
	all[count].pid = pid;
	return count++;
}

static bool entering(pid_t pid, unsigned long long *number)
{
	struct __ptrace_syscall_info info;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) <= 0 ||
	    info.op != PTRACE_SYSCALL_INFO_ENTRY)
		return false;
	*number = info.entry.nr;
	return true;
}

/* Where a machine keeps the number of the call at its entry, and the result at its exit. */
#if defined(__x86_64__)
#define CALL(r)	  ((r)->orig_rax)
#define RESULT(r) ((r)->rax)
#elif defined(__aarch64__)
#define CALL_SET  NT_ARM_SYSTEM_CALL
#define RESULT(r) ((r)->regs[0])
#elif defined(__s390x__)
#define CALL_SET  NT_S390_SYSTEM_CALL
#define RESULT(r) ((r)->gprs[2])
#define user_regs_struct _user_regs_struct
#else
#error "interrupt.c: where are the registers of this machine?"
#endif

static void no_call(pid_t pid)
{
#ifdef CALL_SET
	unsigned int none = ~0u;
	struct iovec iov = { &none, sizeof(none) };

	ptrace(PTRACE_SETREGSET, pid, CALL_SET, &iov);
#else
	struct user_regs_struct regs;
	struct iovec iov = { &regs, sizeof(regs) };

	ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &iov);
	CALL(&regs) = ~0ull;
	ptrace(PTRACE_SETREGSET, pid, NT_PRSTATUS, &iov);
#endif
}

/* The call becomes one that does not exist, and its result another. */
static void fail(pid_t pid)
{
	struct user_regs_struct regs;
	struct iovec iov = { &regs, sizeof(regs) };
	int status;

	no_call(pid);
	ptrace(PTRACE_SYSCALL, pid, 0, 0);
	waitpid(pid, &status, __WALL);
	ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &iov);
	RESULT(&regs) = (unsigned long long)-ENOMEM;
	ptrace(PTRACE_SETREGSET, pid, NT_PRSTATUS, &iov);
}

/* All go on without us; those that run are stopped for that. */
static void let_go(void)
{
	int i, status;

	for (i = 0; i < count; i++) {
		if (all[i].gone || !ptrace(PTRACE_DETACH, all[i].pid, 0, 0))
			continue;
		if (kill(all[i].pid, 0) || syscall(SYS_tgkill, all[i].pid, all[i].pid, SIGSTOP))
			continue;
		if (waitpid(all[i].pid, &status, __WALL) == all[i].pid && WIFSTOPPED(status)) {
			ptrace(PTRACE_DETACH, all[i].pid, 0, 0);
			kill(all[i].pid, SIGCONT);
		}
	}
}

static int code_of(int status, bool met)
{
	if (!met)
		return WIFEXITED(status) && WEXITSTATUS(status) ? WEXITSTATUS(status) : 201;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 200;
}

static int last(bool met)
{
	int status = 0;

	let_go();
	if (!all[0].gone)
		while (waitpid(all[0].pid, &status, 0) < 0 && errno == EINTR)
			;
	return code_of(status, met);
}

struct point {
	bool kill;
	int process;
	unsigned long long number;
	unsigned int nth;
};

/* One stop of one process. True when the point was met. */
static bool stop(pid_t pid, int status, struct point *p)
{
	unsigned long long number = 0;
	int i = index_of(pid), sig = WSTOPSIG(status);

	if (sig == (SIGTRAP | 0x80)) {
		if (entering(pid, &number) && i == p->process && number == p->number && !--p->nth) {
			if (p->kill)
				kill(pid, SIGKILL);
			else
				fail(pid);
			return true;
		}
		sig = 0;
	} else if (sig == SIGTRAP || (sig == SIGSTOP && i > 0)) {
		sig = 0; /* an event, or the first stop of a new process */
	}
	ptrace(PTRACE_SYSCALL, pid, 0, sig);
	return false;
}

static int run(struct point *p)
{
	int status;
	pid_t pid;

	for (;;) {
		pid = waitpid(-1, &status, __WALL);
		if (pid < 0)
			return 2;
		if (!WIFSTOPPED(status)) {
			all[index_of(pid)].gone = true;
			if (pid != all[0].pid)
				continue;
			let_go();
			return code_of(status, false);
		}
		if (stop(pid, status, p))
			return last(true);
	}
}

int main(int argc, char **argv)
{
	struct point p;
	int status;

	if (argc < 6)
		return 2;
	p = (struct point){ .kill = !strcmp(argv[1], "kill"), .process = atoi(argv[2]),
			    .number = strtoull(argv[3], NULL, 10), .nth = (unsigned int)atoi(argv[4]) };
	all[count++].pid = fork();
	if (!all[0].pid) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		execvp(argv[5], argv + 5);
		_exit(127);
	}
	if (waitpid(all[0].pid, &status, 0) < 0 || ptrace(PTRACE_SETOPTIONS, all[0].pid, 0, OPTIONS))
		return 2;
	ptrace(PTRACE_SYSCALL, all[0].pid, 0, 0);
	return run(&p);
}
