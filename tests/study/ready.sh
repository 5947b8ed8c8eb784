#!/bin/sh
# The studies that podsim comes with: each is tuned or swept, finds what it should, and its patch does what it says.
#
# ready.sh PODSIM STUDIES
set -u

podsim=$1
studies=$2
. "$(dirname "$0")/../tap.sh"

"$podsim" tune "$studies/slow-start-probes.yaml" --out "$work/slow.db" --patch-out "$work/slow.yaml" >"$work/slow.txt"
ok $? 'slow-start-probes has a winner'
grep -A1 '^Winner' "$work/slow.txt" | grep -q -- '------' && grep -q '^  periodSeconds=1, failureThreshold=100$' "$work/slow.txt"
ok $? 'the shortest time to Ready asks every second and waits longer than 90 s'
grep -q 'held in all 160 runs; with 99 % confidence' "$work/slow.txt"
ok $? 'no pod was restarted, and the confidence is told'
# All settings, with fewer seeds: of those that never restart a pod, the first one Ready.
sed -e "s#scenario: .*#scenario: $studies/slow-start.yaml#" -e 's/seeds: .*/seeds: 16/' -e '/goal:/,$d' \
	"$studies/slow-start-probes.yaml" >"$work/all.yaml"
best=$("$podsim" sweep "$work/all.yaml" --out "$work/all.db" --format csv | awk -F, '
	NR > 1 { k = $1 "," $2; ready[k] += $4; restarts[k] += $5; runs[k]++ }
	END {
		for (k in runs) {
			if (restarts[k] == 0 && (best == "" || ready[k] / runs[k] < ready[best] / runs[best])) {
				best = k
			}
		}
		print best
	}')
echo "# best of all $best"
[ "$best" = 1,100 ]
ok $? 'and so does the best of the whole grid'
# Settings whose pods are never all Ready have no figure; the others have their own cell of the heat map all the same.
"$podsim" sweep "$work/all.yaml" --out "$work/all.db" --plots "$work/all" >/dev/null
with=$("$podsim" merge "$work/all.db" --dump | awk -F, 'NR > 1 && $4 != "" { with[$1 "," $2] } END { print length(with) }')
cells=$(sed -n '/id="gnuplot_plot_1"/,/^\t<\/g>/p' "$work/all/heat-1.svg" | grep -c '<polygon')
echo "# $with settings with figures, $cells cells"
[ "$with" -gt 10 ] && [ "$with" -lt 20 ] && [ "$cells" -eq "$with" ]
ok $? 'a heat map has a cell for each setting with a figure, and no other'
grep -q 'periodSeconds: 1' "$work/slow.yaml" && grep -q 'failureThreshold: 100' "$work/slow.yaml"
ok $? 'the patch holds the probe'

# The patch is one that the scenario's own timeline can apply.
cp -r "$studies/manifests" "$work/"
{
	cat "$studies/slow-start.yaml"
	echo '  timeline:'
	echo '  - {at: 0s, patch: deployment/search, file: slow.yaml}'
	echo '  expect:'
	echo '  - restarts(deployment/search) == 0'
	echo '  - ready(deployment/search) == 10 at end'
} >"$work/patched.yaml"
"$podsim" test "$work/patched.yaml" >"$work/out" 2>&1
ok $? 'with the patch no pod is restarted'

"$podsim" tune "$studies/cheapest-hpa.yaml" --out "$work/hpa.db" --patch-out "$work/hpa.yaml" >"$work/hpa.txt"
ok $? 'cheapest-hpa has a winner'
"$podsim" sweep "$studies/cheapest-hpa.yaml" --out "$work/hpa.db" --format json >"$work/hpa.json"
ok $? 'its grid is swept, from where tuning was'

# The winner is the cheapest of all settings whose mean p95 holds.
winner=$(sed -n '/^Winner/{n;n;p;}' "$work/hpa.txt" | tr -dc '0-9,')
best=$("$podsim" merge "$work/hpa.db" --dump | awk -F, '
	NR > 1 { k = $1 "," $2; cost[k] += $4; late[k] += $5; n[k]++; if (!(k in at)) { at[k] = NR } }
	END {
		for (k in n) {
			if (late[k] / n[k] < 0.35 && (best == "" || cost[k] / n[k] < cost[best] / n[best] - 1e-6 ||
				(cost[k] / n[k] < cost[best] / n[best] + 1e-6 && at[k] < at[best]))) {
				best = k
			}
		}
		print best
	}')
echo "# winner $winner, best of all $best"
[ -n "$winner" ] && [ "$winner" = "$best" ]
ok $? 'the cheapest HPA is the best of the whole grid'
grep -q '^kind: HorizontalPodAutoscaler' "$work/hpa.yaml" && grep -q 'minReplicas' "$work/hpa.yaml"
ok $? 'the patch holds the HPA'

"$podsim" sweep "$studies/readiness-period.yaml" --out "$work/ready.db" --plots "$work/plots" >"$work/ready.txt"
ok $? 'readiness-period is swept and drawn'
for picture in response-1-1 response-1-2 heat-1 heat-2 pareto-1; do
	[ -s "$work/plots/$picture.svg" ] && [ -s "$work/plots/$picture.png" ]
	ok $? "$picture is there"
done
"$podsim" tune "$studies/readiness-period.yaml" --out "$work/ready.db" >/dev/null 2>"$work/err"
[ $? -eq 2 ] && grep -q 'no `goal`' "$work/err"
ok $? 'a study without a goal cannot be tuned'

echo "1..$n"
exit $failed
