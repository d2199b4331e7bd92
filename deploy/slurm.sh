#!/usr/bin/env bash
# A job on a Slurm cluster: Ray on all nodes of the allocation, the driver on the first.
#
#   source .venv/bin/activate                     # the same environment on all nodes
#   export FRAMECAST_RUNS=/shared/runs            # storage that all nodes share
#   sbatch deploy/slurm.sh jobs/moving_mnist.yaml compute.workers=16
#
# Two minutes before its time is up the run writes a checkpoint and ends with 143; this script then puts itself
# back into the queue and goes on from there. It does the same after the loss of a node, if Slurm requeues it.
#
#   platform stop NAME                            # ends the run for good; NAME is what squeue shows and the job's id
#   scancel --batch --signal=TERM JOBID           # checkpoint now, and back into the queue
#
#SBATCH --job-name=framecast
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=1
#SBATCH --cpus-per-task=32
#SBATCH --gpus-per-node=8
#SBATCH --time=24:00:00
#SBATCH --signal=B:TERM@120
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output=framecast-%j.log
set -euo pipefail

job=${1:?"usage: sbatch deploy/slurm.sh JOB.yaml [KEY=VALUE]..."}
shift
: "${FRAMECAST_RUNS:?is not set: export it with a folder that all nodes share}"
export FRAMECAST_RUNS

# The job's id is in the run's name: so a second start of this script finds the run of the first.
name="$(basename "${job%.*}")-${SLURM_JOB_ID}"
nodes=${SLURM_JOB_NUM_NODES:-1}
head=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1)
head_ip=${HEAD_IP:-$(hostname -I | cut -d ' ' -f 1)}   # HEAD_IP chooses another network, such as InfiniBand's

# Other jobs may share these nodes: ports follow from the job's id, below those that Linux gives away by itself.
port=$((20000 + 3 * (SLURM_JOB_ID % 4000)))
address="$head_ip:$port"
temporary="/tmp/ray-$SLURM_JOB_ID"   # short, since the paths of Ray's sockets must be

# Only those who know the token may use this Ray; srun hands the environment on to the other nodes.
export RAY_AUTH_MODE=token
RAY_AUTH_TOKEN=${RAY_AUTH_TOKEN:-$(python3 -c 'import secrets; print(secrets.token_hex(32))')}
export RAY_AUTH_TOKEN
export SRUN_CPUS_PER_TASK=${SLURM_CPUS_PER_TASK:-1}   # srun does not take it from sbatch
export RAY_GRACEFUL_SHUTDOWN_DRAIN_TIMEOUT_S=0        # when Ray is ended here there is nothing left to wait for

rays=()     # the sruns that hold Ray; `ray start --block` ends its Ray when it is ended
driver=""
asked=0     # whether SIGTERM has come

terminate() {
    asked=1
    if [ -n "$driver" ]; then
        kill -TERM "$driver" 2>/dev/null || true
    else
        exit 143
    fi
}
clean_up() {
    kill "${rays[@]}" 2>/dev/null || true
    wait "${rays[@]}" 2>/dev/null || true
    rm -rf "$temporary"
}
trap terminate TERM
trap clean_up EXIT

srun --nodes=1 --ntasks=1 --nodelist="$head" \
    ray start --head --block --node-ip-address="$head_ip" --port="$port" --num-cpus="$SRUN_CPUS_PER_TASK" \
    --dashboard-host=127.0.0.1 --dashboard-port=$((port + 1)) --ray-client-server-port=$((port + 2)) \
    --temp-dir="$temporary" &
rays+=($!)

# Waits until something answers at the head, so that the others need not be started twice.
until python3 -c 'import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), 2)' \
    "$head_ip" "$port" 2>/dev/null; do
    kill -0 "${rays[0]}" 2>/dev/null || { echo "Ray could not start on $head" >&2; exit 1; }
    sleep 1
done
if [ "$nodes" -gt 1 ]; then
    srun --nodes=$((nodes - 1)) --ntasks=$((nodes - 1)) --exclude="$head" \
        ray start --block --address="$address" --num-cpus="$SRUN_CPUS_PER_TASK" &
    rays+=($!)
fi

# A job that asks for all nodes must not start before they are all there.
python3 - "$address" "$nodes" <<'WAIT'
import logging, sys, time
import ray

address, wanted = sys.argv[1], int(sys.argv[2])
ray.init(address=address, logging_level=logging.ERROR, log_to_driver=False)
deadline = time.monotonic() + 300
while (there := sum(node["Alive"] for node in ray.nodes())) < wanted:
    if time.monotonic() > deadline:
        sys.exit(f"only {there} of {wanted} nodes have joined Ray within five minutes")
    time.sleep(1)
WAIT

if platform status "$name" >/dev/null 2>&1; then
    platform resume "$name" compute.address="$address" &
else
    platform submit "$job" name="$name" compute.address="$address" "$@" &
fi
driver=$!
code=0
wait "$driver" || code=$?
if [ "$asked" = 1 ]; then   # the signal has cut the waiting short: hear what the driver says
    code=0
    wait "$driver" || code=$?
fi
if [ "$code" = 143 ]; then
    echo "$name was interrupted and has its checkpoint: back into the queue"
    scontrol requeue "$SLURM_JOB_ID"
fi
exit "$code"
