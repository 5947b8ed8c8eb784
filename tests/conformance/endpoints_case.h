/* endpoints_case.h - strict reading of the cases of the table `endpoints`.
 *
 * A field of the wrong kind is told in the difference and read as its fallback. Whatever is read
 * lives as long as the case. */

#pragma once

#include "document/document.h"
#include "rules/endpoints.h"

struct table_case {
	GString *diff;
	GPtrArray *garbage; /* freed with the case, last things first */
};

/* Frees everything that was kept. */
void case_end(struct table_case *c);

/* Keeps @data until the end of the case, then calls @free with it. Returns @data. */
void *case_keep(struct table_case *c, void *data, GDestroyNotify free);
/* Says that @key should have been @wanted ("a string"). */
void case_wrong(struct table_case *c, const char *key, const char *wanted);

/* A field of @map; @fallback when it is absent. */
const char *case_text(struct table_case *c, const struct doc *map, const char *key,
                      const char *fallback);
bool case_flag(struct table_case *c, const struct doc *map, const char *key, bool fallback);
int64_t case_int(struct table_case *c, const struct doc *map, const char *key, int64_t fallback);
sim_time case_duration(struct table_case *c, const char *key, const struct doc *field);
/* The strings of a list as a NULL-terminated array; NULL when the field is absent. */
const char *const *case_texts(struct table_case *c, const struct doc *map, const char *key);
size_t case_length(const char *const *texts);
struct string_map *case_labels(struct table_case *c, const struct doc *labels);

/* A Service "web" that selects app=web, without ports. */
struct service *case_service(struct table_case *c, const struct doc *map);
void case_add_port(struct service *service, const char *name, int port, const char *protocol);
/* A pod of namespace default; app=web where no labels are given. @address: of a pod that gives none
 * itself; NULL: it has none. */
struct endpoint_pod case_pod(struct table_case *c, const struct doc *map, const char *address);

/* Rules of kube-proxy (endpoints_proxy.c): ask with @given, put the answers into @got. */
void ask_usable_endpoints(struct table_case *c, const struct doc *given, struct doc *got);
void ask_rule_probability(struct table_case *c, const struct doc *given, struct doc *got);
void ask_proxy_sync(struct table_case *c, const struct doc *given, struct doc *got);
