#!/bin/sh
# A sweep as an array of jobs: every shard a process of its own, one is lost and one is killed, both are run again, and the
# merged result is to the byte what one machine gets. The script that people are given is run as it stands, by
#
#   slurm     sbatch, on a cluster that is made for the test
#   parallel  GNU parallel, in the environment that Slurm gives a task
#   shell     the shell, likewise
#
# shards.sh PODSIM STUDY SLURM-ARRAY-SCRIPT WAY
set -u

podsim=$1
study=$2
array=$3
way=$4
here=$(dirname "$0")
. "$here/../tap.sh"
. "$here/cluster.sh"
trap 'kill_held; cluster_stop; rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

export REAL="$podsim" PODSIM="$podsim" STUDY="$study" SHARDS=4 RESULTS="$work" HELD="$work/held"

skip() {
	echo "1..0 # SKIP $1"
	exit 0
}

kill_held() {
	[ ! -s "$HELD" ] || kill -9 $(cat "$HELD") 2>/dev/null
	rm -f "$HELD"
}

# --- the three ways: all of an array, and one task that goes on in the background ---

run_array() { # TASK...: whether all of them ended well
	case $way in
	slurm) sbatch --wait --quiet --array="$(echo "$@" | tr ' ' ,)" --output="$work/slurm-%a.out" "$array" ;;
	parallel) parallel -j 2 "SLURM_ARRAY_TASK_ID={} sh '$array'" ::: "$@" >/dev/null ;;
	shell)
		pids=
		bad=0
		for task in "$@"; do
			SLURM_ARRAY_TASK_ID=$task sh "$array" >/dev/null &
			pids="$pids $!"
		done
		for pid in $pids; do
			wait $pid || bad=1
		done
		return $bad
		;;
	esac
}

begin_task() { # TASK: $job is its name
	case $way in
	slurm) job=$(sbatch --parsable --array="$1" --output="$work/slurm-%a.out" "$array") ;;
	*)
		SLURM_ARRAY_TASK_ID=$1 sh "$array" >/dev/null 2>&1 &
		job=$!
		;;
	esac
}

cancel_task() {
	case $way in
	slurm) scancel "$job" ;;
	*)
		kill $(cat "$HELD") # reaches podsim when it goes on
		kill -CONT $(cat "$HELD") 2>/dev/null
		;;
	esac
}

is_over() {
	case $way in
	slurm) [ -z "$(squeue -h -j "$job" 2>/dev/null)" ] ;;
	*) ! kill -0 "$job" 2>/dev/null ;;
	esac
}

state_of_job() {
	scontrol show job "$job" | sed -n 's/.*JobState=\([A-Z]*\).*/\1/p'
}

runs_of() { # FILE
	"$podsim" merge "$1" --dump 2>/dev/null | sed 1d | grep -c .
}

# Leaves a task of shard 3 that stands in the middle of its work.
hold_shard_3() {
	rm -f "$HELD"
	PODSIM="$here/held.sh" begin_task 3
	await 60 [ -s "$HELD" ]
}

# --- all of it ---

case $way in
slurm)
	[ -z "${PODSIM_TEST_SMALL:-}" ] || skip 'the cluster is tested with the program as it is shipped'
	if ! cluster_start; then
		tail -q -n 3 "$cluster"/*.out 2>/dev/null | sed 's/^/# /'
		skip "$cluster_fault"
	fi
	;;
parallel) parallel --version 2>/dev/null | grep -q GNU || skip 'there is no GNU parallel on this machine' ;;
esac

"$podsim" sweep "$study" --out "$work/whole.db" --format csv >"$work/whole.csv"
ok $? 'one machine sweeps all'
run_array 1 2 3 4
ok $? 'the array of jobs ends well'
[ -s "$work/shard-1.db" ] && [ -s "$work/shard-2.db" ] && [ -s "$work/shard-3.db" ] && [ -s "$work/shard-4.db" ]
ok $? 'each task leaves its shard'
each=$(runs_of "$work/shard-3.db")

# Shard 3 is lost with its disk.
rm -f "$work/shard-3.db"
"$podsim" merge "$work"/shard-*.db -o "$work/merged.db" --complete >"$work/out" 2>"$work/err"
[ $? -eq 1 ] && grep -q "$each of [0-9]* runs are missing" "$work/err"
ok $? 'a merge without a lost shard says how many runs are missing'

# It is run again, and killed on the way without a word.
hold_shard_3
kill -9 $(cat "$HELD")
await 30 is_over && await 30 are_dead $(cat "$HELD")
ok $? 'the lost shard is run again and killed on the way'
first=$(runs_of "$work/shard-3.db")
[ "$first" -gt 0 ]
ok $? "what it had is kept: $first of $each runs"
if [ "$way" = slurm ]; then
	[ "$(state_of_job)" = FAILED ]
	ok $? 'Slurm says so'
fi

# Again, and cancelled.
hold_shard_3
cancel_task
await 30 is_over && await 30 are_dead $(cat "$HELD")
ok $? 'it is run again and cancelled on the way: nothing of it lives on'
second=$(runs_of "$work/shard-3.db")
[ "$second" -ge "$first" ]
ok $? "what it had is kept: $second of $each runs"
if [ "$way" = slurm ]; then
	[ "$(state_of_job)" = CANCELLED ]
	ok $? 'Slurm says so'
fi
rm -f "$HELD"

run_array 3
ok $? 'the next try goes on from there'
"$podsim" merge "$work"/shard-*.db -o "$work/merged.db" --complete >/dev/null
ok $? 'the merge, done again over all files, is complete'
"$podsim" merge "$work/merged.db" --dump >"$work/merged.csv"
cmp "$work/whole.csv" "$work/merged.csv"
ok $? 'the merged runs are to the byte those of one machine'
"$podsim" sweep "$study" --out "$work/merged.db" --format text >"$work/merged.txt"
"$podsim" sweep "$study" --out "$work/whole.db" --format text >"$work/whole.txt"
cmp "$work/whole.txt" "$work/merged.txt"
ok $? 'and so are the tables'

if [ "$way" = slurm ]; then
	cluster_stop
	ok $? 'the cluster ends when it is told to'
	cluster_is_gone
	ok $? 'and no process of it is left'
fi

echo "1..$n"
exit $failed
