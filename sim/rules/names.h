/* names.h - the names that controllers give: shaped as Kubernetes shapes them, and the same in
 * every run of a seed.
 *
 * Source: pkg/controller/controller_utils.go (ComputeHash),
 * staging/src/k8s.io/apimachinery/pkg/util/rand/rand.go (SafeEncodeString),
 * staging/src/k8s.io/apiserver/pkg/storage/names (GenerateName). The value of a template's hash
 * depends on how Go prints a struct, so only the shape is the real one. */

#pragma once

#include "engine/random.h"
#include "kube/pod.h"

/* 64-bit FNV-1a of @text: an entity of random draws for something that has a name. */
uint64_t name_hash(const char *text);

/* The label pod-template-hash of @template: 32-bit FNV-1a in decimal, each digit as a letter of
 * "456789bcdf". The label itself is left out. @collision_count: 0 for none. Free with g_free(). */
char *name_template_hash(const struct pod_template *template, int32_t collision_count);

/* "@base-" cut to 58 characters and five of "bcdfghjklmnpqrstvwxz2456789", drawn from @stream
 * (RANDOM_NAME) for the @ordinal-th creation under @base; @attempt counts names that were taken.
 * Free with g_free(). */
char *name_generate(const char *base, const struct random_stream *stream, uint64_t ordinal,
                    unsigned attempt);
