#!/bin/sh
# Runs the incident, its fix and the two side by side. Usage: demo.sh PODSIM OUT
set -eu
podsim=$1
out=$2
here=$(dirname "$0")

section() {
	printf '\n==== %s\n\n' "$1"
}

section 'The incident: two of four replicas idle, and why'
"$podsim" run "$here/idle-replica.yaml" --out "$out/incident"
section 'The fix: the probes ask for what the application serves'
"$podsim" run "$here/idle-replica-fixed.yaml" --out "$out/fixed"
section 'Before and after'
"$podsim" compare "$here/idle-replica.yaml" "$here/idle-replica-fixed.yaml" --out "$out/compare"
section 'The whole story, with both patches'
"$podsim" run "$here/idle-replica-story.yaml" --out "$out/story"

section 'Pictures'
for picture in "$out"/*/*.svg; do
	printf '  %s\n' "$picture"
done
printf '\nEverything in one page: %s, %s, %s, %s\n' "$out/incident/report.html" "$out/fixed/report.html" \
	"$out/compare/report.html" "$out/story/report.html"
