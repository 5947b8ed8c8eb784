/* patch.h - how kubectl changes an object: strategic merge, merge (RFC 7386) and JSON (RFC 6902)
 * patches, and the three-way merge of `kubectl apply`. They act on documents as the API server
 * holds them. Source: staging/src/k8s.io/apimachinery/pkg/util/strategicpatch/patch.go. */

#pragma once

#include "document/document.h"

enum patch_type { PATCH_STRATEGIC, PATCH_MERGE, PATCH_JSON };

/* The patched document (a new tree), or NULL and @error: the patch is refused and nothing changes.
 * @object stays as it is. */
struct doc *patch_apply(enum patch_type type, const struct doc *object, const struct doc *patch,
                        GError **error);

/* `kubectl apply`: @last is what was applied before (NULL: nothing), @wanted what is applied now,
 * @live what the API server holds. The new document, or NULL and @error. */
struct doc *patch_three_way(const struct doc *last, const struct doc *wanted,
                            const struct doc *live, GError **error);
