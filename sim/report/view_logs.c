/* view_logs.c - the access log of a container, from the probes and requests that the Run recorded.
 *
 * Probes that got an answer are a line each, at the time of the answer; of equal outcomes in a row
 * the Run keeps the first, the last and the number, and those between were evenly spaced. Requests
 * of clients are not recorded one by one: between two probes a line says how many there were. The
 * client ports are made up. */

#include "record/run_thin.h"
#include "report/text.h"
#include "report/view_http.h"
#include "report/view_print.h"

#include "kube/codec.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

#define FIRST_PORT 32768 /* net.ipv4.ip_local_port_range */
#define LAST_PORT 60999

G_DEFINE_QUARK(podsim - view - error - quark, view_error)

const char *http_reason(int status)
{
	static const struct {
		int status;
		const char *reason;
	} reasons[] = {
	    {200, "OK"},
	    {201, "Created"},
	    {202, "Accepted"},
	    {204, "No Content"},
	    {301, "Moved Permanently"},
	    {302, "Found"},
	    {304, "Not Modified"},
	    {307, "Temporary Redirect"},
	    {400, "Bad Request"},
	    {401, "Unauthorized"},
	    {403, "Forbidden"},
	    {404, "Not Found"},
	    {405, "Method Not Allowed"},
	    {408, "Request Timeout"},
	    {409, "Conflict"},
	    {422, "Unprocessable Entity"},
	    {429, "Too Many Requests"},
	    {500, "Internal Server Error"},
	    {502, "Bad Gateway"},
	    {503, "Service Unavailable"},
	    {504, "Gateway Timeout"},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(reasons); i++) {
		if (reasons[i].status == status) {
			return reasons[i].reason;
		}
	}
	return "Unknown";
}

int view_container_index(const struct pod *pod, const char *name)
{
	for (size_t i = 0; i < pod->spec->n_containers; i++) {
		if (!name || g_str_equal(pod->spec->containers[i].name, name)) {
			return (int)i;
		}
	}
	return -1;
}

void view_container_life(const struct run_pod *pod, const char *name, uint32_t attempt,
                         sim_time *from, sim_time *to)
{
	uint32_t number = 0;

	*from = pod->started_at;
	*to = pod->gone_at;
	for (unsigned i = 0; i < pod->restarts->len; i++) {
		const struct run_restart *restart =
		    &g_array_index(pod->restarts, struct run_restart, i);

		if (g_strcmp0(restart->container, name) != 0) {
			continue;
		}
		if (number == attempt) {
			*to = restart->finished_at;
			return;
		}
		*from = restart->at;
		number += 1 + restart->more;
		if (number > attempt) { /* one of several in a row whose times are not known */
			*to = restart->last;
			return;
		}
		*from = restart_last(restart);
	}
}

/* --- lines --- */

struct line {
	sim_time at;
	char *text;
};

static void line_clear(void *data)
{
	g_free(((struct line *)data)->text);
}

static int compare_lines(const void *a, const void *b)
{
	const struct line *left = a, *right = b;

	if (left->at != right->at) {
		return left->at < right->at ? -1 : 1;
	}
	return strcmp(left->text, right->text);
}

/* The node's end of the bridge that its pods hang on: the first address of their block. */
static char *bridge_of(const char *ip)
{
	const char *dot = ip ? strrchr(ip, '.') : NULL;

	return dot ? g_strdup_printf("%.*s.1", (int)(dot - ip), ip) : g_strdup("10.1.0.1");
}

/* A port of the client's side: any, but always the same for one request. */
static int port_of(const char *uid, sim_time at)
{
	uint64_t mixed = (uint64_t)at ^ (uint64_t)g_str_hash(uid) << 32;

	mixed = (mixed ^ mixed >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94d049bb133111eb);
	return FIRST_PORT + (int)((mixed ^ mixed >> 31) % (LAST_PORT - FIRST_PORT + 1));
}

struct log {
	const struct view *view;
	const struct run_pod *pod;
	const char *container;
	uint32_t attempt;
	sim_time from, to; /* of that container's life, as far as it is wanted */
	GArray *lines;     /* struct line */
};

static void add_probes(struct log *log, const struct run_probes *probes)
{
	g_autofree char *bridge = bridge_of(log->pod->ip);
	const char *path = probes->handler->path ? probes->handler->path : "/";

	for (uint32_t i = 0; i < probes->count; i++) {
		const sim_time step =
		    probes->count > 1 ? (probes->last - probes->first) / (probes->count - 1) : 0;
		const sim_time at =
		    i + 1 < probes->count ? probes->first + (sim_time)i * step : probes->last;
		const struct line line = {
		    .at = at,
		    .text = g_strdup_printf("INFO:     %s:%d - \"GET %s HTTP/1.1\" %d %s", bridge,
		                            port_of(log->pod->uid, at), path, probes->status,
		                            http_reason(probes->status)),
		};

		g_array_append_val(log->lines, line);
	}
}

/* Probes of several containers in a row, of which is only known how many they were. */
static void add_thinned(struct log *log, const struct run_probes *probes)
{
	g_autofree char *last = text_instant(probes->last);
	const struct line line = {
	    .at = MAX(probes->first, log->from),
	    .text = g_strdup_printf("# some of %u probes until %s that were answered %d, not "
	                            "recorded one by one",
	                            probes->count, last, probes->status),
	};

	if (probes->first < log->to && probes->last >= log->from) {
		g_array_append_val(log->lines, line);
	} else {
		g_free(line.text);
	}
}

static void collect_probes(struct log *log)
{
	for (unsigned i = 0; i < log->pod->probes->len; i++) {
		const struct run_probes *probes =
		    &g_array_index(log->pod->probes, struct run_probes, i);

		if (probes->status <= 0 || !probes->handler ||
		    probes->handler->kind != HANDLER_HTTP_GET ||
		    g_strcmp0(probes->container, log->container) != 0) {
			continue;
		}
		if (probes->more) {
			add_thinned(log, probes);
		} else if (probes->attempt == log->attempt) {
			add_probes(log, probes);
		}
	}
}

/* What the loads ask for that were running at some time between @from and @to: "GET /predict". */
static char *requests_text(const struct log *log, sim_time from, sim_time to)
{
	const struct run *run = log->view->run;
	GString *text = g_string_new(NULL);

	for (unsigned i = 0; i < run->loads->len; i++) {
		const struct run_load *load = run->loads->pdata[i];
		const struct load *model = run_load_model(run, load);

		if (!model || load->from >= to || load->to <= from) {
			continue;
		}
		for (size_t j = 0; j < model->n_requests; j++) {
			const struct load_request *request = &model->requests[j];
			g_autofree char *one = g_strdup_printf(
			    "\"%s %s HTTP/1.1\"", request->method ? request->method : "GET",
			    request->path);

			if (!strstr(text->str, one)) {
				g_string_append_printf(text, "%s%s", text->len ? ", " : ": ", one);
			}
		}
	}
	return g_string_free(text, FALSE);
}

/* Lines that stand for the requests of clients: one for each stretch between two probes, as far as
 * the bins of the series can tell. */
static void collect_requests(struct log *log)
{
	const struct series *rate = &log->pod->request_rate;
	const unsigned probes = log->lines->len;
	unsigned next = 0;
	double sum = 0;
	sim_time began = 0;

	for (size_t i = 0; i <= rate->n; i++) {
		const sim_time from = rate->start + (sim_time)i * rate->width;
		const sim_time to = from + rate->width;
		const sim_time inside = MIN(to, log->to) - MAX(from, log->from);
		const bool counts =
		    i < rate->n && inside > 0 && !isnan(rate->values[i]) && rate->values[i] > 0;
		bool probed = false;

		while (next < probes &&
		       g_array_index(log->lines, struct line, next).at < MIN(to, log->to)) {
			probed = probed || g_array_index(log->lines, struct line, next).at >= from;
			next++;
		}
		if (counts) {
			began = sum > 0 ? began : MAX(from, log->from);
			sum += rate->values[i] * sim_time_to_seconds(inside);
		}
		if (sum > 0 && (!counts || probed)) {
			const sim_time end = counts ? MIN(to, log->to) : from;
			g_autofree char *asked = requests_text(log, began, end);
			const struct line line = {
			    .at = end - 1,
			    .text = g_strdup_printf("# %.0f requests of clients within %.0fs, not "
			                            "recorded one by one%s",
			                            sum, sim_time_to_seconds(end - began), asked),
			};

			g_array_append_val(log->lines, line);
			sum = 0;
		}
	}
}

/* --- which container --- */

static bool refuse(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);

static bool refuse(GError **error, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	g_autofree char *message = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	g_set_error(error, VIEW_ERROR, VIEW_ERROR_REFUSED, "Error from server (BadRequest): %s",
	            message);
	return false;
}

/* The attempt whose log is asked for. */
static bool choose_attempt(const struct pod *pod, int index, bool previous, uint32_t *attempt,
                           GError **error)
{
	const struct container_status *status = &pod->containers[index];
	const char *name = pod->spec->containers[index].name, *pod_name = pod->object.meta.name;

	if (!pod->node_name) {
		return refuse(error, "pod %s does not have a host assigned", pod_name);
	}
	if (previous) {
		*attempt = status->last.attempt;
		return status->last.finished_at != SIM_NEVER ||
		       refuse(error, "previous terminated container \"%s\" in pod \"%s\" not found",
		              name, pod_name);
	}
	*attempt = status->state == CONTAINER_WAITING && status->last.finished_at != SIM_NEVER
	               ? status->last.attempt
	               : status->attempt;
	return status->state != CONTAINER_WAITING || status->has_id ||
	       refuse(error, "container \"%s\" in pod \"%s\" is waiting to start: %s", name,
	              pod_name,
	              status->waiting_reason ? status->waiting_reason : "ContainerCreating");
}

static void print_lines(const struct log *log, const struct view_log_options *options, GString *out)
{
	const sim_time now = log->view->at;
	unsigned shown = 0, before = 0;

	for (unsigned i = 0; i < log->lines->len; i++) {
		before += g_array_index(log->lines, struct line, i).at <= now;
	}
	if (options->tail >= 0 && before > (unsigned)options->tail) {
		shown = before - (unsigned)options->tail;
	}
	for (unsigned i = shown; i < log->lines->len; i++) {
		const struct line *line = &g_array_index(log->lines, struct line, i);

		if (line->at > now && !options->follow) {
			break;
		}
		if (options->timestamps) {
			g_autofree char *at = timestamp_to_string(line->at, log->view->clock_zero);

			g_string_append_printf(out, "%s ", at);
		}
		g_string_append_printf(out, "%s\n", line->text);
	}
}

bool view_logs(const struct view *view, const struct object *object,
               const struct view_log_options *options, GString *out, GError **error)
{
	const struct pod *pod = POD(object);
	const int index = view_container_index(pod, options->container);
	struct log log = {.view = view, .pod = view_run_pod(view, object)};

	if (index < 0) {
		return refuse(error, "container %s is not valid for pod %s", options->container,
		              object->meta.name);
	}
	if (!choose_attempt(pod, index, options->previous, &log.attempt, error)) {
		return false;
	}
	if (!log.pod) {
		return true;
	}
	log.container = pod->spec->containers[index].name;
	log.lines = g_array_new(FALSE, FALSE, sizeof(struct line));
	g_array_set_clear_func(log.lines, line_clear);
	view_container_life(log.pod, log.container, log.attempt, &log.from, &log.to);
	log.to = MIN(log.to, view->run->to);
	collect_probes(&log);
	g_array_sort(log.lines, compare_lines);
	if (index == 0) { /* requests are recorded for the pod */
		collect_requests(&log);
		g_array_sort(log.lines, compare_lines);
	}
	print_lines(&log, options, out);
	g_array_unref(log.lines);
	return true;
}
