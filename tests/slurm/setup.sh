#!/bin/sh
# One-node SLURM on this Debian machine, for tests: setup.sh [--accounting]. Needs root; installs
# slurm-wlm and munge, and for accounting (sacct) slurmdbd and MariaDB. teardown.sh stops it.
set -eu

accounting=no
[ "${1:-}" = "--accounting" ] && accounting=yes
[ "$(id -u)" = 0 ] || { echo "setup.sh: needs root, to install and to start SLURM" >&2; exit 1; }

packages="slurm-wlm munge"
[ $accounting = yes ] && packages="$packages slurmdbd mariadb-server"
missing=
for package in $packages; do
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q "ok installed" ||
    missing="$missing $package"
done
if [ -n "$missing" ]; then
  # What an earlier test run left of the configuration must not raise a question here.
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  # shellcheck disable=SC2086
  apt-get install -y -qq --no-install-recommends -o Dpkg::Options::=--force-confold $missing
fi

host=$(hostname -s)
state=/var/lib/da-bench-slurm
mkdir -p $state/ctld $state/d /etc/slurm /run/munge /run/slurm /var/log/slurm
chown munge: /run/munge
chown slurm: $state $state/ctld

cat >/etc/slurm/slurm.conf <<CONF
ClusterName=dabench
SlurmctldHost=$host
AuthType=auth/munge
SlurmUser=root
SlurmdUser=root
StateSaveLocation=$state/ctld
SlurmdSpoolDir=$state/d
SlurmctldPidFile=/run/slurm/slurmctld.pid
SlurmdPidFile=/run/slurm/slurmd.pid
SlurmctldLogFile=/var/log/slurm/slurmctld.log
SlurmdLogFile=/var/log/slurm/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=sched_interval=2,bf_interval=2
MinJobAge=60
KillWait=5
ReturnToService=2
JobRequeue=1
AccountingStorageType=accounting_storage/$([ $accounting = yes ] && echo slurmdbd || echo none)
$([ $accounting = yes ] && echo "AccountingStorageHost=localhost")
NodeName=$host CPUs=$(nproc) RealMemory=1000 State=UNKNOWN
PartitionName=test Nodes=$host Default=YES MaxTime=INFINITE State=UP OverSubscribe=FORCE:4
CONF

[ -s /etc/munge/munge.key ] || { dd if=/dev/urandom of=/etc/munge/munge.key bs=128 count=8 2>/dev/null
  chown munge: /etc/munge/munge.key; chmod 400 /etc/munge/munge.key; }
munge -n >/dev/null 2>&1 || runuser -u munge -- /usr/sbin/munged --force

if [ $accounting = yes ]; then
  mkdir -p /run/mysqld
  chown mysql: /run/mysqld
  if ! mysqladmin ping >/dev/null 2>&1; then
    setsid mysqld_safe --skip-networking=1 --innodb-buffer-pool-size=64M >/dev/null 2>&1 &
    for _ in $(seq 60); do mysqladmin ping >/dev/null 2>&1 && break; sleep 1; done
  fi
  mysql -e "CREATE DATABASE IF NOT EXISTS da_bench_slurm;
    CREATE USER IF NOT EXISTS 'slurm'@'localhost' IDENTIFIED BY 'slurm';
    GRANT ALL ON da_bench_slurm.* TO 'slurm'@'localhost';"
  cat >/etc/slurm/slurmdbd.conf <<CONF
AuthType=auth/munge
DbdHost=localhost
SlurmUser=root
StorageType=accounting_storage/mysql
StorageHost=localhost
StorageLoc=da_bench_slurm
StorageUser=slurm
StoragePass=slurm
PidFile=/run/slurm/slurmdbd.pid
LogFile=/var/log/slurm/slurmdbd.log
CONF
  chmod 600 /etc/slurm/slurmdbd.conf
  slurmdbd
  for _ in $(seq 30); do sacctmgr -n show cluster >/dev/null 2>&1 && break; sleep 1; done
  sacctmgr -i add cluster dabench >/dev/null 2>&1 || true  # there already
  sacctmgr -i add account tests Cluster=dabench >/dev/null 2>&1 || true
  sacctmgr -i add user root Account=tests >/dev/null 2>&1 || true
fi

slurmctld
slurmd
for _ in $(seq 30); do
  sinfo -h -o %T 2>/dev/null | grep -q idle && break
  sleep 1
done
sinfo
srun --time=1 true && echo "SLURM runs on $host, accounting: $accounting"
