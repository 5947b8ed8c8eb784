/* view_table.c - tables of objects, once or as they change. */

#include "report/view_table.h"

#include "kube/codec.h"
#include "report/view_print.h"
#include "report/view_tabs.h"

static const struct view_columns *const columns_of[KIND_COUNT] = {
    [KIND_POD] = &view_columns_of_pods,
    [KIND_NODE] = &view_columns_of_nodes,
    [KIND_DEPLOYMENT] = &view_columns_of_deployments,
    [KIND_REPLICA_SET] = &view_columns_of_replica_sets,
    [KIND_SERVICE] = &view_columns_of_services,
    [KIND_ENDPOINT_SLICE] = &view_columns_of_endpoint_slices,
    [KIND_ENDPOINTS] = &view_columns_of_endpoints,
    [KIND_HPA] = &view_columns_of_hpas,
    [KIND_PDB] = &view_columns_of_pdbs,
    [KIND_EVENT] = &view_columns_of_events,
};

/* Whether a column with this number stands in the table. */
static bool is_shown(const struct view_columns *columns, size_t number,
                     const struct view_format *format)
{
	return format->wide || !(columns->wide & 1u << number);
}

/* A line of the table; cells of columns that are not shown are left out. */
static void add_line(struct tabs *tabs, const char *namespace, char *const *cells,
                     const char *labels, const struct view_columns *columns,
                     const struct view_format *format)
{
	const char *tab = "";

	if (namespace) {
		tabs_add(tabs, "%s", namespace);
		tab = "\t";
	}
	for (size_t i = 0; columns->headers[i]; i++) {
		if (is_shown(columns, i, format)) {
			tabs_add(tabs, "%s%s", tab, cells[i]);
			tab = "\t";
		}
	}
	if (labels) {
		tabs_add(tabs, "%s%s", tab, labels);
	}
	tabs_add(tabs, "\n");
}

static void add_header(struct tabs *tabs, enum object_kind kind, const struct view_format *format)
{
	const struct view_columns *columns = columns_of[kind];
	const bool namespaces = format->all_namespaces && !view_kind_is_global(kind);

	add_line(tabs, namespaces ? "NAMESPACE" : NULL, (char *const *)columns->headers,
	         format->show_labels ? "LABELS" : NULL, columns, format);
}

static void add_object(struct tabs *tabs, const struct view *view, const struct object *object,
                       const struct view_format *format)
{
	const struct view_columns *columns = columns_of[object->kind];
	const bool namespaces = format->all_namespaces && !view_kind_is_global(object->kind);
	g_autoptr(GPtrArray) cells = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *labels = NULL;

	columns->cells(view, object, cells);
	for (size_t i = 0; format->prefixed && columns->headers[i]; i++) {
		if (g_str_equal(columns->headers[i], "NAME")) {
			char *name = g_strdup_printf("%s/%s", view_kind_prefix(object->kind),
			                             (char *)cells->pdata[i]);

			g_free(cells->pdata[i]);
			cells->pdata[i] = name;
		}
	}
	if (format->show_labels) {
		labels = string_map_size(object->meta.labels)
		             ? string_map_to_string(object->meta.labels)
		             : g_strdup("<none>");
	}
	add_line(tabs, namespaces ? object->meta.namespace : NULL, (char *const *)cells->pdata,
	         labels, columns, format);
}

static void add_objects(struct tabs *tabs, const struct view *view, const GPtrArray *objects,
                        const struct view_format *format)
{
	for (unsigned i = 0; i < objects->len; i++) {
		add_object(tabs, view, objects->pdata[i], format);
	}
}

void view_table(const struct view *view, const GPtrArray *objects, const struct view_format *format,
                GString *out)
{
	g_autoptr(tabs) tabs = tabs_new_table(false);

	if (objects->len == 0) {
		return;
	}
	add_header(tabs, ((const struct object *)objects->pdata[0])->kind, format);
	add_objects(tabs, view, objects, format);
	tabs_flush(tabs, out);
}

/* --- changes --- */

/* Objects with a generated name that was given in part: its beginning is what has to fit. */
static bool watches(const struct view *view, const struct view_query *query,
                    const struct object *object)
{
	struct view_query whole = *query;

	if (query->name && g_str_has_prefix(object->meta.name, query->name) &&
	    !view_find(view, query->kind, query->namespace, query->name)) {
		whole.name = NULL;
	}
	return view_fits(view, &whole, object);
}

void view_table_watch(const struct view *view, const GPtrArray *objects,
                      const struct view_query *query, const struct view_format *format,
                      GString *out)
{
	const struct run *run = view->run;
	const GPtrArray *versions = query->kind == KIND_EVENT ? run->event_versions : run->versions;
	g_autoptr(tabs) tabs = tabs_new_table(true);
	struct view moment =
	    *view; /* its clock moves on; the cells of a row need no other object */
	bool any = objects->len > 0;

	if (any) {
		add_header(tabs, query->kind, format);
		add_objects(tabs, view, objects, format);
		tabs_flush(tabs, out);
	}
	for (unsigned i = 0; i < versions->len; i++) {
		const struct run_version *version = versions->pdata[i];

		if (version->at <= view->at || !watches(view, query, version->object)) {
			continue;
		}
		moment.at = version->at;
		if (!any) {
			add_header(tabs, query->kind, format);
			any = true;
		}
		add_object(tabs, &moment, version->object, format);
		tabs_flush(tabs, out);
	}
}

/* --- documents --- */

void view_documents(const struct view *view, const GPtrArray *objects, bool list, bool json,
                    GString *out)
{
	g_autoptr(doc) document = NULL;
	g_autofree char *text = NULL;

	if (list) {
		struct doc *items = doc_new_list(), *metadata = doc_new_map();

		document = doc_new_map();
		doc_set_string(document, "apiVersion", "v1");
		doc_set(document, "items", items);
		doc_set_string(document, "kind", "List");
		doc_set(document, "metadata", metadata);
		doc_set_string(metadata, "resourceVersion", "");
		for (unsigned i = 0; i < objects->len; i++) {
			doc_append(items, object_encode(objects->pdata[i], view->clock_zero));
		}
	} else {
		document = object_encode(objects->pdata[0], view->clock_zero);
	}
	doc_sort_keys(document);
	text = json ? doc_to_json(document, 4) : doc_to_yaml(document);
	g_string_append(out, text);
	if (out->len && out->str[out->len - 1] != '\n') {
		g_string_append_c(out, '\n');
	}
}
