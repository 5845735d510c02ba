// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * `load` and `reload`: settle the options against what is loaded, and say no where that does not go. How
 * an instance comes up is in serve.c. Must not know maps or packets. Proved by selftests/net.
 */
#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <unistd.h>

#include "clean.h"
#include "cmd.h"
#include "io/caps.h"
#include "load.h"
#include "optfile.h"
#include "report.h"
#include "serve.h"
#include "service.h"
#include "settle.h"

struct loading {
	struct load_options opt;
	struct instance in;
	struct daemon_before before;
	int lock;
	bool service; /* for another process to run */
};

/*
 * A daemon serves this device already: the same options are a success that changes nothing, but for a
 * service, which takes over from it: -1.
 */
static int compare_loaded(const struct loading *l)
{
	const struct bed4_info *old = &l->before.info;
	const struct load_options *o = &l->opt;
	char text[BED4_OPTIONS_LEN], diff[1024];

	if (old->made.abi != BED4_ABI) {
		fprintf(stderr, "%s: %s is loaded by another version, or its maps are damaged; `6bed4ctl unload %s` "
				"first\n", program_invocation_short_name, o->iface, o->iface);
		return EXIT_FAILED;
	}
	if (settle_text(o, text))
		return EXIT_FAILED;
	if (!strcmp(text, old->options) && l->service)
		return -1;
	if (!strcmp(text, old->options)) {
		if (cmd_json)
			report_changed(o->iface, false);
		else
			printf("%s is loaded with these options already, nothing changed\n", o->iface);
		return EXIT_DONE;
	}
	settle_diff(old->options, text, diff, sizeof(diff));
	fprintf(stderr, "%s: %s is loaded with other options: %s; see `6bed4ctl reload --help`, or "
			"`6bed4ctl unload %s` first\n", program_invocation_short_name, o->iface, diff, o->iface);
	return EXIT_FAILED;
}

/* Can what a dead daemon has left be taken over? Else it is removed, and loading begins afresh. */
static bool fits(const struct loading *l)
{
	const struct bed4_info *old = &l->before.info;

	return old->made.abi == BED4_ABI && old->started && l->before.self.role == l->opt.role &&
	       (!*l->opt.tun || !strcmp(l->opt.tun, old->made.tun_name));
}

static const struct daemon_before *if_there(const struct loading *l)
{
	return l->before.there ? &l->before : NULL;
}

/* With the lock held. */
static int load(struct loading *l, struct err *e)
{
	int err = l->in.bare ? 0 : serve_before(l->opt.iface, &l->before, e), ret;

	if (!err && l->before.there && !l->before.alive && !fits(l)) {
		err = clean_pinned(&l->in, e);
		l->before.there = false;
	}
	if (!err)
		err = settle(&l->opt, &l->in, if_there(l), e);
	if (err)
		return err;
	ret = l->before.alive ? compare_loaded(l) : -1;
	if (ret >= 0)
		return ret;
	if (l->service)
		return service_load(&l->opt, &l->in, &l->before, l->lock);
	return serve(&l->opt, &l->in, &l->before, l->lock);
}

static int refuse_reload(const struct loading *l, const struct load_options *asked, struct err *e)
{
	const struct bed4_info *old = &l->before.info;

	if (old->made.abi != BED4_ABI)
		return err_set(e, -EPROTO, "%s is loaded by a version whose maps are of another shape: unload, "
					   "and load anew", asked->iface);
	if (asked->role_set && l->before.self.role != asked->role)
		return err_set(e, -EINVAL, "--role cannot be changed by a reload: unload, and load anew");
	if (*asked->tun && strcmp(asked->tun, old->made.tun_name))
		return err_set(e, -EINVAL, "--tun cannot be changed by a reload: unload, and load anew");
	return 0;
}

/* Words, what was said at an earlier load (or NULL), file. */
static int combine(struct loading *l, struct opt_words *w, const char *base, const struct opt_words *file,
		   struct err *e)
{
	int err = opt_finish(&l->opt, w, base, file, e);

	l->opt.has_file = file->set.has_file;
	return err;
}

/* Likewise; @w are the words behind `reload`. */
static int reload(struct loading *l, struct opt_words *w, const struct opt_words *file, struct err *e)
{
	int err = serve_before(w->set.iface, &l->before, e);

	if (!err && !l->before.there) {
		fprintf(stderr, "6bed4ctl: nothing loaded on %s; see `6bed4ctl load --help`\n", w->set.iface);
		return EXIT_NOTHING;
	}
	if (!err)
		err = refuse_reload(l, &w->set, e);
	if (!err)
		err = combine(l, w, l->before.info.given, file, e);
	if (!err)
		err = settle(&l->opt, &l->in, &l->before, e);
	return err ? err : serve(&l->opt, &l->in, &l->before, l->lock);
}

/*
 * Without privileges, on a TUN device that is this user's. Nothing is shared with anybody but that device,
 * which only one process can hold: no lock is needed.
 */
static int prepare_bare(struct loading *l, struct err *e)
{
	const char *tun = l->opt.tun;

	l->lock = -1;
	if (!if_nametoindex(tun))
		return err_set(e, -ENODEV, "no TUN device %s: as root, `ip tuntap add dev %s mode tun user %u`", tun, tun,
			       geteuid());
	if (l->opt.metrics.kind != OPT_LISTEN_OFF)
		return err_set(e, -EPERM, "--metrics needs BPF maps: load as root, or without it");
	return instance_init_bare(&l->in, l->opt.iface, tun, e);
}

/* What both need before they look at anything. Takes the lock. */
static int prepare(struct loading *l, const char *iface, struct err *e)
{
	int err = if_nametoindex(iface) ? caps_check(e) :
					  err_set(e, -ENODEV, "no such device: %s; see `ip link`", iface);

	if (err == -EPERM && *l->opt.tun && l->opt.mode == BED4_MODE_OFF)
		return prepare_bare(l, e);

	if (!err)
		err = instance_init(&l->in, iface, true, e);
	if (!err) {
		l->lock = instance_lock(&l->in, e);
		err = l->lock < 0 ? l->lock : 0;
	}
	return err;
}

/* An exit code, or -errno to be explained. */
static int explained(int ret, const struct err *e)
{
	if (ret >= 0)
		return ret;
	fprintf(stderr, "%s: %s\n", program_invocation_short_name, *e->text ? e->text : strerror(-ret));
	return EXIT_FAILED;
}

/* @command is NULL where the options were not given behind one. */
static int usage(const char *command, const struct err *e)
{
	if (command)
		fprintf(stderr, "6bed4ctl %s: %s; see `6bed4ctl %s --help`\n", command, e->text, command);
	else
		fprintf(stderr, "%s: %s\n", program_invocation_short_name, e->text);
	return EXIT_USAGE;
}

/* Takes those that are for every command out of @argv, up to @argc; how many are left. */
static int without_json_words(int argc, char **argv)
{
	int i, n = 0;

	for (i = 0; i < argc; i++) {
		if (i && cmd_json_word(argv[i]))
			continue;
		argv[n++] = argv[i];
	}
	return n;
}

/* The command line into @w and the file into @file. -1, or the exit code when that is all there is to do. */
static int take_words(struct opt_words *w, struct opt_words *file, int argc, char **argv, void (*help)(FILE *f))
{
	struct err e = {};
	int ret;

	argc = without_json_words(argc, argv);
	opt_words_init(w);
	ret = opt_parse_words(w, argc - 1, argv + 1, &e);
	if (ret > 0) {
		help(stdout);
		return EXIT_DONE;
	}
	if (ret < 0)
		return usage(argv[0], &e);
	ret = optfile_read(file, w->set.iface, &e);
	return ret ? explained(ret, &e) : -1;
}

static int load_combined(const char *command, struct opt_words *w, const struct opt_words *file, bool service)
{
	struct loading l = { .service = service };
	struct err e = {};
	int ret;

	if (combine(&l, w, NULL, file, &e))
		return usage(command, &e);
	ret = prepare(&l, l.opt.iface, &e);
	return explained(ret ? ret : load(&l, &e), &e);
}

int load_words(struct opt_words *w)
{
	struct opt_words file;
	struct err e = {};
	int ret = optfile_read(&file, w->set.iface, &e);

	return ret ? explained(ret, &e) : load_combined(NULL, w, &file, false);
}

static int load_by_words(int argc, char **argv, bool service)
{
	struct opt_words w, file;
	int ret = take_words(&w, &file, argc, argv, opt_help_load);

	return ret >= 0 ? ret : load_combined(argv[0], &w, &file, service);
}

int cmd_load(int argc, char **argv)
{
	return load_by_words(argc, argv, false);
}

int cmd_load_for_service(int argc, char **argv)
{
	return load_by_words(argc, argv, true);
}

int cmd_reload(int argc, char **argv)
{
	struct opt_words w, file;
	struct loading l = {};
	struct err e = {};
	int ret = take_words(&w, &file, argc, argv, opt_help_reload);

	if (ret >= 0)
		return ret;
	ret = prepare(&l, w.set.iface, &e);
	return explained(ret ? ret : reload(&l, &w, &file, &e), &e);
}
