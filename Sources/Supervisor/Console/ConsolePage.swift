import NIOHTTP1

/// The console's own files: `Page/`, which are part of the program.
enum ConsolePage {
  /// - Returns: nil if there is none at `path`.
  static func file(_ path: String) -> ConsoleAnswer? {
    switch path {
    case "/": page(PackageResources.console_html, policy: strict)
    case "/console.css": ConsoleAnswer(PackageResources.console_css, type: style)
    case "/console.js": ConsoleAnswer(PackageResources.console_js, type: script)
    case "/plot.js": ConsoleAnswer(PackageResources.plot_js, type: script)
    case "/text.js": ConsoleAnswer(PackageResources.text_js, type: script)
    case "/part.js": ConsoleAnswer(PackageResources.part_js, type: script)
    case "/icon.svg": ConsoleAnswer(PackageResources.icon_svg, type: "image/svg+xml")
    case "/terminal": page(PackageResources.terminal_html, policy: lenient)
    case "/terminal.js": ConsoleAnswer(PackageResources.terminal_js, type: script)
    case "/screen": page(PackageResources.screen_html, policy: lenient)
    case "/screen.js": ConsoleAnswer(PackageResources.screen_js, type: script)
    default: nil
    }
  }

  static let script = "text/javascript; charset=utf-8"
  static let style = "text/css; charset=utf-8"

  private static func page(_ bytes: [UInt8], policy: String) -> ConsoleAnswer {
    var answer = ConsoleAnswer(bytes, type: "text/html; charset=utf-8")
    answer.headers.add(name: "Content-Security-Policy", value: policy)
    return answer
  }

  /// Only what this server has, nothing within the page's text, and no text becomes HTML.
  private static let strict =
    base + "; style-src 'self'; img-src 'self'; require-trusted-types-for 'script'"
  /// For pages with Debian's scripts, which make styles and pictures as they go.
  private static let lenient =
    base + "; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:"

  private static let base = """
    default-src 'none'; script-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'
    """
}
