/* diagnosis_stopping.c - pods that stop taking connections while nodes still send them some: the
 * race between SIGTERM and the rules of the proxies.
 *
 * A deletion tells the kubelet and, by way of the EndpointSlice, every node's proxy at the same
 * time, and nobody waits for anybody. */

#include "report/diagnosis_private.h"

#include <math.h>

uint64_t cut_connections(const struct run_pod *pod)
{
	return pod->cut.refused + pod->cut.unreachable;
}

sim_time left_rules_at(const struct run_pod *pod)
{
	sim_time last = SIM_NEVER;

	for (unsigned i = 0; i < pod->left->len; i++) {
		const sim_time at = g_array_index(pod->left, struct run_left, i).at;

		last = last == SIM_NEVER ? at : MAX(last, at);
	}
	return last;
}

char *left_rules_text(const struct run_pod *pod)
{
	GString *text = g_string_new(NULL);

	for (unsigned i = 0; i < pod->left->len; i++) {
		const struct run_left *left = &g_array_index(pod->left, struct run_left, i);
		g_autofree char *at = text_instant_fine(left->at);

		if (i == 3 && pod->left->len > 4) {
			g_autofree char *last = text_instant_fine(left_rules_at(pod));

			g_string_append_printf(text, " and of %u other nodes until %s",
			                       pod->left->len - 3, last);
			break;
		}
		g_string_append_printf(text, "%s%s at %s",
		                       i == 0                    ? "of "
		                       : i + 1 == pod->left->len ? " and of "
		                                                 : ", of ",
		                       left->node, at);
	}
	return g_string_free(text, FALSE);
}

char *cut_text(const struct run_pod *pod)
{
	const struct run_cut *cut = &pod->cut;
	const struct {
		uint64_t n;
		const char *what;
	} parts[] = {{cut->refused, "refused"},
	             {cut->unreachable, "unanswered, its address being gone"}};
	GString *text = g_string_new(NULL);
	g_autofree char *all = text_count(cut_connections(pod));

	g_string_append_printf(text, "%s connection%s", all, text_plural(cut_connections(pod)));
	for (size_t i = 0, told = 0; i < G_N_ELEMENTS(parts); i++) {
		g_autofree char *n = text_count(parts[i].n);

		if (parts[i].n) {
			g_string_append_printf(text, "%s%s %s", told++ ? ", " : " (", n,
			                       parts[i].what);
		}
	}
	g_string_append_c(text, ')');
	return g_string_free(text, FALSE);
}

/* Whole seconds that a preStop hook must take to outlast the longest of these races, with half as
 * much again and two seconds more for a slower day. */
static int64_t sleep_needed(const GPtrArray *pods)
{
	sim_time longest = 0;

	for (unsigned i = 0; i < pods->len; i++) {
		const struct run_pod *pod = pods->pdata[i];
		const sim_time begun = MIN(pod->pre_stop_at, pod->term_at);
		const sim_time end = left_rules_at(pod);

		if (end != SIM_NEVER) {
			longest = MAX(longest, end - begun);
		}
		longest = MAX(longest, pod->cut.last - begun);
	}
	return (int64_t)ceil(sim_time_to_seconds(longest) * 1.5) + 2;
}

/* The pod that lost most. */
static const struct run_pod *worst_of(const GPtrArray *pods)
{
	const struct run_pod *worst = pods->pdata[0];

	for (unsigned i = 1; i < pods->len; i++) {
		const struct run_pod *pod = pods->pdata[i];

		worst = cut_connections(pod) > cut_connections(worst) ? pod : worst;
	}
	return worst;
}

static void chain_course(const struct diagnosis *d, struct finding *finding,
                         const struct run_pod *pod)
{
	const struct container *container = pod_container(d->run, pod);
	const struct application *application = run_pod_application(d->run, pod);
	const sim_time left = left_rules_at(pod);
	g_autofree char *deleted = text_instant_fine(pod->deleted_at);
	g_autofree char *term = text_instant_fine(pod->term_at);
	g_autofree char *rules = left_rules_text(pod);
	g_autofree char *cut = cut_text(pod);

	if (pod->pre_stop_at == SIM_NEVER) {
		finding_chain(finding,
		              "%s was deleted at %s; container %s has no preStop hook, so the "
		              "kubelet sent it SIGTERM at %s%s",
		              pod->name, deleted, container->name, term,
		              application && application->on_term.stops_listening
		                  ? ", and it stopped listening"
		                  : "");
	} else {
		g_autofree char *hook = text_length(pod->term_at - pod->pre_stop_at);

		finding_chain(finding,
		              "%s was deleted at %s; its preStop hook took %s, and the kubelet "
		              "sent SIGTERM at %s",
		              pod->name, deleted, hook, term);
	}
	if (left == SIM_NEVER) {
		finding_chain(finding, "it has not left the rules of any node");
	} else {
		g_autofree char *late = text_length(left > pod->term_at ? left - pod->term_at : 0);

		finding_chain(finding,
		              "the EndpointSlice controller and then kube-proxy learn of the "
		              "deletion by themselves: the pod left the rules %s, up to %s after "
		              "SIGTERM",
		              rules, late);
	}
	finding_chain(finding, "in between nodes sent it %s", cut);
}

static void complete(const struct diagnosis *d, struct finding *finding)
{
	const struct run_pod *worst = worst_of(finding->pods);
	const struct container *container = pod_container(d->run, worst);
	g_autofree char *names = pods_text(finding->pods);
	const int64_t needed = sleep_needed(finding->pods);
	uint64_t connections = 0, resets = 0;

	for (unsigned i = 0; i < finding->pods->len; i++) {
		const struct run_pod *pod = finding->pods->pdata[i];

		connections += cut_connections(pod);
		resets += pod->cut.reset;
	}
	g_autofree char *all = text_count(connections);

	finding->where = container->pre_stop && container->pre_stop->where.file
	                     ? container->pre_stop->where
	                     : container->where;
	finding_message(finding,
	                "%s connection%s failed at %s after SIGTERM, because nodes still sent "
	                "them there",
	                all, text_plural(connections), names);
	chain_course(d, finding, worst);
	if (resets) {
		g_autofree char *n = text_count(resets);

		finding_chain(
		    finding,
		    "%s request%s more broke off, because the container ended with %s "
		    "inside: it does not finish what it has begun (onTerm: {drains: true})",
		    n, text_plural(resets), resets == 1 ? "it" : "them");
	}
	finding_chain(finding,
	              "a preStop hook that sleeps keeps the container listening until every node "
	              "has let go of the pod: lifecycle: {preStop: {sleep: {seconds: "
	              "%" G_GINT64_FORMAT "}}} would have closed the race%s",
	              needed, container->pre_stop ? "; the present hook is too short" : "");
	if (needed >= worst->spec->termination_grace_period_seconds) {
		finding_chain(finding,
		              "terminationGracePeriodSeconds is %" G_GINT64_FORMAT
		              " and must cover the hook and the shutdown",
		              (int64_t)worst->spec->termination_grace_period_seconds);
	}
}

void diagnose_stopping(struct diagnosis *d)
{
	g_autoptr(GPtrArray) fresh = g_ptr_array_new();

	for (unsigned i = 0; i < d->run->pods->len; i++) {
		const struct run_pod *pod = d->run->pods->pdata[i];

		if (!cut_connections(pod)) {
			continue;
		}
		struct finding *finding = finding_of_kin(d, "traffic-cut-at-sigterm", pod);

		if (finding) {
			finding->since = MIN(finding->since, pod->cut.first);
			continue;
		}
		finding =
		    finding_new(d, "traffic-cut-at-sigterm", SEVERITY_WARNING,
		                pod->deployment ? "deployment" : "pod",
		                pod->deployment ? pod->deployment : pod->name, pod->cut.first);
		g_ptr_array_add(finding->pods, (void *)pod);
		g_ptr_array_add(fresh, finding);
	}
	for (unsigned i = 0; i < fresh->len; i++) {
		complete(d, fresh->pdata[i]);
	}
}
