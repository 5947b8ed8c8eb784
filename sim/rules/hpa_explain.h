/* hpa_explain.h - a decision in words, with every number that led to it.
 *
 * Lines for people, in the order of the computation: the replicas seen, each metric's groups of
 * pods and its arithmetic, how the metrics were combined, the stabilization windows, what each
 * policy allows, and what came of it. */

#pragma once

#include "rules/hpa.h"

/* The text of a concluded decision, lines ended by \n; to be freed. The HPA is as it was before. */
char *hpa_explain(const struct hpa *hpa, const struct hpa_decision *decision);

/* One metric's lines alone, each begun with @indent. */
void hpa_explain_proposal(GString *text, const char *indent, const struct hpa_proposal *proposal,
                          int32_t current);

/* One metric's arithmetic alone, in one line; to be freed. */
char *hpa_explain_arithmetic(const struct hpa_proposal *proposal, int32_t current);

/* The same decision in few lines: the arithmetic without the names of the pods, and of windows and
 * policies only what changed the outcome. No line feed at the end; to be freed. */
char *hpa_explain_in_short(const struct hpa *hpa, const struct hpa_decision *decision);
