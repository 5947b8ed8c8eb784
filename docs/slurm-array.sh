#!/bin/sh
#SBATCH --job-name=podsim
#SBATCH --array=1-16
#SBATCH --cpus-per-task=4
#SBATCH --time=01:00:00
#
# A sweep as a Slurm array: task I of the array does shard I of SHARDS. Number the array from 1, and keep SHARDS the same
# when only some tasks are run again:
#
#   STUDY=study.yaml SHARDS=16 sbatch docs/slurm-array.sh
#   STUDY=study.yaml SHARDS=16 sbatch --array=7 docs/slurm-array.sh          # task 7 was lost
#   podsim merge results/shard-*.db -o merged.db --complete
#   podsim sweep study.yaml --out merged.db                                  # nothing left to run: prints the tables
#
# A task that was killed goes on where it was.
set -eu

: "${STUDY:?the study to sweep}"
: "${SHARDS:=16}"
: "${RESULTS:=results}"
: "${PODSIM:=podsim}"

mkdir -p "$RESULTS"
exec "$PODSIM" sweep "$STUDY" --shards "$SHARDS" --jobs "${SLURM_CPUS_PER_TASK:-1}" \
	--out "$RESULTS/shard-$SLURM_ARRAY_TASK_ID.db"
