#include "kube/pod.h"
