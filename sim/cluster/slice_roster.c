/* slice_roster.c - members, loose ones, and settled slices. */

#include "cluster/slice_roster.h"

struct member { /* a pod that belongs among the endpoints */
	const struct object *pod;
	uint64_t number;
	const struct object *home;      /* the settled slice that it stands in; NULL: is loose */
	struct member *previous, *next; /* among the loose ones */
};

struct slice_roster {
	const struct object *service;
	GHashTable *members; /* name of the pod -> struct member * */
	GHashTable *settled; /* const struct object * as a set of references */
	struct member *loose;
	unsigned n_loose;
};

/* --- life --- */

static void member_free(void *data)
{
	struct member *member = data;

	object_unref(member->pod);
	g_free(member);
}

static void release_object(void *object)
{
	object_unref(object);
}

struct slice_roster *slice_roster_new(const struct object *service)
{
	struct slice_roster *roster = g_new0(struct slice_roster, 1);

	roster->service = object_ref(service);
	roster->members = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, member_free);
	roster->settled = g_hash_table_new_full(NULL, NULL, release_object, NULL);
	return roster;
}

void slice_roster_free(struct slice_roster *roster)
{
	if (roster) {
		g_hash_table_unref(roster->members);
		g_hash_table_unref(roster->settled);
		object_unref(roster->service);
		g_free(roster);
	}
}

bool slice_roster_is_of(const struct slice_roster *roster, const struct object *service)
{
	return roster->service == service;
}

/* --- loose and settled --- */

static void loosen(struct slice_roster *roster, struct member *member)
{
	member->home = NULL;
	member->previous = NULL;
	member->next = roster->loose;
	if (roster->loose) {
		roster->loose->previous = member;
	}
	roster->loose = member;
	roster->n_loose++;
}

static void fasten(struct slice_roster *roster, struct member *member, const struct object *home)
{
	*(member->previous ? &member->previous->next : &roster->loose) = member->next;
	if (member->next) {
		member->next->previous = member->previous;
	}
	member->home = home;
	roster->n_loose--;
}

void slice_roster_lose_slice(struct slice_roster *roster, const struct object *slice)
{
	const struct endpoint_slice *content = ENDPOINT_SLICE(slice);

	if (!g_hash_table_contains(roster->settled, slice)) {
		return;
	}
	for (size_t i = 0; i < content->n_endpoints; i++) {
		const char *name = content->endpoints[i].pod_name;
		struct member *member = g_hash_table_lookup(roster->members, name);

		if (member && member->home == slice) {
			loosen(roster, member);
		}
	}
	g_hash_table_remove(roster->settled, slice);
}

/* Whether all endpoints of @slice are those of loose pods. */
static bool can_settle(const struct slice_roster *roster, const struct endpoint_slice *slice)
{
	for (size_t i = 0; i < slice->n_endpoints; i++) {
		const char *name = slice->endpoints[i].pod_name;
		const struct member *member =
		    name ? g_hash_table_lookup(roster->members, name) : NULL;

		if (!member || member->home) {
			return false;
		}
	}
	return slice->n_endpoints > 0;
}

void slice_roster_settle(struct slice_roster *roster, const struct slice_plan *plan)
{
	for (unsigned i = 0; i < plan->slices->len; i++) {
		const struct planned_slice *planned = plan->slices->pdata[i];
		const struct endpoint_slice *slice = planned->existing;

		/* Without a list of endpoints it is settled already. */
		if (!planned->settled || !planned->endpoints || !can_settle(roster, slice)) {
			continue;
		}
		for (size_t k = 0; k < slice->n_endpoints; k++) {
			fasten(roster,
			       g_hash_table_lookup(roster->members, slice->endpoints[k].pod_name),
			       &slice->object);
		}
		g_hash_table_add(roster->settled, object_ref(&slice->object));
	}
}

bool *slice_roster_settled(const struct slice_roster *roster, const GPtrArray *slices,
                           bool *complete)
{
	unsigned n = g_hash_table_size(roster->settled), found = 0;
	bool *settled = n > 0 ? g_new0(bool, slices->len) : NULL;

	for (unsigned i = 0; settled && i < slices->len; i++) {
		settled[i] = g_hash_table_contains(roster->settled, slices->pdata[i]);
		found += settled[i];
	}
	*complete = found == n;
	return settled;
}

/* --- pods --- */

/* Whether the endpoints of two versions of a pod are the same. */
static bool look_alike(const struct object *a, const struct object *b)
{
	const struct pod *left = POD(a), *right = POD(b);

	return a->meta.labels == b->meta.labels && a->meta.uid == b->meta.uid &&
	       left->spec == right->spec && g_strcmp0(left->pod_ip, right->pod_ip) == 0 &&
	       g_strcmp0(left->node_name, right->node_name) == 0 &&
	       pod_is_terminating(left) == pod_is_terminating(right) &&
	       pod_is_ready(left) == pod_is_ready(right);
}

static bool is_included(const struct slice_roster *roster, const struct object *pod)
{
	const struct endpoint_pod looks = endpoint_pod_of(POD(pod));

	return service_selects(SERVICE(roster->service), looks.namespace, looks.labels) &&
	       endpoints_include_pod(&looks, true);
}

static void add_member(struct slice_roster *roster, const struct object *pod, uint64_t number)
{
	struct member *member = g_new0(struct member, 1);

	member->pod = object_ref(pod);
	member->number = number;
	g_hash_table_insert(roster->members, g_strdup(pod->meta.name), member);
	loosen(roster, member);
}

static void unsettle(struct slice_roster *roster, const struct member *member)
{
	if (member->home) {
		slice_roster_lose_slice(roster, member->home);
	}
}

void slice_roster_see_pod(struct slice_roster *roster, enum change change,
                          const struct object *object, uint64_t number)
{
	if (g_strcmp0(object->meta.namespace, roster->service->meta.namespace) != 0) {
		return;
	}
	struct member *member = g_hash_table_lookup(roster->members, object->meta.name);
	bool included = change != CHANGE_DELETED && is_included(roster, object);

	if (member && included) {
		const struct object *before = member->pod;

		if (!look_alike(before, object)) {
			unsettle(roster, member);
		}
		member->pod = object_ref(object);
		object_unref(before);
	} else if (member) {
		unsettle(roster, member);
		fasten(roster, member, NULL);
		g_hash_table_remove(roster->members, object->meta.name);
	} else if (included) {
		add_member(roster, object, number);
	}
}

static int by_number(const void *a, const void *b)
{
	const struct member *left = *(struct member *const *)a, *right = *(struct member *const *)b;

	return (left->number > right->number) - (left->number < right->number);
}

GArray *slice_roster_loose_pods(struct slice_roster *roster)
{
	GArray *pods = g_array_new(FALSE, FALSE, sizeof(struct endpoint_pod));
	g_autoptr(GPtrArray) loose = g_ptr_array_sized_new(roster->n_loose + 1);

	for (struct member *member = roster->loose; member; member = member->next) {
		g_ptr_array_add(loose, member);
	}
	g_ptr_array_sort(loose, by_number);
	for (unsigned i = 0; i < loose->len; i++) {
		const struct member *member = loose->pdata[i];
		struct endpoint_pod pod = endpoint_pod_of(POD(member->pod));

		g_array_append_val(pods, pod);
	}
	return pods;
}
