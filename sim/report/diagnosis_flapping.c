/* diagnosis_flapping.c - pods that served and were taken out again by a probe: not ready for a
 * while, or killed. */

#include "report/probe_evidence.h"

#include <math.h>
#include <string.h>

static unsigned kills_for(const struct run_pod *pod, int cause, sim_time *first)
{
	unsigned n = 0;

	for (unsigned i = 0; i < pod->restarts->len; i++) {
		const struct run_restart *restart =
		    &g_array_index(pod->restarts, struct run_restart, i);

		if (restart->cause == cause) {
			*first = n ? *first : restart->killed_at;
			n += 1 + restart->more;
		}
	}
	return n;
}

/* CPU of @pod around @at, as a share of what it may use; NaN: unknown. */
static double load_at(const struct run *run, const struct run_pod *pod, sim_time at)
{
	int64_t limit = 0;

	if (!resource_list_get(&pod_container(run, pod)->limits, "cpu", &limit)) {
		return NAN;
	}
	return series_max(&pod->cpu, at - 15 * SIM_SECOND, at + SIM_SECOND) /
	       ((double)limit / 1000);
}

static void explain_failures(const struct diagnosis *d, struct finding *finding,
                             enum probe_type type, sim_time at)
{
	const struct run_pod *pod = finding->pods->pdata[0];
	struct probe_failures sum = {0};
	g_autoptr(GString) text = g_string_new(NULL);
	const double load = load_at(d->run, pod, at);

	for (unsigned i = 0; i < finding->pods->len; i++) {
		probe_failures_add(&sum, finding->pods->pdata[i], type);
	}
	g_string_append_printf(text, "%" G_GUINT64_FORMAT " %s probe%s failed", sum.total,
	                       probe_type_name(type), text_plural(sum.total));
	probe_failures_describe(&sum, text);
	finding_chain(finding, "%s", text->str);
	if (sum.timeout && load > 0.9) {
		g_autofree char *share = text_percent(load);

		finding_chain(
		    finding,
		    "the pod had no CPU left for the answer: it used %s of its limit just then",
		    share);
	}
}

static struct finding *finding_for(struct diagnosis *d, const char *rule, enum severity severity,
                                   const struct run_pod *pod, sim_time since, bool *fresh)
{
	struct finding *finding = finding_of_kin(d, rule, pod);

	*fresh = !finding;
	if (finding) {
		finding->since = MIN(finding->since, since);
		return finding;
	}
	finding = finding_new(d, rule, severity, pod->deployment ? "deployment" : "pod",
	                      pod->deployment ? pod->deployment : pod->name, since);
	g_ptr_array_add(finding->pods, (void *)pod);
	return finding;
}

static void set_place(const struct diagnosis *d, struct finding *finding, enum probe_type type)
{
	const struct run_pod *pod = finding->pods->pdata[0];
	const struct probe *probe = pod_container(d->run, pod)->probes[type];

	if (probe) {
		finding->where = probe->where.file ? probe->where : probe->handler.where;
	}
}

static void complete_kills(const struct diagnosis *d, struct finding *finding)
{
	const struct run_pod *pod = finding->pods->pdata[0];
	const struct run_probes *seen = probe_failures_sample(pod, PROBE_LIVENESS);
	const struct probe *probe = seen ? pod_probe(pod, seen->container, PROBE_LIVENESS) : NULL;
	g_autofree char *names = pods_text(finding->pods);
	g_autofree char *cause = probe ? failure_cause(d->run, pod, seen, probe) : NULL;
	unsigned kills = 0;
	sim_time first = SIM_NEVER;

	for (unsigned i = 0; i < finding->pods->len; i++) {
		kills += kills_for(finding->pods->pdata[i], KILL_LIVENESS, &first);
	}
	finding_message(finding, "the liveness probe killed %s %u time%s: %s", names, kills,
	                text_plural(kills), cause ? cause : "it failed");
	set_place(d, finding, PROBE_LIVENESS);
	explain_failures(d, finding, PROBE_LIVENESS, finding->since);
	chain_out_of_endpoints(d, finding);
	if (!pod->ready->len) {
		chain_waste(d, finding);
	}
}

static void complete_lost(const struct diagnosis *d, struct finding *finding)
{
	g_autofree char *names = pods_text(finding->pods);
	sim_time away = 0;

	for (unsigned i = 0; i < finding->pods->len; i++) {
		const struct run_pod *pod = finding->pods->pdata[i];
		const sim_time end = MIN(MIN(pod->deleted_at, pod->gone_at), d->run->to);

		away += end - pod->ready_at - spans_length(pod->ready, pod->ready_at, end);
	}
	g_autofree char *text = text_length(away);

	finding_message(finding,
	                "%s lost readiness and %s out of the endpoints for %s%s, because the "
	                "readiness probe failed",
	                names, finding->pods->len == 1 ? "was" : "were", text,
	                finding->pods->len == 1 ? "" : " together");
	set_place(d, finding, PROBE_READINESS);
	explain_failures(d, finding, PROBE_READINESS, finding->since);

	const struct run_pod *first = finding->pods->pdata[0];
	const struct run_probes *seen = probe_failures_sample(first, PROBE_READINESS);
	const struct probe *probe =
	    seen ? pod_probe(first, seen->container, PROBE_READINESS) : NULL;

	if (probe) {
		g_autofree char *handler = handler_text(seen->handler, seen->port);
		g_autofree char *cause = failure_cause(d->run, first, seen, probe);

		finding_chain(finding, "%s: %s", handler, cause);
	}
}

/* When @pod first lost readiness while it was not being deleted nor restarted; SIM_NEVER: never. */
static sim_time lost_readiness(const struct run_pod *pod)
{
	for (unsigned i = 0; i < pod->ready->len; i++) {
		const struct span *span = &g_array_index(pod->ready, struct span, i);
		bool restarted = false;

		for (unsigned k = 0; k < pod->restarts->len; k++) {
			const struct run_restart *restart =
			    &g_array_index(pod->restarts, struct run_restart, k);
			const sim_time end = MIN(restart->finished_at, restart->killed_at);
			/* of several, any may have been it */
			const sim_time last = restart->more ? restart->last : end;

			restarted |= end <= span->to && span->to - last < 60 * SIM_SECOND;
		}
		if (span->to != SIM_NEVER && span->to < pod->deleted_at &&
		    span->to < pod->gone_at && !restarted) {
			return span->to;
		}
	}
	return SIM_NEVER;
}

void diagnose_flapping(struct diagnosis *d)
{
	g_autoptr(GPtrArray) killed = g_ptr_array_new();
	g_autoptr(GPtrArray) lost = g_ptr_array_new();

	for (unsigned i = 0; i < d->run->pods->len; i++) {
		const struct run_pod *pod = d->run->pods->pdata[i];
		sim_time first = SIM_NEVER;
		bool fresh = false;

		if (is_explained(d, pod)) {
			continue;
		}
		if (kills_for(pod, KILL_LIVENESS, &first)) {
			struct finding *finding =
			    finding_for(d, "liveness-kills", SEVERITY_ERROR, pod, first, &fresh);

			if (fresh) {
				g_ptr_array_add(killed, finding);
			}
		}
		first = lost_readiness(pod);
		if (first != SIM_NEVER && pod->probe_counts[PROBE_READINESS][PROBE_FAILURE]) {
			struct finding *finding =
			    finding_for(d, "readiness-lost", SEVERITY_WARNING, pod, first, &fresh);

			if (fresh) {
				g_ptr_array_add(lost, finding);
			}
		}
	}
	for (unsigned i = 0; i < killed->len; i++) {
		complete_kills(d, killed->pdata[i]);
	}
	for (unsigned i = 0; i < lost->len; i++) {
		complete_lost(d, lost->pdata[i]);
	}
}
