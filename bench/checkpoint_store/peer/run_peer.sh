#!/bin/bash
# Starts the peer on loopback (Redis with an append-only file, gunicorn with Flask, nginx), runs a command
# against it and stops what it started.
#
#   run_peer.sh always|everysec COMMAND...
#
# The command finds PEER_PORT, PEER_TLS_PORT, PEER_PIDS (by comma) and PEER_DIRECTORY in its environment.
# Needs Debian's nginx-light, gunicorn, python3-flask, python3-redis, redis-server, openssl. WORKERS: gunicorn's
# (4, as in the prototype), of the kind WORKER_CLASS (sync).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
fsync=${1:?always or everysec}
shift
directory=$(mktemp -d /tmp/understudy-peer-XXXXXX)
pids=()

stop() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait || true
  rm -rf "$directory"
}
trap stop EXIT

free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

await_file() {
  for _ in $(seq 200); do
    [ -e "$1" ] && return 0
    sleep 0.05
  done
  echo "run_peer.sh: $1 did not appear" >&2
  return 1
}

await_port() {
  for _ in $(seq 200); do
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null && return 0
    sleep 0.05
  done
  echo "run_peer.sh: nobody listens on $1" >&2
  return 1
}

export PEER_DIRECTORY=$directory
PEER_PORT=$(free_port)
PEER_TLS_PORT=$(free_port)
export PEER_PORT PEER_TLS_PORT
export PEER_REDIS_SOCKET=$directory/redis.sock

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost \
  -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout "$directory/server.key" \
  -out "$directory/server.crt" 2>/dev/null

redis-server --port 0 --unixsocket "$PEER_REDIS_SOCKET" --dir "$directory" --appendonly yes \
  --appendfsync "$fsync" --save '' --daemonize no >"$directory/redis.log" 2>&1 &
pids+=($!)
await_file "$PEER_REDIS_SOCKET"

(cd "$here" && exec gunicorn --workers "${WORKERS:-4}" --worker-class "${WORKER_CLASS:-sync}" \
  --bind "unix:$directory/gunicorn.sock" --log-level warning app:app) >"$directory/gunicorn.log" 2>&1 &
pids+=($!)
await_file "$directory/gunicorn.sock"

sed "s|DIRECTORY|$directory|g; s|USER|$(id -un)|g; s|TLS_PORT|$PEER_TLS_PORT|g; s|PORT|$PEER_PORT|g" \
  "$here/nginx.conf" >"$directory/nginx.conf"
nginx -c "$directory/nginx.conf" -e "$directory/nginx-error.log" &
pids+=($!)
await_port "$PEER_PORT"

all=("${pids[@]}")
for pid in "${pids[@]}"; do
  for child in $(pgrep -P "$pid"); do all+=("$child"); done
done
PEER_PIDS=$(IFS=,; echo "${all[*]}")
export PEER_PIDS
"$@"
