#!/usr/bin/env bash
# A Slurm of one node on the loopback device, with its own configuration, key, socket and spool.
#
#   private-slurm.sh start FOLDER [PROCESS]   prints nothing; FOLDER/slurm.conf is what SLURM_CONF names
#   private-slurm.sh stop FOLDER              ends its daemons and what they started
#
# Daemons end by themselves, and the folder goes, when PROCESS (the shell that calls, where none is given) is gone.
# Must be root: slurmd starts elements as whoever submitted them.
set -euo pipefail

# What the caller has open is not the daemons': it may wait for its end.
for descriptor in /proc/$$/fd/*; do
  descriptor=${descriptor##*/}
  if [ "$descriptor" -gt 2 ] && [ "$descriptor" != 255 ]; then eval "exec $descriptor>&-"; fi
done

command=$1 folder=$2 process=${3:-$PPID}

# Known from the start on, should somebody remove the folder.
pids=
daemons() { [ -n "$pids" ] && echo "$pids" || cat "$folder"/*.pid 2> /dev/null || true; }

stop() {
  export SLURM_CONF=$folder/slurm.conf
  # What still runs would outlive the daemons.
  timeout 5 scancel --user="$(id -un)" 2> /dev/null || true
  for _ in $(seq 50); do
    [ -z "$(timeout 5 squeue --noheader 2> /dev/null)" ] && break
    sleep 0.1
  done
  for pid in $(daemons); do kill -TERM "$pid" 2> /dev/null || true; done
  for _ in $(seq 100); do
    local alive=
    for pid in $(daemons); do kill -0 "$pid" 2> /dev/null && alive=yes; done
    [ -z "$alive" ] && return
    sleep 0.1
  done
  for pid in $(daemons); do kill -KILL "$pid" 2> /dev/null || true; done
}

configure() {
  local port=$((20000 + RANDOM % 20000))
  cat > "$folder/slurm.conf" <<CONF
ClusterName=private
SlurmctldHost=localhost(127.0.0.1)
SlurmctldPort=$port
SlurmdPort=$((port + 1))
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$folder/munge.socket
CredType=cred/munge
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
SlurmctldLogFile=$folder/slurmctld.log
SlurmdLogFile=$folder/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SlurmdParameters=config_overrides
MpiDefault=none
SwitchType=switch/none
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=1,bf_interval=1,batch_sched_delay=0,sched_min_interval=0
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobRequeue=1
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
ReturnToService=2
KillWait=3
MinJobAge=60
MaxArraySize=1001
NodeName=node NodeHostname=localhost NodeAddr=127.0.0.1 CPUs=4 RealMemory=64000
PartitionName=main Nodes=node Default=YES MaxTime=INFINITE State=UP PriorityTier=1 OverSubscribe=NO
PartitionName=urgent Nodes=node MaxTime=INFINITE State=UP PriorityTier=10 OverSubscribe=NO
CONF
}

start() {
  mkdir -p "$folder/state" "$folder/spool"
  chmod 0755 "$folder"
  dd if=/dev/urandom of="$folder/munge.key" bs=1024 count=1 2> /dev/null
  chmod 0400 "$folder/munge.key"
  configure
  export SLURM_CONF=$folder/slurm.conf
  munged --force --key-file="$folder/munge.key" --socket="$folder/munge.socket" \
    --pid-file="$folder/munged.pid" --log-file="$folder/munged.log" \
    --seed-file="$folder/munged.seed" > /dev/null 2>&1
  slurmctld -c -f "$SLURM_CONF" > /dev/null 2>&1 < /dev/null
  timeout 60 slurmd -N node -f "$SLURM_CONF" > /dev/null 2>&1 < /dev/null
  for _ in $(seq 300); do
    if [ "$(sinfo --noheader --format=%T --partition=main 2> /dev/null)" = idle ]; then
      pids=$(daemons)
      (while kill -0 "$process" 2> /dev/null && [ -d "$folder" ]; do sleep 1; done
        stop
        rm -rf "$folder") > /dev/null 2>&1 < /dev/null &
      disown
      return
    fi
    sleep 0.1
  done
  tail -n 5 "$folder"/slurm*.log >&2
  stop
  return 1
}

case $command in
start) start ;;
stop) stop ;;
*) exit 64 ;;
esac
