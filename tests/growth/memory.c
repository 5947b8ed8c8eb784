/* memory.c - memory does not grow with simulated time, nor with the requests that it brings.
 *
 * A scenario is run for a time and for sixteen times that: a series has up to 2,000 bins and then
 * half as many, twice as wide, so both have the same number. The shorter run is past its working
 * size: its series are just under 2,000 bins long; a load's steps of time, 512 at most, hold so
 * many requests that nearly all steps of their histograms are in use.
 *
 * The kernel counts pages by processor and adds them up now and then, so some 128 KiB are missing
 * or too many: a hundred pods make that less than a hundredth, and of equal runs the least counts.
 * And it is told to lay out libraries and the stack in the same way each time. */

#include "counting.h"

#include <sched.h>
#include <sys/personality.h>

enum { RUNS = 2 };

static const char *podsim;

struct weight {
	double kib, requests;
};

static const char *const web =
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n"
    "  replicas: 100\n  selector: {matchLabels: {app: web}}\n"
    "  template:\n    metadata: {labels: {app: web}}\n    spec:\n      containers:\n"
    "      - name: web\n        image: web:1\n"
    "        ports: [{name: http, containerPort: 8080}]\n"
    "        resources: {requests: {cpu: 100m}, limits: {cpu: 500m}}\n"
    "---\napiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec:\n"
    "  selector: {app: web}\n  ports: [{name: http, port: 80, targetPort: http}]\n";

static const char *const served =
    "apiVersion: podsim/v1\nkind: Scenario\nmetadata: {name: memory}\nspec:\n  to: %ds\n"
    "  cluster:\n    nodes: [{name: node, allocatable: {cpu: \"64\", memory: 64Gi, "
    "pods: \"110\"}}]\n"
    "  manifests: [web.yaml]\n  applications:\n  - name: web\n    match: {container: web}\n"
    "    routes: [{path: /, cpu: {exponential: {mean: 5ms}}, wait: 5ms}]\n"
    "  load:\n  - name: load\n    from: 30s\n    for: %ds\n    target: {service: web, port: 80}\n"
    "    timeout: 1000s\n    connections: {keepAlive: false}\n    requests: [{path: /}]\n"
    "    rate: 30/s\n    arrivals: poisson\n";

/* A run of @scenario, whose two numbers are how long it is and how long its load. */
static struct weight weigh(const char *scenario, int seconds, int load)
{
	g_autofree char *file = g_build_filename(folder, "memory.yaml", NULL);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	g_autofree char *text = g_strdup_printf(scenario, seconds, load);
#pragma GCC diagnostic pop
	const char *argv[] = {podsim, "run", file, "--stats", NULL};
	struct weight least = {0};

	write_file("web.yaml", web);
	write_file("memory.yaml", text);
	for (int i = 0; i < RUNS; i++) {
		double kib;
		g_autofree char *stats = run(argv, &kib);

		least.kib = i == 0 ? kib : MIN(least.kib, kib);
		least.requests = requests_of(stats);
	}
	return least;
}

static void test_sixteen_times_the_time_and_requests_need_no_more_memory(void **state)
{
	const struct weight once = weigh(served, 9990, 9900);
	const struct weight longer = weigh(served, 16 * 9990, 16 * 9900);

	assert_true(longer.requests > 15.9 * once.requests);
	assert_at_most(longer.kib / once.kib, 1.02);
}

/* The load's steps are as many, each with ten times the requests. */
static void test_ten_times_the_load_within_a_time_needs_no_more_memory(void **state)
{
	const struct weight once = weigh(served, 9990, 980), tenfold = weigh(served, 9990, 9800);

	assert_true(tenfold.requests > 9.9 * once.requests);
	assert_at_most(tenfold.kib / once.kib, 1.02);
}

int main(int argc, char **argv)
{
	cpu_set_t processors;

	if (argc != 2) {
		return 2;
	}
	if (!counting_begin()) {
		return 77;
	}
	podsim = argv[1];
	CPU_ZERO(&processors);
	CPU_SET((size_t)MAX(sched_getcpu(), 0), &processors);
	sched_setaffinity(0, sizeof processors, &processors);
	personality(ADDR_NO_RANDOMIZE);
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_sixteen_times_the_time_and_requests_need_no_more_memory),
	    cmocka_unit_test(test_ten_times_the_load_within_a_time_needs_no_more_memory),
	};

	return cmocka_run_group_tests(tests, NULL, counting_end);
}
