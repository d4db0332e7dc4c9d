#!/bin/sh
# Starts a Docker Engine for the tests on a Debian machine that has none: installs it, runs it in the
# background, and makes the base image with debootstrap where no registry can be reached.
# Safe to run again: each step is skipped when its result is there.
#
#   DOCKER_HOST                 socket to wait for            (unix:///var/run/docker.sock)
#   ASSAY_DOCKER_LOG            log of dockerd                (/var/log/dockerd.log)
#   ASSAY_BASE_IMAGE            name of the base image        (debian:bookworm-slim)
#   ASSAY_BASE_SUITE            its Debian suite              (bookworm)
#   ASSAY_DEBIAN_MIRROR         where debootstrap loads from  (what this machine's apt uses)
#   XDG_CACHE_HOME              the base tree is kept in assay/ here  (~/.cache)
set -eu

docker_host=${DOCKER_HOST:-unix:///var/run/docker.sock}
log=${ASSAY_DOCKER_LOG:-/var/log/dockerd.log}
image=${ASSAY_BASE_IMAGE:-debian:bookworm-slim}
suite=${ASSAY_BASE_SUITE:-bookworm}
cache=${XDG_CACHE_HOME:-$HOME/.cache}/assay
tree=$cache/base-$suite-$(uname -m).tar

say() { printf 'start-docker: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }
has() { command -v "$1" >/dev/null 2>&1; }
answers() { docker -H "$docker_host" version --format '{{.Server.Version}}' 2>/dev/null; }

need_root() { [ "$(id -u)" = 0 ] || die "needs root to $1; run it with sudo"; }

apt_is_updated=
install_packages() {
  need_root "install $*"
  say "installing $*"
  [ -n "$apt_is_updated" ] || apt-get update -qq
  apt_is_updated=yes
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

start_engine() {
  has dockerd || install_packages docker.io
  need_root "start dockerd"
  say "starting dockerd, log in $log"
  nohup dockerd -H "$docker_host" >>"$log" 2>&1 </dev/null &
  pid=$!
  seconds=0
  until answers >/dev/null; do
    kill -0 "$pid" 2>/dev/null || { tail -n 5 "$log" >&2; die "dockerd ended; see $log"; }
    [ "$seconds" -lt 60 ] || die "dockerd does not answer at $docker_host after 60 s; see $log"
    sleep 1
    seconds=$((seconds + 1))
  done
}

# The mirror of the machine's own apt configuration, so that whatever it is set up to reach is used.
apt_mirror() {
  apt-get indextargets --format '$(CODENAME) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' |
    while read -r codename component uri; do
      if [ "$codename" = "$suite" ] && [ "$component" = main ]; then echo "$uri"; break; fi
    done
}

make_tree() {
  has debootstrap || install_packages debootstrap
  need_root "run debootstrap"
  mirror=${ASSAY_DEBIAN_MIRROR:-$(apt_mirror)}
  [ -n "$mirror" ] || die "apt has no source for $suite; set ASSAY_DEBIAN_MIRROR"
  work=$(mktemp -d)
  say "making a $suite tree with debootstrap (about a minute)"
  if ! debootstrap --variant=minbase --include=python3,ca-certificates,procps "$suite" "$work/root" "$mirror" >"$work/log" 2>&1; then
    tail -n 5 "$work/log" >&2
    die "debootstrap failed; see $work/log"
  fi
  rm -rf "$work/root"/var/cache/apt/archives/*.deb
  mkdir -p "$cache"
  tar -C "$work/root" -cf "$tree.part" .
  mv "$tree.part" "$tree"
  rm -rf "$work"
}

has docker || install_packages docker.io
version=$(answers) || { start_engine; version=$(answers); }
say "Docker $version answers at $docker_host"

docker_cli() { docker -H "$docker_host" "$@"; }
if docker_cli image inspect "$image" >/dev/null 2>&1; then
  say "$image is there"
elif [ ! -f "$tree" ] && timeout 60 docker -H "$docker_host" pull -q "$image" >/dev/null 2>&1; then
  say "pulled $image"
else
  [ -f "$tree" ] || make_tree
  docker_cli import "$tree" "$image" >/dev/null
  say "imported $image"
fi
