/* quantity.h - Kubernetes quantities ("250m", "1Gi") as whole milli-units.
 *
 * The controllers compute in signed 64-bit milli-units, so that is what everything here holds: 250m is 250, 1Gi is 1073741824000.
 * Source: staging/src/k8s.io/apimachinery/pkg/api/resource/quantity.go. */

#pragma once

#include <stdbool.h>
#include <stdint.h>

enum quantity_format { QUANTITY_DECIMAL, QUANTITY_BINARY, QUANTITY_EXPONENT };

/* Reads @text into *@milli, rounding up to the next milli-unit (away from zero), saturating at the limits of int64.
 * False when @text is no quantity. @format may be NULL. */
bool quantity_parse(const char *text, int64_t *milli, enum quantity_format *format);

/* Canonical text of @milli in the manner of @format: the largest suffix that divides it exactly ("231Mi", "1500m"). */
char *quantity_to_string(int64_t milli, enum quantity_format format);

/* Kubernetes' and podsim's durations ("1m30s", "500ms", "1h", "-73m") in nanoseconds; false when it is none. */
bool duration_parse(const char *text, int64_t *nanoseconds);

/* The shortest such text: "1m30s", "12ms", "0s". */
char *duration_to_string(int64_t nanoseconds);

/* As kubectl prints ages: "45s", "9m", "82m", "3h5m", "26h", "5d". Source: apimachinery/pkg/util/duration HumanDuration. */
char *duration_to_human(int64_t nanoseconds);
