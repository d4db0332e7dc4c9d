#!/bin/sh
# Starts Podman for the tests on a Debian machine that has none: installs it, runs a rootful service and a rootless one of a
# user of its own in the background, and loads the base image into both.
# Safe to run again: each step is skipped when its result is there.
#
#   ASSAY_PODMAN_USER           whose the rootless service is; made when missing  (assay-podman)
#   ASSAY_PODMAN_LOG            log of both services                              (/var/log/podman.log)
#   ASSAY_BASE_IMAGE            name of the base image                            (debian:bookworm-slim)
#   ASSAY_BASE_SUITE            its Debian suite                                  (bookworm)
#   XDG_CACHE_HOME              start-docker.sh keeps the base tree in assay/ here  (~/.cache)
set -eu

user=${ASSAY_PODMAN_USER:-assay-podman}
log=${ASSAY_PODMAN_LOG:-/var/log/podman.log}
image=${ASSAY_BASE_IMAGE:-debian:bookworm-slim}
suite=${ASSAY_BASE_SUITE:-bookworm}
tree=${XDG_CACHE_HOME:-$HOME/.cache}/assay/base-$suite-$(uname -m).tar
rootful_socket=/run/podman/podman.sock

say() { printf 'start-podman: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }
has() { command -v "$1" >/dev/null 2>&1; }
answers() { podman --remote --url "unix://$1" version --format '{{.Server.Version}}' 2>/dev/null; }

install_packages() {
  has podman && has runc && has newuidmap && has slirp4netns && { [ -e /usr/libexec/podman/catatonit ] || has catatonit; } && return
  say "installing podman"
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    podman runc catatonit uidmap slirp4netns >/dev/null
}

# Podman asks for 1,048,576 open files and processes unless it is told otherwise, which fails where it may not raise its own.
# Soft and hard are the same: this version swaps those of the defaults. After each exec a process waits for five minutes
# unless the delay is shorter.
write_settings() {
  if [ ! -e /etc/containers/containers.conf ]; then
    mkdir -p /etc/containers
    cat >/etc/containers/containers.conf <<'CONF'
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
exit_command_delay = 10
[containers]
default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]
CONF
  fi
  # A copy of the whole image for each container ("vfs") is what a rootless Podman falls back to otherwise.
  if [ ! -e "$home/.config/containers/storage.conf" ]; then
    as_user mkdir -p "$home/.config/containers"
    printf '[storage]\ndriver = "overlay"\n' | as_user tee "$home/.config/containers/storage.conf" >/dev/null
  fi
  # A rootless network is made of this device, which any user may open on most machines.
  [ ! -e /dev/net/tun ] || chmod 666 /dev/net/tun
}

make_user() {
  id "$user" >/dev/null 2>&1 || useradd --create-home --shell /bin/sh "$user"
  grep -q "^$user:" /etc/subuid || echo "$user:100000:65536" >>/etc/subuid
  grep -q "^$user:" /etc/subgid || echo "$user:100000:65536" >>/etc/subgid
  home=$(getent passwd "$user" | cut -d: -f6)
  runtime=/run/user/$(id -u "$user")
  mkdir -p "$runtime/podman"
  chown "$user:" "$runtime" "$runtime/podman"
  chmod 700 "$runtime"
}

as_user() { (cd / && exec setpriv --reuid "$user" --regid "$user" --init-groups env HOME="$home" USER="$user" XDG_RUNTIME_DIR="$runtime" "$@"); }

# $1: socket; the rest: a prefix for the podman command
start_service() {
  socket=$1
  shift
  version=$(answers "$socket") || {
    say "starting a service at $socket, log in $log"
    mkdir -p "$(dirname "$socket")"
    # A subshell of its own: one that redirects a function keeps the old stdout, and whoever reads that would wait for ever.
    (
      exec >>"$log" 2>&1 </dev/null
      # Podman leaves a file "oom" where its service was started when a container uses up its memory.
      cd /
      "$@" nohup podman system service --time=0 "unix://$socket"
    ) &
    pid=$!
    seconds=0
    until version=$(answers "$socket"); do
      kill -0 "$pid" 2>/dev/null || { tail -n 5 "$log" >&2; die "podman ended; see $log"; }
      [ "$seconds" -lt 60 ] || die "podman does not answer at $socket after 60 s; see $log"
      sleep 1
      seconds=$((seconds + 1))
    done
  }
  say "Podman $version answers at $socket"
}

# A name without a registry means Docker Hub, as it does to Podman's Docker-compatible API.
load_image() {
  name=docker.io/library/$image
  if "$@" podman image exists "$name"; then
    say "$image is there${1:+ ($user)}"
  elif [ -f "$tree" ]; then
    "$@" podman import -q - "$name" <"$tree" >/dev/null
    say "imported $image${1:+ ($user)}"
  elif has docker && container=$(docker create "$image" true 2>/dev/null); then
    docker export "$container" | "$@" podman import -q - "$name" >/dev/null
    docker rm "$container" >/dev/null
    say "took $image from Docker${1:+ ($user)}"
  else
    "$@" podman pull -q "$name" >/dev/null || die "there is no $image: run scripts/start-docker.sh first"
    say "pulled $image${1:+ ($user)}"
  fi
}

[ "$(id -u)" = 0 ] || die "needs root; run it with sudo"
install_packages
make_user
write_settings
start_service "$rootful_socket"
start_service "$runtime/podman/podman.sock" as_user
load_image
load_image as_user
