/* runner.c - a pool of threads, one queue of results, one writer. */

#include "study/runner.h"

#include "study/evaluate.h"

#include <string.h>

struct slot {            /* a setting while it is in use */
	GPtrArray *rows; /* double *: figures by seed; NULL: not done */
	GMutex lock;
	struct scenario *scenario; /* loaded by the first thread that needs it */
	GError *fault;             /* of loading */
	int left;                  /* runs that still need it */
};

struct task {
	size_t setting, seed;
	int place; /* in the order of planning */
	double *figures;
	GError *error;
	bool skipped;
};

struct runner {
	const struct study *study;
	struct results *results;
	unsigned jobs;
	struct slot *slots;
	GPtrArray *planned; /* struct task * */
	GAsyncQueue *ended; /* struct task * */
	int failed;         /* atomic: the earliest place that failed; G_MAXINT: none */
	runner_progress_fn progress;
	void *progress_data;
};

static void keep(struct runner *runner, size_t setting, size_t seed, double *figures)
{
	GPtrArray *rows = runner->slots[setting].rows;

	if (rows->len <= seed) {
		g_ptr_array_set_size(rows, (int)seed + 1);
	}
	g_free(rows->pdata[seed]);
	rows->pdata[seed] = figures;
}

static void keep_copy(void *data, size_t setting, size_t seed, const double *figures)
{
	struct runner *runner = data;

	if (seed < runner->study->seeds) {
		keep(runner, setting, seed,
		     g_memdup2(figures, runner->study->n_measures * sizeof(double)));
	}
}

static void task_free(void *data)
{
	struct task *task = data;

	g_free(task->figures);
	g_clear_error(&task->error);
	g_free(task);
}

struct runner *runner_new(const struct study *study, struct results *results, unsigned jobs,
                          GError **error)
{
	g_autoptr(runner) runner = g_new0(struct runner, 1);

	runner->study = study;
	runner->results = results;
	runner->jobs = jobs ? jobs : g_get_num_processors();
	runner->slots = g_new0(struct slot, study->n_settings);
	runner->planned = g_ptr_array_new_with_free_func(task_free);
	runner->ended = g_async_queue_new_full(task_free);
	for (size_t i = 0; i < study->n_settings; i++) {
		runner->slots[i].rows = g_ptr_array_new_with_free_func(g_free);
		g_mutex_init(&runner->slots[i].lock);
	}
	return results_each(results, study, keep_copy, runner, error) ? g_steal_pointer(&runner)
	                                                              : NULL;
}

void runner_free(struct runner *runner)
{
	if (!runner) {
		return;
	}
	for (size_t i = 0; i < runner->study->n_settings; i++) {
		g_ptr_array_unref(runner->slots[i].rows);
		g_mutex_clear(&runner->slots[i].lock);
		scenario_free(runner->slots[i].scenario);
		g_clear_error(&runner->slots[i].fault);
	}
	g_free(runner->slots);
	g_ptr_array_unref(runner->planned);
	g_async_queue_unref(runner->ended);
	g_free(runner);
}

void runner_on_progress(struct runner *runner, runner_progress_fn fn, void *data)
{
	runner->progress = fn;
	runner->progress_data = data;
}

const double *runner_figures(const struct runner *runner, size_t setting, size_t seed)
{
	const GPtrArray *rows = runner->slots[setting].rows;

	return seed < rows->len ? rows->pdata[seed] : NULL;
}

size_t runner_done(const struct runner *runner, size_t setting)
{
	size_t n = 0;

	while (runner_figures(runner, setting, n)) {
		n++;
	}
	return n;
}

void runner_plan(struct runner *runner, size_t setting, size_t seed)
{
	struct task *task;

	if (runner_figures(runner, setting, seed)) {
		return;
	}
	task = g_new0(struct task, 1);
	*task = (struct task){.setting = setting, .seed = seed};
	g_ptr_array_add(runner->planned, task);
	runner->slots[setting].left++;
}

/* --- on the threads --- */

/* The setting's scenario: read once, shared, never changed. */
static const struct scenario *borrow_scenario(struct runner *runner, size_t setting, GError **error)
{
	struct slot *slot = &runner->slots[setting];

	g_mutex_lock(&slot->lock);
	if (!slot->scenario && !slot->fault) {
		slot->scenario = study_scenario(runner->study, setting, &slot->fault);
	}
	if (slot->fault) {
		g_propagate_error(error, g_error_copy(slot->fault));
	}
	g_mutex_unlock(&slot->lock);
	return slot->scenario;
}

static void give_back(struct runner *runner, size_t setting)
{
	struct slot *slot = &runner->slots[setting];

	g_mutex_lock(&slot->lock);
	if (--slot->left == 0) {
		scenario_free(slot->scenario);
		slot->scenario = NULL;
	}
	g_mutex_unlock(&slot->lock);
}

/* Later runs are not begun any more. Earlier ones are, so that the same fault is told whatever the
 * number of threads. */
static void note_failure(struct runner *runner, int place)
{
	for (int known = g_atomic_int_get(&runner->failed);
	     place < known && !g_atomic_int_compare_and_exchange(&runner->failed, known, place);
	     known = g_atomic_int_get(&runner->failed)) {
	}
}

static void carry_out_one(void *data, void *user_data)
{
	struct task *task = data;
	struct runner *runner = user_data;

	task->skipped = task->place > g_atomic_int_get(&runner->failed);
	if (!task->skipped) {
		const struct scenario *scenario =
		    borrow_scenario(runner, task->setting, &task->error);

		task->figures = g_new0(double, runner->study->n_measures + 1);
		if (!scenario ||
		    !evaluate(runner->study, scenario, task->seed, task->figures, &task->error)) {
			note_failure(runner, task->place);
		}
	}
	give_back(runner, task->setting);
	g_async_queue_push(runner->ended, task);
}

/* --- on the caller's thread --- */

/* Writes one result. A run that failed becomes *@first when it is the earliest; a file that cannot
 * be written goes into @fault. */
static void take_in(struct runner *runner, struct task *task, struct task **first, GError **fault)
{
	if (task->error && (!*first || task->place < (*first)->place)) {
		g_clear_pointer(first, task_free);
		*first = task;
		return;
	}
	if (!task->error && !task->skipped && !*fault &&
	    results_put(runner->results, runner->study, task->setting, task->seed, task->figures,
	                fault)) {
		keep(runner, task->setting, task->seed, g_steal_pointer(&task->figures));
	}
	task_free(task);
}

/* Waits for a result and writes all that are there by then in one transaction. Returns how many. */
static size_t take_in_some(struct runner *runner, struct task **first, GError **fault)
{
	struct task *task = g_async_queue_pop(runner->ended);
	size_t n = 0;

	const bool begun = !*fault && results_begin(runner->results, fault);

	for (; task; task = g_async_queue_try_pop(runner->ended)) {
		take_in(runner, task, first, fault);
		n++;
	}
	if (begun) {
		results_end(runner->results, !*fault, fault);
	}
	if (*fault) {
		note_failure(runner, -1); /* before all */
	}
	return n;
}

static bool tell_fault(const struct runner *runner, struct task *first, GError **error)
{
	g_autofree char *setting = study_setting_text(runner->study, first->setting);

	if (error && !*error) {
		g_propagate_prefixed_error(error, g_steal_pointer(&first->error),
		                           "%s, seed %" G_GUINT64_FORMAT ": ", setting,
		                           runner->study->first_seed + first->seed);
	}
	task_free(first);
	return false;
}

bool runner_carry_out(struct runner *runner, GError **error)
{
	const size_t total = runner->planned->len;
	GThreadPool *pool;
	GError *fault = NULL;
	struct task *first = NULL;
	g_autofree struct task **tasks = NULL;

	if (total == 0) {
		return true;
	}
	runner->failed = G_MAXINT;
	pool = g_thread_pool_new(carry_out_one, runner, (int)runner->jobs, TRUE, error);
	if (!pool) {
		return false;
	}
	tasks = (struct task **)g_ptr_array_steal(runner->planned, NULL);
	for (size_t i = 0; i < total; i++) {
		tasks[i]->place = (int)i;
		g_thread_pool_push(pool, tasks[i], NULL);
	}
	for (size_t done = 0; done < total;) {
		done += take_in_some(runner, &first, &fault);
		if (runner->progress) {
			runner->progress(runner->progress_data, done, total);
		}
	}
	g_thread_pool_free(pool, FALSE, TRUE);
	if (fault) {
		g_propagate_error(error, fault);
		g_clear_pointer(&first, task_free);
		return false;
	}
	return !first || tell_fault(runner, first, error);
}
