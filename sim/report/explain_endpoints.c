/* explain_endpoints.c - moments in order, and `--explain endpoints`: what the EndpointSlices said
 * of each pod and why, and whom each node's rules named. */

#include "report/explain_private.h"

#include "report/text.h"

/* --- moments --- */

struct moment {
	sim_time at;
	unsigned order;
	char *text;
};

void explain_at(GString *out, sim_time at, const char *text)
{
	g_autofree char *when = text_instant_fine(at);
	g_autofree char *first = g_strdup_printf("%10s  ", when);

	text_wrap(out, first, text);
}

static void moment_clear(void *data)
{
	g_free(((struct moment *)data)->text);
}

GArray *explain_moments(void)
{
	GArray *moments = g_array_new(FALSE, FALSE, sizeof(struct moment));

	g_array_set_clear_func(moments, moment_clear);
	return moments;
}

void explain_moment(GArray *moments, sim_time at, char *text)
{
	const struct moment moment = {at, moments->len, text};

	if (at == SIM_NEVER) {
		g_free(text);
	} else {
		g_array_append_val(moments, moment);
	}
}

static int by_time(const void *a, const void *b)
{
	const struct moment *one = a, *other = b;

	if (one->at != other->at) {
		return one->at < other->at ? -1 : 1;
	}
	return one->order < other->order ? -1 : one->order > other->order;
}

void explain_tell(GString *out, GArray *moments)
{
	g_array_sort(moments, by_time);
	for (unsigned i = 0; i < moments->len; i++) {
		const struct moment *moment = &g_array_index(moments, struct moment, i);

		explain_at(out, moment->at, moment->text);
	}
}

/* --- slices --- */

static const struct endpoint *find_endpoint(const struct endpoint_slice *slice,
                                            const struct endpoint *like)
{
	for (size_t i = 0; slice && i < slice->n_endpoints; i++) {
		if (g_strcmp0(slice->endpoints[i].address, like->address) == 0 &&
		    g_strcmp0(slice->endpoints[i].pod_uid, like->pod_uid) == 0) {
			return &slice->endpoints[i];
		}
	}
	return NULL;
}

static const char *name_of(const struct endpoint *endpoint)
{
	return endpoint->pod_name ? endpoint->pod_name : endpoint->address;
}

/* The three conditions, and the rule that gave them.
 * Source: staging/src/k8s.io/endpointslice/utils.go podToEndpoint. */
static char *state_text(const struct endpoint *endpoint, bool publish)
{
	const char *why = endpoint->terminating && endpoint->ready
	                      ? "it is deleted, but the Service publishes not-ready addresses"
	                  : endpoint->terminating && endpoint->serving
	                      ? "it is deleted and still Ready: used only when no pod is ready"
	                  : endpoint->terminating ? "it is deleted and not Ready"
	                  : publish && !endpoint->serving
	                      ? "the Service publishes not-ready addresses"
	                  : endpoint->ready ? "it is Ready"
	                                    : "it is not Ready";

	return g_strdup_printf("%s: ready %s, serving %s, terminating %s, because %s",
	                       name_of(endpoint), endpoint->ready ? "true" : "false",
	                       endpoint->serving ? "true" : "false",
	                       endpoint->terminating ? "true" : "false", why);
}

static void add_changes(GArray *moments, sim_time at, const struct endpoint_slice *before,
                        const struct endpoint_slice *now, bool publish)
{
	for (size_t i = 0; now && i < now->n_endpoints; i++) {
		const struct endpoint *endpoint = &now->endpoints[i];
		const struct endpoint *old = find_endpoint(before, endpoint);

		if (!old || old->ready != endpoint->ready || old->serving != endpoint->serving ||
		    old->terminating != endpoint->terminating) {
			g_autofree char *state = state_text(endpoint, publish);

			explain_moment(moments, at, g_strdup_printf("EndpointSlice: %s", state));
		}
	}
	for (size_t i = 0; before && i < before->n_endpoints; i++) {
		if (!find_endpoint(now, &before->endpoints[i])) {
			explain_moment(moments, at,
			               g_strdup_printf("EndpointSlice: %s is taken out: the pod is "
			                               "gone, finished or not selected",
			                               name_of(&before->endpoints[i])));
		}
	}
}

static bool publishes(const struct run *run, const struct run_service *service, sim_time at)
{
	const struct object *object =
	    run_object_at(run, KIND_SERVICE, service->namespace, service->name, at);

	return object && SERVICE(object)->publish_not_ready_addresses;
}

/* What each version of the Service's slices changed. */
static void add_slices(const struct run *run, const struct run_service *service, GArray *moments)
{
	g_autoptr(GHashTable) last = g_hash_table_new(g_str_hash, g_str_equal); /* by UID */

	for (unsigned i = 0; i < run->versions->len; i++) {
		const struct run_version *version = run->versions->pdata[i];
		const struct object *object = version->object;
		const bool gone = version->change == CHANGE_DELETED;

		if (object->kind != KIND_ENDPOINT_SLICE ||
		    g_strcmp0(object->meta.namespace, service->namespace) != 0 ||
		    g_strcmp0(string_map_get(object->meta.labels, "kubernetes.io/service-name"),
		              service->name) != 0) {
			continue;
		}
		add_changes(moments, version->at, g_hash_table_lookup(last, object->meta.uid),
		            gone ? NULL : ENDPOINT_SLICE(object),
		            publishes(run, service, version->at));
		g_hash_table_insert(last, object->meta.uid, gone ? NULL : (void *)object);
	}
}

void explain_endpoints(const struct run *run, GString *out, bool colour)
{
	for (unsigned i = 0; i < run->services->len; i++) {
		const struct run_service *service = run->services->pdata[i];
		g_autofree char *title = g_strdup_printf("Service %s", service->name);
		g_autofree char *object = g_strdup_printf("service/%s", service->name);
		g_autoptr(GArray) moments = explain_moments();

		add_slices(run, service, moments);
		for (unsigned k = 0; k < run->notes->len; k++) {
			const struct run_note *note = run->notes->pdata[k];

			if (note->kind == NOTE_ENDPOINTS && g_strcmp0(note->object, object) == 0) {
				explain_moment(moments, note->at, g_strdup(note->text));
			}
		}
		text_heading(out, title, colour);
		explain_tell(out, moments);
	}
}
