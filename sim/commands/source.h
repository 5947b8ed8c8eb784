/* source.h - from what the user names to a view: a scenario, which is run, or a saved run.db; and
 * the options that every command like kubectl's has. */

#pragma once

#include "report/view_print.h"

struct source_options {
	char **sets;     /* --set, NULL-terminated; NULL: none */
	char *seed_text; /* --seed */
	char *at_text;   /* --at; NULL: the end of the run */
	char *namespace; /* -n; NULL: default */
	gboolean all_namespaces;
	char *selector_text; /* -l */
};

/* The options of @options, for command_parse(); --selector is for those that list. */
#define SOURCE_OPTIONS(options)                                                                    \
	{"at",                                                                                     \
	 0,                                                                                        \
	 G_OPTION_FLAG_NONE,                                                                       \
	 G_OPTION_ARG_STRING,                                                                      \
	 &(options).at_text,                                                                       \
	 "The instant, from the scenario's zero: 9m, 540s, -1h; default: the end",                 \
	 "TIME"},                                                                                  \
	    {"namespace",                                                                          \
	     'n',                                                                                  \
	     G_OPTION_FLAG_NONE,                                                                   \
	     G_OPTION_ARG_STRING,                                                                  \
	     &(options).namespace,                                                                 \
	     "Look into this namespace",                                                           \
	     "NAME"},                                                                              \
	    {"set",                                                                                \
	     0,                                                                                    \
	     G_OPTION_FLAG_NONE,                                                                   \
	     G_OPTION_ARG_STRING_ARRAY,                                                            \
	     &(options).sets,                                                                      \
	     "Override a setting; may be given again",                                             \
	     "PATH=VALUE"},                                                                        \
	{                                                                                          \
		"seed", 0, G_OPTION_FLAG_NONE, G_OPTION_ARG_STRING, &(options).seed_text,          \
		    "Override the scenario's seed", "N"                                            \
	}

#define SOURCE_LIST_OPTIONS(options)                                                               \
	{"all-namespaces",                                                                         \
	 'A',                                                                                      \
	 G_OPTION_FLAG_NONE,                                                                       \
	 G_OPTION_ARG_NONE,                                                                        \
	 &(options).all_namespaces,                                                                \
	 "Look into all namespaces",                                                               \
	 NULL},                                                                                    \
	{                                                                                          \
		"selector", 'l', G_OPTION_FLAG_NONE, G_OPTION_ARG_STRING,                          \
		    &(options).selector_text, "Only objects with these labels: app=web,tier!=db",  \
		    "SELECTOR"                                                                     \
	}

struct source {
	struct scenario *scenario; /* of a scenario that was run; NULL: read back */
	struct run *run;
	struct view *view;
	struct label_selector *selector; /* NULL: any */
	const char *namespace;           /* NULL: all */
};

/* Runs or reads @path and looks at it at the instant asked for. False and @error. */
bool source_open(const char *path, const struct source_options *options, struct source *source,
                 GError **error);
void source_close(struct source *source);
void source_options_clear(struct source_options *options);

/* One object that a user speaks of. */
struct source_name {
	enum object_kind kind;
	const char *name; /* NULL: all of the kind; borrowed from the argument */
};

/* What the @n words @arguments name in kubectl's manner: `pods`, `pods,hpa`, `pod web-1 web-2`,
 * `pod/web-1 hpa/web`, `all`. An array of struct source_name; NULL and @error. */
GArray *source_names(char *const *arguments, int n, GError **error);

/* Same for a single object whose kind may be left out: `web-1`, `pod/web-1`, `deployment web`. */
bool source_name(char *const *arguments, int n, enum object_kind otherwise,
                 struct source_name *name, GError **error);

/* The objects of @name; NULL, with kubectl's message in @error, when there are none of that name.
 */
GPtrArray *source_select(const struct source *source, const struct source_name *name,
                         const char *fields, GError **error);

/* The pod of @name, or the one that kubectl takes of a Deployment's pods for logs, which it then
 * says on standard error. NULL and @error. */
const struct object *source_pod(const struct source *source, const struct source_name *name,
                                GError **error);

/* Prints @error as kubectl does: EXIT_NOT_HELD when the API server would have said it, else as
 * command_fail(). */
int source_fail(GError *error);
