#include "kube/fields.h"

#include "kube/quantity.h"

#include <string.h>

static void wrong_type(struct decoder *decoder, const struct place *at, const char *expected)
{
	const char *text = doc_text(at->doc);

	if (text == NULL) {
		fault(decoder, at, "is %s; expected %s", doc_kind_name(doc_kind_of(at->doc)),
		      expected);
	} else if (doc_kind_of(at->doc) == DOC_STRING) {
		fault(decoder, at, "\"%s\" is a string; expected %s", text, expected);
	} else {
		fault(decoder, at, "%s is %s; expected %s", text,
		      doc_kind_name(doc_kind_of(at->doc)), expected);
	}
}

static bool check_string(struct decoder *decoder, const struct place *at)
{
	const enum doc_kind kind = doc_kind_of(at->doc);
	const char *text = doc_text(at->doc);

	if (kind == DOC_STRING) {
		return true;
	}
	if (text == NULL) {
		wrong_type(decoder, at, "a string");
	} else {
		fault(decoder, at, "%s is %s; expected a string (in quotes: \"%s\")", text,
		      doc_kind_name(kind), text);
	}
	return false;
}

static void check_int(struct decoder *decoder, const struct place *at, int64_t least, int64_t most)
{
	int64_t value;

	if (!doc_int(at->doc, &value)) {
		wrong_type(decoder, at, "a whole number");
	} else if (value < least || value > most) {
		fault(decoder, at, "%s does not fit; expected a whole number of 32 bits",
		      doc_text(at->doc));
	}
}

/* The canonical form of the quantity @doc in place of it in @holder, unless milli-units are too
 * coarse to keep it. */
static void check_quantity(struct decoder *decoder, const struct place *at, struct doc *holder)
{
	const char *text = doc_text(at->doc);
	enum quantity_format format;
	int64_t milli;

	if (text == NULL || doc_kind_of(at->doc) == DOC_BOOL) {
		wrong_type(decoder, at, "a quantity such as 250m or 1Gi");
		return;
	}
	if (!quantity_parse(text, &milli, &format)) {
		fault(decoder, at,
		      "\"%s\" is no quantity; expected a number with a suffix such as "
		      "250m, 0.5, 128Mi or 1G",
		      text);
		return;
	}
	const char last = text[strlen(text) - 1];
	g_autofree char *canonical =
	    last == 'n' || last == 'u' || milli < 0 || milli == INT64_MAX || milli == INT64_MIN
		? g_strdup(text)
		: quantity_to_string(milli, format);

	if (strcmp(canonical, text) != 0 || doc_kind_of(at->doc) != DOC_STRING) {
		struct doc *fresh = doc_new_string(canonical);

		doc_set_where(fresh, doc_where(at->doc));
		doc_set(holder, at->key, fresh);
	}
}

static void drop_nulls(struct doc *map)
{
	for (size_t i = doc_length(map); i-- > 0;) {
		if (doc_kind_of(doc_value_at(map, i)) == DOC_NULL) {
			doc_remove(map, doc_key_at(map, i));
		}
	}
}

static void check_map(struct decoder *decoder, struct doc *map, const struct place *at,
                      enum field_type type)
{
	if (doc_kind_of(map) != DOC_MAP) {
		wrong_type(decoder, at, "a map");
		return;
	}
	drop_nulls(map);
	for (size_t i = 0; i < doc_length(map); i++) {
		g_autofree char *key = g_strdup(doc_key_at(map, i));
		const struct place item = place_field(at, key);

		if (type == FIELD_STRING_MAP) {
			check_string(decoder, &item);
		} else {
			check_quantity(decoder, &item, map);
		}
	}
}

static void check_list(struct decoder *decoder, struct doc *list, const struct place *at,
                       const struct field *field)
{
	if (doc_kind_of(list) != DOC_LIST) {
		wrong_type(decoder, at, "a list");
		return;
	}
	for (size_t i = 0; i < doc_length(list); i++) {
		const struct place item = place_item(at, i);

		switch (field->type) {
		case FIELD_STRINGS:
			check_string(decoder, &item);
			break;
		case FIELD_INTS:
			check_int(decoder, &item, INT64_MIN, INT64_MAX);
			break;
		default:
			fields_check(decoder, doc_at(list, i), &item, field->fields);
			break;
		}
	}
}

static void check_field(struct decoder *decoder, struct doc *holder, const struct place *at,
                        const struct field *field)
{
	struct doc *value = doc_get(holder, field->name);

	switch (field->type) {
	case FIELD_STRING:
		check_string(decoder, at);
		break;
	case FIELD_INT:
		check_int(decoder, at, INT32_MIN, INT32_MAX);
		break;
	case FIELD_LONG:
		check_int(decoder, at, INT64_MIN, INT64_MAX);
		break;
	case FIELD_BOOL:
		if (doc_kind_of(value) != DOC_BOOL) {
			wrong_type(decoder, at, "true or false");
		}
		break;
	case FIELD_QUANTITY:
		check_quantity(decoder, at, holder);
		break;
	case FIELD_INT_OR_STRING:
		if (doc_kind_of(value) != DOC_STRING) {
			check_int(decoder, at, INT32_MIN, INT32_MAX);
		}
		break;
	case FIELD_STRINGS:
	case FIELD_INTS:
	case FIELD_OBJECTS:
		check_list(decoder, value, at, field);
		break;
	case FIELD_STRING_MAP:
	case FIELD_QUANTITY_MAP:
		check_map(decoder, value, at, field->type);
		break;
	case FIELD_OBJECT:
		fields_check(decoder, value, at, field->fields);
		break;
	case FIELD_ANY:
		break;
	}
}

static const struct field *find_field(const struct field *fields, const char *name)
{
	for (; fields->name != NULL; fields++) {
		if (strcmp(fields->name, name) == 0) {
			return fields;
		}
	}
	return NULL;
}

static void unknown_field(struct decoder *decoder, const struct doc *object, const struct place *at,
                          size_t index, const struct field *fields)
{
	const char *key = doc_key_at(object, index);
	const struct place field = place_field(at, key);
	g_autoptr(GPtrArray) names = g_ptr_array_new();

	for (; fields->name != NULL; fields++) {
		g_ptr_array_add(names, (void *)fields->name);
	}
	g_ptr_array_add(names, NULL);
	const char *nearest = doc_nearest(key, (const char *const *)names->pdata);

	if (nearest != NULL) {
		fault_at(decoder, &field, doc_key_where(object, index),
		         "unknown field; did you mean \"%s\"?", nearest);
		return;
	}
	g_autofree char *all = g_strjoinv(", ", (char **)names->pdata);

	fault_at(decoder, &field, doc_key_where(object, index), "unknown field; expected one of %s",
	         all);
}

/* Empty maps of labels and the like, and empty lists, are not kept: in the API's JSON they are
 * `omitempty`. */
static bool leaves_nothing(const struct field *field, const struct doc *value)
{
	switch (field->type) {
	case FIELD_STRINGS:
	case FIELD_INTS:
	case FIELD_OBJECTS:
		return doc_kind_of(value) == DOC_LIST && doc_length(value) == 0 &&
		       strcmp(field->name, "policies") !=
		           0; /* which the HPA's validation refuses */
	case FIELD_STRING_MAP:
	case FIELD_QUANTITY_MAP:
		return doc_kind_of(value) == DOC_MAP && doc_length(value) == 0;
	default:
		return false;
	}
}

void fields_check(struct decoder *decoder, struct doc *object, const struct place *at,
                  const struct field *fields)
{
	if (doc_kind_of(object) != DOC_MAP) {
		wrong_type(decoder, at, "a map");
		return;
	}
	for (size_t i = 0; i < doc_length(object);) {
		const struct field *field = find_field(fields, doc_key_at(object, i));

		if (field == NULL) {
			if (fields[0].type != FIELD_ANY || fields[0].name[0] != '*') {
				unknown_field(decoder, object, at, i, fields);
			}
			i++;
			continue;
		}
		if (doc_kind_of(doc_value_at(object, i)) != DOC_NULL) {
			const struct place place = place_field(at, field->name);

			check_field(decoder, object, &place, field);
		}
		if (doc_kind_of(doc_value_at(object, i)) == DOC_NULL ||
		    leaves_nothing(field, doc_value_at(object, i))) {
			doc_remove(object, field->name);
		} else {
			i++;
		}
	}
}
