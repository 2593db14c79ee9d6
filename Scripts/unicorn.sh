# Unicorn, the CPU emulator: the same version with the same patches for every host. Sourced by the
# scripts beside it, after lib.sh and packages.sh.
# shellcheck shell=bash

UNICORN_VERSION=2.1.4
UNICORN_SHA256=00567a70e323f749b419cd86bee4f9115beab7ebba32194581c090cbb7c59cff
UNICORN_ARCHS="x86;aarch64;riscv"

# pip has a source distribution tell its metadata before it saves the file, and that takes the build tools
# that the distribution names: Debian's, so that they do not change from day to day.
fetch_unicorn() {
  local sdist=$1 python=python3 isolation=()
  if command -v dpkg-query >/dev/null; then
    python=/usr/bin/python3
    isolation=(--no-build-isolation)
  fi
  SETUPTOOLS_SCM_PRETEND_VERSION=$UNICORN_VERSION "$python" -m pip download \
    --disable-pip-version-check --no-deps --no-binary unicorn "${isolation[@]}" \
    -d "$(dirname "$sdist")" "unicorn==$UNICORN_VERSION"
}

check_unicorn() {
  echo "$UNICORN_SHA256  $1" | sha256sum --check --quiet
}

# build_unicorn SOURCE LIBRARY [CMAKE-ARGUMENT...]: builds the static library. Unicorn's own scripts do not take
# paths with spaces, so it is built in a directory without, which has a link to the source. clang, which comes with
# Swift, makes a faster translator of it than gcc 12: programs start 5 % sooner. QEMU relies on overflow that wraps, and
# on pointers of any type.
build_unicorn() {
  local source library=$2 build
  source=$(realpath "$1")
  shift 2
  build=$(mktemp -d /tmp/godwit-unicorn.XXXXXX)
  # shellcheck disable=SC2064 # its name now
  trap "rm -rf '$build'" EXIT
  ln -s "$source" "$build/source"
  cmake -S "$build/source" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_C_COMPILER=clang \
    -DCMAKE_C_FLAGS_RELEASE="-O3 -fno-strict-aliasing -fwrapv" -DBUILD_SHARED_LIBS=OFF \
    -DUNICORN_ARCH="$UNICORN_ARCHS" -DUNICORN_BUILD_TESTS=OFF -DUNICORN_INSTALL=OFF "$@"
  # The bundle holds every object of Unicorn's own static libraries.
  ninja -C "$build" unicorn_archive
  cp "$build/libunicorn.a" "$library"
}

install_unicorn() {
  local source=$1 library=$2 prefix=$3
  mkdir -p "$prefix/include" "$prefix/lib/pkgconfig"
  rm -rf "$prefix/include/unicorn"
  cp -R "$source/include/unicorn" "$prefix/include/unicorn"
  mv "$library" "$prefix/lib/libunicorn.a"
  cat >"$prefix/lib/pkgconfig/unicorn.pc" <<PC
prefix=$PWD/$prefix
Name: unicorn
Description: Unicorn CPU emulator, static
Version: $UNICORN_VERSION
Cflags: -I"\${prefix}/include"
Libs: -L"\${prefix}/lib" -lunicorn -lm -lpthread
PC
}

# provide_unicorn PREFIX PRODUCTS [CMAKE-ARGUMENT...]: Unicorn under PREFIX, a place in this tree, unless
# it is there already. PRODUCTS is the SwiftPM folder of what is linked with it.
provide_unicorn() {
  local prefix=$1 products=$2 sdist=.deps/unicorn/unicorn-$UNICORN_VERSION.tar.gz stamp
  shift 2
  local work=$prefix/unicorn
  # Anything that changes the result is in the stamp: version, patches, recipe, place.
  local patches=(Scripts/patches/unicorn-*.patch)
  stamp=$(
    {
      echo "$UNICORN_SHA256 $UNICORN_ARCHS $PWD $*"
      cat "${patches[@]}" </dev/null
      declare -f build_unicorn install_unicorn
    } | sha256sum
  )
  [[ -f $prefix/unicorn.stamp && $(<"$prefix/unicorn.stamp") == "$stamp" ]] && return 0
  mkdir -p "$work" "${sdist%/*}"
  if ! [[ -f $sdist ]] || ! check_unicorn "$sdist" >/dev/null 2>&1; then
    rm -f "$sdist"
    step "fetch Unicorn $UNICORN_VERSION" fetch_unicorn "$sdist"
  fi
  step "check Unicorn's digest" check_unicorn "$sdist"
  rm -rf "$work/source"
  mkdir -p "$work/source"
  tar -xzf "$sdist" -C "$work/source" --strip-components=2 "unicorn-$UNICORN_VERSION/src"
  local patch
  for patch in "${patches[@]}"; do
    step "apply ${patch##*/}" patch -d "$work/source" -p1 -i "$PWD/$patch"
  done
  step "build Unicorn $UNICORN_VERSION" build_unicorn "$work/source" "$work/libunicorn.a" "$@"
  step "install Unicorn into $prefix" install_unicorn "$work/source" "$work/libunicorn.a" "$prefix"
  # SwiftPM does not notice a changed static library: have everything linked with it linked anew.
  rm -f "$products"/{,tests/}*/*/{godwit,*.xctest}
  echo "$stamp" >"$prefix/unicorn.stamp"
}
