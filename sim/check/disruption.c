/* disruption.c - PodDisruptionBudgets that never allow an eviction.
 *
 * A budget allows what is healthy less what must stay. Source:
 * pkg/controller/disruption/disruption.go; percentages are rounded up, of either kind. */

#include "check/set.h"

static int32_t of_pods(struct int_or_percent value, int32_t pods)
{
	return value.kind == VALUE_PERCENT ? (int32_t)(((int64_t)value.value * pods + 99) / 100)
	                                   : value.value;
}

/* How many of @pods healthy pods may be evicted at once. */
static int32_t allowed(const struct pod_disruption_budget *pdb, int32_t pods)
{
	return pdb->max_unavailable.kind != VALUE_UNSET
	           ? of_pods(pdb->max_unavailable, pods)
	           : MAX(pods - of_pods(pdb->min_available, pods), 0);
}

static void check_budget(struct check_set *set, const struct pod_disruption_budget *pdb)
{
	g_autofree char *label = g_strdup_printf("pdb/%s", pdb->object.meta.name);
	const bool by_max = pdb->max_unavailable.kind != VALUE_UNSET;
	const char *field = by_max ? "maxUnavailable" : "minAvailable";
	struct doc_location where = place_of_field(pdb->object.source, "spec", field, NULL);
	const char *written = doc_text(doc_find(pdb->object.source, "spec", field, NULL));
	int32_t least = 0, most = 0;
	bool selects = false;

	for (unsigned i = 0; i < set->workloads->len; i++) {
		const struct workload *workload = set->workloads->pdata[i];
		int32_t low, high;

		if (g_strcmp0(pdb->object.meta.namespace, workload->namespace) == 0 &&
		    label_selector_matches(pdb->selector, workload->labels)) {
			if (!workload->sized) {
				return;
			}
			selects = true;
			workload_range(set, workload, &low, &high);
			least += low;
			most += high;
		}
	}
	if (!selects) {
		struct check_finding *finding =
		    found(set, "pdb-selects-nothing", CHECK_NOTE, label,
		          place_of_field(pdb->object.source, "spec", "selector", NULL),
		          "no pod of these manifests in namespace %s is selected",
		          pdb->object.meta.namespace);

		finding_why(finding, "a budget without pods protects nothing");
		return;
	}
	if (allowed(pdb, least) > 0 || most == 0 || !written) {
		return;
	}
	const bool always = allowed(pdb, most) <= 0;
	struct check_finding *finding =
	    found(set, "pdb-blocks-evictions", always ? CHECK_WARNING : CHECK_NOTE, label, where,
	          "%s: %s of %d replica%s lets no pod be evicted", field, written, least,
	          least == 1 ? "" : "s");

	finding_why(finding,
	            "a drain asks again every 5 s until it gives up; rollouts and the HPA do "
	            "not ask a budget");
	finding_do(finding, "%s",
	           by_max ? "set maxUnavailable: 1"
	                  : "set maxUnavailable: 1 in its place, or run more replicas "
	                    "than must stay");
	finding_costs(finding, "%s",
	              always ? "no node that holds one of these pods can ever be drained "
	                       "or upgraded"
	                     : "nodes cannot be drained while the HPA is at its minimum");
}

void check_budgets_of_disruption(struct check_set *set)
{
	for (unsigned i = 0; i < set->pdbs->len; i++) {
		check_budget(set, set->pdbs->pdata[i]);
	}
}
