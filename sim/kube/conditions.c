#include "kube/object.h"

#include <string.h>

const char *condition_status_name(enum condition_status status)
{
	switch (status) {
	case CONDITION_TRUE:
		return "True";
	case CONDITION_FALSE:
		return "False";
	case CONDITION_UNKNOWN:
		return "Unknown";
	}
	g_assert_not_reached();
}

struct condition *conditions_find(const struct conditions *list, const char *type)
{
	for (size_t i = 0; i < list->n; i++) {
		const char *own = list->items[i].type;

		/* most differ in the first letter; the call is what costs */
		if (own[0] == type[0] && strcmp(own, type) == 0) {
			return &list->items[i];
		}
	}
	return NULL;
}

static bool same_text(const char *a, const char *b)
{
	return strcmp(a == NULL ? "" : a, b == NULL ? "" : b) == 0;
}

bool conditions_set(struct conditions *list, const char *type, enum condition_status status,
                    const char *reason, const char *message, sim_time now)
{
	struct condition *condition = conditions_find(list, type);

	if (condition != NULL && condition->status == status &&
	    same_text(condition->reason, reason) && same_text(condition->message, message)) {
		return false;
	}
	if (condition == NULL) {
		list->items = g_renew(struct condition, list->items, list->n + 1);
		condition = &list->items[list->n++];
		*condition =
		    (struct condition){.type = g_intern_string(type), .last_transition_time = now};
	} else if (condition->status != status) {
		condition->last_transition_time = now;
	}
	condition->status = status;
	condition->reason = g_intern_string(reason);
	ref_string_set(&condition->message, message);
	condition->last_update_time = now;
	return true;
}

static void clear_condition(struct condition *condition)
{
	g_clear_pointer(&condition->message, g_ref_string_release);
}

void conditions_remove(struct conditions *list, const char *type)
{
	struct condition *condition = conditions_find(list, type);

	if (condition == NULL) {
		return;
	}
	clear_condition(condition);
	list->n--;
	memmove(condition, condition + 1,
	        (size_t)(list->items + list->n - condition) * sizeof(*condition));
}

void conditions_copy(struct conditions *to, const struct conditions *from)
{
	to->n = from->n;
	to->items = g_memdup2(from->items, from->n * sizeof(*from->items));
	for (size_t i = 0; i < to->n; i++) {
		if (to->items[i].message != NULL) {
			g_ref_string_acquire(to->items[i].message);
		}
	}
}

void conditions_clear(struct conditions *list)
{
	for (size_t i = 0; i < list->n; i++) {
		clear_condition(&list->items[i]);
	}
	g_free(list->items);
	*list = (struct conditions){0};
}

bool conditions_are_true(const struct conditions *list, const char *type)
{
	const struct condition *condition = conditions_find(list, type);

	return condition != NULL && condition->status == CONDITION_TRUE;
}
