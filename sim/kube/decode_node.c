#include "kube/decode.h"
#include "kube/names.h"
#include "kube/service.h"

#include <string.h>

static void decode_taints(struct decoder *decoder, const struct place *at, struct node *node)
{
	static const char *const effects[] = {"NoSchedule", "PreferNoSchedule", "NoExecute", NULL};
	const size_t n = doc_kind_of(at->doc) == DOC_LIST ? doc_length(at->doc) : 0;

	node->taints = g_new0(struct taint, n);
	for (size_t i = 0; i < n; i++) {
		const struct place item = place_item(at, i);
		const struct place key = place_field(&item, "key");
		const struct place effect = place_field(&item, "effect");
		struct taint *taint = &node->taints[node->n_taints++];

		if (fault_unless_given(decoder, &key, "the key of a taint") &&
		    doc_string(key.doc) != NULL) {
			check_qualified(decoder, &key, doc_string(key.doc));
		}
		fault_unless_given(decoder, &effect, "NoSchedule, PreferNoSchedule or NoExecute");
		taint->key = g_strdup(doc_string(key.doc));
		taint->value = field_copy(&item, "value");
		taint->effect = fault_unless_one_of(decoder, &effect, effects);
	}
}

static void decode_address(const struct place *addresses, struct node *node)
{
	for (size_t i = 0; i < doc_length(addresses->doc); i++) {
		const struct place item = place_item(addresses, i);

		if (g_strcmp0(field_text(&item, "type"), "InternalIP") == 0) {
			ref_string_set(&node->internal_ip, field_text(&item, "address"));
			return;
		}
	}
}

void decode_node(struct decoder *decoder, const struct place *at, struct object *object)
{
	struct node *node = NODE(object);
	const struct place spec = place_field(at, "spec");
	const struct place status = place_field(at, "status");
	const struct place taints = place_field(&spec, "taints");
	const struct place addresses = place_field(&status, "addresses");

	decode_taints(decoder, &taints, node);
	node->unschedulable = field_bool(&spec, "unschedulable", false);
	decode_amounts(decoder, &status, "capacity", &node->capacity);
	decode_amounts(decoder, &status, "allocatable", &node->allocatable);
	if (node->allocatable.n == 0) {
		resource_list_copy(&node->allocatable, &node->capacity);
	}
	decode_address(&addresses, node);
}
