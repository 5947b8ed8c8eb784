/* pod_spec.h - building pod specs, for the decoder. The types are in pod.h. */

#pragma once

#include "kube/pod.h"

/* Empty, with one reference. */
struct pod_spec *pod_spec_new(void);
/* Gives @pod one status per container of its spec, all of them unset. */
void pod_init_statuses(struct pod *pod);

void handler_clear(struct handler *handler);
/* Free functions for the lists of a spec. */
void node_selector_term_free(void *term);
void affinity_term_free(void *term);
void spread_constraint_free(void *constraint);
void toleration_free(void *toleration);
