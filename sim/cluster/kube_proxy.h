/* kube_proxy.h - programs one node's proxy table from Services and EndpointSlices.
 *
 * A change that matters asks for a sync; when it starts is decided by rules/proxy_sync.h. A sync
 * takes the state it finds at its start, and its rules are in force at its end: an endpoint that
 * came and went in between is never seen. Targets stand in the order of iptables' rules. The
 * policies of this node's own pods apply (internalTrafficPolicy), since clients use cluster IPs.
 *
 * A headless Service has no rules: the table holds the addresses that DNS would answer, at the
 * Service's own port number, as soon as the change is seen.
 * Source: Kubernetes 1.34, pkg/proxy/iptables/proxier.go, pkg/proxy/endpointslicecache.go,
 * pkg/proxy/apis/config/v1alpha1/defaults.go. */

#pragma once

#include "cluster/environment.h"
#include "cluster/proxy_view.h"
#include "node/network.h"
#include "node/proxy_table.h"

struct kube_proxy;

struct kube_proxy_settings {
	const char *node;         /* its name */
	bool ipvs;                /* round robin instead of chance */
	sim_time min_sync_period; /* 1 s; ipvs: 0 s */
	sim_time sync_period;     /* 30 s; of effect with ipvs only */
	struct proxy_view *view;  /* shared by the cluster's proxies, outlives them; NULL: its own */
};

/* @network resolves addresses, @table is written; both are borrowed, as is the environment. Names
 * of pods in the table live as long as the view. */
struct kube_proxy *kube_proxy_new(const struct cluster_environment *environment,
                                  const struct kube_proxy_settings *settings,
                                  const struct network *network, struct proxy_table *table);
/* NULL is fine. The simulation must not run on with the store's watches after this. */
void kube_proxy_free(struct kube_proxy *proxy);
