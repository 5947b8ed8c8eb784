#!/bin/sh
# What can be told without running: podsim check, init, routes and schema. Prints TAP.
# Usage: check.sh PODSIM SCENARIOS EXAMPLES BAD_INPUTS
podsim=$1
scenarios=$2
examples=$3
bad=$4
. "$(dirname "$0")/../tap.sh"

says() { # PATTERN NAME
	grep -q -e "$1" "$work/stdout" "$work/stderr"
	ok $? "$2"
}

# --- check ---
expect_code 0 'the fixed scenario is clean' "$podsim" check "$scenarios/idle-replica-fixed.yaml"
says '0 errors, 0 warnings' 'and says so'
says 'readiness .*29s .. 45s' 'the time to Ready is told'
expect_code 1 'the incident is found' "$podsim" check "$scenarios/idle-replica.yaml"
says 'manifests/inference-slo.yaml:47:19: error: .*/health, .*nearest that it serves is /healthz' \
	'its line is named, with the nearest path'
says 'next after another 130 s' 'its cost is computed'

cp -r "$scenarios" "$work/copy"
sed -i 's|path: /ready$|path: /raedy|' "$work/copy/manifests/inference-fixed.yaml"
expect_code 1 'one wrong letter is found' "$podsim" check --brief "$work/copy/idle-replica-fixed.yaml"
line=$(grep -n '/raedy' "$work/copy/manifests/inference-fixed.yaml" | cut -d: -f1)
says "inference-fixed.yaml:$line:.*nearest that it serves is /ready" 'at its line'

expect_code 0 'manifests alone are judged' "$podsim" check "$scenarios/manifests/web.yaml"
says 'Not judged: application-missing' 'and what cannot be judged is told'
"$podsim" check - <"$examples/service-selects-nothing/bad.yaml" >"$work/stdout" 2>&1
[ $? -eq 1 ]
ok $? 'standard input is read'
says 'standard input:39:13: warning: .*service-selects-nothing' 'and named'
expect_code 1 'manifests of several files are judged together' "$podsim" check --format json \
	"$scenarios/manifests/web.yaml" "$examples/hpa-target-missing/bad.yaml" "$scenarios/idle-replica-fixed.yaml"
says '"hpa-target-missing"' 'as JSON'
"$podsim" check --format json "$scenarios/idle-replica.yaml" >"$work/one"
"$podsim" check --format json "$scenarios/idle-replica.yaml" >"$work/two"
cmp -s "$work/one" "$work/two"
ok $? 'the same input gives the same bytes'
expect_code 2 'an absent file is bad input' "$podsim" check "$work/none.yaml"
expect_code 2 'an empty file is bad input' "$podsim" check /dev/null
expect_code 2 'no file is wrong usage' "$podsim" check
expect_code 2 'an unknown format is wrong usage' "$podsim" check --format xml "$scenarios/idle-replica.yaml"
expect_code 0 'the rules are listed' "$podsim" check --rules
printf 'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {replicaz: 1}\n' >"$work/misspelt.yaml"
expect_code 2 'what the API server would refuse is bad input' "$podsim" check "$work/misspelt.yaml"
says 'misspelt.yaml:4:.*replicas' 'with its place and the nearest name'
for file in "$bad"/*.yaml; do
	"$podsim" check "$file" >"$work/stdout" 2>"$work/stderr"
	code=$?
	[ "$code" -eq 2 ] && [ ! -s "$work/stdout" ] || echo "# $file: $code"
	[ "$code" -eq 2 ] && [ ! -s "$work/stdout" ]
	ok $? "bad input $(basename "$file" .yaml)"
done

# --- init ---
cat >"$work/openapi.json" <<'END'
{"openapi": "3.1.0", "servers": [{"url": "https://example.org/v1/"}],
 "paths": {"/items/{item_id}": {"get": {}}, "/orders": {"post": {}}}}
END
cat >"$work/access.log" <<'END'
INFO:     10.1.0.1:53210 - "GET /ready HTTP/1.1" 200 OK
INFO:     10.1.0.1:53211 - "GET /health HTTP/1.1" 404 Not Found
127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] "GET /users/42/cart?x=1 HTTP/1.0" 200 2326 "http://example.org/" "Mozilla"
127.0.0.1 - - [10/Oct/2000:13:55:36 -0700] "GET /old HTTP/1.0" 301 0
END
web=$scenarios/manifests/web.yaml
expect_code 0 'a scenario is begun' "$podsim" init "$web" --openapi "$work/openapi.json" \
	--access-log "$work/access.log" --route /metrics -o "$work/web.yaml"
cp "$work/web.yaml" "$work/stdout"
says 'path: "/v1/items/\*"' 'with paths of an OpenAPI description'
says 'path: /v1/orders.*POST only' 'and their methods'
says 'path: "/users/\*"' 'with paths of an access log'
says 'path: /old, status: 301' 'and their statuses'
says '# /health was asked for 1 time and always answered 404' 'without those that were not served'
says 'path: /metrics' 'with those of the list'
says 'DECIDE' 'and says what a person must decide'
expect_code 0 'it is clean' "$podsim" check "$work/web.yaml"
expect_code 2 'a file that is there stays as it is' "$podsim" init "$web" -o "$work/web.yaml"
expect_code 0 'it is printed as well' "$podsim" init "$web"
says 'routes: \[\]' 'no route is taken from the probes'
expect_code 2 'a log without requests is bad input' "$podsim" init "$web" --access-log "$web"
expect_code 2 'a path must begin with /' "$podsim" init "$web" --route healthz
expect_code 2 'an unknown container is bad input' "$podsim" init "$web" --container wep
expect_code 2 "a scenario is no manifest" "$podsim" init "$scenarios/idle-replica.yaml"
for file in "$examples"/public/*; do
	case $file in */expect | */kube-scheduler-pod.yaml | */batch.yaml) continue ;; esac
	rm -f "$work/public.yaml"
	"$podsim" init "$file" -o "$work/public.yaml" 2>"$work/stderr" &&
		"$podsim" check --brief "$work/public.yaml" >"$work/stdout" 2>>"$work/stderr"
	code=$?
	# A Service that selects no pod of the file is refused in a scenario.
	[ "$code" -le 1 ] || grep -q 'selects nothing' "$work/stderr"
	ok $? "a scenario around $(basename "$file") can be read"
done

# --- routes ---
expect_code 0 'routes are listed' "$podsim" routes "$scenarios/idle-replica.yaml"
says 'startup .*404 Not Found .*inference-v2 .*GET /health on 8000' 'with the probes that miss them'
expect_code 0 'routes as JSON' "$podsim" routes --format json "$scenarios/idle-replica.yaml"
says '"status": 404' 'with the statuses'
expect_code 2 'routes of a bad scenario' "$podsim" routes "$web"

# --- schema ---
expect_code 0 'the schema is printed' "$podsim" schema
says '2020-12/schema' 'of draft 2020-12'
"$podsim" schema >"$work/schema.json"
expect_code 2 'it is JSON, and no scenario' "$podsim" check "$work/schema.json"

echo "1..$n"
