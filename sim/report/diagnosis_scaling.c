/* diagnosis_scaling.c - HPAs that are capped, held back or blind, and rollouts that stand still. */

#include "report/probe_evidence.h"

#include "rules/rollout.h"

#include <math.h>
#include <string.h>

/* A rollout that does not move for so long is worth a word. */
#define METRICS_PATIENCE                                                                           \
	(120 * SIM_SECOND) /* an HPA may be blind for so long after its first sync */
#define STANDSTILL (120 * SIM_SECOND)
enum { LONG_HOLD = 12 /* syncs in which unready pods hold an HPA back: three minutes */ };

/* --- HPAs --- */

struct hpa_times { /* decisions of one kind */
	unsigned n;
	sim_time first;
	const struct run_decision *last;
	const struct run_decision *clearest; /* where the ready pods asked for most */
};

/* How much the metrics of @decision ask for: replicas, and by how much the ready pods exceed the
 * target. */
static double wish(const struct run_decision *decision)
{
	const struct run_hpa_metric *metric = decision->n_metrics ? &decision->metrics[0] : NULL;

	return metric && metric->valid ? metric->proposal + metric->ready_ratio / 1000 : 0;
}

static void count(struct hpa_times *times, const struct run_decision *decision)
{
	times->first = times->n ? times->first : decision->at;
	times->n += decision->count;
	times->last = decision;
	if (!times->clearest || wish(decision) > wish(times->clearest)) {
		times->clearest = decision;
	}
}

static void chain_decision(struct finding *finding, const struct run_decision *decision)
{
	g_autofree char *at = text_instant(decision->at);
	g_auto(GStrv) lines = g_strsplit(decision->text, "\n", -1);
	g_autofree char *text = g_strjoinv("; ", lines);

	finding_chain(finding, "at %s: %s", at, text);
}

/* Whether the ready pods alone ask for more than @decision gives, because others were counted in.
 */
static bool is_held(const struct run_decision *decision)
{
	const struct run_hpa_metric *metric = decision->n_metrics ? &decision->metrics[0] : NULL;

	return metric && metric->valid && metric->unready + metric->missing > 0 &&
	       !decision->rescaled && !decision->limit && metric->ready_ratio > 1.1 &&
	       metric->ratio < metric->ready_ratio && metric->proposal <= decision->current &&
	       ceil(metric->ready_ratio * metric->ready) > decision->current;
}

static void report_capped(struct diagnosis *d, const struct run_hpa *hpa,
                          const struct hpa_times *capped, struct doc_location where)
{
	struct finding *finding =
	    finding_new(d, "hpa-capped", SEVERITY_NOTE, "hpa", hpa->name, capped->first);

	finding->where = where;
	finding_message(finding,
	                "in %u sync%s HPA %s wanted more replicas than maxReplicas %d allows",
	                capped->n, text_plural(capped->n), hpa->name, hpa->max);
	chain_decision(finding, capped->clearest);
}

static void report_held(struct diagnosis *d, const struct run_hpa *hpa,
                        const struct hpa_times *held, struct doc_location where)
{
	const struct run_hpa_metric *metric = &held->clearest->metrics[0];
	const double alone = ceil(metric->ready_ratio * metric->ready);
	const bool full = held->clearest->current >= hpa->max;
	struct finding *finding =
	    finding_new(d, "hpa-held-by-unready-pods", full ? SEVERITY_NOTE : SEVERITY_WARNING,
	                "hpa", hpa->name, held->first);

	finding->where = where;
	finding_message(
	    finding,
	    "in %u sync%s HPA %s held at %d replicas, because pods that are not ready count "
	    "with no use and their full request; the ready pods alone would ask for %.0f%s",
	    held->n, text_plural(held->n), hpa->name, held->clearest->current, alone,
	    full ? " (maxReplicas would not allow them either)" : "");
	chain_decision(finding, held->clearest);
}

/* An outage of metrics-server that lasted at @at; NULL: none. */
static const struct action *outage_at(const struct run *run, sim_time at)
{
	for (size_t i = 0; i < run->scenario->n_timeline; i++) {
		const struct action *action = &run->scenario->timeline[i];

		if (action->kind == ACTION_OUTAGE && action->at <= at &&
		    (action->duration == SIM_NEVER ||
		     at - action->at <= action->duration + 60 * SIM_SECOND)) {
			return action;
		}
	}
	return NULL;
}

static void report_blind(struct diagnosis *d, const struct run_hpa *hpa,
                         const struct hpa_times *blind, struct doc_location where)
{
	const struct run_decision *end =
	    &g_array_index(hpa->decisions, struct run_decision, hpa->decisions->len - 1);
	const struct action *outage = outage_at(d->run, blind->last->last);
	struct finding *finding =
	    finding_new(d, "hpa-no-metrics", blind->last == end ? SEVERITY_WARNING : SEVERITY_NOTE,
	                "hpa", hpa->name, blind->first);

	finding->where = where;
	finding_message(finding, "in %u syncs HPA %s had no usable metric and did nothing",
	                blind->n, hpa->name);
	chain_decision(finding, blind->last);
	if (outage) {
		g_autofree char *at = text_instant(outage->at);

		finding_chain(finding, "%s was away from %s on", outage->target, at);
	}
}

static void look_at_hpa(struct diagnosis *d, const struct run_hpa *hpa)
{
	struct hpa_times capped = {0}, held = {0}, blind = {0};
	const struct object *object =
	    run_object_at(d->run, KIND_HPA, hpa->namespace, hpa->name, SIM_NEVER);
	const struct doc_location where =
	    object ? doc_where(doc_get(object->source, "spec")) : (struct doc_location){0};

	for (unsigned i = 0; i < hpa->decisions->len; i++) {
		const struct run_decision *decision =
		    &g_array_index(hpa->decisions, struct run_decision, i);
		bool valid = decision->n_metrics == 0;

		for (size_t k = 0; k < decision->n_metrics; k++) {
			valid |= decision->metrics[k].valid;
		}
		if (g_strcmp0(decision->limit, "TooManyReplicas") == 0) {
			count(&capped, decision);
		}
		if (is_held(decision)) {
			count(&held, decision);
		}
		if (!valid) {
			count(&blind, decision);
		}
	}
	if (capped.n) {
		report_capped(d, hpa, &capped, where);
	}
	if (held.n) {
		report_held(d, hpa, &held, where);
	}
	/* metrics of a new HPA and of new pods always come a little late */
	if (blind.n && blind.last->last - g_array_index(hpa->decisions, struct run_decision, 0).at >
	                   METRICS_PATIENCE) {
		report_blind(d, hpa, &blind, where);
	}
}

/* --- rollouts --- */

/* When the newest ReplicaSet of @deployment as of @at was first wanted: the rollout's start. */
static sim_time rollout_start(const struct run *run, const struct run_deployment *deployment,
                              sim_time at, const char **template_hash)
{
	sim_time start = SIM_NEVER;

	for (unsigned i = 0; i < run->versions->len; i++) {
		const struct run_version *version = run->versions->pdata[i];
		const struct object *object = version->object;

		if (version->at <= at && object->kind == KIND_REPLICA_SET &&
		    version->change == CHANGE_ADDED &&
		    g_strcmp0(object->meta.namespace, deployment->namespace) == 0 &&
		    g_strcmp0(object->meta.owner.name, deployment->name) == 0) {
			start = version->at;
			*template_hash = object->meta.name;
		}
	}
	return start;
}

struct standstill {
	sim_time from, to;
	const struct deployment *object; /* as of `from` */
	const struct deployment *latest; /* as of `to` */
};

static bool complete(const struct deployment *deployment)
{
	return deployment->status.updated_replicas == deployment->replicas &&
	       deployment->status.replicas == deployment->replicas &&
	       deployment->status.available_replicas == deployment->replicas;
}

static bool moved(const struct deployment *a, const struct deployment *b)
{
	return a->replicas != b->replicas ||
	       a->object.meta.generation != b->object.meta.generation ||
	       a->status.replicas != b->status.replicas ||
	       a->status.updated_replicas != b->status.updated_replicas ||
	       a->status.ready_replicas != b->status.ready_replicas ||
	       a->status.available_replicas != b->status.available_replicas;
}

/* The longest time in which @deployment was not complete and did not move. */
static struct standstill longest_standstill(const struct run *run,
                                            const struct run_deployment *deployment)
{
	struct standstill longest = {0}, present = {0};

	for (unsigned i = 0; i < run->versions->len; i++) {
		const struct run_version *version = run->versions->pdata[i];

		if (version->object->kind != KIND_DEPLOYMENT ||
		    g_strcmp0(version->object->meta.name, deployment->name) != 0 ||
		    g_strcmp0(version->object->meta.namespace, deployment->namespace) != 0) {
			continue;
		}
		const struct deployment *seen = DEPLOYMENT(version->object);

		if (present.object && !moved(present.object, seen)) {
			present.latest = seen;
			continue;
		}
		present.to = version->at;
		if (present.object && !complete(present.object) &&
		    present.to - present.from > longest.to - longest.from) {
			longest = present;
		}
		present.from = version->at;
		present.object = version->change == CHANGE_DELETED ? NULL : seen;
		present.latest = present.object;
	}
	present.to = run->to;
	if (present.object && !complete(present.object) &&
	    present.to - present.from > longest.to - longest.from) {
		longest = present;
	}
	return longest;
}

static void chain_budget(struct finding *finding, const struct deployment *seen)
{
	int32_t surge, unavailable;
	const int32_t old = seen->status.replicas - seen->status.updated_replicas;

	rollout_fenceposts(seen->max_surge, seen->max_unavailable, seen->replicas, &surge,
	                   &unavailable);
	if (seen->recreate) {
		return;
	}
	finding_chain(finding,
	              "%d desired, maxSurge %d, maxUnavailable %d: at most %d pods, at least %d "
	              "available; there were %d pods (%d new, %d old), %d of them available",
	              seen->replicas, surge, unavailable, seen->replicas + surge,
	              seen->replicas - unavailable, seen->status.replicas,
	              seen->status.updated_replicas, old, seen->status.available_replicas);
	if (old) {
		finding_chain(finding,
		              "so no pod could be added and no available one removed until a "
		              "new one becomes Ready");
	}
}

/* Names the findings that keep the new ReplicaSet's pods from being Ready. */
static void chain_reasons(const struct diagnosis *d, struct finding *finding,
                          const char *replica_set)
{
	for (unsigned i = 0; i < d->findings->len; i++) {
		const struct finding *other = d->findings->pdata[i];
		const struct run_pod *pod = other->pods->len ? other->pods->pdata[0] : NULL;

		if (pod && other != finding && other->severity != SEVERITY_NOTE &&
		    g_strcmp0(pod->replica_set, replica_set) == 0) {
			g_autofree char *names = pods_text(other->pods);

			finding_chain(finding, "the new pods are not Ready: %s (%s)", other->rule,
			              names);
			finding->where = finding->where.file ? finding->where : other->where;
			for (unsigned k = 0; k < other->pods->len; k++) {
				g_ptr_array_add(finding->pods, other->pods->pdata[k]);
			}
		}
	}
}

static void look_at_rollout(struct diagnosis *d, const struct run_deployment *deployment)
{
	const struct standstill stuck = longest_standstill(d->run, deployment);
	const char *replica_set = NULL;
	const sim_time start = rollout_start(d->run, deployment, stuck.from, &replica_set);

	if (!stuck.object || !replica_set || stuck.to - stuck.from < STANDSTILL ||
	    stuck.object->paused) {
		return;
	}
	const struct condition *progressing =
	    stuck.latest ? conditions_find(&stuck.latest->status.conditions, "Progressing") : NULL;
	const bool exceeded =
	    progressing && g_strcmp0(progressing->reason, "ProgressDeadlineExceeded") == 0;
	const bool ended = stuck.to < d->run->to;
	g_autofree char *length = text_length(stuck.to - stuck.from);
	g_autofree char *from = text_instant(stuck.from);
	g_autofree char *started = text_instant(start);
	struct finding *finding = finding_new(d, "rollout-stuck", SEVERITY_WARNING, "deployment",
	                                      deployment->name, stuck.from);

	finding_message(finding,
	                "the rollout to %s, begun at %s, stood still for %s from %s on%s%s",
	                replica_set, started, length, from, ended ? "" : ", to the end of the run",
	                exceeded ? " (ProgressDeadlineExceeded)" : "");
	chain_budget(finding, stuck.object);
	chain_reasons(d, finding, replica_set);
}

void diagnose_scaling(struct diagnosis *d)
{
	for (unsigned i = 0; i < d->run->hpas->len; i++) {
		look_at_hpa(d, d->run->hpas->pdata[i]);
	}
	for (unsigned i = 0; i < d->run->deployments->len; i++) {
		look_at_rollout(d, d->run->deployments->pdata[i]);
	}
}
