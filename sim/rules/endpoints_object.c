/* endpoints_object.c - the old Endpoints object, deprecated since 1.33 and still written. */

#include "rules/endpoints_object.h"

#include <math.h>
#include <string.h>

#define HEADLESS_LABEL "service.kubernetes.io/headless"

struct offer { /* one port and the pods that have it */
	struct endpoint_port port;
	bool no_port; /* a headless Service without ports */
	GArray *pods; /* size_t: indices of pods, in order of address */
	bool in_subset;
};

static void offer_clear(void *data)
{
	struct offer *offer = data;

	g_free(offer->port.name);
	g_array_unref(offer->pods);
}

static void offer_add(GArray *offers, const struct endpoint_port *port, size_t pod)
{
	struct offer *offer = NULL;

	for (unsigned i = 0; i < offers->len && !offer; i++) {
		struct offer *other = &g_array_index(offers, struct offer, i);

		if (port ? !other->no_port && endpoint_ports_equal(&other->port, 1, port, 1)
		         : other->no_port) {
			offer = other;
		}
	}
	if (!offer) {
		struct offer new = {.no_port = !port};

		if (port) {
			new.port = *port;
			new.port.name = g_strdup(port->name);
		}
		new.pods = g_array_new(FALSE, FALSE, sizeof(size_t));
		g_array_append_val(offers, new);
		offer = &g_array_index(offers, struct offer, offers->len - 1);
	}
	g_array_append_val(offer->pods, pod);
}

static int compare_offers(const void *a, const void *b)
{
	const struct offer *left = a, *right = b;

	if (left->port.port != right->port.port) {
		return left->port.port < right->port.port ? -1 : 1;
	}
	int by_name = g_strcmp0(left->port.name, right->port.name);

	return by_name ? by_name : g_strcmp0(left->port.protocol, right->port.protocol);
}

int endpoint_address_compare(const struct endpoint *a, const struct endpoint *b)
{
	int by_address = strcmp(a->address, b->address);

	return by_address ? by_address : g_strcmp0(a->pod_uid, b->pod_uid);
}

static int compare_addresses(const void *a, const void *b)
{
	return endpoint_address_compare(a, b);
}

static bool same_pods(const struct offer *a, const struct offer *b)
{
	return a->pods->len == b->pods->len &&
	       memcmp(a->pods->data, b->pods->data, a->pods->len * sizeof(size_t)) == 0;
}

/* --- from pods to subsets --- */

/* Hands out the ports of every pod; the lists of pods stay in order of @pods. */
static GArray *offers_of(const struct service *service, const struct endpoint_pod *pods, size_t n,
                         const char *address_type)
{
	GArray *offers = g_array_new(FALSE, TRUE, sizeof(struct offer));

	g_array_set_clear_func(offers, offer_clear);
	for (size_t i = 0; i < n; i++) {
		struct endpoint probe = {0};
		size_t n_ports;

		if (!service_selects(service, pods[i].namespace, pods[i].labels) ||
		    !endpoints_include_pod(&pods[i], service->publish_not_ready_addresses) ||
		    !endpoint_of_pod(&probe, &pods[i], NULL, service, address_type)) {
			continue;
		}
		endpoint_clear(&probe);
		if (service->n_ports == 0 && service_is_headless(service)) {
			offer_add(offers, NULL, i);
		}
		struct endpoint_port *ports = endpoint_ports_of(service, pods[i].spec, &n_ports);

		for (size_t k = 0; k < n_ports; k++) {
			offer_add(offers, &ports[k], i);
		}
		endpoint_ports_free(ports, n_ports);
	}
	g_array_sort(offers, compare_offers);
	return offers;
}

static void fill_subset(struct endpoint_subset *subset, const struct service *service,
                        const struct endpoint_pod *pods, const GArray *indices,
                        const char *address_type)
{
	subset->addresses = g_new0(struct endpoint, indices->len + 1);
	subset->not_ready_addresses = g_new0(struct endpoint, indices->len + 1);
	for (unsigned i = 0; i < indices->len; i++) {
		const struct endpoint_pod *pod = &pods[g_array_index(indices, size_t, i)];
		bool ready = service->publish_not_ready_addresses || pod->ready;
		struct endpoint *to =
		    ready ? &subset->addresses[subset->n_addresses++]
			  : &subset->not_ready_addresses[subset->n_not_ready_addresses++];

		endpoint_of_pod(to, pod, NULL, service, address_type);
	}
	qsort(subset->addresses, subset->n_addresses, sizeof(struct endpoint), compare_addresses);
	qsort(subset->not_ready_addresses, subset->n_not_ready_addresses, sizeof(struct endpoint),
	      compare_addresses);
}

static void drop(struct endpoint *addresses, size_t *n, size_t most)
{
	while (*n > most) {
		endpoint_clear(&addresses[--*n]);
	}
}

/* Shares the room among the subsets by their size, rounded up: the last one may get less. */
static bool truncate_subsets(struct endpoint_subset *subsets, size_t n)
{
	size_t ready = 0, not_ready = 0;

	for (size_t i = 0; i < n; i++) {
		ready += subsets[i].n_addresses;
		not_ready += subsets[i].n_not_ready_addresses;
	}
	if (ready + not_ready <= ENDPOINTS_MOST_ADDRESSES) {
		return false;
	}
	bool cut_ready = ready > ENDPOINTS_MOST_ADDRESSES;
	size_t room = cut_ready ? ENDPOINTS_MOST_ADDRESSES : ENDPOINTS_MOST_ADDRESSES - ready;
	size_t total = cut_ready ? ready : not_ready;
	size_t left = room;

	for (size_t i = 0; i < n; i++) {
		size_t *count =
		    cut_ready ? &subsets[i].n_addresses : &subsets[i].n_not_ready_addresses;
		size_t share = (size_t)ceil((double)*count / (double)total * (double)room);

		drop(cut_ready ? subsets[i].addresses : subsets[i].not_ready_addresses, count,
		     MIN(share, left));
		left -= *count;
		if (cut_ready) {
			drop(subsets[i].not_ready_addresses, &subsets[i].n_not_ready_addresses, 0);
		}
	}
	return true;
}

struct endpoint_subset *endpoint_subsets_of(const struct service *service,
                                            const struct endpoint_pod *pods, size_t n,
                                            size_t *n_subsets, bool *truncated)
{
	const char *address_type = service_address_type(service);
	g_autoptr(GArray) offers = offers_of(service, pods, n, address_type);
	struct endpoint_subset *subsets = g_new0(struct endpoint_subset, offers->len + 1);

	*n_subsets = 0;
	for (unsigned i = 0; i < offers->len; i++) {
		struct offer *first = &g_array_index(offers, struct offer, i);
		struct endpoint_subset *subset = &subsets[*n_subsets];

		if (first->in_subset) {
			continue;
		}
		subset->ports = g_new0(struct endpoint_port, offers->len - i + 1);
		for (unsigned k = i; k < offers->len; k++) {
			struct offer *offer = &g_array_index(offers, struct offer, k);

			if (offer->in_subset || !same_pods(first, offer)) {
				continue;
			}
			offer->in_subset = true;
			if (!offer->no_port) {
				subset->ports[subset->n_ports] = offer->port;
				subset->ports[subset->n_ports++].name = g_strdup(offer->port.name);
			}
		}
		fill_subset(subset, service, pods, first->pods, address_type);
		(*n_subsets)++;
	}
	*truncated = truncate_subsets(subsets, *n_subsets);
	return subsets;
}

static struct endpoint *copies(const struct endpoint *const *addresses, size_t n)
{
	struct endpoint *copy = g_new0(struct endpoint, n + 1);

	for (size_t i = 0; i < n; i++) {
		endpoint_copy(&copy[i], addresses[i]);
	}
	return copy;
}

/* Each port once, in order. */
static void sort_ports(struct endpoint_subset *subset, const struct endpoint_port *ports,
                       size_t n_ports)
{
	g_autoptr(GArray) offers = g_array_new(FALSE, TRUE, sizeof(struct offer));

	g_array_set_clear_func(offers, offer_clear);
	for (size_t i = 0; i < n_ports; i++) {
		offer_add(offers, &ports[i], 0);
	}
	g_array_sort(offers, compare_offers);
	subset->ports = g_new0(struct endpoint_port, offers->len + 1);
	for (unsigned i = 0; i < offers->len; i++) {
		struct endpoint_port *port = &subset->ports[subset->n_ports++];

		*port = g_array_index(offers, struct offer, i).port;
		port->name = g_strdup(port->name);
	}
}

struct endpoint_subset *endpoint_subsets_alike(const struct service *service,
                                               const struct endpoint_port *ports, size_t n_ports,
                                               const struct endpoint_addresses *addresses,
                                               size_t *n_subsets, bool *truncated)
{
	struct endpoint_subset *subset = g_new0(struct endpoint_subset, 2);
	size_t all = addresses->n_ready + addresses->n_not_ready;
	bool portless = service->n_ports == 0 && service_is_headless(service);

	*n_subsets = all > 0 && (n_ports > 0 || portless) ? 1 : 0;
	*truncated = *n_subsets > 0 && all > ENDPOINTS_MOST_ADDRESSES;
	if (*n_subsets == 0) {
		return subset;
	}
	subset->n_addresses = MIN(addresses->n_ready, ENDPOINTS_MOST_ADDRESSES);
	subset->n_not_ready_addresses =
	    MIN(addresses->n_not_ready, ENDPOINTS_MOST_ADDRESSES - subset->n_addresses);
	subset->addresses = copies(addresses->ready, subset->n_addresses);
	subset->not_ready_addresses = copies(addresses->not_ready, subset->n_not_ready_addresses);
	sort_ports(subset, ports, n_ports);
	return subset;
}

void endpoint_subsets_free(struct endpoint_subset *subsets, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		drop(subsets[i].addresses, &subsets[i].n_addresses, 0);
		drop(subsets[i].not_ready_addresses, &subsets[i].n_not_ready_addresses, 0);
		g_free(subsets[i].addresses);
		g_free(subsets[i].not_ready_addresses);
		endpoint_ports_free(subsets[i].ports, subsets[i].n_ports);
	}
	g_free(subsets);
}

static bool same_addresses(const struct endpoint *a, size_t n_a, const struct endpoint *b,
                           size_t n_b)
{
	bool same = n_a == n_b;

	for (size_t i = 0; same && i < n_a; i++) {
		same = g_strcmp0(a[i].address, b[i].address) == 0 &&
		       g_strcmp0(a[i].pod_uid, b[i].pod_uid) == 0 &&
		       g_strcmp0(a[i].pod_name, b[i].pod_name) == 0 &&
		       g_strcmp0(a[i].node_name, b[i].node_name) == 0 &&
		       g_strcmp0(a[i].hostname, b[i].hostname) == 0;
	}
	return same;
}

bool endpoint_subsets_equal(const struct endpoint_subset *a, size_t n_a,
                            const struct endpoint_subset *b, size_t n_b)
{
	bool equal = n_a == n_b;

	for (size_t i = 0; equal && i < n_a; i++) {
		equal = same_addresses(a[i].addresses, a[i].n_addresses, b[i].addresses,
		                       b[i].n_addresses) &&
		        same_addresses(a[i].not_ready_addresses, a[i].n_not_ready_addresses,
		                       b[i].not_ready_addresses, b[i].n_not_ready_addresses) &&
		        endpoint_ports_equal(a[i].ports, a[i].n_ports, b[i].ports, b[i].n_ports);
	}
	return equal;
}

struct string_map *endpoints_labels(const struct service *service)
{
	bool has_ip = service->cluster_ip && !service_is_headless(service);

	return string_map_with(service->object.meta.labels, HEADLESS_LABEL, has_ip ? NULL : "");
}
