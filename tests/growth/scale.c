/* scale.c - how the cost of the control plane grows with pods, nodes and simulated time, by
 * instructions. */

#include "counting.h"

static const char *podsim;

struct setting {
	int pods, nodes;
	int seconds;       /* of simulated time */
	bool rolls;        /* a rolling update of all pods, after 20 s */
	bool bound;        /* to the first node by their own spec, so that nobody schedules them */
	int probe_seconds; /* the period of liveness and readiness probes */
};

static const char *const manifest =
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n"
    "  replicas: %d\n  selector: {matchLabels: {app: web}}\n"
    "  template:\n    metadata: {labels: {app: web}}\n    spec:\n%s      containers:\n"
    "      - name: web\n        image: web:1\n"
    "        ports: [{name: http, containerPort: 8080}]\n"
    "        resources: {requests: {cpu: 100m}}\n"
    "        startupProbe: {httpGet: {path: /, port: http}, periodSeconds: 1}\n"
    "        livenessProbe: {httpGet: {path: /, port: http}, periodSeconds: %d}\n"
    "        readinessProbe: {httpGet: {path: /, port: http}, periodSeconds: %d}\n"
    "---\napiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec:\n"
    "  selector: {app: web}\n  ports: [{name: http, port: 80, targetPort: http}]\n";

static const char *const scenario =
    "apiVersion: podsim/v1\nkind: Scenario\nmetadata: {name: growth}\nspec:\n  to: %ds\n"
    "  cluster:\n    nodes: [{name: node, count: %d, allocatable: {cpu: \"64\", memory: 64Gi, "
    "pods: \"1000\"}}]\n    timing: {imagePull: 0s, containerStart: 100ms}\n"
    "  manifests: [web.yaml]\n  applications:\n  - name: web\n    match: {container: web}\n"
    "    routes: [{path: /}]\n%s";

static const char *const rolling =
    "  timeline:\n  - {at: 20s, patch: deployment/web, with: {spec: {template: {metadata: "
    "{annotations: {version: \"2\"}}}}}}\n";

static double count(const struct setting *s)
{
	g_autofree char *web =
	    g_strdup_printf(manifest, s->pods, s->bound ? "      nodeName: node-1\n" : "",
	                    s->probe_seconds, s->probe_seconds);
	g_autofree char *text =
	    g_strdup_printf(scenario, s->seconds, s->nodes, s->rolls ? rolling : "");
	g_autofree char *path = g_build_filename(folder, "growth.yaml", NULL);
	const char *argv[] = {COUNTING, podsim, "run", path, NULL};

	write_file("web.yaml", web);
	write_file("growth.yaml", text);

	g_autofree char *told = run(argv, NULL);

	return instructions_of(told);
}

/* Ten pods a node, so that the cluster grows with its pods. */
static void test_a_pod_starts_at_the_same_cost_among_four_times_the_pods(void **state)
{
	struct setting few = {.pods = 500, .nodes = 50, .seconds = 30, .probe_seconds = 10};
	struct setting many = few;

	many.pods = 4 * few.pods;
	many.nodes = 4 * few.nodes;
	assert_at_most(count(&many) / many.pods / (count(&few) / few.pods), 1.3);
}

/* What the update adds to a run in which the pods only start. */
static double by_rolled_pod(int pods)
{
	struct setting s = {.pods = pods, .nodes = pods / 10, .seconds = 60, .probe_seconds = 10};
	const double still = count(&s);

	s.rolls = true;
	return (count(&s) - still) / pods;
}

static void test_a_pod_is_rolled_at_the_same_cost_among_four_times_the_pods(void **state)
{
	assert_at_most(by_rolled_pod(800) / by_rolled_pod(200), 1.3);
}

/* What a node more costs, whose proxy has all pods in its table. */
static double by_proxy(int pods)
{
	struct setting s = {
	    .pods = pods, .nodes = 120, .seconds = 30, .bound = true, .probe_seconds = 10};
	const double few = count(&s);

	s.nodes = 420;
	return (count(&s) - few) / 300;
}

/* Nodes share what is programmed, so their number and that of the endpoints do not multiply. */
static void test_a_proxy_costs_the_same_with_four_times_the_endpoints(void **state)
{
	assert_at_most(by_proxy(400) / by_proxy(100), 1.3);
}

static void test_probes_cost_the_same_in_the_last_hour_of_a_day_as_in_the_first(void **state)
{
	struct setting s = {.pods = 10, .nodes = 2, .seconds = 3600, .probe_seconds = 10};
	const double hour = count(&s);

	s.seconds = 6 * 3600;
	const double morning = count(&s);

	s.seconds = 24 * 3600;
	assert_at_most((count(&s) - morning) / 18 / ((morning - hour) / 5), 1.05);
}

int main(int argc, char **argv)
{
	if (argc != 2 || !counting_begin()) {
		return argc != 2 ? 2 : 77;
	}
	podsim = argv[1];
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_pod_starts_at_the_same_cost_among_four_times_the_pods),
	    cmocka_unit_test(test_a_pod_is_rolled_at_the_same_cost_among_four_times_the_pods),
	    cmocka_unit_test(test_a_proxy_costs_the_same_with_four_times_the_endpoints),
	    cmocka_unit_test(test_probes_cost_the_same_in_the_last_hour_of_a_day_as_in_the_first),
	};

	return cmocka_run_group_tests(tests, NULL, counting_end);
}
