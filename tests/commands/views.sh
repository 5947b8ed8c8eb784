#!/bin/sh
# get, describe, top, logs, events, curl and rollout as a user meets them: exit codes, kubectl's messages, the same from
# a scenario and from a saved run. Prints TAP.
# Usage: views.sh PODSIM SCENARIOS
podsim=$1
story=$2/idle-replica-story.yaml
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
n=0

ok() { # STATUS NAME
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $n - $2"
	else
		echo "not ok $n - $2"
		sed 's/^/# /' "$work/stdout" "$work/stderr"
	fi
}

expect_code() { # CODE NAME ARGUMENT...
	want=$1
	name=$2
	shift 2
	"$podsim" "$@" >"$work/stdout" 2>"$work/stderr"
	got=$?
	[ "$got" -eq "$want" ] || echo "# exit code $got, expected $want: $*"
	[ "$got" -eq "$want" ]
	ok $? "$name"
}

says() { # stdout|stderr PATTERN NAME
	grep -q -e "$2" "$work/$1"
	ok $? "$3"
}

expect_code 0 'pods are listed' get pods "$story" --at 9m
says stdout '0/1 *Running *4 (18s ago) *9m$' 'a pod that was killed by its startup probe shows its restarts and their age'
expect_code 0 'several kinds are listed' get deployments,hpa "$story" --at 9m
says stdout '^deployment.apps/inference ' 'names of several kinds have a prefix'
expect_code 0 'a category with another kind' get all,endpoints "$story" --at 9m
says stdout '^endpoints/inference ' 'lists both'
expect_code 1 'a name that nothing has is not found' get pods nobody "$story"
says stderr '^Error from server (NotFound): pods "nobody" not found$' 'in the words of kubectl'
expect_code 1 'a Deployment that is not there is not found' describe deployment/nobody "$story"
says stderr '^Error from server (NotFound): deployments.apps "nobody" not found$' 'with the group in its name'
expect_code 2 'an unknown kind is wrong usage' get podz "$story"
says stderr "did you mean 'pods'" 'the nearest kind is named'
expect_code 2 'an instant outside of the run is wrong usage' get pods "$story" --at 99h
expect_code 2 'an instant that is none is wrong usage' get pods "$story" --at noon
expect_code 2 'an unknown output is wrong usage' get pods "$story" -o xml
expect_code 2 'a bad selector is wrong usage' get pods -l 'a in' "$story"
expect_code 2 'watching two kinds is wrong usage' get pods,hpa -w "$story"
expect_code 2 'a missing file is bad input' get pods "$work/none.yaml"
expect_code 0 'nothing found is no error' get pods -l app=nobody "$story"
says stderr '^No resources found in default namespace.$' 'but is said'
expect_code 0 'another namespace has no pods' get pods -n other "$story"
says stderr '^No resources found in other namespace.$' 'and its name is said'
expect_code 0 'all namespaces have a column' get pods -A "$story"
says stdout '^NAMESPACE ' 'for their name'
expect_code 0 'a single object is an object' get deployment inference "$story" -o json
says stdout '^    "kind": "Deployment",$' 'of its kind'
expect_code 0 'several objects are a List' get pods "$story" -o yaml
says stdout '^kind: List$' 'of items'
expect_code 0 'the beginning of a name will do' get pods inference- "$story" -o name
says stdout '^pod/inference-' 'for all that begin so'
expect_code 0 'changes are watched' get deployment inference -w "$story" --at 1140s
says stdout '4/4' 'to the end of the run'
expect_code 0 'an old instant lies before zero' get pods "$story" --at -1h
says stdout '1/1 *Running' 'with the pod of that time'

expect_code 0 'a pod of a Deployment has a log' logs deployment/inference "$story" --at 9m --tail 2
says stderr '^Found 3 pods, using pod/inference-' 'and kubectl says which'
says stdout '^INFO:     10.1.0.1:[0-9]* - "GET /healthz HTTP/1.1" 200 OK$' 'of probes from the bridge'
[ "$(wc -l <"$work/stdout")" -eq 2 ]
ok $? 'the tail has as many lines as asked for'

idle=$("$podsim" get pods "$story" --at 9m --sort-by=.metadata.creationTimestamp -o name | sed -n 2p)
expect_code 0 'the startup probes are in the log' logs "$idle" "$story" --at 640s
says stdout '"GET /health HTTP/1.1" 404 Not Found$' 'as 404'
! grep -q -e readyz -e healthz "$work/stdout"
ok $? 'and no other probe, for it was never sent'
expect_code 0 'the log of the container before' logs "$idle" "$story" --at 640s -p
[ "$(wc -l <"$work/stdout")" -eq 12 ]
ok $? 'ends with the twelfth failure'
expect_code 1 'a pod without a container before has no such log' logs inference "$story" --at -1h -p
says stderr 'previous terminated container "inference" in pod' 'says kubectl'

expect_code 0 'curl gets an answer' curl "$idle" /health "$story" --at 9m30s
says stdout '^HTTP/1.1 404 Not Found$' 'of a path that is not served'
says stderr 'serves /healthz' 'and why'
expect_code 0 'curl with a URL' curl "$idle" http://localhost:8000/healthz "$story" --at 9m30s
says stdout '^HTTP/1.1 200 OK$' 'gets the route'
expect_code 0 'a dependency that is not ready' curl "$idle" /ready "$story" --at 9m
says stdout '^HTTP/1.1 503' 'makes 503'
expect_code 1 'a container that does not listen yet' curl "$idle" /healthz "$story" --at 523s
says stderr 'Connection refused' 'refuses'
expect_code 1 'another port' curl "$idle" http://localhost:9/ "$story" --at 9m30s

expect_code 1 'a rollout that does not end in time' rollout status deployment/inference "$story" --at 5s --timeout 5m
says stderr '^error: timed out waiting for the condition$' 'times out'
expect_code 0 'a rollout that ends' rollout status deployment/inference "$story" --at 1141s
says stdout '^deployment "inference" successfully rolled out$' 'is said to'
expect_code 0 'a rollout has a history' rollout history deployment/inference "$story"
[ "$(grep -c '<none>' "$work/stdout")" -eq 4 ]
ok $? 'of four revisions'
expect_code 1 'a revision that is not there' rollout history deployment/inference --revision 9 "$story"
expect_code 2 'an unknown word is wrong usage' rollout undo deployment/inference "$story"

expect_code 0 'events of one object' events "$story" --at 9m --for hpa/inference
[ "$(grep -vc -e HorizontalPodAutoscaler/inference -e '^LAST SEEN' "$work/stdout")" -eq 0 ]
ok $? 'are only its own'
expect_code 0 'an hour later' events "$story" --at -10m
says stderr '^No events found in default namespace.$' 'events are gone'

"$podsim" run "$story" --out "$work/run" --no-plots >/dev/null 2>&1
for arguments in 'get pods,rs,hpa,endpoints --at 9m -o wide' 'describe pod inference --at 700s' 'top pods --at 700s' \
	'logs deployment/inference --at 9m' 'events --at 9m' 'rollout status deployment/inference --at 14m' \
	'get deployment inference -o yaml --at 14m' 'get pods -w --at 14m'; do
	# shellcheck disable=SC2086 # they are words
	"$podsim" $arguments "$story" >"$work/one" 2>&1
	# shellcheck disable=SC2086
	"$podsim" $arguments "$work/run/run.db" >"$work/two" 2>&1
	diff "$work/one" "$work/two" >"$work/stdout"
	ok $? "the same from a saved run: $arguments"
done
expect_code 2 'a saved run does not know the routes' curl "$idle" /health "$work/run/run.db" --at 9m30s
says stderr 'name the scenario' 'and says what does'
expect_code 2 'a saved run cannot be set' get pods "$work/run/run.db" --seed 3
echo "1..$n"
