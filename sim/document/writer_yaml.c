#include "document/number.h"
#include "document/resolve.h"
#include "document/tree_private.h"

#include <math.h>
#include <string.h>
#include <yaml.h>

static int write_to_string(void *data, unsigned char *bytes, size_t size)
{
	g_string_append_len(data, (const char *)bytes, (gssize)size);
	return 1;
}

static void emit(yaml_emitter_t *emitter, yaml_event_t *event)
{
	/* The emitter fails for want of memory, or of sense in our events: neither is the user's
	 * fault. */
	const int done = yaml_emitter_emit(emitter, event);

	g_assert(done == 1);
}

static void emit_scalar(yaml_emitter_t *emitter, const char *text, yaml_scalar_style_t style)
{
	yaml_event_t event;

	yaml_scalar_event_initialize(&event, NULL, NULL, (const yaml_char_t *)text,
	                             (int)strlen(text), 1, 1, style);
	emit(emitter, &event);
}

/* Source: goyaml.v2/encode.go, stringv. */
static void emit_string(yaml_emitter_t *emitter, const char *text)
{
	g_autofree char *valid = g_utf8_make_valid(text, -1);
	yaml_scalar_style_t style = YAML_DOUBLE_QUOTED_SCALAR_STYLE;

	if (strchr(valid, '\n') != NULL) {
		style = YAML_LITERAL_SCALAR_STYLE;
	} else if (resolve_is_plain_text(valid)) {
		style = YAML_PLAIN_SCALAR_STYLE;
	}
	emit_scalar(emitter, valid, style);
}

static void emit_float(yaml_emitter_t *emitter, double value)
{
	if (isnan(value)) {
		emit_scalar(emitter, ".nan", YAML_PLAIN_SCALAR_STYLE);
	} else if (isinf(value)) {
		emit_scalar(emitter, value > 0 ? ".inf" : "-.inf", YAML_PLAIN_SCALAR_STYLE);
	} else {
		g_autoptr(GString) text = g_string_new(NULL);

		number_append(text, value);
		emit_scalar(emitter, text->str, YAML_PLAIN_SCALAR_STYLE);
	}
}

static void emit_value(yaml_emitter_t *emitter, const struct doc *doc);

static void emit_list(yaml_emitter_t *emitter, const struct doc *doc)
{
	yaml_event_t event;

	yaml_sequence_start_event_initialize(&event, NULL, NULL, 1, YAML_BLOCK_SEQUENCE_STYLE);
	emit(emitter, &event);
	for (size_t i = 0; i < doc->list.n; i++) {
		emit_value(emitter, doc->list.items[i]);
	}
	yaml_sequence_end_event_initialize(&event);
	emit(emitter, &event);
}

static void emit_map(yaml_emitter_t *emitter, const struct doc *doc)
{
	yaml_event_t event;

	yaml_mapping_start_event_initialize(&event, NULL, NULL, 1, YAML_BLOCK_MAPPING_STYLE);
	emit(emitter, &event);
	for (size_t i = 0; i < doc->map.n; i++) {
		emit_string(emitter, doc->map.entries[i].key);
		emit_value(emitter, doc->map.entries[i].value);
	}
	yaml_mapping_end_event_initialize(&event);
	emit(emitter, &event);
}

static void emit_value(yaml_emitter_t *emitter, const struct doc *doc)
{
	char text[24];

	switch (doc_kind_of(doc)) {
	case DOC_NULL:
		emit_scalar(emitter, "null", YAML_PLAIN_SCALAR_STYLE);
		break;
	case DOC_BOOL:
		emit_scalar(emitter, doc->scalar.truth ? "true" : "false", YAML_PLAIN_SCALAR_STYLE);
		break;
	case DOC_INT:
		g_snprintf(text, sizeof(text), "%" G_GINT64_FORMAT, (gint64)doc->scalar.whole);
		emit_scalar(emitter, text, YAML_PLAIN_SCALAR_STYLE);
		break;
	case DOC_FLOAT:
		emit_float(emitter, doc->scalar.number);
		break;
	case DOC_STRING:
		emit_string(emitter, doc->scalar.text);
		break;
	case DOC_LIST:
		emit_list(emitter, doc);
		break;
	case DOC_MAP:
		emit_map(emitter, doc);
		break;
	}
}

char *doc_to_yaml(const struct doc *doc)
{
	GString *out = g_string_new(NULL);
	yaml_emitter_t emitter;
	yaml_event_t event;

	yaml_emitter_initialize(&emitter);
	yaml_emitter_set_output(&emitter, write_to_string, out);
	yaml_emitter_set_unicode(&emitter, 1);
	yaml_emitter_set_width(&emitter, -1);
	yaml_emitter_set_indent(&emitter, 2);

	yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING);
	emit(&emitter, &event);
	yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 1);
	emit(&emitter, &event);
	emit_value(&emitter, doc);
	yaml_document_end_event_initialize(&event, 1);
	emit(&emitter, &event);
	yaml_stream_end_event_initialize(&event);
	emit(&emitter, &event);
	yaml_emitter_delete(&emitter);
	return g_string_free(out, FALSE);
}
