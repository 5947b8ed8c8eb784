/* growth.c - how cost grows, by instructions that valgrind counts (the same on a busy machine as on
 * an idle one) and by the highest resident memory, never by time.
 *
 * A cost by the unit (a request, a hold) is the difference of two runs that differ in the number of
 * units alone, so that start-up and saving cancel. Skipped (77) without valgrind and in builds with
 * sanitizers, whose own instructions would be counted. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *podsim, *hold;
static char *valgrind, *folder;

struct count {
	double instructions, requests;
	double peak_kib;
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

static void write_file(const char *name, const char *text)
{
	g_autofree char *path = g_build_filename(folder, name, NULL);

	assert_true(g_file_set_contents(path, text, -1, NULL));
}

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

/* Runs a command; its standard error is returned. */
static char *run(const char *const *argv, double *peak_kib)
{
	g_autofree char *path = g_build_filename(folder, "stderr", NULL);
	struct rusage usage;
	int status;
	char *text;
	const pid_t child = fork();

	if (child == 0) {
		const int null = open("/dev/null", O_WRONLY);
		const int err = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);

		dup2(null, 1);
		dup2(err, 2);
		execv(argv[0], (char *const *)argv);
		_exit(127);
	}
	assert_int_equal(child, wait4(child, &status, 0, &usage));
	assert_true(g_file_get_contents(path, &text, NULL, NULL));
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		print_error("%s", text);
		fail();
	}
	if (peak_kib != NULL) {
		*peak_kib = (double)usage.ru_maxrss;
	}
	return text;
}

/* From a line like "==123== I refs:      1,234,567". */
static double instructions_of(const char *text)
{
	const char *at = strstr(text, "refs:");
	double n = 0;

	assert_non_null(at);
	for (at += strlen("refs:"); *at != '\n' && *at != '\0'; at++) {
		if (g_ascii_isdigit(*at)) {
			n = 10 * n + (*at - '0');
		}
	}
	assert_true(n > 0);
	return n;
}

static double requests_of(const char *text)
{
	const char *at = strstr(text, " events, ");
	double n;

	assert_non_null(at);
	assert_int_equal(sscanf(at, " events, %lf requests", &n), 1);
	return n;
}

#define COUNTING valgrind, "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"

static struct count count_run(const struct setting *s)
{
	g_autofree char *file = write_scenario(s);
	const char *argv[] = {COUNTING, podsim, "run", file, "--stats", NULL};
	g_autofree char *text = run(argv, NULL);

	return (struct count){instructions_of(text), requests_of(text), 0};
}

static struct count weigh_run(const struct setting *s)
{
	g_autofree char *file = write_scenario(s);
	const char *argv[] = {podsim, "run", file, "--stats", NULL};
	struct count count = {0};
	g_autofree char *text = run(argv, &count.peak_kib);

	count.requests = requests_of(text);
	return count;
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

static void assert_at_most(double ratio, double most)
{
	print_message("    ratio %.3f, at most %.3f\n", ratio, most);
	assert_true(ratio > 0);
	assert_true(ratio <= most);
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

/* At equal time: histograms by the window of time fill up to a bound, so the fewer requests are
 * already enough to fill them. */
static void test_ten_times_the_requests_need_no_more_memory(void **state)
{
	struct setting s = {.pods = 4, .rate = 400, .demand_ms = 0.1, .seconds = 600};
	const struct count once = weigh_run(&s);

	s.rate = 4000;
	const struct count tenfold = weigh_run(&s);

	assert_true(tenfold.requests > 9 * once.requests);
	assert_at_most(tenfold.peak_kib / once.peak_kib, 1.02);
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

static int remove_folder(void **state)
{
	static const char *const files[] = {"web.yaml", "growth.yaml", "stderr"};

	for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
		g_autofree char *path = g_build_filename(folder, files[i], NULL);

		g_unlink(path);
	}
	g_rmdir(folder);
	g_free(folder);
	g_free(valgrind);
	return 0;
}

int main(int argc, char **argv)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	return 77;
#endif
	if (argc != 3 || (valgrind = g_find_program_in_path("valgrind")) == NULL) {
		return argc != 3 ? 2 : 77;
	}
	podsim = argv[1];
	hold = argv[2];
	folder = g_dir_make_tmp("podsim-growth-XXXXXX", NULL);
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_ten_times_the_requests_cost_ten_times_the_instructions),
	    cmocka_unit_test(test_ten_times_the_requests_need_no_more_memory),
	    cmocka_unit_test(test_a_request_costs_hardly_more_among_a_hundred_times_the_users),
	    cmocka_unit_test(test_a_request_costs_the_logarithm_of_the_jobs_in_its_pod),
	    cmocka_unit_test(test_a_request_costs_the_same_among_many_pods),
	    cmocka_unit_test(test_a_hold_among_64k_events_costs_at_most_three_among_256),
	};

	return cmocka_run_group_tests(tests, NULL, remove_folder);
}
