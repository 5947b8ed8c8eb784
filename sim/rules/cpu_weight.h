/* cpu_weight.h - what a CPU request is worth when the CPU of a node is short: weights of cgroups.
 *
 * The kubelet turns a request into cpu.shares (cgroup v1), from which cpu.weight (cgroup v2) is computed in whole numbers. Each
 * cgroup competes with its siblings alone, so the tree matters:
 *
 *     kubepods                the node's allocatable CPU
 *     +- pod of class Guaranteed        request of the pod
 *     +- burstable                      requests of all Burstable pods of the node together
 *     |  +- pod of class Burstable      request of the pod
 *     +- besteffort                     2 shares
 *        +- pod of class BestEffort     2 shares
 *
 * and below each pod its containers, each with its own request (with its limit when it has no request).
 *
 * Sources: Kubernetes pkg/kubelet/cm/helpers_linux.go (MilliCPUToShares, ResourceConfigForPod), qos_container_manager_linux.go
 * (setCPUCgroupConfig), cgroup_manager_linux.go (getCPUWeight), pkg/kubelet/kuberuntime/kuberuntime_container_linux.go
 * (calculateLinuxResources); runc, ConvertCPUSharesToCgroupV2Value. Runtimes of late 2025 on convert the shares of containers,
 * not those of pods, by another curve, which is not followed here: it would matter among the containers of one pod only. */

#pragma once

#include <stdbool.h>
#include <stdint.h>

/* cpu.shares of a request of @milli milli-cores. */
int64_t cpu_shares(int64_t milli);
/* What a cgroup with a request of @milli weighs among its siblings: cpu.weight, or with @cgroup_v1 cpu.shares. */
int64_t cpu_weight(int64_t milli, bool cgroup_v1);
