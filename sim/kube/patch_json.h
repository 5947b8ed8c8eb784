/* patch_json.h - the two patches of the web's own making: JSON merge patch (RFC 7386) and JSON
 * patch (RFC 6902). */

#pragma once

#include "document/document.h"

/* As patch_apply() with PATCH_MERGE and PATCH_JSON. */
struct doc *patch_merge(const struct doc *object, const struct doc *patch, GError **error);
struct doc *patch_json(const struct doc *object, const struct doc *patch, GError **error);
