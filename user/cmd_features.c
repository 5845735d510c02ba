// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * `features`: what this machine offers of what we use, and what is done without it; in the manner of `bpftool
 * feature`. Must not know how that is found out. Proved by selftests/net/test_look.sh.
 */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "io/features.h"
#include "show.h"

static const char help[] =
	"Usage: 6bed4ctl features [IFACE]... [-j]\n\n"
	"Shows what kernel, privileges and libraries offer of what 6bed4ctl uses, and what is done without\n"
	"it: yes, no, or ? where this process may not ask or the kernel does not tell. Each is tried, in a\n"
	"network namespace of its own where that takes a device; nothing stays. Then what the drivers of\n"
	"all devices, or of those named, can do for XDP. Exit codes: 0 all that is needed is there, 1 it\n"
	"is not.\n";

struct device {
	char name[IF_NAMESIZE];
	struct feature_device d;
};

#define DEVICES_MAX 256

struct report {
	enum feature_answer answers[FEATURES_MAX];
	struct device devices[DEVICES_MAX];
	unsigned int device_count;
};

static const char *word(enum feature_answer a)
{
	return a == FEATURE_YES ? "yes" : a == FEATURE_NO ? "no" : "?";
}

static const char *need_name(enum feature_need need)
{
	return need == FEATURE_NEEDED ? "needed" : need == FEATURE_BETTER ? "optional" : "unused";
}

static bool lacks(const struct report *r, size_t i)
{
	return r->answers[i] == FEATURE_NO && features[i].need == FEATURE_NEEDED;
}

/* --- text ------------------------------------------------------------------------------------------ */

static void print_versions(void)
{
	char kernel[FEATURES_VERSION], bpf[FEATURES_VERSION], xdp[FEATURES_VERSION];

	features_kernel(kernel);
	features_libbpf(bpf);
	features_libxdp(xdp);
	printf("6bed4ctl %s, Linux %s, libbpf %s, libxdp %s\n", BED4_VERSION, kernel, bpf, *xdp ? xdp : "?");
}

static void print_features(const struct report *r)
{
	const char *group = "";
	size_t i;

	for (i = 0; features[i].name; i++) {
		if (strcmp(group, features[i].group))
			printf("\n%s\n", features[i].group);
		group = features[i].group;
		printf("  %-3s %-18s %s%s\n", word(r->answers[i]), features[i].name,
		       r->answers[i] == FEATURE_NO ? lacks(r, i) ? "NEEDED: " : "without it: " : "",
		       r->answers[i] == FEATURE_NO ? features[i].without : features[i].use);
	}
}

static const char *device_text(const struct feature_device *d)
{
	if (d->xdp == FEATURE_UNKNOWN)
		return "the kernel does not tell (before 6.3); `load --fast-path native` does";
	if (d->xdp == FEATURE_NO)
		return "no native XDP: --fast-path tc or generic";
	if (d->redirect == FEATURE_NO)
		return "native XDP, but takes no redirects now; a driver may once a program is attached";
	return d->frags == FEATURE_YES ? "native XDP, also with an MTU over 1500" : "native XDP, with an MTU of at most 1500";
}

static void print_devices(const struct report *r)
{
	unsigned int i;

	puts("\ndevices");
	for (i = 0; i < r->device_count; i++)
		printf("  %-3s %-18s %s: %s\n", word(r->devices[i].d.xdp), r->devices[i].name,
		       *r->devices[i].d.driver ? r->devices[i].d.driver : "no driver", device_text(&r->devices[i].d));
}

/* --- JSON ------------------------------------------------------------------------------------------ */

/* true, false, or null for what is not known. */
static void put_answer(struct json_object *o, const char *key, enum feature_answer a)
{
	json_object_object_add(o, key, a == FEATURE_UNKNOWN ? NULL : json_object_new_boolean(a == FEATURE_YES));
}

static struct json_object *versions_json(void)
{
	struct json_object *o = json_object_new_object();
	char buf[FEATURES_VERSION];

	show_put(o, "6bed4ctl", BED4_VERSION);
	features_kernel(buf);
	show_put(o, "kernel", buf);
	features_libbpf(buf);
	show_put(o, "libbpf", buf);
	features_libxdp(buf);
	show_put(o, "libxdp", buf);
	return o;
}

static void print_json(const struct report *r, bool ok)
{
	struct json_object *root = show_json(), *list = json_object_new_array(), *row;
	unsigned int i;

	json_object_object_add(root, "versions", versions_json());
	show_put_bool(root, "ok", ok);
	for (i = 0; features[i].name; i++) {
		row = json_object_new_object();
		show_put(row, "group", features[i].group);
		show_put(row, "name", features[i].name);
		put_answer(row, "available", r->answers[i]);
		show_put(row, "need", need_name(features[i].need));
		show_put(row, "use", features[i].use);
		show_put(row, "without", features[i].without);
		json_object_array_add(list, row);
	}
	json_object_object_add(root, "features", list);
	list = json_object_new_array();
	for (i = 0; i < r->device_count; i++) {
		row = json_object_new_object();
		show_put(row, "name", r->devices[i].name);
		show_put(row, "driver", r->devices[i].d.driver);
		put_answer(row, "xdp_native", r->devices[i].d.xdp);
		put_answer(row, "xdp_redirect", r->devices[i].d.redirect);
		put_answer(row, "xdp_frags", r->devices[i].d.frags);
		show_put(row, "text", device_text(&r->devices[i].d));
		json_object_array_add(list, row);
	}
	json_object_object_add(root, "devices", list);
	show_print(root);
}

/* --- words ----------------------------------------------------------------------------------------- */

static void add_device(struct report *r, const char *name, unsigned int ifindex)
{
	struct device *d;

	if (r->device_count == DEVICES_MAX)
		return;
	d = &r->devices[r->device_count++];
	snprintf(d->name, sizeof(d->name), "%s", name);
	features_of_device(ifindex, &d->d);
}

static void add_all_devices(struct report *r)
{
	struct if_nameindex *list = if_nameindex(), *i;

	for (i = list; i && i->if_name; i++) {
		if (strcmp(i->if_name, "lo"))
			add_device(r, i->if_name, i->if_index);
	}
	if (list)
		if_freenameindex(list);
}

/* -1, or the exit code when that is all there is to do. */
static int take_words(struct report *r, int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "-h") || !strcmp(argv[i], "--help")) {
			fputs(help, stdout);
			return EXIT_DONE;
		}
		if (cmd_json_word(argv[i]))
			continue;
		if (argv[i][0] == '-') {
			fprintf(stderr, "6bed4ctl features: unknown word %.40s; see `6bed4ctl features --help`\n", argv[i]);
			return EXIT_USAGE;
		}
		if (!if_nametoindex(argv[i])) {
			fprintf(stderr, "6bed4ctl: no such device: %.40s; see `ip link`\n", argv[i]);
			return EXIT_FAILED;
		}
		add_device(r, argv[i], if_nametoindex(argv[i]));
	}
	return -1;
}

int cmd_features(int argc, char **argv)
{
	struct report r = {};
	bool ok = true;
	int code = take_words(&r, argc, argv);
	size_t i;

	if (code >= 0)
		return code;
	if (!r.device_count)
		add_all_devices(&r);
	features_probe(r.answers);
	for (i = 0; features[i].name; i++)
		ok &= !lacks(&r, i);
	if (cmd_json) {
		print_json(&r, ok);
	} else {
		print_versions();
		print_features(&r);
		print_devices(&r);
	}
	return ok ? EXIT_DONE : EXIT_FAILED;
}
