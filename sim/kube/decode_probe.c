#include "kube/decode.h"
#include "kube/defaults.h"
#include "kube/fields.h"
#include "kube/names.h"
#include "kube/pod_spec.h"

#include <string.h>

struct port_reference decode_port_reference(const struct place *at)
{
	struct port_reference reference = {0};
	int64_t number;

	if (doc_int(at->doc, &number)) {
		reference.number = (int)number;
	} else {
		reference.name = g_strdup(doc_string(at->doc));
	}
	return reference;
}

/* Source: net/http, token characters of a header's name. */
static bool is_header_name(const char *name)
{
	for (const char *p = name; *p != '\0'; p++) {
		if (!g_ascii_isalnum(*p) && *p != '-' && *p != '_') {
			return false;
		}
	}
	return *name != '\0';
}

static void decode_headers(struct decoder *decoder, const struct place *at, struct handler *handler)
{
	const size_t n = doc_length(at->doc);

	handler->headers = g_new0(struct http_header, n);
	for (size_t i = 0; i < n; i++) {
		const struct place item = place_item(at, i);
		const struct place name = place_field(&item, "name");
		const char *text = doc_string(name.doc);

		if (fault_unless_given(decoder, &name, "the name of a header") && text != NULL &&
		    !is_header_name(text)) {
			fault(decoder, &name,
			      "\"%s\" is no valid name of a header; expected letters, digits, '-' "
			      "and '_'",
			      text);
		}
		handler->headers[handler->n_headers].name = g_strdup(text == NULL ? "" : text);
		handler->headers[handler->n_headers++].value =
		    g_strdup(field_present(&item, "value") ? field_text(&item, "value") : "");
	}
}

static void decode_port(struct decoder *decoder, const struct place *at, struct handler *handler)
{
	const struct place port = place_field(at, "port");

	if (fault_unless_given(decoder, &port, "a port's number or name")) {
		check_port_reference(decoder, &port);
	}
	handler->port = decode_port_reference(&port);
	handler->where = doc_where(port.doc != NULL ? port.doc : at->doc);
}

static void decode_http_get(struct decoder *decoder, const struct place *at,
                            struct handler *handler)
{
	static const char *const schemes[] = {"HTTP", "HTTPS", NULL};
	const struct place scheme = place_field(at, "scheme");
	const struct place headers = place_field(at, "httpHeaders");
	const struct place path = place_field(at, "path");

	decode_port(decoder, at, handler);
	if (doc_where(path.doc).file != NULL) {
		handler->where = doc_where(path.doc);
	}
	handler->path = field_copy(at, "path");
	handler->host = field_copy(at, "host");
	fault_unless_one_of(decoder, &scheme, schemes);
	handler->https = g_strcmp0(doc_string(scheme.doc), "HTTPS") == 0;
	decode_headers(decoder, &headers, handler);
}

static void decode_grpc(struct decoder *decoder, const struct place *at, struct handler *handler)
{
	const struct place port = place_field(at, "port");

	if (fault_unless_given(decoder, &port, "a port's number")) {
		check_port_number(decoder, &port);
	}
	handler->port = decode_port_reference(&port);
	handler->service = field_copy(at, "service");
	handler->where = doc_where(port.doc != NULL ? port.doc : at->doc);
}

static void decode_exec(struct decoder *decoder, const struct place *at, struct handler *handler)
{
	const struct place command = place_field(at, "command");

	handler->where = doc_where(at->doc);
	handler->command = field_string_list(at, "command");
	if (command.doc == NULL) {
		fault(decoder, &command,
		      "is missing; expected a list: the program and its arguments");
	}
}

static void decode_sleep(const struct place *at, struct handler *handler)
{
	handler->where = doc_where(at->doc);
	handler->sleep_seconds = field_int(at, "seconds", 0);
}

static void decode_handler_kind(struct decoder *decoder, const struct place *at,
                                struct handler *handler)
{
	if (strcmp(at->key, "httpGet") == 0) {
		handler->kind = HANDLER_HTTP_GET;
		decode_http_get(decoder, at, handler);
	} else if (strcmp(at->key, "tcpSocket") == 0) {
		handler->kind = HANDLER_TCP_SOCKET;
		decode_port(decoder, at, handler);
		handler->host = field_copy(at, "host");
	} else if (strcmp(at->key, "grpc") == 0) {
		handler->kind = HANDLER_GRPC;
		decode_grpc(decoder, at, handler);
	} else if (strcmp(at->key, "sleep") == 0) {
		handler->kind = HANDLER_SLEEP;
		decode_sleep(at, handler);
	} else {
		handler->kind = HANDLER_EXEC;
		decode_exec(decoder, at, handler);
	}
}

void decode_handler(struct decoder *decoder, const struct place *at, enum handler_use use,
                    struct handler *handler)
{
	static const char *const of_probe[] = {"exec", "httpGet", "tcpSocket", "grpc"};
	static const char *const of_lifecycle[] = {"exec", "httpGet", "tcpSocket", "sleep"};
	const char *const *keys = use == HANDLER_OF_PROBE ? of_probe : of_lifecycle;
	unsigned n = 0;

	for (size_t i = 0; i < G_N_ELEMENTS(of_probe); i++) {
		const struct place field = place_field(at, keys[i]);

		if (doc_kind_of(field.doc) != DOC_MAP) {
			n += field.doc != NULL; /* of a wrong type, which has been told */
			continue;
		}
		if (n++ > 0) {
			fault(decoder, &field,
			      "is a second handler; expected exactly one of exec, httpGet, "
			      "tcpSocket, %s",
			      use == HANDLER_OF_PROBE ? "grpc" : "sleep");
			continue;
		}
		decode_handler_kind(decoder, &field, handler);
	}
	if (n == 0) {
		fault(decoder, at,
		      "has no handler; expected exactly one of exec, httpGet, tcpSocket, %s",
		      use == HANDLER_OF_PROBE ? "grpc" : "sleep");
	}
}

static void check_probe(struct decoder *decoder, const struct place *at, enum probe_type type)
{
	const struct place success = place_field(at, "successThreshold");
	const struct place grace = place_field(at, "terminationGracePeriodSeconds");
	int64_t value;

	if ((type == PROBE_LIVENESS || type == PROBE_STARTUP) && doc_int(success.doc, &value) &&
	    value > 1) {
		fault(decoder, &success,
		      "%" G_GINT64_FORMAT " is not allowed; expected 1 for a %s probe",
		      (gint64)value, probe_type_name(type));
	}
	if (grace.doc == NULL) {
		return;
	}
	if (type == PROBE_READINESS) {
		fault(decoder, &grace,
		      "is not allowed for a readiness probe; expected none, since a "
		      "failing readiness probe stops nothing");
	} else if (doc_int(grace.doc, &value) && value < 1) {
		fault(decoder, &grace, "%" G_GINT64_FORMAT " is too small; expected at least 1",
		      (gint64)value);
	}
}

struct probe *decode_probe(struct decoder *decoder, const struct place *at, enum probe_type type)
{
	if (doc_kind_of(at->doc) != DOC_MAP) {
		return NULL;
	}
	struct probe *probe = g_new0(struct probe, 1);

	probe->where = doc_where(at->doc);
	decode_handler(decoder, at, HANDLER_OF_PROBE, &probe->handler);
	probe->initial_delay_seconds =
	    (int)field_int_within(decoder, at, "initialDelaySeconds", 0, 0, INT32_MAX);
	probe->timeout_seconds =
	    (int)field_int_within(decoder, at, "timeoutSeconds", 1, 1, INT32_MAX);
	probe->period_seconds =
	    (int)field_int_within(decoder, at, "periodSeconds", 10, 1, INT32_MAX);
	probe->success_threshold =
	    (int)field_int_within(decoder, at, "successThreshold", 1, 1, INT32_MAX);
	probe->failure_threshold =
	    (int)field_int_within(decoder, at, "failureThreshold", 3, 1, INT32_MAX);
	probe->termination_grace_period_seconds =
	    field_int(at, "terminationGracePeriodSeconds", -1);
	check_probe(decoder, at, type);
	return probe;
}

struct handler *decode_hook(struct decoder *decoder, const struct place *at, int64_t grace_seconds)
{
	if (doc_kind_of(at->doc) != DOC_MAP) {
		return NULL;
	}
	struct handler *handler = g_new0(struct handler, 1);

	decode_handler(decoder, at, HANDLER_OF_LIFECYCLE, handler);
	if (handler->kind == HANDLER_SLEEP &&
	    (handler->sleep_seconds < 0 || handler->sleep_seconds > grace_seconds)) {
		const struct place sleep = place_field(at, "sleep");
		const struct place seconds = place_field(&sleep, "seconds");

		fault(decoder, &seconds,
		      "%" G_GINT64_FORMAT " is out of range; expected 0 to %" G_GINT64_FORMAT
		      ", the pod's terminationGracePeriodSeconds",
		      (gint64)handler->sleep_seconds, (gint64)grace_seconds);
	}
	return handler;
}

struct probe *probe_decode(const struct doc *document, GError **error)
{
	struct doc *copy = doc_copy(document);
	struct decoder decoder;
	const struct place at = {.doc = copy};

	decoder_init(&decoder, NULL);
	fields_check(&decoder, copy, &at, fields_probe);
	default_probe(copy);
	struct probe *probe = decode_probe(&decoder, &at, PROBE_TYPES);

	if (!decoder_finish(&decoder, NULL, error)) {
		probe_free(probe);
		probe = NULL;
	}
	decoder_clear(&decoder);
	doc_free(copy);
	return probe;
}
