#!/bin/sh
# A podsim that stands still in the middle of its shard, so that it can be killed there however fast it is. It is let go on
# for moments only, until some of its runs are in the file; then both process ids are left in $HELD.
shard=$RESULTS/shard-$SLURM_ARRAY_TASK_ID.db
mkdir -p "$HELD.copy"

runs() { # in a copy, as whoever was stopped in the middle of writing keeps the file locked
	rm -f "$HELD.copy"/*
	cp "$shard" "$shard-journal" "$HELD.copy" 2>/dev/null
	"$REAL" merge "$HELD.copy/${shard##*/}" --dump 2>/dev/null | sed 1d | grep -c .
}

before=$(runs)
"$REAL" "$@" &
pid=$!
kill -STOP $pid
until [ "$(runs)" -gt "$before" ] || ! kill -CONT $pid 2>/dev/null; do
	sleep 0.01
	kill -STOP $pid 2>/dev/null
done
echo "$$ $pid" >"$HELD.new"
mv "$HELD.new" "$HELD"
exec sleep 120
