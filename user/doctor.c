// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Running checks and keeping what they report; see doctor.h. Must not know what is checked, nor where it
 * is printed. Proved by selftests/unit/test_doctor.c.
 */
#include <string.h>

#include "doctor.h"

void doctor_add(struct doctor *d, enum doctor_severity severity, const char *fmt, ...)
{
	struct doctor_finding *f;
	va_list ap;

	if (d->report->count == DOCTOR_FINDINGS)
		return;
	f = &d->report->findings[d->report->count++];
	memset(f, 0, sizeof(*f));
	f->severity = severity;
	f->id = d->id;
	snprintf(f->iface, sizeof(f->iface), "%s", d->t ? d->t->iface : "");
	va_start(ap, fmt);
	vsnprintf(f->text, sizeof(f->text), fmt, ap);
	va_end(ap);
}

void doctor_fix(struct doctor *d, const char *fmt, ...)
{
	struct doctor_finding *f;
	va_list ap;

	if (!d->report->count)
		return;
	f = &d->report->findings[d->report->count - 1];
	va_start(ap, fmt);
	vsnprintf(f->fix, sizeof(f->fix), fmt, ap);
	va_end(ap);
}

const char *doctor_severity_name(enum doctor_severity severity)
{
	static const char *const names[] = { "ok", "skip", "note", "warn", "fail" };

	return names[severity];
}

enum doctor_severity doctor_worst(const struct doctor_report *report)
{
	enum doctor_severity worst = DOCTOR_OK;
	unsigned int i;

	for (i = 0; i < report->count; i++) {
		if (report->findings[i].severity > worst)
			worst = report->findings[i].severity;
	}
	return worst;
}

static void run(struct doctor *d, const struct doctor_check *checks)
{
	unsigned int before;

	for (; checks->id; checks++) {
		d->id = checks->id;
		if (checks->applies && !checks->applies(d))
			continue;
		before = d->report->count;
		checks->run(d);
		if (d->report->count == before)
			doctor_add(d, DOCTOR_OK, "%s", checks->fine);
	}
}

void doctor_examine_machine(const struct doctor_machine *m, struct doctor_report *report)
{
	struct doctor d = { .m = m, .report = report };

	run(&d, doctor_machine_checks);
}

void doctor_examine(const struct doctor_machine *m, const struct doctor_target *t, struct doctor_report *report)
{
	struct doctor d = { .m = m, .t = t, .report = report };

	run(&d, doctor_state_checks);
	run(&d, doctor_device_checks);
	run(&d, doctor_net_checks);
	run(&d, doctor_firewall_checks);
}

bool doctor_is_loaded(const struct doctor *d)
{
	return d->t->show;
}

bool doctor_is_router(const struct doctor *d)
{
	return d->t->role == BED4_ROLE_ROUTER;
}

bool doctor_is_peer(const struct doctor *d)
{
	return d->t->role == BED4_ROLE_PEER;
}

bool doctor_has_xdp(const struct doctor *d)
{
	return d->t->mode == BED4_MODE_NATIVE || d->t->mode == BED4_MODE_GENERIC;
}

bool doctor_is_xdp_dev(const struct doctor *d, unsigned int i)
{
	if (!doctor_has_xdp(d) || !d->t->dev[i].there)
		return false;
	if (!i)
		return true;
	return i >= d->t->first_v6 && doctor_is_router(d) && d->t->forward == BED4_FORWARD_XDP;
}

bool doctor_is_plain(const char *s)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.:/,_-+@=";

	return *s && *s != '-' && !s[strspn(s, plain)];
}

const char *doctor_sysctl_name(const char *family, const char *dev, const char *name, char buf[96])
{
	char sep = strchr(dev, '.') ? '/' : '.';

	snprintf(buf, 96, "net%c%s%cconf%c%s%c%s", sep, family, sep, sep, dev, sep, name);
	return buf;
}

bool doctor_has_option(const struct doctor_target *t, const char *name, const char *value)
{
	const char *p = t->show ? t->show->info.options : "";
	size_t len = strlen(name), n;

	for (; *p; p += n + (p[n] == '\n')) {
		n = strcspn(p, "\n");
		if (n <= len || strncmp(p, name, len) || p[len] != ' ')
			continue;
		if (!value || (n - len - 1 == strlen(value) && !strncmp(p + len + 1, value, n - len - 1)))
			return true;
	}
	return false;
}
