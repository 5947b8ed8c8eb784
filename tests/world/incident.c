/* incident.c - helpers for tests on the incident's scenarios. */

#include "incident.h"

#include "world/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

struct incident incident_run(const char *name, uint64_t seed)
{
	struct incident incident = {NULL, NULL};
	struct scenario_overrides overrides = {.has_seed = seed != 0, .seed = seed};
	g_autofree char *path = g_build_filename(PODSIM_SCENARIOS, name, NULL);
	GError *error = NULL;

	incident.scenario = scenario_load(path, &overrides, &error);
	if (incident.scenario) {
		incident.run = world_run(incident.scenario, &error);
	}
	if (!incident.run) {
		fail_msg("%s", error->message);
	}
	return incident;
}

void incident_clear(struct incident *incident)
{
	run_free(incident->run);
	scenario_free(incident->scenario);
}

unsigned incident_other_seeds(void)
{
	return g_getenv("PODSIM_TEST_SMALL") ? 2 : 20;
}

GPtrArray *incident_pods(const struct incident *incident, int64_t revision)
{
	GPtrArray *pods = g_ptr_array_new();

	for (unsigned i = 0; i < incident->run->pods->len; i++) {
		struct run_pod *pod = incident->run->pods->pdata[i];

		if (pod->node && pod->revision == revision) {
			g_ptr_array_add(pods, pod);
		}
	}
	return pods;
}

const struct run_load *incident_load(const struct incident *incident, const char *name)
{
	for (unsigned i = 0; i < incident->run->loads->len; i++) {
		const struct run_load *load = incident->run->loads->pdata[i];

		if (g_str_equal(load->name, name)) {
			return load;
		}
	}
	fail_msg("no load %s", name);
	return NULL;
}

int incident_endpoints(const struct incident *incident, double seconds)
{
	const struct run_service *service = incident->run->services->pdata[0];

	return (int)steps_at(service->endpoints, (sim_time)(seconds * 1e9), 0);
}

int incident_alive(const struct incident *incident, int64_t revision, double seconds)
{
	sim_time at = (sim_time)(seconds * 1e9);
	int n = 0;

	for (unsigned i = 0; i < incident->run->pods->len; i++) {
		const struct run_pod *pod = incident->run->pods->pdata[i];

		n += pod->revision == revision && pod->created_at <= at && pod->deleted_at > at &&
		     pod->gone_at > at;
	}
	return n;
}

int incident_restarts(const struct run_pod *pod, double seconds)
{
	int n = 0;

	for (unsigned i = 0; i < pod->restarts->len; i++) {
		n += g_array_index(pod->restarts, struct run_restart, i).at <=
		     (sim_time)(seconds * 1e9);
	}
	return n;
}

double incident_spread(const struct incident *incident, int64_t revision, double from)
{
	g_autoptr(GPtrArray) pods = incident_pods(incident, revision);
	double low = 1e9, high = 0, sum = 0;

	for (unsigned i = 0; i < pods->len; i++) {
		const struct run_pod *pod = pods->pdata[i];
		double cpu =
		    series_mean(&pod->cpu, (sim_time)(from * 1e9), (sim_time)((from + 60) * 1e9));

		low = MIN(low, cpu);
		high = MAX(high, cpu);
		sum += cpu;
	}
	return (high - low) * pods->len / sum;
}

void assert_within(const char *what, double value, double low, double high)
{
	if (!(value >= low && value <= high)) {
		fail_msg("%s: %g is not within %g..%g", what, value, low, high);
	}
}
