#!/bin/bash
# Our server and the peer's stack, one after the other, in one run on loopback: GET+POST cycles a second.
#
#   compare.sh CHECKPOINT_STORE CHECKPOINT_LOAD [SECONDS [ours|peer]]
#
# Takes the two programs (bazel build //services/checkpoint_store //bench/checkpoint_store:checkpoint_load) and the
# peer's packages (README.md). Everything lives under /tmp and ends with the script. About 20 x SECONDS; one side alone
# with its name as the last argument.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
server=$(realpath "${1:?the server}")
load=$(realpath "${2:?the load generator}")
seconds=${3:-8}
side=${4:-both}
directory=$(mktemp -d /tmp/understudy-compare-XXXXXX)
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

# Starts our server; sets `port` and `pid`. $1: plain or tls.
start() {
  port=$(free_port)
  {
    echo "listen: 127.0.0.1:$(free_port)"
    echo "health_listen: 127.0.0.1:$(free_port)"
    echo "metrics_listen: 127.0.0.1:$(free_port)"
    echo "data_directory: $directory/$1"
    echo "http:"
    echo "  listen: 127.0.0.1:$port"
    if [ "$1" = tls ]; then
      printf 'tls:\n  certificate: %s\n  private_key: %s\n  authorities: %s\n' \
        "$directory/server.crt" "$directory/server.key" "$directory/server.crt"
      printf 'operators:\n  tokens_file: %s\n' "$directory/tokens"
    else
      echo "insecure: true"
    fi
  } >"$directory/$1.yaml"
  "$server" --config="$directory/$1.yaml" >"$directory/$1.log" 2>&1 &
  pid=$!
  pids+=("$pid")
  for _ in $(seq 200); do
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && return 0
    sleep 0.05
  done
  cat "$directory/$1.log" >&2
  return 1
}

measure() {
  "$load" --duration="${seconds}s" --warm_up=1s --devices=1000 "$@"
}

ours() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost \
    -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout "$directory/server.key" \
    -out "$directory/server.crt" 2>/dev/null
  chmod 600 "$directory/server.key"
  token=$(openssl rand -hex 32)
  echo "bench $(printf %s "$token" | sha256sum | cut -c-64)" >"$directory/tokens"
  chmod 600 "$directory/tokens"

  start plain
  for connections in 64 256; do
    echo "== ours, plain, $connections connections"
    measure --port="$port" --connections="$connections" --seed="$connections" --pids="$pid"
  done
  kill "$pid"
  start tls
  tls=(--tls --authorities="$directory/server.crt" --token="$token")
  for connections in 64 256; do
    echo "== ours, TLS, $connections connections"
    measure --port="$port" --connections="$connections" --seed="$connections" --pids="$pid" "${tls[@]}"
  done
  echo "== ours, TLS, a connection for each cycle, 64 at once"
  measure --port="$port" --connections=64 --seed=4 --pids="$pid" --reconnect "${tls[@]}"
  echo "== ours, TLS 1.2, a connection for each cycle, 64 at once"
  measure --port="$port" --connections=64 --seed=6 --pids="$pid" --reconnect --tls12 "${tls[@]}"
  kill "$pid"
}

[ "$side" = peer ] || ours
[ "$side" = ours ] && exit 0
export load seconds
peer='l() { "$load" --duration="${seconds}s" --warm_up=1s --devices=1000 --connections=16 --pids="$PEER_PIDS" "$@"; }
  t="--tls --authorities=$PEER_DIRECTORY/server.crt"
  echo "== peer, plain, 16 connections"; l --port="$PEER_PORT"
  [ "$full" = yes ] || exit 0
  echo "== peer, plain, 64 connections"; l --port="$PEER_PORT" --connections=64 --seed=2
  echo "== peer, TLS, 16 connections"; l --port="$PEER_TLS_PORT" --seed=3 $t
  echo "== peer, TLS, 64 connections"; l --port="$PEER_TLS_PORT" --connections=64 --seed=5 $t
  echo "== peer, TLS, a connection for each cycle, 16 at once"; l --port="$PEER_TLS_PORT" --seed=4 --reconnect $t
  echo "== peer, TLS 1.2, a connection for each cycle, 16 at once"; l --port="$PEER_TLS_PORT" --seed=6 --reconnect --tls12 $t'
echo "#### the peer with appendfsync always"
full=yes "$here/peer/run_peer.sh" always bash -c "$peer"
echo "#### the peer with appendfsync everysec"
full=no "$here/peer/run_peer.sh" everysec bash -c "$peer"
