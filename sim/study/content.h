/* content.h - what a scenario is made of, as a hash.
 *
 * Results are kept only for as long as what they were computed from is the same: podsim itself, the
 * scenario's file, and every file that it names (manifests, patches, CSV). */

#pragma once

#include "document/document.h"

/* SHA-256 as hex of podsim's version, the file @path, and all files beside it that @document names;
 * where they lie does not matter. NULL and @error when one cannot be read. Caller frees. */
char *content_hash(const char *path, const struct doc *document, GError **error);
