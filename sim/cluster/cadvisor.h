/* cadvisor.h - the samples that the kubelets hold of their running containers.
 *
 * Every container is sampled on a timer of its own, so at any moment the newest samples have
 * different ages. Part of metrics-server's actor; see metrics_server.h. */

#pragma once

#include "cluster/environment.h"
#include "node/usage.h"
#include "rules/metrics_storage.h"

struct cadvisor;

/* @interval: housekeeping. Without @jitter every interval is 1.5 times it. @nodes: their number. */
struct cadvisor *cadvisor_new(const struct cluster_environment *environment,
                              struct usage_registry *usage, sim_time interval, bool jitter,
                              unsigned nodes);
void cadvisor_free(struct cadvisor *cadvisor);

/* What the reader of samples keeps of a container, from the first time that it reads it: @release
 * takes it back when the container goes. To be set before the first sample. */
void cadvisor_on_loss(struct cadvisor *cadvisor, void (*release)(void *data, void *kept),
                      void *data);

/* Calls @fn with the newest sample of every running container of node number @node, in order of
 * their starts. *@kept is the reader's own; NULL at first. */
void cadvisor_each(const struct cadvisor *cadvisor, unsigned node,
                   void (*fn)(void *data, const struct usage_source *source,
                              const struct metrics_point *sample, void **kept),
                   void *data);
