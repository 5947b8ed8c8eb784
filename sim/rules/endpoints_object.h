/* endpoints_object.h - the old Endpoints object, deprecated since 1.33 and still written.
 *
 * One object with the Service's name. Ready pods are its addresses, others its notReadyAddresses;
 * terminating pods are left out. Addresses stand in string order, ports that the same pods offer
 * share a subset. Kubernetes orders ports and subsets by a hash, here they are ordered by number.
 * Above 1,000 addresses it is cut, ready ones first.
 *
 * Pure.
 * Source: Kubernetes 1.34, pkg/controller/endpoint/endpoints_controller.go (syncService,
 * truncateEndpoints), pkg/api/v1/endpoints/util.go (RepackSubsets). */

#pragma once

#include "rules/endpoints.h"

#define ENDPOINTS_OVER_CAPACITY "endpoints.kubernetes.io/over-capacity"

/* The subsets for @service and those of the @n @pods that it selects; *@truncated when pods were
 * left out for lack of room. Free with endpoint_subsets_free(). */
struct endpoint_subset *endpoint_subsets_of(const struct service *service,
                                            const struct endpoint_pod *pods, size_t n,
                                            size_t *n_subsets, bool *truncated);
/* Addresses of pods that are alike in their ports, borrowed, in the order of
 * endpoint_address_compare(). Of more than ENDPOINTS_MOST_ADDRESSES only so many need to be given.
 */
#define ENDPOINTS_MOST_ADDRESSES 1000
struct endpoint_addresses {
	const struct endpoint *const *ready, *const *not_ready;
	size_t n_ready, n_not_ready; /* all there are */
};
int endpoint_address_compare(const struct endpoint *a, const struct endpoint *b);

/* The same for such pods, each of which has @ports by endpoint_ports_of(). */
struct endpoint_subset *endpoint_subsets_alike(const struct service *service,
                                               const struct endpoint_port *ports, size_t n_ports,
                                               const struct endpoint_addresses *addresses,
                                               size_t *n_subsets, bool *truncated);
void endpoint_subsets_free(struct endpoint_subset *subsets, size_t n);
bool endpoint_subsets_equal(const struct endpoint_subset *a, size_t n_a,
                            const struct endpoint_subset *b, size_t n_b);

/* The labels of the object: the Service's own, and one when the Service is headless. A reference.
 */
struct string_map *endpoints_labels(const struct service *service);
