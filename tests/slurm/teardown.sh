#!/bin/sh
# Stops the SLURM that setup.sh started, and removes its state; the packages stay.
set -u

stop() { # stop NAME PIDFILE: by the number that the daemon wrote, never by name alone
  [ -s "$2" ] || return 0
  pid=$(cat "$2")
  grep -qs "$1" "/proc/$pid/comm" || return 0
  kill "$pid"
  for _ in $(seq 20); do [ -d "/proc/$pid" ] || return 0; sleep 0.5; done
  kill -9 "$pid"
}

command -v scancel >/dev/null && timeout 10 scancel --state=RUNNING,PENDING --partition=test \
  2>/dev/null
sleep 2
stop slurmd /run/slurm/slurmd.pid
stop slurmctld /run/slurm/slurmctld.pid
if [ -s /run/slurm/slurmdbd.pid ]; then
  stop slurmdbd /run/slurm/slurmdbd.pid
  mysql -e "DROP DATABASE IF EXISTS da_bench_slurm; DROP USER IF EXISTS 'slurm'@'localhost'"
  mysqladmin shutdown
fi
stop munged /run/munge/munged.pid
rm -rf /var/lib/da-bench-slurm /run/slurm/*.pid
rm -f /etc/slurm/slurm.conf /etc/slurm/slurmdbd.conf
echo "SLURM is stopped"
