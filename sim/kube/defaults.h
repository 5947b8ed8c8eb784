/* defaults.h - what the API server fills in before it looks at an object.
 *
 * Each completes a document in place. Sources: pkg/apis/core/v1/defaults.go,
 * pkg/apis/apps/v1/defaults.go, pkg/apis/autoscaling/v2/defaults.go,
 * pkg/registry/core/service/storage/alloc.go. For the files of this folder only. */

#pragma once

#include "document/document.h"

void default_probe(struct doc *probe);
/* What a template's spec is given. */
void default_pod_spec(struct doc *spec);
/* What a pod's spec is given beyond that: requests from limits, and the links to Services. */
void default_pod(struct doc *spec);
void default_deployment(struct doc *spec);
void default_replica_set(struct doc *spec);
void default_service(struct doc *spec);
void default_hpa(struct doc *spec);
/* autoscaling/v1's spec becomes that of v2. */
void convert_hpa_v1(struct doc *spec);
