/* endpoints.c - from a pod's condition to a node's proxy table: the controllers of EndpointSlices
 * and Endpoints and kube-proxy, against the store. */

#include "cluster/endpoint_slice_controller.h"
#include "cluster/endpoints_controller.h"
#include "cluster/kube_proxy.h"
#include "engine/random.h"
#include "rules/endpoints_print.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define MS SIM_MILLISECOND
#define START (10 * SIM_SECOND) /* by then everything has settled */
#define PORT 80

struct fixture {
	struct simulation *sim;
	struct store *store;
	struct trace trace;
	struct release release;
	struct cluster_environment environment;
	struct network *network;
	struct proxy_table *tables[2];
	struct kube_proxy *proxies[2];
	struct endpoint_slice_controller *slices;
	struct endpoints_controller *endpoints;
	struct pod_template template;
	GString *told; /* trace of endpoints: "node-1 web: a,b;" */
};

static void hear(void *self, const struct endpoints_trace *t)
{
	struct fixture *f = self;

	g_string_append_printf(f->told, "%s %s:", t->node, t->service);
	for (size_t i = 0; i < t->n_pods; i++) {
		g_string_append_printf(f->told, " %s", t->pods[i]);
	}
	g_string_append_c(f->told, ';');
}

static void create(struct fixture *f, struct object *object)
{
	assert_true(store_create(f->store, object, NULL));
	object_unref(object);
}

static void add_node(struct fixture *f, const char *name)
{
	struct object *node = object_new(KIND_NODE);

	ref_string_set(&node->meta.name, name);
	create(f, node);
}

static struct service *service_new(struct fixture *f)
{
	struct service *service = (struct service *)object_new(KIND_SERVICE);

	ref_string_set(&service->object.meta.name, "web");
	ref_string_set(&service->object.meta.namespace, "default");
	service->selector = string_map_ref(f->template.labels);
	service->type = "ClusterIP";
	service->cluster_ip = g_strdup("10.96.0.10");
	service->n_ports = 1;
	service->ports = g_new0(struct service_port, 1);
	service->ports[0] =
	    (struct service_port){.port = PORT, .target_port = {.number = 8080}, .protocol = "TCP"};
	return service;
}

static int set_up(void **state)
{
	struct fixture *f = g_new0(struct fixture, 1);

	f->sim = simulation_new(0, 1);
	f->store = store_new(f->sim);
	f->told = g_string_new(NULL);
	f->trace = (struct trace){.self = f, .endpoints = hear};
	assert_true(release_init(&f->release, "1.34", NULL));
	f->environment = (struct cluster_environment){.sim = f->sim,
	                                              .store = f->store,
	                                              .trace = &f->trace,
	                                              .release = &f->release,
	                                              .watch_delay = 20 * MS,
	                                              .controller_delay = 20 * MS,
	                                              .proxy_sync = 100 * MS};
	f->network = network_new();
	f->template.labels = string_map_with(NULL, "app", "web");
	f->template.spec = g_new0(struct pod_spec, 1);
	f->template.spec->refs = 1;
	f->template.spec->termination_grace_period_seconds = 30;
	add_node(f, "node-1");
	add_node(f, "node-2");
	*state = f;
	return 0;
}

/* Starts the actors: one proxy on each of two nodes. */
static void start(struct fixture *f, bool ipvs, sim_time batch_period)
{
	static const char *const nodes[] = {"node-1", "node-2"};

	for (unsigned i = 0; i < 2; i++) {
		const struct kube_proxy_settings settings = {nodes[i], ipvs, ipvs ? 0 : SIM_SECOND,
		                                             30 * SIM_SECOND};

		f->tables[i] = proxy_table_new();
		f->proxies[i] =
		    kube_proxy_new(&f->environment, &settings, f->network, f->tables[i]);
	}
	f->slices = endpoint_slice_controller_new(&f->environment, batch_period, 100);
	f->endpoints = endpoints_controller_new(&f->environment);
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	for (unsigned i = 0; i < 2; i++) {
		kube_proxy_free(f->proxies[i]);
		proxy_table_free(f->tables[i]);
	}
	endpoint_slice_controller_free(f->slices);
	endpoints_controller_free(f->endpoints);
	network_free(f->network);
	store_free(f->store);
	simulation_free(f->sim);
	string_map_unref(f->template.labels);
	pod_spec_unref(f->template.spec);
	g_string_free(f->told, TRUE);
	g_free(f);
	return 0;
}

static void run_until(struct fixture *f, sim_time until)
{
	assert_true(simulation_run_until(f->sim, until, NULL));
}

static void write_ready(struct fixture *f, struct pod *pod, bool ready)
{
	conditions_set(&pod->conditions, "Ready", ready ? CONDITION_TRUE : CONDITION_FALSE, NULL,
	               NULL, simulation_now(f->sim));
}

/* A running pod with an address on @node. */
static void add_pod(struct fixture *f, const char *name, const char *node, bool ready)
{
	struct pod *pod = pod_new(&f->template);
	const char *ip;

	network_open(f->network, g_str_equal(node, "node-2"), &ip);
	ref_string_set(&pod->object.meta.name, name);
	ref_string_set(&pod->object.meta.namespace, "default");
	ref_string_set(&pod->node_name, node);
	ref_string_set(&pod->pod_ip, ip);
	pod->phase = POD_RUNNING;
	write_ready(f, pod, ready);
	create(f, &pod->object);
}

static struct pod *copy_of(struct fixture *f, const char *name)
{
	return POD(object_copy(store_get(f->store, KIND_POD, "default", name)));
}

static void write_pod(struct fixture *f, struct pod *pod)
{
	assert_true(store_update(f->store, &pod->object, false, NULL));
	object_unref(&pod->object);
}

static void set_ready(struct fixture *f, const char *name, bool ready)
{
	struct pod *pod = copy_of(f, name);

	write_ready(f, pod, ready);
	write_pod(f, pod);
}

/* --- what has come of it --- */

static struct proxy_port *port_on(struct fixture *f, unsigned node)
{
	return proxy_table_port(f->tables[node], "default", "web", PORT);
}

/* How many targets new connections on @node have. */
static unsigned targets(struct fixture *f, unsigned node)
{
	return port_on(f, node)->n_targets;
}

static void assert_target(struct fixture *f, unsigned node, unsigned index, const char *pod)
{
	assert_true(index < targets(f, node));
	assert_string_equal(port_on(f, node)->targets[index].pod_name, pod);
}

static enum proxy_verdict verdict(struct fixture *f, unsigned node)
{
	struct proxy_target target;

	return proxy_port_choose(port_on(f, node), 1, simulation_now(f->sim), 0.5, &target);
}

static void take_first(void *data, const struct object *object)
{
	const struct object **first = data;

	*first = *first ? *first : object;
}

static const struct endpoint_slice *slice_of(struct fixture *f)
{
	const struct object *first = NULL;

	assert_int_equal(store_count(f->store, KIND_ENDPOINT_SLICE), 1);
	store_each(f->store, KIND_ENDPOINT_SLICE, take_first, &first);
	return ENDPOINT_SLICE(first);
}

static unsigned ready_in_slice(struct fixture *f)
{
	const struct endpoint_slice *slice = slice_of(f);
	unsigned ready = 0;

	for (size_t i = 0; i < slice->n_endpoints; i++) {
		ready += slice->endpoints[i].ready;
	}
	return ready;
}

static void assert_kubectl_prints(struct fixture *f, const char *expected)
{
	const struct endpoints *endpoints =
	    ENDPOINTS(store_get(f->store, KIND_ENDPOINTS, "default", "web"));

	assert_non_null(endpoints);
	g_autofree char *cell = endpoints_cell(endpoints->subsets, endpoints->n_subsets);

	assert_string_equal(cell, expected);
}

/* --- delays --- */

static void test_a_pod_that_turns_ready_reaches_the_table_after_the_sum_of_delays(void **state)
{
	struct fixture *f = *state;

	create(f, &service_new(f)->object);
	add_pod(f, "a", "node-1", false);
	start(f, false, 0);
	run_until(f, START);
	assert_int_equal(targets(f, 0), 0);
	assert_int_equal(verdict(f, 0), PROXY_REJECT);
	set_ready(f, "a", true);
	run_until(f, START + 40 * MS - 1);
	assert_int_equal(ready_in_slice(f), 0);
	run_until(f, START + 40 * MS);
	assert_int_equal(ready_in_slice(f), 1);
	run_until(f, START + 160 * MS - 1);
	assert_int_equal(targets(f, 0), 0);
	run_until(f, START + 160 * MS);
	assert_target(f, 0, 0, "a");
	assert_int_equal(port_on(f, 0)->targets[0].port, 8080);
	assert_true(port_on(f, 0)->targets[0].address.generation > 0);
	assert_int_equal(verdict(f, 0), PROXY_TO_TARGET);
}

static void add_two_pods_that_turn_ready(struct fixture *f, sim_time apart)
{
	create(f, &service_new(f)->object);
	add_pod(f, "a", "node-1", false);
	add_pod(f, "b", "node-1", false);
	start(f, false, 0);
	run_until(f, START);
	set_ready(f, "a", true);
	run_until(f, START + apart);
	set_ready(f, "b", true);
}

static void test_a_second_change_waits_for_min_sync_period(void **state)
{
	struct fixture *f = *state;

	add_two_pods_that_turn_ready(f, 200 * MS);
	run_until(f, START + 1260 * MS - 1);
	assert_int_equal(targets(f, 0), 1);
	run_until(f, START + 1260 * MS);
	assert_int_equal(targets(f, 0), 2);
}

static void test_up_to_1_33_a_second_change_is_served_at_once(void **state)
{
	struct fixture *f = *state;

	f->release.proxy_single_token = false;
	add_two_pods_that_turn_ready(f, 200 * MS);
	run_until(f, START + 360 * MS - 1);
	assert_int_equal(targets(f, 0), 1);
	run_until(f, START + 360 * MS);
	assert_int_equal(targets(f, 0), 2);
}

static void test_two_pods_ready_within_the_watch_latency_are_published_a_second_apart(void **state)
{
	struct fixture *f = *state;

	add_two_pods_that_turn_ready(f, 10 * MS);
	run_until(f, START + 1060 * MS - 1);
	assert_int_equal(ready_in_slice(f), 1);
	run_until(f, START + 1060 * MS);
	assert_int_equal(ready_in_slice(f), 2);
}

static void test_two_pods_ready_at_one_instant_are_one_write(void **state)
{
	struct fixture *f = *state;

	add_two_pods_that_turn_ready(f, 0);
	run_until(f, START + 40 * MS);
	assert_int_equal(ready_in_slice(f), 2);
}

static void test_the_batch_period_takes_later_changes_along(void **state)
{
	struct fixture *f = *state;

	create(f, &service_new(f)->object);
	add_pod(f, "a", "node-1", false);
	add_pod(f, "b", "node-1", false);
	start(f, false, 500 * MS);
	run_until(f, START);
	set_ready(f, "a", true);
	run_until(f, START + 300 * MS);
	set_ready(f, "b", true);
	run_until(f, START + 540 * MS - 1);
	assert_int_equal(ready_in_slice(f), 0);
	run_until(f, START + 540 * MS);
	assert_int_equal(ready_in_slice(f), 2);
}

static void test_a_phase_alone_writes_nothing(void **state)
{
	struct fixture *f = *state;

	create(f, &service_new(f)->object);
	add_pod(f, "a", "node-1", true);
	start(f, false, 0);
	run_until(f, START);
	uint64_t version = slice_of(f)->object.meta.resource_version;
	struct pod *pod = copy_of(f, "a");

	pod->reason = "Whatever";
	write_pod(f, pod);
	run_until(f, START + 5 * SIM_SECOND);
	assert_int_equal(slice_of(f)->object.meta.resource_version, version);
}

/* --- which endpoints --- */

static void test_a_terminating_pod_is_used_while_it_serves_and_no_other_is_ready(void **state)
{
	struct fixture *f = *state;

	create(f, &service_new(f)->object);
	add_pod(f, "a", "node-1", true);
	add_pod(f, "b", "node-1", false);
	start(f, false, 0);
	run_until(f, START);
	assert_true(store_delete_pod(f->store, "default", "a", -1, NULL));
	run_until(f, START + 2 * SIM_SECOND);
	assert_true(slice_of(f)->endpoints[0].terminating);
	assert_int_equal(targets(f, 0), 1);
	assert_target(f, 0, 0, "a");
	assert_kubectl_prints(f, "");

	set_ready(f, "b", true);
	run_until(f, START + 4 * SIM_SECOND);
	assert_int_equal(targets(f, 0), 1);
	assert_target(f, 0, 0, "b");

	set_ready(f, "b", false);
	set_ready(f, "a", false);
	run_until(f, START + 6 * SIM_SECOND);
	assert_int_equal(targets(f, 0), 0);
	assert_int_equal(verdict(f, 0), PROXY_REJECT);
}

static void test_the_local_policy_drops_on_a_node_without_pods(void **state)
{
	struct fixture *f = *state;
	struct service *service = service_new(f);

	service->internal_local = true;
	create(f, &service->object);
	add_pod(f, "a", "node-1", true);
	start(f, false, 0);
	run_until(f, START);
	assert_int_equal(verdict(f, 0), PROXY_TO_TARGET);
	assert_int_equal(verdict(f, 1), PROXY_DROP);
	assert_true(store_remove(f->store, KIND_POD, "default", "a", NULL));
	run_until(f, START + 2 * SIM_SECOND);
	assert_int_equal(verdict(f, 0), PROXY_REJECT);
	assert_int_equal(verdict(f, 1), PROXY_REJECT);
}

static void test_targets_stand_in_the_order_of_the_rules(void **state)
{
	struct fixture *f = *state;

	create(f, &service_new(f)->object);
	for (unsigned i = 0; i < 12; i++) {
		g_autofree char *name = g_strdup_printf("pod-%u", i);

		add_pod(f, name, "node-1", true);
	}
	start(f, false, 0);
	run_until(f, START);
	assert_int_equal(targets(f, 0), 12);
	for (unsigned i = 1; i < 12; i++) {
		const struct object *left = store_get(f->store, KIND_POD, "default",
		                                      port_on(f, 0)->targets[i - 1].pod_name);
		const struct object *right =
		    store_get(f->store, KIND_POD, "default", port_on(f, 0)->targets[i].pod_name);
		g_autofree char *a = g_strdup_printf("%s:8080", POD(left)->pod_ip);
		g_autofree char *b = g_strdup_printf("%s:8080", POD(right)->pod_ip);

		assert_true(strcmp(a, b) < 0);
	}
}

static void test_a_headless_service_lists_ready_addresses_at_its_own_port(void **state)
{
	struct fixture *f = *state;
	struct service *service = service_new(f);

	g_free(service->cluster_ip);
	service->cluster_ip = g_strdup("None");
	create(f, &service->object);
	add_pod(f, "a", "node-1", true);
	add_pod(f, "b", "node-2", false);
	start(f, false, 0);
	run_until(f, START);
	assert_int_equal(targets(f, 0), 1);
	assert_int_equal(port_on(f, 0)->targets[0].port, PORT);
	set_ready(f, "b", true);
	run_until(f, START + 60 * MS - 1);
	assert_int_equal(targets(f, 0), 1);
	run_until(f, START + 60 * MS);
	assert_int_equal(targets(f, 0), 2);
}

static void test_ipvs_takes_turns_and_waits_for_nothing(void **state)
{
	struct fixture *f = *state;

	create(f, &service_new(f)->object);
	add_pod(f, "a", "node-1", false);
	add_pod(f, "b", "node-1", false);
	start(f, true, 0);
	run_until(f, START);
	set_ready(f, "a", true);
	run_until(f, START + 200 * MS);
	set_ready(f, "b", true);
	run_until(f, START + 360 * MS);
	assert_int_equal(targets(f, 0), 2);
	assert_true(port_on(f, 0)->round_robin);
}

static void test_session_affinity_is_programmed(void **state)
{
	struct fixture *f = *state;
	struct service *service = service_new(f);

	service->session_affinity = true;
	service->affinity_timeout_seconds = 10800;
	create(f, &service->object);
	start(f, false, 0);
	run_until(f, START);
	assert_true(port_on(f, 0)->affinity);
	assert_int_equal(port_on(f, 0)->affinity_timeout, 10800 * SIM_SECOND);
}

static void test_a_client_with_affinity_leaves_a_pod_that_is_not_ready_any_more(void **state)
{
	struct fixture *f = *state;
	struct service *service = service_new(f);
	struct proxy_target first, again, other, late;

	service->session_affinity = true;
	service->affinity_timeout_seconds = 10800;
	create(f, &service->object);
	add_pod(f, "a", "node-1", true);
	add_pod(f, "b", "node-1", true);
	start(f, false, 0);
	run_until(f, START);
	proxy_port_choose(port_on(f, 0), 7, START, 0.1, &first);
	proxy_port_choose(port_on(f, 0), 7, START, 0.9, &again);
	assert_string_equal(again.pod_name, first.pod_name);
	set_ready(f, first.pod_name, false);
	run_until(f, START + 2 * SIM_SECOND);
	proxy_port_choose(port_on(f, 0), 7, START + 10000 * SIM_SECOND, 0.1, &other);
	assert_string_not_equal(other.pod_name, first.pod_name);
	set_ready(f, first.pod_name, true);
	run_until(f, START + 4 * SIM_SECOND);
	proxy_port_choose(port_on(f, 0), 7, START + 20801 * SIM_SECOND, 0.1, &late);
	assert_string_equal(late.pod_name, first.pod_name);
}

/* --- chances --- */

#define REPLICATIONS 20000

/* Draws @n connections over the pods of the table, anew for each @ordinal; counts in @per_pod. */
static void draw(struct fixture *f, uint64_t ordinal, unsigned n, unsigned per_pod[4])
{
	struct random_stream stream = random_stream_of(1, RANDOM_ENDPOINT);
	const struct proxy_port *port = port_on(f, 0);
	struct proxy_target target;

	for (unsigned i = 0; i < n; i++) {
		proxy_port_choose(port_on(f, 0), i, 0, random_uniform(&stream, i, ordinal),
		                  &target);
		for (unsigned k = 0; k < port->n_targets; k++) {
			per_pod[k] += g_str_equal(port->targets[k].pod_name, target.pod_name);
		}
	}
}

static void add_four_pods(struct fixture *f)
{
	create(f, &service_new(f)->object);
	add_pod(f, "a", "node-1", true);
	add_pod(f, "b", "node-1", true);
	add_pod(f, "c", "node-1", true);
	add_pod(f, "d", "node-1", true);
	start(f, false, 0);
	run_until(f, START);
	assert_int_equal(targets(f, 0), 4);
}

static void test_eight_connections_leave_a_given_pod_idle_one_time_in_ten(void **state)
{
	struct fixture *f = *state;
	unsigned idle = 0, three = 0, four = 0;

	add_four_pods(f);
	for (uint64_t i = 0; i < REPLICATIONS; i++) {
		unsigned per_pod[4] = {0}, most = 0;

		draw(f, i, 8, per_pod);
		idle += per_pod[0] == 0;
		for (unsigned k = 0; k < 4; k++) {
			most = MAX(most, per_pod[k]);
		}
		three += most >= 3;
		four += most >= 4;
	}
	assert_float_equal((double)idle / REPLICATIONS, 0.100, 0.01);
	assert_float_equal((double)three / REPLICATIONS, 0.96, 0.01);
	assert_float_equal((double)four / REPLICATIONS, 0.45, 0.015);
}

static void test_renewed_connections_spread_over_new_pods_and_kept_ones_stay(void **state)
{
	struct fixture *f = *state;
	double old_pod = 0, new_pod = 0;

	/* Of 20 connections on two pods ten are renewed when there are four. */
	add_four_pods(f);
	for (uint64_t i = 0; i < REPLICATIONS; i++) {
		unsigned per_pod[4] = {5, 5, 0, 0};

		draw(f, i, 10, per_pod);
		old_pod += per_pod[0];
		new_pod += per_pod[3];
	}
	assert_float_equal(old_pod / REPLICATIONS, 7.5, 0.05);
	assert_float_equal(new_pod / REPLICATIONS, 2.5, 0.05);
}

/* --- objects --- */

static void test_a_service_without_pods_has_one_empty_slice(void **state)
{
	struct fixture *f = *state;

	create(f, &service_new(f)->object);
	start(f, false, 0);
	run_until(f, START);
	const struct endpoint_slice *slice = slice_of(f);
	const struct object_meta *meta = &slice->object.meta;

	assert_int_equal(slice->n_endpoints, 0);
	assert_int_equal(slice->n_ports, 0);
	assert_true(g_str_has_prefix(meta->name, "web-"));
	assert_int_equal(strlen(meta->name), strlen("web-") + 5);
	assert_int_equal(strspn(meta->name + 4, "bcdfghjklmnpqrstvwxz2456789"), 5);
	assert_string_equal(string_map_get(meta->labels, "kubernetes.io/service-name"), "web");
	assert_int_equal(meta->owner.kind, KIND_SERVICE);
	assert_string_equal(meta->owner.name, "web");
	assert_kubectl_prints(f, "<none>");
}

static void test_kubectl_prints_ready_pods_only(void **state)
{
	struct fixture *f = *state;

	create(f, &service_new(f)->object);
	add_pod(f, "a", "node-1", false);
	start(f, false, 0);
	run_until(f, START);
	assert_kubectl_prints(f, "");
	set_ready(f, "a", true);
	run_until(f, START + 40 * MS);
	g_autofree char *expected =
	    g_strdup_printf("%s:8080", POD(store_get(f->store, KIND_POD, "default", "a"))->pod_ip);

	assert_kubectl_prints(f, expected);
}

static void test_a_hundred_and_one_pods_need_two_slices(void **state)
{
	struct fixture *f = *state;

	create(f, &service_new(f)->object);
	for (unsigned i = 0; i < 101; i++) {
		g_autofree char *name = g_strdup_printf("pod-%u", i);

		add_pod(f, name, "node-1", true);
	}
	start(f, false, 0);
	run_until(f, START);
	assert_int_equal(store_count(f->store, KIND_ENDPOINT_SLICE), 2);
	assert_int_equal(targets(f, 0), 101);
}

static void test_a_foreign_change_of_a_slice_is_mended_after_a_second(void **state)
{
	struct fixture *f = *state;

	create(f, &service_new(f)->object);
	add_pod(f, "a", "node-1", true);
	start(f, false, 0);
	run_until(f, START);
	struct object *vandalized = object_copy(&slice_of(f)->object);

	ENDPOINT_SLICE(vandalized)->endpoints[0].ready = false;
	assert_true(store_update(f->store, vandalized, true, NULL));
	object_unref(vandalized);
	run_until(f, START + 1040 * MS - 1);
	assert_int_equal(ready_in_slice(f), 0);
	run_until(f, START + 1040 * MS);
	assert_int_equal(ready_in_slice(f), 1);
}

static void test_a_deleted_service_is_forgotten(void **state)
{
	struct fixture *f = *state;

	create(f, &service_new(f)->object);
	add_pod(f, "a", "node-1", true);
	start(f, false, 0);
	run_until(f, START);
	assert_true(store_remove(f->store, KIND_SERVICE, "default", "web", NULL));
	run_until(f, START + 2 * SIM_SECOND);
	assert_int_equal(verdict(f, 0), PROXY_UNKNOWN);
	assert_null(store_get(f->store, KIND_ENDPOINTS, "default", "web"));
}

static void test_every_change_of_the_usable_pods_is_told(void **state)
{
	struct fixture *f = *state;

	create(f, &service_new(f)->object);
	add_pod(f, "a", "node-1", true);
	add_pod(f, "b", "node-1", false);
	start(f, false, 0);
	run_until(f, START);
	assert_string_equal(f->told->str, "node-1 web: a;node-2 web: a;");
	g_string_truncate(f->told, 0);
	set_ready(f, "b", true);
	run_until(f, START + 2 * SIM_SECOND);
	assert_string_equal(f->told->str, "node-1 web: a b;node-2 web: a b;");
	g_string_truncate(f->told, 0);
	set_ready(f, "a", false);
	set_ready(f, "b", false);
	run_until(f, START + 4 * SIM_SECOND);
	assert_string_equal(f->told->str, "node-1 web:;node-2 web:;");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_a_pod_that_turns_ready_reaches_the_table_after_the_sum_of_delays),
	    TEST(test_a_second_change_waits_for_min_sync_period),
	    TEST(test_up_to_1_33_a_second_change_is_served_at_once),
	    TEST(test_two_pods_ready_within_the_watch_latency_are_published_a_second_apart),
	    TEST(test_two_pods_ready_at_one_instant_are_one_write),
	    TEST(test_the_batch_period_takes_later_changes_along),
	    TEST(test_a_phase_alone_writes_nothing),
	    TEST(test_a_terminating_pod_is_used_while_it_serves_and_no_other_is_ready),
	    TEST(test_the_local_policy_drops_on_a_node_without_pods),
	    TEST(test_targets_stand_in_the_order_of_the_rules),
	    TEST(test_a_headless_service_lists_ready_addresses_at_its_own_port),
	    TEST(test_ipvs_takes_turns_and_waits_for_nothing),
	    TEST(test_session_affinity_is_programmed),
	    TEST(test_a_client_with_affinity_leaves_a_pod_that_is_not_ready_any_more),
	    TEST(test_eight_connections_leave_a_given_pod_idle_one_time_in_ten),
	    TEST(test_renewed_connections_spread_over_new_pods_and_kept_ones_stay),
	    TEST(test_a_service_without_pods_has_one_empty_slice),
	    TEST(test_kubectl_prints_ready_pods_only),
	    TEST(test_a_hundred_and_one_pods_need_two_slices),
	    TEST(test_a_foreign_change_of_a_slice_is_mended_after_a_second),
	    TEST(test_a_deleted_service_is_forgotten),
	    TEST(test_every_change_of_the_usable_pods_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
