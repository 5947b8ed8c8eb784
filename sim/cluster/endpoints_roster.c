/* endpoints_roster.c - pods in order of address. */

#include "cluster/endpoints_roster.h"

#include <string.h>

struct member { /* a pod that belongs among the addresses */
	const struct object *pod;
	struct endpoint endpoint;
	struct kind *kind;
	GSequenceIter *place; /* among the ready or the others */
};

struct kind { /* pods with the same spec */
	struct pod_spec *spec;
	struct endpoint_port *ports;
	size_t n_ports;
	unsigned n;
};

struct endpoints_roster {
	const struct object *service;
	GHashTable *members;          /* name of the pod -> struct member * */
	GSequence *ready, *not_ready; /* struct member *, in string order of address */
	GPtrArray *kinds;             /* struct kind * of which there are pods */
};

/* --- life --- */

static void kind_free(void *data)
{
	struct kind *kind = data;

	endpoint_ports_free(kind->ports, kind->n_ports);
	pod_spec_unref(kind->spec);
	g_free(kind);
}

static void member_free(void *data)
{
	struct member *member = data;

	endpoint_clear(&member->endpoint);
	object_unref(member->pod);
	g_free(member);
}

struct endpoints_roster *endpoints_roster_new(const struct object *service)
{
	struct endpoints_roster *roster = g_new0(struct endpoints_roster, 1);

	roster->service = object_ref(service);
	roster->members = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, member_free);
	roster->ready = g_sequence_new(NULL);
	roster->not_ready = g_sequence_new(NULL);
	roster->kinds = g_ptr_array_new_with_free_func(kind_free);
	return roster;
}

void endpoints_roster_free(struct endpoints_roster *roster)
{
	if (roster) {
		g_sequence_free(roster->ready);
		g_sequence_free(roster->not_ready);
		g_hash_table_unref(roster->members);
		g_ptr_array_unref(roster->kinds);
		object_unref(roster->service);
		g_free(roster);
	}
}

bool endpoints_roster_is_of(const struct endpoints_roster *roster, const struct object *service)
{
	return roster->service == service;
}

/* --- pods --- */

static struct kind *kind_of(struct endpoints_roster *roster, struct pod_spec *spec)
{
	struct kind *kind;

	for (unsigned i = 0; i < roster->kinds->len; i++) {
		kind = roster->kinds->pdata[i];
		if (kind->spec == spec) {
			return kind;
		}
	}
	kind = g_new0(struct kind, 1);
	kind->spec = pod_spec_ref(spec);
	kind->ports = endpoint_ports_of(SERVICE(roster->service), spec, &kind->n_ports);
	g_ptr_array_add(roster->kinds, kind);
	return kind;
}

static int by_address(const void *a, const void *b, void *data)
{
	const struct member *left = a, *right = b;

	return endpoint_address_compare(&left->endpoint, &right->endpoint);
}

static void add_member(struct endpoints_roster *roster, const struct object *pod)
{
	const struct service *service = SERVICE(roster->service);
	const struct endpoint_pod looks = endpoint_pod_of(POD(pod));
	bool ready = service->publish_not_ready_addresses || looks.ready;
	struct member *member = g_new0(struct member, 1);

	member->pod = object_ref(pod);
	if (!endpoint_of_pod(&member->endpoint, &looks, NULL, service,
	                     service_address_type(service))) {
		member_free(member);
		return;
	}
	member->kind = kind_of(roster, POD(pod)->spec);
	member->kind->n++;
	member->place = g_sequence_insert_sorted(ready ? roster->ready : roster->not_ready, member,
	                                         by_address, NULL);
	g_hash_table_insert(roster->members, g_strdup(pod->meta.name), member);
}

static void remove_member(struct endpoints_roster *roster, struct member *member)
{
	g_sequence_remove(member->place);
	if (--member->kind->n == 0) {
		g_ptr_array_remove(roster->kinds, member->kind);
	}
	g_hash_table_remove(roster->members, member->pod->meta.name);
}

/* Whether two versions of a pod have the same address, and that among the same ones. */
static bool look_alike(const struct object *a, const struct object *b)
{
	const struct pod *left = POD(a), *right = POD(b);

	return a->meta.uid == b->meta.uid && left->spec == right->spec &&
	       g_strcmp0(left->pod_ip, right->pod_ip) == 0 &&
	       g_strcmp0(left->node_name, right->node_name) == 0 &&
	       pod_is_ready(left) == pod_is_ready(right);
}

static bool is_included(const struct endpoints_roster *roster, const struct object *pod)
{
	const struct service *service = SERVICE(roster->service);
	const struct endpoint_pod looks = endpoint_pod_of(POD(pod));

	return service_selects(service, looks.namespace, looks.labels) &&
	       endpoints_include_pod(&looks, service->publish_not_ready_addresses);
}

void endpoints_roster_see_pod(struct endpoints_roster *roster, enum change change,
                              const struct object *object)
{
	if (g_strcmp0(object->meta.namespace, roster->service->meta.namespace) != 0) {
		return;
	}
	struct member *member = g_hash_table_lookup(roster->members, object->meta.name);
	bool included = change != CHANGE_DELETED && is_included(roster, object);

	if (member && included && look_alike(member->pod, object)) {
		return;
	}
	if (member) {
		remove_member(roster, member);
	}
	if (included) {
		add_member(roster, object);
	}
}

/* --- subsets --- */

/* Up to @most endpoints in order, borrowed. */
static GPtrArray *first_endpoints(GSequence *members, size_t most)
{
	GPtrArray *list = g_ptr_array_sized_new((unsigned)most);
	GSequenceIter *iter = g_sequence_get_begin_iter(members);

	for (; list->len < most && !g_sequence_iter_is_end(iter);
	     iter = g_sequence_iter_next(iter)) {
		struct member *member = g_sequence_get(iter);

		g_ptr_array_add(list, &member->endpoint);
	}
	return list;
}

bool endpoints_roster_subsets(const struct endpoints_roster *roster,
                              struct endpoint_subset **subsets, size_t *n_subsets, bool *truncated)
{
	const struct kind *first = roster->kinds->len ? roster->kinds->pdata[0] : NULL;

	for (unsigned i = 1; i < roster->kinds->len; i++) {
		const struct kind *other = roster->kinds->pdata[i];

		if (!endpoint_ports_equal(first->ports, first->n_ports, other->ports,
		                          other->n_ports)) {
			return false;
		}
	}
	g_autoptr(GPtrArray) ready = first_endpoints(roster->ready, ENDPOINTS_MOST_ADDRESSES);
	g_autoptr(GPtrArray) others = first_endpoints(roster->not_ready, ENDPOINTS_MOST_ADDRESSES);
	const struct endpoint_addresses addresses = {
	    .ready = (const struct endpoint *const *)ready->pdata,
	    .not_ready = (const struct endpoint *const *)others->pdata,
	    .n_ready = (size_t)g_sequence_get_length(roster->ready),
	    .n_not_ready = (size_t)g_sequence_get_length(roster->not_ready),
	};

	*subsets =
	    endpoint_subsets_alike(SERVICE(roster->service), first ? first->ports : NULL,
	                           first ? first->n_ports : 0, &addresses, n_subsets, truncated);
	return true;
}
