#include "fixture.h"

#include <string.h>

static const struct application *application_of(void *world, const struct pod *pod,
                                                const struct container *container)
{
	return strcmp(container->name, "unmodelled") == 0
	           ? NULL
	           : ((const struct fixture_pod *)pod)->application;
}

static struct network_address address_of(void *world, const struct pod *pod)
{
	return ((const struct fixture_pod *)pod)->address;
}

static unsigned node_of(void *world, const struct pod *pod)
{
	return 0;
}

static int64_t node_cpu_milli(void *world, unsigned node)
{
	return ((const struct fixture *)world)->node_milli;
}

static int64_t node_others_milli(void *world, unsigned node)
{
	return ((const struct fixture *)world)->others_milli;
}

static void set_application(struct fixture *f)
{
	f->routes[0] = (struct route_model){.path = (char *)"/predict",
	                                    .status = 200,
	                                    .pool = -1,
	                                    .cpu = distribution_exponential(20 * SIM_MILLISECOND),
	                                    .memory_bytes = -1};
	f->routes[1] = (struct route_model){
	    .path = (char *)"/healthz", .status = 200, .pool = -1, .memory_bytes = -1};
	f->routes[2] = (struct route_model){.path = (char *)"/ready",
	                                    .status = 200,
	                                    .pool = -1,
	                                    .needs = f->needs,
	                                    .n_needs = 1,
	                                    .memory_bytes = -1};
	f->dependencies[0] = (struct dependency_model){.name = (char *)"model"};
	f->pools[0] = (struct pool_model){.name = (char *)"predict", .concurrency = 2, .queue = 3};
	f->application = (struct application){
	    .name = (char *)"inference",
	    .dependencies = f->dependencies,
	    .n_dependencies = 1,
	    .workers = 1,
	    .cores_per_worker = 1,
	    .pools = f->pools,
	    .n_pools = 1,
	    .routes = f->routes,
	    .n_routes = 3,
	    .on_term = {.stops_listening = true},
	};
}

struct fixture *fixture_new(uint64_t seed)
{
	struct fixture *f = g_new0(struct fixture, 1);

	f->node_milli = 16000;
	f->sim = simulation_new(0, seed);
	f->network = network_new();
	f->usage = usage_registry_new();
	f->table = proxy_table_new();
	f->service = proxy_table_port(f->table, "default", "inference", 8000);
	set_application(f);
	f->requests[0] = (struct load_request){.path = (char *)"/predict", .weight = 1};
	f->requests[1] = (struct load_request){.path = (char *)"/healthz", .weight = 1};
	f->load = (struct load){
	    .name = (char *)"load",
	    .duration = SIM_NEVER,
	    .users = 1,
	    .think_time = distribution_exponential(SIM_SECOND),
	    .connections = {.keep_alive = true},
	    .connect_timeout = 130 * SIM_SECOND,
	    .requests = f->requests,
	    .n_requests = 1,
	    .rate = &f->rate,
	    .n_rate = 1,
	    .poisson = true,
	};
	return f;
}

void fixture_free(struct fixture *f)
{
	for (unsigned i = 0; i < MAX_LOADS; i++) {
		clients_free(f->clients[i]);
	}
	servers_free(f->servers);
	for (unsigned i = 0; i < f->n_pods; i++) {
		g_ref_string_release(f->pods[i].pod.object.meta.name);
		g_ref_string_release(f->pods[i].pod.object.meta.namespace);
		g_ref_string_release(f->pods[i].pod.object.meta.uid);
		resource_list_clear(&f->pods[i].container.limits);
		resource_list_clear(&f->pods[i].container.requests);
	}
	for (unsigned i = 0; i < 4; i++) {
		distribution_unref(f->routes[i].cpu);
		distribution_unref(f->routes[i].wait);
	}
	distribution_unref(f->dependencies[0].ready_after);
	distribution_unref(f->application.listens_after);
	distribution_unref(f->application.on_term.exit_after);
	distribution_unref(f->load.think_time);
	proxy_table_free(f->table);
	usage_registry_free(f->usage);
	network_free(f->network);
	simulation_free(f->sim);
	g_free(f);
}

void fixture_build(struct fixture *f)
{
	const struct servers_environment environment = {
	    .sim = f->sim,
	    .network = f->network,
	    .usage = f->usage,
	    .trace = &f->trace,
	    .applications = &f->application,
	    .n_applications = 1,
	    .application_of = application_of,
	    .address_of = address_of,
	    .node_of = node_of,
	    .node_cpu_milli = node_cpu_milli,
	    .node_others_milli = node_others_milli,
	    .world = f,
	    .rtt = f->rtt,
	    .cfs_throttling = f->cfs_throttling,
	    .cgroup_v1 = f->cgroup_v1,
	};

	f->servers = servers_new(&environment);
	f->runtime = servers_runtime(f->servers);
}

static void note_exit(void *data, int exit_code, const char *reason)
{
	struct fixture_pod *pod = data;

	pod->exit.count++;
	pod->exit.code = exit_code;
	pod->exit.at = simulation_now(pod->fixture->sim);
	g_strlcpy(pod->exit.reason, reason, sizeof(pod->exit.reason));
}

static void start(struct fixture_pod *pod)
{
	struct fixture *f = pod->fixture;

	pod->handle = f->runtime->start(f->runtime->self, &pod->pod, &pod->container,
	                                pod->attempt++, note_exit, pod);
}

void fixture_restart(struct fixture_pod *pod)
{
	pod->fixture->runtime->remove(pod->fixture->runtime->self, pod->handle);
	start(pod);
}

void fixture_start_pods(struct fixture *f, unsigned n, int64_t cpu_milli, int64_t memory_bytes)
{
	for (unsigned i = 0; i < n; i++) {
		struct fixture_pod *pod = &f->pods[f->n_pods];
		g_autofree char *name = g_strdup_printf("pod-%u", f->n_pods);
		const char *ip;

		pod->fixture = f;
		pod->application = f->next ? f->next : &f->application;
		pod->pod.object.meta.name = g_ref_string_new(name);
		pod->pod.object.meta.uid = g_ref_string_new(name);
		pod->pod.object.meta.namespace = g_ref_string_new("default");
		pod->pod.object.meta.ordinal = f->n_pods++;
		pod->port = (struct container_port){.number = 8000};
		pod->container = (struct container){
		    .name = (char *)(f->container_name ? f->container_name : "app"),
		    .ports = &pod->port,
		    .n_ports = 1};
		if (cpu_milli) {
			resource_list_set(&pod->container.limits, "cpu", cpu_milli);
		}
		if (memory_bytes) {
			resource_list_set(&pod->container.limits, "memory", memory_bytes * 1000);
		}
		if (f->request_milli) {
			resource_list_set(&pod->container.requests, "cpu", f->request_milli);
			resource_list_set(&pod->container.requests, "memory", memory_bytes * 1000);
		}
		pod->spec = (struct pod_spec){.containers = &pod->container, .n_containers = 1};
		pod->pod.spec = &pod->spec;
		pod->address = network_open(f->network, 0, &ip);
		start(pod);
	}
}

void fixture_endpoints(struct fixture *f, unsigned pods)
{
	struct proxy_target targets[MAX_PODS];
	unsigned n = 0;

	for (unsigned i = 0; i < f->n_pods; i++) {
		if (pods >> i & 1) {
			targets[n++] = (struct proxy_target){f->pods[i].address, 8000,
			                                     f->pods[i].pod.object.meta.name};
		}
	}
	proxy_port_program(f->service, targets, n, n > 0, true);
}

struct clients *fixture_clients(struct fixture *f, unsigned i)
{
	f->clients[i] =
	    clients_new(f->sim, f->servers, f->network, &f->trace, &f->load, i, f->service, f->rtt);
	return f->clients[i];
}

void fixture_run(struct fixture *f, sim_time until)
{
	g_autoptr(GError) error = NULL;

	assert_true(simulation_run_until(f->sim, until, &error));
	assert_null(error);
}

struct usage_reading fixture_usage(struct fixture *f, unsigned pod)
{
	struct usage_source *source = usage_registry_find(
	    f->usage, f->pods[pod].pod.object.meta.uid, f->pods[pod].container.name);
	struct usage_reading reading;

	assert_non_null(source);
	source->read(source->self, simulation_now(f->sim), &reading);
	return reading;
}

struct application_reading fixture_application(struct fixture *f, unsigned pod)
{
	struct usage_source *source = usage_registry_find(
	    f->usage, f->pods[pod].pod.object.meta.uid, f->pods[pod].container.name);
	struct application_reading reading;

	assert_non_null(source);
	source->read_application(source->self, simulation_now(f->sim), &reading);
	return reading;
}

static void note_answer(void *data, const struct probe_answer *answer)
{
	struct answer_note *note = data;

	note->count++;
	note->answer = *answer;
	note->at = simulation_now(note->fixture->sim);
}

void fixture_probe(struct fixture *f, unsigned pod, enum handler_kind kind, const char *path,
                   int port, sim_time timeout, struct answer_note *note)
{
	const struct handler handler = {.kind = kind, .path = (char *)path};

	note->fixture = f;
	f->runtime->probe(f->runtime->self, f->pods[pod].handle, &handler, port, timeout,
	                  note_answer, note);
	assert_int_equal(note->count, 0);
}

bool fixture_is_small(void)
{
	return getenv("PODSIM_TEST_SMALL") != NULL;
}

double fixture_size(double large, double small)
{
	return fixture_is_small() ? small : large;
}
