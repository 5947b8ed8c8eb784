/* endpoints_proxy.c - the rules of kube-proxy in the table `endpoints`. */

#include "conformance.h"
#include "endpoints_case.h"
#include "rules/endpoints_usable.h"
#include "rules/proxy_sync.h"

#include <string.h>

static struct doc *texts_to_doc(const GPtrArray *texts)
{
	struct doc *list = doc_new_list();

	for (unsigned i = 0; i < texts->len; i++) {
		doc_append(list, doc_new_string(texts->pdata[i]));
	}
	return list;
}

/* --- usableEndpoints, ruleProbability --- */

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static struct doc *chosen(const char *const *addresses, size_t n, const bool *used)
{
	g_autoptr(GPtrArray) list = g_ptr_array_new();

	for (size_t i = 0; i < n; i++) {
		if (used[i]) {
			g_ptr_array_add(list, (void *)addresses[i]);
		}
	}
	g_ptr_array_sort(list, compare_texts);
	return texts_to_doc(list);
}

void ask_usable_endpoints(struct table_case *c, const struct doc *given, struct doc *got)
{
	const struct doc *service = doc_get(given, "service"), *node = doc_get(given, "node");
	const struct doc *list = doc_get(given, "endpoints");
	size_t n = doc_length(list);
	struct usable_endpoint *endpoints =
	    case_keep(c, g_new0(struct usable_endpoint, n + 1), g_free);
	const char **addresses = case_keep(c, g_new0(const char *, n + 1), g_free);
	struct usable_answer answer;

	conformance_known(given, c->diff, "given", "service", "node", "endpoints", NULL);
	conformance_known(service, c->diff, "service", "internalTrafficPolicy",
	                  "externalTrafficPolicy", "externallyAccessible", NULL);
	conformance_known(node, c->diff, "node", "name", "zone", NULL);
	for (size_t i = 0; i < n; i++) {
		const struct doc *map = doc_at(list, i);

		conformance_known(map, c->diff, "endpoint", "address", "ready", "serving",
		                  "terminating", "local", "forZones", "forNodes", NULL);
		addresses[i] = case_text(c, map, "address", "");
		endpoints[i] = (struct usable_endpoint){
		    .ready = case_flag(c, map, "ready", true),
		    .serving = case_flag(c, map, "serving", true),
		    .terminating = case_flag(c, map, "terminating", false),
		    .local = case_flag(c, map, "local", false),
		    .hint_zones = case_texts(c, map, "forZones"),
		    .hint_nodes = case_texts(c, map, "forNodes"),
		};
	}
	const struct usable_question question = {
	    .internal_local =
		g_str_equal(case_text(c, service, "internalTrafficPolicy", "Cluster"), "Local"),
	    .external_local =
		g_str_equal(case_text(c, service, "externalTrafficPolicy", "Cluster"), "Local"),
	    .externally_accessible = case_flag(c, service, "externallyAccessible", false),
	    .terminating_fallback = true,
	    .node_hints = true,
	    .node = case_text(c, node, "name", NULL),
	    .zone = case_text(c, node, "zone", NULL),
	    .endpoints = endpoints,
	    .n = n,
	};

	usable_endpoints(&question, &answer);
	const char *const *names = (const char *const *)addresses;

	doc_set(got, "clusterPolicy",
	        answer.uses_cluster ? chosen(names, n, answer.in_cluster) : doc_new_null());
	doc_set(got, "localPolicy",
	        answer.uses_local ? chosen(names, n, answer.in_local) : doc_new_null());
	doc_set(got, "reachable", chosen(names, n, answer.reachable));
	doc_set_bool(got, "hasAnyEndpoints", answer.has_any_endpoints);
	usable_answer_clear(&answer);
}

void ask_rule_probability(struct table_case *c, const struct doc *given, struct doc *got)
{
	const char *const *endpoints = case_texts(c, given, "endpoints");
	size_t n = case_length(endpoints);
	struct doc *rules = doc_new_list();

	conformance_known(given, c->diff, "given", "endpoints", NULL);
	for (size_t i = 0; i < n; i++) {
		struct doc *rule = doc_new_map();
		g_autofree char *probability = endpoint_rule_probability(i, n);

		doc_set_string(rule, "endpoint", endpoints[i]);
		doc_set(rule, "probability",
		        probability ? doc_new_string(probability) : doc_new_null());
		doc_append(rules, rule);
	}
	doc_set(got, "rules", rules);
}

/* --- proxySync --- */

/* Starts syncs before @until and ends them up to then: a sync takes along the changes of its
 * instant. */
static void run_syncs(struct proxy_sync *sync, sim_time until, sim_time took, sim_time *end,
                      struct doc *starts)
{
	while (sync->running ? *end <= until : sync->due < until) {
		if (sync->running) {
			proxy_sync_end(sync, *end);
			continue;
		}
		doc_append(starts, doc_new_int(sync->due));
		*end = sync->due + took;
		proxy_sync_start(sync, sync->due);
	}
}

void ask_proxy_sync(struct table_case *c, const struct doc *given, struct doc *got)
{
	const struct doc *changes = doc_get(given, "changesAt");
	const char *release = case_text(c, given, "release", "");
	struct doc *starts = doc_new_list();
	struct proxy_sync sync;
	sim_time end = SIM_NEVER;

	conformance_known(given, c->diff, "given", "release", "minSyncPeriod", "syncDuration",
	                  "changesAt", NULL);
	if (!g_str_equal(release, "1.33") && !g_str_equal(release, "1.34")) {
		case_wrong(c, "release", "'1.33' or '1.34'");
	}
	sim_time took = case_duration(c, "syncDuration", doc_get(given, "syncDuration"));

	proxy_sync_init(&sync, g_str_equal(release, "1.34"),
	                case_duration(c, "minSyncPeriod", doc_get(given, "minSyncPeriod")),
	                SIM_NEVER, 0);
	for (size_t i = 0; i < doc_length(changes); i++) {
		sim_time at = case_duration(c, "changesAt", doc_at(changes, i));

		run_syncs(&sync, at, took, &end, starts);
		proxy_sync_request(&sync, at);
	}
	run_syncs(&sync, SIM_NEVER, took, &end, starts);
	doc_set(got, "syncsStartAt", starts);
}
