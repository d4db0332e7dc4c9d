#!/bin/sh
# Installs, on a Debian machine, what the tests of remote engines and private registries run for themselves: sshd, a registry of
# images, and htpasswd. Nothing is started here, nor by the packages.
# Safe to run again: does nothing where all is there.
set -eu

say() { printf 'install-test-servers: %s\n' "$*" >&2; }
has() { command -v "$1" >/dev/null 2>&1; }

missing=
[ -x /usr/sbin/sshd ] || missing="$missing openssh-server"
has ssh || missing="$missing openssh-client"
has docker-registry || missing="$missing docker-registry"
has htpasswd || missing="$missing apache2-utils"
has ip || missing="$missing iproute2"
has openssl || missing="$missing openssl"
has pkill || missing="$missing procps"
[ -n "$missing" ] || exit 0

[ "$(id -u)" = 0 ] || { say "needs root to install$missing; run it with sudo"; exit 1; }
say "installing$missing"
# What Debian asks before a package starts its service: no.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod +x "$policy"
fi
apt-get update -qq
# shellcheck disable=SC2086 # one word for each package
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
