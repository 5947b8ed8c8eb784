/* endpoints_print.h - what kubectl prints in the columns about endpoints.
 *
 * At most three entries; more become " + N more...". A Service all of whose pods are not Ready has
 * a subset without addresses and an empty cell; one without pods has no subset and "<none>".
 * Source: Kubernetes 1.34, pkg/printers/internalversion/printers.go (formatEndpoints,
 * formatDiscoveryEndpoints, formatDiscoveryPorts). */

#pragma once

#include "kube/service.h"

/* `kubectl get endpoints`, column ENDPOINTS: address x port, port by port. To be freed. */
char *endpoints_cell(const struct endpoint_subset *subsets, size_t n);

/* `kubectl get endpointslices`, columns ENDPOINTS (whatever their conditions) and PORTS. */
char *endpoint_slice_cell(const struct endpoint *endpoints, size_t n);
char *endpoint_slice_ports_cell(const struct endpoint_port *ports, size_t n);
