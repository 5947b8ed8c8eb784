/* growth.c - how cost grows with size.
 *
 * A cost by the unit (a request, a hold) is the difference of two runs that differ in the number of
 * units alone, so that start-up and saving cancel. */

#include "counting.h"

#include <stdio.h>

static const char *podsim, *hold;

struct count {
	double instructions, requests;
};

struct setting {
	int pods, users; /* users 0: Poisson arrivals at rate */
	int rate;
	double demand_ms, think_s;
	int seconds;
};

static const char *const manifest =
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n"
    "  replicas: %d\n  selector: {matchLabels: {app: web}}\n"
    "  template:\n    metadata: {labels: {app: web}}\n    spec:\n      containers:\n"
    "      - name: web\n        image: web:1\n"
    "        ports: [{name: http, containerPort: 8080}]\n"
    "        resources: {requests: {cpu: 100m}, limits: {cpu: \"1\"}}\n"
    "---\napiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec:\n"
    "  selector: {app: web}\n  ports: [{name: http, port: 80, targetPort: http}]\n";

static const char *const scenario =
    "apiVersion: podsim/v1\nkind: Scenario\nmetadata: {name: growth}\nspec:\n  to: 700s\n"
    "  cluster:\n    nodes: [{name: node, count: 2, allocatable: {cpu: \"64\", memory: 64Gi, "
    "pods: \"110\"}}]\n"
    "  manifests: [web.yaml]\n  applications:\n  - name: web\n    match: {container: web}\n"
    "    routes: [{path: /, cpu: {exponential: {mean: %gms}}, wait: 5ms}]\n"
    "  load:\n  - name: load\n    from: 30s\n    for: %ds\n    target: {service: web, port: 80}\n"
    "    timeout: 10000s\n    connections: {keepAlive: false}\n    requests: [{path: /}]\n";

static char *write_scenario(const struct setting *s)
{
	g_autofree char *web = g_strdup_printf(manifest, s->pods);
	GString *text = g_string_new(NULL);

	g_string_printf(text, scenario, s->demand_ms, s->seconds);
	if (s->users > 0) {
		g_string_append_printf(text,
		                       "    users: %d\n    spawnRate: %d/s\n"
		                       "    thinkTime: {exponential: {mean: %gs}}\n",
		                       s->users, s->users, s->think_s);
	} else {
		g_string_append_printf(text, "    rate: %d/s\n    arrivals: poisson\n", s->rate);
	}
	write_file("web.yaml", web);
	write_file("growth.yaml", text->str);
	g_string_free(text, TRUE);
	return g_build_filename(folder, "growth.yaml", NULL);
}

static struct count count_run(const struct setting *s)
{
	g_autofree char *file = write_scenario(s);
	const char *argv[] = {COUNTING, podsim, "run", file, "--stats", NULL};
	g_autofree char *text = run(argv, NULL);

	return (struct count){instructions_of(text), requests_of(text)};
}

/* Instructions by the request: of the time from @s->seconds to @longer. */
static double by_request(struct setting s, int longer)
{
	const struct count few = count_run(&s);

	s.seconds = longer;
	const struct count many = count_run(&s);

	assert_true(many.requests > few.requests + 1000);
	return (many.instructions - few.instructions) / (many.requests - few.requests);
}

static void test_ten_times_the_requests_cost_ten_times_the_instructions(void **state)
{
	struct setting s = {.pods = 4, .users = 100, .demand_ms = 20, .think_s = 0.5, .seconds = 5};
	const struct count base = count_run(&s);

	s.seconds = 30;
	const struct count once = count_run(&s);

	s.seconds = 255;
	const struct count tenfold = count_run(&s);
	const double requests =
	    (tenfold.requests - base.requests) / (once.requests - base.requests);
	const double cost =
	    (tenfold.instructions - base.instructions) / (once.instructions - base.instructions);

	assert_true(requests > 9);
	assert_at_most(10 * cost / requests, 10.5);
}

/* 100 times the users, who think 100 times as long: the queue of events is deeper, by the
 * logarithm. */
static void test_a_request_costs_hardly_more_among_a_hundred_times_the_users(void **state)
{
	const struct setting few = {
	    .pods = 4, .users = 100, .demand_ms = 1, .think_s = 0.5, .seconds = 150};
	const struct setting many = {
	    .pods = 4, .users = 10000, .demand_ms = 1, .think_s = 50, .seconds = 150};

	assert_at_most(by_request(many, 200) / by_request(few, 200), 1.6);
}

/* One pod that can serve 50 requests a second: all users but a few wait in it. */
static void test_a_request_costs_the_logarithm_of_the_jobs_in_its_pod(void **state)
{
	const struct setting few = {
	    .pods = 1, .users = 100, .demand_ms = 20, .think_s = 0.5, .seconds = 100};
	const struct setting many = {
	    .pods = 1, .users = 10000, .demand_ms = 20, .think_s = 0.5, .seconds = 100};

	assert_at_most(by_request(many, 300) / by_request(few, 300), 1.6);
}

/* At equal traffic and time; the rate is what differs, so that what each pod costs by itself
 * cancels. */
static void test_a_request_costs_the_same_among_many_pods(void **state)
{
	double cost[2];

	for (int i = 0; i < 2; i++) {
		struct setting s = {
		    .pods = i == 0 ? 4 : 100, .rate = 500, .demand_ms = 1, .seconds = 10};
		const struct count half = count_run(&s);

		s.rate = 1500;
		const struct count full = count_run(&s);

		assert_true(full.requests > half.requests + 8000);
		cost[i] = (full.instructions - half.instructions) / (full.requests - half.requests);
	}
	assert_at_most(cost[1] / cost[0], 1.25);
}

static double by_hold(const char *pending)
{
	const char *few[] = {COUNTING, hold, pending, "50000", NULL};
	const char *many[] = {COUNTING, hold, pending, "100000", NULL};
	g_autofree char *fewer = run(few, NULL);
	g_autofree char *more = run(many, NULL);

	return (instructions_of(more) - instructions_of(fewer)) / 50000;
}

static void test_a_hold_among_64k_events_costs_at_most_three_among_256(void **state)
{
	assert_at_most(by_hold("65536") / by_hold("256"), 3);
}

int main(int argc, char **argv)
{
	if (argc != 3) {
		return 2;
	}
	if (!counting_begin()) {
		return 77;
	}
	podsim = argv[1];
	hold = argv[2];
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_ten_times_the_requests_cost_ten_times_the_instructions),
	    cmocka_unit_test(test_a_request_costs_hardly_more_among_a_hundred_times_the_users),
	    cmocka_unit_test(test_a_request_costs_the_logarithm_of_the_jobs_in_its_pod),
	    cmocka_unit_test(test_a_request_costs_the_same_among_many_pods),
	    cmocka_unit_test(test_a_hold_among_64k_events_costs_at_most_three_among_256),
	};

	return cmocka_run_group_tests(tests, NULL, counting_end);
}
