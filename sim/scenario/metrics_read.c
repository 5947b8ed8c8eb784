/* metrics_read.c - the part `metrics`: what a metrics adapter would offer to the HPA. */

#include "scenario/sections.h"

#include <string.h>

/* `per`: pod, service/NAME or external. */
static void read_per(struct reader *reader, const struct doc *map, struct custom_metric *metric)
{
	g_autofree char *text = NULL;
	enum object_kind kind;

	metric->per = CUSTOM_PER_POD;
	if (!fields_string(reader, map, "per", &text) || g_str_equal(text, "pod")) {
		return;
	}
	if (g_str_equal(text, "external")) {
		metric->per = CUSTOM_EXTERNAL;
		return;
	}
	metric->per = CUSTOM_PER_SERVICE;
	if (!strchr(text, '/')) {
		fields_fault(reader, doc_get(map, "per"),
		             "`per` must be pod, service/NAME or external, not '%s'", text);
		return;
	}
	if (read_target(reader, doc_get(map, "per"), &kind, &metric->object_name,
	                &metric->namespace) &&
	    kind != KIND_SERVICE) {
		fields_fault(reader, doc_get(map, "per"),
		             "`per` must be pod, service/NAME or external, not '%s'", text);
	}
}

static void read_source(struct reader *reader, const struct doc *map, struct custom_metric *metric)
{
	static const char *const sources[] = {"inFlight",    "rate", "latency", "errorRate",
	                                      "queueLength", "csv",  NULL};
	int of = CUSTOM_IN_FLIGHT;
	const struct doc *file = doc_get(map, "csv");

	if (file && !doc_get(map, "of")) {
		of = CUSTOM_CSV;
	} else if (!doc_get(map, "of")) {
		fields_fault(reader, map, "a metric needs `of`");
	}
	fields_word(reader, map, "of", sources, &of);
	metric->of = (enum custom_metric_source)of;
	if (metric->of == CUSTOM_CSV) {
		if (file) {
			metric->series = read_points(reader, file, &metric->n_series);
		} else {
			fields_fault(reader, map,
			             "a metric of csv needs `csv`, the name of a file");
		}
	} else if (file) {
		fields_fault(reader, file, "`csv` goes with `of: csv` only");
	}
	if (doc_get(map, "quantile") && metric->of != CUSTOM_LATENCY) {
		fields_fault(reader, doc_get(map, "quantile"),
		             "`quantile` goes with `of: latency` only");
	}
}

static void read_metric(struct reader *reader, const struct doc *map, struct custom_metric *metric)
{
	static const char *const known[] = {
	    "name",           "of",           "per", "quantile",  "over",
	    "scrapeInterval", "adapterDelay", "csv", "namespace", NULL};

	metric->where = doc_where(map);
	metric->quantile = 0.95;
	metric->over = SIM_MINUTE;
	metric->scrape_interval = 15 * SIM_SECOND;
	if (doc_kind_of(map) != DOC_MAP) {
		fields_fault(reader, map, "a metric must be a map, not %s",
		             doc_kind_name(doc_kind_of(map)));
	}
	fields_map(reader, map, "metric", known);
	if (!fields_string(reader, map, "name", &metric->name)) {
		if (!doc_get(map, "name")) {
			fields_fault(reader, map, "a metric needs `name`");
		}
		metric->name = g_strdup("?");
	}
	fields_string(reader, map, "namespace", &metric->namespace);
	read_source(reader, map, metric);
	read_per(reader, map, metric);
	if (!metric->namespace) {
		metric->namespace = g_strdup("default");
	}
	fields_number(reader, map, "quantile", 0, 1, &metric->quantile);
	fields_duration(reader, map, "over", SIM_SECOND, &metric->over);
	fields_duration(reader, map, "scrapeInterval", SIM_SECOND, &metric->scrape_interval);
	fields_duration(reader, map, "adapterDelay", 0, &metric->adapter_delay);
}

void read_metrics(struct reader *reader, const struct doc *list, struct scenario *scenario)
{
	if (doc_kind_of(list) == DOC_NULL || !fields_list(reader, list, "metrics", 0)) {
		return;
	}
	scenario->n_metrics = doc_length(list);
	scenario->metrics = g_new0(struct custom_metric, scenario->n_metrics + 1);
	for (size_t i = 0; i < scenario->n_metrics; i++) {
		read_metric(reader, doc_at(list, i), &scenario->metrics[i]);
	}
}

void metric_clear(struct custom_metric *metric)
{
	g_free(metric->name);
	g_free(metric->object_name);
	g_free(metric->namespace);
	g_free(metric->series);
}
