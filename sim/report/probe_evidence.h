/* probe_evidence.h - which probe keeps a pod out, and what it was answered. */

#pragma once

#include "report/diagnosis_private.h"

struct probe_failures { /* of one type, by kind */
	uint64_t total, refused, timeout, other;
	uint64_t statuses[600]; /* by HTTP status */
};

/* The probe that keeps @pod from serving: of a pod that was never Ready the startup probe that
 * never succeeded, else the readiness probe that never did; of any pod the liveness probe that
 * never succeeded and killed. PROBE_TYPES: none. */
enum probe_type blocking_probe(const struct run_pod *pod);
/* The kind of failure of @type that came most often, as one of its records; NULL when none failed.
 */
const struct run_probes *probe_failures_sample(const struct run_pod *pod, enum probe_type type);
sim_time first_failure(const struct run_pod *pod, enum probe_type type);
void probe_failures_add(struct probe_failures *sum, const struct run_pod *pod,
                        enum probe_type type);
/* Appends ": 60 x HTTP 404, 1 x connection refused". */
void probe_failures_describe(const struct probe_failures *failures, GString *out);
/* Why @seen fails, in words, as far as scenario and model know; caller frees. */
char *failure_cause(const struct run *run, const struct run_pod *pod, const struct run_probes *seen,
                    const struct probe *probe);

/* Steps of a chain that several rules share (diagnosis_probes.c). */
void chain_out_of_endpoints(const struct diagnosis *d, struct finding *finding);
void chain_waste(const struct diagnosis *d, struct finding *finding);
void chain_hpa(const struct diagnosis *d, struct finding *finding);

/* Pods that were Ready and lost it, or were killed by their liveness probe (diagnosis_flapping.c).
 */
void diagnose_flapping(struct diagnosis *d);
