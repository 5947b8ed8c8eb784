#include "kube/object.h"

#include <string.h>

/* Names as kubectl understands them. */
static const struct {
	const char *name, *word, *plural, *others[2];
} kinds[KIND_COUNT] = {
    [KIND_POD] = {"Pod", "pod", "pods", {"po"}},
    [KIND_NODE] = {"Node", "node", "nodes", {"no"}},
    [KIND_DEPLOYMENT] = {"Deployment", "deployment", "deployments", {"deploy"}},
    [KIND_REPLICA_SET] = {"ReplicaSet", "replicaset", "replicasets", {"rs"}},
    [KIND_SERVICE] = {"Service", "service", "services", {"svc"}},
    [KIND_ENDPOINT_SLICE] = {"EndpointSlice", "endpointslice", "endpointslices"},
    [KIND_ENDPOINTS] = {"Endpoints", "endpoints", "endpoints", {"ep"}},
    [KIND_HPA] = {"HorizontalPodAutoscaler",
                  "hpa",
                  "hpas",
                  {"horizontalpodautoscaler", "horizontalpodautoscalers"}},
    [KIND_PDB] = {"PodDisruptionBudget",
                  "pdb",
                  "pdbs",
                  {"poddisruptionbudget", "poddisruptionbudgets"}},
    [KIND_EVENT] = {"Event", "event", "events", {"ev"}},
    [KIND_OTHER] = {"object", "object", "objects"},
};

const char *object_kind_name(enum object_kind kind)
{
	g_assert((unsigned)kind < KIND_COUNT);
	return kinds[kind].name;
}

const char *object_kind_word(enum object_kind kind)
{
	g_assert((unsigned)kind < KIND_COUNT);
	return kinds[kind].word;
}

bool object_kind_from_word(const char *word, enum object_kind *kind)
{
	for (int i = 0; i < KIND_OTHER; i++) {
		const char *const words[] = {kinds[i].name, kinds[i].word, kinds[i].plural,
		                             kinds[i].others[0], kinds[i].others[1]};

		for (size_t j = 0; j < G_N_ELEMENTS(words); j++) {
			if (words[j] != NULL && g_ascii_strcasecmp(words[j], word) == 0) {
				*kind = (enum object_kind)i;
				return true;
			}
		}
	}
	return false;
}
