/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Gathering the facts that `doctor` judges (doctor.h). Changes nothing. Must not judge.
 */
#ifndef DOCTOR_FACTS_H
#define DOCTOR_FACTS_H

#include "doctor.h"

/* Facts on the machine; to be freed. What cannot be learnt is unknown: no errors. */
void facts_machine(struct doctor_machine *m);
void facts_machine_free(struct doctor_machine *m);

/* Facts on the instance @s, whose maps are @maps. It has to stay as long as @t. 0 or -errno. */
int facts_loaded(struct doctor_target *t, const struct show *s, const struct instance_maps *maps);

/* Facts on the device @iface, which is not loaded. 0; -ENODEV; other -errno. */
int facts_device(struct doctor_target *t, const char *iface);

#endif
