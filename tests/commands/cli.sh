#!/bin/sh
# The command line as a user meets it: exit codes, whole output or none, the same bytes for the same seed. Prints TAP.
# Usage: cli.sh PODSIM SCENARIOS BAD_INPUTS
podsim=$1
scenarios=$2
bad=$3
. "$(dirname "$0")/../tap.sh"

expect_code 0 'help is no error' "$podsim" --help
expect_code 0 'the version is printed' "$podsim" --version
expect_code 2 'no command is wrong usage' "$podsim"
expect_code 2 'an unknown command is wrong usage' "$podsim" rum
grep -q "did you mean 'run'" "$work/stderr"
ok $? 'the nearest command is named'
for command in $("$podsim" --help | sed -n 's/^  \([a-z]*\)  .*/\1/p' | grep -v '^podsim$'); do
	expect_code 0 "$command --help is no error" "$podsim" "$command" --help
	grep -q '^Examples:' "$work/stdout"
	ok $? "$command --help has examples"
	grep -Eq "^\.(B|BR) .*\\b$command\\b" "$scenarios/../docs/podsim.1"
	ok $? "$command is in the manual page"
done
expect_code 2 'an unknown option is wrong usage' "$podsim" run --frobnicate x.yaml
expect_code 2 'a missing file is bad input' "$podsim" run "$work/none.yaml"
expect_code 2 'two scenarios are one too many' "$podsim" run a b
expect_code 2 'an unknown topic is wrong usage' "$podsim" run "$scenarios/idle-replica.yaml" --explain everything
expect_code 2 'a setting that names nothing is bad input' \
	"$podsim" run "$scenarios/idle-replica-fixed.yaml" --set load/lokust:users=3
grep -q 'locust' "$work/stderr"
ok $? 'the nearest load is named'

for file in "$bad"/*.yaml; do
	expect_code 2 "bad input $(basename "$file" .yaml)" "$podsim" run "$file" --out "$work/bad"
	[ ! -e "$work/bad" ] && [ ! -s "$work/stdout" ]
	ok $? "bad input $(basename "$file" .yaml) leaves nothing behind"
done

fixed=$scenarios/idle-replica-fixed.yaml
"$podsim" run "$fixed" --out "$work/one" --no-plots >"$work/one.txt"
ok $? 'a run writes its results'
"$podsim" run "$fixed" --out "$work/two" --no-plots >"$work/two.txt"
cmp -s "$work/one.txt" "$work/two.txt"
ok $? 'the same seed prints the same text'
for file in summary.json pods.csv events.jsonl run.db report.html; do
	cmp -s "$work/one/$file" "$work/two/$file"
	ok $? "the same seed writes the same $file"
done
"$podsim" run "$fixed" --seed 8 --format json >"$work/other.json"
! cmp -s "$work/one/summary.json" "$work/other.json"
ok $? 'another seed gives another run'
find "$work/one" -name '.podsim-*' | grep -q .
[ $? -ne 0 ]
ok $? 'no hidden folder is left'
expect_code 2 'a place that cannot be written is an error' "$podsim" run "$fixed" --no-plots --out /dev/null/x
if [ -c /dev/full ] && [ -w /dev/full ]; then
	"$podsim" run "$fixed" >/dev/full 2>/dev/null
	[ $? -eq 2 ]
	ok $? 'a full disk is an error'
	"$podsim" test "$fixed" --junit /dev/full >/dev/null 2>&1
	[ $? -eq 2 ] && [ -c /dev/full ]
	ok $? 'a device that a file of results is written to stays a device'
fi
"$podsim" run "$fixed" 2>"$work/stderr" | head -n 1 >/dev/null
[ ! -s "$work/stderr" ]
ok $? 'a closed pipe ends quietly'

expect_code 0 'a scenario holds with its seed and the next' "$podsim" test "$fixed" --seeds 2 --jobs 2
grep -q 'held with 2 of 2 seeds' "$work/stdout"
ok $? 'it is told with how many seeds'
expect_code 2 'a share beyond one is wrong usage' "$podsim" test "$fixed" --share 120%
"$podsim" test "$scenarios" --jobs 1 >"$work/serial"
ok $? 'every scenario of the gallery is as it expects'
"$podsim" test "$scenarios" --jobs 4 --junit "$work/results.xml" >"$work/parallel"
cmp -s "$work/serial" "$work/parallel"
ok $? 'the number of threads changes nothing'
[ "$(grep -c '<testcase' "$work/results.xml")" -eq "$(grep -c '^ok\|^not ok' "$work/parallel")" ]
ok $? 'every expectation is a test case'

# One letter in the fixed scenario's probe path brings the incident back.
cp -r "$scenarios" "$work/broken"
sed -i 's#path: /healthz#path: /heathz#' "$work/broken/manifests/inference-fixed.yaml"
expect_code 1 'a letter too few in a probe path fails the test' "$podsim" test "$work/broken/idle-replica-fixed.yaml"
grep -q 'probe-path-not-served' "$work/stdout" && grep -q 'did you mean /healthz' "$work/stdout"
ok $? 'the incident is diagnosed'
line=$(grep -n 'path: /heathz' "$work/broken/manifests/inference-fixed.yaml" | head -n 1 | cut -d: -f1)
"$podsim" check "$work/broken/idle-replica-fixed.yaml" >"$work/check"
[ $? -eq 1 ] && grep -q "inference-fixed.yaml:$line:" "$work/check"
ok $? 'check names the line'
expect_code 0 'check finds nothing in the fixed scenario' "$podsim" check "$fixed"

# What the API server refuses in mid-run ends the run, with requests under way.
sed 's/^  timeline:/  timeline:\n  - {at: 650s, patch: pod, selector: app=inference, subresource: resize, with: {spec: {hostname: x}}}/' \
	"$scenarios/idle-replica.yaml" >"$work/broken/refused.yaml"
expect_code 2 'what the API server refuses ends the run' "$podsim" run "$work/broken/refused.yaml"
grep -q 'refused.yaml:[0-9]*:[0-9]*: the server could not find the requested resource\|only cpu and memory resources are mutable' "$work/stderr"
ok $? 'its words are told with the place'
echo "1..$n"
