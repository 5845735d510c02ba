/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What kernel, privileges and libraries offer of what we use, found out by trying: a program or map of that
 * kind is loaded, a helper called, a device made in a network namespace that nobody sees. No version is
 * compared with a list. Must not know how answers are shown.
 */
#ifndef IO_FEATURES_H
#define IO_FEATURES_H

#include <stdbool.h>
#include <stddef.h>

enum feature_answer {
	FEATURE_NO,
	FEATURE_YES,
	FEATURE_UNKNOWN, /* this process may not ask, or the kernel does not tell */
};

enum feature_need {
	FEATURE_NEEDED, /* without it nothing can be loaded */
	FEATURE_BETTER, /* without it something is slower or has to be done by other means */
	FEATURE_SPARE, /* not used, or only to tell what is there */
};

struct feature {
	const char *group, *name;
	enum feature_need need;
	const char *use; /* what we do with it */
	const char *without; /* what becomes of that without it */
};

/* All there are, in order; the list ends with a NULL name. */
extern const struct feature features[];

#define FEATURES_MAX 64

/*
 * Asks for each of them: answer[i] is that for features[i]. Nothing that it makes stays. What needs privileges
 * that this process lacks is unknown.
 */
void features_probe(enum feature_answer answer[FEATURES_MAX]);

/* What a device's driver can do; answers in the order of the fields. */
struct feature_device {
	char driver[32];
	enum feature_answer xdp; /* native */
	enum feature_answer redirect; /* it can send what XDP redirects to it */
	enum feature_answer frags; /* frames in several buffers */
};
void features_of_device(unsigned int ifindex, struct feature_device *d);

/* Versions of what is running, not of what was built against. "" where it does not tell. */
#define FEATURES_VERSION 64
void features_kernel(char buf[FEATURES_VERSION]);
void features_libbpf(char buf[FEATURES_VERSION]);
void features_libxdp(char buf[FEATURES_VERSION]);

#endif
