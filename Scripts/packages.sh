# Debian packages: those of this machine, and those of other suites and architectures that are only
# unpacked. Sourced by the scripts beside it, after lib.sh.
# shellcheck shell=bash

# install_packages PACKAGE...: installs on this machine what is missing.
install_packages() {
  local missing=() package
  local installed
  installed=" $(dpkg-query -W -f '${db:Status-Status} ${Package} ' "$@" 2>/dev/null || true)"
  for package in "$@"; do
    [[ $installed == *" installed $package "* ]] || missing+=("$package")
  done
  ((${#missing[@]})) || return 0
  # The lists may be old or absent (a fresh container has none): refresh them first.
  step "refresh package lists" as_root apt-get update -qq
  step "install ${missing[*]}" as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends "${missing[@]}"
}

# --- Packages that are only unpacked -------------------------------------------------------------

DEBIAN_KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

debian_mirror_in_lists() {
  # shellcheck disable=SC2016 # apt's variables
  apt-get indextargets --format '$(ORIGIN) $(LABEL) $(REPO_URI)' | awk '/^Debian Debian / { print $3; exit }'
}

# debian_mirror: where this machine itself has Debian's packages from.
debian_mirror() {
  local mirror
  mirror=$(debian_mirror_in_lists)
  if [[ -z $mirror ]]; then
    as_root apt-get update -qq >&2
    mirror=$(debian_mirror_in_lists)
  fi
  [[ -n $mirror ]] || fail "apt's sources on this machine do not name a Debian mirror"
  echo "$mirror"
}

# debian_source TYPE SUITE: the line of apt's that names SUITE's packages (TYPE deb) or sources (deb-src).
debian_source() {
  local mirror
  mirror=$(debian_mirror)
  echo "$1 [signed-by=$DEBIAN_KEYRING] $mirror $2 main"
}

# debian_root DIR SUITE ARCH...: makes DIR, an absolute path, the state of an apt of its own, which knows
# SUITE's packages for the architectures, and nothing of this machine. The architecture "source" stands for
# the sources of packages.
debian_root() {
  local root=$1 suite=$2 type=deb
  shift 2
  [[ $* != source ]] || type=deb-src
  mkdir -p "$root/lists/partial" "$root/cache/archives/partial" "$root/parts"
  : >"$root/status"
  debian_source "$type" "$suite" >"$root/sources.list"
  cat >"$root/apt.conf" <<APT
Dir::State "$root";
Dir::State::lists "$root/lists";
Dir::State::status "$root/status";
Dir::Cache "$root/cache";
Dir::Etc "$root";
Dir::Etc::sourcelist "$root/sources.list";
Dir::Etc::sourceparts "$root/parts";
Dir::Etc::preferencesparts "$root/parts";
Acquire::Check-Valid-Until "false";
Acquire::Languages "none";
Acquire::Retries "3";
APT::Architectures { $(printf '"%s"; ' "${@/source/$(dpkg --print-architecture)}") };
APT::Install-Recommends "false";
APT::Sandbox::User "root";
APT
  # How this machine reaches the mirrors holds here too.
  apt-config dump | grep -iE '^Acquire::[^ ]*proxy' >>"$root/apt.conf" || true
  APT_CONFIG=$root/apt.conf apt-get update -q
}

# in_root ROOT ARCH COMMAND...: an apt command that takes ROOT for an ARCH machine.
in_root() {
  local root=$1 arch=$2
  shift 2
  APT_CONFIG=$root/apt.conf "$@" -o APT::Architecture="$arch"
}

# require_packages ROOT ARCH PACKAGE...: ends with the name of one that is not to be had.
require_packages() {
  local root=$1 arch=$2 package
  shift 2
  for package in "$@"; do
    # Not with grep -q: cutting apt-cache off would be a failure of the pipe.
    in_root "$root" "$arch" apt-cache policy "$package" 2>/dev/null |
      grep '^  Candidate: [^(]' >/dev/null ||
      fail "Debian ${root##*/} has no package $package for $arch"
  done
}

# fetch_debs ROOT ARCH DIR PACKAGE...: downloads just these, and checks their digests.
fetch_debs() {
  local root=$1 arch=$2 directory=$3
  shift 3
  mkdir -p "$directory"
  (cd "$directory" && in_root "$root" "$arch" apt-get download -q "$@")
}

# fetch_source ROOT DIR PACKAGE: downloads the files of a source package.
fetch_source() {
  local root=$1 directory=$2 package=$3
  mkdir -p "$directory"
  (cd "$directory" && APT_CONFIG=$root/apt.conf apt-get source -q --download-only "$package")
}

# fetch_closure ROOT ARCH DIR PACKAGE...: downloads these and all that they depend on.
fetch_closure() {
  local root=$1 arch=$2 directory
  directory=$(realpath -m "$3")
  shift 3
  mkdir -p "$directory/partial"
  in_root "$root" "$arch" apt-get install -q -y --download-only \
    -o Dir::Cache::archives="$directory" "$@"
}

# unpack_deb DEB DIR [TAR-ARGUMENT...]: its files, without running anything of it.
unpack_deb() {
  local deb=$1 directory=$2
  shift 2
  mkdir -p "$directory"
  dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$directory" "$@"
}

# fetch_kernel PLACE ARCH PACKAGE: PLACE/PACKAGE, an image of Debian trixie, and PLACE/PACKAGE.modules, what a network card
# of virtio needs. Such a package has nothing but a dependency on the one of the present version.
fetch_kernel() {
  local place=$1 arch=$2 name=$3 root=$1/trixie debs=$1/debs package module
  [[ -f $root/apt.conf ]] || debian_root "$root" trixie "$arch"
  package=$(in_root "$root" "$arch" apt-cache depends "$name" |
    sed -n 's/^ *Depends: \(linux-image-[0-9].*\)/\1/p')
  [[ -n $package ]] || fail "Debian trixie has no package $name for $arch"
  fetch_debs "$root" "$arch" "$debs" "$package"
  unpack_deb "$debs"/linux-image-*.deb "$place/files"
  mv "$place"/files/boot/vmlinu[xz]-* "$place/$name"
  mkdir -p "$place/$name.modules"
  for module in failover net_failover virtio_net; do
    find "$place/files" -name "$module.ko*" -exec mv -t "$place/$name.modules" {} +
  done
  find "$place/$name.modules" -name '*.xz' -exec xz -d {} +
  rm -rf "$debs" "$place/files"
}
