/* hpa_fixture.h - a small cluster as one HPA sees it, for tests of its decisions. */

#pragma once

#include "rules/hpa.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

struct fixture {
	struct hpa *hpa; /* default/web of Deployment web; 1 to 100 replicas, no metrics */
	struct hpa_settings settings;
	struct release release;       /* 1.37 */
	struct hpa_history history;   /* known, empty */
	struct hpa_input input;       /* at 10000 s */
	struct hpa_decision decision; /* of the last step */
	GPtrArray *pods;
	GPtrArray *samples; /* GArray of struct hpa_pod_sample, one per metric */
	GPtrArray *values;  /* GArray of int64_t, one per metric */
	GPtrArray *names;   /* of pods without an object */
	GArray *answers;
};

void fixture_init(struct fixture *f, int32_t replicas);
void fixture_clear(struct fixture *f);

/* A metric that fails until it is given a sample or value. */
struct metric_spec *fixture_metric(struct fixture *f, enum metric_type type, const char *name);
/* The cpu metric with a utilization target. */
struct metric_spec *fixture_cpu(struct fixture *f, int32_t percent);
/* An External metric "queue" whose proposal is its value, with the controller's tolerance 0. */
void fixture_raw(struct fixture *f);
void fixture_set_raw(struct fixture *f, int64_t replicas);

/* A running pod of one container "app", ready for long, asking for @cpu (milli). */
struct pod *fixture_pod(struct fixture *f, int64_t cpu);
/* Usage of @pod by metric number @metric (milli), sampled now over 15 s. */
void fixture_sample(struct fixture *f, size_t metric, const struct pod *pod, int64_t milli);
/* @n such pods that use @usage each. */
void fixture_pods(struct fixture *f, unsigned n, int64_t cpu, int64_t usage);
void fixture_value(struct fixture *f, size_t metric, int64_t milli);
/* An Object or External metric, or one of the pods, that answers with nothing. */
void fixture_answers(struct fixture *f, size_t metric);

void fixture_behavior(struct fixture *f);                          /* `behavior: {}` */
void fixture_policies(struct scaling_rules *rules, size_t n, ...); /* percent?, value, period */

/* Decides and writes at @seconds; the target then has what was written. The replicas. */
int32_t fixture_step(struct fixture *f, double seconds);
/* The proposal of the only metric. */
int32_t fixture_recommend(struct fixture *f, struct hpa_proposal *proposal);

void assert_condition(const struct fixture *f, const char *type, enum condition_status status,
                      const char *reason);
/* Text of the event with this reason; NULL: there is none. */
const char *event_text(const struct fixture *f, const char *reason);
