/* probes.c - runs the cases of the table `probes`: one pod with one container on one node, the
 * application a script, the kubelet the real actor. */

#include "cluster/kubelet.h"
#include "conformance.h"
#include "kube/codec.h"
#include "probes_case.h"
#include "probes_compare.h"
#include "probes_record.h"
#include "probes_script.h"

struct stage { /* of one case */
	struct probes_case kase;
	struct simulation *sim;
	struct store *store;
	struct network *network;
	struct probes_record record;
	struct script *script;
	struct kubelet *kubelet;
	struct release release;
	struct pod_spec *spec;
	char *uid;
};

static sim_time start_time(void *world, const struct pod *pod, const struct container *container,
                           uint32_t attempt)
{
	const struct stage *stage = world;

	/* The workers exist from the first sync on, the first container from zero. */
	return attempt == 0 ? -stage->kase.workers_start : 0;
}

static sim_time worker_sleep(void *world, const struct pod *pod, const struct container *container,
                             enum probe_type type)
{
	const struct stage *stage = world;

	return stage->kase.sleep[type];
}

/* --- the pod --- */

static struct pod_spec *make_spec(const struct probes_case *c, GString *diff)
{
	struct pod_spec *spec = g_new0(struct pod_spec, 1);
	struct container *container = g_new0(struct container, 1);

	spec->refs = 1;
	spec->containers = container;
	spec->n_containers = 1;
	spec->restart_policy = c->restart_policy;
	spec->termination_grace_period_seconds = c->grace;
	container->name = g_strdup("app");
	container->image = g_strdup("app");
	for (unsigned type = 0; type < PROBE_TYPES; type++) {
		g_autoptr(GError) error = NULL;

		if (!c->probes[type]) {
			continue;
		}
		container->probes[type] = probe_decode(c->probes[type], &error);
		if (!container->probes[type]) {
			g_string_append_printf(diff, "%s\n", error->message);
		} else if (container->probes[type]->handler.kind != HANDLER_HTTP_GET) {
			g_string_append(diff, "probes: expected httpGet\n");
		}
	}
	if (c->pre_stop != SIM_NEVER) {
		container->pre_stop = g_new0(struct handler, 1);
		container->pre_stop->kind = HANDLER_EXEC;
	}
	return spec;
}

static void on_create(struct simulation *sim, void *data)
{
	struct stage *stage = data;
	const struct pod_template template = {.spec = stage->spec};
	struct pod *pod = pod_new(&template);

	pod->object.meta.name = ref_string("pod");
	pod->object.meta.namespace = ref_string("default");
	pod->node_name = ref_string("node");
	store_create(stage->store, &pod->object, NULL);
	stage->uid = g_strdup(pod->object.meta.uid);
	object_unref(&pod->object);
}

static void on_delete(struct simulation *sim, void *data)
{
	struct stage *stage = data;

	store_delete_pod(stage->store, "default", "pod", -1, NULL);
}

static void on_resync(struct simulation *sim, void *data)
{
	struct stage *stage = data;

	kubelet_resync(stage->kubelet, stage->uid);
}

/* --- the stage --- */

static void start_kubelet(struct stage *stage)
{
	const struct probes_case *c = &stage->kase;
	const struct cluster_environment environment = {
	    .sim = stage->sim,
	    .store = stage->store,
	    .trace = &stage->record.trace,
	    .release = &stage->release,
	};
	struct kubelet_config config = {
	    .node_name = "node",
	    .network = stage->network,
	    .runtime = script_runtime(stage->script),
	};

	kubelet_config_defaults(&config);
	config.relist_period = c->relist;
	config.relist_phase = c->relist_phase;
	config.queue_period = 0;
	config.sync_frequency = 0;
	config.jitter = false;
	config.back_off_retry_cap = 0;
	config.back_off.initial = c->back_off_initial;
	config.back_off.maximum = c->back_off_maximum;
	config.clock_fraction = c->clock_fraction;
	config.world = stage;
	config.container_start_time = start_time;
	config.worker_sleep = worker_sleep;
	stage->kubelet = kubelet_new(&environment, &config);
}

static void schedule_actions(struct stage *stage)
{
	const struct probes_case *c = &stage->kase;

	simulation_schedule(stage->sim, c->workers_start, PHASE_RUNTIME, on_create, stage);
	if (c->delete_at != SIM_NEVER) {
		simulation_schedule(stage->sim, c->delete_at, PHASE_RUNTIME, on_delete, stage);
	}
	for (unsigned i = 0; i < c->resyncs->len; i++) {
		simulation_schedule(stage->sim, g_array_index(c->resyncs, sim_time, i),
		                    PHASE_RUNTIME, on_resync, stage);
	}
}

static void stage_run(struct stage *stage)
{
	struct probes_case *c = &stage->kase;
	g_autoptr(GError) error = NULL;

	/* "1.31 to 1.34", with the retry of refused restarts of 1.35. */
	if (!release_init(&stage->release, RELEASE_DEFAULT, &error)) {
		g_string_append_printf(c->diff, "%s\n", error->message);
		return;
	}
	stage->release.backoff_retry_at_end = true;
	stage->release.pleg_on_demand_relist = c->on_demand;
	stage->sim = simulation_new(c->workers_start - SIM_SECOND, 1);
	stage->store = store_new(stage->sim);
	stage->network = network_new();
	probes_record_init(&stage->record, stage->sim, stage->store);
	stage->script = script_new(stage->sim, c, stage->spec->containers[0].probes);
	start_kubelet(stage);
	schedule_actions(stage);
	if (simulation_run_until(stage->sim, c->until, &error)) {
		probes_compare(c, &stage->record, script_probes(stage->script));
	} else {
		g_string_append_printf(c->diff, "%s\n", error->message);
	}
	kubelet_free(stage->kubelet);
	script_free(stage->script);
	probes_record_clear(&stage->record);
	network_free(stage->network);
	store_free(stage->store);
	simulation_free(stage->sim);
}

bool conformance_probes(const struct doc *kase, GString *diff)
{
	struct stage stage = {0};

	if (probes_case_read(&stage.kase, kase, diff)) {
		stage.spec = make_spec(&stage.kase, diff);
		if (diff->len == 0) {
			stage_run(&stage);
		}
		pod_spec_unref(stage.spec);
	}
	probes_case_clear(&stage.kase);
	g_free(stage.uid);
	return diff->len == 0;
}
