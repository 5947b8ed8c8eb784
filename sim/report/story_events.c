/* story_events.c - moments of people, controllers and load. */

#include "report/story_private.h"

#include <math.h>
#include <string.h>

/* --- people --- */

static void add_beginning(struct story *story)
{
	const struct run *run = story->run;
	g_autoptr(GString) text = g_string_new(NULL);

	for (unsigned i = 0; i < run->versions->len; i++) {
		const struct run_version *version = run->versions->pdata[i];
		const enum object_kind kind = version->object->kind;

		if (version->at != run->from || version->change != CHANGE_ADDED ||
		    (kind != KIND_DEPLOYMENT && kind != KIND_SERVICE && kind != KIND_HPA)) {
			continue;
		}
		g_string_append_printf(text, "%s%s %s", text->len ? ", " : "",
		                       object_kind_name(kind), version->object->meta.name);
	}
	if (text->len) {
		g_autofree char *line = g_strdup_printf("the run begins with %s", text->str);

		story_add(story, run->from, STORY_BEGIN, NULL, line, NULL, NULL);
	}
}

void story_add_actions(struct story *story)
{
	add_beginning(story);
	for (unsigned i = 0; i < story->run->notes->len; i++) {
		const struct run_note *note = story->run->notes->pdata[i];

		if (note->kind == NOTE_ACTION) {
			g_autofree char *text = g_strdup_printf("> %s", note->text);

			story_add(story, note->at, STORY_ACTION, NULL, text, NULL, NULL);
		}
	}
}

/* --- HPAs --- */

/* Of one metric all the arithmetic; of several what follows the line of each: the HPA's table has
 * the rest. */
static const char *conclusion_of(const struct run_decision *decision)
{
	const char *text = decision->text;

	for (unsigned i = 0; decision->n_metrics > 1 && i < decision->n_metrics; i++) {
		const char *end = strchr(text, '\n');

		if (!end) {
			return decision->text;
		}
		text = end + 1;
	}
	return text;
}

/* One metric's arithmetic says more than its name; that of several is left to the HPA's table. */
static void add_rescale(struct story *story, const struct run_hpa *hpa,
                        const struct run_decision *decision)
{
	const bool arithmetic = decision->n_metrics == 1 || !*decision->reason;
	g_autofree char *text = g_strdup_printf("HPA %s scales %s from %d to %d: %s", hpa->name,
	                                        hpa->target, decision->current, decision->desired,
	                                        arithmetic ? decision->text : decision->reason);

	story_add(story, decision->at, STORY_SCALE, NULL, text, NULL, NULL);
}

static void add_hpa(struct story *story, const struct run_hpa *hpa)
{
	const struct run_decision *told = NULL;

	for (unsigned i = 0; i < hpa->decisions->len; i++) {
		const struct run_decision *decision =
		    &g_array_index(hpa->decisions, struct run_decision, i);
		const bool valid = decision->n_metrics && decision->metrics[0].valid;

		if (decision->rescaled) {
			add_rescale(story, hpa, decision);
			told = NULL;
			continue;
		}
		/* of holding only what is worth a word: more is wanted, and not given */
		const bool pressed = valid && decision->metrics[0].ready_ratio > 1.1;

		if (pressed && (!told || told->current != decision->current)) {
			g_autofree char *text =
			    g_strdup_printf("HPA %s holds at %d: %s", hpa->name, decision->current,
			                    conclusion_of(decision));

			story_add(story, decision->at, STORY_SCALE, NULL, text, NULL, NULL);
			told = decision;
		}
	}
}

/* --- Deployments and Services --- */

static void add_replica_set(struct story *story, const struct run_version *version)
{
	const struct object_meta *meta = &version->object->meta;
	const char *revision =
	    string_map_get(meta->annotations, "deployment.kubernetes.io/revision");
	g_autofree char *text = NULL;

	if (meta->owner.kind != KIND_DEPLOYMENT) {
		return;
	}
	text = g_strdup_printf("Deployment %s rolls out %s%s%s%s", (const char *)meta->owner.name,
	                       (const char *)meta->name, revision ? " (revision " : "",
	                       revision ? revision : "", revision ? ")" : "");
	story_add(story, version->at, STORY_ROLLOUT, NULL, text, NULL, NULL);
}

static bool is_complete(const struct deployment *seen)
{
	return seen->replicas > 0 &&
	       seen->status.observed_generation == seen->object.meta.generation &&
	       seen->status.updated_replicas == seen->replicas &&
	       seen->status.replicas == seen->replicas &&
	       seen->status.available_replicas == seen->replicas;
}

/* Rollouts and scalings of one Deployment that end or miss their deadline. */
static void add_progress(struct story *story, const struct run_deployment *deployment)
{
	const struct run *run = story->run;
	bool complete = true, exceeded = false;

	for (unsigned i = 0; i < run->versions->len; i++) {
		const struct run_version *version = run->versions->pdata[i];
		const struct deployment *seen = DEPLOYMENT(version->object);
		g_autofree char *text = NULL;

		if (version->object->kind != KIND_DEPLOYMENT || version->change == CHANGE_DELETED ||
		    g_strcmp0(version->object->meta.name, deployment->name) != 0 ||
		    g_strcmp0(version->object->meta.namespace, deployment->namespace) != 0) {
			continue;
		}
		const struct condition *progressing =
		    conditions_find(&seen->status.conditions, "Progressing");
		const bool late =
		    progressing && g_strcmp0(progressing->reason, "ProgressDeadlineExceeded") == 0;

		if (is_complete(seen) && !complete) {
			text = g_strdup_printf(
			    "Deployment %s is complete: %d of %d replicas updated and "
			    "available",
			    deployment->name, seen->status.updated_replicas, seen->replicas);
		} else if (late && !exceeded) {
			text = g_strdup_printf("Deployment %s exceeds its progress deadline of %ds",
			                       deployment->name, seen->progress_deadline_seconds);
		}
		if (text) {
			story_add(story, version->at, STORY_ROLLOUT, NULL, text, NULL, NULL);
		}
		complete = is_complete(seen);
		exceeded = late;
	}
}

static void add_endpoints(struct story *story, const struct run_service *service)
{
	g_autofree char *before = g_strdup_printf("endpoints of Service %s: ", service->name);
	g_autofree char *key =
	    g_strdup_printf("endpoints/%s/%s", service->namespace, service->name);

	for (unsigned i = 1; i < service->endpoints->len; i++) {
		const struct step *step = &g_array_index(service->endpoints, struct step, i);
		struct moment *moment =
		    story_add(story, step->at, STORY_ENDPOINTS, key, before, NULL, NULL);

		moment->is_step = true;
		moment->from = step[-1].value;
		moment->to = step->value;
	}
}

void story_add_workloads(struct story *story)
{
	const struct run *run = story->run;

	for (unsigned i = 0; i < run->hpas->len; i++) {
		add_hpa(story, run->hpas->pdata[i]);
	}
	for (unsigned i = 0; i < run->versions->len; i++) {
		const struct run_version *version = run->versions->pdata[i];

		if (version->object->kind == KIND_REPLICA_SET && version->change == CHANGE_ADDED) {
			add_replica_set(story, version);
		}
	}
	for (unsigned i = 0; i < run->deployments->len; i++) {
		add_progress(story, run->deployments->pdata[i]);
	}
	for (unsigned i = 0; i < run->services->len; i++) {
		add_endpoints(story, run->services->pdata[i]);
	}
}

/* --- load --- */

void story_add_load(struct story *story)
{
	for (unsigned i = 0; i < story->run->loads->len; i++) {
		const struct run_load *load = story->run->loads->pdata[i];
		const bool any = load->latency && histogram_count(load->latency);
		g_autofree char *p95 =
		    text_latency(any ? histogram_quantile(load->latency, 0.95) / 1e9 : NAN);
		g_autofree char *requests = text_count(load->requests);
		g_autofree char *failures = text_count(load->failures);
		g_autofree char *begins = NULL;
		g_autofree char *ends =
		    g_strdup_printf("load %s ends: %s requests, %s failed, %.1f/s, P95 %s",
		                    load->name, requests, failures, load->rps, p95);

		if (load->users > 0) {
			const sim_time ramp = load->all_running - load->from;
			g_autofree char *length = text_length(ramp);

			begins = g_strdup_printf(
			    "load %s begins on Service %s: %d user%s%s%s%s", load->name,
			    load->service, load->users, text_plural((uint64_t)load->users),
			    ramp > 0 ? " within " : "", ramp > 0 ? length : "",
			    !load->keep_alive  ? ""
			    : load->users == 1 ? ", keeping its connection open"
					       : ", each keeping its connection "
						 "open");
		} else {
			begins = g_strdup_printf("load %s begins on Service %s", load->name,
			                         load->service);
		}
		story_add(story, load->from, STORY_LOAD, NULL, begins, NULL, NULL);
		story_add(story, load->to, STORY_LOAD, NULL, ends, NULL, NULL);
	}
}
