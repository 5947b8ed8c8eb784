/* conformance.h - cases of Kubernetes' behaviour as data, and the functions that hold the simulator against them.
 *
 * A case is one YAML file. Its fields tell which table it belongs to. Every runner goes through the functions and actors that
 * `podsim run` uses. An unknown field is a failure: a case that is only half read proves nothing. */

#pragma once

#include "document/document.h"

#include <glib.h>
#include <stdbool.h>

/* Each runs one case. True when it holds; otherwise lines "FIELD: expected X, got Y" are appended to @diff. */
bool conformance_hpa(const struct doc *kase, GString *diff);
bool conformance_probes(const struct doc *kase, GString *diff);
bool conformance_rollout(const struct doc *kase, GString *diff);
bool conformance_endpoints(const struct doc *kase, GString *diff);
bool conformance_patch(const struct doc *kase, GString *diff);

/* Whether every key of @map (NULL is fine) is among the names that follow, up to NULL; else says which is not, in @diff. @what
 * names the map. */
bool conformance_known(const struct doc *map, GString *diff, const char *what, ...) G_GNUC_NULL_TERMINATED;

/* Appends "@field: expected ..., got ..." and returns false. */
bool conformance_differs(GString *diff, const char *field, const char *expected, const char *got);

/* Whether @got equals @expected (compared with doc_equal, numbers by value); else both are printed as one-line JSON. */
bool conformance_equal(GString *diff, const char *field, const struct doc *expected, const struct doc *got);
