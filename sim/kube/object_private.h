/* object_private.h - what object.c asks of each kind. For the files of this folder only. */

#pragma once

#include "kube/object.h"

/* Takes another reference, or nothing of NULL. */
static inline GRefString *ref_string_ref(GRefString *text)
{
	return text == NULL ? NULL : g_ref_string_acquire(text);
}

/* Each pair: makes the parts of @object, a bytewise copy of @from, its own; frees the parts of an
 * object. */
void pod_copy_parts(struct object *object, const struct object *from);
void pod_clear_parts(struct object *object);
void deployment_copy_parts(struct object *object, const struct object *from);
void deployment_clear_parts(struct object *object);
void replica_set_copy_parts(struct object *object, const struct object *from);
void replica_set_clear_parts(struct object *object);
void pdb_copy_parts(struct object *object, const struct object *from);
void pdb_clear_parts(struct object *object);
void service_copy_parts(struct object *object, const struct object *from);
void service_clear_parts(struct object *object);
void endpoint_slice_copy_parts(struct object *object, const struct object *from);
void endpoint_slice_clear_parts(struct object *object);
void endpoints_copy_parts(struct object *object, const struct object *from);
void endpoints_clear_parts(struct object *object);
void node_copy_parts(struct object *object, const struct object *from);
void node_clear_parts(struct object *object);
void event_copy_parts(struct object *object, const struct object *from);
void event_clear_parts(struct object *object);
void hpa_copy_parts(struct object *object, const struct object *from);
void hpa_clear_parts(struct object *object);

struct hpa;
/* Frees what the spec of @hpa holds, and leaves it empty. */
void hpa_clear_spec(struct hpa *hpa);
