/* endpoints_hints.h - the topology hints that trafficDistribution asks for.
 *
 * PreferClose, which is PreferSameZone, makes the controller write on every ready endpoint a hint
 * for its own zone, PreferSameNode also one for its own node. Endpoints that are not ready keep
 * what they have. Without trafficDistribution there are no hints.
 * Source: Kubernetes 1.34, staging/src/k8s.io/endpointslice/trafficdist/trafficdist.go. */

#pragma once

#include "kube/release.h"
#include "kube/service.h"

/* The trafficDistribution of @service that counts in @release; NULL: none. */
const char *endpoint_hints_distribution(const struct service *service,
                                        const struct release *release);

/* Whether any of the @n @endpoints has hints that @traffic_distribution (NULL: none) would change.
 */
bool endpoint_hints_outdated(const struct endpoint *endpoints, size_t n,
                             const char *traffic_distribution);
/* Writes the hints. */
void endpoint_hints_set(struct endpoint *endpoints, size_t n, const char *traffic_distribution);
