#!/bin/sh
# A sweep as an array of jobs: every shard a process of its own, one is lost and one is killed, both are run again, and the
# merged result is to the byte what one machine gets. Where Slurm runs on this machine, by docs/slurm-array.sh through
# sbatch; else the same script, once for each task.
#
# shards.sh PODSIM STUDY SLURM-ARRAY-SCRIPT
set -u

podsim=$1
study=$2
array=$3
shards=4
. "$(dirname "$0")/../tap.sh"

# One task of the array, in the environment that Slurm gives it; for a subshell, which becomes podsim.
task() {
	exec env SLURM_ARRAY_TASK_ID="$1" SLURM_ARRAY_TASK_COUNT="$shards" SLURM_CPUS_PER_TASK=1 PODSIM="$podsim" STUDY="$study" \
		SHARDS="$shards" RESULTS="$work" sh "$array"
}

"$podsim" sweep "$study" --out "$work/whole.db" --format csv >"$work/whole.csv"
ok $? 'one machine sweeps all'

if command -v sbatch >/dev/null 2>&1 && sinfo -h 2>/dev/null | grep -q .; then
	echo '# by sbatch'
	PODSIM="$podsim" STUDY="$study" SHARDS="$shards" RESULTS="$work" \
		sbatch --wait --quiet --array=1-$shards --output="$work/slurm-%a.out" "$array"
	ok $? 'the array of jobs ends well'
else
	echo '# without Slurm: the same script, task by task'
	status=0
	if command -v parallel >/dev/null 2>&1 && parallel --version 2>/dev/null | grep -q GNU; then
		export podsim study shards work array
		parallel -j 2 "env SLURM_ARRAY_TASK_ID={} SLURM_ARRAY_TASK_COUNT=$shards PODSIM='$podsim' STUDY='$study' \
			SHARDS=$shards RESULTS='$work' sh '$array'" ::: 1 2 3 4 >/dev/null || status=1
	else
		for i in 1 2 3 4; do
			(task $i) >/dev/null &
		done
		wait
		for i in 1 2 3 4; do
			[ -s "$work/shard-$i.db" ] || status=1
		done
	fi
	ok $status 'the array of jobs ends well'
fi

# Shard 3 is lost with its disk.
rm -f "$work/shard-3.db"
"$podsim" merge "$work"/shard-*.db -o "$work/merged.db" --complete >"$work/out" 2>"$work/err"
[ $? -eq 1 ] && grep -q 'runs are missing' "$work/err"
ok $? 'a merge without a lost shard says that runs are missing'

# It is run again, and killed on the way; what it had is kept, and the next try goes on from there.
(task 3) >/dev/null &
pid=$!
sleep 0.05
kill -9 $pid 2>/dev/null
wait $pid 2>/dev/null
(task 3) >/dev/null
ok $? 'the lost shard is run again after it was killed'

"$podsim" merge "$work"/*.db -o "$work/merged.db" --complete >/dev/null
ok $? 'the merge, done again over all files, is complete'
"$podsim" merge "$work/merged.db" --dump >"$work/merged.csv"
cmp "$work/whole.csv" "$work/merged.csv"
ok $? 'the merged runs are to the byte those of one machine'
"$podsim" sweep "$study" --out "$work/merged.db" --format text >"$work/merged.txt"
"$podsim" sweep "$study" --out "$work/whole.db" --format text >"$work/whole.txt"
cmp "$work/whole.txt" "$work/merged.txt"
ok $? 'and so are the tables'

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
