#!/bin/sh
# What else must hold of sweeps in parts: an Indexed Job, a sweep that is killed, and what is refused.
#
# resume.sh PODSIM STUDY
set -u

podsim=$1
study=$2
. "$(dirname "$0")/../tap.sh"
unset SLURM_ARRAY_TASK_ID SLURM_ARRAY_TASK_COUNT SLURM_ARRAY_TASK_MIN JOB_COMPLETION_INDEX

"$podsim" sweep "$study" --out "$work/whole.db" --format csv >"$work/whole.csv"
ok $? 'one machine sweeps all'

# A Kubernetes Indexed Job counts from 0.
for i in 0 1 2 3; do
	JOB_COMPLETION_INDEX=$i "$podsim" sweep "$study" --shards 4 --out "$work/indexed-$i.db" >/dev/null || failed=1
done
"$podsim" merge "$work"/indexed-*.db --dump >"$work/indexed.csv"
cmp "$work/whole.csv" "$work/indexed.csv"
ok $? 'an Indexed Job gets the same'

# A sweep of all that is killed at any time goes on where it was.
for pause in 0.02 0.05 0.1; do
	"$podsim" sweep "$study" --jobs 1 --out "$work/killed.db" >/dev/null &
	pid=$!
	sleep $pause
	kill -9 $pid 2>/dev/null
	wait $pid 2>/dev/null
done
"$podsim" sweep "$study" --out "$work/killed.db" --format csv >"$work/killed.csv"
cmp "$work/whole.csv" "$work/killed.csv"
ok $? 'a sweep that was killed three times ends as if it never was'

# Interrupted in the middle: it is let go on for moments until it has some runs, and gets the signal while it stands still.
runs() {
	rm -rf "$work/copy"
	mkdir "$work/copy"
	cp "$work"/long.db* "$work/copy" 2>/dev/null
	"$podsim" merge "$work/copy/long.db" --dump 2>/dev/null | sed 1d | grep -c .
}
sed -e "s#scenario: .*#scenario: $(dirname "$study")/tiny.yaml#" -e 's/seeds: .*/seeds: 2000/' "$study" >"$work/long.yaml"
"$podsim" sweep "$work/long.yaml" --jobs 1 --out "$work/long.db" >"$work/out" 2>"$work/err" &
pid=$!
kill -STOP $pid
until [ "$(runs)" -gt 0 ]; do
	kill -CONT $pid || break
	sleep 0.01
	kill -STOP $pid
done
kill -TERM $pid
kill -CONT $pid
wait $pid
[ $? -eq 143 ] && [ ! -s "$work/out" ] && grep -q "interrupted; .*kept in $work/long.db, and the same command goes on" "$work/err"
ok $? 'an interrupted sweep says how to go on'
"$podsim" merge "$work/long.db" --dump >"$work/long.csv" 2>/dev/null
[ ! -e "$work/long.db-journal" ] && [ "$(grep -c . "$work/long.csv")" -gt 1 ] && [ "$(grep -c . "$work/long.csv")" -lt 24001 ]
ok $? 'its file is whole and has what was done'

"$podsim" sweep "$study" --shard 5/4 --out "$work/no.db" >/dev/null 2>"$work/err"
[ $? -eq 2 ] && [ ! -e "$work/no.db" ]
ok $? 'a shard that does not exist is refused'
env -u SLURM_ARRAY_TASK_COUNT SLURM_ARRAY_TASK_ID=2 "$podsim" sweep "$study" --out "$work/no.db" >/dev/null 2>"$work/err"
[ $? -eq 2 ] && grep -q -- '--shards' "$work/err"
ok $? 'a task that does not know of how many is refused'
echo 'not results' >"$work/notes.txt"
"$podsim" sweep "$study" --out "$work/notes.txt" >/dev/null 2>"$work/err"
[ $? -eq 2 ] && grep -qx 'not results' "$work/notes.txt"
ok $? 'results are not written over another file'

"$podsim" sweep "$study" --out "$work" >/dev/null 2>"$work/err"
[ $? -eq 2 ] && grep -q 'is not a file' "$work/err"
ok $? 'nor over what is no file'
mkfifo "$work/pipe"
timeout 60 cat "$work/pipe" >"$work/patch.yaml" &
"$podsim" tune "$(dirname "$study")/grid.yaml" --out "$work/grid.db" --patch-out "$work/pipe" >/dev/null
wait $!
[ -p "$work/pipe" ] && grep -q '^kind: Deployment' "$work/patch.yaml"
ok $? 'a patch is written into a pipe, which stays one'

# The fault that is told does not depend on chance: the first run that fails.
sed -e "s#scenario: .*#scenario: $(dirname "$study")/tiny.yaml#" -e 's#measure: .*#measure: ["ready(deployment/nope)"]#' \
	"$study" >"$work/faulty.yaml"
for i in 1 2 3 4 5; do
	"$podsim" sweep "$work/faulty.yaml" --jobs $i --out "$work/faulty-$i.db" >/dev/null 2>"$work/err"
	[ $? -eq 2 ] && grep -q 'replicas=2, rate=10/s, seed 5: .*deployment/nope' "$work/err" || failed=1
done
ok $failed 'a run that fails is told with its setting and seed, always the first one'

echo "1..$n"
exit $failed
