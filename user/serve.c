// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The daemon's process and its caller's; see serve.h. Proved by selftests/net/test_life.sh. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clean.h"
#include "cmd.h"
#include "log.h"
#include "report.h"
#include "sane.h"
#include "serve.h"
#include "settle.h"
#include "unload.h"

struct serving {
	const struct load_options *opt;
	const struct instance *in;
	const struct daemon_before *before;
	struct daemon *d;
	char notice[512];
	int report; /* pipe to the caller; -1 told already */
};

/* On the pipe: 'u' when it is up, then one byte of exit code and a text. */
#define UP 'u'

int serve_before(const char *iface, struct daemon_before *b, struct err *e)
{
	struct instance_maps maps;
	int err = instance_open_maps(&maps, iface, e);
	__u32 zero = 0;

	memset(b, 0, sizeof(*b));
	if (err == -ENOENT)
		return 0;
	if (err)
		return err;
	b->there = true;
	b->alive = maps.alive;
	err = instance_read_info(maps.info, &b->info);
	/* What cannot be what we wrote is as if it had not been: its owner's loading, or somebody's doing. */
	if (!err && b->info.made.abi == BED4_ABI &&
	    (info_sane(&b->info, iface, NULL) || instance_map_read(maps.self, &zero, &b->self, sizeof(b->self)) ||
	     self_sane(&b->self, iface, NULL)))
		memset(&b->info, 0, sizeof(b->info));
	instance_maps_close(&maps);
	return err ? err_set(e, err, "cannot read the maps of %s: %s", iface, strerror(-err)) : 0;
}

/* --- in the process that becomes the daemon -------------------------------------------------------- */

/* The last word on the pipe: the exit code, then what the user is to read. */
static void tell(struct serving *s, int code, const char *error)
{
	const struct report r = { .opt = s->opt, .before = s->before, .daemon = s->d, .notice = s->notice,
				  .bare = s->in->bare, .asked = s->opt->role == BED4_ROLE_PEER,
				  .degraded = code == EXIT_DEGRADED };
	__u8 byte = (__u8)code;
	FILE *f = fdopen(s->report, "w");

	s->report = -1;
	if (!f)
		return;
	fwrite(&byte, 1, 1, f);
	if (error)
		fprintf(f, "%s: %s\n", program_invocation_short_name, error);
	else
		report(f, &r);
	fclose(f);
}

static void on_up(void *arg)
{
	struct serving *s = arg;
	char up = UP;

	(void)!write(s->report, &up, 1);
}

static void on_ready(void *arg, bool degraded)
{
	struct serving *s = arg;

	tell(s, degraded ? EXIT_DEGRADED : EXIT_DONE, NULL);
}

static unsigned int log_to(const struct load_options *o)
{
	return o->log ? o->log : o->foreground ? LOG_TO_STDERR : LOG_TO_SYSTEM;
}

/* What there is to say goes through the pipe, and later to the log. */
void serve_leave_terminal(bool log_to_stderr)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	dup2(null, 0);
	dup2(null, 1);
	if (!log_to_stderr)
		dup2(null, 2);
	close(null);
}

void serve_block_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
}

/* Returns the daemon's exit code. */
static int be_daemon(struct serving *s)
{
	struct daemon_told told = { .up = on_up, .ready = on_ready, .arg = s };
	struct err e = {};
	int err;

	serve_block_signals();
	setsid();
	(void)!chdir("/");
	if (!s->opt->foreground)
		serve_leave_terminal(log_to(s->opt) & LOG_TO_STDERR);
	log_open(s->opt->iface, log_to(s->opt));
	err = daemon_up(&s->d, s->opt, s->in, s->before, s->notice, sizeof(s->notice), &e);
	if (!err && s->opt->role == BED4_ROLE_PEER)
		settle_keep_port(s->opt, s->in);
	if (!err)
		err = daemon_run(s->d, &told, &e);
	if (!err)
		return EXIT_DONE;
	if (s->report >= 0)
		tell(s, EXIT_FAILED, *e.text ? e.text : strerror(-err));
	return EXIT_FAILED;
}

/* --- in the caller ----------------------------------------------------------------------------------- */

/* People read what is not as it should be where they read errors; a program finds the object in one place. */
static bool is_result(int code)
{
	return code == EXIT_DONE || (cmd_json && code == EXIT_DEGRADED);
}

/*
 * Shows what the daemon reports and returns the exit code, -1 when it died before it had one. @lock is
 * closed when it is up.
 */
static int await_report(int fd, int *lock)
{
	char buf[4096];
	bool up = false;
	int code = -1;
	ssize_t n, at;

	while ((n = read(fd, buf, sizeof(buf))) > 0 || (n < 0 && errno == EINTR)) {
		if (n < 0)
			continue;
		at = 0;
		if (!up && code < 0 && buf[0] == UP) {
			up = true;
			close(*lock);
			*lock = -1;
			at++;
		}
		if (at < n && code < 0)
			code = (__u8)buf[at++];
		fwrite(buf + at, 1, (size_t)(n - at), is_result(code) ? stdout : stderr);
	}
	fflush(stdout);
	close(fd);
	return code;
}

void serve_undo(const struct instance *in, const struct daemon_before *before)
{
	struct err e = {};
	int err;

	if (before->there || in->bare)
		return;
	err = clean_pinned(in, &e);
	if (err && err != -ENOENT)
		fprintf(stderr, "%s: %s\n", program_invocation_short_name, e.text);
}

/* -ESRCH: it has ended. */
static int keep_pidfd(pid_t pid)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);

	return fd < 0 ? -errno : fd;
}

/* The daemon has ended: a reload has put another in its place, or none is left. A pidfd or -errno. */
static int successor(const char *iface)
{
	struct daemon_before now;

	if (serve_before(iface, &now, NULL) || !now.alive)
		return -ESRCH;
	return keep_pidfd((pid_t)now.info.made.pid);
}

/* Has what @pidfd stands for ended, or does it in a moment? */
static bool ends(int pidfd)
{
	struct pollfd on = { .fd = pidfd, .events = POLLIN };

	return pidfd >= 0 && poll(&on, 1, 5000) > 0;
}

/*
 * The foreground's end: by a signal all that was loaded goes. Without privileges that is @pid alone. Whoever
 * sends us a signal may have sent it to the daemon, @pidfd, too, which then ends while it is being asked to.
 */
static int take_down(const struct serving *s, pid_t pid, int pidfd)
{
	struct err e = {};
	int err;

	if (s->in->bare) {
		kill(pid, SIGTERM);
		waitpid(pid, NULL, 0);
		return EXIT_DONE;
	}
	err = unload(s->opt->iface, &e);
	if (err && err != -ENOENT && ends(pidfd))
		err = unload(s->opt->iface, &e);
	if (!err || err == -ENOENT)
		return EXIT_DONE;
	fprintf(stderr, "%s: %s\n", program_invocation_short_name, e.text);
	return EXIT_FAILED;
}

/* The daemon has ended by itself, or was killed; what it loaded goes after it. */
static int daemon_is_gone(const struct serving *s, pid_t pid)
{
	fprintf(stderr, "%s: the daemon of %s has ended%s\n", program_invocation_short_name, s->opt->iface,
		s->in->bare ? "" : "; what it loaded is removed");
	if (s->in->bare)
		return EXIT_FAILED; /* nothing was */
	take_down(s, pid, -1);
	return EXIT_FAILED;
}

/* The foreground, or in its place a process in the background: ends with the daemon, and with it on a signal. */
static int keep(const struct serving *s, pid_t pid)
{
	struct pollfd on[2] = { { .events = POLLIN }, { .events = POLLIN } };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	on[0].fd = signalfd(-1, &set, SFD_CLOEXEC);
	on[1].fd = keep_pidfd(pid);
	while (on[0].fd >= 0 && on[1].fd >= 0 && poll(on, 2, -1) >= 0) {
		if (on[0].revents)
			return take_down(s, pid, on[1].fd);
		waitpid(pid, NULL, WNOHANG);
		close(on[1].fd);
		on[1].fd = s->in->bare ? -ESRCH : successor(s->opt->iface);
	}
	if (on[0].fd >= 0 && on[1].fd == -ESRCH && (s->opt->kept || s->in->bare))
		return daemon_is_gone(s, pid);
	if (on[0].fd < 0 || (on[1].fd < 0 && on[1].fd != -ESRCH)) {
		fprintf(stderr, "%s: cannot watch the daemon of %s: %s; unloading it\n",
			program_invocation_short_name, s->opt->iface, strerror(on[0].fd < 0 ? errno : -on[1].fd));
		take_down(s, pid, -1);
		return EXIT_FAILED;
	}
	fprintf(stderr, "%s: the daemon of %s has ended; what it loaded stays until `6bed4ctl unload %s`\n",
		program_invocation_short_name, s->opt->iface, s->opt->iface);
	return EXIT_FAILED;
}

/* The keeper stays in the background, its caller returns. */
static int keep_behind(const struct serving *s, pid_t pid, int code)
{
	pid_t keeper = fork();

	if (keeper < 0) {
		fprintf(stderr, "%s: cannot fork: %s\n", program_invocation_short_name, strerror(errno));
		take_down(s, pid, -1);
		return EXIT_FAILED;
	}
	if (keeper)
		return code;
	setsid();
	(void)!chdir("/");
	serve_leave_terminal(log_to(s->opt) & LOG_TO_STDERR);
	_exit(keep(s, pid));
}

static int await(const struct serving *s, int fd, pid_t pid, int lock)
{
	int code = await_report(fd, &lock);

	if (code < 0) {
		fprintf(stderr, "%s: the daemon died while it was loading; see the system log\n",
			program_invocation_short_name);
		kill(pid, SIGKILL); /* it lives still where its report could not be read */
	}
	if (code < 0 || code == EXIT_FAILED) {
		waitpid(pid, NULL, 0);
		serve_undo(s->in, s->before);
		code = EXIT_FAILED;
	}
	if (lock >= 0)
		close(lock);
	if (code == EXIT_FAILED || (!s->opt->foreground && (!s->opt->kept || s->in->bare)))
		return code;
	return s->opt->foreground ? keep(s, pid) : keep_behind(s, pid, code);
}

int serve(const struct load_options *o, const struct instance *in, const struct daemon_before *before,
	  int lock)
{
	struct serving s = { .opt = o, .in = in, .before = before };
	int pipefd[2];
	pid_t pid;

	if (pipe2(pipefd, O_CLOEXEC)) {
		fprintf(stderr, "%s: cannot make a pipe: %s\n", program_invocation_short_name, strerror(errno));
		return EXIT_FAILED;
	}
	if (o->foreground || o->kept)
		serve_block_signals();
	pid = fork();
	if (pid < 0) {
		fprintf(stderr, "%s: cannot fork: %s\n", program_invocation_short_name, strerror(errno));
		return EXIT_FAILED;
	}
	if (!pid) {
		close(pipefd[0]);
		close(lock);
		s.report = pipefd[1];
		_exit(be_daemon(&s));
	}
	close(pipefd[1]);
	return await(&s, pipefd[0], pid, lock);
}
