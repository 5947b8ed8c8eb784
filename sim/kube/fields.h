/* fields.h - the fields that the Kubernetes API has, with their types.
 *
 * Tables of what the API server's strict decoding knows, also of fields that podsim gives no
 * meaning. Source: staging/src/k8s.io/api, types.go of core/v1, apps/v1, autoscaling/v1 and v2,
 * policy/v1, release 1.34. */

#pragma once

#include "kube/decoder.h"

enum field_type {
	FIELD_STRING, /* also times */
	FIELD_INT,    /* 32 bits */
	FIELD_LONG,   /* 64 bits */
	FIELD_BOOL,
	FIELD_QUANTITY,
	FIELD_INT_OR_STRING,
	FIELD_STRINGS, /* list */
	FIELD_INTS,    /* list of 64 bits */
	FIELD_STRING_MAP,
	FIELD_QUANTITY_MAP,
	FIELD_OBJECT,
	FIELD_OBJECTS, /* list */
	FIELD_ANY,     /* not looked at */
};

struct field {
	const char *name; /* NULL ends a table */
	enum field_type type;
	const struct field *fields; /* of an object, or of each object of a list */
};

/* Checks the types of everything below @object, tells unknown fields, and brings values into the
 * form that the API server keeps: nulls and empty lists are dropped, quantities are canonical.
 * @object is @at's document, writable. */
void fields_check(struct decoder *decoder, struct doc *object, const struct place *at,
                  const struct field *fields);

extern const struct field fields_metadata[];
extern const struct field fields_label_selector[];
extern const struct field fields_volume[];
extern const struct field fields_pod_spec[];
extern const struct field fields_pod_template[];
extern const struct field fields_probe[];
extern const struct field fields_hpa_spec[];

extern const struct field fields_pod[];
extern const struct field fields_deployment[];
extern const struct field fields_replica_set[];
extern const struct field fields_service[];
extern const struct field fields_hpa[];
extern const struct field fields_hpa_v1[];
extern const struct field fields_pdb[];
extern const struct field fields_node[];
extern const struct field fields_custom[]; /* any other kind: only its metadata is looked at */
