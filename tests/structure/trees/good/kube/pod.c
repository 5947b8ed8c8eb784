#include "engine/time.h"
#include "kube/pod.h"
