// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * `config check`: all that is wrong with a configuration file, before a load finds out; `config show`: the
 * options in effect and where each comes from. Must not change anything. Proved by
 * selftests/net/test_config.sh.
 */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "doubts.h"
#include "optfile.h"
#include "report.h"
#include "serve.h"
#include "settle.h"
#include "show.h"

static const char help[] =
	"Usage: 6bed4ctl config check FILE|IFACE [-j]\n"
	"       6bed4ctl config show [IFACE] [-j]\n\n"
	"check reads a configuration file as `load` would, and tells all that is wrong with it, with the\n"
	"line, and what in it has no effect. A word with a / in it is a file; else it is a device, whose\n"
	"file is /etc/6bed4/IFACE.conf, and which `load` has to be able to use. Exit codes: 0 it can be\n"
	"loaded, 1 it cannot.\n\n"
	"show lists the options in effect on IFACE, or on every loaded device, and says of each value\n"
	"whether it is the default, an option of the command line, or which line of the file it is from.\n";

static int usage(const char *what, const char *word)
{
	fprintf(stderr, "6bed4ctl config: %s%.60s; see `6bed4ctl config --help`\n", what, word);
	return EXIT_USAGE;
}

/* --- check ----------------------------------------------------------------------------------------- */

struct check {
	const char *path;
	unsigned int errors, warnings;
	struct json_object *list; /* NULL: text */
};

static void found(void *arg, bool error, unsigned int line, const char *text)
{
	struct check *c = arg;
	struct json_object *o;
	char number[16] = "";

	++*(error ? &c->errors : &c->warnings);
	if (!c->list) {
		if (line)
			snprintf(number, sizeof(number), "%u:", line);
		printf("%s:%s %s%s\n", c->path, number, error ? "" : "warning: ", text);
		return;
	}
	o = json_object_new_object();
	show_put(o, "severity", error ? "error" : "warning");
	if (line)
		show_put_number(o, "line", line);
	show_put(o, "text", text);
	json_object_array_add(c->list, o);
}

static void wrong(void *arg, unsigned int line, const char *text)
{
	found(arg, true, line, text);
}

/* Would the machine let @iface be loaded like that? Asked only when the file by itself is right. */
static void check_machine(struct check *c, const char *iface, struct opt_words *file)
{
	struct daemon_before before;
	struct load_options o;
	struct instance in;
	struct opt_words w;
	struct err e = {};

	opt_words_init(&w);
	memcpy(w.set.iface, file->set.iface, sizeof(w.set.iface));
	if (!if_nametoindex(iface)) {
		snprintf(e.text, sizeof(e.text), "there is no device %.15s at the moment", iface);
		found(c, false, 0, e.text);
		return;
	}
	if (instance_init(&in, iface, false, &e) || serve_before(iface, &before, &e) ||
	    opt_finish(&o, &w, NULL, file, &e) || settle(&o, &in, before.there ? &before : NULL, &e))
		found(c, true, 0, e.text);
}

static int sum_up(struct check *c)
{
	struct json_object *root;

	if (!c->list) {
		printf("%s: %u error%s, %u warning%s\n", c->path, c->errors, c->errors == 1 ? "" : "s", c->warnings,
		       c->warnings == 1 ? "" : "s");
	} else {
		root = show_json();
		show_put(root, "file", c->path);
		show_put_bool(root, "ok", !c->errors);
		json_object_object_add(root, "findings", c->list);
		show_print(root);
	}
	return c->errors ? EXIT_FAILED : EXIT_DONE;
}

static int check(const char *word)
{
	bool is_file = strchr(word, '/') != NULL;
	char path[OPTFILE_PATH];
	struct opt_words file;
	struct check c = {};
	struct err e = {};

	if (!is_file && opt_iface(word))
		return usage("neither a device nor, without a /, a file: ", word);
	c.path = is_file ? word : optfile_path(word, path);
	c.list = cmd_json ? json_object_new_array() : NULL;
	if (optfile_check(&file, c.path, wrong, &c, &e)) {
		json_object_put(c.list);
		fprintf(stderr, "6bed4ctl: %s\n", e.text);
		return EXIT_FAILED;
	}
	if (!is_file)
		memcpy(file.set.iface, word, strlen(word) + 1);
	doubts(&file.set, found, &c);
	if (!is_file && !c.errors)
		check_machine(&c, word, &file);
	return sum_up(&c);
}

/* --- show ------------------------------------------------------------------------------------------ */

/* What words and file say at present; *@e has text when the file cannot be read. */
static int say_now(const struct show *s, struct effective *now, struct err *e)
{
	struct opt_words w, file;
	struct load_options o;
	bool readable;

	readable = !optfile_read(&file, s->iface, e);
	opt_words_init(&w);
	memcpy(w.set.iface, s->iface, sizeof(w.set.iface));
	w.set.role = s->self.role;
	w.set.role_set = true;
	if (opt_finish(&o, &w, s->info.given, readable ? &file : NULL, readable ? e : NULL) && readable) {
		opt_words_init(&w); /* the file contradicts what is loaded: as if it were not there */
		w.set.role = s->self.role;
		w.set.role_set = true;
		(void)opt_finish(&o, &w, s->info.given, NULL, NULL);
	}
	settle_list(&o, now);
	return *e->text ? -EINVAL : 0;
}

static struct json_object *json(const struct show *s, const struct effective *l, const char *path)
{
	struct json_object *o = json_object_new_object();

	show_put(o, "iface", s->iface);
	json_object_object_add(o, "options", report_options(l, path));
	return o;
}

static bool any_changed(const struct effective *l)
{
	unsigned int i;

	for (i = 0; i < l->count && !l->row[i].changed; i++)
		;
	return i < l->count;
}

static int show_one(const struct show *s, struct instance_maps *m, void *list)
{
	struct effective now, l;
	char path[OPTFILE_PATH];
	struct err e = {};
	int err = say_now(s, &now, &e);

	(void)m;
	effective_loaded(&l, s->info.options, &now);
	optfile_path(s->iface, path);
	if (list) {
		json_object_array_add(list, json(s, &l, path));
		return EXIT_DONE;
	}
	printf("%s: %s on %s\n", s->iface, opt_role_name(s->self.role), s->info.made.tun_name);
	effective_print(stdout, &l, path);
	if (err)
		printf("  notice: %s; see `6bed4ctl config check %s`\n", e.text, s->iface);
	else if (any_changed(&l))
		printf("  notice: the file has changed; `6bed4ctl reload %s` takes it as it is now\n", s->iface);
	return EXIT_DONE;
}

static int show(int argc, char **argv)
{
	struct show_args a;
	int code;

	if (show_args(&a, argc, argv, help, false, &code))
		return code;
	return show_instances(&a, show_one);
}

/* --- words ----------------------------------------------------------------------------------------- */

static int words_of_check(int argc, char **argv)
{
	const char *word = NULL;
	int i;

	for (i = 1; i < argc; i++) {
		if (cmd_json_word(argv[i]))
			continue;
		if (argv[i][0] == '-' || word)
			return usage("unknown word ", argv[i]);
		word = argv[i];
	}
	return word ? check(word) : usage("say which file or device to check", "");
}

int cmd_config(int argc, char **argv)
{
	static const char *const verbs[] = { "check", "show", NULL };
	int i, verb = -ENOENT;

	for (i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "-h") || !strcmp(argv[i], "--help")) {
			fputs(help, stdout);
			return EXIT_DONE;
		}
	}
	for (i = 1; i < argc && verb < 0; i++) {
		if (cmd_json_word(argv[i]))
			continue;
		verb = cmd_abbrev(argv[i], verbs);
		if (verb < 0)
			return usage("unknown word ", argv[i]);
		memmove(&argv[i], &argv[i + 1], (size_t)(argc - i) * sizeof(*argv));
		argc--;
		break;
	}
	if (verb < 0)
		return usage("say `check FILE|IFACE` or `show [IFACE]`", "");
	return verb ? show(argc, argv) : words_of_check(argc, argv);
}
