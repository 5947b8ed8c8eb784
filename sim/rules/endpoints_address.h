/* endpoints_address.h - IP addresses as text, the way Go's net.IP writes them.
 *
 * The controller reads a pod's address and writes it anew, so that "010.0.0.1" and
 * "1234::5678:0000:0:9abc:def0" have one spelling in every slice.
 * Source: staging/src/k8s.io/endpointslice/utils.go (getEndpointAddresses), Go's net/netip. */

#pragma once

#include <stdbool.h>

/* Whether @ip is an IPv4 address that is written canonically already. */
bool endpoint_address_is_plain(const char *ip);

/* The canonical text of @ip (to be freed), and whether it is an IPv6 address (an IPv4 address in
 * IPv6 notation is not). NULL when it is no address. */
char *endpoint_address_canonical(const char *ip, bool *ipv6);

/* "10.0.0.1:80", "[fd00::1]:80"; to be freed. */
char *endpoint_address_join(const char *address, int port);
