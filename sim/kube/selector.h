/* selector.h - building label selectors and asking their single requirements. The type is in
 * strings.h. */

#pragma once

#include "kube/strings.h"

/* @values may be NULL; they are copied. */
struct selector_requirement *selector_requirement_new(const char *key,
                                                      enum selector_operator operator,
                                                      const char * const * values);
void selector_requirement_free(void *requirement);
bool selector_requirement_matches(const struct selector_requirement *requirement,
                                  const struct string_map *labels);

/* An empty selector. */
struct label_selector *label_selector_new(void);
/* Takes @requirement. */
void label_selector_add(struct label_selector *selector, struct selector_requirement *requirement);
