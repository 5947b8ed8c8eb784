#include "kube/decode.h"
#include "kube/names.h"
#include "kube/pod_spec.h"
#include "kube/selector.h"

#include <string.h>

#define REQUIRED "requiredDuringSchedulingIgnoredDuringExecution"
#define PREFERRED "preferredDuringSchedulingIgnoredDuringExecution"

/* --- label selectors --- */

static bool operator_of(const char *text, enum selector_operator *operator)
{
	static const char *const names[] = {"In", "NotIn", "Exists", "DoesNotExist"};

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		if (g_strcmp0(names[i], text) == 0) {
			*operator=(enum selector_operator) i;
			return true;
		}
	}
	return false;
}

static void check_values(struct decoder *decoder, const struct place *at,
                         enum selector_operator operator)
{
	const struct place values = place_field(at, "values");
	const bool wants = operator== SELECTOR_IN || operator== SELECTOR_NOT_IN;

	if (wants && values.doc == NULL) {
		fault(decoder, &values, "is missing; expected a list of values with In and NotIn");
	} else if (!wants && values.doc != NULL) {
		fault(decoder, &values,
		      "is not allowed; expected none with Exists and DoesNotExist");
	}
}

struct selector_requirement *decode_requirement(struct decoder *decoder, const struct place *at,
                                                bool of_nodes)
{
	static const char *const of_labels[] = {"In", "NotIn", "Exists", "DoesNotExist", NULL};
	static const char *const of_node[] = {"In", "NotIn", "Exists", "DoesNotExist",
	                                      "Gt", "Lt",    NULL};
	const struct place key = place_field(at, "key");
	const struct place operator_place = place_field(at, "operator");
	const char *name = doc_string(key.doc);
	enum selector_operator operator;

	if (fault_unless_given(decoder, &key, "the key of a label") && name != NULL) {
		check_qualified(decoder, &key, name);
	}
	fault_unless_given(decoder, &operator_place, "In, NotIn, Exists or DoesNotExist");
	fault_unless_one_of(decoder, &operator_place, of_nodes ? of_node : of_labels);
	if (!operator_of(doc_string(operator_place.doc), &operator) || name == NULL) {
		return NULL;
	}
	check_values(decoder, at, operator);
	g_auto(GStrv) values = field_string_list(at, "values");

	return selector_requirement_new(name, operator,(const char *const *) values);
}

struct label_selector *decode_selector(struct decoder *decoder, const struct place *at)
{
	if (doc_kind_of(at->doc) != DOC_MAP) {
		return NULL;
	}
	struct label_selector *selector = label_selector_new();
	const struct place labels = place_field(at, "matchLabels");
	const struct place expressions = place_field(at, "matchExpressions");

	check_labels(decoder, &labels);
	selector->match_labels = field_string_map(at, "matchLabels");
	for (size_t i = 0;
	     doc_kind_of(expressions.doc) == DOC_LIST && i < doc_length(expressions.doc); i++) {
		const struct place item = place_item(&expressions, i);
		struct selector_requirement *requirement =
		    decode_requirement(decoder, &item, false);

		if (requirement != NULL) {
			label_selector_add(selector, requirement);
		}
	}
	return selector;
}

/* --- nodes --- */

static GPtrArray *decode_node_terms(struct decoder *decoder, const struct place *at)
{
	const struct place terms = place_field(at, "nodeSelectorTerms");
	GPtrArray *list = g_ptr_array_new_with_free_func(node_selector_term_free);

	if (terms.doc == NULL) {
		fault(decoder, &terms, "is missing; expected at least one term");
	}
	for (size_t i = 0; doc_kind_of(terms.doc) == DOC_LIST && i < doc_length(terms.doc); i++) {
		const struct place item = place_item(&terms, i);
		const struct place expressions = place_field(&item, "matchExpressions");
		struct node_selector_term *term = g_new0(struct node_selector_term, 1);

		term->expressions = g_ptr_array_new_with_free_func(selector_requirement_free);
		for (size_t j = 0; j < doc_length(expressions.doc); j++) {
			const struct place expression = place_item(&expressions, j);
			struct selector_requirement *requirement =
			    decode_requirement(decoder, &expression, true);

			if (requirement != NULL) {
				g_ptr_array_add(term->expressions, requirement);
			}
		}
		g_ptr_array_add(list, term);
	}
	return list;
}

/* --- pods --- */

static void add_affinity_term(struct decoder *decoder, const struct place *at, int weight,
                              GPtrArray *list)
{
	const struct place selector = place_field(at, "labelSelector");
	const struct place topology = place_field(at, "topologyKey");
	struct affinity_term *term = g_new0(struct affinity_term, 1);

	fault_unless_given(decoder, &topology, "a label of nodes such as kubernetes.io/hostname");
	term->selector = decode_selector(decoder, &selector);
	term->topology_key = g_strdup(doc_string(topology.doc));
	term->weight = weight;
	g_ptr_array_add(list, term);
}

static GPtrArray *decode_pod_affinity(struct decoder *decoder, const struct place *at)
{
	if (doc_kind_of(at->doc) != DOC_MAP) {
		return NULL;
	}
	const struct place required = place_field(at, REQUIRED);
	const struct place preferred = place_field(at, PREFERRED);
	GPtrArray *list = g_ptr_array_new_with_free_func(affinity_term_free);

	for (size_t i = 0; doc_kind_of(required.doc) == DOC_LIST && i < doc_length(required.doc);
	     i++) {
		const struct place item = place_item(&required, i);

		add_affinity_term(decoder, &item, 0, list);
	}
	for (size_t i = 0; doc_kind_of(preferred.doc) == DOC_LIST && i < doc_length(preferred.doc);
	     i++) {
		const struct place item = place_item(&preferred, i);
		const struct place weight_place = place_field(&item, "weight");
		const struct place term = place_field(&item, "podAffinityTerm");
		const int weight = (int)field_int_within(decoder, &item, "weight", 1, 1, 100);

		fault_unless_given(decoder, &weight_place, "1 to 100");
		if (fault_unless_given(decoder, &term, "a podAffinityTerm")) {
			add_affinity_term(decoder, &term, weight, list);
		}
	}
	return list;
}

static void decode_affinity(struct decoder *decoder, const struct place *at, struct pod_spec *spec)
{
	const struct place node = place_field(at, "nodeAffinity");
	const struct place required = place_field(&node, REQUIRED);
	const struct place pods = place_field(at, "podAffinity");
	const struct place anti = place_field(at, "podAntiAffinity");

	if (doc_kind_of(required.doc) == DOC_MAP) {
		spec->required_node_terms = decode_node_terms(decoder, &required);
	}
	spec->pod_affinity = decode_pod_affinity(decoder, &pods);
	spec->pod_anti_affinity = decode_pod_affinity(decoder, &anti);
}

static void decode_spread(struct decoder *decoder, const struct place *at, struct pod_spec *spec)
{
	static const char *const ways[] = {"DoNotSchedule", "ScheduleAnyway", NULL};

	if (doc_kind_of(at->doc) != DOC_LIST) {
		return;
	}
	spec->spread_constraints = g_ptr_array_new_with_free_func(spread_constraint_free);
	for (size_t i = 0; i < doc_length(at->doc); i++) {
		const struct place item = place_item(at, i);
		const struct place skew = place_field(&item, "maxSkew");
		const struct place topology = place_field(&item, "topologyKey");
		const struct place way = place_field(&item, "whenUnsatisfiable");
		const struct place selector = place_field(&item, "labelSelector");
		struct spread_constraint *constraint = g_new0(struct spread_constraint, 1);

		fault_unless_given(decoder, &skew, "1 or more");
		fault_unless_given(decoder, &topology,
		                   "a label of nodes such as topology.kubernetes.io/zone");
		fault_unless_given(decoder, &way, "DoNotSchedule or ScheduleAnyway");
		constraint->max_skew =
		    (int)field_int_within(decoder, &item, "maxSkew", 1, 1, INT32_MAX);
		constraint->topology_key = g_strdup(doc_string(topology.doc));
		constraint->required =
		    g_strcmp0(fault_unless_one_of(decoder, &way, ways), "DoNotSchedule") == 0;
		constraint->selector = decode_selector(decoder, &selector);
		g_ptr_array_add(spec->spread_constraints, constraint);
	}
}

static void decode_toleration(struct decoder *decoder, const struct place *at, GPtrArray *list)
{
	static const char *const operators[] = {"Exists", "Equal", NULL};
	static const char *const effects[] = {"NoSchedule", "PreferNoSchedule", "NoExecute", NULL};
	const struct place key = place_field(at, "key");
	const struct place operator_place = place_field(at, "operator");
	const struct place value = place_field(at, "value");
	const struct place effect = place_field(at, "effect");
	const char *operator= fault_unless_one_of(decoder, &operator_place, operators);
	const char *key_text = doc_string(key.doc), *value_text = doc_string(value.doc);
	struct toleration *toleration = g_new0(struct toleration, 1);

	toleration->exists = g_strcmp0(operator, "Exists") == 0;
	if (key_text != NULL && *key_text != '\0') {
		check_qualified(decoder, &key, key_text);
		toleration->key = g_strdup(key_text);
	} else if (!toleration->exists) {
		fault(decoder, at, "has no key; expected operator: Exists with it");
	}
	if (toleration->exists && value_text != NULL && *value_text != '\0') {
		fault(decoder, &value, "\"%s\" is not allowed; expected none with operator: Exists",
		      value_text);
	}
	toleration->value = g_strdup(value_text);
	if (g_strcmp0(doc_string(effect.doc), "") != 0) {
		toleration->effect = fault_unless_one_of(decoder, &effect, effects);
	}
	g_ptr_array_add(list, toleration);
}

void decode_placement(struct decoder *decoder, const struct place *at, struct pod_spec *spec)
{
	const struct place node_selector = place_field(at, "nodeSelector");
	const struct place affinity = place_field(at, "affinity");
	const struct place spread = place_field(at, "topologySpreadConstraints");
	const struct place tolerations = place_field(at, "tolerations");

	check_labels(decoder, &node_selector);
	spec->node_selector = field_string_map(at, "nodeSelector");
	decode_affinity(decoder, &affinity, spec);
	decode_spread(decoder, &spread, spec);
	if (doc_kind_of(tolerations.doc) == DOC_LIST) {
		spec->tolerations = g_ptr_array_new_with_free_func(toleration_free);
		for (size_t i = 0; i < doc_length(tolerations.doc); i++) {
			const struct place item = place_item(&tolerations, i);

			decode_toleration(decoder, &item, spec->tolerations);
		}
	}
}
