/* pod_status.h - a pod's phase, its conditions, and what makes a container Started and Ready.
 *
 * Pure functions over container statuses. The kubelet fills the statuses from what the runtime
 * shows and then asks here.
 * Source: pkg/kubelet/kubelet_pods.go getPhase, pkg/kubelet/status/generate.go,
 * pkg/kubelet/prober/prober_manager.go UpdatePodStatus. */

#pragma once

#include "rules/probe.h"

/* The phase of a pod with these statuses (in the order of the spec). @terminal: the kubelet has
 * ended the pod for good. A pod that is Succeeded or Failed stays so; that is the caller's matter.
 */
enum pod_phase pod_status_phase(const struct pod_spec *spec,
                                const struct container_status *containers,
                                const struct container_status *init_containers, bool terminal);

/* Whether @status counts as Started, given the result that is stored for it. */
bool pod_status_started(const struct container_status *status, enum probe_result startup,
                        bool has_startup_worker);

/* Whether a container counts as ready, @status.started being up to date. *@trigger: its readiness
 * worker is to check at once. */
bool pod_status_ready(const struct container_status *status, enum probe_result readiness,
                      bool has_readiness_worker, bool *trigger);

/* Sets Initialized, Ready, ContainersReady, PodReadyToStartContainers and PodScheduled in
 * @conditions. @given: all conditions of the pod, for readiness gates; may be the same list.
 * @now is what lastTransitionTime becomes when a status changes. True if anything changed. */
bool pod_status_conditions(struct conditions *conditions, const struct pod_spec *spec,
                           enum pod_phase phase, const struct container_status *containers,
                           const struct container_status *init_containers, bool has_sandbox,
                           const struct conditions *given, sim_time now);

/* Ready and ContainersReady alone, as after a readiness result. */
bool pod_status_ready_conditions(struct conditions *conditions, const struct pod_spec *spec,
                                 enum pod_phase phase, const struct container_status *containers,
                                 const struct container_status *init_containers,
                                 const struct conditions *given, sim_time now);

/* Whether Ready is other than the readiness gates in @given ask for. */
bool pod_status_gates_differ(const struct conditions *conditions, const struct pod_spec *spec,
                             enum pod_phase phase, const struct container_status *containers,
                             const struct container_status *init_containers,
                             const struct conditions *given);

/* Whether a container that does not run is started (again): by the pod's policy, always for a
 * sidecar, until it exits with 0 for other init containers. @exited: it has ended, with
 * @exit_code; else it never ran. */
bool pod_status_restarts(enum restart_policy policy, bool init, bool sidecar, bool exited,
                         int exit_code);
