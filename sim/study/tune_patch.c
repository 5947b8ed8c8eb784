/* tune_patch.c - from a setting to patches. */

#include "study/tune_patch.h"

#include "kube/patch_schema.h"

#include <string.h>

struct patches {
	GPtrArray *documents; /* struct doc * */
	GString *comments;
};

static bool is_target(const struct setting *s, const struct doc *object)
{
	const char *namespace = doc_text(doc_find(object, "metadata", "namespace", NULL));

	return g_strcmp0(doc_text(doc_find(object, "metadata", "name", NULL)), s->name) == 0 &&
	       g_strcmp0(doc_text(doc_get(object, "kind")), object_kind_name(s->kind)) == 0 &&
	       (!s->namespace || g_strcmp0(namespace ? namespace : "default", s->namespace) == 0);
}

/* The last of @objects that is @s's and has the value, or @found. */
static const struct doc *find_object(const struct setting *s, const GPtrArray *objects,
                                     const struct doc *found)
{
	for (unsigned i = 0; objects && i < objects->len; i++) {
		if (is_target(s, objects->pdata[i]) && setting_find(s, objects->pdata[i])) {
			found = objects->pdata[i];
		}
	}
	return found;
}

/* What stands at the first @n steps of @s in @object; NULL: nothing. */
static const struct doc *prefix(const struct setting *s, size_t n, const struct doc *object)
{
	struct setting part = *s;

	part.n_steps = n;
	return n == 0 ? object : setting_find(&part, object);
}

/* The item of @list (of a patch) with @item's merge key, added when it is not there. */
static struct doc *patch_item(struct doc *list, const struct doc *item, const char *merge_key)
{
	struct doc *made;

	for (size_t i = 0; i < doc_length(list); i++) {
		if (doc_equal(doc_get(doc_at(list, i), merge_key), doc_get(item, merge_key))) {
			return doc_at(list, i);
		}
	}
	made = doc_new_map();
	doc_set(made, merge_key, doc_copy(doc_get(item, merge_key)));
	doc_append(list, made);
	return made;
}

/* Puts into @patch what @object holds at @s, with no more around it than a strategic merge needs: a
 * list without a merge key is replaced as a whole. */
static void add_place(struct doc *patch, const struct setting *s, const struct doc *object)
{
	bool custom;
	const struct patch_field *fields = patch_schema_of(object, &custom);

	for (size_t i = 0; i < s->n_steps; i++) {
		const char *key = s->steps[i].key;
		const struct patch_field *field = patch_schema_field(fields, key);
		const struct doc *value = prefix(s, i + 1, object);

		fields = field ? field->fields : NULL;
		if (i + 1 == s->n_steps ||
		    (doc_kind_of(value) == DOC_LIST && !(field && field->merge_key))) {
			doc_set(patch, key, doc_copy(value));
			return;
		}
		if (!doc_get(patch, key)) {
			doc_set(patch, key,
			        doc_kind_of(value) == DOC_LIST ? doc_new_list() : doc_new_map());
		}
		patch = doc_get(patch, key);
		if (doc_kind_of(value) == DOC_LIST) { /* the next step picks an item */
			const struct doc *item = prefix(s, ++i + 1, object);

			if (i + 1 == s->n_steps) {
				doc_append(patch, doc_copy(item));
				return;
			}
			patch = patch_item(patch, item, field->merge_key);
		}
	}
}

static struct doc *patch_of(struct patches *patches, const struct doc *object)
{
	struct doc *patch, *metadata;
	const struct doc *own = doc_get(object, "metadata");

	for (unsigned i = 0; i < patches->documents->len; i++) {
		patch = patches->documents->pdata[i];
		if (doc_equal(doc_get(patch, "kind"), doc_get(object, "kind")) &&
		    doc_equal(doc_find(patch, "metadata", "name", NULL), doc_get(own, "name")) &&
		    doc_equal(doc_find(patch, "metadata", "namespace", NULL),
		              doc_get(own, "namespace"))) {
			return patch;
		}
	}
	patch = doc_new_map();
	metadata = doc_new_map();
	doc_set_string(patch, "apiVersion", doc_text(doc_get(object, "apiVersion")));
	doc_set_string(patch, "kind", doc_text(doc_get(object, "kind")));
	doc_set_string(metadata, "name", doc_text(doc_get(own, "name")));
	doc_set_string(metadata, "namespace", doc_text(doc_get(own, "namespace")));
	doc_set(patch, "metadata", metadata);
	g_ptr_array_add(patches->documents, patch);
	return patch;
}

static void add_setting(struct patches *patches, const struct scenario *scenario,
                        const struct setting *s, const struct doc *value)
{
	const struct doc *object = NULL;

	if (s->target == SETTING_OBJECT) {
		object = find_object(s, scenario->manifests, NULL);
		for (size_t i = 0; i < scenario->n_timeline; i++) {
			object = find_object(s, scenario->timeline[i].documents, object);
		}
	}
	if (object) {
		add_place(patch_of(patches, object), s, object);
	} else {
		g_autofree char *text = study_value_text(value);

		g_string_append_printf(patches->comments, "# and with podsim: --set '%s=%s'\n",
		                       s->text, text);
	}
}

static char *patches_text(const struct patches *patches)
{
	GString *text = g_string_new(NULL);

	for (unsigned i = 0; i < patches->documents->len; i++) {
		const struct doc *patch = patches->documents->pdata[i];
		const char *namespace = doc_text(doc_find(patch, "metadata", "namespace", NULL));
		g_autofree char *kind = g_ascii_strdown(doc_text(doc_get(patch, "kind")), -1);
		g_autofree char *yaml = doc_to_yaml(patch);

		g_string_append_printf(text, "%s# kubectl patch %s %s%s%s --patch-file FILE\n%s",
		                       i ? "---\n" : "", kind,
		                       doc_text(doc_find(patch, "metadata", "name", NULL)),
		                       namespace ? " -n " : "", namespace ? namespace : "", yaml);
	}
	g_string_append(text, patches->comments->str);
	return g_string_free(text, FALSE);
}

char *tune_patch(const struct study *study, size_t setting, GError **error)
{
	struct scenario *scenario = study_scenario(study, setting, error);
	struct patches patches;

	if (!scenario) {
		return NULL;
	}
	patches.documents = g_ptr_array_new_with_free_func((GDestroyNotify)doc_free);
	patches.comments = g_string_new(NULL);
	for (size_t i = 0; i < study->n_paths; i++) {
		const struct doc *value = study->settings[setting].values[i];
		g_autoptr(setting) s = setting_parse(study->paths[i].text, NULL);

		if (value && s) {
			add_setting(&patches, scenario, s, value);
		}
	}
	char *text = patches_text(&patches);

	g_ptr_array_unref(patches.documents);
	g_string_free(patches.comments, TRUE);
	scenario_free(scenario);
	return text;
}
