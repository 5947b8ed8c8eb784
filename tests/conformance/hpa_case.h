/* hpa_case.h - a case of the table `hpa`, read into what a decision sees. */

#pragma once

#include "conformance.h"

#include "rules/hpa.h"

struct hpa_case {
	const struct doc *root;
	GString *diff;
	bool good; /* false once a field was unknown or unreadable */

	struct hpa_input input;
	struct hpa *hpa;
	struct hpa_settings settings;
	struct release release;
	struct hpa_history history;
	GPtrArray *pods;   /* struct pod *, owned */
	GArray *answers;   /* struct hpa_metric_answer */
	GArray *others;    /* struct hpa_other */
	GPtrArray *memory; /* what answers point to; owned */
	bool update_fails;
	int64_t update_conflicts;
};

/* Reads everything but `input` and `expect`. Faults go to @diff and `good`. */
void hpa_case_init(struct hpa_case *kase, const struct doc *root, GString *diff);
void hpa_case_clear(struct hpa_case *kase);

/* Readers of single values; a fault makes the case bad. Absent ones (NULL) give the fallback. */
int64_t hpa_case_int(struct hpa_case *kase, const struct doc *value, int64_t fallback);
int64_t hpa_case_quantity(struct hpa_case *kase, const struct doc *value);
sim_time hpa_case_time(struct hpa_case *kase, const struct doc *value, sim_time fallback);
const char *hpa_case_string(struct hpa_case *kase, const struct doc *value);
struct string_map *hpa_case_map(struct hpa_case *kase, const struct doc *map);
/* Notes that @value should have been something else. */
void hpa_case_complain(struct hpa_case *kase, const struct doc *value, const char *wanted);

/* Every field of @map is among the names that follow, or the case is bad. */
#define KNOWN(kase, map, what, ...)                                                                \
	((kase)->good &= conformance_known(map, (kase)->diff, what, __VA_ARGS__, NULL))

/* The HPA's spec and status: hpa_case_spec.c. */
void hpa_case_read_hpa(struct hpa_case *kase);
void hpa_case_read_status(struct hpa_case *kase);

/* The answer about resource @name; owned by the case. */
struct hpa_metric_answer hpa_case_resource_answer(struct hpa_case *kase, const char *name);
/* A bare pod of that name, owned by the case but not among its pods. */
struct pod *hpa_case_bare_pod(struct hpa_case *kase, const char *name);
