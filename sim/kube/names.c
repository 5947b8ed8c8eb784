#include "kube/names.h"

#include <string.h>

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"

static bool is_alphanumeric(char c)
{
	return g_ascii_islower(c) || g_ascii_isdigit(c);
}

static bool is_label_text(const char *text, size_t length)
{
	return length > 0 && length <= 63 && is_alphanumeric(text[0]) &&
	       is_alphanumeric(text[length - 1]) && strspn(text, LOWER DIGITS "-") >= length;
}

static bool is_subdomain(const char *text)
{
	if (strlen(text) > 253) {
		return false;
	}
	for (;;) {
		const size_t length = strcspn(text, ".");

		/* Parts of a subdomain have no limit of their own. */
		if (length == 0 || !is_alphanumeric(text[0]) ||
		    !is_alphanumeric(text[length - 1]) || strspn(text, LOWER DIGITS "-") < length) {
			return false;
		}
		if (text[length] == '\0') {
			return true;
		}
		text += length + 1;
	}
}

void check_subdomain(struct decoder *decoder, const struct place *at)
{
	const char *text = doc_string(at->doc);

	if (text != NULL && !is_subdomain(text)) {
		fault(decoder, at,
		      "\"%s\" is no valid name; expected lower-case letters, digits, '-' "
		      "and '.', beginning and ending with a letter or digit, at most 253 "
		      "characters",
		      text);
	}
}

void check_label(struct decoder *decoder, const struct place *at)
{
	const char *text = doc_string(at->doc);

	if (text != NULL && !is_label_text(text, strlen(text))) {
		fault(decoder, at,
		      "\"%s\" is no valid name; expected lower-case letters, digits and "
		      "'-', beginning and ending with a letter or digit, at most 63 "
		      "characters",
		      text);
	}
}

void check_letter_label(struct decoder *decoder, const struct place *at)
{
	const char *text = doc_string(at->doc);

	if (text != NULL && (!is_label_text(text, strlen(text)) || !g_ascii_islower(*text))) {
		fault(decoder, at,
		      "\"%s\" is no valid name; expected lower-case letters, digits and "
		      "'-', beginning with a letter and ending with a letter or digit, at "
		      "most 63 characters",
		      text);
	}
}

void check_port_name(struct decoder *decoder, const struct place *at)
{
	const char *text = doc_string(at->doc);

	if (text == NULL) {
		return;
	}
	if (!is_label_text(text, strlen(text)) || strlen(text) > 15 || strstr(text, "--") != NULL ||
	    strpbrk(text, LOWER) == NULL) {
		fault(decoder, at,
		      "\"%s\" is no valid port name; expected at most 15 lower-case "
		      "letters, digits and single '-', with at least one letter",
		      text);
	}
}

static bool is_name_part(const char *text)
{
	const size_t length = strlen(text);

	return length > 0 && length <= 63 && g_ascii_isalnum(text[0]) &&
	       g_ascii_isalnum(text[length - 1]) &&
	       strspn(text, LOWER "ABCDEFGHIJKLMNOPQRSTUVWXYZ" DIGITS "-_.") == length;
}

bool is_label_value(const char *value)
{
	return *value == '\0' || is_name_part(value);
}

bool is_qualified(const char *name)
{
	const char *slash = strchr(name, '/');

	if (slash == NULL) {
		return is_name_part(name);
	}
	g_autofree char *prefix = g_strndup(name, (gsize)(slash - name));

	return is_subdomain(prefix) && is_name_part(slash + 1);
}

void check_qualified(struct decoder *decoder, const struct place *at, const char *name)
{
	if (!is_qualified(name)) {
		fault(decoder, at,
		      "\"%s\" is no valid key; expected letters, digits, '-', '_' and "
		      "'.', at most 63 characters, perhaps after a domain and '/'",
		      name);
	}
}

void check_labels(struct decoder *decoder, const struct place *at)
{
	if (doc_kind_of(at->doc) != DOC_MAP) {
		return; /* told where its type is */
	}
	for (size_t i = 0; i < doc_length(at->doc); i++) {
		const char *key = doc_key_at(at->doc, i);
		const char *value = doc_string(doc_value_at(at->doc, i));
		const struct place item = place_field(at, key);

		if (!is_qualified(key)) {
			fault_at(
			    decoder, &item, doc_key_where(at->doc, i),
			    "\"%s\" is no valid key of a label; expected letters, digits, '-', '_' "
			    "and '.', at most 63 characters, perhaps after a domain and '/'",
			    key);
		}
		if (value != NULL && !is_label_value(value)) {
			fault(decoder, &item,
			      "\"%s\" is no valid value of a label; expected at most "
			      "63 letters, digits, '-', '_' and '.', beginning and ending "
			      "with a letter or digit",
			      value);
		}
	}
}

void check_annotations(struct decoder *decoder, const struct place *at)
{
	size_t size = 0;

	if (doc_kind_of(at->doc) != DOC_MAP) {
		return; /* told where its type is */
	}
	for (size_t i = 0; i < doc_length(at->doc); i++) {
		const char *key = doc_key_at(at->doc, i);
		const char *value = doc_string(doc_value_at(at->doc, i));
		const struct place item = place_field(at, key);
		g_autofree char *lower = g_ascii_strdown(key, -1);

		if (!is_qualified(lower)) {
			fault_at(
			    decoder, &item, doc_key_where(at->doc, i),
			    "\"%s\" is no valid key of an annotation; expected letters, digits, "
			    "'-', '_' and '.', at most 63 characters, perhaps after a domain and "
			    "'/'",
			    key);
		}
		size += strlen(key) + (value != NULL ? strlen(value) : 0);
	}
	if (size > 262144) {
		fault(decoder, at,
		      "the annotations are %zu bytes together; expected at most 262144", size);
	}
}

void check_port_number(struct decoder *decoder, const struct place *at)
{
	int64_t number;

	if (doc_int(at->doc, &number) && (number < 1 || number > 65535)) {
		fault(decoder, at, "%" G_GINT64_FORMAT " is no port; expected 1 to 65535",
		      (gint64)number);
	}
}

void check_port_reference(struct decoder *decoder, const struct place *at)
{
	check_port_number(decoder, at);
	check_port_name(decoder, at);
}

void check_path_segment(struct decoder *decoder, const struct place *at)
{
	const char *text = doc_string(at->doc);

	if (text == NULL || *text == '\0') {
		return;
	}
	if (strcmp(text, ".") == 0 || strcmp(text, "..") == 0 || strpbrk(text, "/%") != NULL) {
		fault(decoder, at,
		      "\"%s\" is no valid name; expected no '/' and no '%%', and not '.' "
		      "or '..'",
		      text);
	}
}
