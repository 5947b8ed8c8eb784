/* patch_schema.h - which fields of the API merge in their own way.
 *
 * A strategic merge patch merges maps key by key and replaces lists, except where the API types say
 * otherwise with their `patchStrategy` and `patchMergeKey` tags. Here those tags are a tree of the
 * fields that carry one, or that lead to one; a field that is not in the tree has none. Custom
 * resources have no such tags: the API server refuses strategic patches of them, and `kubectl
 * apply` merges them without regard to merge keys. Source: staging/src/k8s.io/api, core/v1,
 * apps/v1, batch/v1, policy/v1 and autoscaling/v2 types.go. */

#pragma once

#include "document/document.h"

struct patch_field {
	const char *name;
	const struct patch_field
	    *fields;           /* of the value, or of each item of a list; NULL: no tags below */
	const char *merge_key; /* of a list of maps */
	bool merges_values;    /* a list of scalars that merges as a set */
	bool retain_keys;      /* map, or items of the list: a union of alternatives */
	bool replaces;         /* map that is replaced as a whole */
};

/* The top fields of @object's kind, ended by one without a name; NULL when it has no tags.
 * *@custom: a custom resource. */
const struct patch_field *patch_schema_of(const struct doc *object, bool *custom);

/* The field @name among @fields (NULL is fine), or NULL. */
const struct patch_field *patch_schema_field(const struct patch_field *fields, const char *name);
