#include "kube/selector.h"

#include "document/document.h"
#include "kube/names.h"

#include <string.h>

struct selector_requirement *selector_requirement_new(const char *key,
                                                      enum selector_operator operator,
                                                      const char * const * values)
{
	struct selector_requirement *requirement = g_new0(struct selector_requirement, 1);

	requirement->key = g_strdup(key);
	requirement->operator= operator;
	requirement->values = values != NULL ? g_strdupv((char **)values) : g_new0(char *, 1);
	return requirement;
}

void selector_requirement_free(void *data)
{
	struct selector_requirement *requirement = data;

	g_free(requirement->key);
	g_strfreev(requirement->values);
	g_free(requirement);
}

bool selector_requirement_matches(const struct selector_requirement *requirement,
                                  const struct string_map *labels)
{
	const char *value = string_map_get(labels, requirement->key);

	switch (requirement->operator) {
	case SELECTOR_IN:
		return value != NULL &&
		       g_strv_contains((const char *const *)requirement->values, value);
	case SELECTOR_NOT_IN:
		return value == NULL ||
		       !g_strv_contains((const char *const *)requirement->values, value);
	case SELECTOR_EXISTS:
		return value != NULL;
	case SELECTOR_DOES_NOT_EXIST:
		return value == NULL;
	}
	g_assert_not_reached();
}

struct label_selector *label_selector_new(void)
{
	return g_new0(struct label_selector, 1);
}

void label_selector_add(struct label_selector *selector, struct selector_requirement *requirement)
{
	if (selector->expressions == NULL) {
		selector->expressions = g_ptr_array_new_with_free_func(selector_requirement_free);
	}
	g_ptr_array_add(selector->expressions, requirement);
}

static guint n_expressions(const struct label_selector *selector)
{
	return selector->expressions == NULL ? 0 : selector->expressions->len;
}

struct label_selector *label_selector_copy(const struct label_selector *selector)
{
	if (selector == NULL) {
		return NULL;
	}
	struct label_selector *copy = label_selector_new();

	copy->match_labels = string_map_ref(selector->match_labels);
	for (guint i = 0; i < n_expressions(selector); i++) {
		const struct selector_requirement *requirement = selector->expressions->pdata[i];

		label_selector_add(
		    copy, selector_requirement_new(requirement->key,
		                                   requirement->operator,(const char *const *)
		                                                             requirement->values));
	}
	return copy;
}

void label_selector_free(struct label_selector *selector)
{
	if (selector == NULL) {
		return;
	}
	string_map_unref(selector->match_labels);
	g_clear_pointer(&selector->expressions, g_ptr_array_unref);
	g_free(selector);
}

bool label_selector_matches(const struct label_selector *selector, const struct string_map *labels)
{
	if (selector == NULL) {
		return false;
	}
	for (size_t i = 0; i < string_map_size(selector->match_labels); i++) {
		const char *value =
		    string_map_get(labels, string_map_key_at(selector->match_labels, i));

		if (g_strcmp0(value, string_map_value_at(selector->match_labels, i)) != 0) {
			return false;
		}
	}
	for (guint i = 0; i < n_expressions(selector); i++) {
		if (!selector_requirement_matches(selector->expressions->pdata[i], labels)) {
			return false;
		}
	}
	return true;
}

bool label_selector_is_empty(const struct label_selector *selector)
{
	return selector != NULL && string_map_size(selector->match_labels) == 0 &&
	       n_expressions(selector) == 0;
}

/* --- as text --- */

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static char *requirement_to_string(const struct selector_requirement *requirement)
{
	if (requirement->operator== SELECTOR_EXISTS) {
		return g_strdup(requirement->key);
	}
	if (requirement->operator== SELECTOR_DOES_NOT_EXIST) {
		return g_strconcat("!", requirement->key, NULL);
	}
	g_auto(GStrv) sorted = g_strdupv(requirement->values);

	qsort(sorted, g_strv_length(sorted), sizeof(char *), compare_texts);
	g_autofree char *values = g_strjoinv(",", sorted);

	return g_strdup_printf("%s %s (%s)", requirement->key,
	                       requirement->operator== SELECTOR_IN ? "in" : "notin", values);
}

struct printed {
	const char *key;
	char *text;
	size_t order;
};

static int compare_printed(const void *a, const void *b)
{
	const struct printed *x = a, *y = b;
	const int order = strcmp(x->key, y->key);

	return order != 0 ? order : (x->order > y->order) - (x->order < y->order);
}

char *label_selector_to_string(const struct label_selector *selector)
{
	if (selector == NULL || label_selector_is_empty(selector)) {
		return g_strdup("<none>");
	}
	const size_t labels = string_map_size(selector->match_labels);
	const size_t n = labels + n_expressions(selector);
	g_autofree struct printed *parts = g_new0(struct printed, n);

	for (size_t i = 0; i < n; i++) {
		parts[i].order = i;
		if (i < labels) {
			parts[i].key = string_map_key_at(selector->match_labels, i);
			parts[i].text = g_strdup_printf(
			    "%s=%s", parts[i].key, string_map_value_at(selector->match_labels, i));
		} else {
			const struct selector_requirement *requirement =
			    selector->expressions->pdata[i - labels];

			parts[i].key = requirement->key;
			parts[i].text = requirement_to_string(requirement);
		}
	}
	qsort(parts, n, sizeof(*parts), compare_printed);
	GString *out = g_string_new(NULL);

	for (size_t i = 0; i < n; i++) {
		g_string_append_printf(out, "%s%s", i > 0 ? "," : "", parts[i].text);
		g_free(parts[i].text);
	}
	return g_string_free(out, FALSE);
}

/* --- kubectl's -l --- */

static void skip_blanks(const char **p)
{
	while (**p == ' ' || **p == '\t') {
		(*p)++;
	}
}

/* A key or a value: up to a blank or a sign. May be empty. */
static char *read_word(const char **p)
{
	skip_blanks(p);
	const size_t length = strcspn(*p, " \t,()=!<>");
	char *word = g_strndup(*p, length);

	*p += length;
	skip_blanks(p);
	return word;
}

/* "(a, b)" */
static GStrv read_values(const char **p)
{
	g_autoptr(GStrvBuilder) values = g_strv_builder_new();

	if (**p != '(') {
		return NULL;
	}
	do {
		(*p)++;
		g_autofree char *value = read_word(p);

		if (!is_label_value(value)) {
			return NULL;
		}
		g_strv_builder_add(values, value);
	} while (**p == ',');
	if (**p != ')') {
		return NULL;
	}
	(*p)++;
	skip_blanks(p);
	return g_strv_builder_end(values);
}

static void add_equality(struct label_selector *selector, const char *key, const char *value)
{
	const char *const values[] = {value, NULL};

	/* Both must hold then, which matchLabels cannot say. */
	if (string_map_get(selector->match_labels, key) != NULL) {
		label_selector_add(selector, selector_requirement_new(key, SELECTOR_IN, values));
		return;
	}
	struct string_map *with = string_map_with(selector->match_labels, key, value);

	string_map_unref(selector->match_labels);
	selector->match_labels = with;
}

/* "in (a,b)" or "notin (a,b)" */
static bool read_set(const char **p, struct label_selector *selector, const char *key)
{
	g_autofree char *word = read_word(p);
	const bool in = strcmp(word, "in") == 0;

	if (!in && strcmp(word, "notin") != 0) {
		return false;
	}
	g_auto(GStrv) values = read_values(p);

	if (values == NULL) {
		return false;
	}
	label_selector_add(selector,
	                   selector_requirement_new(key, in ? SELECTOR_IN : SELECTOR_NOT_IN,
	                                            (const char *const *)values));
	return true;
}

static bool read_requirement(const char **p, struct label_selector *selector)
{
	skip_blanks(p);
	const bool absent = **p == '!';

	*p += absent;
	g_autofree char *key = read_word(p);

	if (!is_qualified(key)) {
		return false;
	}
	if (absent || **p == ',' || **p == '\0') {
		label_selector_add(
		    selector, selector_requirement_new(
				  key, absent ? SELECTOR_DOES_NOT_EXIST : SELECTOR_EXISTS, NULL));
		return true;
	}
	if (**p == '=' || g_str_has_prefix(*p, "!=")) {
		const bool not = **p == '!';

		*p += not || (*p)[1] == '=' ? 2 : 1;
		g_autofree char *value = read_word(p);

		if (!is_label_value(value)) {
			return false;
		}
		if (not ) {
			const char *const values[] = {value, NULL};

			label_selector_add(selector,
			                   selector_requirement_new(key, SELECTOR_NOT_IN, values));
		} else {
			add_equality(selector, key, value);
		}
		return true;
	}
	return read_set(p, selector, key);
}

struct label_selector *label_selector_parse(const char *text, GError **error)
{
	struct label_selector *selector = label_selector_new();
	const char *p = text;

	skip_blanks(&p);
	bool good = true;

	while (good && *p != '\0') {
		good = read_requirement(&p, selector) && (*p == '\0' || *p == ',');
		if (good && *p == ',') {
			p++;
			good = *p != '\0';
		}
	}
	if (good) {
		return selector;
	}
	g_set_error(error, DOC_ERROR, DOC_ERROR_INVALID,
	            "\"%s\" is no label selector (at \"%s\"); expected for example "
	            "app=web,env!=prod,tier in (a,b),!canary",
	            text, p);
	label_selector_free(selector);
	return NULL;
}
