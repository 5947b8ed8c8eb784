/* recorder_endpoints.c - what the proxies' rules name, node by node.
 *
 * All nodes get the same lists within moments, so a list is kept, written down and looked up in
 * once. In large clusters only the node of the clients is followed. */

#include "record/recorder_private.h"

enum { FOLLOWED_NODES_MAX = 100 }; /* beyond, the nodes without clients are left out */

/* --- lists of names --- */

struct name_list *name_list_ref(struct name_list *list)
{
	list->refs++;
	return list;
}

void name_list_unref(void *data)
{
	struct name_list *list = data;

	if (list && --list->refs == 0) {
		g_hash_table_unref(list->index);
		g_ptr_array_unref(list->names);
		g_ptr_array_unref(list->gone);
		name_list_unref(list->before);
		g_string_free(list->text, TRUE);
		g_free(list);
	}
}

bool name_list_has(const struct name_list *list, const char *name)
{
	return g_hash_table_contains(list->index, name);
}

const GPtrArray *name_list_gone(struct name_list *list, struct name_list *before)
{
	if (list->before == before) {
		return list->gone;
	}
	g_ptr_array_set_size(list->gone, 0);
	for (unsigned i = 0; i < before->names->len; i++) {
		if (!name_list_has(list, before->names->pdata[i])) {
			g_ptr_array_add(list->gone, before->names->pdata[i]);
		}
	}
	/* The list before that is of no use any more. */
	g_clear_pointer(&before->before, name_list_unref);
	name_list_unref(list->before);
	list->before = name_list_ref(before);
	return list->gone;
}

static struct name_list *name_list_new(const struct endpoints_trace *t)
{
	struct name_list *list = g_new0(struct name_list, 1);

	list->refs = 1;
	list->set = t->set;
	list->names = g_ptr_array_new_full((unsigned)t->n_pods + 1, g_free);
	list->index = g_hash_table_new(g_str_hash, g_str_equal);
	list->gone = g_ptr_array_new();
	list->text = g_string_new(NULL);
	for (size_t i = 0; i < t->n_pods; i++) {
		char *name = g_strdup(t->pods[i]);

		g_ptr_array_add(list->names, name);
		g_hash_table_add(list->index, name);
		g_string_append(list->text, i ? ", " : ": ");
		g_string_append(list->text, name);
	}
	return list;
}

/* The names of @t; a reference. */
static struct name_list *names_of(struct service_record *service, const struct endpoints_trace *t)
{
	struct name_list *last = service ? service->names : NULL;

	if (last && t->set && last->set == t->set) {
		return name_list_ref(last);
	}
	struct name_list *list = name_list_new(t);

	if (service) {
		name_list_unref(last);
		service->names = name_list_ref(list);
	}
	return list;
}

/* --- what they say --- */

/* Who of the Service's namespace is served by this node's table, and who is not any more. A pod of
 * another Service of the namespace is left alone. */
static void set_serving(struct recorder *recorder, const struct service_record *service,
                        const struct endpoints_trace *t, const struct name_list *names)
{
	const GPtrArray *pods = recorder->run->pods;

	for (unsigned i = 0; i < pods->len; i++) {
		struct run_pod *pod = pods->pdata[i];

		if (pod->gone_at != SIM_NEVER || g_strcmp0(pod->namespace, t->namespace) != 0) {
			continue;
		}
		if (name_list_has(names, pod->name)) {
			recorder_open(recorder, pod->serving, t->at);
		} else if (service->programmed && spans_are_open(pod->serving) &&
		           name_list_has(service->programmed, pod->name)) {
			spans_close(pod->serving, t->at);
		}
	}
}

static void note_rules(struct recorder *recorder, const struct endpoints_trace *t,
                       const struct name_list *names)
{
	g_autofree char *object = g_strdup_printf("service/%s", t->service);
	g_autoptr(GString) text = g_string_sized_new(names->text->len + 64);

	g_string_append_printf(text, "%s's rules: %zu endpoint%s", t->node, t->n_pods,
	                       t->n_pods == 1 ? "" : "s");
	g_string_append_len(text, names->text->str, (gssize)names->text->len);
	recorder_note(recorder, NOTE_ENDPOINTS, object, text->str);
}

void recorder_see_endpoints(void *self, const struct endpoints_trace *t)
{
	struct recorder *recorder = self;
	g_autofree char *key = record_key(t->namespace, t->service);
	struct service_record *service = g_hash_table_lookup(recorder->services, key);
	bool counts = service && (!service->node || g_strcmp0(service->node, t->node) == 0);

	if (!counts && recorder->scenario->n_nodes > FOLLOWED_NODES_MAX) {
		return;
	}
	struct name_list *names = names_of(service, t);

	note_rules(recorder, t, names);
	recorder_see_rules(recorder, service, t, names);
	if (counts) {
		set_serving(recorder, service, t, names);
		name_list_unref(service->programmed);
		service->programmed = name_list_ref(names);
		recorder_step(recorder, service->service->programmed, t->at, (double)t->n_pods);
	}
	name_list_unref(names);
}
