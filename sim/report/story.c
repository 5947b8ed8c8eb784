/* story.c - collects what happened, puts together what belongs together, and tells it. */

#include "record/run_folded.h"
#include "record/run_thin.h"
#include "report/story_private.h"

#include <string.h>

#define TOGETHER (15 * SIM_SECOND) /* alike events so close are told as one */

static void moment_free(void *data)
{
	struct moment *moment = data;

	g_free(moment->key);
	g_free(moment->before);
	g_free(moment->after);
	g_ptr_array_unref(moment->items);
	g_free(moment);
}

struct moment *story_add(struct story *story, sim_time at, enum story_rank rank, const char *key,
                         const char *before, const char *item, const char *after)
{
	struct moment *moment = g_new0(struct moment, 1);

	moment->at = moment->last = at;
	moment->rank = rank;
	moment->order = story->moments->len;
	moment->key = g_strdup(key);
	moment->before = g_strdup(before);
	moment->after = g_strdup(after ? after : "");
	moment->items = g_ptr_array_new_with_free_func(g_free);
	if (item) {
		g_ptr_array_add(moment->items, g_strdup(item));
	}
	g_ptr_array_add(story->moments, moment);
	return moment;
}

const char *story_short(const char *name)
{
	const char *dash = strrchr(name, '-');

	return dash ? dash + 1 : name;
}

static int by_time(const void *a, const void *b)
{
	const struct moment *one = *(struct moment *const *)a, *other = *(struct moment *const *)b;

	if (one->at != other->at) {
		return one->at < other->at ? -1 : 1;
	}
	if (one->rank != other->rank) {
		return one->rank < other->rank ? -1 : 1;
	}
	return one->order < other->order ? -1 : one->order > other->order;
}

/* Takes @moment into an earlier one with the same key; true when it is told there. */
static bool join(GHashTable *open, struct moment *moment)
{
	struct moment *earlier = moment->key ? g_hash_table_lookup(open, moment->key) : NULL;

	if (!earlier || moment->at - earlier->at > TOGETHER ||
	    earlier->is_step != moment->is_step) {
		return false;
	}
	if (moment->is_step) {
		earlier->to = moment->to;
		earlier->last = moment->at;
		return true;
	}
	for (unsigned i = 0; i < moment->items->len; i++) {
		g_ptr_array_add(earlier->items, g_strdup(moment->items->pdata[i]));
	}
	if (!g_str_equal(earlier->after, moment->after)) { /* true of one of them only */
		g_free(earlier->after);
		earlier->after = g_strdup("");
	}
	earlier->last = moment->at;
	return true;
}

static char *text_of(const struct moment *moment)
{
	if (moment->is_step) {
		return g_strdup_printf("%s%.0f -> %.0f%s", moment->before, moment->from, moment->to,
		                       moment->after);
	}
	const unsigned n = moment->items->len;
	g_autofree char *items = n > 8 ? g_strdup_printf("%u pods", n)
	                               : text_list((const char *const *)moment->items->pdata, n);

	return g_strdup_printf("%s%s%s", moment->before, items, moment->after);
}

static void line_free(void *data)
{
	struct story_line *line = data;

	g_free(line->text);
	g_free(line);
}

GPtrArray *story_tell(const struct run *run)
{
	struct story story = {run, g_ptr_array_new_with_free_func(moment_free)};
	g_autoptr(GHashTable) open = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(GPtrArray) told = g_ptr_array_new();
	GPtrArray *lines = g_ptr_array_new_with_free_func(line_free);

	story_add_actions(&story);
	story_add_workloads(&story);
	story_add_pods(&story);
	story_add_load(&story);
	g_ptr_array_sort(story.moments, by_time);
	for (unsigned i = 0; i < story.moments->len; i++) {
		struct moment *moment = story.moments->pdata[i];

		if (moment->rank == STORY_ACTION || moment->rank == STORY_SCALE) {
			g_hash_table_remove_all(open); /* what follows may be its doing */
		}
		if (!join(open, moment)) {
			g_ptr_array_add(told, moment);
			if (moment->key) {
				g_hash_table_insert(open, moment->key, moment);
			}
		}
	}
	for (unsigned i = 0; i < told->len; i++) {
		const struct moment *moment = told->pdata[i];

		if (moment->is_step && moment->from == moment->to) {
			continue; /* there and back within a moment */
		}
		struct story_line *line = g_new0(struct story_line, 1);

		line->at = moment->at;
		line->text = text_of(moment);
		g_ptr_array_add(lines, line);
	}
	g_ptr_array_unref(story.moments);
	return lines;
}

void story_print(const struct run *run, GString *out, bool colour)
{
	g_autoptr(GPtrArray) lines = story_tell(run);

	text_heading(out, "What happened", colour);
	for (unsigned i = 0; i < lines->len; i++) {
		const struct story_line *line = lines->pdata[i];
		g_autofree char *at = text_instant(line->at);
		g_autofree char *first = g_strdup_printf("%7s  ", at);

		text_wrap(out, first, line->text);
	}
	if (run->notes_thinned) {
		g_string_append_printf(out,
		                       "%" G_GUINT64_FORMAT " notes of rollouts, scheduling and "
		                       "endpoints are kept no longer.\n",
		                       run->notes_thinned);
	}
	const uint64_t thinned = thinned_items(run);

	if (thinned) {
		g_string_append_printf(out,
		                       "%" G_GUINT64_FORMAT " restarts, changes of probes, of "
		                       "readiness, replicas and endpoints in the middle of very "
		                       "long lists are counted in others.\n",
		                       thinned);
	}
	if (run->folded->len) {
		g_string_append_printf(out,
		                       "%" G_GUINT64_FORMAT " pods that came and went in the "
		                       "middle are not in it: see Pods.\n",
		                       run_folded_pods(run));
	}
}
