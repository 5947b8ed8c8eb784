/* events.c - podsim events SOURCE: what `kubectl events` would have printed. */

#include "commands/all.h"
#include "commands/source.h"

#include <stdio.h>
#include <string.h>

struct events_options {
	struct source_options source;
	char *sort_by, *about, *types;
};

static const char examples[] =
    "  podsim events scenarios/idle-replica.yaml --at 9m\n"
    "  podsim events scenarios/idle-replica.yaml --at 9m --for deployment/inference\n"
    "  podsim events scenarios/idle-replica.yaml --at 9m --types=Warning\n"
    "  podsim events scenarios/idle-replica.yaml --at 9m --sort-by=.firstTimestamp\n";

static bool has_type(const char *types, const struct event *event)
{
	g_auto(GStrv) words = g_strsplit(types, ",", -1);

	for (char **word = words; *word; word++) {
		if (g_ascii_strcasecmp(*word, event->warning ? "Warning" : "Normal") == 0) {
			return true;
		}
	}
	return false;
}

/* Events about @about, which may be the beginning of a name; by the time of the last sighting. */
static GPtrArray *choose(const struct source *source, const struct source_name *about,
                         const char *types)
{
	g_autoptr(GPtrArray) all = view_events_of(source->view, NULL);
	GPtrArray *chosen = g_ptr_array_new();
	bool exact = false;

	for (unsigned i = 0; about && i < all->len; i++) {
		exact = exact || g_str_equal(EVENT(all->pdata[i])->regarding_name, about->name);
	}
	for (unsigned i = 0; i < all->len; i++) {
		const struct event *event = all->pdata[i];
		const char *name = event->regarding_name;

		if ((!source->namespace ||
		     g_strcmp0(event->object.meta.namespace, source->namespace) == 0) &&
		    (!types || has_type(types, event)) &&
		    (!about || (event->regarding_kind == about->kind &&
		                (exact ? g_str_equal(name, about->name)
		                       : g_str_has_prefix(name, about->name))))) {
			g_ptr_array_add(chosen, all->pdata[i]);
		}
	}
	return chosen;
}

static bool print_events(const struct source *source, const struct events_options *options,
                         GString *out, GError **error)
{
	struct source_name about = {0};

	if (options->about && (!strchr(options->about, '/') ||
	                       !source_name(&options->about, 1, KIND_POD, &about, error))) {
		if (!*error) {
			g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
			            "--for: expected KIND/NAME, not '%s'", options->about);
		}
		return false;
	}
	g_autoptr(GPtrArray) events =
	    choose(source, options->about ? &about : NULL, options->types);

	if (options->sort_by && !view_sort(source->view, events, options->sort_by)) {
		g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
		            "couldn't find any field with path \"{%s}\" in the list of objects",
		            options->sort_by);
		return false;
	}
	view_events(source->view, events, options->source.all_namespaces, out);
	if (events->len == 0) {
		fprintf(stderr, "No events found%s%s%s.\n", source->namespace ? " in " : "",
		        source->namespace ? source->namespace : "",
		        source->namespace ? " namespace" : "");
	}
	return true;
}

static int events(const char *path, const struct events_options *options)
{
	g_autoptr(GString) out = g_string_new(NULL);
	struct source source;
	GError *error = NULL;
	int code;

	if (!source_open(path, &options->source, &source, &error)) {
		return source_fail(error);
	}
	if (print_events(&source, options, out, &error)) {
		code = command_print(out->str);
	} else {
		code = source_fail(error);
	}
	source_close(&source);
	return code;
}

int command_events(int argc, char **argv)
{
	struct events_options options = {0};
	const GOptionEntry entries[] = {
	    {"for", 0, G_OPTION_FLAG_NONE, G_OPTION_ARG_STRING, &options.about,
	     "Only those about this object", "KIND/NAME"},
	    {"types", 0, G_OPTION_FLAG_NONE, G_OPTION_ARG_STRING, &options.types,
	     "Only these types: Warning, Normal", "TYPES"},
	    {"sort-by", 0, G_OPTION_FLAG_NONE, G_OPTION_ARG_STRING, &options.sort_by,
	     "Sort by a field; default: .lastTimestamp", "PATH"},
	    {"all-namespaces", 'A', G_OPTION_FLAG_NONE, G_OPTION_ARG_NONE,
	     &options.source.all_namespaces, "Of all namespaces", NULL},
	    SOURCE_OPTIONS(options.source),
	    G_OPTION_ENTRY_NULL,
	};
	int code;

	if (command_parse("events", "SOURCE",
	                  "Prints Events as `kubectl events` would have at that time.", examples,
	                  entries, &argc, &argv, 1, 1, &code)) {
		code = events(argv[1], &options);
	}
	source_options_clear(&options.source);
	g_free(options.sort_by);
	g_free(options.about);
	g_free(options.types);
	return code;
}
