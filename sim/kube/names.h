/* names.h - what the API server accepts as a name. Each says what is wrong and what was expected;
 * absent texts are fine. Source: staging/src/k8s.io/apimachinery/pkg/util/validation/validation.go.
 */

#pragma once

#include "kube/decoder.h"

/* Lower-case letters, digits, `-` and `.`; up to 253 characters. */
void check_subdomain(struct decoder *decoder, const struct place *at);
/* Lower-case letters, digits, `-`; up to 63 characters. */
void check_label(struct decoder *decoder, const struct place *at);
/* The same, beginning with a letter: names of Services. */
void check_letter_label(struct decoder *decoder, const struct place *at);
/* A port's name: up to 15 characters, at least one letter. */
void check_port_name(struct decoder *decoder, const struct place *at);
/* "web" or "example.com/web". */
void check_qualified(struct decoder *decoder, const struct place *at, const char *name);
bool is_qualified(const char *name);
/* What a label may be set to, also nothing. */
bool is_label_value(const char *value);
/* Keys and values of labels. @at: the map. */
void check_labels(struct decoder *decoder, const struct place *at);
/* Keys of annotations, and their size together. */
void check_annotations(struct decoder *decoder, const struct place *at);
/* 1 to 65535. */
void check_port_number(struct decoder *decoder, const struct place *at);
/* A port's number, or its name. */
void check_port_reference(struct decoder *decoder, const struct place *at);
/* One part of a path in the API: not empty, without / and %, not . or .. */
void check_path_segment(struct decoder *decoder, const struct place *at);
