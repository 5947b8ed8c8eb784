/* view_rollout.c - `kubectl rollout status` and `kubectl rollout history`.
 *
 * Source: Kubernetes 1.34, staging/src/k8s.io/kubectl/pkg/polymorphichelpers/rollout_status.go and
 * history.go. */

#include "report/view_describe.h"
#include "report/view_print.h"

#include <stdlib.h>

static enum view_rollout status_of(const struct deployment *deployment, GString *out)
{
	const char *name = deployment->object.meta.name;
	const struct condition *progressing =
	    conditions_find(&deployment->status.conditions, "Progressing");
	const int updated = deployment->status.updated_replicas;
	const int old = deployment->status.replicas - updated;
	const int available = deployment->status.available_replicas;

	if (deployment->status.observed_generation < deployment->object.meta.generation) {
		g_string_append(out, "Waiting for deployment spec update to be observed...\n");
		return ROLLOUT_WAITS;
	}
	if (progressing && g_strcmp0(progressing->reason, "ProgressDeadlineExceeded") == 0) {
		g_string_append_printf(
		    out, "error: deployment \"%s\" exceeded its progress deadline\n", name);
		return ROLLOUT_FAILED;
	}
	if (updated < deployment->replicas) {
		g_string_append_printf(out,
		                       "Waiting for deployment \"%s\" rollout to finish: %d out of "
		                       "%d new replicas have been updated...\n",
		                       name, updated, deployment->replicas);
		return ROLLOUT_WAITS;
	}
	if (old > 0) {
		g_string_append_printf(out,
		                       "Waiting for deployment \"%s\" rollout to finish: %d old "
		                       "replicas are pending termination...\n",
		                       name, old);
		return ROLLOUT_WAITS;
	}
	if (available < updated) {
		g_string_append_printf(out,
		                       "Waiting for deployment \"%s\" rollout to finish: %d of %d "
		                       "updated replicas are available...\n",
		                       name, available, updated);
		return ROLLOUT_WAITS;
	}
	g_string_append_printf(out, "deployment \"%s\" successfully rolled out\n", name);
	return ROLLOUT_DONE;
}

enum view_rollout view_rollout_status(const struct view *view, const struct object *deployment,
                                      GString *out)
{
	return status_of(DEPLOYMENT(deployment), out);
}

enum view_rollout view_rollout_watch(const struct view *view, const struct object *deployment,
                                     sim_time until, GString *out)
{
	const GPtrArray *versions = view->run->versions;
	g_autoptr(GString) last = g_string_new(NULL);
	enum view_rollout state = status_of(DEPLOYMENT(deployment), last);

	g_string_append(out, last->str);
	for (unsigned i = 0; i < versions->len && state == ROLLOUT_WAITS; i++) {
		const struct run_version *version = versions->pdata[i];
		g_autoptr(GString) line = g_string_new(NULL);

		if (version->at <= view->at || version->object->kind != KIND_DEPLOYMENT ||
		    g_strcmp0(version->object->meta.uid, deployment->meta.uid) != 0) {
			continue;
		}
		if (version->at > until) {
			break;
		}
		state = status_of(DEPLOYMENT(version->object), line);
		if (!g_str_equal(line->str, last->str)) {
			g_string_append(out, line->str);
			g_string_assign(last, line->str);
		}
	}
	return state;
}

/* --- history --- */

static int64_t revision_of(const struct object *replica_set)
{
	const char *text =
	    string_map_get(replica_set->meta.annotations, "deployment.kubernetes.io/revision");

	return text ? g_ascii_strtoll(text, NULL, 10) : 0;
}

static int compare_revisions(const void *a, const void *b)
{
	const int64_t left = revision_of(*(const struct object *const *)a);
	const int64_t right = revision_of(*(const struct object *const *)b);

	return (left > right) - (left < right);
}

bool view_rollout_history(const struct view *view, const struct object *deployment,
                          int64_t revision, GString *out)
{
	g_autoptr(GPtrArray) owned = view_owned(view, KIND_REPLICA_SET, deployment->meta.uid);
	g_autoptr(tabs) tabs = tabs_new_description();

	g_ptr_array_sort(owned, compare_revisions);
	for (unsigned i = 0; revision && i < owned->len; i++) {
		const struct object *replica_set = owned->pdata[i];

		if (revision_of(replica_set) == revision) {
			g_string_append_printf(out, "%s/%s with revision #%" G_GINT64_FORMAT "\n",
			                       view_kind_prefix(KIND_DEPLOYMENT),
			                       deployment->meta.name, revision);
			describe_template(tabs, &REPLICA_SET(replica_set)->template);
			tabs_flush(tabs, out);
			return true;
		}
	}
	if (revision) {
		return false;
	}
	g_string_append_printf(out, "%s/%s \n", view_kind_prefix(KIND_DEPLOYMENT),
	                       deployment->meta.name);
	tabs_add(tabs, "REVISION\tCHANGE-CAUSE\n");
	for (unsigned i = 0; i < owned->len; i++) {
		const struct object *replica_set = owned->pdata[i];
		const char *cause =
		    string_map_get(replica_set->meta.annotations, "kubernetes.io/change-cause");

		tabs_add(tabs, "%" G_GINT64_FORMAT "\t%s\n", revision_of(replica_set),
		         cause ? cause : "<none>");
	}
	tabs_add(tabs, "\n");
	tabs_flush(tabs, out);
	return true;
}
