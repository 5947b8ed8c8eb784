/* rosters.c - what controllers keep as pods change must be what a look at all pods would find. */

#include "cluster/endpoints_roster.h"
#include "cluster/pod_tally.h"
#include "cluster/slice_roster.h"
#include "engine/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { PODS = 40, STEPS = 4000, MOST_ENDPOINTS = 5 };

struct fixture {
	struct release release;
	struct random_stream chance;
	uint64_t draws;
	struct object *service;
	struct string_map *labels, *others;
	struct pod_spec *specs[2]; /* the named port is another one in the second */
	struct object *pods[PODS]; /* NULL: none at present */
	uint64_t numbers[PODS];    /* their order of creation */
	uint64_t created;
	GPtrArray *slices; /* struct object * */
	uint64_t made;     /* slices and versions of them */
};

static unsigned below(struct fixture *f, unsigned n)
{
	return random_below(&f->chance, 1, f->draws++, n);
}

static struct pod_spec *spec_with_port(int number)
{
	struct pod_spec *spec = g_new0(struct pod_spec, 1);

	spec->refs = 1;
	spec->n_containers = 1;
	spec->containers = g_new0(struct container, 1);
	spec->containers[0].name = g_strdup("web");
	spec->containers[0].n_ports = 1;
	spec->containers[0].ports = g_new0(struct container_port, 1);
	spec->containers[0].ports[0] =
	    (struct container_port){g_strdup("http"), number, g_intern_string("TCP")};
	return spec;
}

static void release_object(void *object)
{
	object_unref(object);
}

static int set_up(void **state)
{
	struct fixture *f = g_new0(struct fixture, 1);
	struct service *service = SERVICE(object_new(KIND_SERVICE));

	assert_true(release_init(&f->release, "1.34", NULL));
	f->chance = random_stream_of(7, RANDOM_SETTING);
	f->labels = string_map_with(NULL, "app", "web");
	f->others = string_map_with(NULL, "app", "other");
	f->specs[0] = spec_with_port(8080);
	f->specs[1] = spec_with_port(8081);
	f->slices = g_ptr_array_new_with_free_func(release_object);
	f->service = &service->object;
	ref_string_set(&service->object.meta.name, "web");
	ref_string_set(&service->object.meta.namespace, "default");
	ref_string_set(&service->object.meta.uid, "service");
	service->selector = string_map_ref(f->labels);
	service->type = "ClusterIP";
	service->cluster_ip = g_strdup("10.96.0.10");
	service->n_ports = 1;
	service->ports = g_new0(struct service_port, 1);
	service->ports[0] = (struct service_port){
	    .port = 80, .target_port = {.name = g_strdup("http")}, .protocol = "TCP"};
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	for (unsigned i = 0; i < PODS; i++) {
		object_unref(f->pods[i]);
	}
	g_ptr_array_unref(f->slices);
	object_unref(f->service);
	pod_spec_unref(f->specs[0]);
	pod_spec_unref(f->specs[1]);
	string_map_unref(f->labels);
	string_map_unref(f->others);
	g_free(f);
	return 0;
}

/* --- pods come, change and go --- */

static struct object *fresh_pod(struct fixture *f, unsigned place, bool mixed)
{
	struct pod *pod = POD(object_new(KIND_POD));
	struct object_meta *meta = &pod->object.meta;
	g_autofree char *name = g_strdup_printf("web-%" G_GUINT64_FORMAT, f->created);
	g_autofree char *owner = g_strdup_printf("owner-%u", place % 2);

	ref_string_set(&meta->name, name);
	ref_string_set(&meta->namespace, "default");
	ref_string_set(&meta->uid, name);
	meta->owner.kind = KIND_REPLICA_SET;
	ref_string_set(&meta->owner.uid, owner);
	meta->labels = string_map_ref(f->labels);
	pod->spec = pod_spec_ref(f->specs[mixed ? below(f, 2) : 0]);
	pod->containers = g_new0(struct container_status, 1);
	pod->init_containers = g_new0(struct container_status, 1);
	pod->phase = POD_PENDING;
	f->numbers[place] = ++f->created;
	return &pod->object;
}

static void change(struct fixture *f, struct object *object)
{
	struct pod *pod = POD(object);
	bool ready = pod_is_ready(pod);

	switch (below(f, 8)) {
	case 0: {
		g_autofree char *ip = g_strdup_printf("10.0.%u.%u", below(f, 250), below(f, 250));

		ref_string_set(&pod->pod_ip, ip);
		ref_string_set(&pod->node_name, below(f, 10) ? "node-1" : "nowhere");
		break;
	}
	case 1:
		object->meta.deletion_time = SIM_SECOND;
		break;
	case 2:
		pod->phase = POD_RUNNING;
		break;
	case 3:
		pod->phase = below(f, 4) ? POD_RUNNING : POD_FAILED;
		break;
	case 4:
		string_map_unref(object->meta.labels);
		object->meta.labels = string_map_ref(below(f, 4) ? f->labels : f->others);
		break;
	default:
		conditions_set(&pod->conditions, "Ready", ready ? CONDITION_FALSE : CONDITION_TRUE,
		               NULL, NULL, SIM_SECOND);
		break;
	}
}

struct news { /* as a watch tells it */
	enum change change;
	struct object *old, *object;
	uint64_t number;
};

/* One pod comes, changes or goes. */
static struct news step(struct fixture *f, bool mixed)
{
	unsigned place = below(f, PODS);
	struct news news = {.old = f->pods[place]};

	if (!news.old) {
		news.change = CHANGE_ADDED;
		news.object = fresh_pod(f, place, mixed);
	} else if (below(f, 12) == 0) {
		news.change = CHANGE_DELETED;
		news.object = object_ref(news.old);
	} else {
		news.change = CHANGE_MODIFIED;
		news.object = object_revise(news.old);
		change(f, news.object);
	}
	news.number = f->numbers[place];
	f->pods[place] = news.change == CHANGE_DELETED ? NULL : object_ref(news.object);
	return news;
}

static void news_clear(const struct news *news)
{
	object_unref(news->old);
	object_unref(news->object);
}

static GArray *all_pods(struct fixture *f)
{
	GArray *pods = g_array_new(FALSE, FALSE, sizeof(struct endpoint_pod));

	for (uint64_t number = 1; number <= f->created; number++) {
		for (unsigned i = 0; i < PODS; i++) {
			if (f->pods[i] && f->numbers[i] == number) {
				struct endpoint_pod pod = endpoint_pod_of(POD(f->pods[i]));

				g_array_append_val(pods, pod);
			}
		}
	}
	return pods;
}

/* --- slices --- */

static bool find_node(void *data, const char *name, const struct string_map **labels)
{
	*labels = NULL;
	return !g_str_equal(name, "nowhere");
}

static struct slice_plan *plan_of(struct fixture *f, const GArray *pods, const bool *settled)
{
	const struct slice_request request = {
	    .service = SERVICE(f->service),
	    .pods = (const struct endpoint_pod *)pods->data,
	    .n_pods = pods->len,
	    .existing = (const struct endpoint_slice *const *)f->slices->pdata,
	    .n_existing = f->slices->len,
	    .settled = settled,
	    .max_endpoints = MOST_ENDPOINTS,
	    .release = &f->release,
	    .node = find_node,
	};

	return slice_plan_new(&request);
}

/* Where all that is settled stays so, its list is that of the slice there is. */
static const struct endpoint *endpoints_of(const struct planned_slice *planned, size_t *n)
{
	*n = planned->endpoints ? planned->endpoints->len : planned->existing->n_endpoints;
	return planned->endpoints ? (const struct endpoint *)planned->endpoints->data
	                          : planned->existing->endpoints;
}

static void assert_same_plan(const struct slice_plan *a, const struct slice_plan *b)
{
	assert_int_equal(a->retry, b->retry);
	assert_int_equal(a->slices->len, b->slices->len);
	for (unsigned i = 0; i < a->slices->len; i++) {
		const struct planned_slice *left = a->slices->pdata[i],
					   *right = b->slices->pdata[i];
		size_t n, m;
		const struct endpoint *one = endpoints_of(left, &n);
		const struct endpoint *other = endpoints_of(right, &m);

		assert_int_equal(left->action, right->action);
		assert_ptr_equal(left->existing, right->existing);
		if (left->action == SLICE_UPDATE) {
			assert_int_equal(left->content_changed, right->content_changed);
		}
		assert_int_equal(n, m);
		for (size_t k = 0; k < n && left->action != SLICE_DELETE; k++) {
			assert_true(endpoint_equal(&one[k], &other[k]));
		}
	}
}

static struct object *slice_as_planned(struct fixture *f, const struct planned_slice *planned)
{
	struct endpoint_slice *slice = ENDPOINT_SLICE(object_new(KIND_ENDPOINT_SLICE));
	g_autofree char *name = g_strdup_printf("slice-%" G_GUINT64_FORMAT, ++f->made);
	size_t n;
	const struct endpoint *endpoints = endpoints_of(planned, &n);

	ref_string_set(&slice->object.meta.name, name);
	ref_string_set(&slice->object.meta.uid, name);
	slice->object.meta.owner.kind = KIND_SERVICE;
	ref_string_set(&slice->object.meta.owner.uid, "service");
	slice->object.meta.labels = slice_labels(SERVICE(f->service));
	slice->address_type = planned->address_type;
	slice->ports = endpoint_ports_copy(planned->ports, planned->n_ports);
	slice->n_ports = planned->n_ports;
	slice->n_endpoints = n;
	slice->endpoints = g_new0(struct endpoint, n + 1);
	for (size_t i = 0; i < n; i++) {
		endpoint_copy(&slice->endpoints[i], &endpoints[i]);
	}
	return &slice->object;
}

/* Carries @plan out, as the controller would see it some time later. */
static void carry_out(struct fixture *f, const struct slice_plan *plan, struct slice_roster *roster)
{
	GPtrArray *after = g_ptr_array_new_with_free_func(release_object);

	for (unsigned i = 0; i < plan->slices->len; i++) {
		const struct planned_slice *planned = plan->slices->pdata[i];

		if (planned->action == SLICE_KEEP) {
			g_ptr_array_add(after, object_ref(&planned->existing->object));
		} else if (planned->existing) {
			slice_roster_lose_slice(roster, &planned->existing->object);
		}
		if (planned->action == SLICE_CREATE || planned->action == SLICE_UPDATE) {
			g_ptr_array_add(after, slice_as_planned(f, planned));
		}
	}
	g_ptr_array_unref(f->slices);
	f->slices = after;
}

/* The slices with settled ones left alone must be planned as they are with all pods. The number of
 * pods that were left alone is added to *@spared. */
static void compare_plans(struct fixture *f, struct slice_roster *roster, unsigned *spared)
{
	g_autoptr(GArray) all = all_pods(f), loose = slice_roster_loose_pods(roster);
	bool complete;
	g_autofree bool *settled = slice_roster_settled(roster, f->slices, &complete);
	struct slice_plan *wanted = plan_of(f, all, NULL);
	struct slice_plan *plan = plan_of(f, loose, settled);

	assert_true(complete);
	if (plan->mixed && settled) { /* the controller would begin anew */
		slice_plan_free(plan);
		for (unsigned i = 0; i < f->slices->len; i++) {
			slice_roster_lose_slice(roster, f->slices->pdata[i]);
		}
		g_autoptr(GArray) again = slice_roster_loose_pods(roster);

		plan = plan_of(f, again, NULL);
	}
	assert_same_plan(plan, wanted);
	*spared += all->len - loose->len;
	if (!plan->mixed) {
		slice_roster_settle(roster, plan);
	}
	carry_out(f, wanted, roster);
	slice_plan_free(plan);
	slice_plan_free(wanted);
}

/* Of 500 steps those from the @from-th on make pods that may differ in their ports. */
static unsigned run_slices(struct fixture *f, unsigned from)
{
	struct slice_roster *roster = slice_roster_new(f->service);
	unsigned spared = 0;

	for (unsigned i = 0; i < STEPS; i++) {
		const struct news news = step(f, i % 500 >= from);

		slice_roster_see_pod(roster, news.change, news.object, news.number);
		news_clear(&news);
		if (below(f, 3) == 0) {
			compare_plans(f, roster, &spared);
		}
	}
	slice_roster_free(roster);
	return spared;
}

static void test_slices_planned_by_loose_pods_are_those_planned_by_all_pods(void **state)
{
	assert_true(run_slices(*state, 500) > STEPS); /* else nothing was put to the test */
}

static void test_so_they_are_when_pods_differ_in_their_ports(void **state)
{
	run_slices(*state, 450);
}

/* --- the old Endpoints object --- */

static void run_endpoints(struct fixture *f, bool mixed, unsigned *alike)
{
	struct endpoints_roster *roster = endpoints_roster_new(f->service);

	for (unsigned i = 0; i < STEPS; i++) {
		const struct news news = step(f, mixed);
		struct endpoint_subset *subsets = NULL;
		size_t n = 0, m;
		bool truncated, cut;

		endpoints_roster_see_pod(roster, news.change, news.object);
		news_clear(&news);
		if (!endpoints_roster_subsets(roster, &subsets, &n, &truncated)) {
			continue;
		}
		g_autoptr(GArray) all = all_pods(f);
		struct endpoint_subset *wanted =
		    endpoint_subsets_of(SERVICE(f->service), (const struct endpoint_pod *)all->data,
		                        all->len, &m, &cut);

		assert_true(endpoint_subsets_equal(subsets, n, wanted, m));
		assert_int_equal(truncated, cut);
		endpoint_subsets_free(subsets, n);
		endpoint_subsets_free(wanted, m);
		(*alike)++;
	}
	endpoints_roster_free(roster);
}

static void test_addresses_kept_in_order_are_those_of_all_pods(void **state)
{
	unsigned alike = 0;

	run_endpoints(*state, false, &alike);
	assert_int_equal(alike, STEPS);
}

static void test_pods_that_differ_in_their_ports_are_not_taken_for_alike(void **state)
{
	unsigned alike = 0;

	run_endpoints(*state, true, &alike);
	assert_true(alike < STEPS / 2);
}

/* --- tallies --- */

static void test_pods_counted_as_they_change_are_those_there_are(void **state)
{
	struct fixture *f = *state;
	struct pod_tallies *tallies = pod_tallies_new();

	for (unsigned i = 0; i < STEPS; i++) {
		const struct news news = step(f, false);
		unsigned active = 0, ready = 0;

		pod_tallies_see(tallies, news.change, news.old, news.object);
		news_clear(&news);
		for (unsigned k = 0; k < PODS; k += 2) { /* those of owner-0 */
			const struct pod *pod = POD(f->pods[k]);

			active += pod && pod_is_active(pod);
			ready += pod && pod_is_active(pod) && pod_is_ready(pod);
		}
		assert_int_equal(pod_tallies_of(tallies, "owner-0")->active, active);
		assert_int_equal(pod_tallies_of(tallies, "owner-0")->ready, ready);
	}
	assert_int_equal(pod_tallies_of(tallies, "nobody")->active, 0);
	pod_tallies_free(tallies);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    TEST(test_slices_planned_by_loose_pods_are_those_planned_by_all_pods),
	    TEST(test_so_they_are_when_pods_differ_in_their_ports),
	    TEST(test_addresses_kept_in_order_are_those_of_all_pods),
	    TEST(test_pods_that_differ_in_their_ports_are_not_taken_for_alike),
	    TEST(test_pods_counted_as_they_change_are_those_there_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
