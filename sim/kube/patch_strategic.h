/* patch_strategic.h - strategic merge, and the three-way merge of `kubectl apply` that rests on the
 * same merge keys. */

#pragma once

#include "document/document.h"

/* As patch_apply() with PATCH_STRATEGIC. */
struct doc *patch_strategic(const struct doc *object, const struct doc *patch, GError **error);
