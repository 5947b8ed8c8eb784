#include "document/reader_private.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct doc_location reader_place(const struct reader *reader, yaml_mark_t mark)
{
	return (struct doc_location){.file = reader->name,
	                             .line = (uint32_t)mark.line + 1,
	                             .column = (uint32_t)mark.column + 1};
}

void reader_fault(struct reader *reader, yaml_mark_t mark, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	g_autofree char *message = g_strdup_vprintf(format, arguments);

	va_end(arguments);
	g_set_error(reader->error, DOC_ERROR, DOC_ERROR_SYNTAX, "%s:%u:%u: %s", reader->name,
	            (unsigned)mark.line + 1, (unsigned)mark.column + 1, message);
}

/* The line and column (in characters) of byte @offset; what is not UTF-8 counts a column a byte. */
static yaml_mark_t mark_of_byte(const struct reader *reader, size_t offset)
{
	yaml_mark_t mark = {0};

	for (size_t i = 0; i < offset && i < reader->length; i++) {
		const unsigned char c = (unsigned char)reader->text[i];

		if (c == '\n') {
			mark.line++;
			mark.column = 0;
		} else if ((c & 0xc0) != 0x80) {
			mark.column++;
		}
	}
	return mark;
}

/* The byte at @mark, 0 beyond the end. */
static char byte_at(const struct reader *reader, yaml_mark_t mark)
{
	const char *p = reader->text, *end = reader->text + reader->length;

	for (size_t line = 0; line < mark.line; line++) {
		p = memchr(p, '\n', (size_t)(end - p));
		if (p == NULL) {
			return '\0';
		}
		p++;
	}
	for (size_t column = 0; p < end && column < mark.column; column++) {
		p++;
		while (p < end && ((unsigned char)*p & 0xc0) == 0x80) {
			p++;
		}
	}
	return p < end ? *p : '\0';
}

static void parser_fault(struct reader *reader)
{
	const yaml_parser_t *parser = &reader->parser;
	const char *problem = parser->problem != NULL ? parser->problem : "out of memory";

	if (parser->error == YAML_READER_ERROR) {
		const yaml_mark_t mark = mark_of_byte(reader, parser->problem_offset);

		if (strstr(problem, "control characters") != NULL) {
			reader_fault(reader, mark, "the control character 0x%02x is not allowed",
			             (unsigned)parser->problem_value);
		} else {
			reader_fault(reader, mark, "not UTF-8: %s (0x%02x)", problem,
			             (unsigned)parser->problem_value);
		}
		return;
	}
	if (byte_at(reader, parser->problem_mark) == '\t') {
		reader_fault(reader, parser->problem_mark,
		             "a tab; YAML is indented with spaces (%s)", problem);
		return;
	}
	if (parser->context != NULL && parser->context_mark.line != parser->problem_mark.line) {
		reader_fault(reader, parser->problem_mark, "%s, %s that begins in line %u", problem,
		             parser->context, (unsigned)parser->context_mark.line + 1);
		return;
	}
	reader_fault(reader, parser->problem_mark, "%s%s%s", problem,
	             parser->context != NULL ? ", " : "",
	             parser->context != NULL ? parser->context : "");
}

bool reader_next(struct reader *reader, yaml_event_t *event)
{
	if (yaml_parser_parse(&reader->parser, event)) {
		return true;
	}
	parser_fault(reader);
	return false;
}

/* One document; true also when it is empty. */
static bool read_document(struct reader *reader, GPtrArray *documents)
{
	yaml_event_t event;
	struct doc *doc = NULL;

	g_hash_table_remove_all(reader->anchors);
	if (!reader_next(reader, &event)) {
		return false;
	}
	doc = build_value(reader, &event);
	yaml_event_delete(&event);
	g_ptr_array_set_size(reader->unrooted, 0);
	if (doc == NULL) {
		return false;
	}
	if (doc_kind_of(doc) == DOC_NULL) {
		doc_free(doc);
		return true;
	}
	g_ptr_array_add(documents, doc);
	return true;
}

static bool read_stream(struct reader *reader, GPtrArray *documents)
{
	for (;;) {
		yaml_event_t event;

		if (!reader_next(reader, &event)) {
			return false;
		}
		const yaml_event_type_t type = event.type;

		yaml_event_delete(&event);
		if (type == YAML_STREAM_END_EVENT) {
			return true;
		}
		if (type == YAML_DOCUMENT_START_EVENT && !read_document(reader, documents)) {
			return false;
		}
	}
}

static void free_doc(void *doc)
{
	doc_free(doc);
}

GPtrArray *doc_read_text(const char *text, gssize length, const char *name, GError **error)
{
	const size_t size = length < 0 ? strlen(text) : (size_t)length;
	struct reader reader = {
	    .name = g_intern_string(name), .text = text, .length = size, .error = error};

	if (size > MOST_BYTES) {
		g_set_error(error, DOC_ERROR, DOC_ERROR_SYNTAX, "%s: larger than %zu MiB", name,
		            MOST_BYTES >> 20);
		return NULL;
	}
	g_autoptr(GPtrArray) documents = g_ptr_array_new_with_free_func(free_doc);

	reader.anchors = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	reader.unrooted = g_ptr_array_new_with_free_func(free_doc);
	yaml_parser_initialize(&reader.parser);
	yaml_parser_set_input_string(&reader.parser, (const unsigned char *)text, size);
	const bool good = read_stream(&reader, documents);

	yaml_parser_delete(&reader.parser);
	g_ptr_array_unref(reader.unrooted);
	g_hash_table_unref(reader.anchors);
	return good ? g_steal_pointer(&documents) : NULL;
}

/* Not more than one byte above the limit, so that an endless file is no trap. */
static bool read_bytes(FILE *file, GByteArray *bytes)
{
	guint8 block[1 << 16];

	while (bytes->len <= MOST_BYTES) {
		const size_t n = fread(block, 1, sizeof(block), file);

		if (n == 0) {
			break;
		}
		g_byte_array_append(bytes, block, (guint)n);
	}
	return ferror(file) == 0;
}

GPtrArray *doc_read_file(const char *path, GError **error)
{
	const bool standard = strcmp(path, "-") == 0;
	FILE *file = standard ? stdin : fopen(path, "rbe");

	if (file == NULL) {
		g_set_error(error, DOC_ERROR, DOC_ERROR_FILE, "%s: %s", path, g_strerror(errno));
		return NULL;
	}
	g_autoptr(GByteArray) bytes = g_byte_array_new();
	const bool good = read_bytes(file, bytes);
	const int fault = errno;

	if (!standard) {
		fclose(file);
	}
	if (!good) {
		g_set_error(error, DOC_ERROR, DOC_ERROR_FILE, "%s: %s", path, g_strerror(fault));
		return NULL;
	}
	return doc_read_text(bytes->len > 0 ? (const char *)bytes->data : "", bytes->len,
	                     standard ? "standard input" : path, error);
}
