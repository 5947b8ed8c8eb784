/* endpoints.c - which pods are endpoints, how they are spread over slices and printed. */

#include "rules/endpoints.h"

#include "rules/endpoints_hints.h"
#include "rules/endpoints_object.h"
#include "rules/endpoints_print.h"
#include "rules/endpoints_slices.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define MOST_PODS 1200

struct fixture {
	struct service *service;
	struct string_map *labels;
	struct endpoint_pod pods[MOST_PODS];
	const char *ips[MOST_PODS];
	size_t n;
	const char *version; /* NULL: 1.34 */
};

static void add_port(struct fixture *f, const char *name, int port)
{
	struct service *service = f->service;

	service->ports = g_renew(struct service_port, service->ports, service->n_ports + 1);
	service->ports[service->n_ports++] =
	    (struct service_port){.name = g_strdup(name), .port = port, .protocol = "TCP"};
}

static int set_up(void **state)
{
	struct fixture *f = g_new0(struct fixture, 1);

	f->service = (struct service *)object_new(KIND_SERVICE);
	ref_string_set(&f->service->object.meta.name, "web");
	ref_string_set(&f->service->object.meta.namespace, "default");
	f->service->type = "ClusterIP";
	f->service->cluster_ip = g_strdup("10.96.0.10");
	f->labels = string_map_with(NULL, "app", "web");
	f->service->selector = string_map_ref(f->labels);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	string_map_unref(f->labels);
	object_unref(&f->service->object);
	g_free(f);
	return 0;
}

/* A Ready pod at @ip. */
static struct endpoint_pod *add_pod(struct fixture *f, const char *ip)
{
	struct endpoint_pod *pod = &f->pods[f->n];

	f->ips[f->n] = ip;
	*pod = (struct endpoint_pod){.namespace = "default",
	                             .name = ip,
	                             .uid = ip,
	                             .phase = POD_RUNNING,
	                             .ips = &f->ips[f->n],
	                             .n_ips = 1,
	                             .ready = true,
	                             .node_name = "node-1",
	                             .labels = f->labels};
	f->n++;
	return pod;
}

static void add_pods(struct fixture *f, size_t n)
{
	while (f->n < n) {
		g_autofree char *ip = g_strdup_printf("10.0.%zu.%zu", f->n / 250, f->n % 250);

		add_pod(f, g_intern_string(ip));
	}
}

/* --- conditions --- */

/* The pods of the worked examples: ready; not ready; ready and terminating; finished; without IP.
 */
static void add_five_pods(struct fixture *f)
{
	add_pod(f, "10.0.0.1");
	add_pod(f, "10.0.0.2")->ready = false;
	add_pod(f, "10.0.0.3")->terminating = true;
	add_pod(f, "10.0.0.4")->phase = POD_SUCCEEDED;
	add_pod(f, "");
}

static void assert_endpoint(const struct endpoint *endpoint, const char *address, bool ready,
                            bool serving, bool terminating)
{
	assert_string_equal(endpoint->address, address);
	assert_int_equal(endpoint->ready, ready);
	assert_int_equal(endpoint->serving, serving);
	assert_int_equal(endpoint->terminating, terminating);
}

static bool every_node(void *data, const char *name, const struct string_map **labels)
{
	*labels = data;
	return true;
}

static struct slice_plan *plan_of(struct fixture *f, const struct endpoint_slice *const *existing,
                                  size_t n_existing, struct string_map *node_labels)
{
	struct release release;

	assert_true(release_init(&release, f->version ? f->version : "1.34", NULL));
	struct slice_request request = {.service = f->service,
	                                .pods = f->pods,
	                                .n_pods = f->n,
	                                .existing = existing,
	                                .n_existing = n_existing,
	                                .max_endpoints = 100,
	                                .release = &release,
	                                .node = every_node,
	                                .data = node_labels};

	return slice_plan_new(&request);
}

static const struct planned_slice *slice_at(const struct slice_plan *plan, unsigned index)
{
	assert_true(index < plan->slices->len);
	return plan->slices->pdata[index];
}

static void test_a_slice_has_every_pod_with_an_ip_whose_phase_has_not_ended(void **state)
{
	struct fixture *f = *state;

	add_port(f, NULL, 80);
	add_five_pods(f);
	struct slice_plan *plan = plan_of(f, NULL, 0, NULL);
	const GArray *endpoints = slice_at(plan, 0)->endpoints;

	assert_int_equal(plan->slices->len, 1);
	assert_int_equal(endpoints->len, 3);
	assert_endpoint(&g_array_index(endpoints, struct endpoint, 0), "10.0.0.1", true, true,
	                false);
	assert_endpoint(&g_array_index(endpoints, struct endpoint, 1), "10.0.0.2", false, false,
	                false);
	assert_endpoint(&g_array_index(endpoints, struct endpoint, 2), "10.0.0.3", false, true,
	                true);
	slice_plan_free(plan);
}

static void test_published_pods_are_ready_whatever_their_probe_says(void **state)
{
	struct fixture *f = *state;

	f->service->publish_not_ready_addresses = true;
	add_port(f, NULL, 80);
	add_five_pods(f);
	struct slice_plan *plan = plan_of(f, NULL, 0, NULL);
	const GArray *endpoints = slice_at(plan, 0)->endpoints;

	assert_endpoint(&g_array_index(endpoints, struct endpoint, 1), "10.0.0.2", true, false,
	                false);
	assert_endpoint(&g_array_index(endpoints, struct endpoint, 2), "10.0.0.3", true, true,
	                true);
	slice_plan_free(plan);
}

static void test_addresses_have_one_spelling(void **state)
{
	struct fixture *f = *state;
	static const char *const spellings[][3] = {
	    {"010.0.0.1", "IPv4", "10.0.0.1"},
	    {"::ffff:1.2.3.4", "IPv4", "1.2.3.4"},
	    {"1234::5678:0000:0000:9abc:def0", "IPv6", "1234::5678:0:0:9abc:def0"},
	    {"fd00:0:0:0:0:0:0:1", "IPv6", "fd00::1"},
	    {"::", "IPv6", "::"},
	    {"1:0:2:3:4:5:6:7", "IPv6", "1:0:2:3:4:5:6:7"},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(spellings); i++) {
		struct endpoint endpoint = {0};

		assert_true(endpoint_of_pod(&endpoint, add_pod(f, spellings[i][0]), NULL,
		                            f->service, spellings[i][1]));
		assert_string_equal(endpoint.address, spellings[i][2]);
		endpoint_clear(&endpoint);
	}
	struct endpoint none = {0};

	assert_false(endpoint_of_pod(&none, add_pod(f, "10.0.0.1"), NULL, f->service, "IPv6"));
}

static void test_a_hostname_is_set_when_the_subdomain_is_the_service(void **state)
{
	struct fixture *f = *state;
	struct endpoint_pod *pod = add_pod(f, "10.0.0.1");
	struct endpoint with = {0}, without = {0};

	pod->hostname = "web-0";
	pod->subdomain = "web";
	endpoint_of_pod(&with, pod, NULL, f->service, "IPv4");
	pod->subdomain = "other";
	endpoint_of_pod(&without, pod, NULL, f->service, "IPv4");
	assert_string_equal(with.hostname, "web-0");
	assert_null(without.hostname);
	endpoint_clear(&with);
	endpoint_clear(&without);
}

static void test_a_label_change_matters_to_services_that_select_before_or_after_only(void **state)
{
	struct fixture *f = *state;
	struct string_map *more = string_map_with(f->labels, "tier", "front");
	struct string_map *other = string_map_with(f->labels, "app", "other");
	struct endpoint_pod before = *add_pod(f, "10.0.0.1"), after = before;

	after.labels = more;
	assert_false(endpoints_service_cares(f->service, &before, &after));
	after.labels = other;
	assert_true(endpoints_service_cares(f->service, &before, &after));
	assert_true(endpoints_service_cares(f->service, &after, &before));
	after.labels = more;
	after.ready = false;
	assert_true(endpoints_service_cares(f->service, &before, &after));
	string_map_unref(more);
	string_map_unref(other);
}

/* --- slices --- */

/* The first @n pods of the fixture as a slice. */
static struct endpoint_slice *existing_slice(struct fixture *f, size_t from, size_t n)
{
	struct endpoint_slice *slice = (struct endpoint_slice *)object_new(KIND_ENDPOINT_SLICE);
	const struct endpoint_port port = {NULL, 80, "TCP"};

	slice->address_type = "IPv4";
	slice->object.meta.labels = slice_labels(f->service);
	slice->ports = endpoint_ports_copy(&port, 1);
	slice->n_ports = 1;
	slice->endpoints = g_new0(struct endpoint, n + 1);
	for (; slice->n_endpoints < n; slice->n_endpoints++) {
		endpoint_of_pod(&slice->endpoints[slice->n_endpoints],
		                &f->pods[from + slice->n_endpoints], NULL, f->service, "IPv4");
	}
	return slice;
}

static void test_new_endpoints_fill_whole_slices_and_the_best_fitting_old_one(void **state)
{
	struct fixture *f = *state;

	add_port(f, NULL, 80);
	add_pods(f, 250);
	struct endpoint_slice *a = existing_slice(f, 0, 61), *b = existing_slice(f, 61, 62);
	const struct endpoint_slice *existing[] = {a, b};
	struct slice_plan *plan = plan_of(f, existing, 2, NULL);

	assert_int_equal(plan->slices->len, 3);
	assert_int_equal(slice_at(plan, 0)->action, SLICE_KEEP);
	assert_int_equal(slice_at(plan, 1)->action, SLICE_UPDATE);
	assert_int_equal(slice_at(plan, 1)->endpoints->len, 89);
	assert_int_equal(slice_at(plan, 2)->action, SLICE_CREATE);
	assert_int_equal(slice_at(plan, 2)->endpoints->len, 100);
	slice_plan_free(plan);
	object_unref(&a->object);
	object_unref(&b->object);
}

static void test_a_service_without_endpoints_keeps_one_empty_slice(void **state)
{
	struct fixture *f = *state;

	add_port(f, NULL, 80);
	struct slice_plan *first = plan_of(f, NULL, 0, NULL);

	assert_int_equal(first->slices->len, 1);
	assert_int_equal(slice_at(first, 0)->action, SLICE_CREATE);
	assert_int_equal(slice_at(first, 0)->n_ports, 0);
	slice_plan_free(first);

	struct endpoint_slice *placeholder =
	    (struct endpoint_slice *)object_new(KIND_ENDPOINT_SLICE);
	const struct endpoint_slice *existing[] = {placeholder};

	placeholder->address_type = "IPv4";
	placeholder->object.meta.labels = slice_labels(f->service);
	struct slice_plan *still = plan_of(f, existing, 1, NULL);

	assert_int_equal(slice_plan_count(still, SLICE_KEEP), 1);
	assert_int_equal(still->slices->len, 1);
	slice_plan_free(still);

	add_pods(f, 3);
	struct slice_plan *filled = plan_of(f, existing, 1, NULL);

	assert_int_equal(filled->slices->len, 1);
	assert_int_equal(slice_at(filled, 0)->action, SLICE_UPDATE);
	assert_ptr_equal(slice_at(filled, 0)->existing, placeholder);
	assert_int_equal(slice_at(filled, 0)->endpoints->len, 3);
	assert_int_equal(slice_at(filled, 0)->n_ports, 1);
	slice_plan_free(filled);
	object_unref(&placeholder->object);
}

static void test_the_last_endpoint_leaves_by_one_update(void **state)
{
	struct fixture *f = *state;

	add_port(f, NULL, 80);
	add_pods(f, 1);
	struct endpoint_slice *slice = existing_slice(f, 0, 1);
	const struct endpoint_slice *existing[] = {slice};

	f->n = 0;
	struct slice_plan *plan = plan_of(f, existing, 1, NULL);

	assert_int_equal(plan->slices->len, 1);
	assert_int_equal(slice_at(plan, 0)->action, SLICE_UPDATE);
	assert_int_equal(slice_at(plan, 0)->endpoints->len, 0);
	assert_int_equal(slice_at(plan, 0)->n_ports, 0);
	slice_plan_free(plan);
	object_unref(&slice->object);
}

static void test_pods_whose_named_port_differs_land_in_different_slices(void **state)
{
	struct fixture *f = *state;
	char name[] = "http";
	struct container_port old_port = {name, 8080, "TCP"}, new_port = {name, 9090, "TCP"};
	struct container old = {.ports = &old_port, .n_ports = 1};
	struct container new = {.ports = &new_port, .n_ports = 1};
	const struct pod_spec old_spec = {.containers = &old, .n_containers = 1};
	const struct pod_spec new_spec = {.containers = &new, .n_containers = 1};

	add_port(f, "web", 80);
	f->service->ports[0].target_port.name = g_strdup("http");
	add_pod(f, "10.0.0.1")->spec = &old_spec;
	add_pod(f, "10.0.0.2")->spec = &new_spec;
	add_pod(f, "10.0.0.3")->spec = &old_spec;
	struct slice_plan *plan = plan_of(f, NULL, 0, NULL);

	assert_int_equal(plan->slices->len, 2);
	assert_int_equal(slice_at(plan, 0)->ports[0].port, 8080);
	assert_int_equal(slice_at(plan, 0)->endpoints->len, 2);
	assert_int_equal(slice_at(plan, 1)->ports[0].port, 9090);
	slice_plan_free(plan);
}

static void test_changed_labels_of_the_service_rewrite_its_slices(void **state)
{
	struct fixture *f = *state;

	add_port(f, NULL, 80);
	add_pods(f, 2);
	struct endpoint_slice *slice = existing_slice(f, 0, 2);
	const struct endpoint_slice *existing[] = {slice};

	f->service->object.meta.labels = string_map_with(NULL, "team", "blue");
	struct slice_plan *plan = plan_of(f, existing, 1, NULL);

	assert_int_equal(slice_at(plan, 0)->action, SLICE_UPDATE);
	assert_false(slice_at(plan, 0)->content_changed);
	slice_plan_free(plan);
	object_unref(&slice->object);
}

static void test_hints_for_nodes_are_unknown_to_older_releases(void **state)
{
	struct fixture *f = *state;
	struct string_map *node = string_map_with(NULL, "topology.kubernetes.io/zone", "zone-a");

	add_port(f, NULL, 80);
	add_pods(f, 1);
	f->version = "1.32";
	f->service->traffic_distribution = "PreferSameNode";
	struct slice_plan *none = plan_of(f, NULL, 0, node);

	f->service->traffic_distribution = "PreferClose";
	struct slice_plan *zone = plan_of(f, NULL, 0, node);

	assert_null(g_array_index(slice_at(none, 0)->endpoints, struct endpoint, 0).hint_zone);
	assert_string_equal(
	    g_array_index(slice_at(zone, 0)->endpoints, struct endpoint, 0).hint_zone, "zone-a");
	slice_plan_free(none);
	slice_plan_free(zone);
	string_map_unref(node);
}

static void test_traffic_distribution_writes_hints_on_slices_that_lack_them(void **state)
{
	struct fixture *f = *state;
	struct string_map *node = string_map_with(NULL, "topology.kubernetes.io/zone", "zone-a");

	add_port(f, NULL, 80);
	add_pods(f, 2);
	f->pods[1].ready = false;
	struct slice_plan *plain = plan_of(f, NULL, 0, node);

	assert_null(g_array_index(slice_at(plain, 0)->endpoints, struct endpoint, 0).hint_zone);
	slice_plan_free(plain);

	f->service->traffic_distribution = "PreferSameNode";
	struct slice_plan *plan = plan_of(f, NULL, 0, node);
	const GArray *endpoints = slice_at(plan, 0)->endpoints;

	assert_string_equal(g_array_index(endpoints, struct endpoint, 0).hint_zone, "zone-a");
	assert_string_equal(g_array_index(endpoints, struct endpoint, 0).hint_node, "node-1");
	assert_null(g_array_index(endpoints, struct endpoint, 1).hint_zone);
	assert_false(endpoint_hints_outdated((const struct endpoint *)endpoints->data,
	                                     endpoints->len, "PreferSameNode"));
	assert_true(endpoint_hints_outdated((const struct endpoint *)endpoints->data,
	                                    endpoints->len, "PreferClose"));
	assert_true(endpoint_hints_outdated((const struct endpoint *)endpoints->data,
	                                    endpoints->len, NULL));
	slice_plan_free(plan);
	string_map_unref(node);
}

/* --- the old object and kubectl --- */

static struct endpoint_subset *subsets_of(struct fixture *f, size_t *n, bool *truncated)
{
	return endpoint_subsets_of(f->service, f->pods, f->n, n, truncated);
}

static void test_the_old_object_leaves_terminating_pods_out(void **state)
{
	struct fixture *f = *state;
	size_t n;
	bool truncated;

	add_port(f, NULL, 80);
	add_five_pods(f);
	struct endpoint_subset *subsets = subsets_of(f, &n, &truncated);
	g_autofree char *cell = endpoints_cell(subsets, n);

	assert_int_equal(n, 1);
	assert_int_equal(subsets[0].n_addresses, 1);
	assert_string_equal(subsets[0].addresses[0].address, "10.0.0.1");
	assert_int_equal(subsets[0].n_not_ready_addresses, 1);
	assert_string_equal(subsets[0].not_ready_addresses[0].address, "10.0.0.2");
	assert_string_equal(cell, "10.0.0.1:80");
	endpoint_subsets_free(subsets, n);
}

static void test_kubectl_prints_nothing_when_no_pod_is_ready(void **state)
{
	struct fixture *f = *state;
	size_t n;
	bool truncated;

	add_port(f, NULL, 80);
	add_five_pods(f);
	f->pods[0].ready = false;
	struct endpoint_subset *subsets = subsets_of(f, &n, &truncated);
	g_autofree char *empty = endpoints_cell(subsets, n);
	g_autofree char *none = endpoints_cell(NULL, 0);

	assert_string_equal(empty, "");
	assert_string_equal(none, "<none>");
	endpoint_subsets_free(subsets, n);
}

static void test_kubectl_counts_address_by_port(void **state)
{
	struct fixture *f = *state;
	size_t n;
	bool truncated;

	add_port(f, "metrics", 9090);
	add_port(f, "http", 80);
	add_pod(f, "10.0.0.2");
	add_pod(f, "10.0.0.1");
	struct endpoint_subset *subsets = subsets_of(f, &n, &truncated);
	g_autofree char *cell = endpoints_cell(subsets, n);

	assert_int_equal(n, 1);
	assert_string_equal(cell, "10.0.0.1:80,10.0.0.2:80,10.0.0.1:9090 + 1 more...");
	endpoint_subsets_free(subsets, n);
}

static void test_a_headless_service_without_ports_lists_addresses_alone(void **state)
{
	struct fixture *f = *state;
	size_t n;
	bool truncated;

	g_free(f->service->cluster_ip);
	f->service->cluster_ip = g_strdup("None");
	add_pod(f, "10.0.0.10");
	add_pod(f, "10.0.0.2");
	struct endpoint_subset *subsets = subsets_of(f, &n, &truncated);
	g_autofree char *cell = endpoints_cell(subsets, n);

	assert_string_equal(cell, "10.0.0.10,10.0.0.2");
	endpoint_subsets_free(subsets, n);
}

static void test_the_old_object_is_cut_at_a_thousand_ready_ones_first(void **state)
{
	struct fixture *f = *state;
	size_t n;
	bool truncated;

	add_port(f, NULL, 80);
	add_pods(f, 1100);
	for (size_t i = 0; i < 1100; i += 2) {
		f->pods[i].ready = false;
	}
	struct endpoint_subset *subsets = subsets_of(f, &n, &truncated);

	assert_true(truncated);
	assert_int_equal(subsets[0].n_addresses, 550);
	assert_int_equal(subsets[0].n_not_ready_addresses, 450);
	endpoint_subsets_free(subsets, n);

	for (size_t i = 0; i < 1100; i++) {
		f->pods[i].ready = i < 1050;
	}
	subsets = subsets_of(f, &n, &truncated);
	assert_int_equal(subsets[0].n_addresses, 1000);
	assert_int_equal(subsets[0].n_not_ready_addresses, 0);
	endpoint_subsets_free(subsets, n);
}

/* --- retries --- */

static void test_failed_syncs_are_retried_fifteen_times(void **state)
{
	sim_time slices = 0, object = 0;

	assert_int_equal(endpoint_slice_retry_delay(1), SIM_SECOND);
	assert_int_equal(endpoint_slice_retry_delay(4), 8 * SIM_SECOND);
	assert_int_equal(endpoint_slice_retry_delay(16), SIM_NEVER);
	assert_int_equal(endpoints_retry_delay(16), SIM_NEVER);
	for (unsigned i = 1; i <= 15; i++) {
		slices += endpoint_slice_retry_delay(i);
		object += endpoints_retry_delay(i);
	}
	assert_int_equal(slices, 6023 * SIM_SECOND);
	assert_int_equal(object, 163835 * SIM_MILLISECOND);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_a_slice_has_every_pod_with_an_ip_whose_phase_has_not_ended),
	    TEST(test_published_pods_are_ready_whatever_their_probe_says),
	    TEST(test_addresses_have_one_spelling),
	    TEST(test_a_hostname_is_set_when_the_subdomain_is_the_service),
	    TEST(test_a_label_change_matters_to_services_that_select_before_or_after_only),
	    TEST(test_new_endpoints_fill_whole_slices_and_the_best_fitting_old_one),
	    TEST(test_a_service_without_endpoints_keeps_one_empty_slice),
	    TEST(test_the_last_endpoint_leaves_by_one_update),
	    TEST(test_pods_whose_named_port_differs_land_in_different_slices),
	    TEST(test_changed_labels_of_the_service_rewrite_its_slices),
	    TEST(test_traffic_distribution_writes_hints_on_slices_that_lack_them),
	    TEST(test_hints_for_nodes_are_unknown_to_older_releases),
	    TEST(test_the_old_object_leaves_terminating_pods_out),
	    TEST(test_kubectl_prints_nothing_when_no_pod_is_ready),
	    TEST(test_kubectl_counts_address_by_port),
	    TEST(test_a_headless_service_without_ports_lists_addresses_alone),
	    TEST(test_the_old_object_is_cut_at_a_thousand_ready_ones_first),
	    TEST(test_failed_syncs_are_retried_fifteen_times),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
