/* decode.h - the parts of the decoder: each reads one place of a completed document into a struct,
 * and tells what is wrong there. For the files of this folder only. */

#pragma once

#include "kube/codec.h"
#include "kube/decoder.h"

/* What a handler belongs to decides what it may be. */
enum handler_use { HANDLER_OF_PROBE, HANDLER_OF_LIFECYCLE };

void decode_handler(struct decoder *decoder, const struct place *at, enum handler_use use,
                    struct handler *handler);
/* PROBE_TYPES: of no known type. */
struct probe *decode_probe(struct decoder *decoder, const struct place *at, enum probe_type type);
/* NULL when @at is absent. */
struct handler *decode_hook(struct decoder *decoder, const struct place *at, int64_t grace_seconds);

enum container_use { CONTAINER_MAIN, CONTAINER_INIT };
void decode_container(struct decoder *decoder, const struct place *at, enum container_use use,
                      const struct place *spec, struct container *container);
/* Requests and limits of @at (a map with `resources`); what is missing in the requests is taken
 * from the limits. */
void decode_resources(struct decoder *decoder, const struct place *at,
                      struct resource_list *requests, struct resource_list *limits);
void decode_amounts(struct decoder *decoder, const struct place *at, const char *key,
                    struct resource_list *list);

/* Affinity, tolerations, spread, node selector. */
void decode_placement(struct decoder *decoder, const struct place *at, struct pod_spec *spec);
/* The spec at @at, completed as a pod's in a document of its own. Never NULL. */
struct pod_spec *decode_pod_spec(struct decoder *decoder, const struct place *at);
void decode_pod_template(struct decoder *decoder, const struct place *at,
                         struct pod_template *template);

/* NULL when @at is absent. */
struct label_selector *decode_selector(struct decoder *decoder, const struct place *at);
/* The requirement at @at; NULL when it is wrong, or an operator (Gt, Lt) of nodes that podsim gives
 * no meaning. */
struct selector_requirement *decode_requirement(struct decoder *decoder, const struct place *at,
                                                bool of_nodes);
/* A port's number or name. */
struct port_reference decode_port_reference(const struct place *at);

/* Each reads what is special to its kind. @at: the whole object. */
void decode_pod_object(struct decoder *decoder, const struct place *at, struct object *object);
void decode_deployment(struct decoder *decoder, const struct place *at, struct object *object);
void decode_replica_set(struct decoder *decoder, const struct place *at, struct object *object);
void decode_pdb(struct decoder *decoder, const struct place *at, struct object *object);
void decode_service(struct decoder *decoder, const struct place *at, struct object *object);
void decode_hpa(struct decoder *decoder, const struct place *at, struct object *object);
void decode_node(struct decoder *decoder, const struct place *at, struct object *object);

void decode_hpa_spec(struct decoder *decoder, const struct place *at, struct hpa *hpa);
void decode_metric(struct decoder *decoder, const struct place *at, struct metric_spec *metric);
