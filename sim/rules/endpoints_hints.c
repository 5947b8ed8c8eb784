/* endpoints_hints.c - the topology hints that trafficDistribution asks for. */

#include "rules/endpoints_hints.h"

static bool prefers_close(const char *distribution)
{
	static const char *const close[] = {"PreferClose", "PreferSameZone", "PreferSameNode",
	                                    NULL};

	return distribution && g_strv_contains(close, distribution);
}

const char *endpoint_hints_distribution(const struct service *service,
                                        const struct release *release)
{
	const char *distribution = service->traffic_distribution;

	if (!prefers_close(distribution) || !release->traffic_distribution) {
		return NULL;
	}
	return release->prefer_same_traffic_distribution || g_str_equal(distribution, "PreferClose")
	           ? distribution
	           : NULL;
}

/* What the hints of @endpoint have to be; NULL for none. */
static void wanted(const struct endpoint *endpoint, const char *distribution, const char **zone,
                   const char **node)
{
	bool close = prefers_close(distribution);

	*zone = close ? endpoint->zone : NULL;
	*node = close && g_str_equal(distribution, "PreferSameNode") ? endpoint->node_name : NULL;
}

bool endpoint_hints_outdated(const struct endpoint *endpoints, size_t n,
                             const char *traffic_distribution)
{
	for (size_t i = 0; i < n; i++) {
		const char *zone, *node;

		if (prefers_close(traffic_distribution) && !endpoints[i].ready) {
			continue;
		}
		wanted(&endpoints[i], traffic_distribution, &zone, &node);
		if (g_strcmp0(endpoints[i].hint_zone, zone) != 0 ||
		    g_strcmp0(endpoints[i].hint_node, node) != 0) {
			return true;
		}
	}
	return false;
}

void endpoint_hints_set(struct endpoint *endpoints, size_t n, const char *traffic_distribution)
{
	for (size_t i = 0; i < n; i++) {
		const char *zone, *node;

		if (prefers_close(traffic_distribution) && !endpoints[i].ready) {
			continue;
		}
		wanted(&endpoints[i], traffic_distribution, &zone, &node);
		ref_string_set(&endpoints[i].hint_zone, zone);
		ref_string_set(&endpoints[i].hint_node, node);
	}
}
