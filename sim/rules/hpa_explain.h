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
