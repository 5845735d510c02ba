// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * --metrics: where they are served, and the text. How a request is served is in scrape.c, what is in the
 * text in metrics.c. Proved by selftests/net/test_metrics.sh.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon_priv.h"
#include "io/listen.h"
#include "log.h"
#include "metrics.h"

static struct listen_at place(const struct opt_listen *l)
{
	if (l->kind == OPT_LISTEN_FILE)
		return listen_at_file(l->path);
	return l->kind == OPT_LISTEN_IP6 ? listen_at_ip(AF_INET6, &l->in6, l->port) :
					   listen_at_ip(AF_INET, &l->in4, l->port);
}

/* The file is noted before it is made, and its predecessor until it is gone. */
static void note_file(struct daemon *d)
{
	struct bed4_info *info = &d->info;
	const char *path = d->opt.metrics.kind == OPT_LISTEN_FILE ? d->opt.metrics.path : "";

	if (!strcmp(path, info->metrics))
		return;
	listen_remove(info->old_metrics, false); /* of a reload that was cut short */
	memcpy(info->old_metrics, info->metrics, sizeof(info->old_metrics));
	memset(info->metrics, 0, sizeof(info->metrics));
	memcpy(info->metrics, path, strlen(path));
	daemon_publish_info(d);
}

static void warn_if_open(const struct opt_listen *l, const struct listen_at *at)
{
	static const struct bed4_in6 loopback = { .b = { [15] = 1 } };

	if ((l->kind == OPT_LISTEN_IP4 && BED4_NTOHL(l->in4) >> 24 != 127) ||
	    (l->kind == OPT_LISTEN_IP6 && !bed4_in6_eq(&l->in6, &loopback)))
		log_info("metrics are served at %s to whoever can reach that", at->name);
}

int daemon_open_metrics(struct daemon *d, struct err *e)
{
	const struct opt_listen *l = &d->opt.metrics;
	struct listen_at at = place(l);

	if (d->metrics >= 0 && (l->kind == OPT_LISTEN_OFF || !listen_is_at(d->metrics, &at))) {
		close(d->metrics);
		d->metrics = -1;
	}
	note_file(d);
	if (l->kind == OPT_LISTEN_OFF)
		return 0;
	d->metrics_kept = d->metrics >= 0;
	if (d->metrics < 0)
		d->metrics = listen_open(&at, e);
	if (d->metrics < 0)
		return d->metrics;
	warn_if_open(l, &at);
	return 0;
}

void daemon_drop_old_metrics(struct daemon *d)
{
	if (!*d->info.old_metrics)
		return;
	listen_remove(d->info.old_metrics, true); /* its daemon hands over to us, but still has it open */
	memset(d->info.old_metrics, 0, sizeof(d->info.old_metrics));
	daemon_publish_info(d);
}

void daemon_undo_metrics(struct daemon *d)
{
	if (d->metrics < 0 || d->metrics_kept)
		return;
	close(d->metrics);
	d->metrics = -1;
	listen_remove(d->info.metrics, false);
}

static struct instance_maps maps_of(const struct daemon *d)
{
	struct instance_maps m = { .alive = true };
	unsigned int i;

	for (i = 0; instance_map_names[i]; i++)
		instance_maps_set(&m, i, fastpath_map_fd(d->fp, instance_map_names[i]));
	return m;
}

/* In a few system calls, whatever there is in the maps. */
static int render(void *arg, char **text, size_t *len)
{
	struct show *s = calloc(1, sizeof(*s));
	struct daemon *d = arg;
	struct instance_maps m = maps_of(d);
	struct err e = {};
	FILE *f;
	int err;

	if (!s)
		return -ENOMEM;
	daemon_publish_tally(d);
	err = show_read(s, d->opt.iface, &m, &e);
	if (err)
		log_error("cannot tell metrics: %s", e.text);
	f = err ? NULL : open_memstream(text, len);
	if (f) {
		metrics_write(f, s, 1);
		err = fclose(f) ? -ENOMEM : 0;
	} else if (!err) {
		err = -ENOMEM;
	}
	free(s);
	return err;
}

int daemon_serve_metrics(struct daemon *d)
{
	if (d->metrics < 0)
		return 0;
	d->scrape = scrape_new(d->metrics, METRICS_TYPE, render, d);
	return d->scrape ? daemon_poll(d, scrape_fd(d->scrape), SRC_METRICS) : -errno;
}
