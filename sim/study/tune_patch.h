/* tune_patch.h - a setting as what people apply: strategic merge patches, as `kubectl patch
 * --patch-file` and kustomize read them. */

#pragma once

#include "study/study.h"

/* One YAML document an object; what is of the scenario and no object becomes a comment with the
 * `--set` that says it. NULL and @error. Caller frees. */
char *tune_patch(const struct study *study, size_t setting, GError **error);
