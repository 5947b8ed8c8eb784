/* encode.h - the parts of the encoder: each adds spec and status of its kind to a document. For the
 * files of this folder only. */

#pragma once

#include "kube/codec.h"

struct encoder {
	int64_t clock_zero;
	struct doc *out;  /* the object */
	bool around_spec; /* the spec is null: kinds for which it costs much leave it out */
};

void encode_pod(const struct encoder *encoder, const struct object *object);
void encode_deployment(const struct encoder *encoder, const struct object *object);
void encode_replica_set(const struct encoder *encoder, const struct object *object);
void encode_pdb(const struct encoder *encoder, const struct object *object);
void encode_service(const struct encoder *encoder, const struct object *object);
void encode_endpoint_slice(const struct encoder *encoder, const struct object *object);
void encode_endpoints(const struct encoder *encoder, const struct object *object);
void encode_node(const struct encoder *encoder, const struct object *object);
void encode_event(const struct encoder *encoder, const struct object *object);
void encode_hpa(const struct encoder *encoder, const struct object *object);

/* "apps/v1" */
const char *encode_api_version(enum object_kind kind);
/* A new map or list under @key. */
struct doc *put_map(struct doc *map, const char *key);
struct doc *put_list(struct doc *map, const char *key);
struct doc *add_map(struct doc *list);
void add_text(struct doc *list, const char *text);
/* Nothing for 0, an empty text, SIM_NEVER: the API leaves those out. */
void put_int_unless_0(struct doc *map, const char *key, int64_t value);
void put_text_unless_empty(struct doc *map, const char *key, const char *text);
void put_time(const struct encoder *encoder, struct doc *map, const char *key, sim_time t);
/* Removes @key when @labels is empty. */
void put_string_map(struct doc *map, const char *key, const struct string_map *labels);
void put_selector(struct doc *map, const char *key, const struct label_selector *selector);
void put_quantity(struct doc *map, const char *key, const char *resource, int64_t milli);
void put_amounts(struct doc *map, const char *key, const struct resource_list *list);

/* What a kind's conditions show beside type, status, reason, message and lastTransitionTime. */
enum condition_form {
	CONDITIONS_PLAIN,
	CONDITIONS_OF_POD,
	CONDITIONS_OF_DEPLOYMENT,
	CONDITIONS_OF_NODE
};
void put_conditions(const struct encoder *encoder, struct doc *status,
                    const struct conditions *conditions, enum condition_form form);

/* The spec of @object as its source has it; an empty map without one. In the document already. */
struct doc *put_spec(const struct encoder *encoder, const struct object *object);
