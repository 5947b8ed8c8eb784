#include "scenario/expect_quantity.h"

#include <stdlib.h>
#include <string.h>

#define PODS (OF_DEPLOYMENT | OF_POD)

/* Percentages are fractions: 25% is 0.25. CPU is in cores, memory in bytes, time in seconds. */
static const struct expect_quantity quantities[] = {
    /* what the API shows, at every instant */
    {"endpoints", EXPECT_NUMBER, OF_SERVICE, true, {NULL}},
    {"ready", EXPECT_NUMBER, OF_DEPLOYMENT, true, {NULL}},
    {"replicas.desired", EXPECT_NUMBER, OF_DEPLOYMENT, true, {NULL}},
    {"replicas.current", EXPECT_NUMBER, OF_DEPLOYMENT, true, {NULL}},
    {"replicas.ready", EXPECT_NUMBER, OF_DEPLOYMENT, true, {NULL}},
    {"replicas.available", EXPECT_NUMBER, OF_DEPLOYMENT, true, {NULL}},
    {"replicas.updated", EXPECT_NUMBER, OF_DEPLOYMENT, true, {NULL}},
    {"restarts", EXPECT_NUMBER, PODS, true, {"container", "revision", NULL}},
    {"hpa.desired", EXPECT_NUMBER, OF_HPA, true, {NULL}},
    {"hpa.current", EXPECT_NUMBER, OF_HPA, true, {NULL}},
    {"condition", EXPECT_TEXT, OF_HPA | OF_DEPLOYMENT | OF_POD, true, {"type", "reason", NULL}},
    /* use of resources by each pod, over the measure window */
    {"cpu.mean", EXPECT_CORES, PODS, false, {"revision", NULL}},
    {"cpu.max", EXPECT_CORES, PODS, false, {"revision", NULL}},
    {"cpu.spread", EXPECT_PERCENT, OF_DEPLOYMENT, false, {"revision", NULL}},
    {"cpu.cv", EXPECT_PERCENT, OF_DEPLOYMENT, false, {"revision", NULL}},
    {"memory.mean", EXPECT_BYTES, PODS, false, {"revision", NULL}},
    {"memory.max", EXPECT_BYTES, PODS, false, {"revision", NULL}},
    /* traffic, over the whole run */
    {"requests", EXPECT_NUMBER, PODS | OF_LOAD, false, {"revision", NULL}},
    {"failures", EXPECT_NUMBER, PODS | OF_LOAD, false, {"cause", "revision", NULL}},
    {"failureRate", EXPECT_PERCENT, PODS | OF_LOAD, false, {"cause", "revision", NULL}},
    {"rps", EXPECT_NUMBER, OF_LOAD, false, {NULL}},
    {"latency.mean", EXPECT_SECONDS, OF_LOAD, false, {NULL}},
    {"latency.max", EXPECT_SECONDS, OF_LOAD, false, {NULL}},
    {"latency.p50", EXPECT_SECONDS, OF_LOAD, false, {NULL}},
    {"latency.p90", EXPECT_SECONDS, OF_LOAD, false, {NULL}},
    {"latency.p95", EXPECT_SECONDS, OF_LOAD, false, {NULL}},
    {"latency.p99", EXPECT_SECONDS, OF_LOAD, false, {NULL}},
    /* counts and lengths over the whole run */
    {"events",
     EXPECT_NUMBER,
     OF_POD | OF_DEPLOYMENT | OF_HPA | OF_SERVICE | OF_NODE | OF_OTHER,
     false,
     {"reason", "type", NULL}},
    {"probes", EXPECT_NUMBER, PODS, false, {"type", "result", "container", "revision", NULL}},
    {"replicaSeconds", EXPECT_SECONDS, OF_DEPLOYMENT, false, {NULL}},
    {"replicaSeconds.paid", EXPECT_SECONDS, OF_DEPLOYMENT, false, {NULL}},
    {"replicaSeconds.serving", EXPECT_SECONDS, OF_DEPLOYMENT, false, {NULL}},
    {"replicaSeconds.wasted", EXPECT_SECONDS, OF_DEPLOYMENT, false, {NULL}},
    {"timeToReady", EXPECT_SECONDS, PODS, false, {"revision", NULL}},
};

/* Any quantile, not only the usual ones: latency.p99.9. */
static const struct expect_quantity any_quantile = {
    "latency.p", EXPECT_SECONDS, OF_LOAD, false, {NULL}};

const struct expect_quantity *expect_quantity_find(const char *name)
{
	for (size_t i = 0; i < G_N_ELEMENTS(quantities); i++) {
		if (g_str_equal(quantities[i].name, name)) {
			return &quantities[i];
		}
	}
	if (g_str_has_prefix(name, any_quantile.name)) {
		const char *digits = name + strlen(any_quantile.name);
		char *end;
		double percent = g_ascii_strtod(digits, &end);

		if (g_ascii_isdigit(*digits) && !*end && percent > 0 && percent < 100 &&
		    strspn(digits, "0123456789.") == strlen(digits)) {
			return &any_quantile;
		}
	}
	return NULL;
}

const char **expect_quantity_names(void)
{
	const char **names = g_new0(const char *, G_N_ELEMENTS(quantities) + 3);

	for (size_t i = 0; i < G_N_ELEMENTS(quantities); i++) {
		names[i] = quantities[i].name;
	}
	names[G_N_ELEMENTS(quantities)] = "finding";
	names[G_N_ELEMENTS(quantities) + 1] = "no findings";
	return names;
}

unsigned expect_object_class(const char *object)
{
	g_auto(GStrv) parts = g_strsplit(object, "/", -1);
	unsigned n = g_strv_length(parts);
	enum object_kind kind;

	if (n == 1) {
		return *object ? OF_LOAD : 0;
	}
	if (n > 3 || !*parts[n - 1] || !object_kind_from_word(parts[n - 2], &kind)) {
		return 0;
	}
	switch (kind) {
	case KIND_SERVICE:
		return OF_SERVICE;
	case KIND_DEPLOYMENT:
		return OF_DEPLOYMENT;
	case KIND_POD:
		return OF_POD;
	case KIND_HPA:
		return OF_HPA;
	case KIND_NODE:
		return OF_NODE;
	default:
		return OF_OTHER;
	}
}

char *expect_object_words(unsigned of)
{
	static const char *const words[] = {"LOAD",     "service/NAME", "deployment/NAME",
	                                    "pod/NAME", "hpa/NAME",     "node/NAME",
	                                    "KIND/NAME"};
	GString *text = g_string_new(NULL);

	for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
		if (of & (1u << i)) {
			g_string_append_printf(text, "%s%s", text->len ? " or " : "", words[i]);
		}
	}
	return g_string_free(text, FALSE);
}
