/* server_cpu.c - the processor of a container: what its limit, its workers and its node make of it,
 * at its start and whenever its resources change. */

#include "traffic/internal.h"

/* cfs_period_us as the kubelet sets it (pkg/kubelet/cm/helpers_linux.go). */
#define CFS_PERIOD (100 * SIM_MILLISECOND)

#define NANO 1e9

static struct node_cpu *node_of(struct servers *servers, unsigned number)
{
	const struct servers_environment *e = &servers->environment;

	if (servers->nodes->len <= number) {
		g_ptr_array_set_size(servers->nodes, (int)number + 1);
	}
	struct node_cpu **node = (struct node_cpu **)&servers->nodes->pdata[number];

	if (!*node) {
		*node =
		    node_cpu_new(e->node_cpu_milli(e->world, number),
		                 e->node_others_milli ? e->node_others_milli(e->world, number) : 0,
		                 e->cgroup_v1);
	}
	return *node;
}

struct bounds {
	double limit; /* cores */
	double cores; /* that the workers can use on this node */
	bool quota;   /* the limit is one of periods, and lower */
};

static struct bounds bounds_of(const struct server *server, const struct container *container)
{
	const struct servers_environment *e = &server->servers->environment;
	const struct application *a = server->application;
	double cores = (double)e->node_cpu_milli(e->world, server->node) / 1000;
	double limit = cores;
	int64_t milli;

	if (a->cores_per_worker > 0) {
		cores = MIN(cores, a->cores_per_worker * MAX(a->workers, 1));
	}
	if (resource_list_get(&container->limits, "cpu", &milli)) {
		limit = (double)milli / 1000;
	}
	return (struct bounds){limit, cores, e->cfs_throttling && limit < cores};
}

/* What the container may use in all, less what the background takes first. */
static void set_share(struct server *server, const struct bounds *bounds)
{
	const double allowed = MIN(bounds->limit, bounds->cores);
	const double most = bounds->quota ? bounds->cores : allowed;

	server->background =
	    MIN((double)server->application->background_milli / 1000, BACKGROUND_SHARE * allowed);
	server->share.most = (int64_t)(most * NANO + 0.5);
	server->share.background = (int64_t)(server->background * NANO + 0.5);
	server->share.capacity = most - server->background;
}

static void set_quota(struct server *server, const struct bounds *bounds)
{
	if (bounds->quota) {
		processor_set_quota(&server->cpu, (bounds->limit - server->background) * CFS_PERIOD,
		                    CFS_PERIOD);
	} else if (server->cpu.period) {
		processor_set_quota(&server->cpu, 0, 0);
	}
}

void server_cpu_start(struct server *server, const struct pod *pod,
                      const struct container *container, unsigned node)
{
	server->node = node;
	const struct bounds bounds = bounds_of(server, container);

	set_share(server, &bounds);
	processor_init(&server->cpu, server->servers->sim, server->share.capacity,
	               service_work_done, server);
	set_quota(server, &bounds);
	node_cpu_enter(node_of(server->servers, node), server, pod, container);
}

void server_cpu_idle(struct server *server, const struct pod *pod,
                     const struct container *container, unsigned node)
{
	server->node = node;
	node_cpu_enter(node_of(server->servers, node), server, pod, container);
}

void server_cpu_resize(struct server *server, const struct pod_spec *spec,
                       const struct container *container)
{
	const sim_time now = simulation_now(server->servers->sim);

	if (!server->application) { /* wants nothing, weighs all the same */
		node_cpu_resize(server, spec, container, 0);
		return;
	}
	const struct bounds bounds = bounds_of(server, container);
	const double background = server->background;
	const int64_t most = server->share.most;

	processor_update(&server->cpu);
	node_cpu_count(server);
	set_share(server, &bounds);
	/* the sum over the past, at the old rate, stays what it is */
	server->share.background_lost +=
	    (server->background - background) * (double)(now - server->started_at);
	set_quota(server, &bounds);
	node_cpu_resize(server, spec, container, most);
}
