/* endpoints_address.c - IP addresses as text, the way Go's net.IP writes them. */

#include "rules/endpoints_address.h"

#include <arpa/inet.h>
#include <glib.h>
#include <string.h>

/* Leading zeros are decimal here, as in Go before 1.17, which Kubernetes keeps up for old objects.
 */
static bool read_ipv4(const char *text, unsigned bytes[4])
{
	for (unsigned i = 0; i < 4; i++) {
		unsigned digits = 0;

		bytes[i] = 0;
		for (; g_ascii_isdigit(*text); text++, digits++) {
			bytes[i] = bytes[i] * 10 + (unsigned)(*text - '0');
			if (bytes[i] > 255) {
				return false;
			}
		}
		if (digits == 0 || *text != (i < 3 ? '.' : '\0')) {
			return false;
		}
		text++;
	}
	return true;
}

bool endpoint_address_is_plain(const char *ip)
{
	unsigned bytes[4];

	for (const char *c = ip; *c; c++) {
		bool first = c == ip || c[-1] == '.';

		if (first && *c == '0' && g_ascii_isdigit(c[1])) {
			return false;
		}
	}
	return read_ipv4(ip, bytes);
}

/* The first longest run of at least two zero groups becomes "::". */
static char *write_ipv6(const unsigned groups[8])
{
	g_autoptr(GString) text = g_string_new(NULL);
	unsigned best = 8, best_length = 1;

	for (unsigned i = 0; i < 8; i++) {
		unsigned length = 0;

		while (i + length < 8 && groups[i + length] == 0) {
			length++;
		}
		if (length > best_length) {
			best = i;
			best_length = length;
		}
	}
	for (unsigned i = 0; i < 8; i++) {
		if (i == best) {
			g_string_append(text, "::");
			i += best_length - 1;
			continue;
		}
		g_string_append_printf(
		    text, "%s%x", i == 0 || g_str_has_suffix(text->str, ":") ? "" : ":", groups[i]);
	}
	return g_strdup(text->str);
}

char *endpoint_address_canonical(const char *ip, bool *ipv6)
{
	unsigned bytes[4], groups[8];
	struct in6_addr raw;

	*ipv6 = false;
	if (read_ipv4(ip, bytes)) {
		return g_strdup_printf("%u.%u.%u.%u", bytes[0], bytes[1], bytes[2], bytes[3]);
	}
	if (inet_pton(AF_INET6, ip, &raw) != 1) {
		return NULL;
	}
	if (IN6_IS_ADDR_V4MAPPED(&raw)) {
		return g_strdup_printf("%u.%u.%u.%u", raw.s6_addr[12], raw.s6_addr[13],
		                       raw.s6_addr[14], raw.s6_addr[15]);
	}
	*ipv6 = true;
	for (unsigned i = 0; i < 8; i++) {
		groups[i] = (unsigned)raw.s6_addr[2 * i] << 8 | raw.s6_addr[2 * i + 1];
	}
	return write_ipv6(groups);
}

char *endpoint_address_join(const char *address, int port)
{
	return g_strdup_printf(strchr(address, ':') ? "[%s]:%d" : "%s:%d", address, port);
}
