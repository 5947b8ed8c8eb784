/* expectations.h - what a controller did and has not seen yet.
 *
 * A controller that created or deleted pods must not count again before its informer has shown
 * them, or it would do the same twice. Deletions are known by name, creations by number.
 *
 * Source: Kubernetes 1.33, pkg/controller/controller_utils.go (UIDTrackingControllerExpectations).
 */

#pragma once

#include "engine/time.h"

#include <glib.h>
#include <stdbool.h>

struct expectations;

struct expectations *expectations_new(void);
void expectations_free(struct expectations *expectations);

/* Whether everything expected for @key was seen, or five minutes have passed. */
bool expectations_are_met(const struct expectations *expectations, const char *key, sim_time now);

void expectations_expect_creations(struct expectations *expectations, const char *key,
                                   unsigned count, sim_time now);
void expectations_expect_deletion(struct expectations *expectations, const char *key,
                                  const char *pod, sim_time now);
void expectations_see_creation(struct expectations *expectations, const char *key);
void expectations_see_deletion(struct expectations *expectations, const char *key, const char *pod);
void expectations_forget(struct expectations *expectations, const char *key);
