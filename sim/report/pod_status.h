/* pod_status.h - what kubectl prints in the READY and STATUS columns of a pod.
 *
 * Source: Kubernetes, pkg/printers/internalversion/printers.go, printPod. */

#pragma once

#include "kube/pod.h"

/* "Running", "CrashLoopBackOff", "Init:0/1", "Terminating", ...; caller frees. */
char *pod_status_text(const struct pod *pod);
/* "0/1": ready containers of all; caller frees. */
char *pod_ready_text(const struct pod *pod);
