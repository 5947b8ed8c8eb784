#include "rules/hpa_explain.h"

#include "kube/quantity.h"

static char *amount(const struct hpa_proposal *proposal, int64_t milli)
{
	const char *name = proposal->spec->name;

	if (g_strcmp0(name, "cpu") == 0) {
		return g_strdup_printf("%" G_GINT64_FORMAT "m", milli);
	}
	return quantity_to_string(milli, g_strcmp0(name, "memory") == 0 ? QUANTITY_BINARY
	                                                                : QUANTITY_DECIMAL);
}

static const char *plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

/* --- groups --- */

static void add_group(GString *text, const char *indent, const char *what, const GPtrArray *pods)
{
	if (!pods || pods->len == 0) {
		return;
	}
	g_string_append_printf(text, "%s%s: ", indent, what);
	for (unsigned i = 0; i < pods->len; i++) {
		g_string_append_printf(text, "%s%s", i ? ", " : "", (const char *)pods->pdata[i]);
	}
	g_string_append_c(text, '\n');
}

static void add_groups(GString *text, const char *indent, const struct hpa_pod_groups *groups)
{
	add_group(text, indent, "ready", groups->ready);
	add_group(text, indent, "unready (usage not counted)", groups->unready);
	add_group(text, indent, "missing (no sample)", groups->missing);
	add_group(text, indent, "ignored (terminating or failed)", groups->ignored);
}

/* --- arithmetic --- */

/* "1290m of 1500m requested by 3 pods = 86 % / target 50 % = 1.72". */
static void add_ratio(GString *text, const struct hpa_proposal *proposal,
                      const struct hpa_ratio *ratio)
{
	g_autofree char *usage = amount(proposal, ratio->usage);
	g_autofree char *target = amount(proposal, proposal->target);

	if (proposal->status.has_utilization) {
		g_autofree char *request = amount(proposal, ratio->request);

		g_string_append_printf(
		    text,
		    "%s of %s requested by %zu pod%s = %d %% / target %" G_GINT64_FORMAT " %%",
		    usage, request, ratio->count, plural(ratio->count), ratio->utilization,
		    proposal->target);
	} else if (ratio->count > 0) {
		g_autofree char *average = amount(proposal, ratio->average);

		g_string_append_printf(text, "%s over %zu pod%s = %s a pod / target %s", usage,
		                       ratio->count, plural(ratio->count), average, target);
	} else if (proposal->status.has_value) {
		g_string_append_printf(text, "%s / target %s", usage, target);
	} else {
		g_string_append_printf(text, "%s / (target %s a pod x replicas in status)", usage,
		                       target);
	}
	g_string_append_printf(text, " = %.4g", ratio->ratio);
}

static void add_again(GString *text, const struct hpa_proposal *proposal)
{
	const unsigned missing = proposal->groups.missing->len;
	const unsigned unready = proposal->first.ratio > 1.0 ? proposal->groups.unready->len : 0;

	g_string_append(text, "again");
	if (missing > 0) {
		const char *share = "nothing";

		if (proposal->first.ratio < 1.0) {
			share = proposal->status.has_utilization ? "its full request or target"
			                                         : "the target";
		} else if (!(proposal->first.ratio > 1.0)) {
			share = "what it may, left out";
		}
		g_string_append_printf(text, ", %u missing pod%s taken to use %s", missing,
		                       plural(missing), share);
	}
	if (unready > 0) {
		g_string_append_printf(text, ", %u unready pod%s taken to use nothing", unready,
		                       plural(unready));
	}
	g_string_append(text, ": ");
	add_ratio(text, proposal, &proposal->again);
}

static void add_path(GString *text, const struct hpa_proposal *proposal, int32_t current)
{
	const double ratio = proposal->has_again ? proposal->again.ratio : proposal->first.ratio;
	g_autofree char *usage = amount(proposal, proposal->first.usage);
	g_autofree char *target = amount(proposal, proposal->target);

	g_string_append_printf(text, "proposes %d: ", proposal->replicas);
	switch (proposal->path) {
	case HPA_PATH_FAILED:
		break;
	case HPA_PATH_WITHIN_TOLERANCE:
	case HPA_PATH_AGAIN_WITHIN:
		g_string_append(text, "within tolerance, as many as now");
		break;
	case HPA_PATH_AVERAGE_WITHIN:
		g_string_append(text, "within tolerance, as many as the target's status has");
		break;
	case HPA_PATH_AGAIN_FLIPPED:
		g_string_append(text,
		                "the two ratios point in opposite directions, as many as now");
		break;
	case HPA_PATH_AGAIN_WRONG_WAY:
		g_string_append_printf(
		    text, "ceil(%.4g x %d counted) is on the wrong side of %d, as many as now",
		    ratio, proposal->factor, current);
		break;
	case HPA_PATH_PLAIN:
		g_string_append_printf(text, "ceil(%.4g x %d ready)", ratio, proposal->factor);
		break;
	case HPA_PATH_AGAIN:
		g_string_append_printf(text, "ceil(%.4g x %d counted)", ratio, proposal->factor);
		break;
	case HPA_PATH_FROM_ZERO:
		g_string_append_printf(text, "ceil(%.4g), from zero", ratio);
		break;
	case HPA_PATH_AVERAGE:
		g_string_append_printf(text, "ceil(%s / %s)", usage, target);
		break;
	}
}

/* The arithmetic of one metric, its steps parted by @between. */
static void add_arithmetic(GString *text, const char *between, const struct hpa_proposal *proposal,
                           int32_t current)
{
	if (proposal->failure != HPA_FAILURE_NONE) {
		g_string_append_printf(text, "fails: %s", proposal->message);
		return;
	}
	add_ratio(text, proposal, &proposal->first);
	g_string_append(text, between);
	if (proposal->has_again) {
		add_again(text, proposal);
		g_string_append(text, between);
	}
	add_path(text, proposal, current);
}

char *hpa_explain_arithmetic(const struct hpa_proposal *proposal, int32_t current)
{
	GString *text = g_string_new(NULL);

	add_arithmetic(text, "; ", proposal, current);
	return g_string_free(text, FALSE);
}

void hpa_explain_proposal(GString *text, const char *indent, const struct hpa_proposal *proposal,
                          int32_t current)
{
	g_autofree char *deeper = g_strconcat(indent, "  ", NULL);

	g_string_append_printf(text, "%s%s\n", indent, proposal->metric_name);
	add_groups(text, deeper, &proposal->groups);
	g_autofree char *line = g_strconcat("\n", deeper, NULL);

	g_string_append(text, deeper);
	add_arithmetic(text, line, proposal, current);
	g_string_append_c(text, '\n');
}

/* --- normalization --- */

static void add_stabilization(GString *text, const struct hpa_normalization *n)
{
	g_autofree char *up = duration_to_string(n->up_window);
	g_autofree char *down = duration_to_string(n->down_window);

	if (n->behavior) {
		g_string_append_printf(
		    text,
		    "stabilized at %d: lowest recommendation of the last %s is %d, "
		    "highest of the last %s is %d (%s)\n",
		    n->stabilized, up, n->window_min, down, n->window_max, n->stabilization_reason);
	} else {
		g_string_append_printf(
		    text, "stabilized at %d: the highest recommendation of the last %s (%s)\n",
		    n->stabilized, down, n->stabilization_reason);
	}
}

static void add_policy(GString *text, const struct hpa_policy_limit *one, bool up)
{
	g_autofree char *period = duration_to_string(one->policy.period_seconds * SIM_SECOND);

	g_string_append_printf(text, "  policy %d%s per %s: %d at the period's beginning",
	                       one->policy.value, one->policy.percent ? " %" : " pods", period,
	                       one->base);
	if (one->added || one->removed) {
		g_string_append_printf(text, " (%d added, %d removed since)", one->added,
		                       one->removed);
	}
	g_string_append_printf(text, ", so at %s %d\n", up ? "most" : "least", one->limit);
}

static void add_limits(GString *text, const struct hpa *hpa, const struct hpa_decision *decision)
{
	const struct hpa_normalization *n = &decision->normalization;

	for (size_t i = 0; i < n->n_policies; i++) {
		add_policy(text, &n->policies[i], n->limit_up);
	}
	if (n->has_limit && n->behavior) {
		g_string_append_printf(text, "  together at %s %d\n",
		                       n->limit_up ? "most" : "least", n->limit);
	} else if (n->has_limit) {
		g_string_append_printf(text, "  without behavior at most %d at once\n", n->limit);
	}
	g_string_append_printf(text, "limited to %d within %d to %d (%s)\n", n->replicas,
	                       hpa_min_replicas(hpa), hpa->max_replicas, n->limited_reason);
}

/* --- the whole --- */

static void add_course(GString *text, const struct hpa *hpa, const struct hpa_decision *decision)
{
	switch (decision->course) {
	case HPA_COURSE_SCALE_UNREADABLE:
	case HPA_COURSE_BAD_SELECTOR:
	case HPA_COURSE_METRICS_FAILED:
		g_string_append_printf(text, "%s\n", decision->error);
		break;
	case HPA_COURSE_DISABLED:
		g_string_append(text, "disabled: the target has no replicas\n");
		break;
	case HPA_COURSE_ABOVE_MAX:
		g_string_append_printf(text, "above maxReplicas %d: metrics are not looked at\n",
		                       hpa->max_replicas);
		break;
	case HPA_COURSE_BELOW_MIN:
		g_string_append_printf(text, "below minReplicas %d: metrics are not looked at\n",
		                       hpa_min_replicas(hpa));
		break;
	case HPA_COURSE_METRICS:
		if (decision->invalid_metrics > 0) {
			g_string_append_printf(text, "%s\n", decision->error);
		}
		if (decision->n_proposals > 1) {
			g_string_append_printf(text, "highest proposal: %d, by %s\n",
			                       decision->proposed, decision->metric_name);
		}
		break;
	}
}

char *hpa_explain(const struct hpa *hpa, const struct hpa_decision *decision)
{
	GString *text = g_string_new(NULL);
	const int32_t current = decision->current_replicas;

	if (decision->course != HPA_COURSE_SCALE_UNREADABLE) {
		g_string_append_printf(text, "%d replica%s\n", current, plural((uint64_t)current));
	}
	for (size_t i = 0; i < decision->n_proposals; i++) {
		hpa_explain_proposal(text, "", &decision->proposals[i], current);
	}
	add_course(text, hpa, decision);
	if (decision->normalization.done) {
		add_stabilization(text, &decision->normalization);
		add_limits(text, hpa, decision);
	}
	if (decision->rescaled) {
		g_string_append_printf(text, "New size: %d; reason: %s\n", decision->replicas,
		                       decision->reason);
	} else if (decision->rescale) {
		g_string_append_printf(text, "%d could not be written: %s\n", decision->replicas,
		                       decision->error);
	} else {
		g_string_append(text, "not rescaled\n");
	}
	return g_string_free(text, FALSE);
}

char *hpa_explain_in_short(const struct hpa *hpa, const struct hpa_decision *decision)
{
	const struct hpa_normalization *n = &decision->normalization;
	GString *text = g_string_new(NULL);

	for (size_t i = 0; i < decision->n_proposals; i++) {
		const struct hpa_proposal *proposal = &decision->proposals[i];

		g_string_append_printf(text, "%s: ", proposal->metric_name);
		add_arithmetic(text, "; ", proposal, decision->current_replicas);
		g_string_append_c(text, '\n');
	}
	if (decision->course == HPA_COURSE_METRICS || decision->n_proposals == 0) {
		add_course(text, hpa, decision);
	}
	if (n->done && n->stabilized != n->proposal) {
		add_stabilization(text, n);
	}
	if (n->done && n->replicas != n->stabilized) {
		add_limits(text, hpa, decision);
	}
	if (text->len) {
		g_string_truncate(text, text->len - 1);
	}
	return g_string_free(text, FALSE);
}
