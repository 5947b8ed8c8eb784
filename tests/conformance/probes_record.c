/* probes_record.c - notes what a kubelet does. */

#include "probes_record.h"

#include "rules/probe_message.h"

static void note_change(struct probes_record *record, GArray *changes, bool *present, bool value)
{
	struct recorded_change change = {simulation_now(record->sim), value};

	if (*present != value) {
		*present = value;
		g_array_append_val(changes, change);
	}
}

static void on_pod(void *data, enum change change, const struct object *old,
                   const struct object *object)
{
	struct probes_record *record = data;
	const struct pod *pod = POD(object);

	if (change == CHANGE_DELETED) {
		return;
	}
	note_change(record, record->started, &record->is_started, pod->containers[0].started);
	note_change(record, record->ready, &record->is_ready, pod_is_ready(pod));
	if (pod->pod_ip && !record->pod_ip) {
		record->pod_ip = g_strdup(pod->pod_ip);
	}
}

static void note_event(struct probes_record *record, const char *reason, const char *message)
{
	sim_time now = simulation_now(record->sim);
	struct recorded_event fresh = {reason, g_strdup(message), 1, now, now};

	for (unsigned i = 0; i < record->events->len; i++) {
		struct recorded_event *event =
		    &g_array_index(record->events, struct recorded_event, i);

		if (g_str_equal(event->reason, reason) && g_str_equal(event->message, message)) {
			event->count++;
			event->last = now;
			g_free(fresh.message);
			return;
		}
	}
	g_array_append_val(record->events, fresh);
}

static void on_probe(void *self, const struct probe_trace *t)
{
	enum probe_outcome outcome =
	    t->result == PROBE_ERROR ? PROBE_OUTCOME_ERROR : PROBE_OUTCOME_FAILURE;

	if (t->result != PROBE_SUCCESS) {
		g_autofree char *message = probe_event_message(t->type, outcome, t->message);

		note_event(self, "Unhealthy", message);
	}
}

static void on_container(void *self, const struct container_trace *t)
{
	struct probes_record *record = self;
	GArray *attempts = record->attempts;
	struct recorded_attempt fresh = {t->at,     SIM_NEVER, SIM_NEVER, SIM_NEVER,
	                                 SIM_NEVER, SIM_NEVER, KILL_NONE, 0};

	if (t->step == CONTAINER_STARTED) {
		g_array_append_val(attempts, fresh);
	}
	if (attempts->len <= t->attempt) {
		return;
	}
	struct recorded_attempt *attempt =
	    &g_array_index(attempts, struct recorded_attempt, t->attempt);

	switch (t->step) {
	case CONTAINER_KILL_DECIDED:
		attempt->killed_at = t->at;
		attempt->cause = t->cause;
		note_event(record, "Killing", t->message);
		break;
	case CONTAINER_PRE_STOP:
		attempt->pre_stop_at = t->at;
		break;
	case CONTAINER_TERM_SENT:
		attempt->term_at = t->at;
		break;
	case CONTAINER_KILL_SENT:
		attempt->kill_at = t->at;
		break;
	case CONTAINER_EXITED:
		attempt->finished_at = t->at;
		attempt->exit_code = t->exit_code;
		break;
	default:
		break;
	}
}

static void event_clear(void *data)
{
	g_free(((struct recorded_event *)data)->message);
}

void probes_record_init(struct probes_record *record, struct simulation *sim, struct store *store)
{
	*record = (struct probes_record){.sim = sim};
	record->trace.self = record;
	record->trace.probe = on_probe;
	record->trace.container = on_container;
	record->started = g_array_new(FALSE, FALSE, sizeof(struct recorded_change));
	record->ready = g_array_new(FALSE, FALSE, sizeof(struct recorded_change));
	record->attempts = g_array_new(FALSE, FALSE, sizeof(struct recorded_attempt));
	record->events = g_array_new(FALSE, FALSE, sizeof(struct recorded_event));
	g_array_set_clear_func(record->events, event_clear);
	store_watch(store, KIND_POD, 0, true, on_pod, record);
}

void probes_record_clear(struct probes_record *record)
{
	g_array_unref(record->started);
	g_array_unref(record->ready);
	g_array_unref(record->attempts);
	g_array_unref(record->events);
	g_free(record->pod_ip);
}
