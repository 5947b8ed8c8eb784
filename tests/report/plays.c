/* plays.c - the incident and its fix, as a stage plays them. */

#include "stage.h"

#define REFUSED                                                                                    \
	"Get \"http://10.1.0.2:8000/health\": dial tcp 10.1.0.2:8000: connect: connection refused"
#define NOT_FOUND "HTTP probe failed with statuscode: 404"
#define NO_MEMORY                                                                                  \
	"0/1 nodes are available: 1 Insufficient memory. preemption: 0/1 nodes are available: 1 "  \
	"No preemption "                                                                           \
	"victims found for incoming pod."
#define OLD "inference-847b5565b5-"
#define BAD "inference-54c8f946b6-"

/* What a pod of the incident's template does at @now, @age seconds after its creation. */
static void play_stuck(struct stage *stage, const char *name, int age)
{
	const int round = (age - 3) / 130, since = (age - 3) % 130; /* of the present container */

	if (age == 0) {
		stage_pod(stage, name, "inference-54c8f946b6", STAGE_BAD);
		stage_bind(stage, name);
	} else if (age == 3) {
		stage_start(stage, name, 0, 0.12);
		stage_ready(stage, name, false);
	} else if (age > 3 && since == 0) {
		stage_restart(stage, name, 0, "Completed", 0.12);
	} else if (age > 3 && round >= 0 && since >= 17 && since % 10 == 7) {
		const int run = (since - 7) / 10;

		if (run <= 12) {
			stage_probe(stage, name, PROBE_STARTUP, 404, NOT_FOUND, run);
		}
		if (run == 12) {
			stage_kill(stage, name, KILL_STARTUP);
		}
	}
}

static void play_second(struct stage *stage, int now)
{
	play_stuck(stage, BAD "sfvsn", now);
	if (now >= 180) {
		play_stuck(stage, BAD "mql9h", now - 180);
	}
	switch (now) {
	case 165:
		stage_action(stage, "apply manifests/inference-hpa.yaml");
		stage_hpa(stage, 2, 4);
		break;
	case 180:
		stage_hpa_sync(stage, 1, 2, 0, 0, 0, 0,
		               "Current number of replicas below Spec.MinReplicas");
		stage_deployment(stage, 2, 3, 2, 1);
		break;
	case 550:
		stage_action(stage, "patch hpa/inference: {\"spec\":{\"minReplicas\":4}}");
		stage_hpa(stage, 4, 4);
		break;
	case 560:
		stage_hpa_sync(stage, 2, 4, 0, 0, 0, 0,
		               "Current number of replicas below Spec.MinReplicas");
		stage_pod(stage, OLD "kp9d6", "inference-847b5565b5", STAGE_OLD);
		stage_bind(stage, OLD "kp9d6");
		stage_pod(stage, BAD "zzzzz", "inference-54c8f946b6", STAGE_BAD);
		stage_unschedulable(stage, BAD "zzzzz", NO_MEMORY);
		stage_deployment(stage, 4, 5, 3, 1);
		break;
	case 563:
		stage_start(stage, OLD "kp9d6", 0, 0.105);
		break;
	case 580:
		stage_probe(stage, OLD "kp9d6", PROBE_READINESS, 200, NULL, 1);
		stage_ready(stage, OLD "kp9d6", true);
		stage_endpoints(stage, OLD "4q895", OLD "kp9d6", NULL);
		stage_deployment(stage, 4, 5, 3, 2);
		break;
	case 600:
		stage_serve(stage, OLD "4q895", 0.87, 38.25);
		stage_serve(stage, OLD "kp9d6", 0.86, 38.25);
		break;
	case 720:
		stage_serve(stage, OLD "4q895", 0.105, 0);
		stage_serve(stage, OLD "kp9d6", 0.105, 0);
		break;
	default:
		if (now >= 620 && now <= 720 && now % 15 == 5) {
			stage_hpa_sync(stage, 4, 4, 1730 + now % 7, 500, 2, 3, "");
		}
	}
}

struct stage *stage_incident(void)
{
	struct stage *stage = stage_new();

	stage_service(stage);
	stage_deployment(stage, 1, 0, 0, 0);
	stage_replica_set(stage, "inference-847b5565b5", 1);
	stage_pod(stage, OLD "4q895", "inference-847b5565b5", STAGE_OLD);
	stage_bind(stage, OLD "4q895");
	stage_at(stage, -4377);
	stage_start(stage, OLD "4q895", 0, 0.105);
	stage_at(stage, -4363);
	stage_ready(stage, OLD "4q895", true);
	stage_endpoints(stage, OLD "4q895", NULL);
	stage_deployment(stage, 1, 1, 1, 1);
	stage_at(stage, 0);
	stage_action(stage, "apply manifests/inference-slo.yaml");
	stage_replica_set(stage, "inference-54c8f946b6", 2);
	stage_deployment(stage, 1, 2, 1, 1);
	for (int now = 0; now < 780; now++) {
		stage_at(stage, now);
		play_second(stage, now);
		if (now == 13) {
			stage_probe(stage, BAD "sfvsn", PROBE_STARTUP, 0, REFUSED, 1);
		}
	}
	stage_at(stage, 780);
	stage_load(stage, "locust", 600, 720, 100, false, 9180, 0.25);
	return stage;
}

struct stage *stage_fixed(void)
{
	static const char *const names[] = {
	    "inference-b659fd8b4-aaaaa", "inference-b659fd8b4-bbbbb", "inference-b659fd8b4-ccccc",
	    "inference-b659fd8b4-ddddd"};
	struct stage *stage = stage_new();

	stage_at(stage, 0);
	stage_service(stage);
	stage_deployment(stage, 4, 0, 0, 0);
	stage_replica_set(stage, "inference-b659fd8b4", 1);
	for (int i = 0; i < 4; i++) {
		stage_pod(stage, names[i], "inference-b659fd8b4", STAGE_FIXED);
		stage_bind(stage, names[i]);
	}
	stage_deployment(stage, 4, 4, 4, 0);
	stage_at(stage, 3);
	for (int i = 0; i < 4; i++) {
		stage_start(stage, names[i], 0, 0.105);
	}
	stage_at(stage, 36);
	for (int i = 0; i < 4; i++) {
		stage_probe(stage, names[i], PROBE_STARTUP, 200, NULL, 1);
		stage_probe(stage, names[i], PROBE_READINESS, 200, NULL, 1);
		stage_ready(stage, names[i], true);
	}
	stage_endpoints(stage, names[0], names[1], names[2], names[3], NULL);
	stage_deployment(stage, 4, 4, 4, 4);
	stage_at(stage, 600);
	for (int i = 0; i < 4; i++) {
		stage_serve(stage, names[i], 0.24 + 0.004 * i, 21);
	}
	stage_at(stage, 720);
	for (int i = 0; i < 4; i++) {
		stage_serve(stage, names[i], 0.105, 0);
	}
	stage_load(stage, "locust", 600, 720, 100, false, 10080, 0.17);
	return stage;
}
