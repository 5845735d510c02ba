// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* `metrics`: all numbers in the form that Prometheus reads. Must not know maps. */
#include <stdio.h>
#include <stdlib.h>

#include "cmd.h"
#include "metrics.h"

static const char help[] =
	"Usage: 6bed4ctl metrics [IFACE]\n\n"
	"Prints the numbers of IFACE, or of every loaded device, in Prometheus' text format, as for the\n"
	"textfile collector of its node exporter. --metrics of `load` has the daemon serve the same over\n"
	"HTTP. A dead daemon is no failure: bed4_up tells.\n";

struct shown {
	struct show *list;
	unsigned int count;
};

/* Keeps it, because metrics of one name stand together whatever they are of. */
static int keep(const struct show *s, struct instance_maps *m, void *arg)
{
	struct shown *all = arg;
	struct show *more = realloc(all->list, (all->count + 1) * sizeof(*more));

	(void)m;
	if (!more) {
		fprintf(stderr, "6bed4ctl: out of memory\n");
		return EXIT_FAILED;
	}
	more[all->count++] = *s;
	all->list = more;
	return EXIT_DONE;
}

int cmd_metrics(int argc, char **argv)
{
	struct shown all = {};
	struct show_args a;
	int code;

	if (show_args(&a, argc, argv, help, false, &code))
		return code;
	if (cmd_json) {
		fprintf(stderr, "6bed4ctl metrics: its form is not JSON; see `6bed4ctl status -j`\n");
		return EXIT_USAGE;
	}
	code = show_each(&a, keep, &all);
	if (all.count)
		metrics_write(stdout, all.list, all.count);
	free(all.list);
	if (!fflush(stdout) && !ferror(stdout))
		return code;
	fprintf(stderr, "6bed4ctl: cannot write the metrics: is the disk full?\n");
	return EXIT_FAILED;
}
