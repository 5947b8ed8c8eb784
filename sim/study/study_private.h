/* study_private.h - the parts of a study file, each read by a function of its own. Inside this
 * folder only. */

#pragma once

#include "scenario/fields.h"
#include "study/study.h"

/* study_vary.c: `vary` and `sample`: paths and settings. */
void study_read_vary(struct reader *reader, const struct doc *spec, struct study *study);
/* study_baseline.c: `baseline`, after `vary`; may add a setting to a list or sample. */
void study_read_baseline(struct reader *reader, const struct doc *spec, struct study *study);
/* study_measures.c: `measure`, `seeds` and `goal`. */
void study_read_measures(struct reader *reader, const struct doc *spec, struct study *study);

/* Adds a setting; takes @values (one a path, each owned or NULL). */
void study_add_setting(struct study *study, struct doc **values);
/* The setting of that identity, or STUDY_NO_SETTING. */
size_t study_find_setting(const struct study *study, const char *key);
/* The identity of @values; caller frees. */
char *study_setting_key(const struct study *study, struct doc *const *values);
