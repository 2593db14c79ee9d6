import Foundation

/// Machines with supervisors that have consoles.
enum ConsoleScratch {
  /// `show MACHINE [OPTION…]` starts a supervisor with a console, and prints its address; `person URL` is browser.py, and
  /// `visitor URL` console.py: each takes a script of Python.
  private static let functions = """
    show() {
      serve "$1" --console 127.0.0.1:0 "${@:2}" >&2
      for n in $(seq 400); do sed -n 's/^godwit: console: //p' $1.log | tail -1 | grep . && return; sleep 0.02; done
      echo "no console at $1" >&2; cat $1.log >&2
    }
    export XDG_DATA_DIRS='\(Checkout.root.path)/.deps/browser/share'
    person() { /usr/bin/python3 '\(Checkout.root.path)/Tests/GodwitTests/browser.py' "$@"; }
    visitor() { /usr/bin/python3 '\(Checkout.root.path)/Tests/GodwitTests/console.py' "$@"; }

    """

  static func shell(_ script: String, limit: Int = 300) throws -> Outcome {
    try SupervisorScratch.shell(functions + script, limit: limit)
  }
}
