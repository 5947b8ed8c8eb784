/* hpa_private.h - what the files of the HPA decision share. Inside this folder only. */

#pragma once

#include "rules/hpa.h"

/* Conversions as Go's from 1.38 on: out of range saturates, NaN is 0. */
int32_t hpa_int32_of(double value);
int64_t hpa_int64_of(double value);
int64_t hpa_add_saturating(int64_t a, int64_t b);
int32_t hpa_int32_of_wide(int64_t value);

/* The input's pods that @selector picks, borrowed, in the input's order. */
GPtrArray *hpa_selected_pods(const struct hpa_input *input, const struct label_selector *selector);

/* hpa_recommend() over pods picked already. */
void hpa_recommend_for(const struct hpa_input *input, size_t index, const GPtrArray *selected,
                       struct hpa_proposal *proposal);

/* The name that reasons and conditions use for a metric. */
char *hpa_metric_name(const struct metric_spec *spec);
/* "FailedGetResourceMetric", ... */
const char *hpa_failure_reason(enum metric_type type);
/* Fills in event_reason, message and error of a failed @proposal, whose innermost fault is @inner. @fetching: the fault came
 * from the metrics API. */
void hpa_tell_failure(const struct hpa_input *input, enum hpa_failure failure, bool fetching, const char *inner,
                      struct hpa_proposal *proposal);
/* As Go prints a *metav1.LabelSelector with %+v; NULL: "nil". */
char *hpa_selector_to_go_string(const struct label_selector *selector);

/* The text of ScalingLimited and AbleToScale for @reason. */
const char *hpa_condition_message(const char *reason);
