// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * `doctor`: what keeps an instance, or a device that might become one, from working well, a line each with
 * the command that mends it. Must not know checks. Proved by selftests/net/test_doctor.sh.
 */
#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "doctor_facts.h"
#include "io/fastpath.h"

static const char help[] =
	"Usage: 6bed4ctl doctor [IFACE] [-v|--all] [-j]\n\n"
	"Checks the machine and what is loaded on IFACE, or everything that is loaded, and prints a line for\n"
	"each thing that is not as it should be, with the command that mends it. Of an IFACE that is not loaded\n"
	"it says what would be in the way. Changes nothing. -v shows also what is fine.\n"
	"Exit codes: 0 nothing to mend, 1 the check failed, 3 nothing loaded, 4 there is something to mend.\n";

struct visit {
	struct doctor_machine machine;
	struct doctor_report report;
	bool all;
	struct json_object *list; /* NULL: text */
};

static bool is_shown(const struct visit *v, const struct doctor_finding *f)
{
	return f->severity != DOCTOR_OK || v->all;
}

static void text(const struct doctor_finding *f)
{
	printf("%-4s %s%s%s: %s", doctor_severity_name(f->severity), f->iface, *f->iface ? " " : "", f->id, f->text);
	printf(*f->fix ? "; fix: %s\n" : "\n", f->fix);
}

static struct json_object *json(const struct doctor_finding *f)
{
	struct json_object *o = json_object_new_object();

	if (*f->iface)
		show_put(o, "iface", f->iface);
	show_put(o, "id", f->id);
	show_put(o, "severity", doctor_severity_name(f->severity));
	show_put(o, "text", f->text);
	if (*f->fix)
		show_put(o, "fix", f->fix);
	return o;
}

/* Prints a report and empties it. The exit code that it stands for. */
static int print(struct visit *v)
{
	enum doctor_severity worst = doctor_worst(&v->report);
	unsigned int i;

	for (i = 0; i < v->report.count; i++) {
		const struct doctor_finding *f = &v->report.findings[i];

		if (!is_shown(v, f))
			continue;
		if (v->list)
			json_object_array_add(v->list, json(f));
		else
			text(f);
	}
	v->report.count = 0;
	return worst >= DOCTOR_WARN ? EXIT_DEGRADED : EXIT_DONE;
}

static int examine(struct visit *v, const struct doctor_target *t)
{
	doctor_examine(&v->machine, t, &v->report);
	return print(v);
}

static int failed(const char *iface, int err)
{
	fprintf(stderr, "6bed4ctl: cannot look at %.40s: %s; are you root?\n", iface, strerror(-err));
	return EXIT_FAILED;
}

static int visit_loaded(const struct show *s, struct instance_maps *m, void *arg)
{
	struct visit *v = arg;
	struct doctor_target *t = calloc(1, sizeof(*t));
	int err = t ? facts_loaded(t, s, m) : -ENOMEM, code;

	code = err ? failed(s->iface, err) : examine(v, t);
	free(t);
	return code;
}

static int visit_device(struct visit *v, const char *iface)
{
	struct doctor_target *t = calloc(1, sizeof(*t));
	int err = t ? facts_device(t, iface) : -ENOMEM, code;

	code = err ? failed(iface, err) : examine(v, t);
	free(t);
	return code;
}

static bool is_loaded(const char *iface)
{
	char names[INSTANCE_MAX][BED4_NAME_LEN];
	int i, n = instance_list(names);

	for (i = 0; i < n; i++) {
		if (!strcmp(names[i], iface))
			return true;
	}
	return false;
}

/* The machine first, then what was asked for. A failure counts more than what is to be mended. */
static int visit(struct visit *v, const struct show_args *a)
{
	struct instance in = {};
	int machine, code;

	instance_init(&in, "x", false, NULL);
	fastpath_set_up_libraries(in.pin_dir);
	facts_machine(&v->machine);
	doctor_examine_machine(&v->machine, &v->report);
	machine = print(v);
	code = a->iface && !is_loaded(a->iface) ? visit_device(v, a->iface) : show_each(a, visit_loaded, v);
	facts_machine_free(&v->machine);
	return code == EXIT_DONE ? machine : code;
}

/* Nothing is printed where nothing can be asked about. */
static bool is_askable(const struct show_args *a, int *code)
{
	char names[INSTANCE_MAX][BED4_NAME_LEN];

	*code = EXIT_FAILED;
	if (a->iface && !if_nametoindex(a->iface) && !is_loaded(a->iface)) {
		fprintf(stderr, "6bed4ctl: no such device: %.40s; see `ip link`\n", a->iface);
		return false;
	}
	*code = EXIT_NOTHING;
	if (a->iface || instance_list(names))
		return true;
	fprintf(stderr, "6bed4ctl: nothing loaded in this network namespace; see `6bed4ctl doctor IFACE`\n");
	return false;
}

int cmd_doctor(int argc, char **argv)
{
	static char all[] = "--all";
	struct visit v = {};
	struct show_args a;
	int i, code;

	for (i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "-v"))
			argv[i] = all;
	}
	if (show_args(&a, argc, argv, help, true, &code) || !is_askable(&a, &code))
		return code;
	v.all = a.all;
	v.report.findings = calloc(DOCTOR_FINDINGS, sizeof(*v.report.findings));
	if (!v.report.findings) {
		fprintf(stderr, "6bed4ctl: out of memory\n");
		return EXIT_FAILED;
	}
	v.list = cmd_json ? json_object_new_array() : NULL;
	code = visit(&v, &a);
	if (v.list) {
		struct json_object *root = show_json();

		json_object_object_add(root, "findings", v.list);
		show_print(root);
	}
	free(v.report.findings);
	return code;
}
