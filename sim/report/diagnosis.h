/* diagnosis.h - why replicas do not serve: findings, each with its chain of causes and the rivals
 * that the run rules out.
 *
 * Every rule looks at the Run, and where only the application's model knows (when a dependency is
 * there, which paths are served) at the scenario. A finding begins at a line of a manifest or of
 * the scenario where there is one. Findings of severity NOTE are observations: they are told, but
 * `no findings` holds with them. */

#pragma once

#include "record/run.h"

enum severity { SEVERITY_ERROR, SEVERITY_WARNING, SEVERITY_NOTE };
const char *severity_name(enum severity severity); /* "error", "warning", "note" */

struct finding {
	const char *rule; /* "probe-path-not-served" */
	char *object;     /* "deployment/inference", "pod/x", "service/x", "hpa/x" */
	char *message;    /* one sentence, without the place */
	sim_time since;   /* when it began; SIM_NEVER: no time */
	enum severity severity;
	struct doc_location where; /* file NULL: no place */
	GPtrArray *chain;          /* char *: what followed from what */
	GPtrArray *excluded;       /* char *: "what: why it is not that" */
	GPtrArray *pods;           /* const struct run_pod *: the replicas concerned */
};

/* All findings of @run, errors first, then by time; (struct finding *), freed with the array. */
GPtrArray *diagnose(const struct run *run);

/* The names of all rules, NULL-terminated, for messages about a misspelt one. */
extern const char *const diagnosis_rules[];

/* The first finding of @rule, about @object ("deployment/inference"; NULL: any); NULL when there is
 * none. */
const struct finding *findings_find(const GPtrArray *findings, const char *rule,
                                    const char *object);
/* Findings that are more than notes. */
size_t findings_count(const GPtrArray *findings);

/* Appends them as text, notes last. */
void findings_print(const GPtrArray *findings, GString *out, bool colour);
