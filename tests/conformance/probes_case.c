/* probes_case.c - strict reading of the cases of the table `probes`. */

#include "probes_case.h"

#include "conformance.h"
#include "kube/quantity.h"

static void wrong(struct probes_case *c, const char *key, const char *wanted)
{
	g_string_append_printf(c->diff, "%s: expected %s\n", key, wanted);
}

static sim_time time_of(struct probes_case *c, const struct doc *field, const char *key)
{
	sim_time value = 0;

	if (!field || !doc_text(field) || !duration_parse(doc_text(field), &value)) {
		wrong(c, key, "a time");
	}
	return value;
}

sim_time probes_case_time(struct probes_case *c, const struct doc *map, const char *key,
                          sim_time fallback)
{
	return doc_get(map, key) ? time_of(c, doc_get(map, key), key) : fallback;
}

static int64_t number(struct probes_case *c, const struct doc *map, const char *key,
                      int64_t fallback)
{
	int64_t value = fallback;

	if (doc_get(map, key) && !doc_int(doc_get(map, key), &value)) {
		wrong(c, key, "a whole number");
	}
	return value;
}

static bool flag(struct probes_case *c, const struct doc *map, const char *key)
{
	if (doc_get(map, key) && doc_kind_of(doc_get(map, key)) != DOC_BOOL) {
		wrong(c, key, "true or false");
	}
	return doc_bool(doc_get(map, key), false);
}

/* A part of a second: a duration, or a number. */
static sim_time fraction_of(struct probes_case *c, const struct doc *map, const char *key)
{
	const struct doc *field = doc_get(map, key);
	double value;

	if (field && doc_number(field, &value)) {
		return (sim_time)(value * 1e9 + 0.5);
	}
	return probes_case_time(c, map, key, 0);
}

static void read_kubelet(struct probes_case *c, const struct doc *kubelet)
{
	const struct doc *sleep = doc_get(kubelet, "initialSleep");
	const struct doc *resyncs = doc_get(kubelet, "resyncs");
	const struct doc *back_off = doc_get(kubelet, "backOff");

	conformance_known(kubelet, c->diff, "kubelet", "workersStartAt", "initialSleep", "relist",
	                  "relistPhase", "onDemandRelist", "resyncs", "clockFraction", "backOff",
	                  NULL);
	conformance_known(sleep, c->diff, "initialSleep", "startup", "readiness", "liveness", NULL);
	conformance_known(back_off, c->diff, "backOff", "initial", "max", NULL);
	c->workers_start = probes_case_time(c, kubelet, "workersStartAt", 0);
	c->relist = probes_case_time(c, kubelet, "relist", SIM_SECOND);
	c->relist_phase = probes_case_time(c, kubelet, "relistPhase", 0);
	c->clock_fraction = fraction_of(c, kubelet, "clockFraction");
	c->on_demand = flag(c, kubelet, "onDemandRelist");
	c->back_off_initial = probes_case_time(c, back_off, "initial", 10 * SIM_SECOND);
	c->back_off_maximum = probes_case_time(c, back_off, "max", 300 * SIM_SECOND);
	for (unsigned type = 0; type < PROBE_TYPES; type++) {
		c->sleep[type] =
		    probes_case_time(c, sleep, probe_type_name((enum probe_type)type), 0);
	}
	for (size_t i = 0; i < doc_length(resyncs); i++) {
		sim_time at = time_of(c, doc_at(resyncs, i), "resyncs");

		g_array_append_val(c->resyncs, at);
	}
	if (c->workers_start > 0 || c->relist <= 0) {
		wrong(c, "kubelet", "workers from 0 or before, and a relist period above 0");
	}
}

static enum restart_policy policy_of(struct probes_case *c, const struct doc *field)
{
	static const char *const names[] = {"Always", "OnFailure", "Never"};

	for (unsigned i = 0; i < G_N_ELEMENTS(names); i++) {
		if (!field || g_strcmp0(doc_text(field), names[i]) == 0) {
			return (enum restart_policy)i;
		}
	}
	wrong(c, "restartPolicy", "Always, OnFailure or Never");
	return RESTART_ALWAYS;
}

static void read_exits(struct probes_case *c, const struct doc *list)
{
	for (size_t i = 0; i < doc_length(list); i++) {
		const struct doc *map = doc_at(list, i);
		struct script_exit end = {
		    .at = probes_case_time(c, map, "at", 0),
		    .attempt = number(c, map, "attempt", -1),
		    .exit_code = (int)number(c, map, "exitCode", 0),
		};

		conformance_known(map, c->diff, "exits", "at", "attempt", "exitCode", NULL);
		g_array_append_val(c->exits, end);
	}
}

static void read_container(struct probes_case *c, const struct doc *container)
{
	const struct doc *hook = doc_get(container, "preStop");
	const struct doc *term = doc_get(container, "onTerm");
	bool ignores = g_strcmp0(doc_text(doc_get(term, "exitAfter")), "never") == 0;

	conformance_known(container, c->diff, "container", "startedAt", "restartPolicy",
	                  "terminationGracePeriodSeconds", "preStop", "onTerm", "exits", NULL);
	conformance_known(hook, c->diff, "preStop", "duration", NULL);
	conformance_known(term, c->diff, "onTerm", "exitAfter", "exitCode", "status", NULL);
	if (probes_case_time(c, container, "startedAt", 0) != 0) {
		wrong(c, "startedAt", "0s");
	}
	c->restart_policy = policy_of(c, doc_get(container, "restartPolicy"));
	c->grace = number(c, container, "terminationGracePeriodSeconds", 30);
	c->pre_stop = hook ? probes_case_time(c, hook, "duration", 0) : SIM_NEVER;
	c->exit_after = ignores ? SIM_NEVER : probes_case_time(c, term, "exitAfter", 0);
	c->term_exit_code = (int)number(c, term, "exitCode", 143);
	c->term_status = (int)number(c, term, "status", 0);
	read_exits(c, doc_get(container, "exits"));
}

static void read_response(struct probes_case *c, const char *path, const struct doc *map)
{
	bool error = g_strcmp0(doc_text(doc_get(map, "status")), "error") == 0;
	struct script_response response = {
	    .path = g_strdup(path),
	    .from = probes_case_time(c, map, "from", 0),
	    .latency = probes_case_time(c, map, "latency", 0),
	    .status = error ? 0 : (int)number(c, map, "status", 200),
	};

	conformance_known(map, c->diff, path, "from", "status", "latency", NULL);
	g_array_append_val(c->responses, response);
}

static void read_responses(struct probes_case *c, const struct doc *responses)
{
	for (size_t i = 0; i < doc_length(responses); i++) {
		const char *path = doc_key_at(responses, i);
		const struct doc *list = doc_value_at(responses, i);

		if (g_str_equal(path, "absolute")) {
			c->absolute = flag(c, responses, "absolute");
		} else if (*path != '/') {
			wrong(c, path, "a path");
		}
		for (size_t j = 0; j < doc_length(list); j++) {
			read_response(c, path, doc_at(list, j));
		}
	}
}

static void response_clear(void *data)
{
	g_free(((struct script_response *)data)->path);
}

bool probes_case_read(struct probes_case *c, const struct doc *kase, GString *diff)
{
	const struct doc *probes = doc_get(kase, "probes");
	const struct doc *pod = doc_get(kase, "pod");

	*c = (struct probes_case){.diff = diff, .expect = doc_get(kase, "expect")};
	c->resyncs = g_array_new(FALSE, FALSE, sizeof(sim_time));
	c->exits = g_array_new(FALSE, FALSE, sizeof(struct script_exit));
	c->responses = g_array_new(FALSE, FALSE, sizeof(struct script_response));
	g_array_set_clear_func(c->responses, response_clear);
	conformance_known(kase, diff, "case", "name", "source", "note", "kubelet", "container",
	                  "pod", "probes", "responses", "expect", "tolerance", "until", NULL);
	conformance_known(pod, diff, "pod", "deleteAt", NULL);
	conformance_known(probes, diff, "probes", "startup", "readiness", "liveness", NULL);
	read_kubelet(c, doc_get(kase, "kubelet"));
	read_container(c, doc_get(kase, "container"));
	read_responses(c, doc_get(kase, "responses"));
	c->delete_at = probes_case_time(c, pod, "deleteAt", SIM_NEVER);
	for (unsigned type = 0; type < PROBE_TYPES; type++) {
		c->probes[type] = doc_get(probes, probe_type_name((enum probe_type)type));
	}
	c->until = probes_case_time(c, kase, "until", 0);
	if (c->until <= 0 || doc_length(c->expect) == 0) {
		wrong(c, "case", "until and expect");
	}
	return diff->len == 0;
}

void probes_case_clear(struct probes_case *c)
{
	g_array_unref(c->resyncs);
	g_array_unref(c->exits);
	g_array_unref(c->responses);
}
