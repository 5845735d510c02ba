// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * `load`: settles the options, compares with what is loaded, brings the instance up in a child or
 * in the foreground, tells the user what was set up. Must not know maps or packets. Proved by
 * selftests/net.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "cmd.h"
#include "daemon.h"
#include "io/caps.h"
#include "log.h"
#include "settle.h"

struct loading {
	struct load_options opt;
	struct instance in;
	struct daemon *d;
	char notice[512];
	int report; /* pipe to the waiting parent, -1 in the foreground */
};

/* Reads `info` of an earlier load. 1: there is one, @*alive when its daemon is; 0: none. */
static int earlier_load(const char *iface, struct bed4_info *info, bool *alive, struct err *e)
{
	struct instance_maps maps;
	int err = instance_open_maps(&maps, iface, e);
	__u32 zero = 0;

	if (err == -ENOENT)
		return 0;
	if (err)
		return err;
	err = bpf_map_lookup_elem(maps.info, &zero, info);
	*alive = maps.alive;
	instance_maps_close(&maps);
	if (err || info->abi != BED4_ABI)
		memset(info, 0, sizeof(*info)); /* another build's: its pins are rebuilt */
	return 1;
}

/* A daemon serves this device already: the same options are a success that changes nothing. */
static int compare_loaded(const struct loading *l, const struct bed4_info *old)
{
	char text[BED4_OPTIONS_LEN], diff[1024];

	if (settle_text(&l->opt, text))
		return EXIT_FAILED;
	if (!strcmp(text, old->options)) {
		printf("%s is loaded with these options already, nothing changed\n", l->opt.iface);
		return EXIT_DONE;
	}
	settle_diff(old->options, text, diff, sizeof(diff));
	fprintf(stderr, "6bed4ctl: %s is loaded with other options: %s; `6bed4ctl unload %s` first\n",
		l->opt.iface, diff, l->opt.iface);
	return EXIT_FAILED;
}

/* A fixed port is that of a server: its address stays, and may be published. */
static void print_address(FILE *f, const struct bed4_self *self, bool fixed_port)
{
	char text[INET6_ADDRSTRLEN];

	if (!(self->flags & BED4_SELF_ADDR))
		return;
	inet_ntop(AF_INET6, &self->own, text, sizeof(text));
	fprintf(f, "  address    %s/64\n", text);
	if (self->role == BED4_ROLE_PEER && fixed_port)
		fprintf(f, "  dns        IN AAAA %s\n", text);
}

static void print_set_up(FILE *f, const struct loading *l)
{
	const struct bed4_info *info = daemon_info(l->d);
	const struct load_options *o = &l->opt;
	char text[INET_ADDRSTRLEN];
	unsigned int i;

	fprintf(f, "%s: %s on %s\n", o->iface, opt_role_name(o->role), o->tun);
	fprintf(f, "  listen     %s:%u\n", inet_ntop(AF_INET, &o->listen, text, sizeof(text)), o->port);
	if (o->role == BED4_ROLE_PEER)
		fprintf(f, "  server     %s:%d\n", inet_ntop(AF_INET, &o->server, text, sizeof(text)),
			BED4_PORT);
	for (i = 0; i < o->v6_count; i++)
		fprintf(f, "  ipv6 side  %s\n", o->v6_dev[i]);
	print_address(f, daemon_self(l->d), o->port_fixed);
	fprintf(f, "  mtu        %u\n", o->mtu);
	fprintf(f, "  fast path  %s\n", opt_mode_name(info->mode));
	if (*l->notice)
		fprintf(f, "  notice     %s\n", l->notice);
}

/* The parent waits for the exit code, then a text; the foreground prints straight away. */
static void tell(const struct loading *l, int code, const char *error)
{
	__u8 byte = (__u8)code;
	FILE *f = l->report < 0 ? (error ? stderr : stdout) : fdopen(dup(l->report), "w");

	if (!f)
		return;
	if (l->report >= 0)
		fwrite(&byte, 1, 1, f);
	if (error)
		fprintf(f, "6bed4ctl: %s\n", error);
	else
		print_set_up(f, l);
	if (code == EXIT_DEGRADED)
		fprintf(f, "6bed4ctl: no answer from the router within %u s: is UDP to its port %d let "
			   "through? Still trying in the background\n", l->opt.wait, BED4_PORT);
	if (l->report >= 0)
		fclose(f);
	else
		fflush(f);
}

static void detach_from_terminal(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0)
		return;
	dup2(null, 0);
	dup2(null, 1);
	dup2(null, 2);
}

static void on_ready(void *arg, bool degraded)
{
	struct loading *l = arg;

	tell(l, degraded ? EXIT_DEGRADED : EXIT_DONE, NULL);
	if (l->report < 0)
		return;
	close(l->report);
	l->report = -1;
	detach_from_terminal();
}

/* In the process that becomes the daemon. Returns its exit code. */
static int serve(struct loading *l, int lock)
{
	struct err e = {};
	sigset_t set;
	int err;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	log_open(l->opt.iface, l->report < 0);
	err = daemon_up(&l->d, &l->opt, &l->in, l->notice, sizeof(l->notice), &e);
	if (err) {
		tell(l, EXIT_FAILED, *e.text ? e.text : strerror(-err));
		return EXIT_FAILED;
	}
	if (l->opt.role == BED4_ROLE_PEER)
		settle_keep_port(&l->opt, &l->in);
	close(lock);
	return daemon_run(l->d, on_ready, l) ? EXIT_FAILED : EXIT_DONE;
}

/* Shows what the child reports; its first byte is the exit code. */
static int await_report(int fd, pid_t pid)
{
	char buf[4096];
	int code = -1;
	ssize_t n;
	size_t skip;

	while ((n = read(fd, buf, sizeof(buf))) > 0) {
		skip = code < 0 ? 1 : 0;
		if (skip)
			code = (__u8)buf[0];
		fwrite(buf + skip, 1, (size_t)n - skip, code == EXIT_DONE ? stdout : stderr);
	}
	close(fd);
	if (code >= 0)
		return code;
	waitpid(pid, NULL, 0);
	fprintf(stderr, "6bed4ctl: the daemon died while it was loading; see the system log\n");
	return EXIT_FAILED;
}

static int serve_in_background(struct loading *l, int lock)
{
	int pipefd[2];
	pid_t pid;

	if (pipe2(pipefd, O_CLOEXEC)) {
		fprintf(stderr, "6bed4ctl: cannot make a pipe: %s\n", strerror(errno));
		return EXIT_FAILED;
	}
	pid = fork();
	if (pid < 0) {
		fprintf(stderr, "6bed4ctl: cannot fork: %s\n", strerror(errno));
		return EXIT_FAILED;
	}
	if (!pid) {
		close(pipefd[0]);
		setsid();
		(void)!chdir("/");
		l->report = pipefd[1];
		_exit(serve(l, lock));
	}
	close(pipefd[1]);
	close(lock);
	return await_report(pipefd[0], pid);
}

/* With the lock held. */
static int load(struct loading *l, int lock, struct err *e)
{
	struct bed4_info old = {};
	bool alive = false;
	int there = earlier_load(l->opt.iface, &old, &alive, e), err;

	if (there < 0)
		return there;
	err = settle(&l->opt, &l->in, there ? &old : NULL, e);
	if (err)
		return err;
	if (alive)
		return compare_loaded(l, &old);
	if (there)
		err = daemon_clean(&l->in, &old, e);
	if (err)
		return err;
	return l->opt.foreground ? serve(l, lock) : serve_in_background(l, lock);
}

int cmd_load(int argc, char **argv)
{
	struct loading l = { .report = -1 };
	struct err e = {};
	int lock, ret = opt_parse_load(&l.opt, argc - 1, argv + 1, &e);

	if (ret > 0) {
		opt_help_load(stdout);
		return EXIT_DONE;
	}
	if (ret < 0) {
		fprintf(stderr, "6bed4ctl load: %s; see `6bed4ctl load --help`\n", e.text);
		return EXIT_USAGE;
	}
	ret = if_nametoindex(l.opt.iface) ? caps_check(&e) :
					    err_set(&e, -ENODEV, "no such device: %s; see `ip link`",
						    l.opt.iface);
	if (!ret)
		ret = instance_init(&l.in, l.opt.iface, true, &e);
	if (!ret) {
		lock = instance_lock(&l.in, &e);
		ret = lock < 0 ? lock : load(&l, lock, &e);
	}
	if (ret >= 0)
		return ret;
	fprintf(stderr, "6bed4ctl: %s\n", *e.text ? e.text : strerror(-ret));
	return EXIT_FAILED;
}
