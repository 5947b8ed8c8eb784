/* recorder_stops.c - pods that are told to stop while nodes still send them connections. */

#include "record/recorder_private.h"

/* @hash: of the node's name, since a pod is in the rules of many nodes. */
static void leave_rules(struct recorder *recorder, const struct endpoints_trace *t, unsigned hash,
                        const char *name)
{
	struct run_pod *pod = recorder_pod_named(recorder, t->namespace, name);

	if (!pod || pod->deleted_at == SIM_NEVER) {
		return;
	}
	for (unsigned i = 0; i < pod->left->len; i++) { /* it may belong to several Services */
		struct run_left *known = &g_array_index(pod->left, struct run_left, i);

		if (known->hash == hash && g_str_equal(known->node, t->node)) {
			known->at = t->at;
			return;
		}
	}
	const struct run_left left = {g_strdup(t->node), t->at, hash};

	g_array_append_val(pod->left, left);
}

void recorder_see_rules(struct recorder *recorder, struct service_record *service,
                        const struct endpoints_trace *t, struct name_list *names)
{
	struct name_list *before = service ? g_hash_table_lookup(service->rules, t->node) : NULL;

	if (!service || before == names) {
		return;
	}
	if (before) {
		const GPtrArray *gone = name_list_gone(names, before);
		const unsigned hash = g_str_hash(t->node);

		for (unsigned i = 0; i < gone->len; i++) {
			leave_rules(recorder, t, hash, gone->pdata[i]);
		}
	}
	g_hash_table_insert(service->rules, g_strdup(t->node), name_list_ref(names));
}

void recorder_see_stop(struct run_pod *pod, const struct container_trace *t)
{
	if (pod->deleted_at == SIM_NEVER) {
		return; /* one container is killed, for a probe */
	}
	if (t->step == CONTAINER_PRE_STOP) {
		pod->pre_stop_at = MIN(pod->pre_stop_at, t->at);
	} else {
		pod->term_at = MIN(pod->term_at, t->at);
	}
}

void recorder_see_cut(void *self, const struct cut_trace *t)
{
	struct recorder *recorder = self;
	struct run_pod *pod = recorder->cut_last; /* they come in rows */

	if (!pod || g_strcmp0(pod->name, t->pod) != 0 ||
	    g_strcmp0(pod->namespace, t->namespace) != 0) {
		pod = recorder_pod_named(recorder, t->namespace, t->pod);
	}
	recorder->cut_last = pod;
	if (!pod || pod->term_at == SIM_NEVER) {
		return;
	}
	struct run_cut *cut = &pod->cut;

	cut->refused += t->outcome == REQUEST_REFUSED;
	cut->unreachable += t->outcome == REQUEST_CONNECT_TIMEOUT;
	cut->reset += t->outcome == REQUEST_RESET;
	cut->first = MIN(cut->first, t->at);
	cut->last = t->at;
}
