/* get.c - podsim get RESOURCE [NAME...] SOURCE: what `kubectl get` would have printed. */

#include "commands/all.h"
#include "commands/source.h"

#include <stdio.h>
#include <string.h>

struct get_options {
	struct source_options source;
	char *output, *sort_by, *fields;
	gboolean watch, show_labels;
};

static const char examples[] =
    "  podsim get pods scenarios/idle-replica.yaml --at 9m -o wide\n"
    "  podsim get pods -l app=inference scenarios/idle-replica.yaml --at 9m\n"
    "  podsim get deployments,replicasets,hpa scenarios/idle-replica.yaml --at 9m\n"
    "  podsim get hpa inference scenarios/idle-replica.yaml --at 550s -w\n"
    "  podsim get events scenarios/idle-replica.yaml --at 9m --sort-by=.lastTimestamp\n"
    "  podsim get endpoints inference out/run.db --at 9m -o json\n"
    "\n"
    "RESOURCE: pods, deployments, replicasets, services, endpoints, endpointslices, hpa, pdb,\n"
    "events, nodes, several with commas, or all. SOURCE: a scenario, or the run.db of a run.\n"
    "Where nothing has just this NAME, it is the beginning of names.\n";

enum format { FORMAT_TABLE, FORMAT_WIDE, FORMAT_JSON, FORMAT_YAML, FORMAT_NAME };

static bool read_format(const char *text, enum format *format, GError **error)
{
	static const char *const names[] = {"", "wide", "json", "yaml", "name"};

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		if (g_str_equal(text ? text : "", names[i])) {
			*format = (enum format)i;
			return true;
		}
	}
	g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
	            "--output: expected wide, json, yaml or name, not '%s'", text);
	return false;
}

/* --- several kinds --- */

struct listing { /* what is printed of each kind */
	const struct get_options *options;
	const struct source *source;
	enum format format;
	GArray *names;
	GPtrArray *objects; /* GPtrArray * of each name, those of one kind together */
	GString *out;
};

static bool spans_kinds(const struct listing *listing)
{
	const struct source_name *names = (const struct source_name *)listing->names->data;

	for (unsigned i = 1; i < listing->names->len; i++) {
		if (names[i].kind != names[0].kind) {
			return true;
		}
	}
	return false;
}

/* The objects of each kind in the order in which kinds were first named. */
static bool select_objects(struct listing *listing, GError **error)
{
	GPtrArray *by_kind[KIND_COUNT] = {NULL};

	for (unsigned i = 0; i < listing->names->len; i++) {
		const struct source_name *name =
		    &g_array_index(listing->names, struct source_name, i);
		g_autoptr(GPtrArray) found =
		    source_select(listing->source, name, listing->options->fields, error);

		if (!found) {
			return false;
		}
		if (!by_kind[name->kind]) {
			by_kind[name->kind] = g_ptr_array_new();
			g_ptr_array_add(listing->objects, by_kind[name->kind]);
		}
		for (unsigned j = 0; j < found->len; j++) {
			if (!g_ptr_array_find(by_kind[name->kind], found->pdata[j], NULL)) {
				g_ptr_array_add(by_kind[name->kind], found->pdata[j]);
			}
		}
	}
	for (unsigned i = 0; listing->options->sort_by && i < listing->objects->len; i++) {
		if (!view_sort(listing->source->view, listing->objects->pdata[i],
		               listing->options->sort_by)) {
			g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
			            "couldn't find any field with path \"{%s}\" in the list of "
			            "objects",
			            listing->options->sort_by);
			return false;
		}
	}
	return true;
}

/* --- output --- */

static void print_names(const GPtrArray *objects, GString *out)
{
	for (unsigned i = 0; i < objects->len; i++) {
		const struct object *object = objects->pdata[i];

		g_string_append_printf(out, "%s/%s\n", view_kind_prefix(object->kind),
		                       object->meta.name);
	}
}

static void print_documents(const struct listing *listing, const GPtrArray *all)
{
	const struct source_name *first = &g_array_index(listing->names, struct source_name, 0);
	const bool single = listing->names->len == 1 && first->name && all->len == 1;

	view_documents(listing->source->view, all, !single, listing->format == FORMAT_JSON,
	               listing->out);
}

static void print_tables(const struct listing *listing)
{
	const struct view_format format = {
	    .wide = listing->format == FORMAT_WIDE,
	    .show_labels = listing->options->show_labels,
	    .all_namespaces = listing->options->source.all_namespaces,
	    .prefixed = spans_kinds(listing),
	};

	for (unsigned i = 0; i < listing->objects->len; i++) {
		const GPtrArray *objects = listing->objects->pdata[i];

		if (objects->len && listing->out->len) {
			g_string_append_c(listing->out, '\n');
		}
		view_table(listing->source->view, objects, &format, listing->out);
	}
}

static bool print_watch(const struct listing *listing, GError **error)
{
	const struct source_name *first = &g_array_index(listing->names, struct source_name, 0);
	const struct view_query query = {
	    .kind = first->kind,
	    .namespace = listing->source->namespace,
	    .name = first->name,
	    .selector = listing->source->selector,
	    .fields = listing->options->fields,
	};
	const struct view_format format = {
	    .wide = listing->format == FORMAT_WIDE,
	    .show_labels = listing->options->show_labels,
	    .all_namespaces = listing->options->source.all_namespaces,
	};

	if (listing->names->len > 1 || listing->format > FORMAT_WIDE) {
		g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
		            "--watch prints a table of one resource type or one object");
		return false;
	}
	view_table_watch(listing->source->view, listing->objects->pdata[0], &query, &format,
	                 listing->out);
	return true;
}

/* As kubectl, on standard error and with exit code 0. */
static void say_nothing_found(const struct source *source)
{
	if (source->namespace) {
		fprintf(stderr, "No resources found in %s namespace.\n", source->namespace);
	} else {
		fprintf(stderr, "No resources found\n");
	}
}

static bool print_listing(const struct listing *listing, GError **error)
{
	g_autoptr(GPtrArray) all = g_ptr_array_new();

	for (unsigned i = 0; i < listing->objects->len; i++) {
		g_ptr_array_extend(all, listing->objects->pdata[i], NULL, NULL);
	}
	if (listing->options->watch) {
		return print_watch(listing, error);
	}
	if (listing->format == FORMAT_JSON || listing->format == FORMAT_YAML) {
		print_documents(listing, all);
		return true;
	}
	if (listing->format == FORMAT_NAME) {
		print_names(all, listing->out);
	} else {
		print_tables(listing);
	}
	if (all->len == 0) {
		say_nothing_found(listing->source);
	}
	return true;
}

static int get(char **arguments, int n, const struct get_options *options)
{
	struct source source;
	struct listing listing = {
	    .options = options,
	    .source = &source,
	    .objects = g_ptr_array_new_with_free_func((GDestroyNotify)g_ptr_array_unref),
	    .out = g_string_new(NULL),
	};
	GError *error = NULL;
	int code;

	listing.names = source_names(arguments, n - 1, &error);
	if (!listing.names || !read_format(options->output, &listing.format, &error)) {
		code = source_fail(error);
	} else if (!source_open(arguments[n - 1], &options->source, &source, &error)) {
		code = source_fail(error);
	} else {
		const bool good =
		    select_objects(&listing, &error) && print_listing(&listing, &error);

		code = command_print(listing.out->str);
		code = good ? code : source_fail(error);
		source_close(&source);
	}
	if (listing.names) {
		g_array_unref(listing.names);
	}
	g_ptr_array_unref(listing.objects);
	g_string_free(listing.out, TRUE);
	return code;
}

int command_get(int argc, char **argv)
{
	struct get_options options = {0};
	const GOptionEntry entries[] = {
	    {"output", 'o', G_OPTION_FLAG_NONE, G_OPTION_ARG_STRING, &options.output,
	     "Print wide, json, yaml or name", "FORMAT"},
	    {"watch", 'w', G_OPTION_FLAG_NONE, G_OPTION_ARG_NONE, &options.watch,
	     "Print the changes from that time on", NULL},
	    {"sort-by", 0, G_OPTION_FLAG_NONE, G_OPTION_ARG_STRING, &options.sort_by,
	     "Sort by a field: .lastTimestamp, .status.startTime", "PATH"},
	    {"field-selector", 0, G_OPTION_FLAG_NONE, G_OPTION_ARG_STRING, &options.fields,
	     "Only objects with these fields: involvedObject.name=web-1", "FIELDS"},
	    {"show-labels", 0, G_OPTION_FLAG_NONE, G_OPTION_ARG_NONE, &options.show_labels,
	     "A column with all labels", NULL},
	    SOURCE_LIST_OPTIONS(options.source),
	    SOURCE_OPTIONS(options.source),
	    G_OPTION_ENTRY_NULL,
	};
	int code;

	if (command_parse("get", "RESOURCE [NAME...] SOURCE",
	                  "Prints objects of a run as `kubectl get` would have at that time.",
	                  examples, entries, &argc, &argv, 2, -1, &code)) {
		code = get(argv + 1, argc - 1, &options);
	}
	source_options_clear(&options.source);
	g_free(options.output);
	g_free(options.sort_by);
	g_free(options.fields);
	return code;
}
