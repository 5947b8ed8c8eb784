/* finding.c - making, finding and printing findings. */

#include "report/diagnosis_private.h"

#include <stdarg.h>
#include <string.h>

const char *const diagnosis_rules[] = {
    "probe-path-not-served",
    "never-ready",
    "readiness-lost",
    "liveness-kills",
    "unschedulable",
    "crash-loop",
    "oom-killed",
    "service-without-endpoints",
    "connections-pinned",
    "cpu-saturated",
    "cpu-taken-by-others",
    "traffic-cut-at-sigterm",
    "requests-failed",
    "hpa-capped",
    "hpa-held-by-unready-pods",
    "hpa-no-metrics",
    "rollout-stuck",
    NULL,
};

const char *severity_name(enum severity severity)
{
	static const char *const names[] = {"error", "warning", "note"};

	return names[severity];
}

struct finding *finding_new(struct diagnosis *d, const char *rule, enum severity severity,
                            const char *kind, const char *name, sim_time since)
{
	struct finding *finding = g_new0(struct finding, 1);

	finding->rule = rule;
	finding->severity = severity;
	finding->object = g_strdup_printf("%s/%s", kind, name);
	finding->message = g_strdup("");
	finding->since = since;
	finding->chain = g_ptr_array_new_with_free_func(g_free);
	finding->excluded = g_ptr_array_new_with_free_func(g_free);
	finding->pods = g_ptr_array_new();
	g_ptr_array_add(d->findings, finding);
	return finding;
}

void finding_free(void *data)
{
	struct finding *finding = data;

	g_free(finding->object);
	g_free(finding->message);
	g_ptr_array_unref(finding->chain);
	g_ptr_array_unref(finding->excluded);
	g_ptr_array_unref(finding->pods);
	g_free(finding);
}

void finding_message(struct finding *finding, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	g_free(finding->message);
	finding->message = g_strdup_vprintf(format, arguments);
	va_end(arguments);
}

void finding_chain(struct finding *finding, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	g_ptr_array_add(finding->chain, g_strdup_vprintf(format, arguments));
	va_end(arguments);
}

void finding_exclude(struct finding *finding, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	g_ptr_array_add(finding->excluded, g_strdup_vprintf(format, arguments));
	va_end(arguments);
}

/* --- pods of a finding --- */

static const char *last_part(const char *name)
{
	const char *dash = strrchr(name, '-');

	return dash ? dash + 1 : name;
}

char *pods_text(const GPtrArray *pods)
{
	g_autofree const char **names = g_new0(const char *, pods->len + 1);

	for (unsigned i = 0; i < pods->len; i++) {
		const struct run_pod *pod = pods->pdata[i];

		names[i] = pod->replica_set ? last_part(pod->name) : pod->name;
	}
	if (pods->len > 6) {
		g_autofree char *some = text_list(names, 5);

		return g_strdup_printf("%u replicas (%s, ...)", pods->len, some);
	}
	return text_list(names, pods->len);
}

const char *pods_are(const GPtrArray *pods)
{
	return pods->len == 1 ? "is" : "are";
}

bool is_explained(const struct diagnosis *d, const struct run_pod *pod)
{
	for (unsigned i = 0; i < d->findings->len; i++) {
		const struct finding *finding = d->findings->pdata[i];

		if (finding->severity == SEVERITY_ERROR &&
		    g_ptr_array_find(finding->pods, pod, NULL)) {
			return true;
		}
	}
	return false;
}

struct finding *finding_of_kin(const struct diagnosis *d, const char *rule,
                               const struct run_pod *pod)
{
	for (unsigned i = 0; i < d->findings->len; i++) {
		struct finding *finding = d->findings->pdata[i];
		const struct run_pod *kin = finding->pods->len ? finding->pods->pdata[0] : NULL;

		if (g_str_equal(finding->rule, rule) && kin && kin->replica_set &&
		    g_strcmp0(kin->namespace, pod->namespace) == 0 &&
		    g_strcmp0(kin->replica_set, pod->replica_set) == 0) {
			g_ptr_array_add(finding->pods, (void *)pod);
			return finding;
		}
	}
	return NULL;
}

/* --- all of them --- */

static int by_weight(const void *a, const void *b)
{
	const struct finding *one = *(struct finding *const *)a;
	const struct finding *other = *(struct finding *const *)b;

	if (one->severity != other->severity) {
		return one->severity < other->severity ? -1 : 1;
	}
	if (one->since != other->since) {
		return one->since < other->since ? -1 : 1;
	}
	const int rule = strcmp(one->rule, other->rule);

	return rule ? rule : strcmp(one->object, other->object);
}

static GPtrArray *last_services(const struct run *run)
{
	GPtrArray *services = g_ptr_array_new();

	for (unsigned i = 0; i < run->services->len; i++) {
		const struct run_service *service = run->services->pdata[i];

		g_ptr_array_add(services,
		                (void *)run_object_at(run, KIND_SERVICE, service->namespace,
		                                      service->name, SIM_NEVER));
	}
	return services;
}

GPtrArray *diagnose(const struct run *run)
{
	g_autoptr(GPtrArray) services = last_services(run);
	struct diagnosis d = {run, g_ptr_array_new_with_free_func(finding_free), services};

	diagnose_probes(&d);
	diagnose_pods(&d);
	diagnose_traffic(&d);
	diagnose_stopping(&d);
	diagnose_scaling(&d);
	g_ptr_array_sort(d.findings, by_weight); /* GLib's sort is stable */
	return d.findings;
}

const struct finding *findings_find(const GPtrArray *findings, const char *rule, const char *object)
{
	for (unsigned i = 0; i < findings->len; i++) {
		const struct finding *finding = findings->pdata[i];

		if (g_str_equal(finding->rule, rule) &&
		    (!object || g_str_equal(finding->object, object))) {
			return finding;
		}
	}
	return NULL;
}

size_t findings_count(const GPtrArray *findings)
{
	size_t n = 0;

	for (unsigned i = 0; i < findings->len; i++) {
		n += ((const struct finding *)findings->pdata[i])->severity != SEVERITY_NOTE;
	}
	return n;
}

/* --- printing --- */

static void print_finding(const struct finding *finding, GString *out, bool colour)
{
	static const char *const colours[] = {"\033[1;31m", "\033[1;33m", "\033[1;34m"};
	g_autofree char *since = text_instant(finding->since);
	g_autofree char *place = place_text(finding->where);

	g_string_append_printf(out, "%s%s: %s: %s%s", colour ? colours[finding->severity] : "",
	                       severity_name(finding->severity), finding->object, finding->rule,
	                       colour ? "\033[0m" : "");
	g_string_append_printf(out, finding->since == SIM_NEVER ? "\n" : " (since %s)\n", since);
	text_wrap(out, "  ", finding->message);
	if (place) {
		g_string_append_printf(out, "  at %s\n", place);
	}
	for (unsigned i = 0; i < finding->chain->len; i++) {
		g_autofree char *first = g_strdup_printf("  %2u. ", i + 1);

		text_wrap(out, first, finding->chain->pdata[i]);
	}
	if (finding->excluded->len) {
		g_string_append(out, "  Ruled out\n");
	}
	for (unsigned i = 0; i < finding->excluded->len; i++) {
		text_wrap(out, "    - ", finding->excluded->pdata[i]);
	}
}

void findings_print(const GPtrArray *findings, GString *out, bool colour)
{
	for (unsigned i = 0; i < findings->len; i++) {
		if (i) {
			g_string_append_c(out, '\n');
		}
		print_finding(findings->pdata[i], out, colour);
	}
	if (!findings->len) {
		g_string_append(out, "nothing found: every replica that was ready served\n");
	}
}
