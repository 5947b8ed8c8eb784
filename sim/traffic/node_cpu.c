#include "traffic/node_cpu.h"

#include "engine/sharing.h"
#include "rules/cpu_weight.h"
#include "traffic/internal.h"

#include <string.h>

#define NANO 1000000000
#define MILLI_TO_NANO 1000000

struct pod_cpu { /* a pod that has a running container */
	GRefString *uid;
	enum pod_qos qos;
	int64_t request;    /* milli-cores */
	double weight;      /* among its siblings */
	int64_t wanted;     /* nano-cores; of its containers together */
	double share;       /* nano-cores */
	GPtrArray *servers; /* struct server * */
};

struct node_cpu {
	int64_t capacity, others; /* nano-cores; others: of pods that are not modelled, always */
	int64_t most;             /* nano-cores: what all could want at most */
	int64_t wanted; /* nano-cores: what all want now; of containers only while `watched` */
	double others_weight;
	bool cgroup_v1;
	bool watched;  /* more could be wanted than there is: processors tell of their jobs */
	bool scarce;   /* more is wanted than there is */
	bool dividing; /* within divide() */
	bool again;    /* somebody's wants changed within it */
	GPtrArray *pods;
	GArray *sharers; /* struct sharer: room for one level */
};

static void on_jobs_changed(void *owner);

static void pod_cpu_free(void *data)
{
	struct pod_cpu *pod = data;

	g_ref_string_release(pod->uid);
	g_ptr_array_unref(pod->servers);
	g_free(pod);
}

struct node_cpu *node_cpu_new(int64_t milli, int64_t others, bool cgroup_v1)
{
	struct node_cpu *node = g_new0(struct node_cpu, 1);

	node->capacity = milli * MILLI_TO_NANO;
	node->others = others * MILLI_TO_NANO;
	node->most = node->wanted = node->others;
	node->others_weight = (double)cpu_weight(others, cgroup_v1);
	node->cgroup_v1 = cgroup_v1;
	node->pods = g_ptr_array_new_with_free_func(pod_cpu_free);
	node->sharers = g_array_new(FALSE, FALSE, sizeof(struct sharer));
	return node;
}

void node_cpu_free(struct node_cpu *node)
{
	if (node) {
		g_ptr_array_unref(node->pods);
		g_array_unref(node->sharers);
		g_free(node);
	}
}

/* --- what a container gets --- */

static int64_t wants(const struct server *server)
{
	const struct container_cpu *c = &server->share;
	const int64_t jobs = server->cpu.stopped ? 0 : (int64_t)server->cpu.n * NANO;

	return MIN(c->most, c->background + jobs);
}

void node_cpu_count(struct server *server)
{
	struct container_cpu *c = &server->share;
	const sim_time now = simulation_now(server->servers->sim);

	if (c->share < (double)c->wanted) {
		c->background_lost +=
		    (server->background - c->background_got) * (double)(now - c->counted);
		c->waited += server->cpu.short_of - c->short_before;
	}
	c->short_before = server->cpu.short_of;
	c->counted = now;
}

/* Gives @server its @share; @inside: its processor asked, and goes on by itself. */
static void give(struct server *server, double share, bool inside)
{
	struct container_cpu *c = &server->share;
	double capacity = c->capacity;
	double background = server->background;

	if (share < (double)c->wanted) {
		const double cores = share / NANO;

		background = MIN(background, BACKGROUND_SHARE * cores);
		capacity = cores - background;
	}
	if (share == c->share && capacity == server->cpu.capacity) {
		return;
	}
	processor_update(&server->cpu);
	node_cpu_count(server);
	c->share = share;
	c->background_got = background;
	if (inside) {
		server->cpu.capacity = capacity;
	} else if (capacity != server->cpu.capacity) {
		processor_set_capacity(&server->cpu, capacity);
	}
}

/* --- the tree --- */

static void add_sharer(struct node_cpu *node, double weight, double wanted)
{
	const struct sharer sharer = {.weight = weight, .wanted = wanted};

	g_array_append_val(node->sharers, sharer);
}

static const struct sharer *divide_level(struct node_cpu *node, double capacity)
{
	struct sharer *sharers = (struct sharer *)node->sharers->data;

	sharing_divide(sharers, node->sharers->len, capacity);
	return sharers;
}

/* What the pods of class @qos want together, and in *@request what they request. */
static double class_wants(const struct node_cpu *node, enum pod_qos qos, int64_t *request)
{
	int64_t wanted = 0;

	*request = 0;
	for (unsigned i = 0; i < node->pods->len; i++) {
		const struct pod_cpu *pod = node->pods->pdata[i];

		if (pod->qos == qos) {
			wanted += pod->wanted;
			*request += pod->request;
		}
	}
	return (double)wanted;
}

static void add_pods(struct node_cpu *node, enum pod_qos qos)
{
	for (unsigned i = 0; i < node->pods->len; i++) {
		const struct pod_cpu *pod = node->pods->pdata[i];

		if (pod->qos == qos) {
			add_sharer(node, pod->weight, (double)pod->wanted);
		}
	}
}

static void take_pods(struct node_cpu *node, enum pod_qos qos, const struct sharer *sharer)
{
	for (unsigned i = 0; i < node->pods->len; i++) {
		struct pod_cpu *pod = node->pods->pdata[i];

		if (pod->qos == qos) {
			pod->share = (sharer++)->share;
		}
	}
}

/* Shares of all pods: first of the classes beside the Guaranteed pods, then within each class. */
static void divide_among_pods(struct node_cpu *node)
{
	enum { OTHERS, BURSTABLE, BEST_EFFORT, GUARANTEED };
	int64_t burstable, none;
	const double burstable_wants = class_wants(node, QOS_BURSTABLE, &burstable);
	const double best_effort_wants = class_wants(node, QOS_BEST_EFFORT, &none);

	g_array_set_size(node->sharers, 0);
	add_sharer(node, node->others_weight, (double)node->others);
	add_sharer(node, (double)cpu_weight(burstable, node->cgroup_v1), burstable_wants);
	add_sharer(node, (double)cpu_weight(0, node->cgroup_v1), best_effort_wants);
	add_pods(node, QOS_GUARANTEED);
	const struct sharer *sharers = divide_level(node, (double)node->capacity);
	const double of_burstable = sharers[BURSTABLE].share;
	const double of_best_effort = sharers[BEST_EFFORT].share;

	take_pods(node, QOS_GUARANTEED, &sharers[GUARANTEED]);
	g_array_set_size(node->sharers, 0);
	add_pods(node, QOS_BURSTABLE);
	take_pods(node, QOS_BURSTABLE, divide_level(node, of_burstable));
	g_array_set_size(node->sharers, 0);
	add_pods(node, QOS_BEST_EFFORT);
	take_pods(node, QOS_BEST_EFFORT, divide_level(node, of_best_effort));
}

/* The share of the pod goes to its containers. */
static void divide_within(struct node_cpu *node, const struct pod_cpu *pod,
                          const struct server *inside)
{
	g_array_set_size(node->sharers, 0);
	for (unsigned i = 0; i < pod->servers->len; i++) {
		const struct container_cpu *c = &((struct server *)pod->servers->pdata[i])->share;

		add_sharer(node, c->weight, (double)c->wanted);
	}
	const struct sharer *sharers = divide_level(node, pod->share);

	for (unsigned i = 0; i < pod->servers->len; i++) {
		struct server *server = pod->servers->pdata[i];

		give(server, sharers[i].share, server == inside);
	}
}

/* Enough for all: everybody gets what he wants. */
static void satisfy(const struct pod_cpu *pod, const struct server *inside)
{
	for (unsigned i = 0; i < pod->servers->len; i++) {
		struct server *server = pod->servers->pdata[i];

		give(server, (double)server->share.wanted, server == inside);
	}
}

/* Shares of all containers for what they want now. A processor whose capacity changes may find that
 * its quota is renewed at this very instant, and want more: then once more. */
static void divide(struct node_cpu *node, const struct server *inside)
{
	node->dividing = true;
	do {
		node->again = false;
		const bool was_scarce = node->scarce;

		node->scarce = node->wanted > node->capacity;
		if (node->scarce) {
			divide_among_pods(node);
		}
		for (unsigned i = 0; i < node->pods->len; i++) {
			if (node->scarce) {
				divide_within(node, node->pods->pdata[i], inside);
			} else if (was_scarce) {
				satisfy(node->pods->pdata[i], inside);
			}
		}
	} while (node->again);
	node->dividing = false;
}

/* --- changes --- */

static void set_wanted(struct server *server, int64_t wanted)
{
	struct container_cpu *c = &server->share;

	c->node->wanted += wanted - c->wanted;
	c->pod->wanted += wanted - c->wanted;
	c->wanted = wanted;
}

/* Who does not get what he wants gets no more by wanting more, and no less by wanting less, as long
 * as he still wants more than he gets. */
static void on_jobs_changed(void *owner)
{
	struct server *server = owner;
	struct container_cpu *c = &server->share;
	struct node_cpu *node = c->node;
	const int64_t wanted = wants(server);

	if (wanted == c->wanted) {
		return;
	}
	const bool stays_short = c->share < (double)MIN(c->wanted, wanted);

	if (!stays_short) { /* up to now it was what it was */
		processor_update(&server->cpu);
		node_cpu_count(server);
	}
	set_wanted(server, wanted);
	if (node->dividing) {
		node->again = true;
	} else if (node->wanted > node->capacity ? !stays_short : node->scarce) {
		divide(node, server);
	} else if (!node->scarce) {
		c->share = (double)wanted;
	}
}

/* Starts or stops to watch what the containers want. */
static void watch(struct node_cpu *node, bool watched)
{
	node->watched = watched;
	for (unsigned i = 0; i < node->pods->len; i++) {
		const struct pod_cpu *pod = node->pods->pdata[i];

		for (unsigned j = 0; j < pod->servers->len; j++) {
			struct server *server = pod->servers->pdata[j];

			server->cpu.changed = watched ? on_jobs_changed : NULL;
			set_wanted(server, watched ? wants(server) : 0);
			server->share.share = (double)server->share.wanted;
		}
	}
}

/* After any change of who is there. */
static void look_again(struct node_cpu *node)
{
	const bool possible = node->most > node->capacity;

	if (possible && !node->watched) {
		watch(node, true);
	}
	if (node->watched) {
		divide(node, NULL);
	}
	if (node->watched && !possible) {
		watch(node, false);
	}
}

static void weigh_pod(const struct node_cpu *node, struct pod_cpu *pod, const struct pod_spec *spec)
{
	pod->qos = pod_spec_qos(spec);
	pod->request = pod->qos == QOS_BEST_EFFORT ? 0 : pod_spec_request(spec, "cpu");
	pod->weight = (double)cpu_weight(pod->request, node->cgroup_v1);
}

static void weigh_container(const struct node_cpu *node, struct container_cpu *c,
                            const struct container *container)
{
	int64_t request;

	if (!resource_list_get(&container->requests, "cpu", &request) || request == 0) {
		resource_list_get(&container->limits, "cpu", &request);
	}
	c->weight = (double)cpu_weight(request, node->cgroup_v1);
}

static struct pod_cpu *pod_of(struct node_cpu *node, const struct pod *pod)
{
	for (unsigned i = 0; i < node->pods->len; i++) {
		struct pod_cpu *known = node->pods->pdata[i];

		if (strcmp(known->uid, pod->object.meta.uid) == 0) {
			return known;
		}
	}
	struct pod_cpu *new = g_new0(struct pod_cpu, 1);

	new->uid = g_ref_string_acquire(pod->object.meta.uid);
	weigh_pod(node, new, pod->spec);
	new->servers = g_ptr_array_new();
	g_ptr_array_add(node->pods, new);
	return new;
}

void node_cpu_enter(struct node_cpu *node, struct server *server, const struct pod *pod,
                    const struct container *container)
{
	struct container_cpu *c = &server->share;

	c->node = node;
	c->pod = pod_of(node, pod);
	weigh_container(node, c, container);
	c->background_got = server->background;
	c->counted = simulation_now(server->servers->sim);
	g_ptr_array_add(c->pod->servers, server);
	node->most += c->most;
	if (node->watched) {
		server->cpu.changed = on_jobs_changed;
		set_wanted(server, wants(server));
		c->share = (double)c->wanted;
	}
	look_again(node);
}

void node_cpu_resize(struct server *server, const struct pod_spec *spec,
                     const struct container *container, int64_t most)
{
	struct container_cpu *c = &server->share;
	struct node_cpu *node = c->node;

	weigh_pod(node, c->pod, spec);
	weigh_container(node, c, container);
	node->most += c->most - most;
	c->background_got = server->background;
	if (node->watched) {
		set_wanted(server, wants(server));
		c->share = (double)c->wanted; /* until the CPU is divided anew, just below */
	}
	if (server->cpu.capacity != c->capacity) {
		processor_set_capacity(&server->cpu, c->capacity);
	}
	look_again(node);
}

void node_cpu_leave(struct server *server)
{
	struct container_cpu *c = &server->share;
	struct node_cpu *node = c->node;

	if (!node) {
		return;
	}
	server->cpu.changed = NULL;
	set_wanted(server, 0);
	node->most -= c->most;
	g_ptr_array_remove(c->pod->servers, server);
	if (c->pod->servers->len == 0) {
		g_ptr_array_remove(node->pods, c->pod);
	}
	c->node = NULL;
	c->pod = NULL;
	look_again(node);
}
