#include "kube/workload.h"

#include "kube/object_private.h"

void deployment_copy_parts(struct object *object, const struct object *from)
{
	struct deployment *deployment = DEPLOYMENT(object);
	const struct deployment *original = DEPLOYMENT(from);

	deployment->selector = label_selector_copy(original->selector);
	pod_template_copy(&deployment->template, &original->template);
	conditions_copy(&deployment->status.conditions, &original->status.conditions);
}

void deployment_clear_parts(struct object *object)
{
	struct deployment *deployment = DEPLOYMENT(object);

	label_selector_free(deployment->selector);
	pod_template_clear(&deployment->template);
	conditions_clear(&deployment->status.conditions);
}

void replica_set_copy_parts(struct object *object, const struct object *from)
{
	struct replica_set *replica_set = REPLICA_SET(object);
	const struct replica_set *original = REPLICA_SET(from);

	replica_set->selector = label_selector_copy(original->selector);
	pod_template_copy(&replica_set->template, &original->template);
	conditions_copy(&replica_set->status.conditions, &original->status.conditions);
}

void replica_set_clear_parts(struct object *object)
{
	struct replica_set *replica_set = REPLICA_SET(object);

	label_selector_free(replica_set->selector);
	pod_template_clear(&replica_set->template);
	conditions_clear(&replica_set->status.conditions);
}

void pdb_copy_parts(struct object *object, const struct object *from)
{
	PDB(object)->selector = label_selector_copy(PDB(from)->selector);
}

void pdb_clear_parts(struct object *object)
{
	label_selector_free(PDB(object)->selector);
}
