/* sections.h - the parts of a scenario file, each read by a function of its own. Inside this folder
 * only.
 *
 * Each takes the part's value (absent: NULL), fills in the scenario with what is there and with
 * defaults, and leaves faults in the reader. References from one part to another are judged once
 * all parts are read (references.c). */

#pragma once

#include "scenario/fields.h"
#include "scenario/scenario.h"
#include "scenario/setting_path.h"

/* application_read.c */
void read_applications(struct reader *reader, const struct doc *list, struct scenario *scenario);
/* cluster_read.c, components_read.c */
void read_cluster(struct reader *reader, const struct doc *map, struct scenario *scenario);
void read_components(struct reader *reader, const struct doc *cluster,
                     struct component_settings *components);
void cluster_clear(struct scenario *scenario);
/* load_read.c */
void read_loads(struct reader *reader, const struct doc *list, struct scenario *scenario);
/* Pairs of instant and value from a CSV file; @n pairs, to be freed. NULL and a fault. */
struct rate_point *read_points(struct reader *reader, const struct doc *name, size_t *n);
/* metrics_read.c */
void read_metrics(struct reader *reader, const struct doc *list, struct scenario *scenario);
void metric_clear(struct custom_metric *metric);
/* timeline_read.c */
void read_timeline(struct reader *reader, const struct doc *list, struct scenario *scenario);
void action_clear(struct action *action);
/* The objects in the file @name, split into single ones and added to @objects. */
void read_manifest(struct reader *reader, const struct doc *name, GPtrArray *objects);
/* Reads "KIND/NAME" or "NAMESPACE/KIND/NAME" into its parts. @namespace is left alone when there is
 * none. */
bool read_target(struct reader *reader, const struct doc *text, enum object_kind *kind, char **name,
                 char **namespace);

/* references.c: whether everything that is named exists. */
void check_references(struct reader *reader, const struct scenario *scenario);
/* objects_check.c: decodes every manifest once, and whether Services, loads, patches meet objects.
 */
void check_objects(struct reader *reader, const struct scenario *scenario);

/* settings_apply.c: carries out --set on the scenario's own file (before it is read) and on
 * manifests (after). */
void apply_own_settings(struct reader *reader, GPtrArray *settings, struct doc *document);
void apply_object_settings(struct reader *reader, GPtrArray *settings, struct scenario *scenario);
