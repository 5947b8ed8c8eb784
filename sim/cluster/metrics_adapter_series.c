#include "cluster/metrics_adapter_series.h"

struct adapter_series *adapter_series_new(GRefString *namespace, GRefString *pod,
                                          struct string_map *labels)
{
	struct adapter_series *series = g_new0(struct adapter_series, 1);

	series->namespace = g_ref_string_acquire(namespace);
	series->pod = g_ref_string_acquire(pod);
	series->labels = string_map_ref(labels);
	series->gone_at = SIM_NEVER;
	g_queue_init(&series->samples);
	return series;
}

static void sample_free(struct adapter_sample *sample)
{
	/* The copy is the series' own; const only to those who read samples. */
	histogram_free((struct histogram *)sample->reading.latency);
	g_free(sample);
}

void adapter_series_free(struct adapter_series *series)
{
	for (GList *link = series->samples.head; link; link = link->next) {
		sample_free(link->data);
	}
	g_queue_clear(&series->samples);
	g_ref_string_release(series->namespace);
	g_ref_string_release(series->pod);
	string_map_unref(series->labels);
	g_free(series);
}

void adapter_series_add(struct adapter_series *series, sim_time at,
                        const struct application_reading *reading, bool with_latency)
{
	struct adapter_sample *sample = g_new0(struct adapter_sample, 1);

	sample->at = at;
	sample->reading = *reading;
	sample->reading.latency =
	    with_latency && reading->latency ? histogram_copy(reading->latency) : NULL;
	g_queue_push_tail(&series->samples, sample);
}

void adapter_series_trim(struct adapter_series *series, sim_time before)
{
	const unsigned kept = series->gone_at == SIM_NEVER ? 1 : 0;

	while (series->samples.length > kept) {
		struct adapter_sample *oldest = series->samples.head->data;

		if (oldest->at > before) {
			break;
		}
		g_queue_pop_head(&series->samples);
		sample_free(oldest);
	}
}

const struct adapter_sample *adapter_series_at(const struct adapter_series *series, sim_time at)
{
	if (series->gone_at <= at) {
		return NULL;
	}
	for (const GList *link = series->samples.tail; link; link = link->prev) {
		const struct adapter_sample *sample = link->data;

		if (sample->at <= at) {
			return sample;
		}
	}
	return NULL;
}

struct adapter_window adapter_series_window(const struct adapter_series *series, sim_time at,
                                            sim_time over)
{
	struct adapter_window window = {.at = at, .over = over};

	for (const GList *link = series->samples.tail; link; link = link->prev) {
		const struct adapter_sample *sample = link->data;

		if (sample->at > at) {
			continue;
		}
		if (sample->at <= at - over) {
			break;
		}
		window.first = sample;
		window.last = window.last ? window.last : sample;
		window.n++;
	}
	return window;
}

bool adapter_window_rate(const struct adapter_window *window, double first, double last,
                         double *rate)
{
	if (window->n < 2) {
		return false;
	}
	const double sampled = sim_time_to_seconds(window->last->at - window->first->at);
	const double distance = sampled / (window->n - 1);
	const double increase = last - first;
	double before = sim_time_to_seconds(window->first->at - (window->at - window->over));
	double after = sim_time_to_seconds(window->at - window->last->at);

	if (before >= 1.1 * distance) {
		before = distance / 2;
	}
	if (increase > 0) {
		before = MIN(before, sampled * (first / increase));
	}
	if (after >= 1.1 * distance) {
		after = distance / 2;
	}
	*rate =
	    increase * ((sampled + before + after) / sampled) / sim_time_to_seconds(window->over);
	return true;
}

void adapter_window_add_latencies(const struct adapter_window *window, struct histogram **sum)
{
	const struct histogram *last = window->n >= 2 ? window->last->reading.latency : NULL;

	if (!last) {
		return;
	}
	struct histogram *counted = histogram_copy(last);

	if (window->first->reading.latency) {
		histogram_subtract(counted, window->first->reading.latency);
	}
	if (!*sum) {
		*sum = histogram_new(histogram_steps(counted));
	}
	histogram_merge(*sum, counted);
	histogram_free(counted);
}
