/* traffic.c - sim/traffic against the bare model of bare.c, in turn, same scenario, same number of
 * requests.
 *
 * Prints ns a request of both and the median of the ratios pair by pair. Arguments: a scenario's
 * name (default: all), requests in millions (default 1). */

#include "bare.h"

#include "traffic/traffic.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define ROUNDS 5

struct bench_pod {
	struct pod pod;
	struct network_address address;
};

struct world {
	struct simulation *sim;
	struct network *network;
	struct usage_registry *usage;
	struct proxy_table *table;
	struct servers *servers;
	struct trace trace;
	struct application application;
	struct route_model route;
	struct load load;
	struct load_request request;
	struct rate_point rate;
	struct pod_spec spec;
	struct bench_pod *pods;
	int n_pods;
};

static const struct application *application_of(void *world, const struct pod *pod,
                                                const struct container *container)
{
	return &((struct world *)world)->application;
}

static struct network_address address_of(void *world, const struct pod *pod)
{
	return ((const struct bench_pod *)pod)->address;
}

/* A node of one core for each pod: none touches another. */
static unsigned node_of(void *world, const struct pod *pod)
{
	return (unsigned)((const struct bench_pod *)pod - ((const struct world *)world)->pods);
}

static int64_t node_cpu_milli(void *world, unsigned node)
{
	return 1000;
}

static void note_exit(void *data, int exit_code, const char *reason)
{
}

struct measured {
	double ns, mean_ms, p95_ms;
};

static void set_models(struct world *w, const struct bare_scenario *s, bool keep_alive)
{
	w->request = (struct load_request){.path = (char *)"/", .weight = 1};
	w->route = (struct route_model){
	    .path = (char *)"/",
	    .status = 200,
	    .pool = -1,
	    .cpu = distribution_exponential(s->demand_ms * 1e6),
	    .wait = distribution_constant(BARE_WAIT_NS),
	};
	w->application = (struct application){
	    .name = (char *)"web", .workers = 1, .routes = &w->route, .n_routes = 1};
	w->rate = (struct rate_point){0, s->rate};
	w->load = (struct load){
	    .name = (char *)"load",
	    .duration = SIM_NEVER,
	    .users = s->users,
	    /* Users come over three think times, so that the start is no overload. */
	    .spawn_rate = s->users / (3 * s->think_s),
	    .think_time = distribution_exponential(s->think_s * 1e9),
	    .rate = &w->rate,
	    .n_rate = 1,
	    .poisson = true,
	    .timeout = 1000 * SIM_SECOND,
	    .connect_timeout = 130 * SIM_SECOND,
	    .connections = {.keep_alive = keep_alive},
	    .requests = &w->request,
	    .n_requests = 1,
	};
}

static struct proxy_port *start_pods(struct world *w)
{
	static const struct container container = {.name = (char *)"app"};
	const struct container_runtime *runtime = servers_runtime(w->servers);
	struct proxy_port *port = proxy_table_port(w->table, "default", "web", 80);
	g_autofree struct proxy_target *targets = g_new0(struct proxy_target, w->n_pods);

	w->pods = g_new0(struct bench_pod, w->n_pods);
	for (int i = 0; i < w->n_pods; i++) {
		struct bench_pod *pod = &w->pods[i];
		g_autofree char *name = g_strdup_printf("web-%d", i);
		const char *ip;

		pod->pod.object.meta.name = pod->pod.object.meta.uid = g_ref_string_new(name);
		pod->pod.object.meta.namespace = g_ref_string_new("default");
		pod->pod.spec = &w->spec;
		pod->address = network_open(w->network, (unsigned)i / 100, &ip);
		runtime->start(runtime->self, &pod->pod, &container, 0, note_exit, NULL);
		targets[i] = (struct proxy_target){pod->address, 80, pod->pod.object.meta.name};
	}
	simulation_run_until(w->sim, 0, NULL); /* they listen at once */
	proxy_port_program(port, targets, (uint32_t)w->n_pods, true, true);
	return port;
}

static struct proxy_port *world_open(struct world *w, const struct bare_scenario *s,
                                     bool keep_alive)
{
	*w = (struct world){
	    .sim = simulation_new(0, 1),
	    .network = network_new(),
	    .usage = usage_registry_new(),
	    .table = proxy_table_new(),
	    .n_pods = s->pods,
	};
	set_models(w, s, keep_alive);
	const struct servers_environment environment = {
	    .sim = w->sim,
	    .network = w->network,
	    .usage = w->usage,
	    .trace = &w->trace,
	    .application_of = application_of,
	    .address_of = address_of,
	    .node_of = node_of,
	    .node_cpu_milli = node_cpu_milli,
	    .world = w,
	};

	w->servers = servers_new(&environment);
	return start_pods(w);
}

static void world_close(struct world *w)
{
	servers_free(w->servers);
	usage_registry_free(w->usage);
	proxy_table_free(w->table);
	network_free(w->network);
	simulation_free(w->sim);
	for (int i = 0; i < w->n_pods; i++) {
		g_ref_string_release(w->pods[i].pod.object.meta.name);
		g_ref_string_release(w->pods[i].pod.object.meta.namespace);
	}
	distribution_unref(w->route.cpu);
	distribution_unref(w->route.wait);
	distribution_unref(w->load.think_time);
	g_free(w->pods);
}

static struct measured run(const struct bare_scenario *s, double requests, bool keep_alive)
{
	struct world w;
	struct proxy_port *port = world_open(&w, s, keep_alive);
	struct clients *clients =
	    clients_new(w.sim, w.servers, w.network, &w.trace, &w.load, 0, port, 0);
	const struct load_results *results = clients_results(clients);

	simulation_run_until(w.sim, (sim_time)(4e9 * s->think_s), NULL);
	const uint64_t done = results->done;
	const double before = bench_cpu_seconds();

	while ((double)(results->done - done) < requests) {
		simulation_run_until(w.sim, simulation_now(w.sim) + 100 * SIM_MILLISECOND, NULL);
	}
	const struct measured m = {
	    (bench_cpu_seconds() - before) * 1e9 / (double)(results->done - done),
	    histogram_mean(results->latency) / 1e6,
	    histogram_quantile(results->latency, 0.95) / 1e6,
	};

	clients_free(clients);
	world_close(&w);
	return m;
}

static int by_value(const void *a, const void *b)
{
	const double x = *(const double *)a;
	const double y = *(const double *)b;

	return (x > y) - (x < y);
}

static void compare(const struct bare_scenario *s, double requests)
{
	double ratios[2][ROUNDS];
	struct bare_result bare = {0};
	struct measured ours[2] = {0};

	for (int i = 0; i < ROUNDS; i++) {
		bare = bare_run(s, (int64_t)requests, 1);
		for (int kept = 0; kept < 2; kept++) {
			ours[kept] = run(s, requests, kept);
			ratios[kept][i] = ours[kept].ns / bare.ns_per_request;
		}
	}
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	qsort(ratios[0], ROUNDS, sizeof(double), by_value);
	qsort(ratios[1], ROUNDS, sizeof(double), by_value);
	printf("%-9s bare %4.0f ns (mean %.1f ms, p95 %.1f); new connections %4.0f ns, ratio %.2f "
	       "(mean %.1f ms, p95 %.1f); "
	       "kept %4.0f ns, ratio %.2f; peak %.1f MB\n",
	       s->name, bare.ns_per_request, bare.mean_ms, bare.p95_ms, ours[0].ns,
	       ratios[0][ROUNDS / 2], ours[0].mean_ms, ours[0].p95_ms, ours[1].ns,
	       ratios[1][ROUNDS / 2], (double)usage.ru_maxrss / 1024);
}

int main(int argc, char **argv)
{
	const double requests = argc > 2 ? atof(argv[2]) * 1e6 : 1e6;

	for (int i = 0; i < 4; i++) {
		if (argc < 2 || strcmp(argv[1], "all") == 0 ||
		    strcmp(argv[1], bare_scenarios[i].name) == 0) {
			compare(&bare_scenarios[i], requests);
		}
	}
	return 0;
}
