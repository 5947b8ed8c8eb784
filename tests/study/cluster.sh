# cluster.sh - a Slurm cluster of one machine that is the test's own. To be sourced after tap.sh.
#
# munged, slurmctld and slurmd run as the user who runs the test, listen on 127.0.0.1, and keep key, sockets, state and
# logs in $work/slurm. No service of the machine is asked or touched. The nodes are said to have more CPUs than they may
# have, so that the array's own --cpus-per-task always fits.

# What the caller's own job, if it is one, would tell sbatch or podsim.
unset $(env | sed -n 's/^\(SLURM_[A-Za-z0-9_]*\|SBATCH_[A-Za-z0-9_]*\|JOB_COMPLETION_INDEX\)=.*/\1/p') 2>/dev/null

cluster=$work/slurm
cluster_pids=

await() { # SECONDS COMMAND...: whether it comes true in that time
	deadline=$(($(date +%s) + $1))
	shift
	until "$@"; do
		[ "$(date +%s)" -lt $deadline ] || return 1
		sleep 0.05
	done
}

are_dead() { # PID...
	for pid in "$@"; do
		! kill -0 "$pid" 2>/dev/null || grep -q '^State:.*Z' "/proc/$pid/status" 2>/dev/null || return 1
	done
}

free_port() { # FROM
	port=$1
	while grep -qi ":$(printf %04X "$port") " /proc/net/tcp /proc/net/tcp6 2>/dev/null; do
		port=$((port + 1))
	done
	echo "$port"
}

# slurmctld can be kept to the address of the host's name only. Where that is another one, or none, it listens on all; the
# key keeps others out.
listening() {
	case $(getent hosts "$(hostname)") in
	127.*) echo CommunicationParameters=NoCtldInAddrAny,NoInAddrAny ;;
	esac
}

# Nothing here takes control groups. That they are told to be of version 1 keeps slurmd from looking for them, which fails in
# a container.
cluster_configure() {
	control=$(free_port $((20000 + $$ % 10000)))
	user=$(id -un) || return 1
	echo CgroupPlugin=cgroup/v1 >"$cluster/cgroup.conf"
	cat >"$cluster/slurm.conf" <<-END
		ClusterName=podsim
		SlurmctldHost=localhost(127.0.0.1)
		SlurmctldPort=$control
		SlurmdPort=$(free_port $((control + 1)))
		$(listening)
		SlurmUser=$user
		SlurmdUser=$user
		AuthType=auth/munge
		AuthInfo=socket=$cluster/munge.socket
		StateSaveLocation=$cluster/state
		SlurmdSpoolDir=$cluster/spool
		SlurmctldPidFile=$cluster/slurmctld.pid
		SlurmdPidFile=$cluster/slurmd.pid
		SlurmctldLogFile=$cluster/slurmctld.log
		SlurmdLogFile=$cluster/slurmd.log
		ProctrackType=proctrack/linuxproc
		TaskPlugin=task/none
		SelectType=select/cons_tres
		SelectTypeParameters=CR_CPU
		JobAcctGatherType=jobacct_gather/none
		MpiDefault=none
		SlurmdParameters=config_overrides
		ReturnToService=2
		MinJobAge=4
		KillWait=1
		NodeName=localhost NodeAddr=127.0.0.1 CPUs=16 State=UNKNOWN
		PartitionName=all Nodes=localhost Default=YES State=UP
	END
}

cluster_is_up() {
	timeout 5 sinfo -h -o %t 2>/dev/null | grep -qx idle
}

is_so_or_failed() { # COMMAND...: whether it is true, or a daemon has died
	"$@" && return 0
	for daemon in $cluster_pids; do
		! are_dead "$daemon" || return 0
	done
	return 1
}

# Every process of the cluster and of its jobs was told of our configuration; these here, that look for them, are not.
cluster_processes() (
	unset SLURM_CONF
	grep -lszxF "SLURM_CONF=$cluster/slurm.conf" /proc/[0-9]*/environ | cut -d/ -f3
)

cluster_is_gone() {
	[ -z "$(cluster_processes)" ]
}

# Ends all there is of it; harmless when there is nothing. False: something had to be killed.
cluster_stop() {
	gone=0
	[ -n "$cluster_pids" ] || return 0
	kill $cluster_pids 2>/dev/null
	await 10 cluster_is_gone || gone=1
	kill -9 $cluster_pids $(cluster_processes) 2>/dev/null
	wait $cluster_pids 2>/dev/null
	cluster_pids=
	return $gone
}

# Brings it up, and has the commands of Slurm speak to it. False: it cannot be had; $cluster_fault says why.
cluster_start() {
	PATH=$PATH:/usr/sbin:/sbin
	for program in munged slurmctld slurmd sbatch; do
		if ! command -v $program >/dev/null 2>&1; then
			cluster_fault="there is no $program on this machine"
			return 1
		fi
	done
	mkdir -p "$cluster/state" "$cluster/spool"
	cluster_fault="the user has no name"
	cluster_configure || return 1
	(umask 077 && head -c 128 /dev/urandom >"$cluster/munge.key")
	# of a private folder munged warns, as others could not come in
	export SLURM_CONF="$cluster/slurm.conf"
	munged --foreground --force --num-threads=2 --key-file="$cluster/munge.key" --socket="$cluster/munge.socket" \
		--pid-file="$cluster/munged.pid" --log-file="$cluster/munged.log" --seed-file="$cluster/munged.seed" \
		>"$cluster/munged.out" 2>&1 &
	cluster_pids=$!
	cluster_fault='munged does not start'
	await 20 is_so_or_failed [ -S "$cluster/munge.socket" ] && [ -S "$cluster/munge.socket" ] || return 1
	slurmctld -D >"$cluster/slurmctld.out" 2>&1 &
	cluster_pids="$cluster_pids $!"
	slurmd -D >"$cluster/slurmd.out" 2>&1 &
	cluster_pids="$cluster_pids $!"
	cluster_fault='slurmctld and slurmd do not come up'
	await 30 is_so_or_failed cluster_is_up && cluster_is_up
}
